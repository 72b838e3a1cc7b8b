"""Place an accepted letter in mailboxes: the header block that goes on top, and the entries.

Invariant: a delivered message is our header block followed by the submitted octets, exactly.
"""

from collections.abc import Sequence
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


class Placement:
    """Collects the entries of one letter's copies; the offices' mailboxes are looked up once for all of them."""

    def __init__(self, unit: Unit, message: Message, letter: Letter, offices: Sequence[str]) -> None:
        self._unit = unit
        self._message = message
        self._letter = letter
        every = mailboxes.of_offices(unit.connection, list(dict.fromkeys(offices)))
        self._mailboxes = {(one.office, one.name): one.id for one in every}
        self._entries: list[tuple[int, NewEntry]] = []

    def add(self, office: str, names: Sequence[str], prefix: bytes) -> None:
        """Place a copy with this header block in the office's mailboxes of these names."""
        message = self._message
        entry = NewEntry(
            "letter",
            message.sha256,
            prefix,
            prefix + message.octets[: message.head_size],
            len(prefix) + len(message.octets),
            self._unit.now,
            self._letter.letter_id,
        )
        self._entries += [(self._mailboxes[office, name], entry) for name in names]

    def write(self) -> None:
        """Write every entry."""
        mailboxes.add_entries(self._unit, self._entries)
