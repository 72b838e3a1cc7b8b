"""A submission service on loopback TLS with a throw-away authority, and what a test says to it."""

import asyncio
import base64
import ssl
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any

from gateway.login.attempts import Credentials, Login
from gateway.login.passwords import hash_secret
from gateway.login.scram import stored_keys
from gateway.login.throttle import Throttle
from gateway.net.tls import cut, server_context
from gateway.smtp.settings import Ports, Settings
from gateway.smtp.submission import SubmissionService
from policies.envelope import Envelope
from policies.outcome import Outcome, Registered
from policies.people.directory import Directory
from policies.people.identity import Account, Grant, Officer, Right, System
from policies.words.reasons import Reason
from tests.authority import Authority, trusting

NOW = datetime(2026, 11, 24, 8, 0, tzinfo=UTC)
SECRET = "abcd-efgh-jkmn-pqrs"
OFFICE = "registry@moj.gov.example"

OFFICER = Account(
    "noura",
    "",
    officer=Officer(
        "noura",
        "نورة",
        "Noura",
        "مسؤولة التسجيل",
        "Registrar",
        grants=(Grant(OFFICE, frozenset({Right.SEND})),),
    ),
)
SUSPENDED = Account("gone", "", officer=Officer("gone", "س", "Gone", "س", "None", suspended=True))
SYSTEM = Account(
    "dms", "", system=System("dms", "MOJ", "نظام", "Document system", (OFFICE,), ("127.0.0.0/8",), "ab")
)
FAR_SYSTEM = Account(
    "far", "", system=System("far", "MOJ", "نظام", "Far system", (OFFICE,), ("10.9.0.0/16",))
)
WITHOUT_SCRAM = Account("old", "", officer=Officer("old", "س", "Old", "س", "Clerk"))
ACCOUNTS = {account.login: account for account in (OFFICER, SUSPENDED, SYSTEM, FAR_SYSTEM, WITHOUT_SCRAM)}
SALT_KEY = b"k" * 32
DIRECTORY = Directory(
    1,
    officers={login: account.officer for login, account in ACCOUNTS.items() if account.officer},
    systems={login: account.system for login, account in ACCOUNTS.items() if account.system},
    passwords={login: frozenset({""}) for login in ACCOUNTS},
)


@cache
def stored_hash() -> str:
    """One hash for all: making it takes a while."""
    return hash_secret(SECRET)


@dataclass
class World:
    """A running service, and what it was asked to do."""

    port: int
    service: SubmissionService
    authority: Authority
    login: Login
    submitted: list[tuple[Envelope, bytes]] = field(default_factory=list)
    rejected: list[tuple[Envelope, Reason, str]] = field(default_factory=list)
    outcome: Callable[[], Outcome] = lambda: Registered("L1", "MOJ/2026/000001")
    directory: Directory = DIRECTORY
    hold: asyncio.Event | None = None
    entered: asyncio.Event = field(default_factory=asyncio.Event)
    certificates: dict[str, Account] = field(default_factory=dict)
    reject_raises: Exception | None = None
    clients: list["Client"] = field(default_factory=list)

    def client_context(self, certificate: tuple[Path, Path, str] | None = None) -> ssl.SSLContext:
        """Return the TLS of a client that trusts the authority."""
        context = trusting(self.authority.file)
        if certificate:
            context.load_cert_chain(certificate[0], certificate[1])
        return context

    async def connect(self, certificate: tuple[Path, Path, str] | None = None) -> "Client":
        """Return a connected client that has not yet read the greeting."""
        context = self.client_context(certificate)
        streams = await asyncio.open_connection("127.0.0.1", self.port, ssl=context, limit=2**20)
        self.clients.append(Client(*streams))  # one that nobody holds closes its connection
        return self.clients[-1]

    async def sessions_are(self, number: int) -> None:
        """Wait until so many sessions are open."""
        for _ in range(500):
            if self.service.sessions == number:
                return
            await asyncio.sleep(0.01)
        raise AssertionError(f"{self.service.sessions} sessions, not {number}")

    async def logged_in(self, login: str = "noura") -> "Client":
        """Return a client after login."""
        client = await self.connect()
        await client.reply()
        await client.ask("EHLO client.gov.example")
        assert (await client.ask(f"AUTH PLAIN {plain(login)}"))[0].startswith("235")
        return client

    async def started(self, login: str = "noura", recipients: int = 1) -> "Client":
        """Return a client that may send the octets of a letter."""
        client = await self.logged_in(login)
        await client.begin(recipients)
        return client


