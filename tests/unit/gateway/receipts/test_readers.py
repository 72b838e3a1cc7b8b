"""Receipts as programs of others read them: the standard library, and what mailing lists detect bounces with."""

from dataclasses import replace
from email import message_from_bytes

import pytest
from flufl.bounce import all_failures

from gateway.receipts.message import Sealing
from policies.evidence import Event
from policies.receipts.receipt import Consignment, Facts
from tests.unit.gateway.receipts.material import (
    CASES,
    DISPATCH,
    FAILED,
    OFFICE,
    TO,
    made,
    report,
    status_fields,
)
from tests.unit.gateway.receipts.registry import MOF

MOI = "registry@moi.gov.example"
LATE = replace(TO, status=Event.ACCEPTED, at=None, evidence_id="")
OTHER = replace(TO, recipient=replace(OFFICE, address=MOI))


@pytest.mark.parametrize(
    ("facts", "temporary", "permanent"),
    [
        (DISPATCH, set(), set()),
        (replace(DISPATCH, consignments=(LATE, OTHER)), {MOF}, set()),
        (FAILED, set(), {MOF}),
        (replace(FAILED, message_id="<" + "a" * 200 + "@x>", envelope_id="E" * 100), set(), {MOF}),
    ],
    ids=["delivered", "delayed", "failed", "failed-with-long-identifiers"],
)
def test_a_mailing_list_detects_failures_and_nothing_else(
    facts: Facts, temporary: set[str], permanent: set[str], unsealed: Sealing
) -> None:
    found = all_failures(message_from_bytes(made(facts, unsealed)))
    assert [{one.decode() for one in each} for each in found] == [temporary, permanent]


@pytest.mark.parametrize("facts", CASES.values(), ids=CASES)
def test_the_standard_library_reads_every_part_without_a_defect(facts: Facts, unsealed: Sealing) -> None:
    for part in report(made(facts, unsealed)).walk():
        assert not part.defects


def test_the_standard_library_reads_every_field_of_a_delivery_status(unsealed: Sealing) -> None:
    one: Consignment = replace(FAILED.consignments[0], orcpt="rfc822;Registry@mof.gov.example")
    facts = replace(FAILED, consignments=(one,), envelope_id="QQ314159")
    message, recipient = status_fields(made(facts, unsealed))
    assert dict(message.items()) == {
        "Original-Envelope-Id": "QQ314159",
        "Reporting-MTA": "dns; murasalat.gov.example",
    }
    assert dict(recipient.items()) == {
        "Original-Recipient": "rfc822; Registry@mof.gov.example",
        "Final-Recipient": f"rfc822; {MOF}",
        "Action": "failed",
        "Status": "5.0.0",
        "Diagnostic-Code": "x-murasalat; TOO-LARGE",
        "Final-Log-ID": "evidence-2",
    }
