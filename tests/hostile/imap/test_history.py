"""Random histories of four sessions, held against the evidence log afterwards and at every answer.

Two officers read one office, one of them another office, too; a third is at the agency that wrote the letters. Of every
body octet that a client received, the log names that officer for that letter, with a record that stood before; of
nobody else is a hand-over claimed; SEEN stands exactly for those whose own \\Seen was ever set.

The short form runs with the suite; `--long` runs many times as many, and longer ones.
"""

import asyncio
import re
import tempfile
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import text

from mailstore.database.transaction import Reading, Store
from mailstore.evidence import records
from mailstore.upgrade import initialise
from tests.authority import Authority
from tests.dialogs.imap.rig import MINISTER, MOF, MOJ, Client, Placed, World, running
from tests.dialogs.imap.rig import _people as people
from tests.postgres import binaries, running_postgres

HANDED, SEEN = "HANDED-OVER", "SEEN"
LETTER = (
    b"From: a@moj.gov.example\r\nTo: b@mof.gov.example\r\nSubject: letter %d\r\nMessage-ID: <h%d@moj.gov.example>\r\n"
    b"MIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=x\r\n\r\n"
    b"--x\r\nContent-Type: text/plain\r\n\r\nbody %d\r\n"
    b"--x\r\nContent-Transfer-Encoding: base64\r\n\r\nYm9keQ==\r\n"
    b"--x\r\nContent-Type: message/rfc822\r\n\r\nSubject: inner\r\n\r\ninner\r\n--x--\r\n"
)
USERS = ("noura", "noura", "salem", "huda")
OFFICE = {"noura": (MOF, MINISTER), "salem": (MOF,), "huda": (MOJ,)}
BOXES = {
    "noura": (
        "INBOX",
        "Archive",
        "Work",
        "Sent",
        "Drafts",
        "Trash",
        f"Offices/{MINISTER}/INBOX",
        "Offices/x/y",
    ),
    "salem": ("INBOX", "Archive", "Work", "Sent", "Drafts", "Trash", f"Offices/{MINISTER}/INBOX"),
    "huda": ("Sent", "Archive", "INBOX", "Drafts", f"Offices/{MOF}/INBOX"),
}
REVEALING = (
    "BODY[]",
    "BODY.PEEK[]",
    "BODY.PEEK[]<0.40>",
    "BODY.PEEK[]<300.5>",
    "BODY[TEXT]",
    "BODY.PEEK[TEXT]<1.1>",
    "BODY.PEEK[1]",
    "BODY[2]",
    "BODY.PEEK[1.MIME]",
    "BODY.PEEK[3.HEADER]",
    "BODY.PEEK[3.TEXT]",
    "BODY.PEEK[9]",
    "BINARY[1]",
    "BINARY.PEEK[2]",
    "RFC822",
    "RFC822.TEXT",
)
HARMLESS = (
    "BODY[HEADER]",
    "BODY.PEEK[HEADER]",
    "BODY.PEEK[HEADER.FIELDS (Subject)]",
    "RFC822.HEADER",
    "ENVELOPE",
    "BODYSTRUCTURE",
    "FLAGS",
    "BINARY.SIZE[2]",
    "RFC822.SIZE",
)
SETS = ("1", "2", "1:3", "1:*", "*", "5:6", "$")
# What carries octets of a body, and a value that has some: a literal that is not empty, or a string.
REVEALED = re.compile(
    r"(?:BODY\[(?!HEADER)[^\]]*\]|BINARY\[[^\]]*\]|RFC822(?:\.TEXT)?)(?:<\d+>)? (?:~?\{[1-9]|\"[^\"])"
)
OWN_FLAGS = (
    "SELECT f.login, e.letter_id, f.flags FROM entry_flags f JOIN entries e USING (mailbox, uid)"
    " WHERE e.letter_id IS NOT NULL"
)
LETTER_AT = "SELECT letter_id FROM entries WHERE mailbox = :mailbox AND uid = :uid"
ASKED = re.compile(r"BODY(?:\.PEEK)?\[(?!HEADER)|BINARY(?:\.PEEK)?\[|RFC822(?:\.TEXT)?[ )]")
UID = re.compile(r"\* \d+ FETCH \(UID (\d+)")


