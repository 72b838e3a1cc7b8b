"""Readers that take little or nothing, and then vanish: the journal says that the session ended, and nothing else.

asyncio notes each write to a connection that is gone; whoever opens and resets many could fill the journal with it.
"""

import asyncio
import logging
import socket
import ssl
import struct
import time

import pytest

from tests.dialogs.imap.rig import SECRET, World, letter_octets

COMMANDS = {
    "flags of all, often": b"".join(b"c%d UID FETCH 1:* FLAGS\r\n" % number for number in range(1000)),
    "a large letter, often": b"".join(b"c%d FETCH 1 BODY.PEEK[]\r\n" % number for number in range(30)),
    "nothing, often": b"".join(b"c%d NOOP\r\n" % number for number in range(3000)),
}
SESSIONS = 3


def reset(plain: socket.socket) -> None:
    """End without a word, as a machine does that was switched off and on."""
    plain.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    plain.close()


def leave(plain: socket.socket) -> None:
    """Close without TLS' own farewell, with all that was asked for on the way."""
    plain.close()


def turn_away(plain: socket.socket) -> None:
    """Take nothing more, and close a little later."""
    plain.shutdown(socket.SHUT_RD)
    time.sleep(0.2)
    plain.close()


def read_and_vanish(world: World, commands: bytes, how: str, seconds: float) -> None:
    plain = socket.create_connection(("127.0.0.1", world.port))
    plain.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    secured = world.client_context().wrap_socket(plain, server_hostname="127.0.0.1")
    secured.sendall(f"a LOGIN noura {SECRET}\r\nb SELECT INBOX\r\n".encode())
    heard = b""
    while b"\r\nb " not in heard:
        heard += secured.recv(4096)
    try:
        secured.sendall(commands)
    except (OSError, ssl.SSLError):
        return
    time.sleep(seconds)
    {"reset": reset, "leave": leave, "turn away": turn_away}[how](socket.socket(fileno=secured.detach()))


@pytest.mark.parametrize("what", COMMANDS)
@pytest.mark.parametrize("how", ["reset", "leave", "turn away"])
async def test_reader_that_vanishes_leaves_no_warning(
    world: World, caplog: pytest.LogCaptureFixture, what: str, how: str
) -> None:
    world.deliver(letter_octets(1, body="x" * 2_000_000))
    world.letters(300)
    caplog.set_level(logging.INFO)
    vanish = [
        asyncio.to_thread(read_and_vanish, world, COMMANDS[what], how, seconds)
        for seconds in (0, 0.05, 0.3)
        for _ in range(SESSIONS)
    ]
    await asyncio.gather(*vanish)
    until = asyncio.get_running_loop().time() + 20
    while world.server.sessions and asyncio.get_running_loop().time() < until:  # noqa: ASYNC110 - as it ends
        await asyncio.sleep(0.05)
    assert world.server.sessions == 0
    said = [(one.name, one.getMessage()) for one in caplog.records if one.levelno >= logging.WARNING]
    assert [line for line in said if line[0] != "murasalat.opening"] == []
    assert await (await world.selected()).ok("NOOP") == []
