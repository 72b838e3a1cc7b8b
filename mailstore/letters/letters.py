"""Letters: registered messages with their recipients, found again by subject, agency, number and period."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Select, bindparam, func, insert, or_, select, update

from mailstore.database import schema
from mailstore.database.row_digest import row_digest
from mailstore.database.transaction import Unit
from mailstore.faults import Conflict, NotFound
from policies.words.arabic import fold
from policies.words.calendar import month_bounds, months, rfc3339


@dataclass(frozen=True, slots=True)
class Addressee:
    """One recipient of a letter, with the receiving agency's own number.

    `notify` and `orcpt` are the sender's DSN parameters as given (RFC 3461 sections 4.1 and 4.2): the words of NOTIFY
    in order, separated by spaces, and ORCPT's `type;xtext`; each empty when it was not given.
    """

    office: str
    agency: str
    duty: str
    incoming_reference: str
    incoming_series: str
    incoming_number: int
    notify: str = ""
    orcpt: str = ""


@dataclass(frozen=True, slots=True)
class Letter:
    """A registered letter as the register keeps it."""

    letter_id: str
    reference: str
    series: str
    number: int
    sender_agency: str
    sender_office: str
    sender_login: str
    message_id: str
    sha256: str
    size: int
    subject: str
    grade: str
    urgency: str
    accepted_at: str
    signature_format: str
    signature_fingerprint: str
    headers_protected: bool
    engines: str
    voided_at: str | None = None


@dataclass(frozen=True, slots=True)
class Search:
    """What to look letters up by; empty fields do not restrict. Times are RFC 3339, `until` exclusive."""

    subject: str = ""
    agency: str = ""
    number: str = ""
    since: str = ""
    until: str = ""
    limit: int = 1000


_COLUMNS = [schema.letters.c[name] for name in Letter.__dataclass_fields__]
_FIELDS = [name for name in Letter.__dataclass_fields__ if name != "voided_at"]  # these never change
_ADDRESSEE_FIELDS = list(Addressee.__dataclass_fields__)
_INSERT = insert(schema.letters)
_INSERT_RECIPIENTS = insert(schema.recipients)
_BY_ID, _BY_SUBMISSION, _BY_SIGNED, _BY_MESSAGE_ID = (
    select(*_COLUMNS).where(column == bindparam("named"))
    for column in (
        schema.letters.c.letter_id,
        schema.letters.c.submission_key,
        schema.letters.c.signed_key,
        schema.letters.c.message_id,
    )
)


def _letter(row: Sequence[Any]) -> Letter:
    return Letter(*row)


def insert_letter(
    unit: Unit, letter: Letter, addressees: Sequence[Addressee], submission_key: str, signed_key: str
) -> None:
    """Enter a letter and its recipients in the register. A taken number or key ends the unit in Conflict."""
    row: dict[str, Any] = {name: getattr(letter, name) for name in _FIELDS}
    row["subject_folded"] = fold(letter.subject)
    row |= {"submission_key": submission_key, "signed_key": signed_key}
    row["digest"] = letter_digest(row)
    unit.connection.execute(_INSERT, row)
    rows: list[dict[str, Any]] = [
        {"letter_id": letter.letter_id, "position": position}
        | {name: getattr(one, name) for name in _ADDRESSEE_FIELDS}
        for position, one in enumerate(addressees)
    ]
    for one in rows:
        one["digest"] = recipient_digest(one)
    if rows:
        unit.connection.execute(_INSERT_RECIPIENTS, rows)


def letter_digest(row: Mapping[str, Any]) -> bytes:
    """Return the digest of a letter's row over all that never changes."""
    return row_digest(row[name] for name in (*_FIELDS, "subject_folded", "submission_key", "signed_key"))


def recipient_digest(row: Mapping[str, Any]) -> bytes:
    """Return the digest of a recipient's row."""
    return row_digest(row[name] for name in ("letter_id", "position", *_ADDRESSEE_FIELDS))


def void(unit: Unit, letter_id: str) -> None:
    """Mark a letter's number as cancelled; it is never used again. Raises NotFound, Conflict when it was before."""
    table = schema.letters
    marked = unit.connection.execute(
        update(table)
        .where(table.c.letter_id == letter_id, table.c.voided_at.is_(None))
        .values(voided_at=rfc3339(unit.now))
    )
    if marked.rowcount == 0:
        if get(unit.connection, letter_id) is None:
            raise NotFound(f"no letter {letter_id}", f"لا يوجد خطاب {letter_id}")
        raise Conflict(f"letter {letter_id} was voided before", f"أُبطل الخطاب {letter_id} من قبل")


def by_submission(connection: Connection, submission_key: str) -> Letter | None:
    """Return the letter that the same submission made before, or None."""
    return _one(connection, _BY_SUBMISSION, submission_key)


