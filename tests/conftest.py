"""Fixtures that every room of the tests shares."""

import shutil
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from harness import Site

SAMPLES = Path(__file__).parent / "samples" / "thunderbird"
SIGNED_AT = datetime(2026, 11, 23, 19, 30, tzinfo=UTC)  # when the real Thunderbird signed the samples


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--clients", action="store_true", help="drive a real Thunderbird on a virtual screen")
    parser.addoption("--pictures", metavar="DIR", help="with --clients: where pictures for the documents go")
    parser.addoption("--long", action="store_true", help="run the long forms of the rigs")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    if config.getoption("--long"):
        for item in items:
            item.add_marker(pytest.mark.timeout(7200))
    if not config.getoption("--clients"):
        skip = pytest.mark.skip(reason="opt in with --clients")
        for item in items:
            if "clients" in item.keywords:
                item.add_marker(skip)


@pytest.fixture(scope="session")
def bare_home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An instance with the 37 agencies and a registry office each, made once and copied for each test."""
    home = tmp_path_factory.mktemp("instance") / "home"
    Site.create(home).close()
    return home


@pytest.fixture
def site(bare_home: Path, tmp_path: Path) -> Iterator[Site]:
    """A fresh instance; people and keys are added by the test."""
    home = tmp_path / "home"
    shutil.copytree(bare_home, home)
    found = Site(home)
    yield found
    found.close()
