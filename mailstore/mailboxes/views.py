"""What one officer sees of a mailbox: its live messages with flags, and what changed since a mod-sequence.

Invariants:
- Flags belong to one officer; `keywords` on the entry are shared by the office.
- Every change of a flag or keyword carries a mod-sequence that `next_modseq` gave in the same transaction.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from sqlalchemy import Connection, and_, bindparam, func, select, union_all, update
from sqlalchemy.dialects import postgresql, sqlite

from mailstore.database import schema
from mailstore.database.batches import batches
from mailstore.database.prepared import Prepared
from mailstore.database.transaction import Unit
from mailstore.faults import NotFound

_entries, _own = schema.entries, schema.entry_flags


class State(NamedTuple):
    """What one officer sees of one message without opening it."""

    uid: int
    modseq: int
    flags: frozenset[str]


class Counts(NamedTuple):
    """How many live messages a mailbox holds, how many one officer has not seen, and their octets."""

    messages: int
    unseen: int
    size: int


# ── Reading ───────────────────────────────────────────────────────────────────────────────────────────────


_LIVE = and_(_entries.c.mailbox == bindparam("mailbox"), _entries.c.expunged_modseq.is_(None))
_STATES = Prepared(
    select(_entries.c.uid, _entries.c.modseq, _entries.c.keywords)
    .where(_LIVE, _entries.c.uid >= bindparam("first"))
    .order_by(_entries.c.uid)
)
_OWN = Prepared(
    select(_own.c.uid, _own.c.flags, _own.c.modseq).where(
        _own.c.mailbox == bindparam("mailbox"),
        _own.c.login == bindparam("login"),
        _own.c.uid >= bindparam("first"),
    )
)
_TOUCHED = union_all(  # by the indexes on mod-sequences: what did not change is not looked at
    select(_entries.c.uid).where(
        _entries.c.mailbox == bindparam("mailbox"), _entries.c.modseq > bindparam("since")
    ),
    select(_own.c.uid).where(
        _own.c.mailbox == bindparam("mailbox"),
        _own.c.login == bindparam("login"),
        _own.c.modseq > bindparam("since"),
    ),
)
_CHANGED = Prepared(
    select(_entries.c.uid, _entries.c.modseq, _entries.c.keywords, _own.c.flags, _own.c.modseq)
    .outerjoin(
        _own,
        and_(
            _own.c.mailbox == _entries.c.mailbox,
            _own.c.uid == _entries.c.uid,
            _own.c.login == bindparam("login"),
        ),
    )
    .where(_LIVE, _entries.c.uid.in_(_TOUCHED))
    .order_by(_entries.c.uid)
)
_GONE = Prepared(
    select(_entries.c.uid)
    .where(_entries.c.mailbox == bindparam("mailbox"), _entries.c.expunged_modseq > bindparam("since"))
    .order_by(_entries.c.uid)
)
_MINE = and_(
    _own.c.mailbox == bindparam("mailbox"),
    _own.c.login == bindparam("login"),
    _own.c.uid.in_(bindparam("uids", expanding=True)),
)
_OWN_OF = Prepared(select(_own.c.uid, _own.c.flags).where(_MINE))
_UIDS = select(_entries.c.uid).where(_LIVE).order_by(_entries.c.uid)
_SIZES = select(func.count(), func.coalesce(func.sum(_entries.c.size), 0)).where(_LIVE)
_SEEN = (
    select(func.count())
    .select_from(
        _own.join(_entries, and_(_entries.c.mailbox == _own.c.mailbox, _entries.c.uid == _own.c.uid))
    )
    .where(_LIVE, _own.c.login == bindparam("login"), _own.c.flags.contains("\\Seen", autoescape=True))
)


_NEXT_MODSEQ = Prepared(
    update(schema.mailboxes)
    .where(schema.mailboxes.c.id == bindparam("named"))
    .values(highestmodseq=schema.mailboxes.c.highestmodseq + 1)
    .returning(schema.mailboxes.c.highestmodseq)
)


def _put_own(insert: Any) -> Prepared:
    """Return the statement that replaces an officer's own flags on a message, in a dialect's own words."""
    return Prepared(
        insert.on_conflict_do_update(
            index_elements=[_own.c.mailbox, _own.c.login, _own.c.uid],
            set_={"flags": insert.excluded.flags, "modseq": insert.excluded.modseq},
        ),
        ("mailbox", "login", "uid", "flags", "modseq"),
    )


_PUT_OWN = {"sqlite": _put_own(sqlite.insert(_own)), "postgresql": _put_own(postgresql.insert(_own))}


def states(connection: Connection, mailbox: int, login: str, first: int = 1) -> list[State]:
    """Return the live messages of a mailbox from UID `first` on, in UID order, with one officer's flags."""
    named = {"mailbox": mailbox, "login": login, "first": first}
    rows = _STATES.rows(connection, named)
    own = {uid: (flags, modseq) for uid, flags, modseq in _OWN.rows(connection, named)}
    none = ("", 0)
    return _states((*row, *own.get(row[0], none)) for row in rows)


