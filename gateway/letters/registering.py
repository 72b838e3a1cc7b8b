"""Step 6 of the path: the one transaction that numbers, stores, records and places a letter, all of it or nothing.

Invariants:
- The same submission repeated (same account, envelope and octets) gets the same number and writes nothing.
- The same signed octets in another submission are a replay and refused, whoever signed them again
  (`policies/rules/replay.py` names the one exception), but for a system that may split a letter's recipients over
  several transactions: the same octets then get the same number, and whoever is new is added. The register's unique
  key over the signed octets is the last line of it.
- Nothing is hashed or sealed here: `Examination` and `Prepared` carry every digest and the seal.
- Nothing is registered under rights, keys or a login that were withdrawn before the transaction: DirectoryMovedError.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace

from gateway.letters.envelope_detail import received, said
from gateway.letters.examination import Examination
from gateway.letters.placement import Placement, Trace, header_block
from gateway.signatures.openpgp.batches import GnupgBatches
from mailstore import outbox
from mailstore.database.transaction import Unit
from mailstore.directory.directory import version
from mailstore.evidence import records
from mailstore.identifiers import uuid7
from mailstore.letters import letters, register
from mailstore.letters.letters import Addressee, Letter
from mailstore.octets import messages
from policies.case import Case
from policies.envelope import Envelope
from policies.evidence import Actor, Event, Evidence, Issuer, Party
from policies.letter import SignatureRecord
from policies.outcome import Outcome, Registered
from policies.reference import Direction, Reference, series_key
from policies.rules.recipients import adds_recipients, duty_of
from policies.rules.replay import Earlier, signed_before
from policies.settings import PolicySettings
from policies.verdict import ACCEPTED, Refused, Verdict
from policies.words.calendar import in_qatar, parse_rfc3339, rfc3339
from policies.words.reasons import Reason


class DirectoryMovedError(Exception):
    """The directory changed since the letter was decided."""


@dataclass(frozen=True, slots=True)
class Standing:
    """What the intake stands on: names and signers that do not change while it runs.

    `gateway` is the name in Authentication-Results, `host` the one in Received; `seal` signs octets with the log key,
    for systems.
    """

    gateway: str
    host: str
    issuer: Issuer
    settings: PolicySettings
    gnupg: GnupgBatches
    seal: Callable[[bytes], bytes]


@dataclass(frozen=True, slots=True)
class Prepared:
    """What is made before the write, so that nothing is rendered, hashed or sealed in the transaction.

    `submission` is the submission's identity, `seal` the gateway's signature for a system's letter, else empty.
    """

    message: messages.Message
    submission: str
    seal: str


def register_letter(unit: Unit, standing: Standing, found: Examination, prepared: Prepared) -> Outcome:
    """Step 6, the one transaction: all of it or nothing, under the directory by which it was decided."""
    case, envelope, signature = found.case, found.case.envelope, found.signature
    if version(unit.connection) != case.directory.version:
        raise DirectoryMovedError
    before = letters.by_submission(unit.connection, prepared.submission)
    if before is not None:
        return Registered(before.letter_id, before.reference, repeated=True)
    same = letters.same_signed(unit.connection, signature.signed_sha256)
    if same is not None and same.sha256 == found.sha256 and _may_add(unit, case, same):
        return _add_recipients(unit, standing, found, prepared, same)
    earlier = _earlier(unit, signature)
    replayed = _replayed(unit, found, earlier)
    if isinstance(replayed, Refused):
        record_refusal(unit, standing, envelope, replayed, found.sha256, len(found.octets))
        return replayed
    agency = case.directory.agency_of(case.sender_office)
    if agency is None:  # the rules refuse an unknown sender
        raise ValueError("an unknown sender was accepted")
    reference = _next_reference(unit, agency.code, "out")
    letter_id = uuid7(unit.now)
    declared = found.declared
    letter = Letter(
        letter_id,
        str(reference),
        reference.series,
        reference.number,
        agency.code,
        case.sender_office,
        envelope.account.login,
        declared.message_id or f"<{letter_id}@{standing.gateway}>",
        found.sha256,
        len(found.octets),
        declared.subject,
        declared.grade.value,
        declared.urgency.value,
        rfc3339(unit.now),
        signature.format,
        signature.fingerprint,
        signature.headers_protected,
        " ".join(signature.engines),
    )
    addressees = [_addressee(unit, found, recipient.address.key) for recipient in envelope.recipients]
    messages.put_message(unit, prepared.message)
    keys = letters.Keys(
        submission=prepared.submission,
        signed=signature.signed_sha256
        if earlier is None
        else prepared.submission,  # a repeat that is allowed
        signature=signature.signature_key,
    )
    letters.insert_letter(unit, letter, addressees, keys)
    accepted = _accepted(unit, standing, found, letter, prepared.seal)
    _deliver(unit, standing, found, prepared, letter, addressees, accepted)
    return Registered(letter_id, letter.reference)


def _may_add(unit: Unit, case: Case, letter: Letter) -> bool:
    accepted = parse_rfc3339(letter.accepted_at)
    return letter.voided_at is None and adds_recipients(case, letter.sender_login, accepted, unit.now)


def _add_recipients(
    unit: Unit, standing: Standing, found: Examination, prepared: Prepared, letter: Letter
) -> Registered:
    """Step 6 for a further transaction of the same letter: whoever has it already gets nothing twice."""
    before = letters.addressees(unit.connection, letter.letter_id)
    present = {addressee.office for addressee in before}
    recipients = (recipient.address.key for recipient in found.case.envelope.recipients)
    new = [office for office in recipients if office not in present]
    if not new:
        return Registered(letter.letter_id, letter.reference, repeated=True)
    every = records.of_letter(unit.connection, letter.letter_id)
    accepted = next(record.evidence_id for record in every if record.event == Event.ACCEPTED)
    addressees = [_addressee(unit, found, office) for office in new]
    letters.add_addressees(unit, letter.letter_id, addressees, len(before))
    added = replace(
        _accepted(unit, standing, found, letter, prepared.seal),
        event=Event.RECIPIENTS_ADDED,
        parts=(),
        rests_on=(accepted,),
        detail={"added": list(new), **received(found.case), **said(found.case.envelope)},
    )
    _deliver(unit, standing, found, prepared, letter, addressees, added)
    return Registered(letter.letter_id, letter.reference)


def _earlier(unit: Unit, signature: SignatureRecord) -> Earlier | None:
    """Return the letter that was registered with the same signed octets, or by the same signature."""
    signed = letters.same_signed(unit.connection, signature.signed_sha256)
    made = letters.same_signature(unit.connection, signature.signature_key)
    first = signed or made
    if first is None:
        return None
    return Earlier(
        reference=first.reference,
        login=first.sender_login,
        accepted=parse_rfc3339(first.accepted_at),
        same_signature=made is not None,
    )


def _replayed(unit: Unit, found: Examination, earlier: Earlier | None) -> Verdict:
    if earlier is not None:
        verdict = signed_before(found.case, earlier, unit.now)
        if isinstance(verdict, Refused):
            return verdict
    if found.declared.message_id and found.case.envelope.account.system is None:  # a program's may repeat
        same = letters.by_message_id(unit.connection, found.case.sender_office, found.declared.message_id)
        if same is not None:
            return Refused(Reason.REPLAY, f"its Message-ID is registered as {same.reference}")
    return ACCEPTED


def _next_reference(unit: Unit, agency: str, direction: Direction) -> Reference:
    """Take the next number of this agency's register for the present year in Qatar."""
    year = in_qatar(unit.now).year
    return Reference(agency, direction, year, register.allocate(unit, series_key(agency, direction, year)))


