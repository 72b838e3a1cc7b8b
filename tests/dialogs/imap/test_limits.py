"""Clients that are silent, slow or many: each is bounded in time, memory and number."""

import asyncio
import ssl
from pathlib import Path

import pytest

from tests.authority import Authority
from tests.dialogs.imap.rig import SECRET, World, letter_octets, running


async def test_silence_before_login_is_short(authority: Authority, bare_store: Path, tmp_path: Path) -> None:
    async with running(authority, bare_store, tmp_path, login_seconds=0.3) as world:
        client = await world.connect()
        await client.line()
        dribbling = asyncio.create_task(dribble(world))
        assert (await client.line()).startswith(b"* BYE")
        assert await client.line() == b""
        assert await dribbling


async def dribble(world: World) -> bool:
    """Send an octet now and then; return whether the connection was ended all the same."""
    client = await world.connect()
    await client.line()
    for _ in range(40):
        await client.send(b"x")
        await asyncio.sleep(0.03)
        if client.reader.at_eof():
            return True
    return (await client.line()).startswith(b"* BYE") or client.reader.at_eof()


async def test_silence_after_login_is_long_and_ends(
    authority: Authority, bare_store: Path, tmp_path: Path
) -> None:
    async with running(authority, bare_store, tmp_path, idle_seconds=0.4, command_seconds=0.2) as world:
        idle, half = await world.selected(), await world.selected()
        await half.send(b"a APPEND Drafts {100+}\r\nabc")
        await idle.send(b"i IDLE\r\n")
        await idle.line()
        assert (await half.line()).startswith(b"* BYE")
        assert (await idle.line()).startswith(b"* BYE")


async def test_client_that_takes_nothing_is_cut(
    authority: Authority, bare_store: Path, tmp_path: Path
) -> None:
    async with running(authority, bare_store, tmp_path, write_seconds=0.3) as world:
        world.deliver(letter_octets(1, body="x" * 8_000_000))
        client = await world.selected()
        client.writer.transport.pause_reading()  # type: ignore[attr-defined]
        await client.send(b"a FETCH 1 BODY.PEEK[]\r\n")
        for _ in range(100):
            await asyncio.sleep(0.05)
            if world.server.sessions == 0:
                break
        assert world.server.sessions == 0


async def test_connections_are_counted_by_source_and_account(
    authority: Authority, bare_store: Path, tmp_path: Path
) -> None:
    limits = {"connections_per_source": 3, "connections_per_account": 2}
    async with running(authority, bare_store, tmp_path, **limits) as world:
        await world.logged_in()
        await world.logged_in()
        third = await world.connect()
        await third.line()
        assert await third.no(f"LOGIN noura {SECRET}") == "[LIMIT] Too many connections of this account"
        await third.ok(f"LOGIN salem {SECRET}")
        fourth = await world.connect()
        assert (await fourth.line()).startswith(b"* BYE [UNAVAILABLE]")
        await world.clients[0].ask("LOGOUT")
        await world.clients[0].close()
        await asyncio.sleep(0.1)
        await world.logged_in()


async def test_plain_text_is_never_answered(world: World) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", world.port)
    writer.write(b"a LOGIN noura x\r\n")
    await writer.drain()
    answer = await asyncio.wait_for(reader.read(100), 2)
    assert b"OK" not in answer  # at most a TLS alert
    writer.close()


@pytest.mark.filterwarnings("ignore:ssl.TLSVersion:DeprecationWarning")
async def test_old_tls_is_refused(world: World) -> None:
    context = world.client_context()
    context.minimum_version = ssl.TLSVersion.TLSv1
    context.maximum_version = ssl.TLSVersion.TLSv1_1
    with pytest.raises((ssl.SSLError, ConnectionError)):
        await asyncio.open_connection("127.0.0.1", world.port, ssl=context)


async def test_flood_of_commands_is_held_back(world: World) -> None:
    client = await world.logged_in()
    sent = asyncio.create_task(client.send(b"".join(b"f%d NOOP\r\n" % number for number in range(20_000))))
    other = await world.logged_in()
    assert (await asyncio.wait_for(other.ask("NOOP"), 5))[-1].startswith("OK")
    await sent
    assert await client.until("f19999")


async def test_stopping_says_bye_and_lets_commands_end(
    authority: Authority, bare_store: Path, tmp_path: Path
) -> None:
    async with running(authority, bare_store, tmp_path) as world:
        waiting, idling = await world.selected(), await world.selected()
        await idling.send(b"i IDLE\r\n")
        await idling.line()
        assert await world.server.close(2.0) == 0
        assert await waiting.line() == b"* BYE The service is stopping"
        assert await idling.line() == b"* BYE The service is stopping"
        with pytest.raises(OSError, match="Connect call failed"):
            await world.connect()
