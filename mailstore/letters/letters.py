"""Letters: registered messages with their recipients, found again by subject, agency, number and period."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Select, bindparam, func, insert, or_, select, update

from mailstore.database import schema
from mailstore.database.prepared import Prepared
from mailstore.database.row_digest import row_digest
from mailstore.database.transaction import Unit
from mailstore.faults import Conflict, NotFound
from policies.words.arabic import searchable
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
_KEYS = ("submission_key", "signed_key", "signature_key")
_ADDRESSEE_FIELDS = list(Addressee.__dataclass_fields__)
_INSERT = Prepared(
    insert(schema.letters),
    (*_FIELDS, "subject_folded", *_KEYS, "digest", "voided_at"),
)
_INSERT_RECIPIENTS = Prepared(
    insert(schema.recipients), ("letter_id", "position", *_ADDRESSEE_FIELDS, "digest")
)
_BY_ID, _BY_SUBMISSION, _BY_SIGNED = (
    Prepared(select(*_COLUMNS).where(column == bindparam("named")))
    for column in (schema.letters.c.letter_id, schema.letters.c.submission_key, schema.letters.c.signed_key)
)
_BY_SIGNATURE = Prepared(
    select(*_COLUMNS)
    .where(schema.letters.c.signature_key == bindparam("named"))
    .order_by(schema.letters.c.accepted_at)
    .limit(1)
)
_BY_MESSAGE_ID = Prepared(
    select(*_COLUMNS).where(
        schema.letters.c.message_id == bindparam("named"),
        schema.letters.c.sender_office == bindparam("office"),
    )
)


def _letter(row: Sequence[Any]) -> Letter:
    return Letter(*row)


@dataclass(frozen=True, slots=True, kw_only=True)
class Keys:
    """What tells a letter from a repeat of it.

    `submission` is one account's submission, `signed` the signed octets: no two letters share either. `signature` is
    the signature however it is written, "" when there is none.
    """

    submission: str
    signed: str
    signature: str = ""


def insert_letter(unit: Unit, letter: Letter, addressees: Sequence[Addressee], keys: Keys) -> None:
    """Enter a letter and its recipients in the register. A taken number or key ends the unit in Conflict."""
    row: dict[str, Any] = {name: getattr(letter, name) for name in _FIELDS}
    row["subject_folded"] = searchable(letter.subject)
    row |= {
        "submission_key": keys.submission,
        "signed_key": keys.signed,
        "signature_key": keys.signature,
    }
    row["digest"] = letter_digest(row)
    row["voided_at"] = None
    _INSERT.run(unit.connection, [row])
    add_addressees(unit, letter.letter_id, addressees, 0)


def add_addressees(unit: Unit, letter_id: str, addressees: Sequence[Addressee], position: int) -> None:
    """Enter recipients of a letter, in their order, from `position` on. One that it has ends the unit in Conflict."""
    rows: list[dict[str, Any]] = [
        {"letter_id": letter_id, "position": number}
        | {name: getattr(one, name) for name in _ADDRESSEE_FIELDS}
        for number, one in enumerate(addressees, start=position)
    ]
    for one in rows:
        one["digest"] = recipient_digest(one)
    if rows:
        _INSERT_RECIPIENTS.run(unit.connection, rows)


def letter_digest(row: Mapping[str, Any]) -> bytes:
    """Return the digest of a letter's row over all that never changes."""
    return row_digest(row[name] for name in (*_FIELDS, "subject_folded", *_KEYS))


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
    return _one(connection, _BY_SUBMISSION, {"named": submission_key})


def same_signed(connection: Connection, signed_key: str) -> Letter | None:
    """Return the letter registered with the same signed octets, or None."""
    return _one(connection, _BY_SIGNED, {"named": signed_key})


def same_signature(connection: Connection, signature_key: str) -> Letter | None:
    """Return the first letter that this signature was registered with, or None; "" is no signature."""
    return _one(connection, _BY_SIGNATURE, {"named": signature_key}) if signature_key else None


def by_message_id(connection: Connection, office: str, message_id: str) -> Letter | None:
    """Return the letter that an office sent under this Message-ID, or None."""
    return _one(connection, _BY_MESSAGE_ID, {"named": message_id, "office": office})


def get(connection: Connection, letter_id: str) -> Letter | None:
    """Return a letter by its id, or None."""
    return _one(connection, _BY_ID, {"named": letter_id})


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


def _one(connection: Connection, query: Prepared, named: Mapping[str, str]) -> Letter | None:
    rows = query.rows(connection, named, most=1)
    return _letter(rows[0]) if rows else None


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
        query = query.where(table.c.subject_folded.contains(searchable(what.subject), autoescape=True))
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
    if number.isdecimal() and len(number) <= 18:  # what both databases can hold
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
