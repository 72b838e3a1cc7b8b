"""Folded text of messages, computed once when they came, so that a search reads it and decodes nothing.

What was folded, and how, is for whoever gives it; here it is octets (UTF-8) in which other octets are looked for.

Invariants:
- All of it follows from the message: a missing row costs speed and nothing else.
- A UTF-8 text lies within another exactly when its octets lie within the other's.
- The fields stand beside each entry of a mailbox, in its order: a search of them reads no more than them.
"""

from collections.abc import Container, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, bindparam, func, insert, or_, select
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.functions import GenericFunction
from sqlalchemy.types import Boolean

from mailstore.database import schema
from mailstore.database.batches import batches
from mailstore.database.prepared import Prepared
from mailstore.database.transaction import Unit

FIELDS = ("subject", "sender", "recipient", "cc", "bcc")

_texts, _fields, _entries = schema.search_texts, schema.search_fields, schema.entries
_INSERT = Prepared(insert(_texts), ("sha256", *FIELDS, "head", "body"))
_LINK = Prepared(
    insert(_fields).from_select(
        ["mailbox", "uid", *FIELDS],
        select(
            bindparam("in_mailbox", type_=_fields.c.mailbox.type),
            bindparam("under_uid", type_=_fields.c.uid.type),
            *(_texts.c[name] for name in FIELDS),
        ).where(_texts.c.sha256 == bindparam("digest")),
    )
)


@dataclass(frozen=True, slots=True)
class SearchText:
    """What a search looks into. Each value of a field follows a line feed; `head`: the whole header, a field a line."""

    subject: bytes
    sender: bytes
    recipient: bytes
    cc: bytes
    bcc: bytes
    head: bytes
    body: bytes


class _Holds(GenericFunction[bool]):
    """Whether the first octets hold the second ones."""

    type = Boolean()
    inherit_cache = True


@compiles(_Holds, "sqlite")
def _on_sqlite(element: Any, compiler: Any, **named: Any) -> str:
    within, needle = (compiler.process(one, **named) for one in element.clauses)
    return f"(instr({within}, {needle}) > 0)"


@compiles(_Holds, "postgresql")
def _on_postgresql(element: Any, compiler: Any, **named: Any) -> str:
    within, needle = (compiler.process(one, **named) for one in element.clauses)
    return f"(position({needle} in {within}) > 0)"


def put(unit: Unit, sha256: str, text: SearchText) -> None:
    """Store the text of a message that was just stored."""
    values = {name: getattr(text, name) for name in SearchText.__slots__}
    _INSERT.run(unit.connection, [{"sha256": sha256, **values}])


def link(unit: Unit, rows: Sequence[Mapping[str, Any]]) -> None:
    """Put the fields beside entries that were just added (`mailbox`, `uid`, `sha256`), where the text is stored."""
    named = [{"in_mailbox": one["mailbox"], "under_uid": one["uid"], "digest": one["sha256"]} for one in rows]
    _LINK.run(unit.connection, named)


@dataclass(frozen=True, slots=True)
class Found:
    """The UIDs whose text was looked into, and those of them where the octets were found."""

    covered: Container[int]
    matching: Container[int]


NOTHING = Found((), ())


def in_field(connection: Connection, mailbox: int, uids: Sequence[int], field: str, needle: bytes) -> Found:
    """Look into one of `FIELDS` of entries; `uids` ascend, and others between them may be looked at, too."""
    covered = _covered(connection, mailbox, uids)
    query = select(_fields.c.uid).where(_Holds(_fields.c[field], bindparam("needle", needle)))
    return Found(covered, {row[0] for row in _rows(connection, query, _fields, mailbox, uids)})


def _covered(connection: Connection, mailbox: int, uids: Sequence[int]) -> Container[int]:
    """Return the UIDs whose fields are stored: mostly all, and then nothing but their number is read."""
    first, last = uids[0], uids[-1]
    within = (_fields.c.mailbox == mailbox, _fields.c.uid.between(first, last))
    whole = range(first, last + 1)
    if connection.scalar(select(func.count()).select_from(_fields).where(*within)) == len(whole):
        return whole
    return set(connection.scalars(select(_fields.c.uid).where(*within)))


def in_text(
    connection: Connection, mailbox: int, uids: Sequence[int], needle: bytes, *, head: bool
) -> Iterator[tuple[int, bool, bytes]]:
    """Yield UID, whether the text (of the header, too, with `head`) holds the octets, and the entry's own prefix.

    Only of entries whose message's text is stored; `uids` ascend, and others between them may be told.
    """
    wanted: Any = bindparam("needle", needle)
    found: Any = _Holds(_texts.c.body, wanted)
    if head:
        found = or_(_Holds(_texts.c.head, wanted), found)
    query = select(_entries.c.uid, found, _entries.c.prefix).join(
        _texts, _texts.c.sha256 == _entries.c.sha256
    )
    for uid, holds, prefix in _rows(connection, query, _entries, mailbox, uids):
        yield uid, bool(holds), prefix


def _rows(connection: Connection, query: Any, table: Any, mailbox: int, uids: Sequence[int]) -> Iterator[Any]:
    """Read by a range of UIDs where there are few gaps, else UID by UID."""
    query = query.where(table.c.mailbox == mailbox)
    if uids[-1] - uids[0] < len(uids) * 5 // 4:
        yield from connection.execute(query.where(table.c.uid.between(uids[0], uids[-1])))
        return
    for some in batches(uids):
        yield from connection.execute(query.where(table.c.uid.in_(some)))
