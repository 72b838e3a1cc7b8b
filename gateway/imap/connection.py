"""One connection: octets in, octets out, and time. The only file that reads from and writes to a stream.

Invariants:
- What a client sends is read only as fast as it is taken: beyond `READ_OCTETS` waiting, before login beyond
  `STRANGERS_OCTETS`, reading pauses.
- Of one account only a few sessions hold a large upload at a time (`uploads`); the others are not read meanwhile.
- What is put goes out in pieces of about `WRITE_OCTETS`; `drain` waits while the client does not take them, and
  a client that takes nothing for `write_seconds` is cut.
- After the end nothing is written any more, and whoever waits hears `Gone`. A transport that closes is as good as
  ended: asyncio would note in the journal each write to a client that is gone.
"""

import asyncio
from collections import deque
from typing import TYPE_CHECKING

from gateway.imap.settings import ImapSettings
from gateway.imap.uploads import SMALL_OCTETS, Uploads
from gateway.imap.wire.framing import CommandReader, Fatal, Frame, Line, NeedContinuation, NeedData, Refused
from gateway.net.connections import Entry
from gateway.net.tls import client_certificate, closing, cut

if TYPE_CHECKING:
    from collections.abc import Callable

READ_OCTETS = 64 * 1024
WRITE_OCTETS = 64 * 1024
STRANGERS_OCTETS = 8 * 1024
"""What may wait of a client that has not logged in, besides the one TLS record that goes beyond."""
TURN = 20
"""Commands of one client, sent without waiting, until the others have their turn."""
_FEED_OCTETS = 16 * 1024

Heard = Frame | NeedContinuation | Refused | Fatal


class Gone(Exception):
    """The connection has ended."""


class Late(Exception):
    """The client was silent for too long."""


