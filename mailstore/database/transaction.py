"""The unit of work, and group commit. Nothing but this file and `upgrade.py` opens connections.

Invariants:
- A unit rolls back unless it ends well, and its result is known only after the commit is durable.
- One writer: every writing unit runs on the writer's thread, in the order it came. What queued while the
  last commit ran goes into the next one, without a timer; each unit has its own savepoint, so a bad one never
  fails its neighbours.
- Every writing transaction takes the log head's lock first. So log indices, UIDs, mod-sequences and register
  numbers are given in commit order, on every engine and from every node.
- After the disk has once failed to keep what was written, nothing more is written: only a restart, which
  reads the database anew, ends that.
- Only StoreFault leaves the store for a fault of the database.
"""

import logging
import queue
import sqlite3
import threading
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from types import ModuleType
from typing import Any, TypeAlias, TypeVar

from sqlalchemy import Connection, Engine, bindparam, exc, make_url, select, update
from sqlalchemy.exc import DBAPIError, SQLAlchemyError

from mailstore.database import schema
from mailstore.database.engines import (
    Writer,
    glancing_engine,
    reading,
    reading_engine,
    refuse_unknown,
    refuse_unsafe,
)
from mailstore.database.log import append_leaves
from mailstore.database.prepared import Prepared, driver
from mailstore.faults import Conflict, NotNow, StoreFault, StoreUnavailable

__all__ = ["Reading", "Store", "Unit", "refuse_unknown", "refuse_unsafe", "utc_now"]

T = TypeVar("T")
Post: TypeAlias = Callable[[Callable[[], None]], object]
LARGEST_GROUP = 64
_DISK_FAILED = ("SQLITE_IOERR_FSYNC", "SQLITE_IOERR_DIR_FSYNC", "SQLITE_CORRUPT", "SQLITE_NOTADB")
_HEAD = Prepared(select(schema.log_head.c.size).with_for_update())
_GROW = Prepared(update(schema.log_head).values(size=bindparam("grown")))

Reading: TypeAlias = Connection  # what a reading act is given; nothing above this room names the SQL library


def utc_now() -> datetime:
    """Return the present, in UTC."""
    return datetime.now(UTC)


@dataclass(slots=True)
class Unit:
    """One writing unit of work: its connection, its time, and what it adds to the log.

    `log_size` is the committed size that the transaction found. `changed` names the mailboxes whose sessions
    must be told after the commit.
    """

    connection: Connection
    now: datetime
    log_size: int
    leaves: list[bytes] = field(default_factory=list)
    changed: set[int] = field(default_factory=set)

    def next_index(self) -> int:
        """Return the log index that the next record of this transaction gets."""
        return self.log_size + len(self.leaves)


@dataclass(slots=True)
class _Job:
    act: Callable[[Unit], Any]
    future: "Future[Any]"
    post: Post | None
    result: Any = None
    fault: BaseException | None = None

    def settle(self) -> None:
        """Tell whoever waits."""
        if self.fault is None:
            self.future.set_result(self.result)
        else:
            self.future.set_exception(self.fault)


