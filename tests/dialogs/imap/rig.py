"""An IMAP service on loopback TLS over a real store: three agencies, letters between them, and what a test says.

`noura` reads and sends for the Ministry of Finance's registry, and reads the minister's office, too; `salem` reads the
same registry; `huda` is at the Ministry of Justice, whose registry writes the letters; `dms` is a system.
"""

import asyncio
import re
import shutil
import ssl
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path
from typing import Any

from gateway.imap.server import ImapServer
from gateway.imap.settings import ImapSettings, Ports
from gateway.letters.opening import Opening
from gateway.letters.unlinking import Unlinking
from gateway.login.accounts import Accounts
from gateway.login.attempts import Login
from gateway.login.passwords import hash_secret, scram_keys
from gateway.login.throttle import Throttle
from gateway.messages.stored import message_of
from gateway.net.tls import cut, server_context
from gateway.runtime.directory import CurrentDirectory
from gateway.runtime.offload import Offload
from mailstore.database.transaction import Store, Unit
from mailstore.directory import credentials, directory
from mailstore.evidence import records
from mailstore.letters import letters, register
from mailstore.letters.letters import Addressee, Letter
from mailstore.mailboxes import mailboxes
from mailstore.mailboxes.mailboxes import NewEntry
from mailstore.octets import messages
from mailstore.upgrade import initialise
from policies.evidence import Issuer
from policies.people.identity import Agency, Grant, Office, Officer, Right, System
from policies.words.calendar import rfc3339
from tests.authority import Authority, trusting

SECRET = "abcd-efgh-jkmn-pqrs"
MOJ, MOF, MINISTER = "registry@moj.gov.example", "registry@mof.gov.example", "minister@mof.gov.example"
ISSUER = Issuer("node-1", "0123abcd")
NOW = datetime(2026, 11, 24, 8, 0, tzinfo=UTC)
BOTH = frozenset({Right.READ, Right.SEND})
PREFIX = b"Murasalat-Reference: %b\r\n"
_serial = count(1)


def _people(unit: Unit) -> None:
    for code, address in (("MOJ", MOJ), ("MOF", MOF)):
        directory.add_agency(
            unit, Agency(code, address.partition("@")[2], f"وزارة {code}", f"Ministry {code}")
        )
        directory.add_office(unit, Office(address, code, "السجل", "Registry"))
    directory.add_office(unit, Office(MINISTER, "MOF", "مكتب الوزير", "Minister's office"))
    hashed = hash_secret(SECRET)
    people = {
        "noura": (Grant(MOF, BOTH, primary=True), Grant(MINISTER, frozenset({Right.READ}))),
        "salem": (Grant(MOF, frozenset({Right.READ})),),
        "huda": (Grant(MOJ, BOTH, primary=True),),
        "sender": (Grant(MOF, frozenset({Right.SEND})),),
    }
    for login, grants in people.items():
        language = "en" if login == "salem" else "ar"
        officer = Officer(login, f"{login} المثال", login.title(), "كاتب", "Clerk", language, grants=grants)
        directory.add_officer(unit, officer, hashed, scram_keys(unit, login, SECRET))
    program = System("dms", "MOJ", "نظام", "Document system", (MOJ,), ("127.0.0.0/8",))
    directory.add_system(unit, program, hashed, scram_keys(unit, "dms", SECRET))


def make_store(path: Path) -> Path:
    """Make a database with people and no letters."""
    fill(f"sqlite:///{path}")
    return path


def fill(url: str) -> None:
    """Make the tables of an empty database, and its people."""
    initialise(url, "log.gov.example")
    store = Store(url)
    store.write(_people)
    store.close()


def letter_octets(number: int, subject: str = "", body: str = "") -> bytes:
    """A letter as a mail program writes it, without its signature, which the mailbox does not look at."""
    return (
        f"From: Huda <{MOJ}>\r\nTo: {MOF}\r\nSubject: {subject or f'letter {number}'}\r\n"
        f"Date: Tue, 24 Nov 2026 11:{number % 60:02d}:00 +0300\r\nMessage-ID: <{number}@moj.gov.example>\r\n"
        f"MIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n{body or f'body {number}'}\r\n"
    ).encode()


@dataclass(frozen=True)
class Placed:
    """A letter that was delivered: UIDs in Sent, INBOX and Archive of the recipient."""

    letter: Letter
    octets: bytes
    prefix: bytes
    uid: int


