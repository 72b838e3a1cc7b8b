"""How fast signed letters are taken in: a server process, many TLS clients, distinct letters signed beforehand.

Latency is from the end of data to its reply; CPU is the server's own and its children's (GnuPG), per accepted letter.
"""

import base64
import os
import smtplib
import ssl
import statistics
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from admin_cli.serving import served
from gateway.config.tree import Config, ListenSection
from gateway.instance.founding import create
from gateway.instance.home import open_instance
from gateway.login.passwords import generate_secret, hash_secret
from gateway.mime.writing import mailbox, text_entity, words
from gateway.signatures.enrolment import read_key
from gateway.signatures.sealed import sealed
from gateway.signatures.sealing import Sealer
from mailstore.directory import directory, keys
from policies.people.identity import Agency, Grant, Office, Officer, Right

if TYPE_CHECKING:
    from mailstore.database.transaction import Unit

SENDER, RECEIVER = "registry@moj.gov.example", "registry@mof.gov.example"
LOGIN = "bench.moj"


@dataclass(frozen=True, slots=True)
class Plan:
    """What is measured: letters a run, clients at once, octets a letter (about), runs."""

    letters: int
    clients: int
    size: int
    runs: int


def measure(home: Path, plan: Plan) -> dict[str, Any]:
    """Make an instance, sign every letter, then send them; return the medians over the runs."""
    secret = generate_secret()
    letters = _prepare(home, plan, secret)
    with served(home) as server:
        context = ssl.create_default_context(cafile=str(home / "ca.pem"))
        where, pid = server.listeners["submission"], server.pid
        _run(where, context, secret, letters[: plan.clients * 2], plan.clients, pid)  # warm up
        rest = letters[plan.clients * 2 :]
        found = [
            _run(
                where,
                context,
                secret,
                rest[number * plan.letters : (number + 1) * plan.letters],
                plan.clients,
                pid,
            )
            for number in range(plan.runs)
        ]
    medians = {name: round(statistics.median(one[name] for one in found), 2) for name in found[0]}
    return medians | {
        "letters": plan.letters,
        "clients": plan.clients,
        "letter_octets": len(letters[0]),
        "runs": plan.runs,
        "engines": "sequoia and gnupg",
        "cores": os.cpu_count(),
    }


def _prepare(home: Path, plan: Plan, secret: str) -> list[bytes]:
    create(home, Config(listen=ListenSection(submission_port=0, imap_port=0)), datetime.now(UTC))
    opened = open_instance(home)
    try:
        with Sealer(home / "sender-key", SENDER) as signer:
            signer.create("Bench office", "bench")
            hashed, key = hash_secret(secret), signer.public_key()
            opened.store.write(lambda unit: enrol_offices(unit, hashed, key))
            count = plan.letters * plan.runs + plan.clients * 2
            return [signed_letter(signer, number, plan.size) for number in range(count)]
    finally:
        opened.close()


def enrol_offices(unit: "Unit", hashed: str, key: bytes) -> None:
    """Add the two offices, the sender's officer with this password hash, and the sender's key."""
    for code, domain, address in (("MOJ", "moj.gov.example", SENDER), ("MOF", "mof.gov.example", RECEIVER)):
        directory.add_agency(unit, Agency(code, domain, code, code))
        directory.add_office(unit, Office(address, code, code, code))
    grants = (Grant(SENDER, frozenset({Right.SEND}), primary=True),)
    directory.add_officer(unit, Officer(LOGIN, "قياس", "Bench", "قياس", "Bench", grants=grants), hashed)
    reading = read_key(key, SENDER, datetime.now(UTC))
    keys.enroll_key(unit, reading.key, reading.fingerprints)


def signed_letter(signer: Sealer, number: int, size: int) -> bytes:
    """Return a distinct signed letter with an Arabic subject and an incompressible body."""
    now = datetime.now(UTC)
    fields = (
        ("From", mailbox("سجل وزارة العدل", SENDER)),
        ("To", RECEIVER),
        ("Subject", words(f"خطاب رقم {number}")),
        ("Date", f"{now:%a, %d %b %Y %H:%M:%S} +0000"),
        ("Message-ID", f"<bench-{os.getpid()}-{number}@moj.gov.example>"),
    )
    kind = ("Content-Type", 'text/plain; charset="utf-8"; protected-headers="v1"; hp="clear"')
    body = base64.encodebytes(os.urandom(max(64, (size - 1900) * 3 // 4))).replace(b"\n", b"\r\n")
    return sealed(fields, text_entity((kind, *fields), body), f"bench {number}", signer.sign)


def _run(
    where: tuple[str, int],
    context: ssl.SSLContext,
    secret: str,
    letters: Sequence[bytes],
    clients: int,
    pid: int,
) -> dict[str, float]:
    """Send the letters over `clients` kept connections; return the figures of this run."""
    latencies: list[float] = []
    faults: list[str] = []
    start = threading.Barrier(clients + 1)

    def client(mine: Sequence[bytes]) -> None:
        with smtplib.SMTP_SSL(*where, context=context, timeout=120) as session:
            session.login(LOGIN, secret)
            start.wait()
            for octets in mine:
                session.mail(SENDER)
                session.rcpt(RECEIVER)
                session.putcmd("data")
                session.getreply()
                began = time.perf_counter()
                session.send(octets + b".\r\n")
                code, text = session.getreply()
                latencies.append(time.perf_counter() - began)
                if code != 250:
                    faults.append(f"{code} {text.decode()}")

    threads = [threading.Thread(target=client, args=(letters[number::clients],)) for number in range(clients)]
    for thread in threads:
        thread.start()
    start.wait()
    began, before = time.perf_counter(), cpu_seconds(pid)
    for thread in threads:
        thread.join()
    wall, cpu = time.perf_counter() - began, cpu_seconds(pid) - before
    if faults:
        raise RuntimeError(f"{len(faults)} letters were refused, the first with: {faults[0]}")
    ranked = sorted(latencies)
    return {
        "letters_per_second": len(letters) / wall,
        "cpu_ms_per_letter": cpu / len(letters) * 1000,
        "latency_p50_ms": ranked[len(ranked) // 2] * 1000,
        "latency_p99_ms": ranked[min(len(ranked) - 1, len(ranked) * 99 // 100)] * 1000,
    }


def cpu_seconds(pid: int) -> float:
    """Return the CPU time of a process with its reaped and living children (Linux), in seconds."""
    ticks = os.sysconf("SC_CLK_TCK")
    total, wanted = 0, {pid}
    table: dict[int, tuple[int, list[int]]] = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                fields = (entry / "stat").read_text().rpartition(")")[2].split()
            except OSError:
                continue
            table[int(entry.name)] = (int(fields[1]), [int(one) for one in fields[11:15]])
    grown = True
    while grown:
        more = {child for child, (parent, _times) in table.items() if parent in wanted} - wanted
        grown = bool(more)
        wanted |= more
    for one in wanted:
        total += sum(table[one][1]) if one in table else 0
    return total / ticks
