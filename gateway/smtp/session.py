"""One session of the submission service: what is known of the peer, what has been said, how long it may take.

Invariants:
- A refusal made here after login is recorded through the `reject` port before the peer hears of it; when it
  cannot be recorded, that is logged and the refusal stands.
- After the last word nothing more is said and nothing is submitted.
- No argument of AUTH, no letter and no subject is ever logged.
"""

import asyncio
import json
import logging
import ssl
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from gateway.net.connections import Connections
from gateway.net.tls import client_certificate, cut
from gateway.smtp import replies
from gateway.smtp.settings import Ports, Settings
from gateway.smtp.transaction import Peer, Transaction
from gateway.smtp.wire import Wire
from policies.people.identity import Account
from policies.words.reasons import Reason

_READ_OCTETS = 64 * 1024  # that may wait to be read, after login

JOURNAL = logging.getLogger("murasalat.smtp")


class Goodbye(Exception):
    """The session is over: the peer has had the last word, or is gone."""


@dataclass(slots=True, eq=False)
class Shared:
    """What the sessions of one listener share."""

    settings: Settings
    ports: Ports
    connections: Connections
    sessions: set["Session"] = field(default_factory=set)
    nobody: asyncio.Event = field(default_factory=asyncio.Event)
    draining: bool = False

    def add(self, session: "Session") -> None:
        """Count a session as open."""
        self.sessions.add(session)
        self.nobody.clear()

    def discard(self, session: "Session") -> None:
        """Count a session as gone."""
        self.sessions.discard(session)
        if not self.sessions:
            self.nobody.set()


