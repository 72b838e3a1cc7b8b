"""Letters and recipients against their evidence, both ways, and the registers' numbers."""

import json
import re
from collections import defaultdict
from collections.abc import Iterator
from typing import Any

from sqlalchemy import Connection, Row, Select, exists, func, select, union_all

from mailstore.database import schema
from mailstore.integrity.findings import LIMIT, Findings
from mailstore.letters.letters import letter_digest, recipient_digest
from policies.evidence import Event

_BATCH = 200
_DIGITS = re.compile("[0-9]+")
_letters, _recipients, _evidence, _entries = (
    schema.letters,
    schema.recipients,
    schema.evidence,
    schema.entries,
)
_SPOKEN = (Event.ACCEPTED.value, Event.DELIVERED.value, Event.REGISTERED_IN.value, Event.VOIDED.value)

Records = dict[tuple[str, str, str], dict[str, Any]]
"""The members of records, by (letter id, event, recipient's office)."""


def check_letters(connection: Connection, found: Findings) -> None:
    """Check every letter, in the order of their ids, then what speaks of letters that are not there."""
    for rows in _batches(connection, select(_letters).order_by(_letters.c.letter_id)):
        ids = [row.letter_id for row in rows]
        records = _records(connection, ids)
        sizes = _sizes(connection, [row.sha256 for row in rows])
        recipients = _recipients_of(connection, ids)
        inboxes = _inboxes(connection, ids)
        for row in rows:
            found.checked["letters"] += 1
            _check_letter(found, row, records, sizes.get(row.sha256))
            found.expect(bool(recipients[row.letter_id]), "letter-recipients", f"letter {row.reference}")
            for one in recipients[row.letter_id]:
                found.checked["recipients"] += 1
                _check_recipient(found, one, records, inboxes)
    _check_orphans(connection, found)


def _batches(connection: Connection, query: Select[Any]) -> Iterator[list[Row[Any]]]:
    """Read a query by its letter ids, a few hundred rows at a time."""
    last = ""
    while rows := list(connection.execute(query.where(_letters.c.letter_id > last).limit(_BATCH))):
        yield rows
        last = rows[-1].letter_id


def _records(connection: Connection, ids: list[str]) -> Records:
    query = select(_evidence.c.letter_id, _evidence.c.event, _evidence.c.office, _evidence.c.record).where(
        _evidence.c.letter_id.in_(ids), _evidence.c.event.in_(_SPOKEN)
    )
    found: Records = {}
    for letter_id, event, office, record in connection.execute(query):
        try:
            members = json.loads(bytes(record))
        except (ValueError, RecursionError):
            continue  # the pass over the log has named it
        if isinstance(members, dict):
            found[letter_id, event, office] = members
    return found


def _sizes(connection: Connection, digests: list[str]) -> dict[str, int]:
    table = schema.messages
    query = select(table.c.sha256, func.length(table.c.octets)).where(table.c.sha256.in_(digests))
    return dict(connection.execute(query).all())


def _recipients_of(connection: Connection, ids: list[str]) -> dict[str, list[Row[Any]]]:
    found: dict[str, list[Row[Any]]] = defaultdict(list)
    query = select(_recipients).where(_recipients.c.letter_id.in_(ids)).order_by(_recipients.c.position)
    for row in connection.execute(query):
        found[row.letter_id].append(row)
    return found


def _inboxes(connection: Connection, ids: list[str]) -> set[tuple[str, str]]:
    """Return (letter id, office) of every letter that stands or stood in that office's INBOX."""
    mailboxes = schema.mailboxes
    query = (
        select(_entries.c.letter_id, mailboxes.c.office)
        .join(mailboxes, mailboxes.c.id == _entries.c.mailbox)
        .where(_entries.c.letter_id.in_(ids), _entries.c.kind == "letter", mailboxes.c.name == "INBOX")
    )
    return {(letter_id, office) for letter_id, office in connection.execute(query)}


def _check_letter(found: Findings, row: Row[Any], records: Records, size: int | None) -> None:
    where = f"letter {row.reference} ({row.letter_id})"
    found.expect(bytes(row.digest) == letter_digest(row._asdict()), "letter-altered", where)
    found.expect(size == row.size, "letter-message", where)
    found.expect(_stands_in(row.number, row.reference), "number-reference", where)
    voided = (row.letter_id, Event.VOIDED.value, "") in records
    found.expect(voided == (row.voided_at is not None), "letter-voided", where)
    accepted = records.get((row.letter_id, Event.ACCEPTED.value, ""))
    if accepted is None:
        found.add("letter-evidence", where)
        return
    claims = {
        "sha256": (accepted.get("sha256"), row.sha256),
        "reference": (accepted.get("reference"), row.reference),
        "agency": (_of(accepted, "sender", "agency"), row.sender_agency),
        "office": (_of(accepted, "sender", "office"), row.sender_office),
        "login": (_of(accepted, "actor", "login"), row.sender_login),
        "time": (accepted.get("event_time"), row.accepted_at),
        "size": (_of(accepted, "detail", "size", row.size), row.size),
    }
    for name, (recorded, standing) in claims.items():
        found.expect(recorded == standing, "letter-record", f"{where}: {name}")


