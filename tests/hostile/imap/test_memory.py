"""How much memory a served process takes: a 24 MiB letter, many clients, and clients that do not read.

The gateway runs as its own process, and what is looked at is the most memory that it ever had resident.
"""

import base64
import hashlib
import os
import socket
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from harness import Site, Where

from tests.dialogs.imap.rig import MOF, MOJ, deliver

MIB = 2**20
CLIENTS = 10
GROWTH = 80 * MIB
"""All clients together; one letter alone is 24 MiB, and held by each it would be 240."""


@dataclass
class Served:
    """A process that serves, and the letter in it."""

    pid: int
    where: Where
    secret: str
    letter: bytes = field(repr=False)
    attachment: bytes = field(repr=False)

    def resident(self, name: str) -> int:
        for line in Path(f"/proc/{self.pid}/status").read_text().splitlines():
            if line.startswith(f"{name}:"):
                return int(line.split()[1]) * 1024
        raise LookupError(name)

    def forget_the_peak(self) -> int:
        """Begin to look for the peak anew; return what is resident now."""
        Path(f"/proc/{self.pid}/clear_refs").write_text("5")
        return self.resident("VmRSS")


class Client:
    """A client that reads only when it is told to."""

    def __init__(self, served: Served, *, patient: bool = False) -> None:
        plain = socket.create_connection(served.where.imap, timeout=60)
        if patient:
            plain.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 32_768)
        self.socket = served.where.context().wrap_socket(plain, server_hostname="127.0.0.1")
        self.file = self.socket.makefile("rb")
        assert self.file.readline().startswith(b"* OK")
        self.ask(f"LOGIN noura {served.secret}")
        self.ask("SELECT INBOX")

    def send(self, command: str) -> None:
        self.socket.sendall(f"a {command}\r\n".encode())

    def ask(self, command: str) -> list[bytes]:
        self.send(command)
        return self.heard()

    def heard(self) -> list[bytes]:
        """Return the literals up to the tagged answer, which is OK."""
        literals = []
        while not (line := self.file.readline()).startswith(b"a "):
            assert line
            while line.endswith(b"}\r\n"):
                literals.append(self.file.read(int(line[line.rindex(b"{") + 1 : -3])))
                line = self.file.readline()
        assert line.startswith(b"a OK"), line
        return literals


@pytest.fixture
def served(site: Site) -> Iterator[Served]:
    attachment = os.urandom(MIB) * 17
    encoded = base64.encodebytes(attachment).replace(b"\n", b"\r\n")
    letter = (
        b"From: a@moj.gov.example\r\nTo: b@mof.gov.example\r\nSubject: large\r\nMessage-ID: <large@moj.gov.example>\r\n"
        b"MIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=x\r\n\r\n"
        b"--x\r\nContent-Type: text/plain\r\n\r\nhere it is\r\n--x\r\nContent-Type: application/pdf\r\n"
        b"Content-Transfer-Encoding: base64\r\n\r\n" + encoded + b"--x--\r\n"
    )
    site.officer("huda", MOJ)
    secret = site.secrets[site.officer("noura", MOF)]
    site.change(lambda unit: deliver(unit, letter))
    with site.process() as (process, where):
        yield Served(process.pid, where, secret, letter, attachment)


def test_ten_clients_that_fetch_a_large_letter_do_not_hold_it_in_memory(served: Served) -> None:
    clients = [Client(served, patient=True) for _ in range(CLIENTS)]
    honest = Client(served)
    honest.ask("FETCH 1 BODY.PEEK[2]<0.1>")  # the structure is known
    before = served.forget_the_peak()
    items = ("BODY.PEEK[]", "BODY.PEEK[2]", "BINARY.PEEK[2]", "RFC822", "BODY.PEEK[TEXT]<100.24000000>")
    for number, client in enumerate(clients):
        client.send(f"FETCH 1 {items[number % len(items)]}")
    (whole,) = honest.ask("FETCH 1 BODY.PEEK[]")
    assert whole.endswith(served.letter)
    for client, item in zip(clients, items * 2, strict=True):
        (literal,) = client.heard()
        if item.startswith("BINARY"):
            assert hashlib.sha256(literal).digest() == hashlib.sha256(served.attachment).digest()
        else:
            assert literal in whole
    assert served.resident("VmHWM") - before < GROWTH


def test_a_hundred_sections_of_a_large_letter_are_sent_one_after_the_other(served: Served) -> None:
    """What is asked for is 2 GiB; the client takes some of it and goes."""
    honest = Client(served)
    honest.ask("FETCH 1 BODY.PEEK[2]<0.1>")
    before = served.forget_the_peak()
    for kind in ("BODY.PEEK[2]", "BINARY.PEEK[2]", "BODY.PEEK[TEXT]"):
        client = Client(served, patient=True)
        client.send(f"FETCH 1 ({' '.join(f'{kind}<{start}.24000000>' for start in range(100))})")
        assert b"FETCH (" in client.file.readline()
        client.file.read(26 * MIB)
        client.socket.close()
        assert honest.ask("NOOP") == []
    assert served.resident("VmHWM") - before < GROWTH


def test_large_uploads_that_are_not_ended_are_all_that_is_held(served: Served) -> None:
    """A refused literal is thrown away as it comes."""
    client = Client(served)
    before = served.forget_the_peak()
    client.socket.sendall(b"b APPEND Drafts {27000000+}\r\n")
    for _ in range(27):
        client.socket.sendall(b"x" * 1_000_000)
    client.socket.sendall(b"\r\n")
    assert client.file.readline().startswith(b"b NO [TOOBIG]")
    assert served.resident("VmHWM") - before < 4 * MIB
