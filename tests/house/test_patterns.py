"""Regular expressions: every one is linear, and those that Python before 3.11.5 matches wrongly stay out.

Nearly all of them see octets and texts of others, many on the event loop: one that backtracks stops everybody's mail.
So each is found, pumped and measured (`sweep.py`, `tests/pumping.py`), and the measure is tried on bad ones.

Debian 12 ships Python 3.11.2: a possessive repeat of a group is matched wrongly there when the group can backtrack (an
alternation, or an optional or repeated item that is not possessive itself).
"""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from pumping import EVERY_METHOD, grow

ROOT = Path(__file__).parents[2]
_POSSESSIVE_GROUP = re.compile(r"\(\?:((?:[^()\\\[]|\\.|\[(?:[^\]\\]|\\.)*\])*)\)[*+?]\+")
_CLASS_OR_ESCAPE = re.compile(r"\[(?:[^\]\\]|\\.)*\]|\\.")


def test_no_possessive_group_can_backtrack() -> None:
    found = 0
    for package in ("policies", "mailstore", "gateway", "admin_cli"):
        for path in (ROOT / package).rglob("*.py"):
            for match in _POSSESSIVE_GROUP.finditer(path.read_text(encoding="utf-8")):
                found += 1
                inside = _CLASS_OR_ESCAPE.sub("x", match[1])
                assert "|" not in inside, f"{path.name}: {match[0]}"
                assert not re.search(r"[*+?](?![+])(?<![*+?]\+)", inside), f"{path.name}: {match[0]}"
    assert found


def test_every_pattern_is_linear() -> None:
    """Run with -s to see the count and the slowest."""
    parts = [
        subprocess.Popen(
            [sys.executable, str(Path(__file__).with_name("sweep.py")), str(part), "2"],
            stdout=subprocess.PIPE,
            text=True,
            cwd=ROOT,
            env=os.environ | {"PYTHONPATH": f"{ROOT}{os.pathsep}{ROOT / 'tests'}"},
        )
        for part in range(2)
    ]
    heard = [part.communicate(timeout=240)[0] for part in parts]
    assert [part.returncode for part in parts] == [0, 0]
    found = [json.loads(line) for text in heard for line in text.splitlines()]
    slowest = sorted(found, key=lambda one: -one["seconds"])
    print(f"\n{len(found)} patterns; the slowest of them, for 1,200 characters:")
    for one in slowest[:5]:
        print(
            f"  {one['seconds'] * 1e3:.2f} ms, doubled x{one['ratio']:.2f}  {one['where'][0]}  {one['pattern'][:60]}"
        )
    assert [one for one in found if not one["linear"]] == []
    assert len(found) > 120
    for place in ("gateway/imap/wire/lexer.py", "gateway/imap/fetch/items.py", "gateway/smtp/parameters.py"):
        assert any(where.startswith(place) for one in found for where in one["where"])


@pytest.mark.parametrize(
    ("bad", "method"),
    [
        (r"(a+)+$", "match"),
        (r"(?:[!-Z\\^-~]+(?: (?=[^ ]))?)*", "fullmatch"),
        (r"(?:a|aa)+$", "match"),
        (r"(?:x+x+)+y", "match"),
        (r"(a*)*b", "match"),
        (r"\s*(?:[A-Za-z]+\s*,)?\s*([0-9]{1,2})", "match"),
        (r"\s*\d+\s*$", "search"),
        (r",*x", "search"),
        (r"(?:\(fwd\)|[ \t])+\Z", "search"),
        (r"<[^>]*>", "finditer"),
        (rb"(?:[a-z]+ ?)+\Z", "match"),
    ],
)
def test_a_bad_pattern_is_caught(bad: str | bytes, method: str) -> None:
    assert not grow(re.compile(bad), (method,)).linear


@pytest.mark.parametrize(
    ("good", "methods"),
    [
        (r"[a-z]+\Z", ("match",)),
        (rb"(?>a+)b", ("match",)),
        (r"[0-9]{0,1000}x", EVERY_METHOD),
        (r"<[^<>]*>", EVERY_METHOD),
        (r"(?:ab|cd)*+e?", EVERY_METHOD),
    ],
)
def test_a_good_pattern_passes(good: str | bytes, methods: tuple[str, ...]) -> None:
    assert grow(re.compile(good), methods).linear
