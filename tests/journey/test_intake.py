"""Submissions over the real listener: what ends up in the evidence, what happens side by side, and what is owed."""

import shutil
import smtplib
import sqlite3
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from harness import EVERYTHING, Site, Where, now, send, submission

from mailstore import outbox
from mailstore.database.transaction import Unit
from mailstore.directory import directory
from mailstore.letters import letters
from mailstore.mailboxes import contents
from policies.people.identity import Grant, Right
from tests.journey.audit import (
    assert_intact,
    every_letter,
    log_size,
    numbers,
    read,
    records,
    refusals,
    traced,
    wait_for_receipts,
)

SENDER, TO, COPY = "registry@moj.gov.example", "registry@mof.gov.example", "registry@moi.gov.example"


@dataclass
class Scene:
    site: Site
    where: Where
    started: threading.Event = field(default_factory=threading.Event)
    """Set when letters are being sent side by side."""

    def client(self, login: str = "clerk.moj") -> smtplib.SMTP_SSL:
        return submission(self.where, login, self.site.secrets[login])

    def last(self) -> int:
        """Return the last number that was given to a letter."""
        return max(numbers(self.site), default=0)

    def send(self, octets: bytes, to: Sequence[str] = (TO,)) -> tuple[int, str]:
        with self.client() as client:
            return send(client, SENDER, to, octets)

    def accept(self, *to: str) -> str:
        code, text = self.send(self.site.letter(SENDER, *to), to)
        assert code == 250, text
        return text.split()[1]

    def side_by_side(self, every: Sequence[bytes], to: Sequence[Sequence[str]] = ()) -> list[tuple[int, str]]:
        """Send letters on a connection each, all at the same moment; return the replies in the letters' order."""
        start = threading.Barrier(len(every), action=self.started.set)
        replies: dict[int, tuple[int, str]] = {}

        def submit(number: int) -> None:
            with self.client() as client:
                start.wait(30)
                replies[number] = send(client, SENDER, to[number] if to else (TO,), every[number])

        threads = [threading.Thread(target=submit, args=(number,)) for number in range(len(every))]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(60)
        return [replies[number] for number in range(len(every))]


@pytest.fixture(scope="module")
def scene(bare_home: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Scene]:
    home = tmp_path_factory.mktemp("intake") / "home"
    shutil.copytree(bare_home, home)
    site = Site(home)
    site.officer("clerk.moj", SENDER)
    site.signer(SENDER)
    with site.serving() as where:
        yield Scene(site, where)
    site.close()


def test_dsn_parameters_are_kept_with_the_letter(scene: Scene) -> None:
    octets = scene.site.letter(SENDER, TO, cc=(COPY,))
    with scene.client() as client:
        client.mail(SENDER, ["ENVID=QQ+2B314159", "RET=HDRS"])
        client.rcpt(TO, ["NOTIFY=SUCCESS,FAILURE", "ORCPT=rfc822;Registry@mof.gov.example"])
        client.rcpt(COPY, ["NOTIFY=NEVER"])
        code, text = client.data(octets)
    assert code == 250, text
    reference = text.split()[1].decode()
    detail = records(scene.site, reference)[0].members["detail"]
    assert (detail["envid"], detail["ret"], detail["channel"]) == ("QQ+2B314159", "HDRS", "submission")
    assert detail["tls"].startswith("TLSv1.3 TLS_")
    assert detail["recipients"] == [
        {
            "office": TO,
            "notify": ["FAILURE", "SUCCESS"],
            "orcpt": "rfc822;Registry@mof.gov.example",
        },
        {"office": COPY, "notify": ["NEVER"]},
    ]
    letter = every_letter(scene.site)[-1]
    addressees = read(scene.site, lambda connection: letters.addressees(connection, letter.letter_id))
    assert [(one.notify, one.orcpt) for one in addressees] == [
        ("FAILURE SUCCESS", "rfc822;Registry@mof.gov.example"),
        ("NEVER", ""),
    ]
    bare = scene.accept(TO)
    assert not {"envid", "ret", "recipients"} & records(scene.site, bare)[0].members["detail"].keys()


def test_twenty_clients_at_once_leave_no_gap(scene: Scene) -> None:
    every = [scene.site.letter(SENDER, TO, subject=str(number)) for number in range(20)]
    last = scene.last()
    replies = scene.side_by_side(every)
    assert {code for code, _text in replies} == {250}
    wanted = [f"MOJ/{now().year}/{last + number:06d}" for number in range(1, 21)]
    assert sorted(text.split()[1] for _code, text in replies) == wanted
    incoming = sorted(
        int(one["incoming_reference"].rpartition("/")[2])
        for reference in wanted
        for one in traced(scene.site, reference)["recipients"]
    )
    assert incoming == list(range(incoming[0], incoming[0] + 20))


