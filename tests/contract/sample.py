"""A small government that writes letters, through the public functions of the store alone."""

import hashlib
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from typing import TypeVar

from sqlalchemy import Connection, Engine

from mailstore import outbox
from mailstore.database.transaction import Store, Unit
from mailstore.directory import directory
from mailstore.evidence import records
from mailstore.evidence.checkpoints import sign_due
from mailstore.letters import letters, register
from mailstore.letters.letters import Addressee, Letter
from mailstore.mailboxes import mailboxes
from mailstore.mailboxes.mailboxes import NewEntry
from mailstore.octets import messages
from mailstore.octets.messages import Message
from policies.evidence import Actor, Event, Evidence, Issuer, Party
from policies.people.identity import Agency, Grant, Office, Officer, Right
from policies.words.calendar import rfc3339

T = TypeVar("T")
ISSUER = Issuer("node-1", "log.gov.example+1234abcd")
CODES = ("MOJ", "MOF", "MOI")
READ_SEND = frozenset({Right.SEND, Right.READ})


def office_of(code: str) -> str:
    return f"registry@{code.lower()}.gov.example"


def login_of(code: str) -> str:
    return f"officer@{code.lower()}.gov.example"


def enrol(unit: Unit) -> None:
    """Enrol three agencies, each with an office and an officer."""
    for code in CODES:
        domain = f"{code.lower()}.gov.example"
        directory.add_agency(unit, Agency(code, domain, f"وزارة {code}", f"Ministry {code}"))
        directory.add_office(unit, Office(office_of(code), code, "السجل", "Registry"))
        grants = (Grant(office_of(code), READ_SEND, primary=True),)
        officer = Officer(login_of(code), "مثال", "Example", "مدير", "Head", grants=grants)
        directory.add_officer(unit, officer, f"hash-of-{code}")


def make_message(octets: bytes) -> Message:
    head = octets.partition(b"\r\n\r\n")[0] + b"\r\n\r\n"
    digest = hashlib.sha256(octets).hexdigest()
    return Message(digest, octets, len(head), b'("env" NIL)', b'("TEXT")', b'("TEXT" "PLAIN")')


def entry(message: Message, prefix: bytes, unit: Unit, kind: str, letter_id: str | None = None) -> NewEntry:
    return NewEntry(
        kind,
        message.sha256,
        prefix,
        prefix + message.octets[: message.head_size],
        len(prefix) + len(message.octets),
        unit.now,
        letter_id,
    )


def mailbox_id(unit: Unit, code: str, name: str) -> int:
    found = mailboxes.find(unit.connection, office_of(code), name)
    assert found is not None
    return found.id


def _party(code: str) -> Party:
    return Party(code, office_of(code))


def _actor(code: str) -> Actor:
    return Actor(login_of(code), "مثال", "Example", "مدير", "Head", on_behalf_of=office_of(code))


@dataclass(slots=True)
class Accepted:
    """What accepting one letter gave."""

    letter: Letter
    uids: list[int]
    log_indices: list[int]


def accept(
    unit: Unit,
    number: int,
    sender: str = "MOJ",
    to: tuple[str, ...] = ("MOF",),
    subject: str = "طلب إفادة",
    body: bytes = b"text\r\n",
) -> Accepted:
    """Register a letter, place it in the sender's Sent and the recipients' INBOX, with evidence."""
    octets = b"Subject: letter\r\nMessage-ID: <%d@%s>\r\n\r\n" % (number, sender.encode()) + body
    message = make_message(octets)
    letter_id = records.new_id(unit)
    series = f"{sender}/out/2026"
    given = register.allocate(unit, series)
    letter = Letter(
        letter_id,
        f"{sender}/2026/{given:06d}",
        series,
        given,
        sender,
        office_of(sender),
        login_of(sender),
        f"<{number}@{sender}>",
        message.sha256,
        len(octets),
        subject,
        "ordinary",
        "ordinary",
        rfc3339(unit.now),
        "openpgp",
        "A" * 40,
        headers_protected=True,
        engines="sequoia gnupg",
    )
    addressees = [_addressee(unit, code) for code in to]
    messages.put_message(unit, message)
    keys = letters.Keys(
        submission=f"submission-{number}-{sender}",
        signed=f"signed-{number}-{sender}",
        signature=f"signature-{number}-{sender}",
    )
    letters.insert_letter(unit, letter, addressees, keys)
    prefix = f"Murasalat-Reference: {letter.reference}\r\n".encode()
    places = [mailbox_id(unit, sender, "Sent"), *(mailbox_id(unit, code, "INBOX") for code in to)]
    uids = mailboxes.add_entries(
        unit, [(place, entry(message, prefix, unit, "letter", letter_id)) for place in places]
    )
    facts = [_fact(unit, letter, Event.ACCEPTED, actor=sender)]
    for one in addressees:
        facts.append(_fact(unit, letter, Event.DELIVERED, one))
        facts.append(_fact(unit, letter, Event.REGISTERED_IN, one))
    indices = records.append_all(unit, facts)
    outbox.owe(unit, "dispatch", letter_id, facts[0].evidence_id)
    return Accepted(letter, uids, indices)