class Connection(asyncio.Protocol):
    """The octets of one client. One task converses; it alone calls the coroutines here."""

    def __init__(self, settings: ImapSettings, begin: "Callable[[Connection], None]") -> None:
        self.reader = CommandReader()
        self.source = ""
        self.certificate = ""
        """The SHA-256 (hex) of the client certificate that TLS verified, or empty."""
        self.entry = Entry.WELCOME
        self.over = False
        """Whether the connection has ended."""
        self._settings = settings
        self._begin = begin
        self._loop = asyncio.get_running_loop()
        self._transport: asyncio.Transport | None = None
        self._received: deque[bytes] = deque()
        self._waiting = 0
        self._paused_reading = False
        self._ended = False
        self._waiter: asyncio.Future[None] | None = None
        self._nudged = False
        self._out: list[bytes] = []
        self._out_octets = 0
        self._paused_writing = False
        self._writable: asyncio.Future[None] | None = None
        self._deadline = self._loop.time() + settings.login_seconds
        self._timer: asyncio.TimerHandle | None = None
        self._late = False
        self._turns = 0
        self._seated = False
        self.uploads: Uploads | None = None
        """The account's seats for large uploads, once somebody has logged in."""
        self.patient = False
        """Whether somebody has logged in: then silence may last, before it ends at a fixed time."""

    # ── What asyncio calls ────────────────────────────────────────────────────────────────────────────────────

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begin to converse."""
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        transport.set_write_buffer_limits(high=2 * WRITE_OCTETS)
        peer = transport.get_extra_info("peername")
        self.source = str(peer[0]) if peer else ""
        self.certificate = client_certificate(transport)
        self.entry = transport.get_extra_info("entry", Entry.WELCOME)
        self._timer = self._loop.call_at(self._deadline, self._on_timer)
        self._begin(self)

    def data_received(self, data: bytes) -> None:
        """Keep what came until it is taken."""
        self._received.append(data)
        self._waiting += len(data)
        most = READ_OCTETS if self.patient else STRANGERS_OCTETS
        if self._waiting > most and not self._paused_reading and self._transport is not None:
            self._paused_reading = True
            self._transport.pause_reading()
        self._wake()

    def eof_received(self) -> None:
        """Hear that the client sends no more: TLS ends in both directions (RFC 8446 section 6.1)."""
        self._ended = True
        self._wake()

    def connection_lost(self, exc: BaseException | None) -> None:
        """Hear that the connection is gone."""
        del exc
        self.over = True
        self._out.clear()
        if self._timer is not None:
            self._timer.cancel()
        self._received.clear()
        self._wake()
        if self._writable is not None and not self._writable.done():
            self._writable.set_result(None)

    def pause_writing(self) -> None:
        """Hear that the client takes less than is written."""
        self._paused_writing = True

    def resume_writing(self) -> None:
        """Hear that the client has taken what was written."""
        self._paused_writing = False
        if self._writable is not None and not self._writable.done():
            self._writable.set_result(None)

    # ── Time ──────────────────────────────────────────────────────────────────────────────────────────────────

    def allow(self, seconds: float) -> None:
        """Let the client be silent for so long from now on."""
        self._deadline = self._loop.time() + seconds
        if self._timer is not None and self._timer.when() > self._deadline:
            self._timer.cancel()
            self._timer = self._loop.call_at(self._deadline, self._on_timer)

    def _on_timer(self) -> None:
        """Let the timer run on until the deadline, which moves more often than it comes."""
        if self.over:
            return
        now = self._loop.time()
        if now < self._deadline:
            self._timer = self._loop.call_at(self._deadline, self._on_timer)
        elif self._waiter is None and self._writable is None:  # at work for the client
            self._timer = self._loop.call_at(now + 1.0, self._on_timer)
        elif self._writable is not None:
            self.abort()
        else:
            self._late = True
            self._wake()

    # ── Reading ───────────────────────────────────────────────────────────────────────────────────────────────

    async def hear(self) -> Heard | None:
        """Return the next command or what is wrong with it, None when `nudge` was called. Raises Gone and Late."""
        if self.reader.held <= SMALL_OCTETS:
            self._leave_seat()
        while True:
            event = self.reader.next()
            if not isinstance(event, NeedData):
                return event
            if self._take_nudge():
                return None
            await self._more()

    async def hear_line(self) -> Line | Fatal:
        """Return the next line that is no command; a nudge waits until it has come. Raises Gone and Late."""
        while True:
            event = self.reader.next_line()
            if not isinstance(event, NeedData):
                return event
            await self._more(heed_nudge=False)

    async def hear_line_or_nudge(self) -> Line | Fatal | None:
        """Return the next line, or None when `nudge` was called. Raises Gone and Late."""
        while True:
            event = self.reader.next_line()
            if not isinstance(event, NeedData):
                return event
            if self._take_nudge():
                return None
            await self._more()

    def nudge(self) -> None:
        """End the wait of `hear` and `hear_line_or_nudge`: there is something to look at."""
        if not self._nudged:
            self._nudged = True
            self._wake()

    def _take_nudge(self) -> bool:
        nudged, self._nudged = self._nudged, False
        return nudged

    async def _more(self, *, heed_nudge: bool = True) -> None:
        """Feed the reader with what came; if nothing did, wait for it or for a nudge."""
        self.flush()
        while not self._received:
            if self.over or self._ended:
                raise Gone
            if self._late:
                raise Late
            if self._nudged and heed_nudge:
                return
            if self.patient:
                settings = self._settings
                self.allow(settings.command_seconds if self.reader.held else settings.idle_seconds)
            self._waiter = self._loop.create_future()
            try:
                await self._waiter
            finally:
                self._waiter = None
        if self.uploads is not None and not self._seated and self.reader.held > SMALL_OCTETS:
            await self._take_seat(self.uploads)
        if not self._received:
            return
        piece = self._received.popleft()
        if len(piece) > _FEED_OCTETS:
            self._received.appendleft(piece[_FEED_OCTETS:])
            piece = piece[:_FEED_OCTETS]
        self._waiting -= len(piece)
        self.reader.feed(piece)
        if self._paused_reading and self._waiting <= READ_OCTETS // 2 and self._transport is not None:
            self._paused_reading = False
            self._transport.resume_reading()

    async def _take_seat(self, uploads: Uploads) -> None:
        """Wait until the account holds few enough large uploads; meanwhile no more of this one is read."""
        self.allow(self._settings.command_seconds)
        try:
            while not uploads.enter(self._wake):
                await self._woken()
        except BaseException:
            uploads.give_up(self._wake)
            raise
        self._seated = True

    async def _woken(self) -> None:
        self._waiter = self._loop.create_future()
        try:
            await self._waiter
        finally:
            self._waiter = None
        if self.over:
            raise Gone
        if self._late:
            raise Late

    def _leave_seat(self) -> None:
        if self._seated and self.uploads is not None:
            self._seated = False
            self.uploads.leave()

    def _wake(self) -> None:
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(None)

    # ── Writing ───────────────────────────────────────────────────────────────────────────────────────────────

    def put(self, octets: bytes) -> None:
        """Give octets to be sent, in order; they go out at the latest when the next command is waited for."""
        self._out.append(octets)
        self._out_octets += len(octets)
        if self._out_octets >= WRITE_OCTETS:
            self.flush()

    def flush(self) -> None:
        """Send what was put, without waiting."""
        if self._out and self._transport is not None and not closing(self._transport):
            self._transport.write(self._out[0] if len(self._out) == 1 else b"".join(self._out))
        self._out.clear()
        self._out_octets = 0

    async def drain(self) -> None:
        """Send what was put, and wait until the client has taken most of it. Raises Gone."""
        self.flush()
        while self._paused_writing and not self.over:
            self._writable = self._loop.create_future()
            if self.patient:  # else the time until the login is all there is
                self.allow(self._settings.write_seconds)
            try:
                await self._writable
            finally:
                self._writable = None
        if self.over:
            raise Gone

    async def breathe(self) -> None:
        """Between two commands: wait for a client that takes nothing, and give the other sessions their turn.

        Answers to commands that came together go out together. Raises Gone.
        """
        if self._paused_writing or self.over:
            await self.drain()
        self._turns += 1
        if self._turns >= TURN:
            self._turns = 0
            await asyncio.sleep(0)

    def close(self) -> None:
        """Send what was put and end the connection; a client that does not take it is cut."""
        self.flush()
        self._leave_seat()
        if self._transport is not None and not self.over:
            self._transport.close()  # TLS cuts a client that does not take it after a few seconds

    def abort(self) -> None:
        """Cut the connection."""
        if self._transport is not None:
            cut(self._transport)
