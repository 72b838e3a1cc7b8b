"""The two engines behind a store, and the settings that each of their connections must have.

Invariants:
- SQLite runs with WAL and synchronous=FULL, PostgreSQL with synchronous_commit, fsync, full_page_writes on;
  every new connection reads them back, and refuses to be used otherwise.
- A reading connection cannot write, and sees one snapshot from its first statement to its last.
- No lock is waited for longer than ten seconds.
"""

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event, make_url
from sqlalchemy.exc import SQLAlchemyError

from mailstore.database import schema
from mailstore.database.prepared import driver
from mailstore.faults import StoreUnavailable, UnknownSchema, UnsafeStore

_DURABLE: dict[str, tuple[tuple[str, frozenset[str]], ...]] = {
    "sqlite": (
        ("PRAGMA journal_mode", frozenset({"wal"})),
        ("PRAGMA synchronous", frozenset({"2", "3"})),  # FULL, EXTRA
    ),
    "postgresql": (
        # each of these waits for the disk of this server; "off" does not
        ("SHOW synchronous_commit", frozenset({"on", "remote_apply", "remote_write", "local"})),
        ("SHOW fsync", frozenset({"on"})),
        ("SHOW full_page_writes", frozenset({"on"})),
    ),
}


def reading_engine(url: str, pool: int) -> Engine:
    """Return an engine whose transactions read one snapshot and cannot write."""
    if _is_sqlite(url):
        return _sqlite(url, pool, "query_only=ON")
    engine = _postgresql(url, pool, "REPEATABLE READ")
    return engine.execution_options(postgresql_readonly=True)


def glancing_engine(url: str) -> Engine:
    """Return an engine of one connection for SQLite that reads as the others do, but waits for no lock."""
    return _sqlite(url, 1, "query_only=ON", "busy_timeout=0")


@contextmanager
def reading(engine: Engine) -> Iterator[Connection]:
    """Yield a connection in a transaction that sees one snapshot."""
    with engine.begin() as connection:
        if connection.dialect.name == "sqlite":
            connection.exec_driver_sql("BEGIN")
        yield connection


class Writer:
    """The one connection that writes. On SQLite it is kept: fetching it from the pool costs a tenth of a commit."""

    def __init__(self, url: str) -> None:
        sqlite = _is_sqlite(url)
        self.engine = _sqlite(url, 1) if sqlite else _postgresql(url, 1, "READ COMMITTED")
        self._keeps = sqlite
        self._kept: Connection | None = None

    @contextmanager
    def transaction(self) -> Iterator[Connection]:
        """Yield the connection in a transaction that may write from its start; it commits at the end."""
        if not self._keeps:
            with self.engine.begin() as connection:
                yield connection
            return
        connection = self._kept = self._kept or self.engine.connect()
        raw = driver(connection)
        try:
            raw.execute("BEGIN IMMEDIATE")
            yield connection
            _commit(connection, raw)
        except BaseException:
            self._take_back(connection, raw)
            raise

    def _take_back(self, connection: Connection, raw: Any) -> None:
        """Roll back; a connection that cannot even do that, or that the library gave up, is made anew."""
        try:
            connection.rollback()  # also after a commit that failed, of which the library keeps a remnant
            if raw.in_transaction:
                raw.execute("ROLLBACK")
        except (SQLAlchemyError, sqlite3.Error):
            self.dispose()
        else:
            if connection.invalidated:
                self.dispose()

    def dispose(self) -> None:
        """Close the connection; the next transaction makes another."""
        kept, self._kept = self._kept, None
        if kept is not None:
            with suppress(SQLAlchemyError, sqlite3.Error):  # whatever state it is in
                kept.invalidate()
            with suppress(SQLAlchemyError, sqlite3.Error):
                kept.close()
        self.engine.dispose()


def _commit(connection: Connection, raw: Any) -> None:
    if not raw.in_transaction:  # SQLite takes it back by itself when the disk fails within a statement
        raise StoreUnavailable("the database ended the transaction")
    if connection.in_transaction():  # what the library began
        connection.commit()
    else:
        raw.execute("COMMIT")


def _is_sqlite(url: str) -> bool:
    return make_url(url).get_backend_name() == "sqlite"


def _sqlite(url: str, pool: int, *more: str) -> Engine:
    engine = create_engine(url, pool_size=pool, max_overflow=0, connect_args={"check_same_thread": False})

    @event.listens_for(engine, "connect")
    def _connect(dbapi: Any, _record: Any) -> None:
        dbapi.isolation_level = None  # we say BEGIN ourselves: the driver's own guesses break savepoints
        for pragma in ("busy_timeout=10000", "synchronous=FULL", "foreign_keys=ON", *more):
            dbapi.execute(f"PRAGMA {pragma}")
        _refuse("sqlite", lambda question: dbapi.execute(question).fetchone()[0])

    return engine


def _postgresql(url: str, pool: int, isolation: Any) -> Engine:
    engine = create_engine(url, pool_size=pool, max_overflow=0, pool_pre_ping=True, isolation_level=isolation)

    @event.listens_for(engine, "connect")
    def _connect(dbapi: Any, _record: Any) -> None:
        # A node that froze inside a transaction must not hold the log's lock against the others.
        dbapi.execute("SET lock_timeout = '10s'")
        dbapi.execute("SET idle_in_transaction_session_timeout = '60s'")
        _refuse("postgresql", lambda question: dbapi.execute(question).fetchone()[0])
        dbapi.commit()

    return engine


def refuse_unsafe(connection: Connection) -> None:
    """Read the durability settings back; raise UnsafeStore when an acknowledged letter could be lost."""
    _refuse(connection.dialect.name, lambda question: connection.exec_driver_sql(question).scalar())


def _refuse(dialect: str, ask: Callable[[str], object]) -> None:
    for question, allowed in _DURABLE[dialect]:
        answer = str(ask(question))
        if answer not in allowed:
            wanted = ", ".join(sorted(allowed))
            raise UnsafeStore(
                f"{question} answers {answer}; allowed: {wanted}",
                f"قد تضيع خطابات مقبولة: {question} يجيب {answer}؛ المسموح: {wanted}",
            )


def refuse_unknown(connection: Connection) -> None:
    """Raise UnknownSchema, naming the next command, unless the database is at this program's schema."""
    if connection.dialect.has_table(connection, "alembic_version"):
        found = connection.exec_driver_sql("SELECT version_num FROM alembic_version").scalar()
    else:
        found = None
    if found == schema.VERSION:
        return
    if found is None:
        raise UnknownSchema(
            "the database is empty: run `murasalat init`", "قاعدة البيانات فارغة: نفّذ murasalat init"
        )
    if found > schema.VERSION:
        raise UnknownSchema(
            f"the database has schema {found}, this program knows {schema.VERSION}: install the newer program",
            f"مخطط قاعدة البيانات {found} والبرنامج يعرف {schema.VERSION}: ثبّت البرنامج الأحدث",
        )
    raise UnknownSchema(
        f"the database has schema {found}, this program needs {schema.VERSION}: run `murasalat upgrade`",
        f"مخطط قاعدة البيانات {found} والبرنامج يحتاج إلى {schema.VERSION}: نفّذ murasalat upgrade",
    )
