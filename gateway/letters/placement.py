"""Place an accepted letter in mailboxes: the header block that goes on top, and the entries.

Invariants:
- A delivered message is our header block followed by the submitted octets, exactly.
- No value can end its line, begin another field, or add a result of its own to Authentication-Results.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from mailstore.database.transaction import Unit
from mailstore.letters.consignments import DELIVERED
from mailstore.letters.letters import Letter
from mailstore.mailboxes import mailboxes
from mailstore.mailboxes.mailboxes import NewEntry
from mailstore.octets.messages import Message
from policies.envelope import Envelope
from policies.letter import SignatureRecord
from policies.words.arabic import strip_controls

_DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_PLAIN_VALUE = re.compile(r"[A-Za-z0-9!#$%&'*+./^_`{|}~@-]+")


@dataclass(frozen=True, slots=True)
class Trace:
    """What the header block of one delivered copy says."""

    gateway: str
    host: str
    letter_id: str
    reference: str
    evidence_id: str
    incoming_reference: str = ""


def header_block(trace: Trace, envelope: Envelope, signature: SignatureRecord) -> bytes:
    """Return the field lines put on top of a delivered letter, CRLF-ended.

    Received per RFC 5321 section 4.4, Authentication-Results per RFC 8601. The EHLO name is never repeated.
    """
    when = envelope.received
    date = (
        f"{_DAYS[when.weekday()]}, {when.day:02d} {_MONTHS[when.month - 1]} {when.year} {when:%H:%M:%S} +0000"
    )
    sender = envelope.sender.key if envelope.sender else ""
    method = "murasalat-seal" if signature.format == "sealed" else signature.format
    protocol = "UTF8SMTPSA" if envelope.smtputf8 else "ESMTPSA"
    fields = [
        (f"Received: from {_literal(envelope.source)} by {trace.host} with {protocol}",
         f"id {trace.letter_id}; {date}"),
        (f"Murasalat-Reference: {trace.reference}",),
        (f"Murasalat-Incoming-Reference: {trace.incoming_reference}",),
        (f"Murasalat-Letter-Id: {trace.letter_id}",),
        (f"Murasalat-Evidence: {trace.evidence_id}",),
        (f"Authentication-Results: {trace.gateway};",
         f"auth=pass smtp.auth={_value(envelope.account.login)};",
         f"{method}=pass header.from={_value(sender)}"),
    ]  # fmt: skip
    if not trace.incoming_reference:
        del fields[2]
    return "".join("\r\n\t".join(map(strip_controls, lines)) + "\r\n" for lines in fields).encode()


def _literal(source: str) -> str:
    """Return an IP address as an address literal (RFC 5321 section 4.1.3)."""
    return f"[IPv6:{source}]" if ":" in source else f"[{source}]"


def _value(text: str) -> str:
    """Return a value of Authentication-Results, in quotation marks where it is no plain word (RFC 8601 section 2.2)."""
    clean = strip_controls(text)
    if not clean or _PLAIN_VALUE.fullmatch(clean):
        return clean
    return '"' + clean.replace("\\", "\\\\").replace('"', '\\"') + '"'


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
        """Place a copy with this header block in the office's mailboxes of these names.

        The sender's copy in Sent carries the keyword of its first stage.
        """
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
        self._entries += [
            (
                self._mailboxes[office, name],
                replace(entry, keywords=(DELIVERED,)) if name == "Sent" else entry,
            )
            for name in names
        ]

    def write(self) -> None:
        """Write every entry."""
        mailboxes.add_entries(self._unit, self._entries)
