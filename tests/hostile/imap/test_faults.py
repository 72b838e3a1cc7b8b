"""Log before reveal, when the log cannot be written: no octet of a body leaves by any path; NO [UNAVAILABLE] is said.

The faults are the database's own: a full disk, a database that became read-only, one that another process holds
locked, a commit that hangs. Headers can be read all the while.
"""

import asyncio
import os
import shutil
import sqlite3
import subprocess
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path

import pytest

from mailstore.database.prepared import driver
from mailstore.database.transaction import Unit
from mailstore.evidence import records
from tests.authority import Authority
from tests.dialogs.imap.rig import MINISTER, MOF, SECRET, Client, World, letter_octets, running

CANARY = "canary"
INNER = (
    b"From: a@moj.gov.example\r\nTo: b@mof.gov.example\r\nSubject: parts\r\nMessage-ID: <%d@moj.gov.example>\r\n"
    b"MIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=x\r\n\r\ncanary preamble\r\n"
    b"--x\r\nContent-Type: text/plain; name=canary-%d\r\n\r\ncanary one\r\n"
    b"--x\r\nContent-Transfer-Encoding: base64\r\n\r\nY2FuYXJ5IHR3bw==\r\n"
    b"--x\r\nContent-Type: message/rfc822\r\n\r\nX-Canary: canary three\r\n\r\ncanary four\r\n--x--\r\n"
    b"canary epilogue\r\n"
)
ITEMS = (
    "BODY[]",
    "BODY.PEEK[]",
    "BODY.PEEK[]<0.99999>",
    "BODY.PEEK[]<300.1>",
    "BODY[TEXT]",
    "BODY.PEEK[TEXT]<2.5>",
    "BODY.PEEK[1]",
    "BODY.PEEK[1.MIME]",
    "BODY.PEEK[2]",
    "BODY.PEEK[3]",
    "BODY.PEEK[3.HEADER]",
    "BODY.PEEK[3.HEADER.FIELDS (X-Canary)]",
    "BODY.PEEK[3.HEADER.FIELDS.NOT (X-Nothing)]",
    "BODY.PEEK[3.TEXT]",
    "BINARY[1]",
    "BINARY.PEEK[2]",
    "BINARY.PEEK[]",
    "BINARY.PEEK[2]<0.3>",
    "RFC822",
    "RFC822.TEXT",
    "(FLAGS ENVELOPE BODY.PEEK[1]<0.1>)",
)
OTHER = ('SEARCH TEXT "canary one"', "SEARCH BODY canary", "UID SORT (SUBJECT) UTF-8 TEXT canary")


def encoded(text: str) -> bool:
    return CANARY in text or "Y2FuYXJ5" in text


# ── Faults ────────────────────────────────────────────────────────────────────────────────────────────────────────────


def pragma(world: World, text: str) -> None:
    """Set something on the writer's own connection."""

    def act(unit: Unit) -> None:
        unit.connection.exec_driver_sql(text)

    world.store.write(act)


@asynccontextmanager
async def disk_full(world: World) -> AsyncIterator[None]:
    """SQLite may not take one page more, and what was free within its pages is used up (SQLITE_FULL)."""
    world.letters(60)
    client = await world.selected(user="salem")
    pages = world.store.read(lambda c: c.exec_driver_sql("PRAGMA page_count").scalar())
    pragma(world, f"PRAGMA max_page_count={pages}")
    refused = 0
    for number in range(60, 0, -1):
        refused += (await client.ask(f"FETCH {number} BODY.PEEK[]"))[-1].startswith("NO [UNAVAILABLE]")
    assert refused > 10
    yield
    pragma(world, "PRAGMA max_page_count=1073741823")


@asynccontextmanager
async def read_only(world: World) -> AsyncIterator[None]:
    """The database cannot be written any more (SQLITE_READONLY)."""
    pragma(world, "PRAGMA query_only=ON")
    yield
    # The way back has to go beside the transaction, which cannot begin.
    assert world.store._writer._kept is not None
    driver(world.store._writer._kept).execute("PRAGMA query_only=OFF")


@asynccontextmanager
async def locked(world: World) -> AsyncIterator[None]:
    """Another process holds the database longer than is waited for (SQLITE_BUSY)."""
    pragma(world, "PRAGMA busy_timeout=20")
    blocker = sqlite3.connect(str(world.store.url.database), isolation_level=None)
    blocker.execute("BEGIN IMMEDIATE")
    yield
    blocker.execute("ROLLBACK")
    blocker.close()
    pragma(world, "PRAGMA busy_timeout=10000")


FAULTS: list[Callable[[World], AbstractAsyncContextManager[None]]] = [disk_full, read_only, locked]


