"""Connections that are slow, silent, half closed, never read, or no TLS at all."""

import asyncio
import socket
import ssl
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from gateway.imap.connection import Connection
from gateway.net.tls import cut
from tests.authority import Authority
from tests.dialogs.imap.rig import MOF, Client, World, letter_octets, running

MIB = 2**20


async def comes_true(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(10):
        while not condition():  # noqa: ASYNC110 - what is looked at has no event of its own
            await asyncio.sleep(0.005)


async def sessions_are(world: World, number: int) -> None:
    await comes_true(lambda: world.server.sessions == number)


async def to_the_end(reader: asyncio.StreamReader) -> bytes:
    """Read to the end of a connection, or to its reset."""
    try:
        return await asyncio.wait_for(reader.read(), 5)
    except ConnectionError:
        return b""


async def everything(client: Client) -> list[bytes]:
    heard = []
    while line := await client.line():
        heard.append(line)
    return heard


SHORT: dict[str, Any] = {"login_seconds": 0.6, "handshake_seconds": 0.6}
"""Time-outs that a test can wait for."""


# ── No TLS ────────────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    "octets",
    [
        b"a LOGIN noura abcd-efgh-jkmn-pqrs\r\n",
        b"GET / HTTP/1.1\r\nHost: gov.example\r\n\r\n",
        b"\x16\x03\x01" + b"\xff" * 4096,
        bytes(range(256)) * 64,
        b"\x80\x2e\x01\x00\x02" + bytes(43),
    ],
    ids=["IMAP", "HTTP", "hello that is none", "noise", "SSL 2"],
)
async def test_plaintext_on_the_tls_port_is_told_nothing(world: World, octets: bytes) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", world.port)
    writer.write(octets)
    heard = await to_the_end(reader)
    writer.close()
    assert len(heard) < 16  # at most a TLS alert
    assert b"OK" not in heard
    assert (await (await world.logged_in()).ask("NOOP"))[-1] == "OK Nothing done"


@pytest.mark.filterwarnings("ignore:ssl.TLSVersion:DeprecationWarning")
async def test_old_tls_is_refused(world: World) -> None:
    context = world.client_context()
    context.minimum_version = ssl.TLSVersion.MINIMUM_SUPPORTED
    context.set_ciphers("ALL:@SECLEVEL=0")
    context.maximum_version = ssl.TLSVersion.TLSv1_1
    with pytest.raises((ssl.SSLError, ConnectionError)):
        await asyncio.open_connection("127.0.0.1", world.port, ssl=context)


# ── Slow ──────────────────────────────────────────────────────────────────────────────────────────────────────────────


async def drip(client: Client, octets: bytes) -> None:
    for octet in octets:
        client.writer.write(bytes([octet]))
        await asyncio.sleep(0.03)


async def test_slow_and_silent_strangers_are_ended_and_an_honest_session_goes_on(
    authority: Authority, bare_store: Path, tmp_path: Path
) -> None:
    async with running(authority, bare_store, tmp_path, **SHORT) as world:
        world.letters(1)
        honest = await world.selected()
        silent = [await asyncio.open_connection("127.0.0.1", world.port) for _ in range(40)]
        slow = [await world.connect() for _ in range(30)]
        dripping = [asyncio.ensure_future(drip(client, b"a LOGIN {4000}\r\n" * 20)) for client in slow]
        half = [await world.connect() for _ in range(10)]
        for client in half:
            await client.send(b"a LOGIN {10+}\r\nabc")
        assert (await honest.ok("FETCH 1 BODY.PEEK[TEXT]"))[0].endswith("body 1\r\n)")
        for client in [*slow, *half]:
            heard = await everything(client)
            assert heard[0].startswith(b"* OK")
            assert heard[-1] == b"* BYE No command for too long"
        for reader, writer in silent:
            assert await to_the_end(reader) == b""
            writer.close()
        for task in dripping:
            task.cancel()
        await sessions_are(world, 1)
        assert (await honest.ask("NOOP"))[-1] == "OK Nothing done"


