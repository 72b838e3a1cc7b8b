"""The worker: what is owed is placed once, where it belongs, and recorded; a failure waits and is tried again."""

import asyncio
import base64
import json
from collections.abc import Callable
from dataclasses import replace
from email import message_from_bytes
from email.policy import default
from typing import Any

import pytest

from gateway.mime.tree import parse
from gateway.receipts import issuing as module
from gateway.receipts.issuing import Receipting
from gateway.runtime.offload import Offload
from gateway.signatures.mime import Detached, find_detached
from gateway.signatures.notes import LogSigner, verify_note
from gateway.signatures.sealing import Sealer
from mailstore import outbox
from mailstore.database.log import leaf_hash, root_from_inclusion
from mailstore.database.transaction import Reading, Unit
from mailstore.evidence import checkpoints
from mailstore.evidence import records as evidence
from mailstore.evidence.records import Recorded
from mailstore.mailboxes import mailboxes
from mailstore.outbox import Owed
from policies.evidence import Event, canonical_json
from policies.words.reasons import Reason
from tests.unit.gateway.receipts.material import records_in
from tests.unit.gateway.receipts.registry import ADDRESS, MOF, MOI, MOJ, ORIGIN, READER, Clock, Registry


def read(octets: bytes) -> Any:
    return message_from_bytes(octets, policy=default)


def evidence_file(octets: bytes) -> dict[str, Any]:
    for part in read(octets).walk():
        if part.get_content_type() == "application/json":
            return dict(json.loads(part.get_payload(decode=True)))
    raise AssertionError("no evidence file")


def text(octets: bytes) -> str:
    return str(read(octets).get_body(("html",)).get_content())


def waiting(registry: Registry) -> list[Owed]:
    return registry.store.read(outbox.listed)


def issued(registry: Registry, letter_id: str) -> list[Recorded]:
    records = registry.store.read(lambda connection: evidence.of_letter(connection, letter_id))
    return [one for one in records if one.event == Event.RECEIPT_ISSUED]


async def test_a_dispatch_receipt_goes_to_the_senders_receipts(
    registry: Registry, receipting: Receipting, gpg: Callable[[bytes, bytes], str]
) -> None:
    letter = registry.letter(MOF, MOI)
    assert await receipting.run_once() == 1
    (octets,) = registry.placed("Receipts")
    assert registry.placed("INBOX") == []
    message = read(octets)
    assert message["Murasalat-Receipt"] == "dispatch"
    assert message["In-Reply-To"] == letter.message_id
    said = text(octets)
    for words in ("MOJ/2026/000001", "MOF/IN/2026/000001", "MOI/IN/2026/000001", MOF, MOI):
        assert words in said
    assert "وزارة المالية" in said
    assert "Ministry of Interior" in said
    found = find_detached(parse(octets), octets)
    assert isinstance(found, Detached)
    start, end = found.signed
    assert "GOODSIG" in gpg(octets[start:end], found.signature)


async def test_an_opening_names_the_officer_and_goes_to_receipts(
    registry: Registry, receipting: Receipting
) -> None:
    letter = registry.letter(MOF, owe=False)
    fact = registry.seen(letter)
    assert await receipting.run_once() == 1
    (octets,) = registry.placed("Receipts")
    assert read(octets)["Message-ID"] == f"<opened.{fact.evidence_id}@murasalat.gov.example>"
    said = text(octets)
    for words in ("مريم القارئ", "Maryam Reader", "أمينة السجل", "Registrar", "12:02:00", "12:00:00"):
        assert words in said


async def test_each_officer_who_opens_gets_a_receipt_of_that_person_alone(
    registry: Registry, receipting: Receipting
) -> None:
    letter = registry.letter(MOF, owe=False)
    registry.seen(letter)
    registry.seen(letter, officer=replace(READER, login="s.other", name_en="Salem Other"))
    assert await receipting.run_once() == 2
    first, second = registry.placed("Receipts")
    assert "Salem Other" not in text(first)
    assert "Maryam Reader" not in text(second)
    logins = [one.get("actor", {}).get("login") for one in records_in(evidence_file(second)["bundle"])]
    assert "m.reader" not in logins
    assert "s.other" in logins


@pytest.mark.parametrize(("event", "action"), [(Event.NOT_DELIVERED, "failed"), (Event.EXPIRED, "failed")])
async def test_a_failure_goes_to_the_inbox(
    event: Event, action: str, registry: Registry, receipting: Receipting
) -> None:
    letter = registry.letter(MOF, MOI, owe=False, delivered=False)
    registry.note(letter, event, MOI, "failed", reason=Reason.TOO_LARGE)
    assert await receipting.run_once() == 1
    assert registry.placed("Receipts") == []
    (octets,) = registry.placed("INBOX")
    status = next(one for one in read(octets).walk() if one.get_content_type() == "message/delivery-status")
    (_, recipient) = status.get_payload()
    assert recipient["Final-Recipient"] == f"rfc822; {MOI}"
    assert recipient["Action"] == action
    assert "TOO-LARGE" in text(octets)
    assert MOF not in text(octets)