class Store:
    """One database. `read` runs in the calling thread, `write` on the one writer thread.

    `clock` gives the time that records carry (UTC); `pool` is how many may read at once. Raises UnknownSchema
    or UnsafeStore when the database is not as it must be, StoreUnavailable when it cannot be opened.
    """

    def __init__(self, url: str, *, clock: Callable[[], datetime] = utc_now, pool: int = 8) -> None:
        self.url = make_url(url)
        self.clock = clock
        self.sqlite = self.url.get_backend_name() == "sqlite"
        if self.sqlite and not Path(self.url.database or "").is_file():
            raise StoreUnavailable(
                f"there is no database {self.url.database}: run `murasalat init`",
                f"لا توجد قاعدة البيانات {self.url.database}: نفّذ murasalat init",
            )
        self._reader = reading_engine(url, pool)
        self._writer = Writer(url)
        self._glances = glancing_engine(url) if self.sqlite else None
        self._glancing = threading.Lock()
        self._kept: Connection | None = None
        self._jobs: queue.SimpleQueue[_Job | None] = queue.SimpleQueue()
        self._listeners: list[Callable[[frozenset[int]], None]] = []
        self._closing = False
        self._failed = ""
        self._lock = threading.Lock()
        try:
            self.read(_refuse_unfit)
        except BaseException:
            self._dispose()
            raise
        self._thread = threading.Thread(target=self._run, name="mailstore-writer", daemon=True)
        self._thread.start()

    def on_change(self, listener: Callable[[frozenset[int]], None]) -> None:
        """Call `listener` with the ids of changed mailboxes after each commit, before the committers hear of it.

        It is called on the writer's thread, or by what they gave as `post`.
        """
        self._listeners.append(listener)

    def read(self, act: Callable[[Connection], T]) -> T:
        """Run `act` in one reading transaction of the calling thread and return its result."""
        try:
            with reading(self._reader) as connection:
                return act(connection)
        except (SQLAlchemyError, sqlite3.Error) as fault:
            raise _as_fault(fault) from fault

    def glance(self, act: Callable[[Connection], T]) -> T:
        """Run a small `act` as `read` does, but only if nothing need be waited for, else raise NotNow.

        So whoever must not wait may call it in its own thread. After NotNow `act` may be run again: its first
        statement found no snapshot, or never began. Always NotNow on PostgreSQL, which is a way off.
        """
        if self._glances is None or not self._glancing.acquire(blocking=False):
            raise NotNow("nothing can be read without waiting")
        try:
            return self._glance(self._glances, act)
        except (SQLAlchemyError, sqlite3.Error) as fault:
            if _error_name(fault).startswith("SQLITE_BUSY"):
                raise NotNow("nothing can be read without waiting") from fault
            raise _as_fault(fault) from fault
        finally:
            self._glancing.release()

    def _glance(self, engine: Engine, act: Callable[[Connection], T]) -> T:
        """Run `act` in a transaction of the one connection that is kept for this."""
        if self._kept is None:
            if self._closing:
                raise NotNow("the store is closing")
            self._kept = engine.connect()
        connection, raw = self._kept, driver(self._kept)
        raw.execute("BEGIN")
        try:
            return act(connection)
        finally:
            if connection.in_transaction():
                connection.rollback()
            if raw.in_transaction:
                raw.execute("ROLLBACK")

    def submit(self, act: Callable[[Unit], T], post: Post | None = None) -> "Future[T]":
        """Queue a writing unit; the future resolves after its commit is durable, or with what went wrong.

        `post` calls a function where the committer waits, as an event loop's `call_soon_threadsafe` does: so one call
        tells all of a group whose units came from there. Others are told on the writer's thread. A future that is
        cancelled before its turn takes the unit out of the queue; later it cannot be.
        """
        future: Future[T] = Future()
        with self._lock:
            if self._closing:
                raise StoreUnavailable("the store is closing")
            self._jobs.put(_Job(act, future, post))
        return future

    def write(self, act: Callable[[Unit], T]) -> T:
        """Run a writing unit and wait until it is durable."""
        return self.submit(act).result()

    def close(self) -> None:
        """Finish what is queued, then close every connection."""
        with self._lock:
            if self._closing:
                return
            self._closing = True
            self._jobs.put(None)
        self._thread.join()
        self._dispose()

    def _dispose(self) -> None:
        self._reader.dispose()
        if self._glances is not None:
            with self._glancing:
                if self._kept is not None:
                    self._kept.close()
                    self._kept = None
                self._glances.dispose()
        self._writer.dispose()

    # ── The writer ────────────────────────────────────────────────────────────────────────────────────────────

    def _run(self) -> None:
        last = False
        while not last:
            group, last = self._next_group()
            wanted = [job for job in group if job.future.set_running_or_notify_cancel()]
            if wanted:
                self._commit_group(wanted)

    def _next_group(self) -> tuple[list[_Job], bool]:
        """Wait for a job and take what queued behind it; also say whether the store is closing."""
        job = self._jobs.get()
        group: list[_Job] = []
        while job is not None:
            group.append(job)
            if len(group) == LARGEST_GROUP:
                return group, False
            try:
                job = self._jobs.get_nowait()
            except queue.Empty:
                return group, False
        return group, True

    def _commit_group(self, group: list[_Job]) -> None:
        changed: frozenset[int] = frozenset()
        try:
            changed = frozenset(self._commit(group).changed)
        except BaseException as fault:  # noqa: BLE001 - nothing was kept: every caller must hear it
            self._failed = self._failed or _disk_failure(fault)
            for job in group:
                job.fault = _as_fault(fault)
        self._tell_all(changed, group)

    def _commit(self, group: list[_Job]) -> Unit:
        if self._failed:
            raise StoreUnavailable(self._failed)
        with self._writer.transaction() as connection:
            unit = Unit(connection, self.clock(), lock_log(connection))
            if len(group) == 1:  # the transaction is savepoint enough
                group[0].result = group[0].act(unit)
            else:
                for job in group:
                    _run_job(unit, job)
            if unit.leaves:
                append_leaves(connection, unit.log_size, unit.leaves)
                _GROW.run(connection, [{"grown": unit.next_index()}])
        return unit

    def _tell_all(self, changed: frozenset[int], group: list[_Job]) -> None:
        """Tell the listeners, then the committers: where these wait, when all of them wait at one place."""

        def tell() -> None:
            if changed:
                self._tell(changed)
            for job in group:
                job.settle()

        places = {job.post for job in group}
        post = places.pop() if len(places) == 1 else None
        if post is not None:
            try:
                post(tell)
            except RuntimeError:  # the event loop has ended
                pass
            else:
                return
        tell()

    def _tell(self, changed: frozenset[int]) -> None:
        for listener in self._listeners:
            try:
                listener(changed)
            except Exception:  # the writer serves everybody: one listener's fault must not end it
                logging.getLogger(__name__).exception("a listener failed")


