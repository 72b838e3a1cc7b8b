"""Steps of the schema: up on both engines, equal to `schema.py`, safe against a second start and a newer program."""

import os
import stat
import threading
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import create_engine, inspect, select, text

from mailstore import migrations
from mailstore.database import schema
from mailstore.database.transaction import Store
from mailstore.directory.credentials import SALT_KEY
from mailstore.faults import StoreFault, StoreUnavailable, UnknownSchema, UnsafeStore
from mailstore.upgrade import current, initialise, upgrade

ORIGIN = "log.gov.example/test"


def test_the_newest_step_is_the_one_the_program_expects() -> None:
    assert ScriptDirectory(str(Path(migrations.__file__).parent)).get_heads() == [schema.VERSION]


def test_an_upgraded_database_has_exactly_the_tables_of_the_schema(empty_database: str) -> None:
    assert current(empty_database) is None
    upgrade(empty_database)
    assert current(empty_database) == schema.VERSION
    engine = create_engine(empty_database)
    with engine.connect() as connection:
        assert compare_metadata(MigrationContext.configure(connection), schema.metadata) == []
    engine.dispose()


def test_checks_and_comments_are_those_of_the_schema(empty_database: str) -> None:
    upgrade(empty_database)
    engine = create_engine(empty_database)
    with engine.connect() as connection:
        found = inspect(connection)
        for table in schema.metadata.sorted_tables:
            wanted = {str(one.name) for one in table.constraints if str(one.name).startswith("ck_")}
            assert {str(one["name"]) for one in found.get_check_constraints(table.name)} == wanted, table.name
            if engine.dialect.name != "sqlite" or not table.dialect_options["sqlite"]["autoincrement"]:
                assert str(found.get_pk_constraint(table.name)["name"]) == f"pk_{table.name}"
    engine.dispose()


def test_a_second_upgrade_changes_nothing(empty_database: str) -> None:
    initialise(empty_database, ORIGIN)
    initialise(empty_database, ORIGIN)
    upgrade(empty_database)
    store = Store(empty_database)
    rows = store.read(lambda connection: connection.execute(select(schema.instance)).all())
    head = store.read(lambda connection: connection.execute(select(schema.log_head)).all())
    store.close()
    assert sorted((row.name, row.value) for row in rows if row.name != SALT_KEY) == [
        ("directory", "0"),
        ("origin", ORIGIN),
        ("uidvalidity", "0"),
    ]
    assert [len(row.value) for row in rows if row.name == SALT_KEY] == [64]
    assert [tuple(row) for row in head] == [(1, 0)]


def test_programs_that_start_together_do_the_work_once(empty_database: str) -> None:
    faults: list[BaseException] = []

    def start() -> None:
        try:
            initialise(empty_database, ORIGIN)
        except StoreFault as fault:
            faults.append(fault)

    threads = [threading.Thread(target=start) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert faults == []
    assert current(empty_database) == schema.VERSION


def test_a_database_keeps_its_origin(empty_database: str) -> None:
    initialise(empty_database, ORIGIN)
    with pytest.raises(StoreFault, match=r"log\.gov\.example/test"):
        initialise(empty_database, "log.gov.example/other")


@pytest.mark.parametrize("origin", ["", "  ", "two\nlines"])
def test_an_origin_is_one_line(empty_database: str, origin: str) -> None:
    with pytest.raises(StoreFault):
        initialise(empty_database, origin)


def test_a_failed_upgrade_leaves_nothing_behind(empty_database: str) -> None:
    engine = create_engine(empty_database)
    with engine.begin() as connection:
        connection.execute(text("CREATE TABLE outbox (id INTEGER)"))  # the last table that the step creates
    with pytest.raises(StoreUnavailable):
        upgrade(empty_database)
    with engine.connect() as connection:
        assert inspect(connection).get_table_names() == ["outbox"]
    engine.dispose()


def _set_version(url: str, version: str) -> None:
    engine = create_engine(url)
    with engine.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = :version"), {"version": version})
    engine.dispose()


@pytest.mark.parametrize(("version", "command"), [("0000", "murasalat upgrade"), ("9999", "newer program")])
def test_a_store_refuses_another_schema_and_names_the_next_command(
    database: str, version: str, command: str
) -> None:
    _set_version(database, version)
    with pytest.raises(UnknownSchema, match=command):
        Store(database)


@pytest.mark.parametrize("version", ["0000", "9999"])
def test_an_upgrade_refuses_a_schema_that_it_does_not_know(database: str, version: str) -> None:
    _set_version(database, version)
    with pytest.raises(StoreFault):
        upgrade(database)
    assert current(database) == version


def test_a_sqlite_file_is_its_owner_s_alone_and_uses_a_write_ahead_log(tmp_path: Path) -> None:
    path = tmp_path / "new.db"
    before = os.umask(0)
    try:
        upgrade(f"sqlite:///{path}")
    finally:
        os.umask(before)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    engine = create_engine(f"sqlite:///{path}")
    with engine.connect() as connection:
        assert connection.exec_driver_sql("PRAGMA journal_mode").scalar() == "wal"
    engine.dispose()


def test_a_store_without_a_file_is_refused_and_none_is_made(tmp_path: Path) -> None:
    path = tmp_path / "absent.db"
    with pytest.raises(StoreUnavailable, match="murasalat init"):
        Store(f"sqlite:///{path}")
    assert current(f"sqlite:///{path}") is None
    assert not path.exists()


def test_a_folder_that_is_not_there_is_a_clear_fault(tmp_path: Path) -> None:
    with pytest.raises(StoreUnavailable, match="cannot create"):
        upgrade(f"sqlite:///{tmp_path}/absent/new.db")


def test_a_database_in_memory_is_refused() -> None:
    with pytest.raises(UnsafeStore):
        initialise("sqlite://", ORIGIN)