def _addressee(unit: Unit, code: str) -> Addressee:
    series = f"{code}/in/2026"
    given = register.allocate(unit, series)
    return Addressee(office_of(code), code, "action", f"{code}/IN/2026/{given:06d}", series, given)


def _fact(
    unit: Unit,
    letter: Letter,
    event: Event,
    one: Addressee | None = None,
    actor: str = "",
    detail: Mapping[str, object] | None = None,
) -> Evidence:
    size = {"size": letter.size} if event is Event.ACCEPTED else {}
    return Evidence(
        records.new_id(unit),
        event,
        unit.now,
        unit.now,
        ISSUER,
        letter.letter_id,
        _party(letter.sender_agency),
        Party(one.agency, one.office) if one else None,
        _actor(actor) if actor else None,
        letter.sha256,
        reference=letter.reference,
        incoming_reference=one.incoming_reference if one else "",
        detail=size | dict(detail or {}),
    )


def opened(unit: Unit, letter: Letter, code: str, event: Event = Event.SEEN) -> Evidence:
    """The fact that the officer of a recipient agency opened a letter; not appended."""
    one = next(
        found for found in letters.addressees(unit.connection, letter.letter_id) if found.agency == code
    )
    return _fact(unit, letter, event, one, actor=code)


def issue_receipt(unit: Unit, letter: Letter, text: bytes = b"accepted\r\n") -> Message:
    """Place a receipt about a letter with its RECEIPT-ISSUED record."""
    message = make_message(b"Subject: receipt\r\n\r\n" + letter.reference.encode() + b" " + text)
    messages.put_message(unit, message)
    place = mailbox_id(unit, letter.sender_agency, "Receipts")
    mailboxes.add_entry(unit, place, entry(message, b"", unit, "receipt"))
    fact = _fact(unit, letter, Event.RECEIPT_ISSUED, detail={"receipt_sha256": message.sha256})
    records.append(unit, fact)
    return message


def write(store: Store, act: Callable[..., T], *arguments: object, **named: object) -> T:
    """Run `act(unit, …)` as one unit of work."""
    return store.write(lambda unit: act(unit, *arguments, **named))


def fill(store: Store, sign: Callable[[str], str], origin: str) -> None:
    """Write nine letters with all that belongs to them, and a checkpoint after each third."""
    store.write(enrol)
    for number in range(9):
        to = ("MOF", "MOI") if number % 3 else ("MOF",)
        store.write(partial(life, number=number, to=to))
        if number % 3 == 2:
            store.write(partial(sign_due, sign=sign, origin=origin))


def life(unit: Unit, number: int, to: tuple[str, ...]) -> None:
    """A letter with its receipt and openings; the fifth is voided; a refusal beside each."""
    letter = accept(unit, number, to=to, body=b"body of %d\r\n" % number * 40).letter
    issue_receipt(unit, letter)
    for happened in (Event.HANDED_OVER, Event.SEEN):
        records.append(unit, opened(unit, letter, "MOF", happened))
    records.append(unit, Evidence(records.new_id(unit), Event.REJECTED, unit.now, unit.now, ISSUER))
    if number == 5:
        letters.void(unit, letter.letter_id)
        fact = Evidence(records.new_id(unit), Event.VOIDED, unit.now, unit.now, ISSUER, letter.letter_id)
        records.append(unit, fact)


@contextmanager
def tampering(sound: Engine) -> Iterator[Connection]:
    with sound.connect() as connection, connection.begin() as transaction:
        yield connection
        transaction.rollback()
