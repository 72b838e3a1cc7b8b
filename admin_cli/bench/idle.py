"""What a crowd of idling mail programs costs: memory of each, how soon all hear of a new letter, a login meanwhile.

The gateway is one process, the crowd another. Every session is on TLS, has the same office's INBOX open and idles.
A session costs two open files, one at each end: `ulimit -Hn` of both processes has to allow it.
"""

import asyncio
import multiprocessing
import smtplib
import ssl
import time
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from admin_cli.bench.client import Session, Target
from admin_cli.bench.imap import memory_kib
from admin_cli.bench.intake import LOGIN, RECEIVER, SENDER, cpu_seconds, enrol_offices, signed_letter
from admin_cli.serving import served
from gateway.config.tree import Config, ImapSection, ListenSection
from gateway.instance.founding import create
from gateway.instance.home import open_instance
from gateway.login.passwords import generate_secret, hash_secret
from gateway.net.open_files import raise_limit
from gateway.net.tls import slim
from gateway.signatures.sealing import Sealer
from mailstore.directory import directory
from mailstore.mailboxes import mailboxes
from mailstore.mailboxes.mailboxes import NewEntry
from mailstore.octets.messages import Message, put_message
from policies.people.identity import Grant, Officer, Right

if TYPE_CHECKING:
    from collections.abc import Iterator
    from multiprocessing.connection import Connection

    from mailstore.database.transaction import Unit

PER_OFFICER = 50  # sessions that the gateway serves one account at once
AT_ONCE = 40  # sessions that log in at the same time
LETTERS = 5  # letters of which the crowd is told, one after the other
RUN = 5000  # messages placed in one transaction


@dataclass(frozen=True, slots=True)
class Plan:
    """What is measured: sessions that idle, messages in their mailbox, seconds that the idle gateway is watched."""

    sessions: int
    messages: int
    seconds: float = 5.0


def measure(home: Path, plan: Plan) -> dict[str, Any]:
    """Serve, let the crowd in, send letters; return the figures. Raises OSError when there are too few open files."""
    allowed = raise_limit(plan.sessions + 200)
    if allowed < plan.sessions + 200:
        raise OSError(
            f"{plan.sessions} sessions need {plan.sessions + 200} open files, allowed are {allowed}"
        )
    secret = generate_secret()
    with Sealer(home.with_name("sender-key"), SENDER) as signer:
        signer.create("Bench office", "bench")
        _found(home, plan, secret, signer.public_key())
        letters = [signed_letter(signer, number, 4096) for number in range(LETTERS)]
    with served(home) as server:
        listeners = server.listeners
        target = Target("murasalat", *listeners["imap"], "reader.0", secret, server.pid)
        found: dict[str, Any] = _mailbox(target, plan.messages)
        before = memory_kib(server.pid)
        with _crowd(target, plan.sessions, str(home / "ca.pem")) as crowd:
            opened = crowd.recv()
            time.sleep(1.0)
            after = memory_kib(server.pid)
            found |= {
                "sessions": plan.sessions,
                "opened_per_second": plan.sessions / opened,
                "session_kib": (after - before) / plan.sessions,
                "process_mib": after / 1024,
                "idle_cpu_percent": _idle_cpu(server.pid, plan.seconds),
            }
            found |= _told(crowd, listeners["submission"], str(home / "ca.pem"), secret, letters)
            found["login_ms"] = _login_ms(Target("murasalat", *listeners["imap"], "late", secret, server.pid))
    return {name: round(value, 2) if isinstance(value, float) else value for name, value in found.items()}


