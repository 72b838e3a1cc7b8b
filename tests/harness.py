"""A real gateway for tests: an instance in a directory, served from a thread or as its own process, and real clients.

`Site` makes instance, people and keys through the same functions that the command line calls. `serving` runs the
gateway inside the test's process, so that the clock can be chosen; `process` runs `murasalat serve` as an
administrator would.
"""

import asyncio
import imaplib
import itertools
import json
import os
import signal
import smtplib
import ssl
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import TypeVar

from admin_cli.init import SAMPLE, load_agencies, read_agencies
from gateway.app import Gateway
from gateway.config.tree import Config, ListenSection
from gateway.instance.founding import create
from gateway.instance.home import open_instance
from gateway.login.passwords import generate_secret, hash_secret, scram_keys
from gateway.mime.writing import mailbox, text_entity, words
from gateway.signatures.enrolment import read_key
from gateway.signatures.sealed import sealed
from gateway.signatures.sealing import Sealer
from mailstore.database.transaction import Store, Unit
from mailstore.directory import directory, keys
from policies.people.identity import Grant, Office, Officer, Right, System
from tests.authority import trusting

ROOT = Path(__file__).parent.parent
EVERYTHING = frozenset(Right)
T = TypeVar("T")
_serial = itertools.count(1)


def now() -> datetime:
    return datetime.now(UTC)


@dataclass(frozen=True)
class Where:
    """Where a served gateway listens."""

    submission: tuple[str, int]
    imap: tuple[str, int]
    systems: tuple[str, int]
    ca: str

    def context(self) -> ssl.SSLContext:
        return trusting(self.ca)


@dataclass
class Site:
    """An instance with its people; `secrets` are the app passwords by login."""

    home: Path
    clock: Callable[[], datetime] = now
    secrets: dict[str, str] = field(default_factory=dict)
    signers: dict[str, Sealer] = field(default_factory=dict)

    @classmethod
    def create(cls, home: Path, *, clock: Callable[[], datetime] = now, database: str = "") -> "Site":
        config = Config(listen=ListenSection(submission_port=0, imap_port=0))
        if database:
            config = config.model_copy(
                update={"database": config.database.model_copy(update={"url": database})}
            )
        create(home, config, clock())
        site = cls(home, clock)
        site.change(lambda unit: load_agencies(unit, read_agencies(SAMPLE), with_people=False))
        return site

    def change(self, act: Callable[[Unit], T]) -> T:
        opened = open_instance(self.home, clock=self.clock)
        try:
            return opened.store.write(act)
        finally:
            opened.close()

    def office(self, address: str, agency: str) -> None:
        self.change(lambda unit: directory.add_office(unit, Office(address, agency, "مكتب", "Office")))

    def officer(self, login: str, *offices: str, rights: frozenset[Right] = EVERYTHING) -> str:
        """Add a fictional officer acting for the offices; return the login."""
        secret = self.secrets[login] = generate_secret()
        grants = tuple(Grant(one, rights, primary=not index) for index, one in enumerate(offices))
        person = Officer(login, f"{login} المثال", f"{login} Al-Mithal", "كاتب", "Clerk", grants=grants)
        hashed = hash_secret(secret)
        self.change(lambda unit: directory.add_officer(unit, person, hashed, scram_keys(unit, login, secret)))
        return login

    def system(
        self, login: str, agency: str, office: str, networks: Sequence[str] = ("127.0.0.1/32",)
    ) -> str:
        secret = self.secrets[login] = generate_secret()
        program = System(login, agency, "نظام", "System", (office,), tuple(networks))
        hashed = hash_secret(secret)
        self.change(lambda unit: directory.add_system(unit, program, hashed, scram_keys(unit, login, secret)))
        return login

    def enroll(self, address: str, key: bytes) -> None:
        reading = read_key(key, address, self.clock())
        self.change(lambda unit: keys.enroll_key(unit, reading.key, reading.fingerprints))

    def signer(self, address: str, *, enrolled: bool = True) -> Sealer:
        """Return the office's signing key, made and enrolled at first use."""
        if address not in self.signers:
            signer = Sealer(self.home / f"signer-{len(self.signers)}", address)
            signer.create("Office key", "test")
            self.signers[address] = signer
            if enrolled:
                self.enroll(address, signer.public_key())
        return self.signers[address]

    def letter(
        self, sender: str, *to: str, subject: str = "خطاب", body: str = "نص", cc: Sequence[str] = ()
    ) -> bytes:
        """Return a letter signed by the sender office's key, as a mail program with header protection writes it."""
        fields = header_fields(sender, to, subject, cc, self.clock())
        kind = ("Content-Type", 'text/plain; charset="utf-8"; protected-headers="v1"; hp="clear"')
        entity = text_entity((kind, *fields), body.encode() + b"\r\n")
        return sealed(fields, entity, f"test {next(_serial)}", self.signer(sender).sign)

    def close(self) -> None:
        for signer in self.signers.values():
            signer.close()

    @contextmanager
    def serving(self) -> Iterator[Where]:
        """Serve from a thread of this process, with the site's clock."""
        loop = asyncio.new_event_loop()
        thread = threading.Thread(target=loop.run_forever, name="gateway", daemon=True)
        thread.start()

        async def start() -> tuple[Gateway, dict[str, tuple[str, int]]]:
            gateway = Gateway(open_instance(self.home, clock=self.clock), self.clock)
            return gateway, await gateway.start()

        gateway, listeners = asyncio.run_coroutine_threadsafe(start(), loop).result(30)
        try:
            yield Where(**listeners, ca=str(self.home / "ca.pem"))
        finally:
            asyncio.run_coroutine_threadsafe(gateway.close(), loop).result(60)
            loop.call_soon_threadsafe(loop.stop)
            thread.join(10)
            loop.close()

    @contextmanager
    def process(self) -> Iterator[tuple["subprocess.Popen[str]", Where]]:
        """Serve as its own process, as an administrator would."""
        server = start_process(self.home)
        try:
            yield server, read_ready(server)
        finally:
            if server.poll() is None:
                server.send_signal(signal.SIGTERM)
            server.wait(30)

    def store(self) -> Store:
        return open_instance(self.home, clock=self.clock).store


