"""Mailboxes: views of messages with UID, UIDVALIDITY and MODSEQ.

What one officer sees of them is in `views.py`, the octets are in `mailstore/octets/messages.py`.

Invariants:
- A UID is given in the transaction that makes the message visible; UIDs and mod-sequences rise in commit
  order.
- No two mailboxes that ever were have the same UIDVALIDITY; a later one has a higher one. It stays with the mailbox
  under every name, as its UIDs do.
- A message in a mailbox is our header block (`prefix`) followed by the stored octets, exactly.
- Expunging unlinks the view and keeps the row, with the mod-sequence of its going; the message itself stays.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Connection, Row, bindparam, insert, select, update

from mailstore.database import schema
from mailstore.database.batches import batches
from mailstore.database.prepared import Prepared
from mailstore.database.row_digest import row_digest
from mailstore.database.transaction import Unit
from mailstore.faults import Conflict, NotFound
from mailstore.mailboxes.views import (
    next_modseq,
    uids,
)
from mailstore.octets import search_texts
from policies.words.calendar import rfc3339

STANDARD: tuple[tuple[str, str], ...] = (
    ("INBOX", ""),
    ("Sent", "\\Sent"),
    ("Drafts", "\\Drafts"),
    ("Trash", "\\Trash"),
    ("Receipts", ""),
    ("Archive", "\\Archive"),
)
_NAMES = frozenset(name for name, _ in STANDARD)
_TABLE = schema.mailboxes
_ROW = [
    _TABLE.c[name]
    for name in ("id", "office", "name", "special_use", "uidvalidity", "uidnext", "highestmodseq")
]
_BY_ID = Prepared(select(*_ROW).where(_TABLE.c.id == bindparam("named")))
_BY_NAME = Prepared(
    select(*_ROW).where(_TABLE.c.office == bindparam("of"), _TABLE.c.name == bindparam("named"))
)
_BY_OFFICE = Prepared(
    select(*_ROW).where(_TABLE.c.office.in_(bindparam("offices", expanding=True))).order_by(_TABLE.c.id)
)
_SUBSCRIPTIONS = Prepared(
    select(
        schema.subscriptions.c.office, schema.subscriptions.c.name, schema.subscriptions.c.subscribed
    ).where(schema.subscriptions.c.login == bindparam("login"))
)
_ADVANCE = Prepared(
    update(_TABLE)
    .where(_TABLE.c.id.in_(bindparam("some", expanding=True)))
    .values(uidnext=_TABLE.c.uidnext + bindparam("coming"), highestmodseq=_TABLE.c.highestmodseq + 1)
    .returning(_TABLE.c.id, _TABLE.c.uidnext, _TABLE.c.highestmodseq)
)
_UNCHANGING = (
    *("mailbox", "uid", "kind", "letter_id", "sha256"),
    *("size", "internal_date", "saved_at", "prefix"),
)
_INSERT_ENTRY = Prepared(insert(schema.entries), (*_UNCHANGING, "digest", "keywords", "modseq", "head"))
_UNLINK = Prepared(
    update(schema.entries)
    .where(
        schema.entries.c.mailbox == bindparam("of"),
        schema.entries.c.uid.in_(bindparam("named", expanding=True)),
        schema.entries.c.expunged_modseq.is_(None),
    )
    .values(expunged_modseq=bindparam("at"))
    .returning(schema.entries.c.uid)
)


@dataclass(frozen=True, slots=True)
class Mailbox:
    """One mailbox of an office, with its counters as of the reading transaction."""

    id: int
    office: str
    name: str
    special_use: str
    uidvalidity: int
    uidnext: int
    highestmodseq: int


@dataclass(frozen=True, slots=True)
class NewEntry:
    """A message about to be placed in a mailbox; `size` counts the prefix, too."""

    kind: str
    sha256: str
    prefix: bytes
    head: bytes
    size: int
    internal_date: datetime
    letter_id: str | None = None
    keywords: tuple[str, ...] = ()


# ── Mailboxes ─────────────────────────────────────────────────────────────────────────────────────────────


def provision(unit: Unit, office: str) -> None:
    """Create an office's standard mailboxes."""
    for name, special_use in STANDARD:
        create(unit, office, name, special_use)


