"""Messages against their digests, and what stands in mailboxes against the messages."""

import hashlib
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection, Row, exists, func, select

from mailstore.database import schema
from mailstore.integrity.findings import LIMIT, Findings
from mailstore.integrity.log import short
from mailstore.mailboxes.mailboxes import entry_digest
from mailstore.octets.messages import message_digest

if TYPE_CHECKING:
    from array import array

_PAGE = 200
_HELD = 8 * 1024 * 1024  # octets read at once, but for a single larger message
_messages, _entries, _mailboxes, _letters = schema.messages, schema.entries, schema.mailboxes, schema.letters


def check_messages(connection: Connection, found: Findings, receipts: "array[int] | None") -> None:
    """Check every message with the entries that show it.

    `receipts` are the short digests of the receipts that were issued, None when the log could not be read.
    """
    for some in _groups(connection):
        rows = connection.execute(select(_messages).where(_messages.c.sha256.in_(some))).all()
        entries = _entries_of(connection, some)
        for row in rows:
            found.checked["messages"] += 1
            octets = bytes(row.octets)
            _check_message(found, row, octets)
            for entry in entries[row.sha256]:
                found.checked["entries"] += 1
                _check_entry(found, entry, octets, row.head_size, receipts)
    known = exists().where(_messages.c.sha256 == _entries.c.sha256)
    lost = select(_entries.c.mailbox, _entries.c.uid).where(~known).limit(LIMIT)
    for mailbox, uid in connection.execute(lost):
        found.add("entry-message", f"mailbox {mailbox}, uid {uid}")


def _groups(connection: Connection) -> Iterator[list[str]]:
    """Cut the digests of all messages, in order, into groups that may be held in memory."""
    keys = select(_messages.c.sha256, func.length(_messages.c.octets)).order_by(_messages.c.sha256)
    last = ""
    while page := connection.execute(keys.where(_messages.c.sha256 > last).limit(_PAGE)).all():
        some: list[str] = []
        held = 0
        for sha256, size in page:
            if some and held + size > _HELD:
                yield some
                some, held = [], 0
            some.append(sha256)
            held += size
        yield some
        last = page[-1][0]


def _entries_of(connection: Connection, digests: list[str]) -> dict[str, list[Row[Any]]]:
    """Return the entries that show these messages, with their mailbox and letter."""
    spoken = exists().where(
        schema.evidence.c.letter_id == _entries.c.letter_id, schema.evidence.c.office == _mailboxes.c.office
    )
    query = (
        select(
            _entries,
            _mailboxes.c.office,
            _mailboxes.c.uidnext,
            _mailboxes.c.highestmodseq,
            _letters.c.sha256.label("letter_sha256"),
            _letters.c.sender_office,
            spoken.label("spoken"),
        )
        .outerjoin(_mailboxes, _mailboxes.c.id == _entries.c.mailbox)
        .outerjoin(_letters, _letters.c.letter_id == _entries.c.letter_id)
        .where(_entries.c.sha256.in_(digests))
    )
    found: dict[str, list[Row[Any]]] = defaultdict(list)
    for row in connection.execute(query):
        found[row.sha256].append(row)
    return found


def _check_message(found: Findings, row: Row[Any], octets: bytes) -> None:
    where = f"message {row.sha256}"
    found.expect(hashlib.sha256(octets).hexdigest() == row.sha256, "message-altered", where)
    found.expect(row.size == len(octets) and 0 <= row.head_size <= row.size, "message-size", where)
    found.expect(bytes(row.digest) == message_digest(row._asdict()), "message-structure", where)


def _check_entry(
    found: Findings, row: Row[Any], octets: bytes, head_size: int, receipts: "array[int] | None"
) -> None:
    where = f"mailbox {row.mailbox}, uid {row.uid}"
    prefix = bytes(row.prefix)
    found.expect(bytes(row.digest) == entry_digest(row._asdict()), "entry-altered", where)
    found.expect(row.size == len(prefix) + len(octets), "entry-size", where)
    found.expect(bytes(row.head) == prefix + octets[:head_size], "entry-head", where)
    highest = max(row.modseq, row.expunged_modseq or 0)
    counted = row.uidnext is not None and row.uid < row.uidnext and highest <= row.highestmodseq
    found.expect(counted, "entry-counters", where)
    if row.kind == "letter":
        ours = row.office is not None and (row.spoken or row.office == row.sender_office)
        found.expect(ours and row.letter_sha256 == row.sha256, "entry-letter", where)
    if row.kind == "receipt" and receipts is not None:
        at = bisect_left(receipts, short(row.sha256))
        issued = at < len(receipts) and receipts[at] == short(row.sha256)
        found.expect(issued, "entry-receipt", where)
