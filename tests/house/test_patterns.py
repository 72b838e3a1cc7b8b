"""Regular expressions that Python before 3.11.5 matches wrongly stay out: Debian 12 ships 3.11.2.

A possessive repeat of a group is matched wrongly there when the group can backtrack (an alternation, or an optional or
repeated item that is not possessive itself).
"""

import re
from pathlib import Path

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