def create(unit: Unit, office: str, name: str, special_use: str = "") -> Mailbox:
    """Create a mailbox. Raises Conflict when the name is taken."""
    if find(unit.connection, office, name) is not None:
        raise Conflict(f"mailbox {name} of {office} exists already")
    uidvalidity = _next_uidvalidity(unit)
    added = unit.connection.scalar(
        insert(_TABLE).returning(_TABLE.c.id),
        {
            "office": office,
            "name": name,
            "special_use": special_use,
            "uidvalidity": uidvalidity,
            "uidnext": 1,
            "highestmodseq": 1,
            "created_at": rfc3339(unit.now),
        },
    )
    return Mailbox(int(added or 0), office, name, special_use, uidvalidity, 1, 1)


def _next_uidvalidity(unit: Unit) -> int:
    """Return a value above every earlier one (RFC 9051 section 2.3.1.1): the clock's where that serves."""
    table = schema.instance
    last = unit.connection.scalar(select(table.c.value).where(table.c.name == "uidvalidity"))
    value = max(int(unit.now.timestamp()), int(last or 0) + 1)
    unit.connection.execute(update(table).where(table.c.name == "uidvalidity").values(value=str(value)))
    return value


def find(connection: Connection, office: str, name: str) -> Mailbox | None:
    """Return an office's mailbox by name, or None. INBOX is found in any case (RFC 9051 section 5.1)."""
    if name.upper() == "INBOX":
        name = "INBOX"
    rows = _BY_NAME.rows(connection, {"of": office, "named": name})
    return Mailbox(*rows[0]) if rows else None


def get(connection: Connection, mailbox: int) -> Mailbox:
    """Return a mailbox by id. Raises NotFound when it was deleted."""
    rows = _BY_ID.rows(connection, {"named": mailbox})
    if not rows:
        raise NotFound("the mailbox is gone")
    return Mailbox(*rows[0])


def of_offices(connection: Connection, offices: Sequence[str], most: int = -1) -> list[Mailbox]:
    """Return the mailboxes of several offices, in the order of their creation, or the first `most` of them."""
    return [Mailbox(*row) for row in _BY_OFFICE.rows(connection, {"offices": list(offices)}, most)]


def rename(unit: Unit, mailbox: int, name: str) -> Mailbox:
    """Give a mailbox another name; its UIDs and its UIDVALIDITY stay (RFC 9051 section 6.3.6).

    Its mod-sequence rises, by which other processes see that something changed, and what accounts said about the old
    name (`subscribe`) they have said about the new one. Raises Conflict (taken, or standard) or NotFound.
    """
    standing = _own_mailbox(unit.connection, mailbox)
    if find(unit.connection, standing.office, name) is not None:
        raise Conflict(f"mailbox {name} of {standing.office} exists already")
    next_modseq(unit, mailbox)
    unit.connection.execute(update(_TABLE).where(_TABLE.c.id == mailbox).values(name=name))
    _move_subscriptions(unit, standing.office, standing.name, name)
    return get(unit.connection, mailbox)


def _move_subscriptions(unit: Unit, office: str, old: str, new: str) -> None:
    """Let what accounts said about a name of an office hold for another; what they said about that one is forgotten."""
    table = schema.subscriptions
    said = select(table.c.login).where(table.c.office == office, table.c.name == old)
    unit.connection.execute(
        table.delete().where(table.c.office == office, table.c.name == new, table.c.login.in_(said))
    )
    unit.connection.execute(
        update(table).where(table.c.office == office, table.c.name == old).values(name=new)
    )


def delete(unit: Unit, mailbox: int) -> None:
    """Delete a mailbox that an officer made and emptied. The messages themselves stay.

    Raises Conflict when it is a standard one or holds live messages, NotFound when it is gone.
    """
    _own_mailbox(unit.connection, mailbox)
    if uids(unit.connection, mailbox):
        raise Conflict("the mailbox is not empty")
    for table in (schema.entry_flags, schema.search_fields, schema.entries):
        unit.connection.execute(table.delete().where(table.c.mailbox == mailbox))
    unit.connection.execute(_TABLE.delete().where(_TABLE.c.id == mailbox))
    unit.changed.add(mailbox)


def _own_mailbox(connection: Connection, mailbox: int) -> Mailbox:
    standing = get(connection, mailbox)
    if standing.name in _NAMES:
        raise Conflict(f"{standing.name} is a standard mailbox")
    return standing


def subscribe(unit: Unit, login: str, office: str, name: str, *, subscribed: bool) -> None:
    """Note whether an account wants a mailbox, there or not, in its list (RFC 9051 section 6.3.7)."""
    table = schema.subscriptions
    unit.connection.execute(
        table.delete().where(table.c.login == login, table.c.office == office, table.c.name == name)
    )
    row = {"login": login, "office": office, "name": name, "subscribed": subscribed}
    unit.connection.execute(insert(table), row)