async def test_a_dripped_handshake_is_ended(authority: Authority, bare_store: Path, tmp_path: Path) -> None:
    incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
    async with running(authority, bare_store, tmp_path, **SHORT) as world:
        hello = world.client_context().wrap_bio(incoming, outgoing, server_hostname="127.0.0.1")
        with pytest.raises(ssl.SSLWantReadError):
            hello.do_handshake()
        reader, writer = await asyncio.open_connection("127.0.0.1", world.port)
        ended = asyncio.ensure_future(to_the_end(reader))
        for octet in outgoing.read()[:-1]:
            writer.write(bytes([octet]))
            await asyncio.sleep(0.02)
            if ended.done():
                break
        assert ended.done()
        writer.close()


async def test_a_stranger_who_takes_nothing_does_not_get_more_time(
    authority: Authority, bare_store: Path, tmp_path: Path
) -> None:
    async with running(
        authority, bare_store, tmp_path, write_seconds=60.0, commands_before_login=10**9, **SHORT
    ) as world:
        client = await world.connect()
        client.reader._transport.pause_reading()  # type: ignore[attr-defined]
        client.writer.write(b"a CAPABILITY\r\n" * 100_000)
        await sessions_are(world, 1)
        connection = world.server.all_sessions()[0].connection
        await comes_true(lambda: connection._paused_writing)
        await sessions_are(world, 0)


async def test_silence_after_login_comes_to_an_end(
    authority: Authority, bare_store: Path, tmp_path: Path
) -> None:
    async with running(authority, bare_store, tmp_path, idle_seconds=0.4, command_seconds=0.2) as world:
        silent = []
        for command in (b"", b"a NOOP", b"a APPEND Drafts {9}\r\n", b"a APPEND Drafts {9+}\r\nabc"):
            silent.append(await world.logged_in())
            await silent[-1].send(command)
        for client in silent:
            assert (await everything(client))[-1] == b"* BYE No command for too long"
        await sessions_are(world, 0)


async def test_an_idling_client_that_is_gone_comes_to_an_end(
    authority: Authority, bare_store: Path, tmp_path: Path
) -> None:
    async with running(authority, bare_store, tmp_path, idle_seconds=0.4) as world:
        client = await world.selected()
        await client.send(b"i IDLE\r\n")
        assert (await everything(client))[-1] == b"* BYE No command for too long"


# ── Never reading ─────────────────────────────────────────────────────────────────────────────────────────────────────


def waiting(connection: Connection) -> int:
    """What the server holds for a client: put but not written, written but not sent, encrypted but not sent."""
    assert connection._transport is not None
    tls = connection._transport._ssl_protocol  # type: ignore[attr-defined]
    return (
        connection._out_octets
        + connection._transport.get_write_buffer_size()
        + (tls._transport.get_write_buffer_size() if tls._transport else 0)
    )


@pytest.mark.parametrize(
    "item", ["BODY.PEEK[]", "BODY.PEEK[1]", "BINARY.PEEK[1]", "RFC822.TEXT", "BODY.PEEK[]<5.11000000>"]
)
async def test_a_client_that_never_reads_is_held_back_and_cut(
    authority: Authority, bare_store: Path, tmp_path: Path, item: str
) -> None:
    body = ("بسم الله " * 8 + "\r\n") * 80_000  # 12 MiB
    async with running(authority, bare_store, tmp_path, write_seconds=0.5) as world:
        placed = world.deliver(letter_octets(1, body=body))
        honest = await world.selected()
        client = await world.selected()
        client.reader._transport.pause_reading()  # type: ignore[attr-defined]
        await client.send(f"a FETCH 1 {item}\r\n".encode())
        await honest.ok("NOOP")
        await comes_true(lambda: any(one.connection._writable for one in world.server.all_sessions()))
        held = max(waiting(one.connection) for one in world.server.all_sessions())
        assert 0 < held < MIB
        assert (await honest.ask("NOOP"))[-1] == "OK Nothing done"
        await sessions_are(world, 1)
        assert world.facts(placed.letter, "HANDED-OVER") == [("HANDED-OVER", "noura")]