def _addressee(unit: Unit, found: Examination, office: str) -> Addressee:
    agency = found.case.directory.agency_of(office)
    if agency is None:  # the rules refuse an unknown recipient
        raise ValueError("an unknown recipient was accepted")
    reference = _next_reference(unit, agency.code, "in")
    wanted = next(one for one in found.case.envelope.recipients if one.address.key == office)
    return Addressee(
        office,
        agency.code,
        duty_of(found.case, office).value,
        str(reference),
        reference.series,
        reference.number,
        " ".join(sorted(wanted.notify)),
        wanted.orcpt,
    )


def _deliver(
    unit: Unit,
    standing: Standing,
    found: Examination,
    prepared: Prepared,
    letter: Letter,
    addressees: list[Addressee],
    accepted: Evidence,
) -> None:
    """Evidence and mailbox entries for the sender and every recipient, and the receipt that is owed.

    `accepted` records the transaction: ACCEPTED, or RECIPIENTS-ADDED when the sender has its copy already.
    """
    envelope, signature = found.case.envelope, found.signature
    trace = Trace(standing.gateway, standing.host, letter.letter_id, letter.reference, accepted.evidence_id)
    own = header_block(trace, envelope, signature)
    facts = [accepted]
    offices = [letter.sender_office, *(one.office for one in addressees)]
    placement = Placement(unit, prepared.message, letter, offices)
    if accepted.event is Event.ACCEPTED:
        placement.add(letter.sender_office, ("Sent", "Archive"), own)
    for one in addressees:
        delivered = _delivered(unit, accepted, one, Event.DELIVERED)
        facts += [delivered, _delivered(unit, accepted, one, Event.REGISTERED_IN)]
        trace = replace(trace, evidence_id=delivered.evidence_id, incoming_reference=one.incoming_reference)
        prefix = header_block(trace, envelope, signature)
        placement.add(one.office, ("INBOX", "Archive"), prefix)
    records.append_all(unit, facts)
    placement.write()
    outbox.owe(unit, "dispatch", letter.letter_id, accepted.evidence_id)