def commands(user: str) -> st.SearchStrategy[str]:
    sets, boxes = st.sampled_from(SETS), st.sampled_from(BOXES[user])
    items = st.sampled_from(REVEALING + HARMLESS)
    fetches = st.tuples(sets, items, items).map(lambda x: f"UID FETCH {x[0]} (UID {x[1]} {x[2]})")
    modes = st.sampled_from(("+FLAGS", "-FLAGS", "FLAGS", "+FLAGS.SILENT", "-FLAGS.SILENT", "FLAGS.SILENT"))
    flags = st.sampled_from(("(\\Seen)", "(\\Flagged)", "(\\Seen \\Deleted k)", "($MsSeen)", "()"))
    return st.one_of(
        fetches,
        fetches,
        st.tuples(st.sampled_from(("SELECT", "SELECT", "EXAMINE")), boxes).map(" ".join),
        st.tuples(sets, modes, flags).map(lambda x: f"UID STORE {x[0]} {x[1]} {x[2]}"),
        st.tuples(st.sampled_from(("UID COPY", "UID MOVE")), sets, boxes).map(" ".join),
        st.sampled_from(("EXPUNGE", "CLOSE", "NOOP", "UID EXPUNGE 1:*", "UID SEARCH RETURN (SAVE) UNSEEN")),
        st.sampled_from(
            ("UID SEARCH BODY body", "UID SORT (SUBJECT) UTF-8 TEXT inner", "CREATE Work", "DELETE Work")
        ),
    )


STEPS = st.integers(0, len(USERS) - 1).flatmap(lambda who: st.tuples(st.just(who), commands(USERS[who])))


@dataclass
class History:
    """What the clients received, and what was set, as (officer, letter id)."""

    world: World
    placed: list[Placed]
    boxes: dict[int, int] = field(default_factory=dict)
    revealed: set[tuple[str, str]] = field(default_factory=set)
    asked: set[tuple[str, str]] = field(default_factory=set)
    seen: set[tuple[str, str]] = field(default_factory=set)

    def select(self, who: int, command: str, answer: str) -> None:
        """Keep in mind which mailbox a session looks into."""
        verb, _, name = command.partition(" ")
        if verb in {"SELECT", "EXAMINE"}:
            self.boxes.pop(who, None)
            if answer.startswith("OK"):
                parts = name.split("/")
                office = parts[1] if parts[0] == "Offices" else OFFICE[USERS[who]][0]
                self.boxes[who] = self.world.mailbox(office, parts[-1]).id
        elif verb == "CLOSE":
            self.boxes.pop(who, None)

    def read(self, who: int, command: str, lines: list[str]) -> None:
        """Hold every body octet that came against the log as it is now."""
        for line in lines:
            uid = UID.match(line)
            if uid is None or ASKED.search(command) is None:
                continue
            letter = self.world.store.read(partial(self._letter, self.boxes[who], int(uid[1])))
            if letter is None or OFFICE[USERS[who]] == (MOJ,):
                continue  # a draft; or the office's own letter, which it wrote
            self.asked.add((USERS[who], letter))
            if REVEALED.search(line):
                self.revealed.add((USERS[who], letter))
                assert (HANDED, USERS[who]) in self._facts(letter), (USERS[who], letter)

    def look(self) -> None:
        r"""Note whose \Seen is set on which letter now."""

        def act(connection: Reading) -> list[tuple[str, str]]:
            rows = connection.execute(text(OWN_FLAGS))
            return [(login, letter) for login, letter, flags in rows if "\\Seen" in flags.split()]

        self.seen.update(pair for pair in self.world.store.read(act) if pair[0] != "huda")

    def hold(self) -> None:
        """Hold the log against everything that was received and set."""
        logged = {
            event: {
                (login, one.letter.letter_id)
                for one in self.placed
                for _, login in self.world.facts(one.letter, event)
            }
            for event in (HANDED, SEEN)
        }
        assert self.revealed <= logged[HANDED] <= self.asked
        assert logged[SEEN] == self.seen
        assert not any(login == "huda" for pairs in logged.values() for login, _ in pairs)
        for one in self.placed:
            facts = self.world.facts(one.letter, HANDED, SEEN)
            for officer in ("noura", "salem"):
                assert facts.count((HANDED, officer)) <= 2  # once for each of two offices
                assert facts.count((SEEN, officer)) <= 2

    @staticmethod
    def _letter(mailbox: int, uid: int, connection: Reading) -> str | None:
        found = connection.scalar(text(LETTER_AT), {"mailbox": mailbox, "uid": uid})
        return None if found is None else str(found)

    def _facts(self, letter: str) -> list[tuple[str, str]]:
        found = self.world.store.read(lambda c: records.of_letter(c, letter))
        return [(one.event, one.members.get("actor", {}).get("login", "")) for one in found]