class Client:
    """A client that says what it is told, octet for octet."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader = reader
        self.writer = writer

    async def send(self, octets: bytes) -> None:
        """Send, unless the service has gone: what it last said is still to be read."""
        with suppress(ConnectionError):
            self.writer.write(octets)
            await self.writer.drain()

    async def line(self) -> str:
        """Return one line of a reply, "" at the end of the stream."""
        try:
            line = await asyncio.wait_for(self.reader.readline(), 10)
        except (ConnectionError, ssl.SSLError):
            return ""
        assert not line or line.endswith(b"\r\n")
        assert len(line) <= 512
        return line.decode().removesuffix("\r\n")

    async def reply(self) -> list[str]:
        """Return the lines of one reply; none at the end of the stream."""
        lines = []
        while line := await self.line():
            lines.append(line)
            if line[3:4] != "-":
                break
        return lines

    async def ask(self, command: str) -> list[str]:
        await self.send(command.encode() + b"\r\n")
        return await self.reply()

    async def begin(self, recipients: int = 1) -> None:
        assert (await self.ask(f"MAIL FROM:<{OFFICE}>"))[0].startswith("250 2.1.0")
        for number in range(recipients):
            assert (await self.ask(f"RCPT TO:<office{number}@mof.gov.example>"))[0].startswith("250 2.1.5")
        assert (await self.ask("DATA"))[0].startswith("354")

    async def at_end(self) -> bool:
        """Whether the server has closed, with nothing more said."""
        return await self.reply() == []

    async def close(self) -> None:
        self.writer.close()
        try:
            await asyncio.wait_for(self.writer.wait_closed(), 5)
        except (OSError, TimeoutError):
            cut(self.writer.transport)


def plain(login: str, secret: str = SECRET) -> str:
    """Return the initial response of AUTH PLAIN."""
    return base64.b64encode(f"\0{login}\0{secret}".encode()).decode()


@asynccontextmanager
async def running(
    authority: Authority, throttle: Throttle | None = None, *, mutual: bool = False, **settings: Any
) -> AsyncIterator[World]:
    """Run a service, with short times."""

    async def load(name: str) -> Credentials | None:
        account = ACCOUNTS.get(name)
        if account is None:
            return None
        keys = () if account is WITHOUT_SCRAM else (stored_keys(SECRET, SALT_KEY, name),)
        return Credentials(account, (stored_hash(),), 1, keys)

    async def load_certificate(fingerprint: str) -> Account | None:
        return world.certificates.get(fingerprint)

    async def submit(envelope: Envelope, octets: bytes) -> Outcome:
        world.entered.set()
        if world.hold:
            await world.hold.wait()
        outcome = world.outcome()
        world.submitted.append((envelope, octets))
        return outcome

    async def reject(envelope: Envelope, reason: Reason, detail: str, _octets: bytes | None) -> None:
        if world.reject_raises:
            raise world.reject_raises
        world.rejected.append((envelope, reason, detail))

    async def present() -> Directory:
        return world.directory

    certificate, key, _ = authority.issue("server")
    context = server_context(certificate, key, authority.file if mutual else None)
    login = Login(load, load_certificate, throttle or Throttle(), salt_key=SALT_KEY)
    service = SubmissionService(
        replace(Settings(hostname="gateway.gov.example"), **settings),
        Ports(login, submit, reject, lambda: NOW, present),
        context,
    )
    ((_, port),) = await service.start("127.0.0.1", 0)
    world = World(port, service, authority, login)
    try:
        yield world
    finally:
        await service.close(0.0 if world.hold and not world.hold.is_set() else 1.0)
        login.close()
