"""Put a receipt together: the message that a mail program shows, threads, verifies and learns the key from.

    multipart/signed (RFC 3156)
    ├── multipart/report (RFC 6522), what people see of the header under the signature, too (RFC 9788)
    │   ├── text/html: Arabic, English, and the facts that are the same in both
    │   ├── message/delivery-status, or message/disposition-notification for an opening
    │   ├── text/rfc822-headers: what names the letter in its own header section
    │   └── application/json: the records of the log under the log's signature
    └── application/pgp-signature

The first three parts stand in RFC 6522's order, so that programs which know nothing of the fourth read a report.

Invariants:
- The same facts, records, keys and time of issue make the same signed octets.
- The receipt for a letter of 1 KB to one office has at most 8,192 octets (ADR 0011).
"""

import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime

from gateway.mime.writing import Entity, base64_entity, base64_lines, mailbox, multipart, words
from gateway.receipts.facts import Material
from gateway.receipts.rendering import page
from gateway.receipts.report import evidence_part, header_part, machine_part, mail_date, original_message_id
from gateway.signatures.openpgp.armor import dearmor
from gateway.signatures.sealed import sealed
from policies.receipts.receipt import Facts, Kind
from policies.receipts.text import reading, subject_line
from policies.words.arabic import strip_controls

SIZE = 8192  # octets
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
    """Return the receipt as it is stored, issued at that time (UTC). What the signers raise goes through.

    The proof of the log stays out where it alone would make the receipt too long: it can be had from the log.
    """
    octets = _composed(material, issued, sealing)
    if len(octets) > SIZE and material.proof is not None:
        shorter = _composed(replace(material, proof=None), issued, sealing)
        return shorter if len(shorter) <= SIZE else octets
    return octets


def _composed(material: Material, issued: datetime, sealing: Sealing) -> bytes:
    facts = material.facts
    fields = [("Date", mail_date(facts, issued)), *_shown(facts, sealing)]
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
    return sealed([*fields, *_convenient(facts, sealing)], report, facts.evidence_id, sealing.sign)


def message_id(facts: Facts, address: str) -> str:
    """Return the receipt's Message-ID: made of kind and evidence, so that it is the same every time."""
    return f"<{facts.kind.value}.{facts.evidence_id}@{address.rpartition('@')[2]}>"


def human_part(facts: Facts) -> Entity:
    """Return what people read."""
    markup = page(reading(facts)).replace("\n", "\r\n").encode()
    return base64_entity((("Content-Type", "text/html; charset=utf-8"),), markup)


def _shown(facts: Facts, sealing: Sealing) -> list[tuple[str, str]]:
    """Return the header fields that people see, but for Date: they stand outside and under the signature."""
    return [
        ("From", mailbox(DISPLAY_NAME, sealing.address)),
        ("To", f"<{facts.sender.address}>"),
        ("Subject", words(subject_line(facts))),
        ("Message-ID", message_id(facts, sealing.address)),
    ]


def _convenient(facts: Facts, sealing: Sealing) -> list[tuple[str, str]]:
    """Return the fields for programs, which read the outer header.

    They stand outside alone: the signed evidence says the same, and the Autocrypt key proves itself.
    """
    parent = original_message_id(facts)
    return [
        *((("In-Reply-To", parent), ("References", parent)) if parent else ()),
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
