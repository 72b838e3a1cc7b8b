"""What could lose an acknowledged letter is refused; what could not be kept was not acknowledged."""

import sqlite3
from functools import partial
from pathlib import Path

import pytest
from sqlalchemy import create_engine
from sqlalchemy.exc import OperationalError

from mailstore.database.prepared import driver
from mailstore.database.transaction import Store, Unit, refuse_unsafe
from mailstore.evidence import records
from mailstore.faults import StoreUnavailable, UnsafeStore
from mailstore.letters import register
from tests.contract.gate import Gate
from tests.contract.sample import accept, enrol, write
from tests.postgres import PostgreSQL


@pytest.mark.parametrize(
    ("pragma", "value"), [("synchronous", "NORMAL"), ("synchronous", "OFF"), ("journal_mode", "DELETE")]
)
def test_unsafe_sqlite_settings_are_refused(
    tmp_path: Path, sqlite_template: Path, pragma: str, value: str
) -> None:
    path = tmp_path / "unsafe.db"
    path.write_bytes(sqlite_template.read_bytes())
    engine = create_engine(f"sqlite:///{path}")
    with engine.connect() as connection:
        refuse_unsafe(connection)
        connection.exec_driver_sql(f"PRAGMA {pragma}={value}")
        with pytest.raises(UnsafeStore, match=pragma):
            refuse_unsafe(connection)
    engine.dispose()


def test_a_sqlite_file_without_a_write_ahead_log_is_not_opened(tmp_path: Path, sqlite_template: Path) -> None:
    path = tmp_path / "unsafe.db"
    path.write_bytes(sqlite_template.read_bytes())
    raw = sqlite3.connect(path)
    raw.execute("PRAGMA journal_mode=DELETE")
    raw.close()
    with pytest.raises(UnsafeStore, match="journal_mode"):
        Store(f"sqlite:///{path}")


@pytest.mark.postgres
def test_unsafe_postgresql_settings_are_refused(postgres: PostgreSQL, postgres_template: str) -> None:
    name = postgres.create(postgres_template)
    store = Store(postgres.url(name))
    postgres.execute(f"ALTER DATABASE {name} SET synchronous_commit = off")
    with pytest.raises(UnsafeStore, match="synchronous_commit"):
        Store(postgres.url(name))
    store._writer.dispose()  # as when the server was restarted: the next connection has the new setting
    with pytest.raises(UnsafeStore):
        store.write(lambda unit: register.allocate(unit, "S"))
    assert store.read(register.listed) == []
    postgres.execute(f"ALTER DATABASE {name} SET synchronous_commit = local")
    assert store.write(lambda unit: register.allocate(unit, "S")) == 1
    store.close()
    postgres.drop(name)


@pytest.mark.postgres
def test_a_lost_connection_is_unavailable_and_the_next_unit_works(
    postgres: PostgreSQL, postgres_template: str
) -> None:
    name = postgres.create(postgres_template)
    store = Store(postgres.url(name))
    cut = f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{name}'"

    def act(unit: Unit) -> None:
        register.allocate(unit, "S")
        postgres.execute(cut)

    gate = Gate(store)
    futures = (store.submit(lambda unit: register.allocate(unit, "S")), store.submit(act))
    gate.open()
    assert [type(future.exception()) for future in futures] == [StoreUnavailable, StoreUnavailable]
    assert store.write(lambda unit: register.allocate(unit, "S")) == 1
    store.close()
    postgres.drop(name)


def test_after_the_disk_failed_to_keep_something_nothing_more_is_written_until_a_restart(
    tmp_path: Path, sqlite_template: Path
) -> None:
    path = tmp_path / "failing.db"
    path.write_bytes(sqlite_template.read_bytes())
    store = Store(f"sqlite:///{path}")

    def fail(unit: Unit) -> int:
        register.allocate(unit, "S")
        cause = sqlite3.OperationalError("disk I/O error")
        cause.sqlite_errorname = "SQLITE_IOERR_FSYNC"  # as the driver reports it
        raise OperationalError("COMMIT", None, cause)

    assert store.write(partial(register.allocate, series="S")) == 1
    gate = Gate(store)
    group = [store.submit(partial(register.allocate, series="S")), store.submit(fail)]
    gate.open()
    assert [type(future.exception()) for future in group] == [StoreUnavailable, StoreUnavailable]
    for _ in range(2):
        with pytest.raises(StoreUnavailable, match="restart"):
            store.write(partial(register.allocate, series="S"))
    assert store.read(register.listed) == [("S", 1)]
    store.close()
    again = Store(f"sqlite:///{path}")
    assert again.write(partial(register.allocate, series="S")) == 2
    again.close()


def test_a_full_disk_is_unavailable_and_writing_goes_on_when_space_returns(
    tmp_path: Path, sqlite_template: Path
) -> None:
    path = tmp_path / "full.db"
    path.write_bytes(sqlite_template.read_bytes())
    store = Store(f"sqlite:///{path}")
    store.write(enrol)

    def limit(unit: Unit, pages: int) -> None:
        unit.connection.exec_driver_sql(f"PRAGMA max_page_count={pages}")

    pages = store.read(lambda connection: connection.exec_driver_sql("PRAGMA page_count").scalar())
    assert pages is not None
    write(store, limit, pages + 4)
    with pytest.raises(StoreUnavailable):
        store.write(lambda unit: accept(unit, 1, body=b"x" * 100_000))
    gate = Gate(store)
    futures = [store.submit(partial(accept, number=n, body=b"x" * 100_000)) for n in range(3)]
    gate.open()
    for future in futures:
        assert isinstance(future.exception(), StoreUnavailable)
    write(store, limit, 1_000_000)
    assert store.write(lambda unit: accept(unit, 1, body=b"x" * 100_000)).letter.number == 1
    assert store.read(lambda connection: len(records.refusals(connection, 10))) == 0
    store.close()


def test_what_the_database_took_back_by_itself_is_not_called_done(
    tmp_path: Path, sqlite_template: Path
) -> None:
    """On some faults of the disk SQLite ends the transaction inside a statement (its autocommit documentation)."""
    path = tmp_path / "ended.db"
    path.write_bytes(sqlite_template.read_bytes())
    store = Store(f"sqlite:///{path}")

    def end(unit: Unit) -> int:
        found = register.allocate(unit, "S")
        driver(unit.connection).execute("ROLLBACK")
        return found

    with pytest.raises(StoreUnavailable, match="ended the transaction"):
        store.write(end)
    gate = Gate(store)
    group = [store.submit(partial(register.allocate, series="S")), store.submit(end)]
    gate.open()
    assert [type(future.exception()) for future in group] == [StoreUnavailable, StoreUnavailable]
    assert store.read(register.listed) == []
    assert store.write(partial(register.allocate, series="S")) == 1
    store.close()