def _found(home: Path, plan: Plan, secret: str, key: bytes) -> None:
    most = plan.sessions + 100
    config = Config(
        listen=ListenSection(submission_port=0, imap_port=0),
        imap=ImapSection(max_connections=most, max_connections_per_source=most),
    )
    create(home, config, datetime.now(UTC))
    hashed = hash_secret(secret)  # one for all: making thousands takes minutes

    def people(unit: "Unit") -> None:
        enrol_offices(unit, hashed, key)
        grants = (Grant(RECEIVER, frozenset({Right.READ}), primary=True),)
        names = [f"reader.{number}" for number in range(-(-plan.sessions // PER_OFFICER) + 1)]
        for login in [*names, "late"]:
            directory.add_officer(
                unit, Officer(login, "قياس", "Bench", "قياس", "Bench", grants=grants), hashed
            )

    opened = open_instance(home)
    try:
        opened.store.write(people)
        for start in range(0, plan.messages, RUN):
            count = min(RUN, plan.messages - start)
            opened.store.write(partial(_fill, count))
    finally:
        opened.close()


def _fill(count: int, unit: "Unit") -> None:
    """Place one small message so many times."""
    octets = b"Subject: bench\r\n\r\nx\r\n"
    message = Message("b" * 64, octets, 18, b"NIL", b"NIL", b"NIL")
    put_message(unit, message)
    inbox = mailboxes.find(unit.connection, RECEIVER, "INBOX")
    if inbox is None:
        raise LookupError("there is no INBOX")
    entry = NewEntry("copy", message.sha256, b"", octets[:18], len(octets), unit.now)
    mailboxes.add_entries(unit, [(inbox.id, entry)] * count)


def _mailbox(target: Target, messages: int) -> dict[str, float]:
    """Open the mailbox for the first time and again, and fetch all flags."""
    with Session(target) as session:
        cold, warm = _ms(session, b"SELECT INBOX"), min(_ms(session, b"SELECT INBOX") for _ in range(5))
        flags = min(_ms(session, b"UID FETCH 1:* (FLAGS)") for _ in range(3)) if messages else 0.0
    found: dict[str, float] = {"messages": messages, "select_cold_ms": cold, "select_warm_ms": warm}
    return found | ({"flags_per_second": messages / flags * 1000} if messages else {})


def _ms(session: Session, command: bytes) -> float:
    began = time.perf_counter()
    session.ask(command)
    return (time.perf_counter() - began) * 1000


def _login_ms(target: Target) -> float:
    """Return the milliseconds of a login that nobody remembers, the hash included."""
    with Session(target) as session:
        return session.login_seconds * 1000


def _idle_cpu(pid: int, seconds: float) -> float:
    """Return how busy the gateway is while nothing happens, in per cent of one core."""
    before, began = cpu_seconds(pid), time.monotonic()
    time.sleep(seconds)
    return (cpu_seconds(pid) - before) / (time.monotonic() - began) * 100


def _told(
    crowd: "Connection[Any, Any]", where: tuple[str, int], authority: str, secret: str, letters: list[bytes]
) -> dict[str, float]:
    """Send letters; return how long each took to its 250, and when the sessions had heard of it after that."""
    waits: list[float] = []
    last: list[float] = []
    taken: list[float] = []
    with smtplib.SMTP_SSL(
        *where, context=ssl.create_default_context(cafile=authority), timeout=120
    ) as client:
        client.login(LOGIN, secret)
        for octets in letters:
            began = time.monotonic()
            client.sendmail(SENDER, [RECEIVER], octets)
            accepted = time.monotonic()
            taken.append((accepted - began) * 1000)
            crowd.send("heard?")
            heard = [max(0.0, one - accepted) * 1000 for one in crowd.recv()]
            waits += heard
            last.append(max(heard))
    ranked = sorted(waits)
    return {
        "accepted_ms": sorted(taken)[len(taken) // 2],
        "told_p50_ms": ranked[len(ranked) // 2],
        "told_p99_ms": ranked[len(ranked) * 99 // 100],
        "told_last_ms": max(last),
    }


# ── The crowd ─────────────────────────────────────────────────────────────────────────────────────────────────────────


@contextmanager
def _crowd(target: Target, sessions: int, authority: str) -> "Iterator[Connection[Any, Any]]":
    """Give the way to a process in which the sessions are; it first sends the seconds that opening them took."""
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe()
    process = context.Process(target=_gather, args=(theirs, target, sessions, authority))
    process.start()
    theirs.close()
    try:
        yield ours
    finally:
        ours.close()
        process.join(60)
        process.kill()


def _gather(parent: "Connection[Any, Any]", target: Target, sessions: int, authority: str) -> None:
    raise_limit(sessions + 200)
    asyncio.run(_be_there(parent, target, sessions, authority))


async def _be_there(parent: "Connection[Any, Any]", target: Target, sessions: int, authority: str) -> None:
    context = ssl.create_default_context(cafile=authority)
    loop, room = asyncio.get_running_loop(), asyncio.Semaphore(AT_ONCE)
    crowd = [_Idler(f"reader.{number // PER_OFFICER}", target.secret) for number in range(sessions)]

    async def enter(idler: _Idler) -> None:
        async with room:
            await loop.create_connection(
                lambda: idler, target.host, target.port, ssl=context, server_hostname="127.0.0.1"
            )
            await idler.idling

    began = time.monotonic()
    await asyncio.gather(*map(enter, crowd))
    parent.send(time.monotonic() - began)
    while True:
        try:
            await loop.run_in_executor(None, parent.recv)
        except EOFError:
            return
        parent.send([await idler.heard.get() for idler in crowd])


class _Idler(asyncio.Protocol):
    """One mail program: it logs in, opens the INBOX, idles, and notes when it hears of a message."""

    def __init__(self, login: str, secret: str) -> None:
        self._script = [f"a LOGIN {login} {secret}\r\n", "b SELECT INBOX\r\n", "c IDLE\r\n"]
        self._ends = [b"* OK", b"a OK", b"b OK"]
        self._rest = b""
        self.idling: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.heard: asyncio.Queue[float] = asyncio.Queue()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begin."""
        assert isinstance(transport, asyncio.Transport)
        slim(transport)
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        """Say the next line when the last was answered; note what is told."""
        *lines, self._rest = (self._rest + data).split(b"\r\n")
        for line in lines:
            if self._ends and line.startswith(self._ends[0]):
                self._ends.pop(0)
                self._transport.write(self._script.pop(0).encode())
            elif not self.idling.done():
                if line.startswith(b"+"):
                    self.idling.set_result(None)
                elif line[:2] in {b"a ", b"b "} or line.startswith(b"* BYE"):
                    self.idling.set_exception(OSError(line.decode("utf-8", "replace")))
            elif line.endswith(b" EXISTS"):
                self.heard.put_nowait(time.monotonic())

    def connection_lost(self, exc: BaseException | None) -> None:
        """Hear that the connection is gone."""
        if not self.idling.done():
            self.idling.set_exception(exc or OSError("the server closed the connection"))
