from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.authority import Authority
from tests.dialogs.imap.rig import World, make_store, running


@pytest.fixture(scope="session")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(tmp_path_factory.mktemp("authority"))


@pytest.fixture(scope="session")
def bare_store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A database with three agencies and their people, made once and copied for each test."""
    return make_store(tmp_path_factory.mktemp("store") / "bare.db")


@pytest.fixture
async def world(authority: Authority, bare_store: Path, tmp_path: Path) -> AsyncIterator[World]:
    """A running IMAP service over a store of its own."""
    async with running(authority, bare_store, tmp_path) as found:
        yield found
