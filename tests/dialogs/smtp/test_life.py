"""Time, limits and the end of the service."""

import asyncio
import ssl

import pytest

from gateway.net.tls import cut, load_certificate
from gateway.smtp import replies
from tests.authority import Authority
from tests.dialogs.smtp.rig import OFFICE, Client, running


async def silent(client: Client) -> str:
    """Return the last word of the service to a client that says nothing."""
    lines = []
    while line := await client.line():
        lines.append(line)
    return lines[-1] if lines else ""


async def test_a_session_without_login_ends(authority: Authority) -> None:
    async with running(authority, login_seconds=0.2) as world:
        client = await world.connect()
        assert (await client.reply())[0].startswith("220")
        assert (await client.ask("NOOP"))[0].startswith("250")
        assert (await silent(client)).startswith("421 4.4.2 [TIMEOUT] ")
        await world.sessions_are(0)


async def test_an_octet_now_and_then_does_not_keep_a_session_without_login(authority: Authority) -> None:
    async with running(authority, login_seconds=0.2) as world:
        client = await world.connect()
        for octet in b"NOOP\r\nNOOP":
            await client.send(bytes([octet]))
            await asyncio.sleep(0.03)
        assert (await silent(client)).startswith("421 4.4.2")


async def test_an_idle_session_ends_after_login(authority: Authority) -> None:
    async with running(authority, command_seconds=0.2) as world:
        client = await world.logged_in()
        await client.ask(f"MAIL FROM:<{OFFICE}>")
        assert (await silent(client)).startswith("421 4.4.2")


async def test_commands_put_the_end_off(authority: Authority) -> None:
    async with running(authority, command_seconds=0.3) as world:
        client = await world.logged_in()
        for _ in range(5):
            await asyncio.sleep(0.1)
            assert (await client.ask("NOOP"))[0].startswith("250")


async def test_a_slow_letter_is_cut_and_not_submitted(authority: Authority) -> None:
    async with running(authority, letter_seconds=0.2, octets_per_second=1_000_000) as world:
        client = await world.started()
        for _ in range(10):
            await client.send(b"slow\r\n")
            await asyncio.sleep(0.03)
        assert (await silent(client)).startswith("421 4.4.2")
        client.writer.write(b".\r\n")
        await world.sessions_are(0)
    assert world.submitted == []


async def test_an_end_that_comes_with_the_last_word_is_no_letter(authority: Authority) -> None:
    async with running(authority) as world:
        client = await world.started()
        (session,) = world.service._shared.sessions
        session.wire._reader.feed_data(b".\r\n")
        session.leave_with(replies.TOO_SLOW)
        assert (await silent(client)).startswith("421 4.4.2")
        await world.sessions_are(0)
    assert world.submitted == []


async def test_a_letter_may_take_its_time_at_the_slowest_speed(authority: Authority) -> None:
    async with running(authority, letter_seconds=0.2, octets_per_second=10) as world:
        client = await world.started()
        for _ in range(10):
            await client.send(b"slow\r\n")
            await asyncio.sleep(0.03)
        assert (await client.ask("."))[0].startswith("250")


async def test_time_does_not_run_while_the_letter_is_registered(authority: Authority) -> None:
    async with running(authority, letter_seconds=0.1, command_seconds=0.1) as world:
        world.hold = asyncio.Event()
        client = await world.started()
        await client.send(b".\r\n")
        await asyncio.sleep(0.3)
        world.hold.set()
        assert (await client.reply())[0].startswith("250")


@pytest.mark.parametrize("how", ["close", "abort"])
async def test_a_client_that_stops_half_way_has_sent_nothing(authority: Authority, how: str) -> None:
    async with running(authority) as world:
        client = await world.started()
        await client.send(b"Subject: half a letter\r\n\r\n.")
        if how == "close":
            await client.close()
        else:
            cut(client.writer.transport)
        await world.sessions_are(0)
    assert world.submitted == []
    assert world.rejected == []


async def test_a_handshake_that_does_not_end_is_cut(authority: Authority) -> None:
    async with running(authority, handshake_seconds=0.2) as world:
        reader, writer = await asyncio.open_connection("127.0.0.1", world.port)
        assert await asyncio.wait_for(reader.read(), 5) == b""
        writer.close()