async def play(
    authority: Authority, bare_store: Path, steps: list[tuple[int, str]], database: str = ""
) -> History:
    with tempfile.TemporaryDirectory() as folder:
        async with running(authority, bare_store, Path(folder), database=database) as world:
            placed = [
                world.deliver(LETTER % (n, n, n), *to)
                for n, to in enumerate(((MOF,), (MOF, MINISTER), (MINISTER,)))
            ]
            history = History(world, placed)
            clients: list[Client] = [await world.logged_in(user) for user in USERS]
            for who, first in enumerate(("INBOX", f"Offices/{MINISTER}/INBOX", "INBOX", "Sent")):
                await clients[who].ok(f"SELECT {first}")
                history.select(who, f"SELECT {first}", "OK")
            for who, command in steps:
                heard = await clients[who].ask(command)
                assert heard, command
                if not heard[-1].startswith(("OK", "NO", "BAD")):  # another deleted the selected mailbox
                    assert heard[-1] == "* BYE The mailbox was deleted", heard[-1]
                    clients[who] = await world.logged_in(USERS[who])
                    history.boxes.pop(who, None)
                assert "SERVERBUG" not in heard[-1], command
                history.select(who, command, heard[-1])
                history.read(who, command, heard)
                history.look()
            history.hold()
            return history


def hold_histories(
    authority: Authority, bare_store: Path, *, long: bool, database: Callable[[], str] = str
) -> None:
    """Play random histories, each on a database of its own."""
    length, examples = (60, 400) if long else (25, 12)
    revealed: list[int] = []
    seen: list[int] = []

    @settings(
        max_examples=examples,
        deadline=None,
        suppress_health_check=list(HealthCheck),
        derandomize=not long,
        database=None,
    )
    @given(st.lists(STEPS, min_size=length // 2, max_size=length))
    def holds(steps: list[tuple[int, str]]) -> None:
        history = asyncio.run(play(authority, bare_store, steps, database()))
        revealed.append(len(history.revealed))
        seen.append(len(history.seen))

    holds()
    assert sum(revealed) > examples  # the histories do reveal something
    assert sum(seen) > examples // 2


@pytest.mark.timeout(3600)
def test_every_octet_received_and_every_flag_set_stand_in_the_log(
    authority: Authority, bare_store: Path, request: pytest.FixtureRequest
) -> None:
    hold_histories(authority, bare_store, long=request.config.getoption("--long"))


@pytest.mark.postgres
@pytest.mark.timeout(3600)
def test_the_same_holds_on_postgresql(
    authority: Authority, bare_store: Path, request: pytest.FixtureRequest
) -> None:
    install = binaries()
    if install is None or not request.config.getoption("--long"):
        pytest.skip("needs --long, and the PostgreSQL that the test group brings")
    with running_postgres(install) as server:
        template = server.create()
        initialise(server.url(template), "log.gov.example")
        store = Store(server.url(template))
        store.write(people)
        store.close()
        hold_histories(
            authority, bare_store, long=False, database=lambda: server.url(server.create(template))
        )
