"""Abuse before anybody has logged in, over the real listener.

Each case is answered BAD, NO or BYE, and whatever it was, a session that was there before goes on.
"""

import asyncio
import re

import pytest

from gateway.imap.connection import Connection
from gateway.net.tls import cut
from tests.dialogs.imap.rig import SECRET, Client, World

pytestmark = pytest.mark.asyncio(loop_scope="module")

DEEP = 100_000
MOST_HELD = 64 * 1024

# What is sent, and what the first answer must begin with; after BYE the connection is over.
CASES: dict[str, tuple[bytes, str]] = {
    "literal of 4 GiB": (b"a LOGIN {4294967295}\r\n", "a NO [TOOBIG]"),
    "literal of 4 GiB, not waiting": (b"a LOGIN {4294967295+}\r\n", "* BYE"),
    "literal above 64 bits": (b"a LOGIN {18446744073709551616}\r\n", "a NO [TOOBIG]"),
    "literal above 64 bits, not waiting": (b"a LOGIN {18446744073709551616+}\r\n", "* BYE"),
    "literal of a thousand digits": (b"a LOGIN {" + b"9" * 1000 + b"}\r\n", "a NO [TOOBIG]"),
    "negative literal": (b"a LOGIN {-1}\r\n", "a BAD"),
    "negative literal, not waiting": (b"a LOGIN {-1+}\r\n", "a BAD"),
    "literal of 100 kB, not waiting": (b"a LOGIN {100000+}\r\n" + b"x" * 100_000 + b"\r\n", "a NO [TOOBIG]"),
    "literal of 300 kB, not waiting": (b"a LOGIN {300000+}\r\n" + b"x" * 300_000 + b"\r\n", "* BYE"),
    "commands hidden in a refused literal": (
        b"a LOGIN {6000+}\r\n" + b"b LOGOUT\r\n" * 600 + b"\r\n",
        "a NO [TOOBIG]",
    ),
    "APPEND with a literal": (b"a APPEND Sent {10}\r\n", "a BAD"),
    "APPEND of 25 MiB, not waiting": (b"a APPEND Sent {26214400+}\r\n" + b"x" * 400_000, "* BYE"),
    "literal for a command that is none": (b"a XYZZY {10}\r\n", "a BAD"),
    "literal8 for a name": (b"a LOGIN ~{3+}\r\nbob x\r\n", "a BAD"),
    "literal with NUL": (b"a LOGIN {3+}\r\nb\0b x\r\n", "a BAD"),
    "10,000 small literals": (b"a LOGIN" + b" {1+}\r\nx" * 10_000 + b"\r\n", "a NO [TOOBIG]"),
    "10,000 empty literals": (b"a LOGIN" + b" {0+}\r\n" * 10_000 + b"\r\n", "a NO [TOOBIG]"),
    "100,000 open parentheses": (b"(" * DEEP + b"\r\n", "* BAD"),
    "100,000 open parentheses after a tag": (b"a " + b"(" * DEEP + b"\r\n", "a BAD"),
    "30,000 open parentheses in ID": (b"a ID " + b"(" * 30_000 + b"\r\n", "a BAD"),
    "nested ID": (b'a ID (("x" "y"))\r\n', "a BAD"),
    "ID of 100 kB": (b'a ID ("n" "' + b"v" * 100_000 + b'")\r\n', "a BAD"),
    "ID of 3,000 pairs": (b"a ID (" + b'"n" "v" ' * 3000 + b'"n" "v")\r\n', "a BAD"),
    "ID with line ends": (b'a ID ("name" {8+}\r\nx\r\n* BYE)\r\n', "* ID ("),
    "tag of 64 kB": (b"x" * 65_536 + b" NOOP\r\n", "* BAD"),
    "tag that is a literal": (b"{1+}\r\nx NOOP\r\n", "* BAD"),
    "tag with a plus": (b"a+ NOOP\r\n", "* BAD"),
    "tag of control characters": (b"\x01\x02 NOOP\r\n", "* BAD"),
    "tag of 8-bit octets": (b"\xff\xfe NOOP\r\n", "* BAD"),
    "only spaces": (b" " * 5000 + b"\r\n", "* BAD"),
    "empty line": (b"\r\n", "* BAD"),
    "unclosed quote": (b'a LOGIN "' + b"x" * 5000 + b"\r\n", "a BAD"),
    "quote with NUL": (b'a LOGIN "a\0b" x\r\n', "a BAD"),
    "quote with bare CR": (b'a LOGIN "a\rb" x\r\n', "a BAD"),
    "quote with bare LF": (b'a LOGIN "a\nb LOGOUT" x\r\n', "* BYE"),
    "line that ends in LF alone": (b"a NOOP\nb NOOP\n", "* BYE"),
    "backslashes": (b'a LOGIN "' + b"\\" * 4001 + b'" x\r\n', "a BAD"),
    "line of 1 MiB": (b"a NOOP " + b"x" * 1_048_576 + b"\r\n", "* BYE"),
    "line without an end": (b"a NOOP " + b"x" * 400_000, "* BYE"),
    "TLS within TLS": (bytes.fromhex("16030100c8010000c40303") + bytes(200) + b"\r\n", "* BAD"),
    "HTTP": (b"GET / HTTP/1.1\r\nHost: gov.example\r\n\r\n", "GET BAD"),
    "SMTP": (b"EHLO gov.example\r\n", "EHLO BAD"),
    "base64 that is none": (b"a AUTHENTICATE PLAIN !!!!\r\n", "a BAD"),
    "base64 with a rest": (b"a AUTHENTICATE PLAIN AAAA=AAA\r\n", "a BAD"),
    "PLAIN with one part": (b"a AUTHENTICATE PLAIN AAAA\r\n", "a BAD"),
    "PLAIN that is not UTF-8": (b"a AUTHENTICATE PLAIN AP8A/w==\r\n", "a BAD"),
    "PLAIN of 100 kB": (b"a AUTHENTICATE PLAIN " + b"AAAA" * 25_000 + b"\r\n", "a BAD"),
    "answer to AUTHENTICATE before it was asked for": (b"a AUTHENTICATE PLAIN\r\nAGEAYg==\r\n", "* BYE"),
    "unknown mechanism": (b"a AUTHENTICATE GSSAPI\r\n", "a BAD"),
    "mechanism of 9 kB": (b"a AUTHENTICATE " + b"X" * 9000 + b"\r\n", "a BAD"),
    "password of 4 kB": (b"a LOGIN noura " + b"x" * 4000 + b"\r\n", "a NO [AUTHENTICATIONFAILED]"),
    "login with NUL in base64": (b"a AUTHENTICATE PLAIN AGEAYgBj\r\n", "a BAD"),
    "login of a million offices": (b"a LOGIN noura" + b"*" * 3000 + b" x\r\n", "a NO [AUTHENTICATIONFAILED]"),
    "login with direction controls": (
        b"a LOGIN {8+}\r\n\xe2\x80\xaenoura x\r\n",
        "a NO [AUTHENTICATIONFAILED]",
    ),
    "STARTTLS inside TLS": (b"a STARTTLS\r\nb LOGIN noura x\r\n", "a BAD"),
    "ENABLE of 3,000 words": (b"a ENABLE" + b" X" * 3000 + b"\r\n", "a BAD"),
    "SELECT": (b"a SELECT INBOX\r\n", "a BAD"),
    "FETCH": (b"a UID FETCH 1:* BODY[]\r\n", "a BAD"),
    "IDLE": (b"a IDLE\r\n", "a BAD"),
    "LIST": (b'a LIST "" *\r\n', "a BAD"),
    "eleven wrong commands": (b"a XYZZY\r\n" * 11, "a BAD"),
    "NUL for a tag": (b"\0 NOOP\r\n", "* BAD"),
}