def header_fields(
    sender: str, to: Sequence[str], subject: str, cc: Sequence[str], when: datetime
) -> list[tuple[str, str]]:
    fields = [
        ("From", mailbox("مكتب المثال", sender)),
        ("To", ", ".join(to)),
        ("Subject", words(subject)),
        ("Date", f"{when:%a, %d %b %Y %H:%M:%S} +0000"),
        ("Message-ID", f"<test-{os.getpid()}-{next(_serial)}@gov.example>"),
    ]
    return [*fields[:2], ("Cc", ", ".join(cc)), *fields[2:]] if cc else fields


def start_process(home: Path) -> "subprocess.Popen[str]":
    with (home / "journal.log").open("ab") as journal:
        return subprocess.Popen(
            [sys.executable, "-m", "admin_cli", "serve", "--home", str(home)],
            stdout=subprocess.PIPE,
            stderr=journal,
            text=True,
            cwd=ROOT,
        )


def read_ready(server: "subprocess.Popen[str]") -> Where:
    assert server.stdout is not None
    line = json.loads(server.stdout.readline())
    assert line["ready"] is True
    listeners = {name: (where[0], where[1]) for name, where in line["listeners"].items()}
    return Where(**listeners, ca=line["ca"])


def submission(where: Where, login: str = "", secret: str = "") -> smtplib.SMTP_SSL:
    client = smtplib.SMTP_SSL(*where.submission, context=where.context(), timeout=30)
    if login:
        client.login(login, secret)
    return client


def send(client: smtplib.SMTP, sender: str, to: Sequence[str], octets: bytes) -> tuple[int, str]:
    """Send one message; return the code and the text of the last reply."""
    client.rset()
    code, text = client.mail(sender)
    for one in to:
        if code >= 400:
            break
        code, text = client.rcpt(one)
    if code < 400:
        code, text = client.data(octets)
    return code, text.decode()


def imap(where: Where, login: str, secret: str) -> imaplib.IMAP4_SSL:
    client = imaplib.IMAP4_SSL(*where.imap, ssl_context=where.context(), timeout=30)
    client.login(login, secret)
    return client