def _accepted(unit: Unit, standing: Standing, found: Examination, letter: Letter, seal: str) -> Evidence:
    return Evidence(
        records.new_id(unit),
        Event.ACCEPTED,
        unit.now,
        unit.now,
        standing.issuer,
        letter.letter_id,
        Party(letter.sender_agency, letter.sender_office),
        actor=Actor.of(found.case.envelope.account, letter.sender_office, found.case.envelope.client),
        sha256=letter.sha256,
        parts=found.parts,
        reference=letter.reference,
        policy=found.case.settings.version,
        detail=_accepted_detail(found, seal),
    )


def _delivered(unit: Unit, accepted: Evidence, one: Addressee, event: Event) -> Evidence:
    """Return the record that one office's copy was placed (DELIVERED) or numbered (REGISTERED-IN)."""
    return replace(
        accepted,
        evidence_id=records.new_id(unit),
        event=event,
        recipient=Party(one.agency, one.office),
        actor=None,
        parts=(),
        policy="",
        incoming_reference=one.incoming_reference,
        rests_on=(accepted.evidence_id,),
        detail={"duty": one.duty},
    )


def _accepted_detail(found: Examination, seal: str) -> dict[str, object]:
    """What the ACCEPTED record says of the signature, or of the seal that the gateway put in its place."""
    envelope, signature = found.case.envelope, found.signature
    detail: dict[str, object] = {
        "size": len(found.octets),
        "message_id": found.declared.message_id,
        **received(found.case),
        **said(envelope),
    }
    if found.case.sender_field is not None:
        detail["sender_field"] = found.case.sender_field.key
    system = envelope.account.system
    if signature.format == "sealed" and system is not None:
        detail["sealed_for"] = f"sealed for {system.login} of {system.agency}"
        detail["seal"] = seal
        return detail
    detail["signature"] = {
        "format": signature.format,
        "fingerprint": signature.fingerprint,
        "headers_protected": signature.headers_protected,
        "covered": list(signature.covered),
        "header_protection": signature.protection,
        "signed_sha256": signature.signed_sha256,
        "signature_sha256": signature.signature_sha256,
        "created": rfc3339(signature.created) if signature.created else "",
        "engines": [
            {"engine": one.engine, "version": one.engine_version, "finding": one.finding.value}
            for one in found.case.facts
        ],
    }
    return detail


def record_refusal(
    unit: Unit, standing: Standing, envelope: Envelope, refused: Refused, sha256: str, size: int
) -> None:
    """A refusal is evidence too: who tried, when, what, and why it was refused."""
    office = envelope.sender.key if envelope.sender else ""
    records.append(
        unit,
        Evidence(
            records.new_id(unit),
            Event.REJECTED,
            envelope.received,
            unit.now,
            standing.issuer,
            actor=Actor.of(envelope.account, office, envelope.client),
            sha256=sha256,
            policy=standing.settings.version,
            reason=refused.reason,
            detail={
                "why": refused.detail[:500],
                "size": size,
                "recipients": [one.address.key for one in envelope.recipients[:100]],
                "source": envelope.source,
            },
        ),
    )