async def first_answer(client: Client, octets: bytes) -> str:
    sending = asyncio.ensure_future(client.send(octets))
    try:
        return (await client.line()).decode("utf-8", "surrogateescape")
    finally:
        sending.cancel()


@pytest.mark.parametrize("name", CASES)
async def test_abuse_before_login_is_answered_and_hurts_nobody(
    besieged: World, honest: Client, name: str
) -> None:
    octets, expected = CASES[name]
    client = await besieged.connect()
    await client.line()
    heard = await first_answer(client, octets)
    assert heard.startswith(expected), heard
    assert len(heard) < 300
    if expected == "* BYE":
        assert await client.line() == b""
    cut(client.writer.transport)
    assert (await honest.ask("NOOP"))[-1] == "OK Nothing done"


async def test_a_refused_command_leaves_nothing_behind(besieged: World) -> None:
    """After the refusal the next command is read where it begins, and no octet of the literal is a command."""
    client = await besieged.connect()
    await client.line()
    await client.send(b"a LOGIN {5000+}\r\n" + b"b LOGOUT\r\n" * 500 + b" x\r\nc NOOP\r\n")
    assert (await client.line()).startswith(b"a NO [TOOBIG]")
    assert await client.line() == b"c OK Nothing done"


async def test_errors_before_login_are_counted_and_end_the_connection(besieged: World) -> None:
    client = await besieged.connect()
    await client.line()
    await client.send(b"a XYZZY\r\n" * 30)
    heard = [await client.line() for _ in range(12)]
    assert {line[:5] for line in heard[:10]} == {b"a BAD"}
    assert heard[10:] == [b"* BYE Too many errors", b""]


