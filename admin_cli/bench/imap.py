"""How fast mail is read over IMAP: one client, TLS, the same letters and commands for every server.

The servers are measured in turns, A B A B, and each figure is the median of the runs. Figures that end in
`_per_second` are better when higher, the others when lower. A bulk FETCH or a SEARCH counts with the best of three
in its run; what it returned is counted, so that a server that answers less is not taken for a faster one.
"""

import base64
import os
import random
import statistics
import threading
import time
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from admin_cli.bench.client import Answered, Session, Target, uids_of
from admin_cli.bench.peer import PEERS, dovecot
from admin_cli.serving import served
from gateway.config.tree import Config, ListenSection
from gateway.instance.founding import create
from gateway.instance.home import open_instance
from gateway.login.passwords import generate_secret, hash_secret
from gateway.mime.writing import mailbox, words
from mailstore.database.transaction import Unit
from mailstore.directory import directory
from policies.people.identity import Agency, Grant, Office, Officer, Right

OFFICE, LOGIN = "registry@moj.gov.example", "bench.moj"
BOX, APPENDS = "Bench", "Bench-append"
NEEDLE = b"qwxzneedle"
SUBJECT = "محضر"
_EVERY = 200  # one letter in so many holds the needle and the Arabic subject that are searched for
_HEADERS = (
    b"UID FETCH 1:* (UID RFC822.SIZE FLAGS BODY.PEEK[HEADER.FIELDS (From To Cc Bcc Subject Date Message-ID Priority "
    b"X-Priority References Newsgroups In-Reply-To Content-Type Reply-To Received)])"
)
_SIGNATURE = base64.encodebytes(bytes(range(256)) * 2)


@dataclass(frozen=True, slots=True)
class Plan:
    """What is measured: messages in the mailbox, octets of each (about), idle connections held, runs, one of PEERS."""

    messages: int
    size: int
    connections: int
    runs: int
    peer: str = ""


def measure(home: Path, plan: Plan) -> dict[str, Any]:
    """Serve, fill and measure; return medians by server, the ratios, and what was measured."""
    letters = [letter(number, plan.size) for number in range(plan.messages)]
    ours = _Ours(home)
    runs: dict[str, list[dict[str, float]]] = defaultdict(list)
    with _served(ours, plan) as targets:
        for target in targets:
            fill(target, letters)
    with _served(
        ours, plan
    ) as targets:  # afresh: memory that the filling left over would hide what a session takes
        memory = {target.name: idle_kib(target, plan.connections) for target in targets}
        for number in range(plan.runs):
            for target in targets:
                runs[target.name].append(Run(target, plan, number).figures())
    found = {
        name: {figure: round(statistics.median(one[figure] for one in each), 3) for figure in each[0]}
        for name, each in runs.items()
    }
    for name, kib in memory.items():
        found[name]["idle_connection_kib"] = round(kib, 1)
    about = {
        "messages": plan.messages,
        "message_octets": len(letters[0]),
        "connections": plan.connections,
        "runs": plan.runs,
        "cores": os.cpu_count(),
    }
    return found | ({"ratio": _ratio(*found.values())} if plan.peer else {}) | {"about": about}


def _ratio(ours: dict[str, float], theirs: dict[str, float]) -> dict[str, float]:
    """Return how many times as good ours is: more a second, or less time or memory."""
    return {
        name: round(
            ours[name] / theirs[name] if name.endswith("_per_second") else theirs[name] / ours[name], 2
        )
        for name in ours
        if ours[name] > 0 and theirs[name] > 0
    }


@contextmanager
def _served(ours: "_Ours", plan: Plan) -> Iterator[list[Target]]:
    """Serve ours, and the peer beside it."""
    with ExitStack() as stack:
        targets = [stack.enter_context(ours.serving())]
        if plan.peer:
            base, home = ours.home.parent / "dovecot", ours.home
            targets.append(
                stack.enter_context(dovecot(base, home / "server.pem", home / "server.key", PEERS[plan.peer]))
            )
        yield targets