def raw_states(
    connection: Connection, mailbox: int, login: str
) -> tuple[list[tuple[int, int, str]], list[tuple[int, str, int]]]:
    """Return what `states` is made of, as the driver gives it, for whoever holds a whole mailbox in memory.

    First UID, mod-sequence and shared keywords of the live messages in UID order; then UID, flags and mod-sequence of
    the officer's own flags, in no order, on messages that may be gone.
    """
    named = {"mailbox": mailbox, "login": login, "first": 1}
    return _STATES.rows(connection, named), _OWN.rows(connection, named)


def changed_since(
    connection: Connection, mailbox: int, login: str, modseq: int, most: int = -1
) -> tuple[list[State], list[int]]:
    """Return what changed after a mod-sequence: live messages with their state, and the UIDs that went.

    Where a limit is given and more than `most` changed, or more went, only one more than that is returned of them.
    """
    named = {"mailbox": mailbox, "login": login, "since": modseq}
    some = most + 1 if most >= 0 else -1
    live = _states(_CHANGED.rows(connection, named, some))
    return live, [uid for (uid,) in _GONE.rows(connection, named, some)]


def _states(rows: Iterable[tuple[int, int, str, str | None, int | None]]) -> list[State]:
    """Put shared keywords and own flags together. Equal flags are one object: a mailbox has few kinds."""
    sets: dict[tuple[str, str | None], frozenset[str]] = {}
    merged: list[tuple[int, int, frozenset[str]]] = []
    for uid, modseq, keywords, flags, own in rows:
        together = sets.get((keywords, flags))
        if together is None:
            together = sets[keywords, flags] = frozenset(f"{keywords} {flags or ''}".split())
        merged.append((uid, own if own is not None and own > modseq else modseq, together))
    return list(map(State._make, merged))


def uids(connection: Connection, mailbox: int) -> list[int]:
    """Return the UIDs of the live messages of a mailbox, ascending."""
    return list(connection.scalars(_UIDS, {"mailbox": mailbox}))


def counts(connection: Connection, mailbox: int, login: str) -> Counts:
    """Count the live messages of a mailbox, and those that an officer has not seen."""
    messages, size = connection.execute(_SIZES, {"mailbox": mailbox}).one()
    seen = connection.scalar(_SEEN, {"mailbox": mailbox, "login": login}) or 0
    return Counts(messages, messages - seen, int(size))


def own_flags(
    connection: Connection, mailbox: int, login: str, uids: Sequence[int]
) -> dict[int, frozenset[str]]:
    """Return one officer's own flags on these messages (without the shared keywords)."""
    found: dict[int, frozenset[str]] = {}
    for some in batches(uids):
        rows = _OWN_OF.rows(connection, {"mailbox": mailbox, "login": login, "uids": some})
        found.update({uid: frozenset(flags.split()) for uid, flags in rows})
    return found


# ── Changing ──────────────────────────────────────────────────────────────────────────────────────────────


def next_modseq(unit: Unit, mailbox: int) -> int:
    """Raise the mailbox's mod-sequence and return the new value. Raises NotFound."""
    value = _NEXT_MODSEQ.value(unit.connection, {"named": mailbox})
    if value is None:
        raise NotFound("the mailbox is gone")
    unit.changed.add(mailbox)
    return int(value)


def set_own_flags(
    unit: Unit, mailbox: int, login: str, flags: Mapping[int, frozenset[str]], modseq: int
) -> None:
    """Replace one officer's own flags on the named messages."""
    rows = [
        {"mailbox": mailbox, "login": login, "uid": uid, "flags": " ".join(sorted(own)), "modseq": modseq}
        for uid, own in flags.items()
    ]
    if rows:
        _PUT_OWN[unit.connection.dialect.name].run(unit.connection, rows)
    unit.changed.add(mailbox)


def set_keywords(unit: Unit, mailbox: int, keywords: Mapping[int, Iterable[str]], modseq: int) -> None:
    """Replace the shared keywords of the named messages; Conflict beyond 1,000 characters of one."""
    if keywords:
        unit.connection.execute(
            update(_entries)
            .where(_entries.c.mailbox == mailbox, _entries.c.uid == bindparam("named"))
            .values(keywords=bindparam("words"), modseq=modseq),
            [{"named": uid, "words": " ".join(sorted(set(some)))} for uid, some in keywords.items()],
        )
    unit.changed.add(mailbox)
