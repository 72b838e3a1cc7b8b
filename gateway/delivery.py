"""Place an accepted letter in mailboxes: the header block that goes on top, and the entries.

Invariant: a delivered message is our header block followed by the submitted octets, exactly.
"""

from dataclasses import dataclass

from mailstore import mailboxes
from mailstore.letters import Letter
from mailstore.mailboxes import Message, NewEntry
from mailstore.transaction import Unit
from policies.envelope import Envelope
from policies.letter import SignatureRecord

_DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


@dataclass(frozen=True, slots=True)
class Trace:
    """What the header block of one delivered copy says."""

    gateway: str
    letter_id: str
    reference: str
    evidence_id: str
    incoming_reference: str = ""


def header_block(trace: Trace, envelope: Envelope, signature: SignatureRecord) -> bytes:
    """Return the field lines put on top of a delivered letter, CRLF-ended.

    Received per RFC 5321 section 4.4, Authentication-Results per RFC 8601. Every value here is the gateway's own or was
    checked before: the EHLO name is never repeated.
    """
    when = envelope.received
    date = (
        f"{_DAYS[when.weekday()]}, {when.day:02d} {_MONTHS[when.month - 1]} {when.year} {when:%H:%M:%S} +0000"
    )
    sender = envelope.sender.key if envelope.sender else ""
    result = (
        f"murasalat-seal=pass header.from={sender}"
        if signature.format == "sealed"
        else f"auth=pass smtp.auth={envelope.account.login};\r\n\t{signature.format}=pass header.from={sender}"
    )
    protocol = "UTF8SMTPSA" if envelope.smtputf8 else "ESMTPSA"
    lines = [
        f"Received: from [{envelope.source}] by {trace.gateway} with {protocol}\r\n\tid {trace.letter_id}; {date}",
        f"Murasalat-Reference: {trace.reference}",
    ]
    if trace.incoming_reference:
        lines.append(f"Murasalat-Incoming-Reference: {trace.incoming_reference}")
    lines += [
        f"Murasalat-Letter-Id: {trace.letter_id}",
        f"Murasalat-Evidence: {trace.evidence_id}",
        f"Authentication-Results: {trace.gateway};\r\n\t{result}",
    ]
    return ("\r\n".join(lines) + "\r\n").encode()


def placed(
    unit: Unit, office: str, names: tuple[str, ...], message: Message, prefix: bytes, letter: Letter
) -> list[tuple[int, NewEntry]]:
    """Return the entries that place a letter in an office's mailboxes of these names."""
    entry = NewEntry(
        "letter",
        message.sha256,
        prefix,
        prefix + message.octets[: message.head_size],
        len(prefix) + len(message.octets),
        unit.now,
        letter.letter_id,
    )
    found = (mailboxes.find(unit.connection, office, name) for name in names)
    return [(mailbox.id, entry) for mailbox in found if mailbox is not None]
