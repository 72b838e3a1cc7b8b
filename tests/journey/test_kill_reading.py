"""SIGKILL while officers read: nobody ever received an octet of a body without a durable record that names them.

Officers fetch letters that they were never handed, in small and large bites, while the gateway is killed at random.
After each kill what the clients received is held against the log that a fresh process finds; the evidence is intact.
The short form runs with the suite; `--long` kills a thousand times.
"""

import random
import re
import signal
import socket
import ssl
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field

import pytest
from harness import Site, Where, read_ready, send, start_process, submission

from mailstore.database.transaction import Reading
from mailstore.evidence import records as evidence
from mailstore.letters import letters
from tests.journey.audit import assert_intact, read, wait_for_receipts

SENDER, TO = "registry@moj.gov.example", "registry@mof.gov.example"
OFFICERS = ("reader.one", "reader.two", "reader.three")
ITEMS = (
    "BODY.PEEK[]",
    "BODY[]",
    "BODY.PEEK[TEXT]",
    "BODY.PEEK[1]",
    "BINARY.PEEK[1]",
    "RFC822.TEXT",
    "BODY.PEEK[TEXT]<0.1>",
)
_UID = re.compile(rb"\* [0-9]+ FETCH \(UID ([0-9]+)")
_LITERAL = re.compile(rb"\{([0-9]+)\}\r\n\Z")


@dataclass
class Ledger:
    """Which officer received body octets of which UID of the office's INBOX; and how far each has read."""

    received: set[tuple[str, int]] = field(default_factory=set)
    next_uid: dict[str, int] = field(default_factory=lambda: dict.fromkeys(OFFICERS, 1))
    lock: threading.Lock = field(default_factory=threading.Lock)

    def take(self, officer: str, most: int, last: int) -> tuple[int, int] | None:
        """Return a range of letters that the officer has not asked for yet."""
        with self.lock:
            first = self.next_uid[officer]
            if first > last:
                return None
            stop = min(last, first + most - 1)
            self.next_uid[officer] = stop + 1
            return first, stop


class Lines:
    """A connection that gives up what came, also when the server dies in the middle of it."""

    def __init__(self, where: Where) -> None:
        plain = socket.create_connection(where.imap, timeout=30)
        self._socket = where.context().wrap_socket(plain, server_hostname="127.0.0.1")
        self._buffer = b""

    def send(self, octets: bytes) -> None:
        self._socket.sendall(octets)

    def _more(self) -> None:
        piece = self._socket.recv(65_536)
        if not piece:
            raise ConnectionError
        self._buffer += piece

    def line(self) -> bytes:
        while b"\r\n" not in self._buffer:
            self._more()
        line, end, self._buffer = self._buffer.partition(b"\r\n")
        return line + end

    def octets(self, most: int) -> bytes:
        """Return at least one of the octets that are to come."""
        while not self._buffer:
            self._more()
        found, self._buffer = self._buffer[:most], self._buffer[most:]
        return found

    def close(self) -> None:
        self._socket.close()


def answers(lines: Lines, tag: bytes) -> Iterator[int]:
    """Give the UID of each FETCH response as soon as an octet of its body was received, up to the tagged answer."""
    while not (line := lines.line()).startswith(tag + b" "):
        uid = _UID.match(line)
        while literal := _LITERAL.search(line):
            missing = int(literal[1])
            while missing:
                missing -= len(lines.octets(missing))
                assert uid is not None
                yield int(uid[1])
            line = lines.line()