def _refuse_unfit(connection: Connection) -> None:
    refuse_unknown(connection)
    refuse_unsafe(connection)


def _run_job(unit: Unit, job: _Job) -> None:
    """Run one job under its own savepoint; on failure everything of it is taken back, its leaves too."""
    leaves, changed = len(unit.leaves), set(unit.changed)
    raw = driver(unit.connection)  # the library's own savepoints cost several times as much
    sql = unit.connection.exec_driver_sql if raw is None else raw.execute
    sql("SAVEPOINT unit")
    try:
        job.result = job.act(unit)
        sql("RELEASE SAVEPOINT unit")
    except BaseException as fault:
        if _disk_failure(fault):
            raise  # nobody's work is kept on such a disk
        try:
            sql("ROLLBACK TO SAVEPOINT unit")
            sql("RELEASE SAVEPOINT unit")
        except (
            SQLAlchemyError,
            sqlite3.Error,
        ) as ended:  # then the whole transaction is gone, and all jobs have failed
            raise StoreUnavailable(f"the database ended the transaction: {_as_fault(fault)}") from ended
        del unit.leaves[leaves:]
        unit.changed = changed
        job.fault = _as_fault(fault)


def _as_fault(fault: BaseException) -> BaseException:
    """Return the store's own exception for one of the database's; others stay as they are."""
    if isinstance(fault, sqlite3.Error):  # from the driver itself
        return _as_own(fault, str(fault), sqlite3)
    if not isinstance(fault, SQLAlchemyError):
        return fault
    text = str(fault.orig if isinstance(fault, DBAPIError) else fault).partition("\n")[0]
    return _as_own(fault, text, exc) if isinstance(fault, DBAPIError) else StoreFault(text)


def _as_own(fault: Exception, text: str, kinds: ModuleType) -> StoreFault:
    """Return the store's own exception for one of those that `kinds` names as every driver does (PEP 249)."""
    if isinstance(fault, kinds.IntegrityError):
        return Conflict(text)
    if isinstance(fault, kinds.ProgrammingError):
        return StoreFault(text)
    return StoreUnavailable(text)


def _disk_failure(fault: BaseException) -> str:
    """Return why nothing may be written any more, or an empty text."""
    name = _error_name(fault)
    if name.startswith(_DISK_FAILED):
        return f"the disk failed to keep what was written ({name}): check it, then restart"
    return ""


def _error_name(fault: BaseException) -> str:
    """Return SQLite's name of what went wrong, or an empty text."""
    return str(getattr(getattr(fault, "orig", fault), "sqlite_errorname", ""))


def lock_log(connection: Connection) -> int:
    """Take the log head's lock for this transaction and return the log's size."""
    size = _HEAD.value(connection, {})
    if size is None:
        raise StoreFault("the database has no log head: run `murasalat init`")
    return int(size)