class Session:
    """State and voice of one session."""

    def __init__(self, shared: Shared) -> None:
        self.shared = shared
        self.settings = shared.settings
        self.source = ""
        self.client = ""
        self.extended = False
        """Whether the peer said EHLO and not HELO."""
        self.peer: Peer | None = None
        """Who it is; None until login."""
        self.transaction: Transaction | None = None
        self.counts: Counter[str] = Counter()
        self.outcome = "lost"
        self.over = False
        """Whether the last word is said, or the peer gone."""
        self._loop = asyncio.get_running_loop()
        self._born = self._loop.time()
        self._deadline = self._born + self.settings.login_seconds
        self._timer: asyncio.TimerHandle | None = None
        self._engaged = False
        self._patient = False
        self._ends = 2
        self._errors = 0
        self._wire: Wire | None = None
        self._transport: asyncio.Transport | None = None

    def begin(self, wire: Wire, transport: asyncio.Transport) -> None:
        """Take the open connection."""
        self._wire = wire
        self._transport = transport
        name = transport.get_extra_info("peername")
        self.source = str(name[0]) if name else ""
        self._timer = self._loop.call_at(self._deadline, self._on_timer)
        self.shared.add(self)

    def lost(self) -> None:
        """Forget the connection."""
        self.over = True
        if self._timer is not None:
            self._timer.cancel()
        if self.peer is not None:
            self.shared.connections.log_out(self.peer.account.login)
        self._end()

    def finished(self) -> None:
        """Close the connection: the dialogue is at its end."""
        self.last_word(b"", self.outcome)
        self._end()

    def _end(self) -> None:
        """End when the connection is lost and the dialogue finished, in whichever order."""
        self._ends -= 1
        if self._ends == 0:
            self.shared.discard(self)
            seconds = round(self._loop.time() - self._born, 3)
            self.note("session", seconds=seconds, end=self.outcome, **self.counts)

    # What TLS tells.

    def tls(self) -> str:
        """Return protocol and cipher, for example `TLSv1.3 TLS_AES_256_GCM_SHA384`."""
        secured = self._ssl_object()
        cipher = secured.cipher() if secured else None
        return f"{cipher[1]} {cipher[0]}" if cipher else ""

    def certificate(self) -> str:
        """Return the SHA-256 (hex) of the client certificate that TLS verified, or "" when there is none."""
        return client_certificate(self._transport) if self._transport else ""

    def _ssl_object(self) -> ssl.SSLObject | None:
        found = self._transport.get_extra_info("ssl_object") if self._transport else None
        return found if isinstance(found, ssl.SSLObject) else None

    # Login.

    def log_in(self, account: Account) -> bool:
        """Let the peer be `account` from now on; False when that account has too many sessions."""
        if not self.shared.connections.log_in(account.login):
            return False
        self.peer = Peer(account, self.source, self.client, self.tls(), self.settings.channel)
        self.wire.widen(_READ_OCTETS)
        return True

    @property
    def arabic(self) -> bool:
        """Whether replies that people read are in Arabic too: to everybody but to systems, if so set."""
        system = self.peer is not None and self.peer.account.system is not None
        return self.settings.bilingual and not system

    # Hearing and saying.

    @property
    def wire(self) -> Wire:
        """The octets of the connection."""
        assert self._wire is not None
        return self._wire

    async def next_line(self) -> bytes:
        """Return the next command or answer; raises Goodbye when the peer has gone."""
        line = await self.wire.line()
        if line is None or self.over:
            raise Goodbye
        return line

    def say(self, octets: bytes) -> None:
        """Give a reply."""
        self.wire.say(octets)

    def notice(self, notice: replies.Notice) -> None:
        """Give a reply that people read."""
        self.say(notice.octets(arabic=self.arabic))

    def last_word(self, octets: bytes, outcome: str) -> None:
        """Give a reply and close the connection."""
        if not self.over:
            self.over = True
            self.outcome = outcome
            self.wire.last_word(octets)

    def leave_with(self, notice: replies.Notice) -> None:
        """Give a reply that people read, and close the connection."""
        self.last_word(notice.octets(arabic=self.arabic), notice.word.lower())

    def error(self, code: int, enhanced: str, text: str) -> None:
        """Answer a wrong command; raises Goodbye after too many of them."""
        self.say(replies.reply(code, enhanced, text))
        self.count_error()

    def count_error(self) -> None:
        """Count a wrong command that has been answered; raises Goodbye after too many of them."""
        self._errors += 1
        if self._errors >= (self.settings.errors if self.peer else self.settings.errors_before_login):
            self.leave_with(replies.TOO_MANY_ERRORS)
            raise Goodbye

    def forgive_errors(self) -> None:
        """Start to count errors anew."""
        self._errors = 0

    async def refuse(self, reason: Reason, detail: str, codes: tuple[int, str] | None = None) -> None:
        """Refuse what the transaction says so far: record it, then answer."""
        await self.record(reason, detail)
        self.say(replies.refusal(reason, detail, arabic=self.arabic, codes=codes))

    async def record(self, reason: Reason, detail: str) -> None:
        """Record a refusal through the `reject` port."""
        assert self.peer is not None
        self.counts["refused"] += 1
        self.note("refused", reason=str(reason), detail=replies.sanitised(detail))
        envelope = self.peer.envelope(self.shared.ports.clock(), self.transaction)
        with self.engaged(patient=True):
            try:
                await self.shared.ports.reject(envelope, reason, detail, None)
            except Exception:  # noqa: BLE001 - logged; the refusal stands
                JOURNAL.exception("a refusal (%s) could not be recorded", reason)

    def note(self, event: str, **words: str | float) -> None:
        """Write one line into the journal, as JSON, in ASCII."""
        if JOURNAL.isEnabledFor(logging.INFO):
            who = self.peer.account.login if self.peer else ""
            JOURNAL.info(
                json.dumps({"event": f"smtp.{event}", "source": self.source, "account": who, **words})
            )

    # Time.

    @contextmanager
    def engaged(self, *, patient: bool = False) -> Iterator[None]:
        """While a letter is read or a port is called: a drain waits for it. `patient`: no deadline holds."""
        before = self._engaged, self._patient
        self._engaged, self._patient = True, patient
        try:
            yield
        finally:
            self._engaged, self._patient = before

    def allow(self, seconds: float) -> None:
        """Set the deadline to so many seconds from now; before login it stays what it was."""
        if self.peer is not None:
            self.allow_until(self._loop.time() + seconds)

    def allow_until(self, deadline: float) -> None:
        """Set the deadline, in the event loop's time."""
        self._deadline = deadline
        if self._timer is not None and self._timer.when() > deadline:
            self._timer.cancel()
            self._timer = self._loop.call_at(deadline, self._on_timer)

    def _on_timer(self) -> None:
        """Let the timer run on until the deadline, which moves more often than it comes."""
        if self.over:
            return
        now = self._loop.time()
        if self._patient or now < self._deadline:
            self._timer = self._loop.call_at(max(self._deadline, now + 1.0), self._on_timer)
        else:
            self.leave_with(replies.TOO_SLOW)

    def leave(self) -> None:
        """Say that the service stops, unless a letter or a login is under way: then after it."""
        if not self._engaged:
            self.leave_with(replies.LEAVING)

    def abort(self) -> None:
        """Cut the connection."""
        if self._transport is not None:
            cut(self._transport)
