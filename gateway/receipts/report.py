"""The parts of a receipt that programs read: the delivery status, the disposition, the signed evidence. Pure.

Invariants:
- Every field is written by `writing.field`: no fact can make a field or a line of its own.
- message/delivery-status and message/disposition-notification are never encoded, however long a Message-ID or an
  envelope id is (RFC 3464 section 2.1, RFC 8098 section 3.1).
- The evidence file is canonical JSON (RFC 8785) from end to end, and so is the bundle in it, octet for octet: a
  verifier may cut the signed octets out or canonicalise the parsed value.
"""

import base64
import re
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from datetime import datetime, timedelta
from typing import Any

from gateway.mime.header import scan_header
from gateway.mime.limits import DEFAULT_LIMITS
from gateway.mime.writing import Entity, field, seven_bit_entity, text_entity
from gateway.receipts.facts import Material
from policies.evidence import Event, canonical_json
from policies.receipts.receipt import Consignment, Facts, Kind
from policies.words.calendar import in_qatar

BUNDLE_SCHEMA = "murasalat-receipt-2"
ALGORITHM = "Ed25519"
LATE = timedelta(minutes=30)
LONGEST_FIELD = 998  # octets of a field of the letter that comes back, folded

_DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_MESSAGE_ID = re.compile(r"<[!-;=?-~]{1,900}>")
_ENVELOPE_ID = re.compile(r"(?=.{1,100}\Z)[!-~]+(?: [!-~]+)*")  # RFC 3461 section 4.4, decoded
_NAMING = frozenset({"from", "to", "cc", "subject", "date", "message-id"})
_ONE_LINE = re.compile(r"[!-~]+(?: [!-~]+)*")
_XTEXT = re.compile(r"\+([0-9A-F]{2})")

# RFC 3464 section 2.3.3 and RFC 3463.
_OUTCOMES = {
    Event.DELIVERED: ("delivered", "2.1.5"),
    Event.TAKEN_OVER: ("relayed", "2.1.9"),
    Event.NOT_DELIVERED: ("failed", "5.0.0"),
    Event.EXPIRED: ("failed", "4.4.7"),
    Event.ACCEPTED: ("delayed", "4.0.0"),
}


def mail_date(facts: Facts, issued: datetime) -> str:
    """Return the receipt's Date (RFC 5322 section 3.3), on the clocks of Qatar: when the event was.

    A receipt that comes late bears the time of its issue: Thunderbird calls a signature invalid that was made more
    than an hour away from Date. The text says in any case when the event was.
    """
    when = in_qatar(facts.at if abs(issued - facts.at) <= LATE else issued)
    day, month = _DAYS[when.weekday()], _MONTHS[when.month - 1]
    return f"{day}, {when.day:02d} {month} {when.year:04d} {when:%H:%M:%S} +0300"


def original_message_id(facts: Facts) -> str:
    """Return the letter's Message-ID when it can stand in a field of ours, else an empty text."""
    return facts.message_id if _MESSAGE_ID.fullmatch(facts.message_id) else ""


def machine_part(facts: Facts, domain: str) -> Entity:
    """Return message/delivery-status, or message/disposition-notification for an opening."""
    if facts.kind is Kind.OPENED:
        name, body = "disposition-notification", _disposition(facts, domain)
    else:
        name, body = "delivery-status", _delivery_status(facts, domain)
    return seven_bit_entity(
        (("Content-Type", f"message/{name}"), ("Content-Disposition", "attachment")), body
    )


def _delivery_status(facts: Facts, domain: str) -> bytes:
    """RFC 3464 section 2: fields of the message, then a group of fields for each recipient."""
    lines = field("Reporting-MTA", f"dns; {domain}")
    envelope_id = _decoded(facts.envelope_id)
    if _ENVELOPE_ID.fullmatch(envelope_id):
        lines = field("Original-Envelope-Id", envelope_id) + lines
    return lines + b"".join(b"\r\n" + _recipient(one) for one in facts.consignments)


def _recipient(one: Consignment) -> bytes:
    action, code = _OUTCOMES.get(one.status, _OUTCOMES[Event.DELIVERED])
    if one.status is Event.EXPIRED and one.delivered is not None:
        action = "delayed"  # it is in the mailbox, so it is not undelivered: it was not fetched in time
    lines = _original_recipient(one.orcpt) + field("Final-Recipient", f"rfc822; {one.recipient.address}")
    lines += field("Action", action) + field("Status", one.code or code)
    if one.reason is not None:
        lines += field("Diagnostic-Code", f"x-murasalat; {one.reason.value}")
    if one.evidence_id:
        lines += field("Final-Log-ID", one.evidence_id)
    return lines


def _original_recipient(orcpt: str) -> bytes:
    """Return ORCPT as the sender gave it, decoded (RFC 3464 section 2.3.1).

    What is beyond ASCII comes in the escapes that RFC 6533 section 3 has for reports that are not internationalised.
    """
    kind, _, address = orcpt.partition(";")
    decoded = "".join(
        character if character.isascii() else f"\\x{{{ord(character):X}}}" for character in _decoded(address)
    )
    return field("Original-Recipient", f"{kind}; {decoded}") if _ONE_LINE.fullmatch(decoded) else b""