class _Ours:
    """A fresh instance with one officer."""

    def __init__(self, home: Path) -> None:
        self.home = home
        self._secret = generate_secret()
        create(home, Config(listen=ListenSection(submission_port=0, imap_port=0)), datetime.now(UTC))
        opened = open_instance(home)
        hashed = hash_secret(self._secret)

        def people(unit: Unit) -> None:
            directory.add_agency(unit, Agency("MOJ", "moj.gov.example", "MOJ", "MOJ"))
            directory.add_office(unit, Office(OFFICE, "MOJ", "MOJ", "MOJ"))
            grants = (Grant(OFFICE, frozenset({Right.READ}), primary=True),)
            directory.add_officer(
                unit, Officer(LOGIN, "قياس", "Bench", "قياس", "Bench", grants=grants), hashed
            )

        try:
            opened.store.write(people)
        finally:
            opened.close()

    @contextmanager
    def serving(self) -> Iterator[Target]:
        """Serve it as its own process. Raises OSError when it does not start."""
        with served(self.home) as server:
            yield Target("murasalat", *server.listeners["imap"], LOGIN, self._secret, server.pid)


def letter(number: int, size: int) -> bytes:
    """Return a letter shaped as a signed one, with trace fields, an Arabic subject and a signature part."""
    chosen = random.Random(number)  # noqa: S311 - the same letters in every run
    marked = number % _EVERY == 7
    subject = f"{SUBJECT if marked else 'خطاب رقم'} {2026}/{number}"
    text = base64.encodebytes(chosen.randbytes(max(96, (size - 1480) * 73 // 100)))
    head = (
        f"Received: from [10.0.{number % 200}.7] by murasalat.gov.example with ESMTPSA id {number:08x};\r\n"
        f"\tMon, 5 Jan 2026 08:{number // 60 % 60:02}:{number % 60:02} +0300\r\n"
        f"From: {mailbox('سجل وزارة العدل', OFFICE)}\r\nTo: registry@mof.gov.example\r\n"
        f"Cc: archive@a{number % 38}.gov.example\r\nSubject: {words(subject)}\r\n"
        f"Date: Mon, 05 Jan 2026 08:{number // 60 % 60:02}:{number % 60:02} +0300\r\n"
        f"Message-ID: <bench-{number}@moj.gov.example>\r\nMIME-Version: 1.0\r\n"
        "Content-Type: multipart/signed; micalg=pgp-sha512;\r\n"
        f' protocol="application/pgp-signature"; boundary="bench-{number}"\r\n\r\n'
    ).encode()
    lines = [
        b"--bench-%d\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: 8bit\r\n\r\n"
        % number,
        NEEDLE + b"\r\n" if marked else b"",
        text.replace(b"\n", b"\r\n"),
        b"\r\n--bench-%d\r\nContent-Type: application/pgp-signature; name=signature.asc\r\n\r\n" % number,
        b"-----BEGIN PGP SIGNATURE-----\r\n\r\n%b-----END PGP SIGNATURE-----\r\n"
        % _SIGNATURE.replace(b"\n", b"\r\n"),
        b"--bench-%d--\r\n" % number,
    ]
    return head + b"".join(lines)


def fill(target: Target, letters: Sequence[bytes]) -> None:
    """Put the letters into the mailbox, fifty APPENDs under way at a time."""
    with Session(target) as session:
        for box in (BOX, APPENDS):
            session.ask(b"CREATE " + box.encode())
        for start in range(0, len(letters), 50):
            tags = [session.append(BOX, one) for one in letters[start : start + 50]]
            answers = session.wait(tags[-1])
            if not all(tag + b" OK" in answers for tag in tags):
                raise Answered(f"{target.name} did not store every message")


class Run:
    """One round of every figure against one server."""

    def __init__(self, target: Target, plan: Plan, number: int) -> None:
        self._target = target
        self._plan = plan
        self._chosen = random.Random(number)  # noqa: S311 - the same messages for every server

    def figures(self) -> dict[str, float]:
        """Measure everything once."""
        found = self._logins()
        with Session(self._target) as session:
            session.ask(b"SELECT " + BOX.encode())
            found |= self._bulk(session)
            found |= self._one_by_one(session)
            found |= self._searches(session)
            found["append_per_second"] = self._appends(session)
        found["idle_notice_ms"] = self._idle()
        return found

    def _logins(self) -> dict[str, float]:
        whole, alone = [], []
        for _ in range(10):
            began = time.perf_counter()
            with Session(self._target) as session:
                whole.append(time.perf_counter() - began)
                alone.append(session.login_seconds)
        return {
            "connect_and_login_ms": statistics.median(whole) * 1000,
            "login_ms": statistics.median(alone) * 1000,
        }

    def _bulk(self, session: Session) -> dict[str, float]:
        selects = [_seconds(lambda: session.ask(b"SELECT " + BOX.encode())) for _ in range(9)]
        return {
            "select_ms": statistics.median(selects) * 1000,
            "flags_per_second": self._rate(session, b"UID FETCH 1:* (FLAGS)"),
            "thunderbird_headers_per_second": self._rate(session, _HEADERS),
            "envelope_bodystructure_per_second": self._rate(session, b"FETCH 1:* (ENVELOPE BODYSTRUCTURE)"),
        }

    def _rate(self, session: Session, command: bytes) -> float:
        """Return messages a second of a FETCH that names every message."""
        answer, seconds = _best(session, command)
        count = answer.count(b" FETCH (")
        if count != self._plan.messages:
            raise Answered(f"{self._target.name} answered for {count} of {self._plan.messages} messages")
        return count / seconds

    def _one_by_one(self, session: Session) -> dict[str, float]:
        some = [self._chosen.randint(1, self._plan.messages) for _ in range(200)]
        seconds = _seconds(lambda: [session.ask(b"UID FETCH %d (BODY.PEEK[])" % uid) for uid in some])
        return {"bodies_one_by_one_per_second": len(some) / seconds}

    def _searches(self, session: Session) -> dict[str, float]:
        word = SUBJECT.encode()
        asked = {
            "search_subject_ms": b"UID SEARCH CHARSET UTF-8 SUBJECT {%d+}\r\n%b" % (len(word), word),
            "search_text_ms": b"UID SEARCH TEXT " + NEEDLE,
        }
        wanted = len(range(7, self._plan.messages, _EVERY))
        found: dict[str, float] = {}
        for name, command in asked.items():
            answer, seconds = _best(session, command)
            found[name] = seconds * 1000
            hits = len(uids_of(answer))
            if hits != wanted:
                raise Answered(f"{self._target.name} found {hits} of {wanted} messages by {name}")
        return found

    def _appends(self, session: Session) -> float:
        """Return APPENDs a second, each answered before the next is sent."""
        some = [letter(self._chosen.randint(10**6, 10**9), self._plan.size) for _ in range(100)]
        return len(some) / _seconds(lambda: [session.wait(session.append(APPENDS, one)) for one in some])

    def _idle(self) -> float:
        """Return ms from the OK of an APPEND until an idling session has heard of it; 0 when it heard before."""
        waits = []
        with Session(self._target) as idler, Session(self._target) as writer:
            idler.ask(b"SELECT " + APPENDS.encode())
            tag = idler.idle()
            for _ in range(15):
                heard: list[float] = []
                ear = threading.Thread(target=lambda h=heard: h.append(idler.hear(b" EXISTS\r\n")))
                ear.start()
                writer.wait(
                    writer.append(APPENDS, letter(self._chosen.randint(10**6, 10**9), self._plan.size))
                )
                stored = time.perf_counter()
                ear.join()
                waits.append(max(0.0, heard[0] - stored) * 1000)
                time.sleep(0.05)
            idler.done(tag)
        return statistics.median(waits)


def idle_kib(target: Target, connections: int) -> float:
    """Return KiB that one more idling connection costs: the slope between half of them and all."""
    sessions: list[Session] = []
    sizes: list[float] = []
    try:
        for _ in range(2):
            for _ in range(connections // 2):
                sessions.append(Session(target))
                sessions[-1].ask(b"SELECT " + BOX.encode())
                sessions[-1].idle()
            time.sleep(0.5)
            sizes.append(memory_kib(target.pid))
    finally:
        for session in sessions:
            session.close()
    time.sleep(0.5)
    return max(0.0, (sizes[1] - sizes[0]) / (connections // 2))


def memory_kib(pid: int) -> float:
    """Return the proportional set size of a process and its children (Linux), in KiB."""
    total = 0
    for one in _family(pid):
        try:
            text = Path(f"/proc/{one}/smaps_rollup").read_text(encoding="ascii")
        except OSError:
            continue  # it ended meanwhile
        total += sum(int(line.split()[1]) for line in text.splitlines() if line.startswith("Pss:"))
    return float(total)


def _family(pid: int) -> set[int]:
    parents: dict[int, int] = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                parents[int(entry.name)] = int((entry / "stat").read_text().rpartition(")")[2].split()[1])
            except OSError:
                continue
    wanted = {pid}
    while more := {child for child, parent in parents.items() if parent in wanted} - wanted:
        wanted |= more
    return wanted


def _best(session: Session, command: bytes) -> tuple[bytes, float]:
    """Return what a command is answered, and the shortest of three times."""
    answer, shortest = b"", float("inf")
    for _ in range(3):
        began = time.perf_counter()
        answer = session.ask(command)
        shortest = min(shortest, time.perf_counter() - began)
    return answer, shortest


def _seconds(act: Callable[[], object]) -> float:
    began = time.perf_counter()
    act()
    return time.perf_counter() - began