async def test_commands_without_a_login_come_to_an_end(besieged: World, honest: Client) -> None:
    client = await besieged.connect()
    await client.line()
    await client.send(b"a CAPABILITY\r\n" * 2000)
    heard = []
    while line := await client.line():
        heard.append(line)
    assert heard[-1] == b"* BYE Too many commands before login"
    assert len(heard) == 201
    assert (await honest.ask("NOOP"))[-1] == "OK Nothing done"


class Holding:
    """The connection on the server's side of a client."""

    def __init__(self, world: World, known: set[Connection]) -> None:
        (self.connection,) = [
            one.connection for one in world.server.all_sessions() if one.connection not in known
        ]

    @property
    def octets(self) -> int:
        """What is kept of what the client sent: by the reader, and received but not yet read."""
        return self.connection.reader.held + self.connection._waiting


def connections(world: World) -> set[Connection]:
    return {one.connection for one in world.server.all_sessions()}


@pytest.mark.parametrize(
    "piece",
    [
        b"a LOGIN " + b"(" * 40_000,
        b"a ID (" + b'"n" "v" ' * 3000,
        b"a LOGIN" + b" {4000+}\r\n" + b"x" * 4000,
        b"a LOGIN {4000+}\r\n" + b"x" * 3999,
        b"a LOGIN " + b"x {0+}\r\n" * 1000,
        b"x" * 60_000,
    ],
    ids=["parentheses", "ID", "literals", "unfinished literal", "empty literals", "tag"],
)
async def test_a_stranger_is_held_in_at_most_64_kib(besieged: World, piece: bytes) -> None:
    known = connections(besieged)
    client = await besieged.connect()
    await client.line()
    held = Holding(besieged, known)
    most = 0
    for start in range(0, len(piece), 3000):
        await client.send(piece[start : start + 3000])
        await asyncio.sleep(0)
        most = max(most, held.octets)
    for _ in range(20):
        await asyncio.sleep(0.001)
        most = max(most, held.octets)
    assert 0 < most <= MOST_HELD
    cut(client.writer.transport)


async def test_a_stranger_who_sends_while_a_login_is_checked_is_held_back(besieged: World) -> None:
    """Nothing is read during the check; what lies before that, decrypted or not, is bounded, too."""
    known = connections(besieged)
    client = await besieged.connect()
    await client.line()
    held = Holding(besieged, known)
    tls = held.connection._transport._ssl_protocol  # type: ignore[union-attr]
    sending = asyncio.ensure_future(client.send(b"a LOGIN noura wrong\r\n" + b"b NOOP\r\n" * 250_000))
    answered = asyncio.ensure_future(client.line())
    most = waiting = 0
    while not answered.done():
        await asyncio.sleep(0)
        most, waiting = max(most, held.octets), max(waiting, tls._get_read_buffer_size())
    assert (await answered).startswith(b"a NO [AUTHENTICATIONFAILED]")
    assert 0 < most <= MOST_HELD
    assert waiting <= MOST_HELD
    sending.cancel()
    cut(client.writer.transport)


async def test_the_journal_names_no_secret_and_no_line_of_a_stranger(
    besieged: World, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO", "murasalat")
    client = await besieged.connect()
    await client.line()
    await client.ask(b'LOGIN "no\xd9\x86ura" "wrong-secret-phrase"')
    await client.ask("LOGIN noura wrong-secret-phrase")
    await client.ask(f"LOGIN nobody-at-all {SECRET}")
    await client.ask("LOGOUT")
    await client.close()
    await asyncio.sleep(0.01)
    written = "\n".join(record.getMessage() for record in caplog.records)
    assert "imap.refused" in written
    assert "wrong-secret-phrase" not in written
    assert SECRET not in written
    assert re.search(r"[^\x20-\x7e\n]", written) is None
