"""Read from the store what a receipt tells: the letter, its records, and the proofs that they are in the log.

Invariant: facts come from records of the log and the letter's entry in the register. The directory gives names of
offices only; a person's name is the one in the record.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from gateway.mime.header import scan_header
from gateway.mime.limits import DEFAULT_LIMITS
from mailstore.database.transaction import Reading
from mailstore.evidence import records as evidence
from mailstore.evidence.proofs import Proof, prove
from mailstore.evidence.records import Recorded
from mailstore.faults import NotFound
from mailstore.letters import letters
from mailstore.letters.letters import Addressee, Letter
from mailstore.mailboxes.contents import piece
from mailstore.octets import messages
from mailstore.outbox import Owed
from policies.evidence import Actor, Event
from policies.header_protection import Demand
from policies.letter import Duty
from policies.people.directory import Directory
from policies.receipts.receipt import Consignment, Facts, Kind, NamedOffice, Notify, kind_of
from policies.tracking import consignment_status
from policies.words.calendar import parse_rfc3339
from policies.words.reasons import Reason

LONGEST_RETURNED = 1_048_576  # octets of a letter that comes back whole
_ENHANCED = re.compile(r"[45]\.[0-9]{1,3}\.[0-9]{1,3}")  # RFC 3463 section 2, failures only
_DISPATCH = frozenset(
    {
        Event.ACCEPTED,
        Event.RECIPIENTS_ADDED,
        Event.TAKEN_OVER,
        Event.DELIVERED,
        Event.REGISTERED_IN,
        Event.NOT_DELIVERED,
        Event.EXPIRED,
    }
)
_TRANSACTIONS = frozenset({Event.ACCEPTED, Event.RECIPIENTS_ADDED})
_PLACED = frozenset({Event.DELIVERED, Event.REGISTERED_IN})
# What the dispatch receipt has told is not told again: acceptance, delivery and the incoming number.
_LATER = {
    Kind.OPENED: frozenset({Event.HANDED_OVER, Event.SEEN}),
    Kind.FAILED: frozenset({Event.DELIVERED, Event.TAKEN_OVER, Event.NOT_DELIVERED, Event.EXPIRED}),
}


@dataclass(frozen=True, slots=True)
class Material:
    """What one receipt is made of.

    `head` is the letter's header section, original octets, no empty line; `letter` the whole letter where it is to come
    back with a failure (RET=FULL, RFC 3461 section 4.3), else empty.
    """

    facts: Facts
    records: tuple[Recorded, ...]
    head: bytes
    proof: Proof | None
    letter: bytes = b""


def gather(connection: Reading, owed: Owed, directory: Directory) -> Material:
    """Return what the owed receipt is made of.

    Raises NotFound when letter or record is missing, ValueError when the record owes no receipt of that kind.
    """
    letter = letters.get(connection, owed.letter_id)
    cause = evidence.by_id(connection, owed.evidence_id)
    if letter is None or cause is None or cause.members.get("letter_id") != owed.letter_id:
        raise NotFound(f"no letter {owed.letter_id} with the evidence {owed.evidence_id}")
    kind = kind_of(Event(cause.event))
    if kind is None or kind != owed.kind:
        raise ValueError(f"a record of {cause.event} owes no receipt of the kind {owed.kind}")
    every = evidence.of_letter(connection, letter.letter_id)
    recipients = letters.addressees(connection, letter.letter_id)
    if kind is Kind.DISPATCH:
        others = _of_other_transactions(every, cause)
        recipients = [one for one in recipients if one.office not in others]
        every = [one for one in every if _office(one) not in others]
    records = tuple(one for one in every if _concerns(one, cause, kind))
    facts = _facts(letter, cause, kind, records, recipients, directory)
    accepted = next((one for one in every if one.event == Event.ACCEPTED), None)
    said = cause if cause.event == Event.RECIPIENTS_ADDED else accepted
    detail = said.members.get("detail", {}) if said else {}
    signed = accepted.members.get("detail", {}).get("signature") if accepted else None
    facts = replace(
        facts,
        envelope_id=str(detail.get("envid", "")),
        header_unsigned=_header_unsigned(signed),
    )
    untold = {one.office for one in recipients} - {one.recipient.address for one in facts.consignments}
    records = tuple(one for one in records if _office(one) not in untold)
    proof = prove(connection, [one.log_index for one in records])
    full = kind is Kind.FAILED and detail.get("ret") == "FULL" and letter.size <= LONGEST_RETURNED
    octets = messages.octets(connection, letter.sha256) if full else b""
    return Material(facts, records, _header_section(connection, letter), proof, octets)


def _header_unsigned(signature: object) -> bool:
    """Whether the sender is to be told that the signature covers no header: so under `warn`, not under `off`."""
    if not isinstance(signature, dict) or signature.get("headers_protected") is not False:
        return False
    return signature.get("header_protection") != Demand.OFF


def _of_other_transactions(records: Sequence[Recorded], cause: Recorded) -> set[str]:
    """Return the offices that another transaction than the one recorded as `cause` made recipients of the letter."""
    transactions = {one.evidence_id for one in records if one.event in _TRANSACTIONS} - {cause.evidence_id}
    return {
        _office(one)
        for one in records
        if one.event in _PLACED and transactions.intersection(one.members.get("rests_on", ()))
    }


def _concerns(one: Recorded, cause: Recorded, kind: Kind) -> bool:
    """Whether a record belongs into the receipt about `cause`: its own matter, and nobody else's."""
    if kind is Kind.DISPATCH:
        other = one.event == Event.RECIPIENTS_ADDED and one.evidence_id != cause.evidence_id
        return one.event in _DISPATCH and not other
    if one.log_index > cause.log_index or _office(one) != _office(cause):
        return False
    return one.event in _LATER[kind] and (kind is not Kind.OPENED or _login(one) == _login(cause))


