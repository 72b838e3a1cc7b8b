"""The parts that programs read: delivery status, disposition, the letter's header, the signed evidence."""

import base64
import json
import re
from dataclasses import replace
from typing import Any

import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from hypothesis import given
from hypothesis import strategies as st

from gateway.receipts.facts import Material
from gateway.receipts.message import Sealing, compose
from gateway.receipts.report import merge_patch
from gateway.signatures.notes import LogSigner
from policies.evidence import Event, canonical_json
from policies.receipts.receipt import Consignment, Facts, Kind
from tests.unit.gateway.receipts.material import (
    AT,
    DISPATCH,
    FAILED,
    HEAD,
    OFFICE,
    OPENED,
    RECORDS,
    TO,
    made,
    patched,
    records_in,
    report,
    status_fields,
    status_fields_of_disposition,
)
from tests.unit.gateway.receipts.registry import LETTER, MOF, ORIGIN


def test_the_delivery_status_names_each_recipient(unsealed: Sealing) -> None:
    moi = replace(OFFICE, address="registry@moi.gov.example")
    facts = replace(
        DISPATCH,
        envelope_id="QQ314159+20x+2B",
        consignments=(TO, replace(TO, recipient=moi, evidence_id="evidence-9")),
    )
    message, first, second = status_fields(made(facts, unsealed))
    assert message["Reporting-MTA"] == "dns; murasalat.gov.example"
    assert message["Original-Envelope-Id"] == "QQ314159 x+"
    assert first["Final-Recipient"] == f"rfc822; {MOF}"
    assert first["Action"] == "delivered"
    assert first["Status"] == "2.1.5"
    assert first["Final-Log-ID"] == "evidence-2"
    assert second["Final-Recipient"] == "rfc822; registry@moi.gov.example"
    assert second["Final-Log-ID"] == "evidence-9"


LONG_ID = "<" + "0f9f65ab-dc7b-4146-850f-001796069277." * 20 + "@registry.moj.gov.example>"


@pytest.mark.parametrize(
    "facts",
    [
        replace(OPENED, message_id=LONG_ID),
        replace(DISPATCH, message_id=LONG_ID, envelope_id="E" * 100),
        replace(DISPATCH, envelope_id="+20".join(["E" * 24] * 4)),
        replace(FAILED, consignments=(replace(FAILED.consignments[0], orcpt="rfc822;" + "o" * 480),)),
    ],
    ids=["message-id", "envelope-id", "words", "orcpt"],
)
def test_machine_parts_are_seven_bit_whatever_is_long(facts: Facts, unsealed: Sealing) -> None:
    part = list(report(made(facts, unsealed)).iter_parts())[1]
    assert part["Content-Transfer-Encoding"] == "7bit"
    read = {name: value for group in part.get_payload() for name, value in group.items()}
    if facts.kind is Kind.OPENED:
        assert read["Original-Message-ID"] == LONG_ID
    else:
        wanted = facts.envelope_id.replace("+20", " ")
        assert read.get("Original-Envelope-Id", "").replace("\r\n", "") == wanted
        assert read.get("Original-Recipient", "").replace("\r\n", "") == facts.consignments[0].orcpt.replace(
            ";", "; "
        )


@pytest.mark.parametrize(
    ("orcpt", "original"),
    [
        ("rfc822;Registry+2BArchive@mof.gov.example", "rfc822; Registry+Archive@mof.gov.example"),
        ("x400;/S+3Da/C+3Dqa/", "x400; /S=a/C=qa/"),
        ("utf-8;\u0633\u062c\u0644@mof.gov.example", "utf-8; \\x{633}\\x{62C}\\x{644}@mof.gov.example"),
        ("rfc822;two+20+20blanks", None),
        ("rfc822;a+0D+0AAction:+20failed", None),
        ("", None),
    ],
)
def test_orcpt_comes_back_as_the_original_recipient(
    orcpt: str, original: str | None, unsealed: Sealing
) -> None:
    one = status_fields(made(replace(DISPATCH, consignments=(replace(TO, orcpt=orcpt),)), unsealed))[1]
    assert one["Original-Recipient"] == original
    assert one["Action"] == "delivered"


def test_a_letter_comes_back_whole_with_a_failure_when_it_can_stand_in_seven_bit(unsealed: Sealing) -> None:
    for letter, kind in (
        (LETTER, "message/rfc822"),
        (LETTER.replace(b"body", b"\xd9\x83"), "text/rfc822-headers"),
    ):
        material = Material(FAILED, RECORDS, HEAD, None, letter)
        part = list(report(compose(material, FAILED.at, unsealed)).iter_parts())[2]
        assert part.get_content_type() == kind
        if kind == "message/rfc822":
            assert part["Content-Transfer-Encoding"] == "7bit"
            assert part.get_payload(0)["Subject"] == "Budget"


def test_the_envelope_id_is_given_back_decoded(unsealed: Sealing) -> None:
    message = status_fields(made(replace(DISPATCH, envelope_id="QQ314159+2Bx+3D"), unsealed))[0]
    assert message["Original-Envelope-Id"] == "QQ314159+x="