def test_a_bad_letter_in_a_group_fails_alone(scene: Scene) -> None:
    """One of the group breaks in the middle of its own unit, one is a replay: the others never notice."""
    with closing(sqlite3.connect(scene.site.home / "murasalat.db")) as direct:
        direct.execute("UPDATE mailboxes SET name = 'Lost' WHERE office = ? AND name = 'Archive'", (COPY,))
        direct.commit()
    first = scene.site.letter(SENDER, TO)
    assert scene.send(first)[0] == 250
    last = scene.last()
    good = [scene.site.letter(SENDER, TO, subject=str(number)) for number in range(6)]
    every = [*good[:3], scene.site.letter(SENDER, COPY), b"X-Again: 1\r\n" + first, *good[3:]]
    to = [(COPY,) if number == 3 else (TO,) for number in range(len(every))]
    replies: list[tuple[int, str]] = []
    with closing(sqlite3.connect(scene.site.home / "murasalat.db", isolation_level=None)) as other:
        other.execute(
            "BEGIN IMMEDIATE"
        )  # while another holds the lock, the letters queue for one transaction
        sending = threading.Thread(target=lambda: replies.extend(scene.side_by_side(every, to)))
        sending.start()
        assert scene.started.wait(30)
        time.sleep(1.0)
        other.execute("ROLLBACK")
    sending.join(60)
    codes = [code for code, _text in replies]
    assert codes == [250, 250, 250, 451, 550, 250, 250, 250], replies
    assert "[REPLAY]" in replies[4][1]
    assert "[UNAVAILABLE]" in replies[3][1]
    assert numbers(scene.site) == list(range(1, last + 7))
    new = [text.split()[1] for code, text in replies if code == 250]
    times = Counter(records(scene.site, one)[0].members["recorded_time"] for one in new)
    assert max(times.values()) > 1, "no two letters were in one transaction"
    with closing(sqlite3.connect(scene.site.home / "murasalat.db")) as direct:
        direct.execute("UPDATE mailboxes SET name = 'Archive' WHERE name = 'Lost'")
        direct.commit()
    assert scene.send(every[3], (COPY,))[1].split()[1] == f"MOJ/{now().year}/{last + 7:06d}"


def test_a_receipt_is_owed_once_for_each_letter(scene: Scene) -> None:
    octets = scene.site.letter(SENDER, TO)
    replies = scene.side_by_side([octets] * 5)
    assert len(set(replies)) == 1
    assert replies[0][0] == 250
    assert scene.send(octets) == replies[0]
    wait_for_receipts(scene.site)
    every = every_letter(scene.site)
    done = read(scene.site, lambda connection: outbox.listed(connection, "done"))
    assert sorted((one.kind, one.letter_id) for one in done) == sorted(
        ("dispatch", one.letter_id) for one in every
    )
    for one in every:
        words = [record.event for record in records(scene.site, one.reference)]
        assert words.count("RECEIPT-ISSUED") == words.count("ACCEPTED") == 1


def test_the_trace_tells_in_order_what_happened(scene: Scene) -> None:
    reference = scene.accept(TO, COPY)
    wait_for_receipts(scene.site)
    found = traced(scene.site, reference)
    events = [(one["event"], one.get("office", "")) for one in found["events"]]
    assert events == [
        ("ACCEPTED", ""),
        ("DELIVERED", TO),
        ("REGISTERED-IN", TO),
        ("DELIVERED", COPY),
        ("REGISTERED-IN", COPY),
        ("RECEIPT-ISSUED", ""),
    ]
    indices = [one["log_index"] for one in found["events"]]
    assert indices == sorted(indices)
    times = [one["at"] for one in found["events"]]
    assert times == sorted(times)
    accepted = found["events"][0]
    assert accepted["actor"]["login"] == "clerk.moj"
    rests = [one.members.get("rests_on") for one in records(scene.site, reference)]
    assert rests == [None, *[[accepted["evidence_id"]]] * 5]


def test_an_office_named_twice_gets_one_copy_in_its_first_place(scene: Scene) -> None:
    octets = scene.site.letter(SENDER, TO, COPY)
    code, text = scene.send(octets, (COPY, TO, "Registry@MOI.gov.example"))
    assert code == 250, text
    found = traced(scene.site, text.split()[1])
    assert [one["office"] for one in found["recipients"]] == [COPY, TO]
    words = Counter(one["event"] for one in found["events"])
    assert words["DELIVERED"] == 2


def test_a_refusal_is_evidence_and_keeps_no_letter(scene: Scene) -> None:
    octets = scene.site.letter(SENDER, TO).replace(b"Subject:", b"Bcc: x@moi.gov.example\r\nSubject:", 1)
    wait_for_receipts(scene.site)
    before, last = log_size(scene.site), scene.last()
    code, text = scene.send(octets)
    assert (code, "[BCC-FORBIDDEN]" in text) == (550, True), text
    assert log_size(scene.site) == before + 1
    fact = refusals(scene.site)[0]
    assert (fact["event"], fact["reason"]) == ("REJECTED", "BCC-FORBIDDEN")
    assert fact["actor"]["login"] == "clerk.moj"
    assert fact["detail"]["size"] == len(octets)
    assert fact["detail"]["recipients"] == [TO]
    assert scene.last() == last
    stored = read(scene.site, lambda connection: contents.octets_of(connection, [fact["sha256"]]))
    assert stored == {}


TAKEN: dict[str, Callable[[Unit], None]] = {
    "grant": lambda unit: directory.revoke_grant(unit, "grant.moj", SENDER),
    "account": lambda unit: directory.suspend_account(unit, "account.moj", suspended=True),
    "right": lambda unit: directory.grant(unit, "right.moj", Grant(SENDER, EVERYTHING - {Right.SEND})),
    "agency": lambda unit: directory.change_agency(unit, "MOJ", suspended=True),
}


@pytest.mark.parametrize("what", TAKEN)
def test_a_right_taken_away_ends_in_an_open_session(scene: Scene, what: str) -> None:
    site = scene.site
    with scene.client(site.officer(f"{what}.moj", SENDER)) as client:
        assert send(client, SENDER, (TO,), site.letter(SENDER, TO))[0] == 250
        site.change(TAKEN[what])
        code, text = send(client, SENDER, (TO,), site.letter(SENDER, TO))
        site.change(lambda unit: directory.change_agency(unit, "MOJ", suspended=False))
        assert (code, "[SENDER-MISMATCH]" in text) == (550, True), text


def test_after_all_of_it_everything_agrees(scene: Scene) -> None:
    wait_for_receipts(scene.site)
    assert numbers(scene.site) == list(range(1, scene.last() + 1))
    assert_intact(scene.site)
