"""Facts of the three kinds of receipt, and the reading of a finished one."""

import email.policy
import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from typing import Any

from gateway.receipts.facts import Material
from gateway.receipts.message import Sealing, compose
from mailstore.evidence.records import Recorded
from policies.evidence import Actor, Event, Evidence, Issuer, Party
from policies.letter import Duty
from policies.receipts.receipt import Consignment, Facts, Kind, NamedOffice
from policies.words.reasons import Reason
from tests.unit.gateway.receipts.registry import LETTER, MOF, MOJ

AT = datetime(2026, 11, 23, 9, 0, 0, 123000, tzinfo=UTC)
SENDER = NamedOffice(MOJ, "MOJ", "السجل العام", "General Registry", "وزارة العدل", "Ministry of Justice")
OFFICE = NamedOffice(MOF, "MOF", "السجل العام", "General Registry", "وزارة المالية", "Ministry of Finance")
TO = Consignment(OFFICE, Duty.ACTION, "MOF/IN/2026/000001", Event.DELIVERED, AT, "evidence-2")
MARYAM = Actor("m.reader", "مريم القارئ", "Maryam Reader", "أمينة السجل", "Registrar")
DISPATCH = Facts(
    Kind.DISPATCH,
    Event.ACCEPTED,
    AT,
    "01a207a2-32fb-73a1-8edc-c3a4559053f0",
    0,
    "01a207a2-32fb-7e1d-bcd5-e5f8930760d3",
    "MOJ/2026/000001",
    "<one@moj.gov.example>",
    "كتاب رسمي",
    "ab" * 32,
    AT,
    SENDER,
    (TO,),
)
OPENED = replace(DISPATCH, kind=Kind.OPENED, event=Event.SEEN, actor=MARYAM, handed_over=AT)
FAILED = replace(
    DISPATCH,
    kind=Kind.FAILED,
    event=Event.NOT_DELIVERED,
    consignments=(replace(TO, status=Event.NOT_DELIVERED, reason=Reason.TOO_LARGE),),
)
HEAD = LETTER.partition(b"\r\n\r\n")[0] + b"\r\n"


def recorded(index: int, event: Event, actor: Actor | None = None) -> Recorded:
    fact = Evidence(
        f"evidence-{index}",
        event,
        AT,
        AT,
        Issuer("node-1", "0badcafe"),
        DISPATCH.letter_id,
        Party("MOJ", MOJ),
        Party("MOF", MOF),
        actor,
    )
    return Recorded(index, fact.canonical(), json.loads(fact.canonical()))


RECORDS = (recorded(0, Event.ACCEPTED), recorded(1, Event.DELIVERED), recorded(2, Event.SEEN, MARYAM))


def made(facts: Facts, sealing: Sealing, head: bytes = HEAD, late: timedelta = timedelta(0)) -> bytes:
    return compose(Material(facts, RECORDS, head, None), facts.at + late, sealing)


def other(octets: bytes) -> EmailMessage:
    """The receipt as another reader sees it."""
    message = email.message_from_bytes(octets, policy=email.policy.default)
    assert isinstance(message, EmailMessage)
    return message


def report(octets: bytes) -> EmailMessage:
    (inner, _) = other(octets).iter_parts()
    assert isinstance(inner, EmailMessage)
    return inner


def status_fields(octets: bytes) -> list[EmailMessage]:
    part = list(report(octets).iter_parts())[1]
    groups = part.get_payload()
    assert isinstance(groups, list)
    return groups


def status_fields_of_disposition(octets: bytes) -> list[EmailMessage]:
    part = list(report(octets).iter_parts())[1]
    payload = part.get_payload()
    if isinstance(payload, list):
        return payload
    return [other(payload.encode())]


def records_in(bundle: dict[str, Any]) -> list[dict[str, Any]]:
    """The records of an evidence file, as docs/auditor.md says: each patches the one before (RFC 7396)."""
    records: list[dict[str, Any]] = []
    for entry in bundle["records"]:
        records.append(patched(records[-1] if records else {}, entry["patch"]))
    return records


def patched(before: dict[str, Any], patch: dict[str, Any]) -> dict[str, Any]:
    after = dict(before)
    for name, value in patch.items():
        if value is None:
            del after[name]
        elif isinstance(value, dict):
            earlier = before.get(name)
            after[name] = patched(earlier if isinstance(earlier, dict) else {}, value)
        else:
            after[name] = value
    return after


CASES = {"dispatch": DISPATCH, "opened": OPENED, "failed": FAILED}
