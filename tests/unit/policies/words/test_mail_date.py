"""The Date field as an instant, current and obsolete forms (RFC 5322 sections 3.3 and 4.3)."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from policies.words.mail_date import parse_mail_date


@pytest.mark.parametrize(
    ("text", "instant"),
    [
        ("Mon, 23 Nov 2026 13:00:00 +0300", (2026, 11, 23, 10, 0, 0)),
        ("23 nov 2026 13:00 +0300", (2026, 11, 23, 10, 0, 0)),
        ("Thu, 31 Dec 2026 23:59:59 -0030", (2027, 1, 1, 0, 29, 59)),
        ("Thu, 1 Jan 2026 00:00:00 GMT", (2026, 1, 1, 0, 0, 0)),
        ("Thu, 1 Jan 2026 00:00:00 UT", (2026, 1, 1, 0, 0, 0)),
        ("Thu, 1 Jan 2026 00:00:00 UTC", (2026, 1, 1, 0, 0, 0)),
        ("Thu, 1 Jan 2026 03:00:00 +0300 (AST)", (2026, 1, 1, 0, 0, 0)),
        ("Thu,  1  Jan  2026  03:00:00  +0300", (2026, 1, 1, 0, 0, 0)),
        ("Thu, 31 Dec 2026 23:59:60 +0000", (2026, 12, 31, 23, 59, 59)),  # a leap second
        ("Mon, 23 Nov 26 10:00:00 EST", (2026, 11, 23, 15, 0, 0)),
        ("Thu, 23 Nov 95 10:00 pdt", (1995, 11, 23, 17, 0, 0)),
        ("Thu, 23 Nov 102 10:00:00 Z", (2002, 11, 23, 10, 0, 0)),
        ("Mon, 23 Nov 2026 10:00:00 AST", (2026, 11, 23, 10, 0, 0)),  # not a known name: -0000
        ("Mon (day), 23 (a (b) \\) c) Nov 2026 10 : 00 : 00 +0000", (2026, 11, 23, 10, 0, 0)),
        ("Thu, 29 Feb 2024 12:00:00 +0000", (2024, 2, 29, 12, 0, 0)),
    ],
)
def test_dates_are_read_as_one_instant(text: str, instant: tuple[int, ...]) -> None:
    found = parse_mail_date(text)
    assert found == datetime(*instant, tzinfo=UTC)  # type: ignore[misc,arg-type]
    assert found is not None
    assert found.tzinfo is UTC


@pytest.mark.parametrize(
    "text",
    [
        "",
        "yesterday",
        "2026-11-23T10:00:00Z",
        "Mon, 31 Feb 2026 10:00:00 +0000",
        "Mon, 00 Jan 2026 10:00:00 +0000",
        "Mon, 23 Foo 2026 10:00:00 +0000",
        "Mon, 23 Nov 6 10:00:00 +0000",
        "Mon, 23 Nov 2026 24:00:00 +0000",
        "Mon, 23 Nov 2026 10:60:00 +0000",
        "Mon, 23 Nov 2026 10:00:61 +0000",
        "Mon, 23 Nov 2026 10:00:99 +0000",
        "Mon, 23 Nov 2026 10:00:00",
        "Mon, 23 Nov 2026 10:00:00 J",
        "Mon, 23 Nov 2026 10:00:00 +0000 Z",
        "Mon, 23 Nov 2026 10:00:00 +0000 (open",
        "Mon, 23 Nov 2026 10:00:00 +0000)",
        "Mon, 23 Nov 2026 10:00:00" + " " * 1_000 + "+0000",
        "Mon, 23 Nov 2026 10:00:00 +9900",
        "Mon, 23 Nov 2026 10:00:00 +0360",
        "Mon, 23 Nov 2026 10:00:00 +03000",
        "Mon, 01 Jan 0001 00:00:00 +0300",
        "Mon, 23 Nov 0000 10:00:00 +0000",
        "Fri, 31 Dec 9999 23:59:59 -0001",
        "Mon, ٢٣ Nov ٢٠٢٦ 10:00:00 +0000",
        "Mon, 23 Nov 2026 ١٠:00:00 +0000",
    ],
)
def test_what_is_no_date_is_none(text: str) -> None:
    assert parse_mail_date(text) is None


@given(st.text())
def test_any_text_is_a_date_or_none(text: str) -> None:
    for one in (text, f"Mon, 23 Nov 2026 {text}", f"{text} 10:00:00 +0000"):
        found = parse_mail_date(one)
        assert found is None or found.tzinfo is UTC
