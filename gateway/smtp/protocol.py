"""The submission service's protocol: aiosmtpd's, with everything that reads or answers replaced.

aiosmtpd 1.4.6 is the skeleton: one protocol object with reader, writer, session and a task for each
connection. What it reads leniently is read strictly here, and what it answers without enhanced codes is
answered with them. The names that are overridden or relied on are private:
`tests/unit/gateway/smtp/test_aiosmtpd.py` holds each against the pinned release.

Invariants:
- No command of aiosmtpd's own is reachable: the verbs are those in `VERBS` and no others.
- The task is never cancelled because the peer went away: what `submit` has begun it ends.
- A fault of our own is logged once with its traceback and answered with 451; it ends no session.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from typing import cast

from aiosmtpd.smtp import SMTP

from gateway.net.connections import Entry
from gateway.smtp import commands, mail, replies
from gateway.smtp.auth import LINE_OCTETS as AUTH_OCTETS
from gateway.smtp.session import JOURNAL, Goodbye, Session, Shared
from gateway.smtp.wire import LINE_OCTETS, LineRefused, Wire

# aiosmtpd writes every command with its arguments, passwords included, into this log at INFO.
logging.getLogger("mail.log").setLevel(logging.WARNING)

_COMMAND_OCTETS = 512  # RFC 5321 section 4.5.3.1.4, with CRLF


class SubmissionProtocol(SMTP):
    """One connection."""

    line_length_limit = 4 * 1024  # StreamReader's limit before login
    session: Session  # type: ignore[assignment]
    _reader: asyncio.StreamReader
    _writer: asyncio.StreamWriter

    def __init__(self, shared: Shared) -> None:
        # Not SMTP.__init__: it looks through all methods of the object for each connection (0.2 ms).
        self.loop = asyncio.get_running_loop()
        reader = asyncio.StreamReader(limit=self.line_length_limit, loop=self.loop)
        asyncio.StreamReaderProtocol.__init__(self, reader, self._cb_client_connected, self.loop)
        self.session = Session(shared)
        self.transport: asyncio.Transport | None = None
        self._handler_coroutine: asyncio.Task[None] | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begin the session; TLS is up."""
        transport = cast("asyncio.Transport", transport)
        asyncio.StreamReaderProtocol.connection_made(self, transport)
        self.transport = transport
        self.session.begin(Wire(self._reader, self._writer), transport)
        self._handler_coroutine = self.loop.create_task(self._handle_client())

    def connection_lost(self, error: Exception | None) -> None:
        """End the session; its task ends by itself at its next read or write."""
        asyncio.StreamReaderProtocol.connection_lost(self, error)
        if self.transport is not None:
            self.session.lost()
        self.transport = None

    def eof_received(self) -> bool:
        """Take the peer's end of the stream as the end of the connection, as TLS does."""
        asyncio.StreamReaderProtocol.eof_received(self)
        return False

    async def _handle_client(self) -> None:
        session = self.session
        try:
            await self._dialogue(session)
        except (Goodbye, OSError):
            pass
        except LineRefused as refused:
            session.last_word(replies.reply(500, "5.5.2", str(refused)), "bad line")
        finally:
            session.finished()

    async def _dialogue(self, session: Session) -> None:
        assert self.transport is not None
        if self.transport.get_extra_info("entry") is Entry.CROWDED:
            session.leave_with(replies.CROWDED)
            return
        session.say(f"220 {session.settings.hostname} ESMTP Murasalat\r\n".encode())
        while True:
            if session.shared.draining:
                session.leave_with(replies.LEAVING)
                return
            if session.revoked:
                session.leave_with(replies.LOGGED_OUT)
                return
            session.allow(session.settings.command_seconds)
            line = await session.next_line()
            try:
                await self._command(session, line)
            except (Goodbye, OSError, LineRefused):
                raise
            except Exception:  # noqa: BLE001 - logged; the session goes on
                JOURNAL.exception("a command failed")
                session.notice(replies.UNAVAILABLE)

    async def _command(self, session: Session, line: bytes) -> None:
        settings = session.settings
        session.counts["commands"] += 1
        if session.counts["commands"] > (
            settings.commands if session.peer else settings.commands_before_login
        ):
            session.leave_with(replies.TOO_MANY_ERRORS)
            raise Goodbye
        verb, _, rest = line.partition(b" ")
        verb = verb.upper()
        command = VERBS.get(verb)
        try:
            argument = rest.strip(b" ").decode()
        except UnicodeDecodeError:
            session.error(501, "5.5.2", "An argument is ASCII, or UTF-8 with SMTPUTF8")
            return
        if len(line) + 2 > _longest(verb, logged_in=session.peer is not None):
            session.error(500, "5.5.2", "The command is too long")
        elif command is not None:
            await command(session, argument)
        else:
            session.error(500, "5.5.2", "That command is not known")


Command = Callable[[Session, str], Awaitable[None]]

VERBS: dict[bytes, Command] = {
    b"EHLO": commands.ehlo,
    b"HELO": commands.helo,
    b"AUTH": commands.auth,
    b"MAIL": mail.mail,
    b"RCPT": mail.rcpt,
    b"DATA": mail.data,
    b"RSET": commands.rset,
    b"NOOP": commands.noop,
    b"VRFY": commands.vrfy,
    b"EXPN": commands.expn,
    b"HELP": commands.help_,
    b"QUIT": commands.quit_,
    b"STARTTLS": commands.starttls,
    b"BDAT": commands.bdat,
}


def _longest(verb: bytes, *, logged_in: bool) -> int:
    """How many octets a command may have: parameters need room, but only after login."""
    if verb == b"AUTH":
        return AUTH_OCTETS
    return LINE_OCTETS if logged_in and verb in {b"MAIL", b"RCPT"} else _COMMAND_OCTETS