def deliver(unit: Unit, octets: bytes, to: Sequence[str] = (MOF,), message_id: str = "") -> Placed:
    """Register a letter of the Ministry of Justice and place it as the gateway does."""
    number, message = next(_serial), message_of(octets)
    letter_id = records.new_id(unit)
    given = register.allocate(unit, "MOJ/2026")
    found = re.search(rb"(?im)^message-id:\s*(\S+)", octets)
    letter = Letter(
        letter_id,
        f"MOJ/2026/{given:06d}",
        "MOJ/2026",
        given,
        "MOJ",
        MOJ,
        "huda",
        message_id or (found[1].decode() if found else f"<{number}@moj.gov.example>"),
        message.sha256,
        len(octets),
        "subject",
        "ordinary",
        "ordinary",
        rfc3339(unit.now),
        "openpgp",
        "A" * 40,
        headers_protected=True,
        engines="sequoia gnupg",
    )
    addressees = []
    for office in to:
        incoming = register.allocate(unit, "MOF/IN/2026")
        addressees.append(
            Addressee(office, "MOF", "action", f"MOF/IN/2026/{incoming:06d}", "MOF/IN/2026", incoming)
        )
    messages.put_message(unit, message)
    keys = letters.Keys(submission=f"submission-{number}-{letter_id}", signed=f"signed-{number}-{letter_id}")
    letters.insert_letter(unit, letter, addressees, keys)
    prefix = PREFIX % letter.reference.encode()
    entry = NewEntry(
        "letter",
        message.sha256,
        prefix,
        prefix + octets[: message.head_size],
        len(prefix) + len(octets),
        unit.now,
        letter_id,
    )
    places = [(MOJ, "Sent"), (MOJ, "Archive")]
    places += [(office, name) for office in to for name in ("INBOX", "Archive")]
    ids = [mailboxes.find(unit.connection, *place) for place in places]
    uids = mailboxes.add_entries(unit, [(found.id, entry) for found in ids if found])
    return Placed(letter, octets, prefix, uids[2])


@dataclass
class World:
    """A running service and its store."""

    port: int
    server: ImapServer
    store: Store
    authority: Authority
    opening: Opening
    owed: list[int] = field(default_factory=list)
    clients: list["Client"] = field(default_factory=list)

    def client_context(self, certificate: tuple[Path, Path, str] | None = None) -> ssl.SSLContext:
        context = trusting(self.authority.file)
        if certificate:
            context.load_cert_chain(certificate[0], certificate[1])
        return context

    def deliver(self, octets: bytes, *to: str, message_id: str = "") -> Placed:
        return self.store.write(lambda unit: deliver(unit, octets, to or (MOF,), message_id))

    def letters(self, number: int, *to: str) -> list[Placed]:
        """Deliver so many letters in one unit."""

        def act(unit: Unit) -> list[Placed]:
            return [deliver(unit, letter_octets(one), to or (MOF,)) for one in range(1, number + 1)]

        return self.store.write(act)

    def facts(self, letter: Letter, *events: str) -> list[tuple[str, str]]:
        """Return (event, login) of a letter's evidence in log order, of these events or all."""
        found = self.store.read(lambda c: records.of_letter(c, letter.letter_id))
        return [
            (one.event, one.members.get("actor", {}).get("login", ""))
            for one in found
            if not events or one.event in events
        ]

    def methods(self, letter: Letter) -> set[tuple[str, str]]:
        """Return who a letter's evidence names as its readers, and how they proved who they are."""
        found = self.store.read(lambda c: records.of_letter(c, letter.letter_id))
        actors = [one.members["actor"] for one in found if one.event in {"HANDED-OVER", "SEEN"}]
        return {(actor["login"], actor["method"]) for actor in actors}

    def mailbox(self, office: str, name: str) -> mailboxes.Mailbox:
        found = self.store.read(lambda c: mailboxes.find(c, office, name))
        assert found is not None
        return found

    def revoke(self, login: str, office: str) -> None:
        self.store.write(lambda unit: directory.revoke_grant(unit, login, office))

    async def connect(self, certificate: tuple[Path, Path, str] | None = None) -> "Client":
        """Return a connected client that has not yet read the greeting."""
        streams = await asyncio.open_connection(
            "127.0.0.1", self.port, ssl=self.client_context(certificate), limit=2**26
        )
        self.clients.append(Client(*streams))
        return self.clients[-1]

    async def logged_in(self, user: str = "noura") -> "Client":
        client = await self.connect()
        await client.line()
        assert (await client.ask(f"LOGIN {user} {SECRET}"))[-1].startswith("OK")
        return client

    async def selected(self, mailbox: str = "INBOX", user: str = "noura") -> "Client":
        client = await self.logged_in(user)
        assert (await client.ask(f"SELECT {mailbox}"))[-1].startswith("OK")
        return client


