"""One submission → registered, stored, evidenced. The numbers are those of docs/path-of-a-letter.md.

Invariants:
- 250 is answered only after the one transaction is durable; a refusal is evidence too.
- The same submission repeated (same account, envelope and octets) gets the same number and writes nothing.
- The same signed octets in another submission are a replay and refused.
"""

import base64
import hashlib
from collections.abc import Callable
from dataclasses import dataclass, replace

from gateway.letters.client_reports import client_report_of, note_report
from gateway.letters.examination import Examination, examine
from gateway.letters.placement import Placement, Trace, header_block
from gateway.messages.stored import message_of
from gateway.runtime.directory import CurrentDirectory
from gateway.runtime.offload import Offload
from gateway.signatures.openpgp.gnupg import GnupgVerifier
from mailstore import outbox
from mailstore.database.transaction import Unit
from mailstore.evidence import records
from mailstore.identifiers import uuid7
from mailstore.letters import letters, register
from mailstore.letters.letters import Addressee, Letter
from mailstore.octets import messages
from policies.client_report import ClientReport
from policies.envelope import Envelope, Recipient
from policies.evidence import Actor, Event, Evidence, Issuer, Party
from policies.outcome import Outcome, Registered
from policies.people.directory import Directory
from policies.reference import Direction, Reference, series_key
from policies.rules.recipients import duty_of
from policies.settings import PolicySettings
from policies.verdict import Refused
from policies.words.calendar import in_qatar, rfc3339
from policies.words.reasons import Reason

SEAL_CONTEXT = (
    b"murasalat-seal-1\n"  # signed before a system's octets: no seal can pass for a checkpoint or a receipt
)


@dataclass(frozen=True, slots=True)
class Standing:
    """What the intake stands on: names and signers that do not change while it runs.

    `gateway` is the name in Received and Authentication-Results; `seal` signs octets with the log key, for systems.
    """

    gateway: str
    issuer: Issuer
    settings: PolicySettings
    gnupg: GnupgVerifier
    seal: Callable[[bytes], bytes]


class Intake:
    """Takes submissions. `owed` is called after a letter is accepted, to wake the receipts' worker."""

    def __init__(
        self, offload: Offload, directory: CurrentDirectory, standing: Standing, owed: Callable[[], None]
    ) -> None:
        self._offload = offload
        self._directory = directory
        self._standing = standing
        self._owed = owed

    async def submit(self, envelope: Envelope, octets: bytes) -> Outcome:
        """Steps 3 to 7 of the path. Raises Unavailable when nothing could be decided or kept."""
        standing = self._standing
        directory = await self._directory.get()
        envelope = _as_of_now(_each_once(envelope), directory)
        found = await self._offload.call(  # 3 verify, 4 decide
            lambda: (
                client_report_of(octets)
                or examine(envelope, octets, directory, standing.settings, standing.gnupg)
            )
        )
        if not isinstance(found, Examination):
            return await self._report(envelope, found, octets)
        if isinstance(found.verdict, Refused):
            await self.reject(envelope, found.verdict.reason, found.verdict.detail, octets)
            return found.verdict
        message = await self._offload.call(lambda: _message(found))
        outcome = await self._offload.write(lambda unit: _register(unit, standing, found, message))  # 5, 6
        if isinstance(outcome, Registered):
            self._owed()  # 8, 9
        return outcome  # 7

    async def _report(self, envelope: Envelope, report: ClientReport | Refused, octets: bytes) -> Outcome:
        """Note what a mail program reports by itself: no letter, but evidence beside one."""
        outcome: Outcome
        if isinstance(report, Refused):
            outcome = report
        else:
            sha256 = hashlib.sha256(octets).hexdigest()
            outcome = await self._offload.write(
                lambda unit: note_report(unit, self._standing.issuer, envelope, report, sha256)
            )
        if isinstance(outcome, Refused):
            await self.reject(envelope, outcome.reason, outcome.detail, octets)
        return outcome

    async def reject(self, envelope: Envelope, reason: Reason, detail: str, octets: bytes | None) -> None:
        """Record a refusal as evidence, with the digest of what was offered."""
        sha256 = hashlib.sha256(octets).hexdigest() if octets is not None else ""
        size = len(octets) if octets is not None else 0
        await self._offload.write(
            lambda unit: _record_refusal(
                unit, self._standing, envelope, Refused(reason, detail), sha256, size
            )
        )


def _each_once(envelope: Envelope) -> Envelope:
    """Return the envelope with each recipient once: naming an office twice does not send it two letters."""
    each: dict[str, Recipient] = {}
    for recipient in envelope.recipients:
        each.setdefault(recipient.address.key, recipient)
    return replace(envelope, recipients=tuple(each.values()))


def _as_of_now(envelope: Envelope, directory: Directory) -> Envelope:
    """Return the envelope with the account as the directory has it now: a right taken away ends in open sessions."""
    account = envelope.account
    present = replace(
        account,
        officer=directory.officers.get(account.login),
        system=directory.systems.get(account.login),
    )
    return replace(envelope, account=present)


def _message(found: Examination) -> messages.Message:
    if found.root is None:  # the rules refuse what could not be read
        raise ValueError("an unreadable message was accepted")
    return message_of(found.octets, found.root, found.sha256)