def subscriptions(connection: Connection, login: str) -> dict[tuple[str, str], bool]:
    """Return what an account said about (office, mailbox name); what is not named is subscribed."""
    rows = _SUBSCRIPTIONS.rows(connection, {"login": login})
    return {(office, name): subscribed for office, name, subscribed in rows}


# ── Entries ───────────────────────────────────────────────────────────────────────────────────────────────


def add_entry(unit: Unit, mailbox: int, entry: NewEntry) -> int:
    """Place a message in a mailbox and return its UID. Raises NotFound."""
    return add_entries(unit, [(mailbox, entry)])[0]


def add_entries(unit: Unit, placed: Sequence[tuple[int, NewEntry]]) -> list[int]:
    """Place messages in mailboxes and return their UIDs, in the order given. Raises NotFound.

    What comes into one mailbox at once shares one mod-sequence.
    """
    following, modseqs = _advance(unit, Counter(mailbox for mailbox, _ in placed))
    saved_at = rfc3339(unit.now)
    rows: list[dict[str, Any]] = []
    for mailbox, entry in placed:
        uid = following[mailbox]
        following[mailbox] = uid + 1
        row = {
            "mailbox": mailbox,
            "uid": uid,
            "kind": entry.kind,
            "letter_id": entry.letter_id,
            "sha256": entry.sha256,
            "size": entry.size,
            "internal_date": rfc3339(entry.internal_date.astimezone(UTC)),
            "saved_at": saved_at,
            "prefix": entry.prefix,
        }
        row["digest"] = entry_digest(row)
        row["keywords"] = " ".join(entry.keywords)
        row["modseq"] = modseqs[mailbox]
        row["head"] = entry.head
        rows.append(row)
    if rows:
        _INSERT_ENTRY.run(unit.connection, rows)
        search_texts.link(unit, rows)
    return [row["uid"] for row in rows]


def entry_digest(row: Mapping[str, Any]) -> bytes:
    """Return the digest of an entry over all that never changes."""
    return row_digest(row[name] for name in _UNCHANGING)


def _advance(unit: Unit, coming: Counter[int]) -> tuple[dict[int, int], dict[int, int]]:
    """Move the counters of mailboxes on; return each one's first free UID and its new mod-sequence."""
    alike: dict[int, list[int]] = defaultdict(list)
    for mailbox, count in coming.items():
        alike[count].append(mailbox)
    first: dict[int, int] = {}
    modseqs: dict[int, int] = {}
    for count, some in alike.items():
        moved = _ADVANCE.rows(unit.connection, {"some": some, "coming": count})
        for mailbox, uidnext, modseq in moved:
            first[mailbox], modseqs[mailbox] = uidnext - count, modseq
    if len(first) != len(coming):
        raise NotFound("the mailbox is gone")
    unit.changed.update(first)
    return first, modseqs


def entries(connection: Connection, mailbox: int, uids: Sequence[int], *columns: str) -> list[Row[Any]]:
    """Return named columns of the entries with these UIDs (live or gone), in UID order.

    Columns of `entries`, and `envelope`, `body`, `bodystructure`, `octets`, `head_size` of the message behind
    it. All rows are held at once: ask for `octets` of few.
    """
    table, message = schema.entries, schema.messages
    wanted: list[Any] = [table.c.uid]
    joined: Any = table
    for name in columns:
        if name in table.c:
            wanted.append(table.c[name])
        else:
            wanted.append(message.c[name])
            joined = table.join(message, message.c.sha256 == table.c.sha256)
    query = select(*wanted).select_from(joined).where(table.c.mailbox == mailbox).order_by(table.c.uid)
    found: list[Row[Any]] = []
    for some in batches(sorted(set(uids))):
        found.extend(connection.execute(query.where(table.c.uid.in_(some))))
    return found


def unlink(unit: Unit, mailbox: int, uids: Iterable[int]) -> list[int]:
    """Take live messages out of the mailbox's view; return those that went. The messages themselves stay."""
    gone: list[int] = []
    modseq = next_modseq(unit, mailbox)
    for some in batches(sorted(set(uids))):
        named = {"of": mailbox, "named": some, "at": modseq}
        gone.extend(uid for (uid,) in _UNLINK.rows(unit.connection, named))
    return sorted(gone)