async def test_running_twice_places_one_receipt(registry: Registry, receipting: Receipting) -> None:
    letter = registry.letter(MOF)
    assert [await receipting.run_once(), await receipting.run_once()] == [1, 0]
    assert len(registry.placed("Receipts")) == 1
    assert len(issued(registry, letter.letter_id)) == 1


async def test_two_workers_at_once_place_one_receipt(
    registry: Registry, sealer: Sealer, clock: Clock, log_key: LogSigner
) -> None:
    letter = registry.letter(MOF)
    offload = Offload(registry.store)
    workers = [Receipting(offload, sealer, registry.issuer, ADDRESS, clock, log_key.sign) for _ in range(3)]
    placed = await asyncio.gather(*(one.run_once() for one in workers))
    offload.close()
    assert sum(placed) == 1
    assert len(registry.placed("Receipts")) == 1
    assert len(issued(registry, letter.letter_id)) == 1


async def test_the_receipt_is_recorded_in_the_same_transaction(
    registry: Registry, receipting: Receipting
) -> None:
    letter = registry.letter(MOF)
    await receipting.run_once()
    (record,) = issued(registry, letter.letter_id)
    (octets,) = registry.placed("Receipts")
    message = read(octets)
    assert record.members["rests_on"] == [message["Murasalat-Evidence"]]
    assert record.members["sender"] == {"agency": "MOJ", "office": MOJ}
    assert record.members["detail"]["message_id"] == message["Message-ID"]
    assert record.members["detail"]["kind"] == "dispatch"
    assert waiting(registry) == []


async def test_nothing_is_placed_or_recorded_when_the_transaction_fails(
    registry: Registry, receipting: Receipting, monkeypatch: pytest.MonkeyPatch
) -> None:
    letter = registry.letter(MOF)

    def fail(*_: object) -> int:
        raise RuntimeError("the disk is full")

    with monkeypatch.context() as patched:
        patched.setattr(evidence, "append", fail)
        assert await receipting.run_once() == 0
    assert registry.placed("Receipts") == []
    assert issued(registry, letter.letter_id) == []
    (row,) = waiting(registry)
    assert (row.state, row.attempts) == ("owed", 1)
    assert row.error == "RuntimeError: the disk is full"


async def test_a_failure_waits_and_is_tried_again(
    registry: Registry, sealer: Sealer, clock: Clock, log_key: LogSigner
) -> None:
    registry.letter(MOF)
    offload = Offload(registry.store)
    broken = [True]

    def sign(octets: bytes) -> bytes:
        if broken[0]:
            raise OSError("no key\r\n\x1b[2Jtoday")
        return log_key.sign(octets)

    receipting = Receipting(offload, sealer, registry.issuer, ADDRESS, clock, sign)
    assert await receipting.run_once() == 0
    (row,) = waiting(registry)
    assert (row.attempts, row.error) == (1, "OSError: no key [2Jtoday")
    assert await receipting.run_once() == 0  # not due yet
    clock.advance(seconds=2)
    assert await receipting.run_once() == 0
    assert waiting(registry)[0].attempts == 2
    broken[0] = False
    clock.advance(seconds=30)
    assert await receipting.run_once() == 1
    offload.close()
    assert waiting(registry) == []
    assert len(registry.placed("Receipts")) == 1


async def test_one_bad_row_keeps_no_other_back(registry: Registry, receipting: Receipting) -> None:
    letter = registry.letter(MOF, owe=False)
    registry.store.write(lambda unit: outbox.owe(unit, "opened", letter.letter_id, "no-such-evidence"))
    registry.letter(MOI)
    assert await receipting.run_once() == 1
    (row,) = waiting(registry)
    assert row.error.startswith("NotFound: ")


async def test_a_record_owes_no_receipt_of_another_kind_and_a_receipt_none_at_all(
    registry: Registry, receipting: Receipting
) -> None:
    letter = registry.letter(MOF)
    await receipting.run_once()
    (record,) = issued(registry, letter.letter_id)
    (dispatch,) = registry.placed("Receipts")
    accepted = read(dispatch)["Murasalat-Evidence"]

    def owe(unit: Unit) -> None:
        outbox.owe(unit, "dispatch", letter.letter_id, record.evidence_id)
        outbox.owe(unit, "opened", letter.letter_id, accepted)

    registry.store.write(owe)
    assert await receipting.run_once() == 0
    assert len(registry.placed("Receipts")) == 1
    assert [row.error for row in waiting(registry)] == [
        "ValueError: a record of RECEIPT-ISSUED owes no receipt of the kind dispatch",
        "ValueError: a record of ACCEPTED owes no receipt of the kind opened",
    ]


