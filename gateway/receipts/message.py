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
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime

from gateway.mime.writing import (
    Entity,
    Fields,
    base64_entity,
    base64_lines,
    header,
    mailbox,
    multipart,
    words,
)
from gateway.receipts.facts import Material
from gateway.receipts.rendering import page
from gateway.receipts.report import (
    evidence_part,
    machine_part,
    mail_date,
    naming_only,
    original_message_id,
    returned_part,
)
from gateway.signatures.openpgp.armor import dearmor
from gateway.signatures.sealed import sealed
from policies.receipts.receipt import Facts, Kind
from policies.receipts.text import reading, subject_line
from policies.words.arabic import strip_controls

SIZE = 8192  # octets that a receipt keeps to where it can
SEAL = 640  # octets that the seal adds to fields and report, a few more than it takes (with Sequoia's salt)
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

    Where it would be too long, what can be had elsewhere stays out if that helps: the proof, which the log can give at
    any time, then the Autocrypt key, which other receipts carry, and then of the letter's header what the table tells.
    """
    facts = material.facts
    shown = [("Date", mail_date(facts, issued)), *_shown(facts, sealing)]
    forms = _forms(material, shown, sealing)
    whole = next(forms)
    fields, chosen = whole if _fits(*whole) else next((form for form in forms if _fits(*form)), whole)
    return sealed(fields, chosen, facts.evidence_id, sealing.sign)


def _forms(material: Material, shown: Fields, sealing: Sealing) -> Iterator[tuple[Fields, Entity]]:
    """Yield header fields and report, the whole first; each further form is made when the one before was too long."""
    outer = [*shown, *_convenient(material.facts)]
    keyed = [*outer, ("Autocrypt", _autocrypt(sealing))]
    yield keyed, _report(material, shown, sealing)
    bare = replace(material, proof=None)
    report = _report(bare, shown, sealing)
    yield keyed, report
    yield outer, report
    yield outer, _report(replace(bare, head=naming_only(material.head)), shown, sealing)


def _report(material: Material, shown: Fields, sealing: Sealing) -> Entity:
    facts = material.facts
    parts = [
        human_part(facts),
        machine_part(facts, sealing.domain),
        returned_part(material),
        evidence_part(material, sealing.log_key_id, sealing.sign_bundle),
    ]
    report_type = "disposition-notification" if facts.kind is Kind.OPENED else "delivery-status"
    # hp is RFC 9788; protected-headers its forerunner, which older programs look for.
    parameters = f'report-type={report_type}; protected-headers="v1"; hp="clear"'
    return multipart("report", parameters, shown, parts, facts.evidence_id)


def _fits(fields: Fields, report: Entity) -> bool:
    return len(header(fields)) + len(report.octets) + SEAL <= SIZE


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


def _convenient(facts: Facts) -> list[tuple[str, str]]:
    """Return the fields for programs, which read the outer header.

    They stand outside alone: the signed evidence says the same.
    """
    parent = original_message_id(facts)
    return [
        *((("In-Reply-To", parent), ("References", parent)) if parent else ()),
        ("Auto-Submitted", "auto-replied"),  # RFC 3834 section 5
        ("Murasalat-Receipt", facts.kind.value),
        ("Murasalat-Reference", _token(facts.reference)),
        ("Murasalat-Letter-Id", facts.letter_id),
        ("Murasalat-Evidence", facts.evidence_id),
    ]


def _autocrypt(sealing: Sealing) -> str:
    """Return the Autocrypt field (Autocrypt 1.1): mail programs offer to import the key that they find there."""
    keydata = base64_lines(dearmor(sealing.public_key, "PUBLIC KEY BLOCK"), 72)
    return f"addr={sealing.address}; keydata= " + " ".join(line.decode("ascii") for line in keydata)


def _token(text: str) -> str:
    """Return a reference as it is when it is one short ASCII word that decodes to itself, else in encoded words."""
    clean = strip_controls(text)
    return clean if re.fullmatch("[!-~]{1,200}", clean) and "=?" not in clean else words(clean)
