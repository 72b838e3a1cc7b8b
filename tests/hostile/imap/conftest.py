"""One service for the many cases of a file, an honest session beside them, and a journal that must stay quiet."""

import logging
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
import pytest_asyncio

from tests.authority import Authority
from tests.dialogs.imap.rig import Client, World, make_store, running


@pytest.fixture(scope="session")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(tmp_path_factory.mktemp("authority"))


@pytest.fixture(scope="session")
def bare_store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A database with three agencies and their people, made once and copied for each service."""
    return make_store(tmp_path_factory.mktemp("store") / "bare.db")


@pytest.fixture
async def world(authority: Authority, bare_store: Path, tmp_path: Path) -> AsyncIterator[World]:
    """A running IMAP service over a store of its own."""
    async with running(authority, bare_store, tmp_path) as found:
        yield found


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def besieged(
    authority: Authority, bare_store: Path, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[World]:
    """A service that all cases of a file attack, with three letters in the registry's INBOX."""
    async with running(authority, bare_store, tmp_path_factory.mktemp("besieged")) as found:
        found.letters(3)
        yield found


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def honest(besieged: World) -> Client:
    """A session that was there before the attacks."""
    return await besieged.selected()


@pytest.fixture(autouse=True)
def quiet_journal(caplog: pytest.LogCaptureFixture) -> Iterator[None]:
    """Hold that nothing unexpected was raised: no traceback and no error in any log, asyncio's own included."""
    caplog.set_level(logging.WARNING)
    yield
    loud = [
        record for record in caplog.get_records("call") if record.exc_info or record.levelno >= logging.ERROR
    ]
    assert [f"{record.name}: {record.getMessage()}" for record in loud] == []