def submission_key(envelope: Envelope, sha256: str) -> str:
    """Return the identity of a submission: the same account, envelope and octets make the same key."""
    sender = envelope.sender.key if envelope.sender else ""
    to = sorted(recipient.address.key for recipient in envelope.recipients)
    return hashlib.sha256("\n".join((envelope.account.login, sender, *to, sha256)).encode()).hexdigest()


def _register(unit: Unit, standing: Standing, found: Examination, message: messages.Message) -> Outcome:
    """Step 6, the one transaction: all of it or nothing."""
    case, envelope = found.case, found.case.envelope
    signature = found.signature()
    submission = submission_key(envelope, found.sha256)
    before = letters.by_submission(unit.connection, submission)
    if before is not None:
        return Registered(before.letter_id, before.reference, repeated=True)
    signed = hashlib.sha256(f"{signature.signed_sha256} {signature.signature_sha256}".encode()).hexdigest()
    replayed = _replayed(unit, found, signed)
    if replayed is not None:
        _record_refusal(unit, standing, envelope, replayed, found.sha256, len(found.octets))
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
    messages.put_message(unit, message)
    letters.insert_letter(unit, letter, addressees, submission, signed)
    _deliver(unit, standing, found, message, letter, addressees)
    return Registered(letter_id, letter.reference)


def _replayed(unit: Unit, found: Examination, signed: str) -> Refused | None:
    same = letters.same_signed(unit.connection, signed)
    if same is not None:
        return Refused(Reason.REPLAY, f"registered as {same.reference}")
    if found.declared.message_id:
        same = letters.by_message_id(unit.connection, found.case.sender_office, found.declared.message_id)
        if same is not None:
            return Refused(Reason.REPLAY, f"its Message-ID is registered as {same.reference}")
    return None


def _next_reference(unit: Unit, agency: str, direction: Direction) -> Reference:
    """Take the next number of this agency's register for the present year in Qatar."""
    year = in_qatar(unit.now).year
    return Reference(agency, direction, year, register.allocate(unit, series_key(agency, direction, year)))


def _addressee(unit: Unit, found: Examination, office: str) -> Addressee:
    agency = found.case.directory.agency_of(office)
    if agency is None:  # the rules refuse an unknown recipient
        raise ValueError("an unknown recipient was accepted")
    reference = _next_reference(unit, agency.code, "in")
    said = next(one for one in found.case.envelope.recipients if one.address.key == office)
    return Addressee(
        office,
        agency.code,
        duty_of(found.case, office).value,
        str(reference),
        reference.series,
        reference.number,
        " ".join(sorted(said.notify)),
        said.orcpt,
    )


def _deliver(
    unit: Unit,
    standing: Standing,
    found: Examination,
    message: messages.Message,
    letter: Letter,
    addressees: list[Addressee],
) -> None:
    """Evidence and mailbox entries for the sender and every recipient, and the receipt that is owed."""
    envelope, signature = found.case.envelope, found.signature()
    accepted = _accepted(unit, standing, found, letter)
    trace = Trace(standing.gateway, letter.letter_id, letter.reference, accepted.evidence_id)
    own = header_block(trace, envelope, signature)
    facts = [accepted]
    offices = [letter.sender_office, *(one.office for one in addressees)]
    placement = Placement(unit, message, letter, offices)
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


def _accepted(unit: Unit, standing: Standing, found: Examination, letter: Letter) -> Evidence:
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
        parts=found.part_digests(),
        reference=letter.reference,
        policy=found.case.settings.version,
        detail=_accepted_detail(standing, found),
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


def _accepted_detail(standing: Standing, found: Examination) -> dict[str, object]:
    """What the ACCEPTED record says of the signature, or of the seal that the gateway put in its place."""
    envelope, signature = found.case.envelope, found.signature()
    detail: dict[str, object] = {
        "size": len(found.octets),
        "message_id": found.declared.message_id,
        "source": envelope.source,
        "received": rfc3339(envelope.received),
        **_said(envelope),
    }
    system = envelope.account.system
    if signature.format == "sealed" and system is not None:
        detail["sealed_for"] = f"sealed for {system.login} of {system.agency}"
        detail["seal"] = base64.b64encode(standing.seal(SEAL_CONTEXT + found.octets)).decode()
        return detail
    detail["signature"] = {
        "format": signature.format,
        "fingerprint": signature.fingerprint,
        "headers_protected": signature.headers_protected,
        "signed_sha256": signature.signed_sha256,
        "signature_sha256": signature.signature_sha256,
        "created": rfc3339(signature.created) if signature.created else "",
        "engines": [
            {"engine": one.engine, "version": one.engine_version, "finding": one.finding.value}
            for one in found.case.facts
        ],
    }
    return detail


def _said(envelope: Envelope) -> dict[str, object]:
    """What the connection and the DSN parameters (RFC 3461) said, as given; what was not given is left out."""
    asked: list[object] = [
        {"office": one.address.key}
        | ({"notify": sorted(one.notify)} if one.notify else {})
        | ({"orcpt": one.orcpt} if one.orcpt else {})
        for one in envelope.recipients
        if one.notify or one.orcpt
    ]
    every: dict[str, object] = {
        "channel": envelope.channel,
        "tls": envelope.tls,
        "envid": envelope.envid,
        "ret": envelope.ret,
        "recipients": asked,
    }
    return {name: value for name, value in every.items() if value}


def _record_refusal(
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
