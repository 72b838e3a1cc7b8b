import asyncio
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.smtp.wire import LineRefused, Wire


class Output:
    """The writing side: a list of what was written at once."""

    def __init__(self) -> None:
        self.writes: list[bytes] = []
        self.closed = False
        self.transport = self

    def is_closing(self) -> bool:
        return self.closed

    def write(self, octets: bytes) -> None:
        self.writes.append(octets)

    async def drain(self) -> None:
        await asyncio.sleep(0)

    def close(self) -> None:
        self.closed = True


def wired(*chunks: bytes) -> tuple[Wire, Output]:
    reader = asyncio.StreamReader()
    for chunk in chunks:
        reader.feed_data(chunk)
    reader.feed_eof()
    output = Output()
    writer: Any = output  # all that Wire uses of a StreamWriter
    return Wire(reader, writer), output


async def lines(wire: Wire) -> list[bytes]:
    found = []
    while (line := await wire.line()) is not None:
        found.append(line)
    return found


async def test_lines_are_what_stands_before_crlf() -> None:
    wire, _ = wired(b"NOOP\r\n\r\n RSET \r\nunfinished")
    assert await lines(wire) == [b"NOOP", b"", b" RSET "]


@pytest.mark.parametrize(
    "octets",
    [
        b"NOOP\n",
        b"\n",
        b"NO\rOP\r\n",
        b"NOOP\r\r\n",
        b"NO\0OP\r\n",
        b"\r\0\n",
        b"x" * 2047 + b"\r\n",
        b"x" * 9999,
    ],
)
async def test_a_line_that_is_none_is_refused(octets: bytes) -> None:
    wire, _ = wired(octets)
    with pytest.raises(LineRefused):
        await lines(wire)


async def test_the_longest_line_is_taken() -> None:
    wire, _ = wired(b"x" * 2046 + b"\r\n")
    assert await lines(wire) == [b"x" * 2046]


async def test_octets_put_back_come_first() -> None:
    wire, _ = wired(b"one\r\ntwo\r\n")
    assert await wire.octets() == b"one\r\ntwo\r\n"
    wire.put_back(b"two\r\n")
    assert await wire.line() == b"two"
    assert await wire.octets() == b""


async def test_replies_to_commands_that_came_together_leave_together() -> None:
    wire, output = wired(b"one\r\ntwo\r\n")
    while await wire.line() is not None:
        wire.say(b"250 OK\r\n")
    assert output.writes == [b"250 OK\r\n250 OK\r\n"]


async def test_the_last_word_comes_after_the_others_and_once() -> None:
    wire, output = wired()
    wire.say(b"250 OK\r\n")
    wire.last_word(b"221 Bye\r\n")
    wire.last_word(b"221 Bye\r\n")
    assert output.writes == [b"250 OK\r\n221 Bye\r\n"]
    assert output.closed


@given(st.lists(st.binary(max_size=20)))
def test_any_octets_are_lines_or_refused(chunks: list[bytes]) -> None:
    async def read() -> list[bytes]:
        return await lines(wired(*chunks)[0])

    try:
        found = asyncio.run(read())
    except LineRefused:
        return
    stream = b"".join(chunks)
    assert stream.startswith(b"".join(line + b"\r\n" for line in found))
    assert not any(octet in line for line in found for octet in (b"\r", b"\n", b"\0"))
