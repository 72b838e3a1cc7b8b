"""SIGKILL under load: every acknowledged letter is there exactly once, whole, numbered without gaps, and evidenced.

The short form runs with the suite; `--long` runs 200 rounds.
"""

import hashlib
import random
import signal
import smtplib
import threading
import time
from dataclasses import dataclass, field

import pytest
from harness import Site, Where, imap, now, read_ready, send, start_process, submission

from gateway.evidence.checkpointing import note_checker
from gateway.instance.home import open_instance
from mailstore import outbox
from mailstore.integrity import verify
from mailstore.letters import letters

SENDER, TO = "registry@moj.gov.example", "registry@mof.gov.example"
SUBMITTERS = 6


@dataclass
class Ledger:
    """What the clients saw: octets waiting, and the number that each acknowledged letter was given."""

    waiting: list[bytes]
    acknowledged: dict[bytes, str] = field(default_factory=dict)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def take(self) -> bytes | None:
        with self.lock:
            return self.waiting.pop(0) if self.waiting else None

    def settle(self, octets: bytes, reply: tuple[int, str] | None) -> None:
        with self.lock:
            if reply is not None and reply[0] == 250:
                self.acknowledged[octets] = reply[1].split()[1]
            else:
                self.waiting.append(octets)  # no answer, or a deferral: the client tries again


def submit_until_dead(where: Where, secret: str, ledger: Ledger) -> None:
    """Send letters one after another until the server is gone or none is left."""
    while (octets := ledger.take()) is not None:
        reply = None
        try:
            with submission(where, "clerk.moj", secret) as client:
                while octets is not None:
                    reply = None
                    reply = send(client, SENDER, (TO,), octets)
                    ledger.settle(octets, reply)
                    octets = ledger.take()
                return
        except (smtplib.SMTPException, OSError):
            if octets is not None:
                ledger.settle(octets, None)
            return


def test_acknowledged_letters_survive_sigkill(site: Site, request: pytest.FixtureRequest) -> None:
    rounds, count = (200, 4000) if request.config.getoption("--long") else (5, 240)
    secret = site.secrets[site.officer("clerk.moj", SENDER)]
    site.officer("reader.mof", TO)
    ledger = Ledger([site.letter(SENDER, TO, subject=f"خطاب {number}") for number in range(count)])
    chance = random.Random(20200106)
    killed_under_load = 0
    for _round in range(rounds):
        server = start_process(site.home)
        where = read_ready(server)
        threads = [
            threading.Thread(target=submit_until_dead, args=(where, secret, ledger))
            for _one in range(SUBMITTERS)
        ]
        for thread in threads:
            thread.start()
        time.sleep(chance.uniform(0.2, 0.9))
        killed_under_load += any(thread.is_alive() for thread in threads)
        server.send_signal(signal.SIGKILL)
        server.wait(10)
        for thread in threads:
            thread.join(30)
        audit(site, ledger)
    assert killed_under_load >= rounds // 2
    with site.process() as (_server, where):
        submit_until_dead(where, secret, ledger)
        assert not ledger.waiting
        with imap(where, "reader.mof", site.secrets["reader.mof"]) as inbox:
            assert inbox.select("INBOX")[1] == [str(count).encode()]
        wait_for_receipts(site)
    audit(site, ledger)
    assert len(ledger.acknowledged) == count
    assert sorted(ledger.acknowledged.values()) == [
        f"MOJ/{now().year}/{number:06d}" for number in range(1, count + 1)
    ]


def wait_for_receipts(site: Site) -> None:
    """Receipts owed before the kills are made by the restarted worker."""
    opened = open_instance(site.home)
    try:
        for _attempt in range(600):
            if not opened.store.read(lambda connection: outbox.listed(connection, "owed")):
                return
            time.sleep(0.1)
    finally:
        opened.close()
    pytest.fail("receipts are still owed after a minute")


def audit(site: Site, ledger: Ledger) -> None:
    """Hold the ledger against what a fresh process finds in the store."""
    opened = open_instance(site.home)
    try:
        every = opened.store.read(lambda connection: letters.search(connection, letters.Search(limit=10_000)))
        report = opened.store.read(lambda connection: verify(connection, note_checker(opened)))
    finally:
        opened.close()
    assert not report.faults, report.faults[0]
    stored = {one.sha256: one.reference for one in every}
    assert len(stored) == len(every), "a letter is stored twice"
    for octets, reference in ledger.acknowledged.items():
        assert stored.get(hashlib.sha256(octets).hexdigest()) == reference
    numbers = sorted(int(one.reference.rpartition("/")[2]) for one in every)
    assert numbers == list(range(1, len(every) + 1)), "a number is missing"