@pytest.mark.parametrize(
    ("consignment", "action", "code"),
    [
        (replace(TO, status=Event.NOT_DELIVERED), "failed", "5.0.0"),
        (replace(TO, status=Event.NOT_DELIVERED, code="5.2.2"), "failed", "5.2.2"),
        (replace(TO, status=Event.EXPIRED), "failed", "4.4.7"),
        (replace(TO, status=Event.EXPIRED, delivered=AT), "delayed", "4.4.7"),
        (replace(TO, status=Event.TAKEN_OVER), "relayed", "2.1.9"),
        (replace(TO, status=Event.ACCEPTED, at=None, evidence_id=""), "delayed", "4.0.0"),
    ],
)
def test_each_state_has_its_action_and_status(
    consignment: Consignment, action: str, code: str, unsealed: Sealing
) -> None:
    kind = Kind.DISPATCH if consignment.status in {Event.TAKEN_OVER, Event.ACCEPTED} else Kind.FAILED
    event = Event.ACCEPTED if kind is Kind.DISPATCH else consignment.status
    facts = replace(DISPATCH, kind=kind, event=event, consignments=(consignment,))
    one = status_fields(made(facts, unsealed))[1]
    assert (one["Action"], one["Status"]) == (action, code)
    assert (one["Final-Log-ID"] is None) == (consignment.evidence_id == "")


def test_a_refusal_reason_stands_in_the_diagnostic_code(unsealed: Sealing) -> None:
    assert status_fields(made(FAILED, unsealed))[1]["Diagnostic-Code"] == "x-murasalat; TOO-LARGE"


def test_the_disposition_notification(unsealed: Sealing) -> None:
    (fields,) = status_fields_of_disposition(made(OPENED, unsealed))
    assert fields["Reporting-UA"] == "murasalat.gov.example; Murasalat"
    assert fields["Final-Recipient"] == f"rfc822; {MOF}"
    assert fields["Original-Message-ID"] == "<one@moj.gov.example>"
    assert fields["Disposition"] == "automatic-action/MDN-sent-automatically; displayed"
    assert fields["X-Murasalat-Evidence"] == OPENED.evidence_id


@pytest.mark.parametrize(
    ("head", "naming"),
    [
        (HEAD, [b"Message-ID", b"Date", b"From", b"To", b"Subject"]),
        (b"Subject: \xd9\x83\xd8\xaa\xd8\xa7\xd8\xa8\r\nX: " + b"a" * 300 + b"\r\n", [b"Subject"]),
        (b"Autocrypt: addr=x\r\nSubject: a\r\n  folded \t\r\nCc: b@gov.example\r\n", [b"Subject", b"Cc"]),
        (b"Received: x\r\nTo: " + b"a@gov.example, " * 80 + b"\r\nDate: x\r\n", [b"Date"]),
        (b"", []),
    ],
    ids=["plain", "eight-bit", "folded", "too-long", "empty"],
)
def test_what_names_the_letter_comes_back_octet_for_octet(
    head: bytes, naming: list[bytes], unsealed: Sealing
) -> None:
    part = list(report(made(DISPATCH, unsealed, head)).iter_parts())[2]
    assert part.get_content_type() == "text/rfc822-headers"
    assert part["Content-Transfer-Encoding"] in ("7bit", "quoted-printable")  # RFC 6522 section 4
    payload = part.get_payload(decode=True)
    assert isinstance(payload, bytes)
    fields = re.findall(rb"(?m)^([A-Za-z-]+): .*\r\n(?:[ \t].*\r\n)*", head)
    wanted = re.findall(rb"(?m)^[A-Za-z-]+: .*\r\n(?:[ \t].*\r\n)*", head)
    kept = b"".join(line for name, line in zip(fields, wanted, strict=True) if name in naming)
    assert payload.rstrip(b"\r\n") == kept.rstrip(b"\r\n")


def evidence_of(octets: bytes) -> tuple[bytes, dict[str, Any]]:
    part = list(report(octets).iter_parts())[3]
    assert part.get_filename() == "evidence.json"
    payload = part.get_payload(decode=True)
    assert isinstance(payload, bytes)
    return payload, json.loads(payload)


def test_the_evidence_file_verifies_with_the_logs_key_alone(sealing: Sealing, log_key: LogSigner) -> None:
    octets, file = evidence_of(made(OPENED, sealing))
    bundle = file["bundle"]
    assert (bundle["algorithm"], bundle["key_id"]) == ("Ed25519", log_key.key_id(ORIGIN).hex())
    key = Ed25519PublicKey.from_public_bytes(log_key.public)
    signature = base64.b64decode(file["signature"], validate=True)
    key.verify(signature, canonical_json(bundle))
    cut = octets[len(b'{"bundle":') : octets.rindex(b',"signature":"')]
    key.verify(signature, cut)
    with pytest.raises(InvalidSignature):
        key.verify(signature, cut.replace(b"SEEN", b"SEAN"))


def test_the_evidence_file_holds_the_canonical_records_with_their_leaves(unsealed: Sealing) -> None:
    bundle = evidence_of(made(OPENED, unsealed))[1]["bundle"]
    assert bundle["schema"] == "murasalat-receipt-2"
    assert bundle["about"] == OPENED.evidence_id
    assert [one["log_index"] for one in bundle["records"]] == [2, 1, 0]
    assert [canonical_json(one) for one in records_in(bundle)] == [one.record for one in reversed(RECORDS)]
    assert all(one.keys() == {"log_index", "patch"} for one in bundle["records"])
    assert "checkpoint" not in bundle


JSON = st.recursive(
    st.one_of(st.booleans(), st.integers(-9, 9), st.text(max_size=3)),
    lambda inner: st.one_of(
        st.lists(inner, max_size=2), st.dictionaries(st.sampled_from("abc"), inner, max_size=3)
    ),
    max_leaves=8,
)
OBJECT = st.dictionaries(st.sampled_from("abcd"), JSON, max_size=4)


@given(OBJECT, OBJECT)
def test_a_merge_patch_makes_one_record_of_another(before: dict[str, Any], after: dict[str, Any]) -> None:
    assert canonical_json(patched(before, merge_patch(before, after))) == canonical_json(after)
