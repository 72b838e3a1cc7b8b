"""What a conversation reads of mailboxes beyond their states: mod-sequences of many, octets in pieces.

Invariant: nothing here holds more of a message than was asked for.
"""

from collections import namedtuple
from collections.abc import Sequence
from functools import lru_cache
from typing import Any

from sqlalchemy import Connection, FromClause, bindparam, func, select

from mailstore.database import schema
from mailstore.database.batches import batches
from mailstore.database.prepared import Prepared, driver
from mailstore.faults import NotFound

_messages = schema.messages
_OCTETS = Prepared(
    select(_messages.c.sha256, _messages.c.octets).where(
        _messages.c.sha256.in_(bindparam("digests", expanding=True))
    )
)
_ROWID = "SELECT rowid FROM messages WHERE sha256 = ?"


def modseqs(connection: Connection, mailboxes: Sequence[int]) -> dict[int, int]:
    """Return the highest mod-sequence of each of these mailboxes that is there."""
    table = schema.mailboxes
    found: dict[int, int] = {}
    for some in batches(mailboxes):
        query = select(table.c.id, table.c.highestmodseq).where(table.c.id.in_(some))
        found.update(connection.execute(query).all())
    return found


def piece(connection: Connection, sha256: str, start: int, stop: int) -> bytes:
    """Return stored octets from `start` up to `stop`. Raises NotFound."""
    sqlite = driver(connection)
    if sqlite is not None:
        return _sqlite_piece(sqlite, sha256, start, stop)
    wanted = func.substring(_messages.c.octets, start + 1, stop - start)
    value = connection.scalar(select(wanted).where(_messages.c.sha256 == sha256))
    if value is None:
        raise NotFound(f"no octets {sha256}")
    return bytes(value)


def _sqlite_piece(sqlite: Any, sha256: str, start: int, stop: int) -> bytes:
    """Read with SQLite's own piecewise access: substr() would load the whole value each time."""
    rows = sqlite.execute(_ROWID, (sha256,)).fetchall()
    if not rows:
        raise NotFound(f"no octets {sha256}")
    with sqlite.blobopen("messages", "octets", rows[0][0], readonly=True) as blob:
        blob.seek(start)
        return bytes(blob.read(stop - start))


def octets_of(connection: Connection, digests: Sequence[str]) -> dict[str, bytes]:
    """Return the octets of these messages by digest. All are held at once: ask for few, or for small ones."""
    found: dict[str, bytes] = {}
    for some in batches(digests):
        found.update(_OCTETS.rows(connection, {"digests": some}))
    return found


def rows(connection: Connection, mailbox: int, uids: Sequence[int], *columns: str) -> list[Any]:
    """Return named columns of the entries with these ascending UIDs (live or gone), in UID order, as named tuples.

    As `mailboxes.entries`, for the many readings of a conversation: each set of columns is prepared once, and the
    driver's own tuples are taken.
    """
    make = _kind(columns)._make
    found: list[Any] = []
    for some in batches(uids):
        run = some[-1] - some[0] == len(some) - 1  # UIDs without a gap are read as a range
        named = {"first": some[0], "last": some[-1]} if run else {"uids": some}
        found.extend(map(make, _rows(columns, run=run).rows(connection, {"mailbox": mailbox, **named})))
    return found


@lru_cache(maxsize=256)
def _kind(columns: tuple[str, ...]) -> Any:
    return namedtuple("Entry", ("uid", *columns))  # noqa: PYI024 - its fields are the columns asked for


@lru_cache(maxsize=256)
def _rows(columns: tuple[str, ...], *, run: bool) -> Prepared:
    entries = schema.entries
    joined: FromClause = entries
    if any(name not in entries.c for name in columns):
        joined = entries.join(_messages, _messages.c.sha256 == entries.c.sha256)
    wanted = [entries.c[name] if name in entries.c else _messages.c[name] for name in columns]
    within = (
        entries.c.uid.between(bindparam("first"), bindparam("last"))
        if run
        else entries.c.uid.in_(bindparam("uids", expanding=True))
    )
    return Prepared(
        select(entries.c.uid, *wanted)
        .select_from(joined)
        .where(entries.c.mailbox == bindparam("mailbox"), within)
        .order_by(entries.c.uid)
    )


def flagged(connection: Connection, mailbox: int, login: str, flag: str) -> tuple[int, int]:
    """Count the live messages of a mailbox that bear one officer's flag, and their octets."""
    entries, own = schema.entries, schema.entry_flags
    query = (
        select(own.c.flags, entries.c.size)
        .join(entries, (entries.c.mailbox == own.c.mailbox) & (entries.c.uid == own.c.uid))
        .where(own.c.mailbox == mailbox, own.c.login == login, entries.c.expunged_modseq.is_(None))
    )
    sizes = [size for flags, size in connection.execute(query) if flag in flags.split()]
    return len(sizes), sum(sizes)


def uid_of_letter(connection: Connection, mailbox: int, letter_id: str) -> int:
    """Return the UID of a letter's first live entry in a mailbox, 0 when it has none."""
    entries = schema.entries
    query = select(func.min(entries.c.uid)).where(
        entries.c.mailbox == mailbox, entries.c.letter_id == letter_id, entries.c.expunged_modseq.is_(None)
    )
    return int(connection.scalar(query) or 0)


def uidnexts(connection: Connection) -> dict[int, int]:
    """Return the next UID of every mailbox."""
    table = schema.mailboxes
    return dict(connection.execute(select(table.c.id, table.c.uidnext)).all())


def count_from(connection: Connection, mailbox: int, first: int, uidnext: int) -> int:
    """Count the live messages with a UID from `first` on, where the next one will be `uidnext`."""
    if first >= uidnext:
        return 0
    entries = schema.entries
    query = select(func.count()).where(
        entries.c.mailbox == mailbox, entries.c.uid >= first, entries.c.expunged_modseq.is_(None)
    )
    return int(connection.scalar(query) or 0)