def _of(members: dict[str, Any], outer: str, inner: str, default: object = None) -> object:
    value = members.get(outer)
    return value.get(inner, default) if isinstance(value, dict) else default


def _stands_in(number: int, reference: str) -> bool:
    return any(int(digits) == number for digits in _DIGITS.findall(reference))


def _check_recipient(found: Findings, row: Row[Any], records: Records, inboxes: set[tuple[str, str]]) -> None:
    where = f"recipient {row.office} of {row.letter_id}"
    found.expect(bytes(row.digest) == recipient_digest(row._asdict()), "recipient-altered", where)
    found.expect(_stands_in(row.incoming_number, row.incoming_reference), "number-reference", where)
    registered = records.get((row.letter_id, Event.REGISTERED_IN.value, row.office))
    delivered = records.get((row.letter_id, Event.DELIVERED.value, row.office))
    found.expect(registered is not None, "recipient-evidence", where)
    for record in (registered, delivered):
        if record is not None:
            recorded = (record.get("incoming_reference"), _of(record, "recipient", "agency"))
            found.expect(
                recorded == (row.incoming_reference, row.agency),
                "recipient-record",
                f"{where}: {record['event']}",
            )
    if delivered is not None:
        found.expect((row.letter_id, row.office) in inboxes, "recipient-inbox", where)


def _check_orphans(connection: Connection, found: Findings) -> None:
    """Name records and recipients whose letter, and records whose recipient, are not in the register."""
    letter = exists().where(_letters.c.letter_id == _evidence.c.letter_id)
    query = select(_evidence.c.log_index).where(_evidence.c.letter_id != "", ~letter)
    for index in connection.scalars(query.order_by(_evidence.c.log_index).limit(LIMIT)):
        found.add("evidence-letter", f"record {index}")
    recipient = exists().where(
        _recipients.c.letter_id == _evidence.c.letter_id, _recipients.c.office == _evidence.c.office
    )
    spoken = _evidence.c.event.in_((Event.DELIVERED.value, Event.REGISTERED_IN.value))
    query = select(_evidence.c.log_index).where(spoken, ~recipient)
    for index in connection.scalars(query.order_by(_evidence.c.log_index).limit(LIMIT)):
        found.add("evidence-recipient", f"record {index}")
    letter = exists().where(_letters.c.letter_id == _recipients.c.letter_id)
    rows = connection.execute(
        select(_recipients.c.letter_id, _recipients.c.office).where(~letter).limit(LIMIT)
    )
    for letter_id, office in rows:
        found.add("recipient-evidence", f"recipient {office} of {letter_id}")


# ── Registers ─────────────────────────────────────────────────────────────────────────────────────────────


def check_registers(connection: Connection, found: Findings) -> None:
    """Every series is 1 to its last number, each exactly once."""
    given = union_all(
        select(_letters.c.series.label("series"), _letters.c.number.label("number")),
        select(_recipients.c.incoming_series, _recipients.c.incoming_number),
    ).subquery()
    whole = select(
        given.c.series,
        func.count(),
        func.count(given.c.number.distinct()),
        func.min(given.c.number),
        func.max(given.c.number),
    ).group_by(given.c.series)
    counted = {row[0]: tuple(row[1:]) for row in connection.execute(whole)}
    lasts = {row.series: row.last for row in connection.execute(select(schema.registers))}
    for series in sorted(counted.keys() | lasts.keys()):
        found.checked["series"] += 1
        last = lasts.get(series, 0)
        if counted.get(series) != (last, last, 1, last):
            numbers = select(given.c.number).where(given.c.series == series).order_by(given.c.number)
            _check_series(found, series, last, connection.scalars(numbers))


def _check_series(found: Findings, series: str, last: int, numbers: Any) -> None:
    """Name each number that is missing, repeated or beyond."""
    expected = 1
    for number in numbers:
        if not 1 <= number <= last:
            found.add("number-beyond", f"{series} number {number}")
            continue
        if number < expected:
            found.add("number-repeated", f"{series} number {number}")
        while expected < number:
            found.add("number-missing", f"{series} number {expected}")
            expected += 1
        expected = max(expected, number + 1)
    for number in range(expected, last + 1):
        found.add("number-missing", f"{series} number {number}")