async def test_a_record_of_another_letter_is_refused(registry: Registry, receipting: Receipting) -> None:
    first, second = registry.letter(MOF, owe=False), registry.letter(MOF, owe=False)
    records = registry.store.read(lambda connection: evidence.of_letter(connection, second.letter_id))
    registry.store.write(lambda unit: outbox.owe(unit, "dispatch", first.letter_id, records[0].evidence_id))
    assert await receipting.run_once() == 0
    assert waiting(registry)[0].error.startswith("NotFound: ")


async def test_a_receipt_is_issued_again_octet_for_octet(
    registry: Registry, receipting: Receipting, clock: Clock
) -> None:
    letter, other = registry.letter(MOF), registry.letter(MOI)
    await receipting.run_once()
    registry.seen(letter)
    await receipting.run_once()
    clock.advance(days=400)
    dispatch, elsewhere, opened = registry.placed("Receipts")
    assert await receipting.reissue(letter.letter_id) == [dispatch, opened]
    assert await receipting.reissue(other.letter_id) == [elsewhere]
    assert await receipting.reissue("no such letter") == []


async def test_opening_a_receipt_is_no_opening_of_the_letter(
    registry: Registry, receipting: Receipting
) -> None:
    registry.letter(MOJ)  # an office that wrote to itself
    await receipting.run_once()

    def rows(connection: Reading) -> list[Any]:
        box = mailboxes.find(connection, MOJ, "Receipts")
        assert box is not None
        return mailboxes.entries(
            connection, box.id, [1], "letter_id", "kind", "prefix", "head", "size", "octets"
        )

    (row,) = registry.store.read(rows)
    assert (row.kind, row.letter_id) == ("receipt", None)
    assert bytes(row.prefix) == b""
    head, octets = bytes(row.head), bytes(row.octets)
    assert octets.startswith(head)
    assert head.endswith(b"\r\n\r\n")
    assert row.size == len(octets)


async def test_the_envelope_id_of_the_submission_comes_back(
    registry: Registry, receipting: Receipting
) -> None:
    registry.letter(MOF, envid="QQ+2D314159")
    await receipting.run_once()
    (octets,) = registry.placed("Receipts")
    assert b"\r\nOriginal-Envelope-Id: QQ-314159\r\n" in octets


COVERAGE = (
    "يغطي التوقيع نص الخطاب ومرفقاته، ولا يغطي الترويسة",
    "covers text and attachments, not the header",
)


@pytest.mark.parametrize(
    ("signature", "told"),
    [
        ({"headers_protected": False, "header_protection": "warn"}, True),
        ({"headers_protected": False, "header_protection": "off"}, False),
        ({"headers_protected": True, "header_protection": "warn"}, False),
        (None, False),
    ],
)
async def test_the_dispatch_receipt_says_what_the_signature_does_not_cover(
    registry: Registry, receipting: Receipting, signature: dict[str, object] | None, told: bool
) -> None:
    letter = registry.letter(MOF, signature=signature)
    registry.seen(letter, MOF)
    assert await receipting.run_once() == 2
    for octets in registry.placed("Receipts"):
        body = message_from_bytes(octets, policy=default).get_body(("plain", "html"))
        assert body is not None
        text = " ".join(body.get_content().split())
        dispatched = b"Murasalat-Receipt: dispatch" in octets
        assert [words in text for words in COVERAGE] == [told and dispatched] * 2


async def test_what_the_sender_did_not_ask_for_is_not_placed_and_no_longer_owed(
    registry: Registry, receipting: Receipting
) -> None:
    letter = registry.letter(MOF, MOI, notify={MOF: "NEVER", MOI: "FAILURE"})
    assert await receipting.run_once() == 0
    registry.failed(letter, MOF)
    assert await receipting.run_once() == 0
    assert waiting(registry) == []
    assert (registry.placed("Receipts"), registry.placed("INBOX")) == ([], [])
    assert issued(registry, letter.letter_id) == []
    registry.failed(letter, MOI)
    registry.seen(letter, MOF)  # an opening is no delivery status
    assert await receipting.run_once() == 2
    assert len(registry.placed("INBOX")) == len(registry.placed("Receipts")) == 1


async def test_a_dispatch_receipt_names_those_alone_for_whom_it_was_asked(
    registry: Registry, receipting: Receipting
) -> None:
    registry.letter(
        MOF, MOI, notify={MOF: "DELAY SUCCESS", MOI: "NEVER"}, orcpt={MOF: "rfc822;R@mof.gov.example"}
    )
    assert await receipting.run_once() == 1
    (octets,) = registry.placed("Receipts")
    assert MOI not in octets.decode() + text(octets)
    assert b"\r\nOriginal-Recipient: rfc822; R@mof.gov.example\r\n" in octets
    events = [
        (one["event"], one.get("recipient", {}).get("office"))
        for one in records_in(evidence_file(octets)["bundle"])
    ]
    assert events == [("REGISTERED-IN", MOF), ("DELIVERED", MOF), ("ACCEPTED", None)]


