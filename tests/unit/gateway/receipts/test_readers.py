"""Receipts as programs of others read them: the standard library, and what mailing lists detect bounces with."""

import json
import shutil
import subprocess
from dataclasses import replace
from email import message_from_bytes
from typing import Any

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


@pytest.fixture
def opted_in(request: pytest.FixtureRequest) -> None:
    if not request.config.getoption("--clients"):
        pytest.skip("opt in with --clients")


def run(command: list[str], octets: bytes) -> Any:
    done = subprocess.run(command, input=octets, capture_output=True, check=True, timeout=60)
    return json.loads(done.stdout)


NODE = """
const {simpleParser} = require('mailparser');
simpleParser(process.stdin).then(mail => process.stdout.write(JSON.stringify({
  subject: mail.subject, html: mail.html, inReplyTo: mail.inReplyTo,
  parts: mail.attachments.map(one => [one.contentType, one.content.toString()])})));
"""
PERL = """
use Sisimai; use JSON; local $/; my $mail = <STDIN>;
my $made = Sisimai->make(\\$mail, 'delivered' => 1);
print JSON->new->encode([map { $_->damn } @{$made || []}]);
"""


@pytest.mark.usefixtures("opted_in")
@pytest.mark.parametrize("facts", CASES.values(), ids=CASES)
def test_mailparser_reads_every_part(facts: Facts, unsealed: Sealing) -> None:
    probe = ["node", "-e", "require('mailparser')"]
    if shutil.which("node") is None or subprocess.run(probe, check=False, capture_output=True).returncode:
        pytest.skip("needs node and its package mailparser (NODE_PATH)")
    mail = run(["node", "-e", NODE], made(facts, unsealed))
    assert mail["inReplyTo"] == "<one@moj.gov.example>"
    assert facts.reference in mail["subject"]
    assert "السجل العام" in mail["html"]
    parts = dict(mail["parts"])
    assert json.loads(parts["application/json"])["bundle"]["about"] == facts.evidence_id
    machine = parts.get("message/delivery-status") or parts["message/disposition-notification"]
    assert f"Final-Recipient: rfc822; {MOF}" in machine
    assert "Message-ID: <one@moj.gov.example>" in parts["text/rfc822-headers"]


@pytest.mark.usefixtures("opted_in")
def test_sisimai_reads_every_field_of_a_delivery_status(unsealed: Sealing) -> None:
    probe = ["perl", "-MSisimai", "-MJSON", "-e", "1"]
    if shutil.which("perl") is None or subprocess.run(probe, check=False, capture_output=True).returncode:
        pytest.skip("needs Perl's Sisimai (Debian: libsisimai-perl)")
    (one,) = run(["perl", "-e", PERL], made(FAILED, unsealed))
    wanted = {"recipient": MOF, "action": "failed", "deliverystatus": "5.0.0", "diagnosticcode": "TOO-LARGE"}
    assert {name: one[name] for name in wanted} == wanted
    assert (one["addresser"], one["messageid"]) == ("registry@moj.gov.example", "one@moj.gov.example")
    (one,) = run(["perl", "-e", PERL], made(DISPATCH, unsealed))
    assert (one["reason"], one["action"], one["deliverystatus"]) == ("delivered", "delivered", "2.1.5")


@pytest.mark.parametrize("facts", CASES.values(), ids=CASES)
def test_a_receipt_with_usual_names_keeps_to_eight_kilobytes(facts: Facts, unsealed: Sealing) -> None:
    octets = made(facts, unsealed)
    assert len(octets) <= 8192
    assert b"\r\nAutocrypt: " in octets
