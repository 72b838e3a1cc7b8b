"""One letter whose recipients a system splits over several transactions: one number, everybody once, all intact."""

import email.policy
import json
import shutil
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest
from harness import Site, imap, now

from mailstore.database.transaction import Unit
from mailstore.directory import systems
from mailstore.evidence import records as evidence
from mailstore.letters import letters
from policies.evidence import Event, Evidence
from tests.journey.audit import (
    assert_intact,
    every_letter,
    log_size,
    read,
    records,
    refusals,
    traced,
    wait_for_receipts,
)
from tests.journey.commands import command
from tests.journey.test_old_systems import CLERK, MOF, MOI, MOL, SCAN, Scene, filled, letter, sent

ALL = f"{MOF}, {MOI}, {MOL}"


class Clock:
    """The present, some time later."""

    def __init__(self) -> None:
        self.later = timedelta()

    def __call__(self) -> datetime:
        return now() + self.later


@pytest.fixture(scope="module", params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def scene(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Scene]:
    home = tmp_path_factory.mktemp("split") / "home"
    if request.param == "sqlite":
        shutil.copytree(request.getfixturevalue("bare_home"), home)
        site = Site(home, Clock())
    else:
        server = request.getfixturevalue("postgres")
        site = Site.create(home, clock=Clock(), database=server.url(server.create()))
    filled(site)
    with site.serving() as where:
        yield Scene(site, where)
    assert_intact(site)
    site.close()


def events(scene: Scene, reference: str) -> list[str]:
    return [
        one.event
        for one in records(scene.site, reference)
        if one.event not in {"RECEIPT-ISSUED", "HANDED-OVER", "SEEN"}
    ]


def receipts_about(scene: Scene, reference: str) -> list[bytes]:
    """The receipts about a letter in its sender's mailbox, oldest first."""
    return [one for one in scene.inbox(CLERK, "Receipts") if reference.encode() in one]


def test_the_same_octets_get_the_same_number_and_new_recipients_are_added(scene: Scene) -> None:
    octets = letter(to=ALL)
    before = len(every_letter(scene.site))
    with scene.client("split.moj") as client:
        code, text = sent(client, octets, (MOF,))
        assert code == 250, text
        assert sent(client, octets, (MOI,), options=" NOTIFY=NEVER ORCPT=rfc822;moi") == (code, text)
        wait_for_receipts(scene.site)
        size = log_size(scene.site)
        for again in ((MOF,), (MOI,), (MOI, MOF)):
            assert sent(client, octets, again) == (code, text)
        assert log_size(scene.site) == size, "whoever has it already gets nothing, and nothing is written"
        assert sent(client, octets, (MOF, MOL)) == (code, text)
    wait_for_receipts(scene.site)
    reference = text.split()[1]
    assert len(every_letter(scene.site)) == before + 1
    assert events(scene, reference) == [
        *("ACCEPTED", "DELIVERED", "REGISTERED-IN"),
        *("RECIPIENTS-ADDED", "DELIVERED", "REGISTERED-IN"),
        *("RECIPIENTS-ADDED", "DELIVERED", "REGISTERED-IN"),
    ]
    found = traced(scene.site, reference)
    assert [(one["office"], one["status"]) for one in found["recipients"]] == [
        (MOF, "DELIVERED"),
        (MOI, "DELIVERED"),
        (MOL, "DELIVERED"),
    ]
    assert len({one["incoming_reference"] for one in found["recipients"]}) == 3
    for login in ("reader.mof", "reader.moi", "reader.mol"):
        for box in ("INBOX", "Archive"):
            copies = [one for one in scene.inbox(login, box) if one.endswith(octets)]
            assert [one.count(reference.encode()) for one in copies] == [1], (login, box)
    assert len([one for one in scene.inbox(CLERK, "Sent") if one.endswith(octets)]) == 1
    assert_intact(scene.site)
    done = command(scene.site.home, "evidence", "verify")
    assert done.code == 0, done


def test_the_records_say_who_added_whom_and_what_was_asked(scene: Scene) -> None:
    octets = letter(to=ALL)
    with scene.client("split.moj", "old-dms") as client:
        _code, text = sent(client, octets, (MOF,))
        sent(client, octets, (MOI,), options=" NOTIFY=SUCCESS ORCPT=rfc822;moi")
    reference = text.split()[1]
    facts = [one.members for one in records(scene.site, reference)]
    accepted, added = facts[0], next(one for one in facts if one["event"] == "RECIPIENTS-ADDED")
    assert accepted["detail"]["named_only"] == [MOI, MOL]
    assert added["detail"]["named_only"] == [MOF, MOL]
    assert added["detail"]["added"] == [MOI]
    assert added["detail"]["recipients"] == [{"office": MOI, "notify": ["SUCCESS"], "orcpt": "rfc822;moi"}]
    assert (added["detail"]["channel"], added["detail"]["source"]) == ("systems", "127.0.0.1")
    assert (added["actor"]["login"], added["actor"]["client"]) == ("split.moj", "old-dms")
    assert added["rests_on"] == [accepted["evidence_id"]]
    assert (added["sha256"], added["reference"]) == (accepted["sha256"], reference)
    placed = [one for one in facts if one["event"] == "DELIVERED"]
    assert [one["rests_on"] for one in placed] == [[accepted["evidence_id"]], [added["evidence_id"]]]
    addressees = read(scene.site, lambda connection: letters.addressees(connection, accepted["letter_id"]))
    assert [(one.office, one.notify, one.orcpt) for one in addressees] == [
        (MOF, "", ""),
        (MOI, "SUCCESS", "rfc822;moi"),
    ]


def test_each_transaction_has_a_dispatch_receipt_about_its_own_recipients(scene: Scene) -> None:
    octets = letter(to=ALL)
    with scene.client("split.moj") as client:
        _code, text = sent(client, octets, (MOF,))
        sent(client, octets, (MOI, MOL))
    wait_for_receipts(scene.site)
    reference = text.split()[1]
    found = {one["office"]: one["incoming_reference"] for one in traced(scene.site, reference)["recipients"]}
    first, second = (decoded(one) for one in receipts_about(scene, reference))
    assert found[MOF] in first
    assert found[MOF] not in second
    for office in (MOI, MOL):
        assert found[office] in second
        assert found[office] not in first


def decoded(receipt: bytes) -> str:
    """What the parts of a receipt say that tell about recipients."""
    message: Any = email.message_from_bytes(receipt, policy=email.policy.default)
    texts = [part.get_content() for part in message.walk() if part.get_content_maintype() == "text"]
    return "\n".join(one for one in texts if isinstance(one, str))


def test_who_was_added_opens_the_letter_like_anyone(scene: Scene) -> None:
    octets = letter(to=ALL)
    with scene.client("split.moj") as client:
        _code, text = sent(client, octets, (MOF,))
        sent(client, octets, (MOI,))
    reference = text.split()[1]
    with imap(scene.where, "reader.moi", scene.site.secrets["reader.moi"]) as client:
        client.select("INBOX")
        _status, found = client.search(None, "HEADER", "Murasalat-Reference", f'"{reference}"')
        assert client.fetch(found[0].decode(), "(BODY[])")[1][0][1].endswith(octets)
    wait_for_receipts(scene.site)
    statuses = {one["office"]: one["status"] for one in traced(scene.site, reference)["recipients"]}
    assert statuses == {MOF: "DELIVERED", MOI: "SEEN"}
    assert len(receipts_about(scene, reference)) == 3


def test_the_right_is_the_systems_own_and_relaxes_nothing_else(scene: Scene) -> None:
    octets = letter(to=ALL)
    assert scene.refused(octets, (MOF,)) == "HEADERS-DIFFER"  # scan.moj has no such right
    reference = scene.accept(octets, (MOF,), "split.moj")
    for login in ("scan.moj", "other.moj"):
        assert scene.refused(octets, (MOI,), login) in {"HEADERS-DIFFER", "REPLAY"}
    assert refusals(scene.site)[0]["reason"] == "REPLAY", (
        "another system that may split adds nothing to this one's"
    )
    assert scene.refused(octets.replace(MOL.encode(), b"x"), (MOI,), "split.moj") == "MALFORMED"
    assert scene.refused(letter(to=MOF), (MOF, MOI), "split.moj") == "BCC-FORBIDDEN"
    altered = octets + b"more\r\n"
    assert scene.accept(altered, (MOI,), "split.moj") != reference
    assert [one["office"] for one in traced(scene.site, reference)["recipients"]] == [MOF]


@pytest.mark.parametrize("hours", [23, 25])
def test_recipients_are_added_for_a_day(scene: Scene, hours: int) -> None:
    octets = letter(to=ALL)
    reference = scene.accept(octets, (MOF,), "split.moj")
    clock = scene.site.clock
    assert isinstance(clock, Clock)
    clock.later += timedelta(hours=hours)
    try:
        if hours < 24:
            assert scene.accept(octets, (MOI,), "split.moj") == reference
        else:
            assert scene.refused(octets, (MOI,), "split.moj") == "REPLAY"
            assert scene.accept(octets, (MOF,), "split.moj") == reference
    finally:
        wait_for_receipts(scene.site)


def test_nothing_is_added_to_a_voided_letter(scene: Scene) -> None:
    octets = letter(to=ALL)
    reference = scene.accept(octets, (MOF,), "split.moj")
    letter_id = traced(scene.site, reference)["letter_id"]

    def void(unit: Unit) -> None:
        letters.void(unit, letter_id)
        issuer = evidence.issuer_of(evidence.of_letter(unit.connection, letter_id)[0].members)
        fact = Evidence(evidence.new_id(unit), Event.VOIDED, unit.now, unit.now, issuer, letter_id)
        evidence.append(unit, fact)

    scene.site.change(void)
    assert scene.refused(octets, (MOI,), "split.moj") == "REPLAY"


def test_the_right_is_shown_given_and_taken_by_command(scene: Scene) -> None:
    home = scene.site.home
    words = (
        "--agency",
        "MOJ",
        "--office",
        SCAN,
        "--name-ar",
        "ن",
        "--name-en",
        "N",
        "--network",
        "127.0.0.1",
    )
    login = f"made{log_size(scene.site)}.moj"
    done = command(home, "--json", "system", "add", login, *words, "--split-recipients")
    assert (done.code, '"split_recipients": true' in done.out) == (0, True), done

    def listed() -> bool:
        every = json.loads(command(home, "--json", "system", "list").out)
        rows = every["systems"] if isinstance(every, dict) else every
        return next(one["split_recipients"] for one in rows if one["login"] == login)

    assert listed() is True
    assert command(home, "system", "set", login, "--no-split-recipients").code == 0
    assert listed() is False
    assert command(home, "system", "set", "nobody", "--split-recipients").code == 4
    assert command(home, "system", "set", CLERK, "--split-recipients").code == 4


def test_a_right_taken_away_ends_in_an_open_session(scene: Scene) -> None:
    octets = letter(to=ALL)
    with scene.client("split.moj") as client:
        assert sent(client, octets, (MOF,))[0] == 250
        scene.site.change(lambda unit: systems.change_system(unit, "split.moj", split_recipients=False))
        try:
            code, text = sent(client, octets, (MOI,))
            assert (code, "[HEADERS-DIFFER]" in text) == (550, True), text
        finally:
            scene.site.change(lambda unit: systems.change_system(unit, "split.moj", split_recipients=True))
