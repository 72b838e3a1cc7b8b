"""Too much of everything."""

import asyncio
import ssl

import pytest

from gateway.net.tls import cut
from policies.words.reasons import Reason
from tests.authority import Authority
from tests.dialogs.smtp.rig import OFFICE, running

MIB = 2**20


async def test_forty_megabytes_are_read_to_their_end_and_refused(authority: Authority) -> None:
    block = (b"x" * 76 + b"\r\n") * 3361  # 256 KiB
    async with running(authority, size_limit=25 * MIB) as world:
        client = await world.started()
        for _ in range(160):
            await client.send(block)
        heard = await client.ask("\r\n.")
        assert heard[-1].startswith("552 5.3.4 [TOO-LARGE] ")
        assert (await client.ask("NOOP"))[0].startswith("250")
    assert world.submitted == []
    assert [reason for _, reason, _ in world.rejected] == [Reason.TOO_LARGE]


async def test_a_letter_of_exactly_the_limit_is_taken(authority: Authority) -> None:
    letter = (b"x" * 62 + b"\r\n") * 32_768  # 2 MiB
    async with running(authority, size_limit=2 * MIB) as world:
        client = await world.started()
        await client.send(letter)
        assert (await client.ask("."))[0].startswith("250 2.6.0")
    assert world.submitted[0][1] == letter


async def test_data_without_end_is_cut_at_last(authority: Authority) -> None:
    async with running(authority, size_limit=MIB) as world:
        client = await world.started()
        for _ in range(400):
            await client.send(b"x" * 65_536)
        lines = await client.reply()
        assert not lines or lines[-1].startswith("552 5.3.4")
    assert world.submitted == []
    assert [reason for _, reason, _ in world.rejected] == [Reason.TOO_LARGE]


async def test_five_thousand_recipients_are_one_refusal(authority: Authority) -> None:
    async with running(authority) as world:
        client = await world.logged_in()
        await client.ask(f"MAIL FROM:<{OFFICE}>")
        names = (f"RCPT TO:<office{number}@mof.gov.example>\r\n" for number in range(5_000))
        await client.send("".join(names).encode())
        heard = [(await client.reply())[-1] for _ in range(5_000)]
        assert {line[:9] for line in heard[:100]} == {"250 2.1.5"}
        assert {line[:33] for line in heard[100:]} == {"550 5.5.3 [TOO-MANY-RECIPIENTS] T"}
        assert (await client.ask("DATA"))[-1].startswith("554 5.5.1 [TOO-MANY-RECIPIENTS]")
        assert (await client.ask("NOOP"))[0].startswith("250")
    assert world.submitted == []
    ((envelope, reason, _),) = world.rejected
    assert reason is Reason.TOO_MANY_RECIPIENTS
    assert len(envelope.recipients) == 100


@pytest.mark.parametrize("body", [b"\r\n" * 500_000, b"\n" * 1_000_000, b"\r" * 1_000_000, b"y" * 1_000_000])
async def test_a_megabyte_of_line_ends_or_of_one_line_is_answered(authority: Authority, body: bytes) -> None:
    async with running(authority) as world:
        client = await world.started()
        await client.send(body)
        heard = await client.ask("\r\n.")
    assert heard[-1][:3] == ("250" if body[:2] == b"\r\n" else "550")
    assert len(world.submitted) == (heard[-1][:3] == "250")


async def test_a_client_that_does_not_read_its_replies_is_held_back(authority: Authority) -> None:
    async with running(authority, commands=10**6) as world:
        client = await world.logged_in()
        client.reader._transport.pause_reading()  # type: ignore[attr-defined]
        client.writer.write(b"HELP\r\n" * 500_000)
        await asyncio.sleep(0.5)
        (session,) = world.service._shared.sessions
        assert len(session.wire._replies) < 2 * MIB
        assert session.counts["commands"] < 500_000
        cut(client.writer.transport)
        await world.sessions_are(0)


async def test_slow_and_silent_connections_leave_room_for_an_honest_one(authority: Authority) -> None:
    async with running(
        authority, connections_per_source=100, login_seconds=0.5, handshake_seconds=0.5
    ) as world:
        silent = [await asyncio.open_connection("127.0.0.1", world.port) for _ in range(60)]
        slow = [await world.connect() for _ in range(30)]
        honest = await world.started()
        for client in slow:
            await client.send(b"E")
        assert (await honest.ask("."))[0].startswith("250")
        assert {(await client.reply())[0][:3] for client in slow} == {"220"}
        assert {(await client.reply())[-1][:9] for client in slow} == {"421 4.4.2"}
        for reader, writer in silent:
            assert await asyncio.wait_for(reader.read(), 5) == b""
            writer.close()


@pytest.mark.parametrize(
    "noise", [b"\x16\x03\x01" + b"\xff" * 4096, bytes(range(256)) * 64, b"GET / HTTP/1.1\r\n\r\n"]
)
async def test_noise_before_tls_ends_the_connection(authority: Authority, noise: bytes) -> None:
    async with running(authority) as world:
        reader, writer = await asyncio.open_connection("127.0.0.1", world.port)
        writer.write(noise)
        try:
            heard = await asyncio.wait_for(reader.read(), 5)
        except ConnectionError:
            heard = b""
        assert len(heard) < 16  # at most a TLS alert
        writer.close()
        assert (await (await world.connect()).reply())[0].startswith("220")


async def test_a_reset_in_the_middle_of_anything_is_no_error(
    authority: Authority, caplog: pytest.LogCaptureFixture
) -> None:
    script = f"EHLO x\r\nAUTH PLAIN AGEAYg==\r\nMAIL FROM:<{OFFICE}>\r\nDATA\r\n".encode()
    async with running(authority) as world:
        for length in range(0, len(script), 7):
            try:
                client = await world.connect()
                await client.send(script[:length])
                cut(client.writer.transport)
            except (ConnectionError, ssl.SSLError):
                continue
        await world.sessions_are(0)
    assert [record for record in caplog.records if record.exc_info or record.levelname == "ERROR"] == []