async def test_many_answers_that_nobody_reads_are_held_back(
    authority: Authority, bare_store: Path, tmp_path: Path
) -> None:
    async with running(authority, bare_store, tmp_path, write_seconds=0.5) as world:
        world.letters(50)
        client = await world.selected()
        client.reader._transport.pause_reading()  # type: ignore[attr-defined]
        client.writer.write(b"a FETCH 1:* (FLAGS ENVELOPE BODYSTRUCTURE)\r\n" * 5000)
        connection = world.server.all_sessions()[0].connection
        await comes_true(lambda: connection._writable is not None)
        assert 0 < waiting(connection) < MIB
        await sessions_are(world, 0)


async def test_an_idling_client_that_never_reads_is_held_back_and_cut(
    authority: Authority, bare_store: Path, tmp_path: Path
) -> None:
    """What changes is told in the end by cutting the session: what it was not told is not kept for it."""
    async with running(authority, bare_store, tmp_path, write_seconds=0.3) as world:
        world.letters(400)
        idle = await world.selected()
        await idle.send(b"i IDLE\r\n")
        assert (await idle.line()).startswith(b"+ ")
        idle.reader._transport.pause_reading()  # type: ignore[attr-defined]
        idle.writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        busy = await world.selected(user="noura")
        words = " ".join(letter * 60 for letter in "abcdef")
        for number in range(400):
            await busy.ok(f"STORE 1:* {'+' if number % 2 == 0 else '-'}FLAGS.SILENT (k{number % 7} {words})")
            assert max(waiting(one.connection) for one in world.server.all_sessions()) < 2 * MIB
            if world.server.sessions == 1:
                break
        await sessions_are(world, 1)


# ── Half closed, cut, crowded ─────────────────────────────────────────────────────────────────────────────────────────


SAID = (
    b"",
    b"a NOOP",
    b"a NOOP\r\n",
    b"a APPEND Drafts {9+}\r\nabc",
    b"i IDLE\r\n",
    b"a FETCH 1:* BODY.PEEK[]\r\n",
)


@pytest.mark.parametrize("how", ["close_notify", "FIN", "RST"])
async def test_a_connection_that_one_side_closed_is_given_up(world: World, how: str) -> None:
    world.letters(20)
    for said in SAID:
        client = await world.selected()
        await client.send(said)
        tls = client.writer.transport
        if how == "close_notify":
            tls.close()
        elif how == "FIN":
            raw = tls._ssl_protocol._transport  # type: ignore[attr-defined]
            raw.get_extra_info("socket").shutdown(socket.SHUT_WR)
        else:
            tls.abort()
        await sessions_are(world, 0)
    assert (await (await world.logged_in()).ask("NOOP"))[-1] == "OK Nothing done"


async def test_a_cut_at_any_place_is_no_error(world: World) -> None:
    script = (
        b"a LOGIN noura abcd-efgh-jkmn-pqrs\r\nb SELECT INBOX\r\nc FETCH 1:* (FLAGS BODY.PEEK[])\r\n"
        b"d APPEND Drafts (\\Seen) {9+}\r\na: b\r\n\r\nc\r\ne STORE 1:* +FLAGS (x)\r\nf IDLE\r\n"
    )
    world.letters(3)
    for length in range(0, len(script), 11):
        client = await world.connect()
        await client.send(script[:length])
        if length % 2:
            await client.line()
        cut(client.writer.transport)
    await sessions_are(world, 0)
    assert (await (await world.logged_in()).ask("NOOP"))[-1] == "OK Nothing done"