def _office(record: Recorded) -> str:
    return str(record.members.get("recipient", {}).get("office", ""))


def _login(record: Recorded) -> str:
    return str(record.members.get("actor", {}).get("login", ""))


def _facts(
    letter: Letter,
    cause: Recorded,
    kind: Kind,
    records: Sequence[Recorded],
    recipients: Sequence[Addressee],
    directory: Directory,
) -> Facts:
    if kind is Kind.DISPATCH:
        consignments = tuple(
            _consignment(_named(one.office, one.agency, directory), one, records) for one in recipients
        )
        consignments = tuple(one for one in consignments if one.told)
    else:
        party = cause.members.get("recipient", {})
        address, agency = str(party.get("office", "")), str(party.get("agency", ""))
        mine = next((one for one in recipients if one.office == address), None)
        concerned = _consignment(_named(address, agency, directory), mine, records, cause)
        # An opening is no delivery status: NOTIFY says nothing about it.
        consignments = (concerned,) if kind is Kind.OPENED or concerned.told else ()
    handed = [one for one in records if one.event == Event.HANDED_OVER] if kind is Kind.OPENED else []
    return Facts(
        kind,
        Event(cause.event),
        _time(cause),
        cause.evidence_id,
        cause.log_index,
        letter.letter_id,
        letter.reference,
        letter.message_id,
        letter.subject,
        letter.sha256,
        parse_rfc3339(letter.accepted_at),
        _named(letter.sender_office, letter.sender_agency, directory),
        consignments,
        actor=_actor(cause.members.get("actor", {})) if kind is Kind.OPENED else None,
        handed_over=_time(handed[0]) if handed else None,
    )


def _consignment(
    recipient: NamedOffice,
    addressee: Addressee | None,
    records: Iterable[Recorded],
    cause: Recorded | None = None,
) -> Consignment:
    """Return how the consignment stands by its records, or by `cause` alone for a receipt about one event."""
    own = [one for one in records if _office(one) == recipient.address]
    if cause is None:
        # REGISTERED-IN ranks below DELIVERED and says nothing about where the letter is.
        events = [Event(one.event) for one in own if one.event != Event.REGISTERED_IN]
        status = consignment_status(events)
        cause = next((one for one in own if one.event == status), None)
    else:
        status = Event(cause.event)
    duty = Duty(addressee.duty) if addressee and addressee.duty in set(Duty) else None
    incoming = addressee.incoming_reference if addressee else ""
    asked = addressee.notify.split() if addressee else []
    notify = frozenset(Notify(word) for word in asked if word in set(Notify))
    orcpt = addressee.orcpt if addressee else ""
    if cause is None:
        return Consignment(recipient, duty, incoming, status, notify=notify, orcpt=orcpt)
    members = cause.members
    placed = next((one for one in own if one.event == Event.DELIVERED), None)
    reason = str(members.get("reason", ""))
    code = str(members.get("detail", {}).get("status", ""))
    return Consignment(
        recipient,
        duty,
        incoming or str(members.get("incoming_reference", "")),
        status,
        _time(cause),
        cause.evidence_id,
        Reason(reason) if reason in set(Reason) else None,
        code if _ENHANCED.fullmatch(code) else "",
        _time(placed) if placed else None,
        notify,
        orcpt,
    )


def _time(record: Recorded) -> datetime:
    return parse_rfc3339(str(record.members["event_time"]))


def _actor(members: dict[str, Any]) -> Actor:
    known = {name: str(value) for name, value in members.items() if name in Actor.__dataclass_fields__}
    return Actor(**{"login": "", "name_ar": "", "name_en": ""} | known)


def _named(address: str, agency: str, directory: Directory) -> NamedOffice:
    office, of = directory.offices.get(address), directory.agencies.get(agency)
    return NamedOffice(
        address,
        agency,
        office.name_ar if office else "",
        office.name_en if office else "",
        of.name_ar if of else "",
        of.name_en if of else "",
    )


def _header_section(connection: Reading, letter: Letter) -> bytes:
    longest = DEFAULT_LIMITS.header_octets + 2  # and the empty line; intake accepts no longer one
    octets = piece(connection, letter.sha256, 0, longest)
    section = octets[: scan_header(octets, 0, len(octets), DEFAULT_LIMITS).body_start]
    return section[:-2] if section.endswith(b"\r\n\r\n") else section
