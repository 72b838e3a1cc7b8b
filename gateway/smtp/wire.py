"""Octets in, lines out; replies in, octets out. The only file that reads and writes the stream.

Invariants:
- A line is what stands before CRLF, with no other CR, LF and no NUL in it; anything else is refused, not
  mended.
- Replies leave in order, and at the latest when the peer is waited for; those of pipelined commands leave
  together (RFC 2920 section 3.2).
"""

import asyncio

LINE_OCTETS = 2_048  # the longest command that is taken at all
_READ = 64 * 1024


class LineRefused(Exception):
    """The line cannot be a command. The stream is no longer to be trusted: the connection has to end."""


class Wire:
    """The two directions of one connection."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer
        self._pending = bytearray()
        self._replies = bytearray()

    async def line(self) -> bytes | None:
        """Return the next line without its CRLF, or None at the end of the stream.

        Raises LineRefused for a line with a bare CR or LF or a NUL, and for one of more than 2,048 octets.
        """
        searched = 0
        while (end := self._pending.find(b"\n", searched)) < 0:
            searched = len(self._pending)
            if searched > LINE_OCTETS:
                raise LineRefused("A line is too long")
            octets = await self._read()
            if not octets:
                return None
            self._pending += octets
        line = bytes(self._pending[: end + 1])
        del self._pending[: end + 1]
        if not line.endswith(b"\r\n") or line.find(b"\r") != end - 1 or b"\0" in line:
            raise LineRefused("A line ends with CRLF and has no other CR, LF or NUL")
        if len(line) > LINE_OCTETS:
            raise LineRefused("A line is too long")
        return line[:-2]

    async def octets(self) -> bytes:
        """Return some octets, whatever they are; none at the end of the stream."""
        if self._pending:
            octets = bytes(self._pending)
            self._pending.clear()
            return octets
        return await self._read()

    def put_back(self, octets: bytes) -> None:
        """Give octets back that come before all others."""
        self._pending[:0] = octets

    def widen(self, limit: int) -> None:
        """Let up to twice as many octets as `limit` wait to be read, from now on."""
        vars(self._reader)["_limit"] = limit  # there is no public name

    def say(self, octets: bytes) -> None:
        """Say something to the peer; it leaves at the latest when the peer is next waited for.

        What piles up meanwhile is bounded by the commands of one read.
        """
        self._replies += octets

    async def flush(self) -> None:
        """Send what has been said; waits while the peer does not take it. Raises OSError when it is gone."""
        if self._replies:
            self._writer.write(bytes(self._replies))
            self._replies.clear()
            await self._writer.drain()

    def last_word(self, octets: bytes) -> None:
        """Say something without waiting, and close."""
        if not self._writer.transport.is_closing():
            self._writer.write(bytes(self._replies) + octets)
            self._replies.clear()
            self._writer.close()

    async def _read(self) -> bytes:
        await self.flush()
        return await self._reader.read(_READ)
