"""docs/house.md names every room and file with its purpose."""

from pathlib import Path

import pytest

from tests.house.filemap import PACKAGES, PAGE, ROOT, purpose, rewritten


def test_the_house_lists_every_file_as_it_is_today() -> None:
    page = PAGE.read_text(encoding="utf-8")
    assert page == rewritten(page), "run: python tests/house/filemap.py"


FILES = [path for package in PACKAGES for path in sorted((ROOT / package).rglob("*.py"))]


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(ROOT)))
def test_every_file_says_its_purpose(path: Path) -> None:
    if path.name != "__main__.py":
        assert purpose(path)