def same_signed(connection: Connection, signed_key: str) -> Letter | None:
    """Return a letter registered with the same signed octets and signature, or None."""
    return _one(connection, _BY_SIGNED, signed_key)


def by_message_id(connection: Connection, office: str, message_id: str) -> Letter | None:
    """Return the letter that an office sent under this Message-ID, or None."""
    return _one(connection, _BY_MESSAGE_ID.where(schema.letters.c.sender_office == office), message_id)


def get(connection: Connection, letter_id: str) -> Letter | None:
    """Return a letter by its id, or None."""
    return _one(connection, _BY_ID, letter_id)


def find(connection: Connection, word: str) -> list[Letter]:
    """Return the letters that a reference (outgoing or incoming), a letter id or a Message-ID names."""
    table = schema.letters
    bare = word.strip()
    angled = bare if bare.startswith("<") else f"<{bare}>"
    incoming = select(schema.recipients.c.letter_id).where(schema.recipients.c.incoming_reference == bare)
    query = select(*_COLUMNS).where(
        or_(
            table.c.reference == bare,
            table.c.letter_id == bare.lower(),
            table.c.message_id == angled,
            table.c.letter_id.in_(incoming),
        )
    )
    return [_letter(row) for row in connection.execute(query.order_by(table.c.accepted_at))]


def _one(connection: Connection, query: Select[Any], named: str) -> Letter | None:
    row = connection.execute(query, {"named": named}).first()
    return None if row is None else _letter(row)


def addressees(connection: Connection, letter_id: str) -> list[Addressee]:
    """Return a letter's recipients in the order of its envelope."""
    table = schema.recipients
    columns = [table.c[name] for name in Addressee.__dataclass_fields__]
    query = select(*columns).where(table.c.letter_id == letter_id).order_by(table.c.position)
    return [Addressee(*row) for row in connection.execute(query)]


def search(connection: Connection, what: Search) -> list[Letter]:
    """Return letters by subject (folded), agency (sender or recipient), number, period; newest first."""
    table = schema.letters
    query: Select[Any] = select(*_COLUMNS)
    if what.subject:
        query = query.where(table.c.subject_folded.contains(fold(what.subject), autoescape=True))
    if what.agency:
        received = select(schema.recipients.c.letter_id).where(schema.recipients.c.agency == what.agency)
        query = query.where(or_(table.c.sender_agency == what.agency, table.c.letter_id.in_(received)))
    if what.number:
        query = query.where(_numbered(what.number))
    if what.since:
        query = query.where(table.c.accepted_at >= what.since)
    if what.until:
        query = query.where(table.c.accepted_at < what.until)
    query = query.order_by(table.c.accepted_at.desc(), table.c.letter_id.desc()).limit(what.limit)
    return [_letter(row) for row in connection.execute(query)]


def _numbered(number: str) -> Any:
    """Match a whole reference, outgoing or incoming, or a bare number."""
    table, received = schema.letters, schema.recipients
    if number.isdecimal():
        incoming = select(received.c.letter_id).where(received.c.incoming_number == int(number))
        return or_(table.c.number == int(number), table.c.letter_id.in_(incoming))
    incoming = select(received.c.letter_id).where(received.c.incoming_reference == number)
    return or_(table.c.reference == number, table.c.letter_id.in_(incoming))


def monthly(connection: Connection, first: str, last: str) -> list[tuple[str, str, int, int]]:
    """Return (month, agency code, letters sent, letters received) for the months `first` to `last`, "YYYY-MM".

    A month is one of Qatar's calendar, as the numbers' years are; months without a letter are left out.
    """
    found: list[tuple[str, str, int, int]] = []
    for month in months(first, last):
        since, until = month_bounds(month)
        counts = _counts(connection, rfc3339(since), rfc3339(until))
        found += [(month, code, out, into) for code, (out, into) in sorted(counts.items())]
    return found


def _counts(connection: Connection, since: str, until: str) -> dict[str, list[int]]:
    """Return [letters sent, letters received] by agency code."""
    sent, received = schema.letters, schema.recipients
    period = (sent.c.accepted_at >= since) & (sent.c.accepted_at < until)
    counts: dict[str, list[int]] = {}
    outgoing = select(sent.c.sender_agency, func.count()).where(period).group_by(sent.c.sender_agency)
    for code, count in connection.execute(outgoing):
        counts.setdefault(code, [0, 0])[0] = count
    incoming = (
        select(received.c.agency, func.count())
        .select_from(received.join(sent, sent.c.letter_id == received.c.letter_id))
        .where(period)
        .group_by(received.c.agency)
    )
    for code, count in connection.execute(incoming):
        counts.setdefault(code, [0, 0])[1] = count
    return counts
