"""Bring a database to the schema of this program, and give a new one its first rows.

House law: only `Store` and this file open connections; this file with engines of its own, closed at once.

Invariants:
- All steps of one upgrade and the first rows are one transaction under one lock: a killed upgrade leaves the
  database as it was, and two programs that start together do the work once.
- A SQLite file is created readable by its owner alone, and is switched to WAL here, before anyone else opens
  it.
"""

import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.util import CommandError
from sqlalchemy import URL, Connection, Engine, NullPool, create_engine, event, insert, make_url, select
from sqlalchemy.exc import DBAPIError

from mailstore.database import schema
from mailstore.database.engines import refuse_unknown
from mailstore.directory.credentials import SALT_KEY
from mailstore.faults import StoreFault, StoreUnavailable, UnsafeStore

__all__ = ["current", "initialise", "refuse_unknown", "upgrade"]

_LOCK = 0x4D75726173616C61  # "Murasala": the advisory lock of an upgrade


def upgrade(url: str) -> None:
    """Run every step that the database lacks. Raises StoreFault; nothing is changed then."""
    with _upgraded(url):
        pass


def initialise(url: str, origin: str) -> None:
    """Upgrade the database and give it the rows that every instance has; done again, it changes nothing.

    `origin` names the log in its checkpoints (C2SP tlog-checkpoint). Raises StoreFault when the database has
    another.
    """
    if not origin.strip() or "\n" in origin:
        raise StoreFault("a log's origin is one line of text")
    with _upgraded(url) as connection:
        table = schema.instance
        standing = dict(connection.execute(select(table.c.name, table.c.value)).all())
        if standing.get("origin", origin) != origin:
            raise StoreFault(f"the database belongs to the log {standing['origin']}, not to {origin}")
        first = {"origin": origin, "directory": "0", "uidvalidity": "0", SALT_KEY: secrets.token_hex(32)}
        rows = [{"name": name, "value": value} for name, value in first.items() if name not in standing]
        if rows:
            connection.execute(insert(table), rows)
        if connection.scalar(select(schema.log_head.c.size)) is None:
            connection.execute(insert(schema.log_head), {"id": 1, "size": 0})


def current(url: str) -> str | None:
    """Return the newest step that the database has taken, None when it is empty or not there."""
    target = make_url(url)
    if _is_sqlite(target) and not Path(target.database or "").exists():
        return None
    with _begun(create_engine(target, poolclass=NullPool)) as connection:
        return MigrationContext.configure(connection).get_current_revision()


@contextmanager
def _upgraded(url: str) -> Iterator[Connection]:
    """Yield the one transaction of an upgrade, after its steps."""
    target = make_url(url)
    engine = create_engine(target, poolclass=NullPool)
    if _is_sqlite(target):
        _create_file(target.database or "")
        _prepare_sqlite(engine)
    with _begun(engine) as connection:
        if connection.dialect.name == "postgresql":
            connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({_LOCK})")
        standing = MigrationContext.configure(connection).get_current_revision()
        if standing is not None and standing > schema.VERSION:
            refuse_unknown(connection)
        config = Config()
        config.set_main_option("script_location", "mailstore:migrations")
        config.attributes["connection"] = connection
        command.upgrade(config, "head")
        yield connection
        if _is_sqlite(target) and connection.exec_driver_sql("PRAGMA foreign_key_check").first():
            raise StoreFault("the upgrade would leave a row that refers to nothing; nothing was changed")


@contextmanager
def _begun(engine: Engine) -> Iterator[Connection]:
    """Yield a connection in a transaction; the database's faults become ours."""
    try:
        with engine.begin() as connection:
            yield connection
    except DBAPIError as fault:
        raise StoreUnavailable(
            f"cannot upgrade the database: {fault.orig}", f"تعذّرت ترقية قاعدة البيانات: {fault.orig}"
        ) from fault
    except CommandError as fault:
        raise StoreFault(f"cannot upgrade the database: {fault}") from fault
    finally:
        engine.dispose()


def _is_sqlite(target: URL) -> bool:
    return target.get_backend_name() == "sqlite"


def _create_file(database: str) -> None:
    if database in {"", ":memory:"}:
        raise UnsafeStore(
            "a database in memory keeps no letter: name a file",
            "قاعدة بيانات في الذاكرة لا تحفظ خطاباً: سمِّ ملفاً",
        )
    try:
        with os.fdopen(os.open(database, os.O_CREAT | os.O_RDWR, 0o600)) as file:
            os.fsync(file.fileno())
        folder = os.open(Path(database).parent, os.O_RDONLY)
        try:
            os.fsync(folder)  # or a power cut takes the file's name away with everything in it
        finally:
            os.close(folder)
    except OSError as fault:
        raise StoreUnavailable(
            f"cannot create {database}: {fault.strerror}", f"تعذّر إنشاء {database}: {fault.strerror}"
        ) from fault


def _prepare_sqlite(engine: Engine) -> None:
    @event.listens_for(engine, "connect")
    def _connect(dbapi: Any, _record: Any) -> None:
        dbapi.isolation_level = None  # we say BEGIN ourselves: tables are created in the transaction, too
        dbapi.execute("PRAGMA busy_timeout=10000")
        dbapi.execute("PRAGMA foreign_keys=OFF")  # a step may copy a table; the whole is checked at the end
        dbapi.execute("PRAGMA synchronous=FULL")
        (mode,) = dbapi.execute("PRAGMA journal_mode=WAL").fetchone()
        if mode != "wal":
            raise UnsafeStore(
                f"the file cannot use a write-ahead log (journal_mode stays {mode})",
                f"لا يمكن للملف استعمال سجل كتابة مسبقة (journal_mode يبقى {mode})",
            )

    @event.listens_for(engine, "begin")
    def _begin(connection: Connection) -> None:
        connection.exec_driver_sql("BEGIN IMMEDIATE")
