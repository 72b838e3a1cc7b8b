"""Take in what a mail program reports by itself: an unsigned message disposition notification (RFC 8098).

Invariants:
- A report is evidence beside the letter it names, CLIENT-REPORTED, once per recipient and person. It is no letter: it
  gets no number and is delivered to nobody. It is never SEEN.
- Who is not among the letter's recipients hears the same whether the letter exists or not.
"""

from collections.abc import Sequence

from gateway.mime.fields import unfolded_value
from gateway.mime.header import scan_header
from gateway.mime.limits import DEFAULT_LIMITS, MimeLimitExceeded
from gateway.mime.part import Part
from gateway.mime.transfer import decode_transfer
from gateway.mime.tree import parse
from mailstore.database.transaction import Unit
from mailstore.evidence import records
from mailstore.letters import letters
from mailstore.letters.letters import Addressee, Letter
from policies.client_report import ClientReport, reporting_office
from policies.envelope import Envelope
from policies.evidence import Actor, Event, Evidence, Issuer, Party
from policies.outcome import Outcome, Reported
from policies.verdict import Refused
from policies.words.arabic import strip_controls
from policies.words.reasons import Reason

PART = "message/disposition-notification"
KEPT = 200  # characters of a program's name, an address or a mode
_DISPOSITIONS = frozenset({"displayed", "deleted", "dispatched", "processed"})


def client_report_of(octets: bytes) -> ClientReport | Refused | None:
    """Return the report that a message is, why it cannot be read as one, or None for every other message."""
    end = octets.find(b"\r\n\r\n")
    if b"multipart/report" not in octets[: end if end >= 0 else None].lower():
        return None
    try:
        root = parse(octets)
        found = [part for part in root.children if part.content_type.media_type == PART]
        if root.content_type.media_type != "multipart/report" or not (found or _says_so(root)):
            return None
        if len(found) != 1:
            return _malformed(f"{len(found)} parts of the type {PART}, one is wanted")
        return _read(octets, found[0])
    except MimeLimitExceeded as exceeded:
        return _malformed(str(exceeded))


def _says_so(root: Part) -> bool:
    return (root.content_type.value("report-type") or b"").lower() == b"disposition-notification"


def _read(octets: bytes, part: Part) -> ClientReport | Refused:
    """Read the fields of the notification (RFC 8098 section 3.2), whatever its transfer encoding."""
    body = decode_transfer(octets[part.body_start : part.end], part.transfer_encoding)
    if body is None:
        return _malformed(f"{PART}: unknown transfer encoding")
    fields: dict[str, list[str]] = {}
    for one in scan_header(body, 0, len(body), DEFAULT_LIMITS).fields:
        text = strip_controls(unfolded_value(body, one).decode("utf-8", "replace"))
        fields.setdefault(one.name, []).append(text)
    for name in ("Original-Message-ID", "Final-Recipient", "Disposition"):
        count = len(fields.get(name.lower(), []))
        if count != 1:
            return _malformed(f"{PART}: {count} fields {name}, one is wanted")
    mode, _, disposition = fields["disposition"][0].partition(";")
    word = disposition.partition("/")[0].strip().lower()
    if word not in _DISPOSITIONS:
        return _malformed(f"{PART}: Disposition says none of {', '.join(sorted(_DISPOSITIONS))}")
    return ClientReport(
        fields["original-message-id"][0],
        fields["final-recipient"][0].rpartition(";")[2].strip().lower()[:KEPT],
        word,
        mode.strip()[:KEPT],
        fields.get("reporting-ua", [""])[0][:KEPT],
    )


def _malformed(detail: str) -> Refused:
    return Refused(Reason.MALFORMED, detail)


def note_report(
    unit: Unit, issuer: Issuer, envelope: Envelope, report: ClientReport, report_sha256: str
) -> Outcome:
    """Record the report beside its letter; a repeated one writes nothing."""
    found = _letter_of(unit, envelope, report)
    if found is None:
        return Refused(Reason.REPORT_UNKNOWN)
    letter, mine = found
    fact = Evidence(
        records.new_id(unit),
        Event.CLIENT_REPORTED,
        envelope.received,
        unit.now,
        issuer,
        letter.letter_id,
        Party(letter.sender_agency, letter.sender_office),
        Party(mine.agency, mine.office),
        Actor.of(envelope.account, mine.office, envelope.client),
        letter.sha256,
        reference=letter.reference,
        incoming_reference=mine.incoming_reference,
        detail={
            name: value
            for name, value in (
                ("disposition", report.disposition),
                ("mode", report.mode),
                ("agent", report.agent),
                ("report_sha256", report_sha256),
            )
            if value
        },
    )
    fresh = records.append_missing(unit, [fact])
    return Reported(letter.letter_id, letter.reference, repeated=not fresh)


def _letter_of(unit: Unit, envelope: Envelope, report: ClientReport) -> tuple[Letter, Addressee] | None:
    """Return the letter under this Message-ID that the officer's office received, and how; the newest of several.

    One whose sender the report is addressed to goes before.
    """
    wanted = report.letter_message_id
    named = letters.find(unit.connection, wanted) if wanted.startswith("<") and wanted.endswith(">") else []
    asked = {one.address.key for one in envelope.recipients}
    for letter in _best_first(named, asked):
        each = {one.office: one for one in letters.addressees(unit.connection, letter.letter_id)}
        office = reporting_office(envelope.account, list(each), report.recipient)
        if office:
            return letter, each[office]
    return None


def _best_first(named: Sequence[Letter], asked: set[str]) -> list[Letter]:
    newest = [*reversed(named)]
    return [one for one in newest if one.sender_office in asked] + [
        one for one in newest if one.sender_office not in asked
    ]
