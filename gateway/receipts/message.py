"""Put a receipt together: the message that a mail program shows, threads, verifies and learns the key from.

    multipart/signed (RFC 3156)
    ├── multipart/report (RFC 6522), header fields repeated under the signature (RFC 9788)
    │   ├── multipart/alternative: text/plain and text/html, Arabic and then English in each
    │   ├── message/delivery-status, or message/disposition-notification for an opening
    │   ├── text/rfc822-headers: the letter's own header section
    │   └── application/json: the records of the log under the log's signature
    └── application/pgp-signature

The first three parts stand in RFC 6522's order, so that programs which know nothing of the fourth read a report.

Invariant: the same facts, records, keys and time of issue make the same signed octets.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from gateway.mime.writing import Entity, base64_entity, base64_lines, mailbox, multipart, words
from gateway.receipts.facts import Material
from gateway.receipts.rendering import page, plain_text
from gateway.receipts.report import evidence_part, header_part, machine_part, mail_date, original_message_id
from gateway.signatures.openpgp.armor import dearmor
from gateway.signatures.sealed import sealed
from policies.receipts.receipt import Facts, Kind
from policies.receipts.text import section, subject_line
from policies.words.arabic import strip_controls

DISPLAY_NAME = "مراسلات Murasalat"


@dataclass(frozen=True, slots=True)
class Sealing:
    """Who signs: the address that receipts come from, its armored public key and signer, and the log's signer."""

    address: str
    public_key: bytes
    sign: Callable[[bytes], bytes]
    log_key_id: str
    sign_bundle: Callable[[bytes], bytes]

    @property
    def domain(self) -> str:
        """The domain that receipts come from."""
        return self.address.rpartition("@")[2]


def compose(material: Material, issued: datetime, sealing: Sealing) -> bytes:
    """Return the receipt as it is stored, issued at that time (UTC). What the signers raise goes through."""
    facts = material.facts
    fields = [("Date", mail_date(facts, issued)), *_fields(facts, sealing)]
    parts = [
        human_part(facts),
        machine_part(facts, sealing.domain),
        header_part(material.head),
        evidence_part(material, sealing.log_key_id, sealing.sign_bundle),
    ]
    report_type = "disposition-notification" if facts.kind is Kind.OPENED else "delivery-status"
    # hp is RFC 9788; protected-headers its forerunner, which older programs look for.
    parameters = f'report-type={report_type}; protected-headers="v1"; hp="clear"'
    report = multipart("report", parameters, fields, parts, facts.evidence_id)
    return sealed(fields, report, facts.evidence_id, sealing.sign)


def message_id(facts: Facts, address: str) -> str:
    """Return the receipt's Message-ID: made of kind and evidence, so that it is the same every time."""
    return f"<{facts.kind.value}.{facts.evidence_id}@{address.rpartition('@')[2]}>"


def human_part(facts: Facts) -> Entity:
    """Return what people read."""
    sections = (section(facts, "ar"), section(facts, "en"))
    text, markup = plain_text(sections), page(sections)
    parts = [
        base64_entity((("Content-Type", f"text/{subtype}; charset=utf-8"),), _crlf(content))
        for subtype, content in (("plain", text), ("html", markup))
    ]
    return multipart("alternative", "", (), parts, f"text {facts.evidence_id}")


def _crlf(text: str) -> bytes:
    return text.replace("\n", "\r\n").encode()


def _fields(facts: Facts, sealing: Sealing) -> list[tuple[str, str]]:
    """Return the header fields but for Date, the same outside and under the signature."""
    fields = [
        ("From", mailbox(DISPLAY_NAME, sealing.address)),
        ("To", f"<{facts.sender.address}>"),
        ("Subject", words(subject_line(facts))),
        ("Message-ID", message_id(facts, sealing.address)),
    ]
    parent = original_message_id(facts)
    if parent:
        fields += [("In-Reply-To", parent), ("References", parent)]
    return [
        *fields,
        ("Auto-Submitted", "auto-replied"),  # RFC 3834 section 5
        ("Murasalat-Receipt", facts.kind.value),
        ("Murasalat-Reference", _token(facts.reference)),
        ("Murasalat-Letter-Id", facts.letter_id),
        ("Murasalat-Evidence", facts.evidence_id),
        ("Autocrypt", _autocrypt(sealing)),
    ]


def _autocrypt(sealing: Sealing) -> str:
    """Return the Autocrypt field (Autocrypt 1.1): mail programs offer to import the key that they find there."""
    keydata = base64_lines(dearmor(sealing.public_key, "PUBLIC KEY BLOCK"), 72)
    return f"addr={sealing.address}; keydata= " + " ".join(line.decode("ascii") for line in keydata)


def _token(text: str) -> str:
    """Return a reference as it is when it is one short ASCII word that decodes to itself, else in encoded words."""
    clean = strip_controls(text)
    return clean if re.fullmatch("[!-~]{1,200}", clean) and "=?" not in clean else words(clean)