async def test_clear_text_gets_nowhere(authority: Authority) -> None:
    async with running(authority) as world:
        for words in (b"EHLO x\r\n", b"\0" * 600, b"AUTH PLAIN AAAA\r\nMAIL FROM:<a@b.example>\r\n"):
            reader, writer = await asyncio.open_connection("127.0.0.1", world.port)
            writer.write(words)
            try:
                heard = await asyncio.wait_for(reader.read(), 1)
            except ConnectionError:
                heard = b""
            assert not any(digit in heard for digit in (b"220", b"250", b"5."))
            writer.close()


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1, ssl.TLSVersion.TLSv1_1])
async def test_old_tls_is_refused(authority: Authority, version: ssl.TLSVersion) -> None:
    async with running(authority) as world:
        context = world.client_context()
        with pytest.warns(DeprecationWarning, match="TLSv1"):
            context.minimum_version = context.maximum_version = version
        context.set_ciphers("ALL:@SECLEVEL=0")
        with pytest.raises((ssl.SSLError, ConnectionError)):
            await asyncio.open_connection("127.0.0.1", world.port, ssl=context)


async def test_tls_1_2_has_forward_secrecy_or_nothing(authority: Authority) -> None:
    async with running(authority) as world:
        context = world.client_context()
        context.maximum_version = ssl.TLSVersion.TLSv1_2
        _, writer = await asyncio.open_connection("127.0.0.1", world.port, ssl=context)
        cipher = writer.get_extra_info("cipher")
        assert cipher[0].startswith("ECDHE-")
        writer.close()
        context.set_ciphers("AES256-GCM-SHA384:AES128-SHA")
        with pytest.raises((ssl.SSLError, ConnectionError)):
            await asyncio.open_connection("127.0.0.1", world.port, ssl=context)


async def test_one_source_has_so_many_sessions(authority: Authority) -> None:
    async with running(authority, connections_per_source=2) as world:
        served = [await world.connect() for _ in range(2)]
        assert all([(await client.reply())[0].startswith("220") for client in served])
        crowded = [await world.connect() for _ in range(2)]
        assert all(
            [(await client.reply())[-1].startswith("421 4.7.0 [TOO-MANY-CONN") for client in crowded[:1]]
        )
        await world.sessions_are(2)
        await served[0].ask("QUIT")
        await world.sessions_are(1)
        assert (await (await world.connect()).reply())[0].startswith("220")


async def test_far_too_many_connections_are_dropped_before_tls(authority: Authority) -> None:
    async with running(authority, connections_per_source=1) as world:
        open_now = [await asyncio.open_connection("127.0.0.1", world.port) for _ in range(2)]
        with pytest.raises((ssl.SSLError, ConnectionError)):
            await world.connect()
        for _, writer in open_now:
            writer.close()


async def test_the_service_has_so_many_sessions(authority: Authority) -> None:
    async with running(authority, connections=1) as world:
        assert (await (await world.connect()).reply())[0].startswith("220")
        assert (await (await world.connect()).reply())[-1].startswith("421 4.7.0")


async def test_a_drain_dismisses_idle_sessions_and_lets_letters_end(authority: Authority) -> None:
    async with running(authority) as world:
        idle, new, reading, registering = (
            await world.logged_in(),
            await world.connect(),
            await world.started(),
            await world.started(),
        )
        world.hold = asyncio.Event()
        await new.reply()
        await registering.send(b".\r\n")
        await world.entered.wait()
        closing = asyncio.create_task(world.service.close(5))
        assert (await idle.reply())[-1].startswith("421 4.3.2 [SHUTTING-DOWN] ")
        assert (await new.reply())[-1].startswith("421 4.3.2")
        assert await idle.at_end()
        with pytest.raises(OSError, match="Connect call failed"):
            await world.connect()
        await reading.send(b"Subject: late\r\n")
        world.hold.set()
        await reading.send(b".\r\n")
        for client in (registering, reading):
            assert (await client.reply())[0].startswith("250 2.6.0")
            assert (await client.reply())[-1].startswith("421 4.3.2")
        assert await closing == 0
    assert sorted(octets for _, octets in world.submitted) == [b"", b"Subject: late\r\n"]


async def test_a_drain_cuts_what_does_not_end_in_its_grace(authority: Authority) -> None:
    async with running(authority) as world:
        client = await world.started()
        await client.send(b"Subject: never ends\r\n")
        assert await world.service.close(0.1) == 1
        assert await client.line() == ""
    assert world.submitted == []


async def test_a_certificate_is_renewed_with_no_session_lost(authority: Authority) -> None:
    async with running(authority) as world:
        before = await world.logged_in()
        certificate, key, _ = authority.issue("renewed")
        load_certificate(world.service._context, certificate, key)
        after = await world.connect()
        peer = after.writer.get_extra_info("peercert")
        assert peer["subject"] == ((("commonName", "renewed"),),)
        assert (await before.ask("NOOP"))[0].startswith("250")


async def test_a_connection_keeps_little_memory(authority: Authority) -> None:
    async with running(authority) as world:
        await world.logged_in()
        (session,) = world.service._shared.sessions
        secured = session._transport._ssl_protocol  # type: ignore[union-attr]
        assert len(secured._ssl_buffer) == secured.max_size == 16 * 1024