class Client:
    """A client that says what it is told, octet for octet."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader = reader
        self.writer = writer
        self._tags = count(1)

    async def send(self, octets: bytes) -> None:
        """Send, unless the service has gone: what it last said is still to be read."""
        with suppress(ConnectionError):
            self.writer.write(octets)
            await self.writer.drain()

    async def line(self) -> bytes:
        """Return one response line with its literals, without the last CRLF; empty at the end of the stream."""
        whole = b""
        while True:
            try:
                line = await asyncio.wait_for(self.reader.readline(), 10)
            except (ConnectionError, ssl.SSLError):
                return whole
            assert not line or line.endswith(b"\r\n"), line[-100:]
            whole += line
            announced = re.search(rb"\{([0-9]+)\}\r\n\Z", line)
            if not announced:
                return whole.removesuffix(b"\r\n")
            whole += await asyncio.wait_for(self.reader.readexactly(int(announced[1])), 20)

    async def until(self, tag: str) -> list[str]:
        """Return the lines up to the tagged one, whose tag is taken off."""
        lines: list[str] = []
        while line := await self.line():
            text = line.decode("utf-8", "surrogateescape")
            if text.startswith(f"{tag} "):
                return [*lines, text[len(tag) + 1 :]]
            lines.append(text)
        return lines

    async def ask(self, command: str | bytes) -> list[str]:
        """Send a command with a tag of its own; return the untagged lines and the tagged one, without its tag."""
        tag = f"t{next(self._tags)}"
        octets = command.encode("utf-8", "surrogateescape") if isinstance(command, str) else command
        await self.send(tag.encode() + b" " + octets + b"\r\n")
        return await self.until(tag)

    async def ok(self, command: str | bytes) -> list[str]:
        """Ask, and hold that it was answered OK; return the untagged lines."""
        *lines, last = await self.ask(command)
        assert last.startswith("OK"), (command, last)
        return lines

    async def no(self, command: str | bytes) -> str:
        """Ask, and hold that it was answered NO; return the code and text."""
        last = (await self.ask(command))[-1]
        assert last.startswith("NO "), (command, last)
        return last.removeprefix("NO ")

    async def append(self, mailbox: str, octets: bytes, flags: str = "") -> str:
        """Append with a literal that does not wait; return the tagged answer."""
        named = f"{flags} " if flags else ""
        return (await self.ask(f"APPEND {mailbox} {named}{{{len(octets)}+}}\r\n".encode() + octets))[-1]

    async def close(self) -> None:
        self.writer.close()
        try:
            await asyncio.wait_for(self.writer.wait_closed(), 5)
        except (OSError, TimeoutError):
            cut(self.writer.transport)


@asynccontextmanager
async def running(
    authority: Authority,
    bare_store: Path,
    folder: Path,
    *,
    database: str = "",
    mutual: bool = False,
    **settings: Any,
) -> AsyncIterator[World]:
    """Run a service over a copy of the bare store; `mutual`: clients are asked for a certificate."""
    if not database:
        shutil.copy(bare_store, folder / "imap.db")
        database = f"sqlite:///{folder / 'imap.db'}"
    ticks = count()
    store = Store(database, clock=lambda: NOW + timedelta(milliseconds=next(ticks)))
    offload = Offload(store)
    current = CurrentDirectory(offload)
    owed: list[int] = []
    opening = Opening(offload, ISSUER, lambda: owed.append(1))

    accounts, salt_key = (
        Accounts(offload, current, officers_by_certificate=mutual),
        store.read(credentials.salt_key),
    )
    login = Login(accounts.credentials, accounts.of_certificate, Throttle(), salt_key=salt_key)
    ports = Ports(offload, current, login, opening, Unlinking(ISSUER), lambda: NOW + timedelta(hours=1))
    certificate, key, _ = authority.issue("server")
    context = server_context(certificate, key, authority.file if mutual else None)
    quick = replace(ImapSettings(), look_seconds=0.1)
    server = ImapServer(replace(quick, **settings), ports, context)
    ((_, port),) = await server.start("127.0.0.1", 0)
    world = World(port, server, store, authority, opening, owed)
    try:
        yield world
    finally:
        for client in world.clients:
            cut(client.writer.transport)
        await server.close(0.5)
        login.close()
        offload.close()
        store.close()