async def test_too_many_connections_of_one_source_are_told_and_then_dropped(
    authority: Authority, bare_store: Path, tmp_path: Path
) -> None:
    async with running(authority, bare_store, tmp_path, connections_per_source=5) as world:
        first = [await world.connect() for _ in range(5)]
        for client in first:
            assert (await client.line()).startswith(b"* OK")
        sixth = await world.connect()
        assert (await sixth.line()).startswith(b"* BYE [UNAVAILABLE]")
        assert await sixth.line() == b""
        await comes_true(lambda: len(world.server._shared.connections) == 5)
        silent = [await asyncio.open_connection("127.0.0.1", world.port) for _ in range(5)]
        await comes_true(lambda: len(world.server._shared.connections) == 10)
        with pytest.raises((ConnectionError, ssl.SSLError)):
            await world.connect()
        for _, writer in silent:
            writer.close()
        cut(first[0].writer.transport)
        await comes_true(lambda: world.server.sessions <= 4)
        assert (await first[1].ask("NOOP"))[-1] == "OK Nothing done"


async def test_nothing_is_left_of_connections_that_went(world: World) -> None:
    shared = world.server._shared
    for _ in range(30):
        client = await world.selected()
        cut(client.writer.transport)
    stranger = await world.connect()
    cut(stranger.writer.transport)
    await sessions_are(world, 0)
    await comes_true(lambda: not shared.tasks and len(shared.connections) == 0)
    assert not shared.connections._accounts
    assert not any(held.index.views for held in shared.updates._held.values())


async def test_stopping_ends_slow_and_idle_sessions(
    authority: Authority, bare_store: Path, tmp_path: Path
) -> None:
    async with running(authority, bare_store, tmp_path) as world:
        world.deliver(letter_octets(1, body="x" * 76 + "\r\n") * 100, MOF)
        idle = await world.selected()
        await idle.send(b"i IDLE\r\n")
        await idle.line()
        stranger = await world.connect()
        await stranger.send(b"a LOGIN {10}\r\n")
        await stranger.line()
        assert await stranger.line() == b"+ Ready for the literal"
        assert await world.server.close(5.0) == 0
        assert (await everything(idle))[-1].startswith(b"* BYE")
        assert (await everything(stranger))[-1].startswith(b"* BYE")


# ── Large uploads ─────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_large_uploads_of_one_account_take_turns(world: World) -> None:
    size = 4 * MIB
    octets = b"Subject: x\r\n\r\n" + b"x" * (size - 14)
    clients = [await world.logged_in() for _ in range(9)]
    sending = [
        asyncio.ensure_future(client.send(b"a APPEND Drafts {%d+}\r\n" % size + octets[:-MIB]))
        for client in clients
    ]

    def held() -> list[int]:
        return [one.connection.reader.held for one in world.server.all_sessions()]

    def large() -> int:
        return sum(octets > 2 * MIB for octets in held())

    await comes_true(lambda: large() == 4)
    other = await world.logged_in("salem")  # another account has seats of its own
    assert (await other.append("Drafts", octets)).startswith("OK")
    assert large() == 4
    assert sum(held()) < 4 * size + 5 * 2 * MIB
    clients[0].writer.transport.abort()  # whoever goes lets the next one in
    for client in clients[1:]:
        await client.send(octets[-MIB:] + b"\r\n")
    for client in clients[1:]:
        assert (await client.line()).startswith(b"a OK [APPENDUID")
    for task in sending:
        task.cancel()
    await comes_true(lambda: large() == 0)
    assert (await clients[1].append("Drafts", octets)).startswith("OK")


async def test_idling_sessions_are_woken_some_at_a_time(world: World) -> None:
    """Thousands may watch one mailbox: what else there is to do has its turn between them."""
    updates = world.server._shared.updates
    inbox = world.mailbox(MOF, "INBOX").id
    woken: list[int] = []
    views = [await updates.open(inbox, "noura", read_only=False) for _ in range(250)]
    for number, view in enumerate(views):
        view.wake = lambda number=number: woken.append(number)
    updates._mark(frozenset({inbox}))
    rounds = [len(woken)]
    gone = next(number for number in range(250) if number not in woken)
    views[gone].close()  # one may go meanwhile
    while len(rounds) < 3:
        await asyncio.sleep(0)
        rounds.append(len(woken))
    assert rounds[0] == 100
    assert rounds[1] in {199, 200}  # whether the one that went stood in this hundred or in the next
    assert sorted(woken) == [number for number in range(250) if number != gone]