@pytest.mark.parametrize(("ret", "returned"), [("FULL", b"\r\n\r\nbody\r\n"), ("HDRS", b""), ("", b"")])
async def test_ret_decides_what_of_the_letter_comes_back_with_a_failure(
    ret: str, returned: bytes, registry: Registry, receipting: Receipting
) -> None:
    letter = registry.letter(MOF, ret=ret, owe=False, delivered=False)
    registry.failed(letter)
    assert await receipting.run_once() == 1
    (octets,) = registry.placed("INBOX")
    assert (b"body\r\n" in octets) == bool(returned)
    assert returned in octets


async def test_a_success_brings_the_header_only(registry: Registry, receipting: Receipting) -> None:
    registry.letter(MOF, ret="FULL")
    await receipting.run_once()
    assert b"body\r\n" not in registry.placed("Receipts")[0]


async def test_a_letter_that_is_not_delivered_everywhere_is_told_so(
    registry: Registry, receipting: Receipting
) -> None:
    registry.letter(MOF, delivered=False)
    await receipting.run_once()
    (octets,) = registry.placed("Receipts")
    assert "Not delivered yet" in text(octets)
    assert b"\r\nAction: delayed\r\n" in octets


def sign_checkpoint(registry: Registry, log_key: LogSigner) -> None:
    registry.store.write(
        lambda unit: checkpoints.sign_due(unit, lambda body: log_key.note(ORIGIN, body), ORIGIN)
    )


async def test_records_are_proved_against_the_newest_checkpoint_over_them(
    registry: Registry, receipting: Receipting, log_key: LogSigner
) -> None:
    letter = registry.letter(MOF)
    sign_checkpoint(registry, log_key)
    for _ in range(3):
        registry.letter(MOI, owe=False)
    sign_checkpoint(registry, log_key)
    await receipting.run_once()
    bundle = evidence_file(registry.placed("Receipts")[0])["bundle"]
    records = records_in(bundle)
    assert {one["letter_id"] for one in records} == {letter.letter_id}
    assert [one["event"] for one in records] == [
        "REGISTERED-IN",
        "DELIVERED",
        "ACCEPTED",
    ]
    _, size, head = checkpoints.read_body(verify_note(bundle["checkpoint"], ORIGIN, log_key.public))
    assert size == 12
    for entry, record in zip(bundle["records"], records, strict=True):
        path = [base64.b64decode(bundle["nodes"][node], validate=True) for node in entry["inclusion"]]
        leaf = leaf_hash(canonical_json(record))
        assert root_from_inclusion(leaf, entry["log_index"], size, path) == head
    assert len(set(bundle["nodes"])) == len(bundle["nodes"])


async def test_a_checkpoint_that_covers_only_some_records_proves_none(
    registry: Registry, receipting: Receipting, log_key: LogSigner
) -> None:
    letter = registry.letter(MOF, delivered=False)
    sign_checkpoint(registry, log_key)
    registry.note(letter, Event.DELIVERED)
    await receipting.run_once()
    bundle = evidence_file(registry.placed("Receipts")[0])["bundle"]
    assert [one["log_index"] for one in bundle["records"]] == [1, 0]
    assert "checkpoint" not in bundle
    assert all("inclusion" not in one for one in bundle["records"])


async def test_more_than_one_batch_is_worked_off(
    registry: Registry, receipting: Receipting, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "BATCH", 2)
    for _ in range(5):
        registry.letter(MOF)
    assert [await receipting.run_once() for _ in range(4)] == [2, 2, 1, 0]
    references = [read(octets)["Murasalat-Reference"] for octets in registry.placed("Receipts")]
    assert references == [f"MOJ/2026/{number:06d}" for number in range(1, 6)]


async def test_a_hostile_subject_stays_in_its_place(registry: Registry, receipting: Receipting) -> None:
    subject = "x\u202e\u2066 <b>=?utf-8?B?DQpCY2M6IHg=?= Bcc: victim@gov.example"
    registry.letter(MOF, subject=subject)
    await receipting.run_once()
    (octets,) = registry.placed("Receipts")
    message = read(octets)
    assert message["Bcc"] is None
    assert message["Subject"] == "إيصال إرسال: MOJ/2026/000001 · Dispatched: MOF"
    assert "<b>=?utf-8?B?DQpCY2M6IHg=?= Bcc: victim@gov.example" in text(octets).replace("&lt;", "<").replace(
        "&gt;", ">"
    )