async def is_refused(client: Client, say: str, item: str) -> None:
    """Hold that a FETCH is refused without an octet of a body."""
    heard = await client.ask(f"{say} {item}")
    assert heard[-1].startswith("NO [UNAVAILABLE]"), (item, heard[-1])
    assert not any(encoded(line) for line in heard), item


async def places(world: World) -> None:
    """Put copies of the letter wherever an officer can put them."""
    client = await world.selected()
    await client.ok("CREATE Work")
    for place in ("Work", "Drafts", "Sent", "Trash"):
        await client.ok(f"COPY 1 {place}")
    client.writer.transport.abort()


@pytest.mark.parametrize("fault", FAULTS)
async def test_no_octet_leaves_by_any_path(
    world: World, fault: Callable[[World], AbstractAsyncContextManager[None]]
) -> None:
    placed = world.deliver(INNER % (1, 1))
    minister = world.deliver(INNER % (2, 2), MINISTER)
    await places(world)
    client = await world.selected()
    async with fault(world):
        for item in ITEMS:
            await is_refused(client, "FETCH 1", item)
            await is_refused(client, "UID FETCH 1:*", item)
        for command in OTHER:
            assert not any(encoded(line) for line in await client.ask(command))
        for command in ("STORE 1 +FLAGS (\\Seen)", "MOVE 1 Work"):
            assert (await client.ask(command))[-1].startswith("NO [UNAVAILABLE]")
        for place in ("Archive", "Work", "Drafts", "Sent", "Trash", f"Offices/{MINISTER}/INBOX"):
            for verb in ("SELECT", "EXAMINE"):
                await client.ok(f"{verb} {place}")
                for item in ("BODY[]", "BODY.PEEK[TEXT]", "BINARY.PEEK[2]"):
                    await is_refused(client, "FETCH 1", item)
        (line,) = await client.ok("FETCH 1 (ENVELOPE BODY.PEEK[HEADER.FIELDS (Subject)])")  # no body
        assert "parts" in line
        await client.ok("SELECT INBOX")
        assert "\\Seen" not in (await client.ok("FETCH 1 FLAGS"))[0]
    for letter in (placed.letter, minister.letter):
        assert world.facts(letter, "HANDED-OVER", "SEEN") == []
    (line,) = await client.ok("FETCH 1 BODY.PEEK[1]")  # without a restart, without a new login
    assert "canary one" in line
    assert world.facts(placed.letter, "HANDED-OVER") == [("HANDED-OVER", "noura")]


@pytest.mark.parametrize("place", ["Sent", "Drafts", "Trash", "Work", "Archive"])
async def test_a_letter_is_a_letter_wherever_an_officer_put_it(world: World, place: str) -> None:
    placed = world.deliver(INNER % (1, 1))
    await places(world)
    client = await world.selected(place)
    (line,) = await client.ok("FETCH 1 BODY.PEEK[1]<0.1>")
    assert "{1}" in line or '"c"' in line
    assert world.facts(placed.letter, "HANDED-OVER", "SEEN") == [("HANDED-OVER", "noura")]
    await client.ok("FETCH 1 BODY[2]")
    assert world.facts(placed.letter, "SEEN") == [("SEEN", "noura")]


async def test_nothing_leaves_while_commits_hang_and_all_of_it_when_they_go_on(world: World) -> None:
    world.letters(8)
    placed = [world.deliver(INNER % (number, number)) for number in range(9, 12)]
    clients = [await world.selected(user=user) for user in ("noura", "salem", "noura")]
    reader = await world.selected(user="salem")
    blocker = sqlite3.connect(str(world.store.url.database), isolation_level=None)
    blocker.execute("BEGIN IMMEDIATE")
    for number, client in enumerate(clients, start=9):
        await client.send(f"x FETCH {number} BODY[]\r\n".encode())
    for _ in range(5):  # the service is well: headers can be read
        assert len(await reader.ok("FETCH 9:11 ENVELOPE")) == 3
        assert await reader.ok("SEARCH BODY canary") == ["* SEARCH 9 10 11"]
    assert all(not client.reader._buffer for client in clients)  # type: ignore[attr-defined]
    assert all(world.facts(one.letter, "HANDED-OVER") == [] for one in placed)
    blocker.execute("ROLLBACK")
    blocker.close()
    for client, user, one in zip(clients, ("noura", "salem", "noura"), placed, strict=True):
        assert "canary one" in "\n".join(await client.until("x"))
        assert world.facts(one.letter, "HANDED-OVER", "SEEN") == [("HANDED-OVER", user), ("SEEN", user)]


