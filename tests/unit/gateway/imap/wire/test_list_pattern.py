import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.imap.wire.list_pattern import matcher

PATTERNS = st.text("ab/*%", max_size=12)
NAMES = st.text("ab/", max_size=12)


def model(pattern: str) -> re.Pattern[str]:
    """The same as a regular expression, which may try again and again."""
    parts = ("(?s:.)*" if c == "*" else "[^/]*" if c == "%" else re.escape(c) for c in pattern)
    return re.compile("".join(parts))


@given(PATTERNS, NAMES)
def test_matches_as_the_regular_expression_does(pattern: str, name: str) -> None:
    assert matcher("", pattern)(name) == bool(model(pattern).fullmatch(name))


@pytest.mark.parametrize(
    ("reference", "pattern", "name", "expected"),
    [
        ("", "*", "a/b/c", True),
        ("", "%", "a/b", False),
        ("", "%", "a", True),
        ("", "%/%", "a/b", True),
        ("", "a%", "ab", True),
        ("", "*test*", "x/test3/y", True),
        ("", "INBOX", "INBOX", True),
        ("", "inbox", "INBOX", True),
        ("", "in%", "INBOX", True),
        ("", "in%", "INNER", False),
        ("", "inbox/*", "INBOX/a", True),
        ("", "Sent", "SENT", False),
        ("Offices/", "%", "Offices/a", True),
        ("Offices/", "%", "Offices/a/b", False),
        ("Offices/", "/x", "/x", True),
        ("", "", "", True),
        ("", "وارد*", "واردة", True),
        ("", "%د/*", "وارد/2026/1", True),
    ],
)
def test_list_patterns(reference: str, pattern: str, name: str, expected: Any) -> None:
    assert matcher(reference, pattern)(name) is expected


def test_another_separator() -> None:
    assert matcher("", "%", ".")("a/b")
    assert not matcher("", "%", ".")("a.b")