def _decoded(xtext: str) -> str:
    return _XTEXT.sub(lambda code: chr(int(code[1], 16)), xtext)


def _disposition(facts: Facts, domain: str) -> bytes:
    """RFC 8098 section 3. Its word "displayed" is the one for a message marked as read; it claims no reading."""
    lines = field("Reporting-UA", f"{domain}; Murasalat")
    lines += field("Final-Recipient", f"rfc822; {facts.consignments[0].recipient.address}")
    if original_message_id(facts):
        lines += field("Original-Message-ID", original_message_id(facts))
    lines += field("Disposition", "automatic-action/MDN-sent-automatically; displayed")
    return lines + field("X-Murasalat-Evidence", facts.evidence_id)


def returned_part(material: Material) -> Entity:
    """Return the letter where it is to come back and can stand in 7bit, else what names it in its own header section.

    RFC 6522 sections 3 and 4; the octets are as they came. A letter in 8bit cannot be signed inside a receipt (RFC
    3156 section 5), and message/rfc822 takes no encoding (RFC 2046 section 5.2.1).
    """
    if material.letter:
        with suppress(ValueError):
            return seven_bit_entity(_attached("message/rfc822", "letter.eml"), material.letter)
    return _header_part(material.head)


def naming_only(head: bytes) -> bytes:
    """Return of a header section the two fields by which a program finds the letter: Subject and Message-ID."""
    fields = scan_header(head, 0, len(head), DEFAULT_LIMITS).fields
    return b"".join(
        head[field.start : field.end] for field in fields if field.name in {"subject", "message-id"}
    )


def _header_part(head: bytes) -> Entity:
    fields = scan_header(head, 0, len(head), DEFAULT_LIMITS).fields
    named = [one for one in fields if one.name in _NAMING and one.end - one.start <= LONGEST_FIELD]
    octets = b"".join(head[one.start : one.end] for one in named)
    try:
        return seven_bit_entity(_attached("text/rfc822-headers", "header.txt"), octets)
    except ValueError:
        return text_entity(_attached("text/rfc822-headers", "header.txt"), octets)


def evidence_part(material: Material, key_id: str, sign: Callable[[bytes], bytes]) -> Entity:
    """Return evidence.json: the bundle of records and the Ed25519 signature over its canonical octets."""
    bundle = evidence_bundle(material, key_id)
    signature = base64.b64encode(sign(canonical_json(bundle))).decode("ascii")
    octets = canonical_json({"bundle": bundle, "signature": signature})
    return text_entity(_attached("application/json", "evidence.json"), octets)


def evidence_bundle(material: Material, key_id: str) -> dict[str, object]:
    """Return what the log's key signs: the records with their index, and their proof when there is one.

    Nothing is said twice: each entry's `patch` is the JSON merge patch (RFC 7396) that makes its record out of the
    record before, the first one's out of an empty object. The newest record comes first, for what is said of each
    recipient is short beside what was accepted. An entry's `inclusion` are positions in `nodes`, leaf first, where each
    node of the proof stands once.
    """
    facts, proof = material.facts, material.proof
    before: Mapping[str, Any] = {}
    records: list[dict[str, object]] = []
    nodes: dict[str, int] = {}
    for one in reversed(material.records):
        entry: dict[str, object] = {"log_index": one.log_index, "patch": merge_patch(before, one.members)}
        before = one.members
        if proof is not None:
            path = [base64.b64encode(node).decode("ascii") for node in proof.paths[one.log_index]]
            entry["inclusion"] = [nodes.setdefault(node, len(nodes)) for node in path]
        records.append(entry)
    bundle: dict[str, object] = {
        "schema": BUNDLE_SCHEMA,
        "receipt": facts.kind.value,
        "about": facts.evidence_id,
        "algorithm": ALGORITHM,
        "key_id": key_id,
        "records": records,
    }
    if proof is not None:
        bundle["checkpoint"] = proof.note
        bundle["nodes"] = list(nodes)
    return bundle


def merge_patch(before: Mapping[str, Any], after: Mapping[str, Any]) -> dict[str, Any]:
    """Return the JSON merge patch (RFC 7396) that makes `after` out of `before`; a record has no null in it."""
    patch: dict[str, Any] = {name: None for name in before if name not in after}
    for name, value in after.items():
        if name not in before or canonical_json(value) != canonical_json(before[name]):  # 0 is not false
            earlier = before.get(name)
            if isinstance(value, dict) and isinstance(earlier, dict):
                patch[name] = merge_patch(earlier, value)
            else:
                patch[name] = value
    return patch


def _attached(media_type: str, filename: str) -> Sequence[tuple[str, str]]:
    return (("Content-Type", media_type), ("Content-Disposition", f"attachment; filename={filename}"))