async def test_a_session_that_goes_while_the_commit_hangs_hears_nothing_and_hurts_nobody(
    world: World,
) -> None:
    world.letters(1)
    client = await world.selected()
    blocker = sqlite3.connect(str(world.store.url.database), isolation_level=None)
    blocker.execute("BEGIN IMMEDIATE")
    await client.send(b"x FETCH 1 BODY[]\r\n")
    other = await world.selected(user="salem")
    client.writer.transport.abort()
    await other.ok("NOOP")
    blocker.execute("ROLLBACK")
    blocker.close()
    assert "body 1" in (await other.ok("FETCH 1 BODY.PEEK[]"))[0]


async def test_a_large_letter_that_cannot_be_read_on_ends_the_connection(world: World) -> None:
    """Within a literal nothing else can be said: what follows would be taken for the letter."""
    body = ("x" * 76 + "\r\n") * 160_000  # 12 MiB
    world.deliver(letter_octets(1, body=body))
    client = await world.selected()
    client.reader._transport.pause_reading()  # type: ignore[attr-defined]
    await client.send(b"a FETCH 1 BODY.PEEK[]\r\n")
    async with asyncio.timeout(10):
        while not any(one.connection._writable for one in world.server.all_sessions()):  # noqa: ASYNC110
            await asyncio.sleep(0.005)
    thief = sqlite3.connect(str(world.store.url.database))
    thief.execute("UPDATE messages SET sha256 = 'away'")
    thief.commit()
    client.reader._transport.resume_reading()  # type: ignore[attr-defined]
    heard = b""
    while octets := await asyncio.wait_for(client.reader.read(2**20), 10):
        heard += octets
    head, _, literal = heard.partition(b"}\r\n")
    assert head.startswith(b"* 1 FETCH (BODY[] {")
    assert len(literal) < len(body)
    assert set(literal.rpartition(b"\r\n\r\n")[2]) <= set(b"x\r\n")
    thief.execute("UPDATE messages SET sha256 = (SELECT sha256 FROM letters)")
    thief.commit()
    thief.close()
    assert len((await (await world.selected()).ok("FETCH 1 BODY.PEEK[]"))[0]) > len(body)


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of 3 MiB."""
    folder = tmp_path / "small"
    folder.mkdir()
    mount = shutil.which("mount")
    if os.geteuid() != 0 or mount is None:
        pytest.skip("mounting a small file system needs root")
    if subprocess.run([mount, "-t", "tmpfs", "-o", "size=3m", "tmpfs", str(folder)], check=False).returncode:
        pytest.skip("no file system can be mounted here")
    yield folder
    subprocess.run(["umount", str(folder)], check=True)


async def test_a_disk_that_is_really_full_reveals_nothing(
    authority: Authority, bare_store: Path, small_disk: Path
) -> None:
    async with running(authority, bare_store, small_disk) as world:
        placed = world.letters(40)
        client = await world.selected()
        filler = small_disk / "filler"
        with filler.open("wb", buffering=0) as file:
            try:
                while file.write(b"\0" * 4096):
                    pass
            except OSError:
                pass
        refused = 0
        for number in range(1, 41):  # the log's file may hold some more: what is revealed is in it
            heard = await client.ask(f"FETCH {number} BODY.PEEK[]")
            revealed = any(f"body {number}" in line for line in heard)
            refused += not revealed
            letter = placed[number - 1].letter
            assert world.facts(letter, "HANDED-OVER") == ([("HANDED-OVER", "noura")] if revealed else [])
            assert heard[-1].startswith("OK" if revealed else "NO [UNAVAILABLE]")
        assert refused
        filler.unlink()
        assert "body 40" in (await client.ok("FETCH 40 BODY.PEEK[]"))[0]


async def test_a_reader_of_one_office_alone_is_recorded_for_that_office(world: World) -> None:
    placed = world.deliver(INNER % (1, 1), MOF, MINISTER)
    client = await world.connect()
    await client.line()
    await client.ok(f"LOGIN noura*{MINISTER} {SECRET}")
    await client.ok("SELECT INBOX")
    await client.ok("FETCH 1 BODY.PEEK[]")
    await client.ok("FETCH 1 BODY.PEEK[]")
    (record,) = [one for one in recorded(world, placed.letter.letter_id) if one["event"] == "HANDED-OVER"]
    assert record["recipient"]["office"] == MINISTER  # type: ignore[index]
    other = await world.selected()
    await other.ok("FETCH 1 BODY.PEEK[]")  # the same person, for the other office: a fact of its own
    assert world.facts(placed.letter, "HANDED-OVER") == [("HANDED-OVER", "noura")] * 2


def recorded(world: World, letter_id: str) -> list[dict[str, object]]:
    return [one.members for one in world.store.read(lambda c: records.of_letter(c, letter_id))]
