"""The table of IMAP4rev2 in docs/rfc.md leaves out no item of RFC 9051 appendix E, and its tests are there."""

import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
SECTION = (ROOT / "docs" / "rfc.md").read_text("utf-8").split("### IMAP4rev2\n")[1].split("\n## ")[0]
ROWS = [
    [cell.strip() for cell in line.strip("|").split("|")] for line in SECTION.splitlines() if "| " in line
]


def test_every_item_of_the_appendix_stands_in_it_once() -> None:
    kept = [int(number) for row in ROWS[1:] for number in re.findall(r"\d+", row[0])]
    others = re.search(r"Not changes of the server: ([0-9, ]+)\.", SECTION)
    assert others is not None
    assert sorted([*kept, *map(int, others[1].split(","))]) == list(range(1, 31))


def test_the_tests_it_names_are_there() -> None:
    transcripts = ROOT / "tests" / "dialogs" / "imap" / "transcripts"
    named = 0
    for row in ROWS[1:]:
        words = row[4].partition("T ")[2]
        for name in filter(None, (word.strip() for word in words.split(","))):
            assert (transcripts / f"{name}.txt").is_file(), name
            named += 1
        for path in re.findall(r"`(tests/[^`]+)`", row[4]):
            assert (ROOT / path).exists(), path
    assert named >= 15


def test_the_files_it_names_are_there() -> None:
    rooms = [ROOT, ROOT / "gateway", ROOT / "gateway" / "imap"]
    for row in ROWS[1:]:
        for path in re.findall(r"`([a-z_/]+\.py)`", row[3]):
            assert any((room / path).is_file() for room in rooms), path