def read_until_dead(where: Where, officer: str, secret: str, ledger: Ledger, last: int, seed: int) -> None:
    """Fetch letters that were never fetched by this officer, until the server is gone or none is left."""
    choice = random.Random(seed)
    try:
        lines = Lines(where)
        lines.line()
        lines.send(f"a LOGIN {officer} {secret}\r\nb SELECT INBOX\r\n".encode())
        list(answers(lines, b"a"))
        list(answers(lines, b"b"))
        while (taken := ledger.take(officer, choice.choice((1, 1, 2, 3, 8)), last)) is not None:
            lines.send(f"c UID FETCH {taken[0]}:{taken[1]} (UID {choice.choice(ITEMS)})\r\n".encode())
            for uid in answers(lines, b"c"):
                ledger.received.add((officer, uid))
        lines.close()
    except (OSError, ssl.SSLError):
        return


def submit(where: Where, secret: str, site: Site, count: int) -> None:
    with submission(where, "clerk.moj", secret) as client:
        for number in range(count):
            assert send(client, SENDER, (TO,), site.letter(SENDER, TO, subject=f"خطاب {number}"))[0] == 250


def handed_over(site: Site) -> set[tuple[str, int]]:
    """Who was handed which UID of the office's INBOX, as the log says."""

    def act(connection: Reading) -> set[tuple[str, int]]:
        rows = connection.exec_driver_sql(
            "SELECT e.uid, e.letter_id FROM entries e JOIN mailboxes m ON m.id = e.mailbox"
            " WHERE m.office = ? AND m.name = 'INBOX' AND e.letter_id IS NOT NULL",
            (TO,),
        )
        uids = {letter_id: uid for uid, letter_id in rows}
        records = connection.exec_driver_sql(
            "SELECT letter_id, actor, office FROM evidence WHERE event = 'HANDED-OVER'"
        )
        return {(actor, uids[letter_id]) for letter_id, actor, office in records if office == TO}

    return read(site, act)


def named(site: Site, ledger: Ledger) -> None:
    """Every record names the person in full, once."""

    def act(connection: Reading) -> list[str]:
        flaws = []
        for letter in letters.search(connection, letters.Search(limit=20)):
            people = [
                one.members["actor"]["login"]
                for one in evidence.of_letter(connection, letter.letter_id)
                if one.event == "HANDED-OVER"
                and one.members["actor"]["name_en"]
                and one.members["actor"]["post_ar"]
            ]
            flaws += [letter.reference for one in set(people) if people.count(one) > 1]
        return flaws

    assert ledger.received
    assert read(site, act) == []


@pytest.mark.timeout(7200)
def test_no_body_is_received_without_a_durable_named_record(
    site: Site, request: pytest.FixtureRequest
) -> None:
    long = request.config.getoption("--long")
    kills, letters_a_round = (1000, 12) if long else (10, 6)
    secret = site.secrets[site.officer("clerk.moj", SENDER)]
    for officer in OFFICERS:
        site.officer(officer, TO)
    chance = random.Random(9)
    ledger = Ledger()
    cut_while_reading = last = 0
    for number in range(kills):
        server = start_process(site.home)
        where = read_ready(server)
        submit(where, secret, site, letters_a_round)
        last += letters_a_round
        threads = [
            threading.Thread(
                target=read_until_dead,
                args=(where, officer, site.secrets[officer], ledger, last, chance.randrange(10**9)),
            )
            for officer in OFFICERS
            for _session in range(2 if long else 1)
        ]
        for thread in threads:
            thread.start()
        before = len(ledger.received)
        while len(ledger.received) < before + chance.randrange(1, 2 * letters_a_round):
            if not any(thread.is_alive() for thread in threads):
                break
            time.sleep(0.001)
        cut_while_reading += any(thread.is_alive() for thread in threads)
        server.send_signal(signal.SIGKILL)
        server.wait(10)
        for thread in threads:
            thread.join(30)
        missing = ledger.received - handed_over(site)
        assert not missing, f"round {number}: received without a record: {sorted(missing)[:5]}"
        if not long or number % 50 == 0:
            assert_intact(site)
    assert cut_while_reading >= kills // 2
    assert len(ledger.received) >= 2 * kills
    named(site, ledger)
    with site.process():
        wait_for_receipts(site)
    assert_intact(site)
