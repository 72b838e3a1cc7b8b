"""What one login knows: who it is, what it may read, what is selected, what the client has enabled.

Invariants:
- A session acts for one named officer from login to its end. Rights are looked up before every command that needs
  them, most often in the transaction that reads or writes; when the directory no longer gives them, the session ends
  or the command fails, and nothing that was read is sent.
- Nothing is written to the client but through `put` and `drain`.
"""

import json
import logging
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from functools import partial
from typing import TYPE_CHECKING, TypeVar

from gateway.imap.access import Access, access_of
from gateway.imap.connection import Connection
from gateway.imap.names import Place, place_of, shown
from gateway.imap.reply import Ending, no
from gateway.imap.selected.updates import Updates
from gateway.imap.selected.view import View
from gateway.imap.settings import ImapSettings, Ports
from gateway.imap.state import State
from gateway.imap.texts import LOGGED_OUT, MAILBOX_GONE, NO_SUCH_MAILBOX, REVOKED, Sentence
from gateway.imap.uploads import Uploads
from gateway.imap.wire import responses
from gateway.letters.reader import Reader
from gateway.net.connections import Connections
from mailstore.database.transaction import Reading, Unit
from mailstore.directory import directory
from mailstore.faults import NotFound
from mailstore.mailboxes import mailboxes
from mailstore.mailboxes.mailboxes import Mailbox
from policies.people.directory import Directory
from policies.people.identity import Account
from policies.words.arabic import strip_controls

if TYPE_CHECKING:
    import asyncio

T = TypeVar("T")
JOURNAL = logging.getLogger("murasalat.imap")

LONGEST_CLIENT = 120


@dataclass(slots=True, eq=False)
class Shared:
    """What the sessions of one listener share."""

    settings: ImapSettings
    ports: Ports
    updates: Updates
    connections: Connections
    sessions: set["Session"] = field(default_factory=set)
    tasks: set["asyncio.Task[None]"] = field(default_factory=set)
    draining: bool = False
    directory: Directory | None = None
    """The directory as of the last look."""
    uploads: dict[str, Uploads] = field(default_factory=dict)
    """Seats for large uploads, by login."""


class RightsMovedError(Exception):
    """The rights are others than when the command began: what it found out is void, and it may begin again."""


class _DirectoryMovedError(Exception):
    """The directory changed since the session looked."""


def _with_version(act: Callable[[Reading], T], connection: Reading) -> tuple[int, T]:
    return directory.version(connection), act(connection)


def _authorised(version: int, act: Callable[[Unit], T], unit: Unit) -> T:
    if directory.version(unit.connection) != version:
        raise _DirectoryMovedError
    return act(unit)


class Session:
    """State and voice of one session."""

    def __init__(self, connection: Connection, shared: Shared) -> None:
        self.connection = connection
        self.shared = shared
        self.settings = shared.settings
        self.ports = shared.ports
        self.state = State.GREETED
        self.account: Account | None = None
        self.view: View | None = None
        self.utf8_accept = False
        """Whether the client has enabled UTF8=ACCEPT (RFC 6855)."""
        self.rev2 = False
        """Whether the client has enabled IMAP4rev2 (RFC 9051)."""
        self.condstore = False
        """Whether the client has used something of CONDSTORE (RFC 7162 section 3.1)."""
        self.client = ""
        """The client's own name and version, from ID."""
        self.busy = False
        """Whether a command is at work: a drain waits for it."""
        self.said = 0
        """How often something was put."""
        self.counts: Counter[str] = Counter()
        self._born = time.monotonic()
        self._office: str | None = None
        self._access: Access | None = None
        self._directory: Directory | None = None

    # ── Who ───────────────────────────────────────────────────────────────────────────────────────────────────

    def log_in(self, account: Account, access: Access, present: Directory, office: str | None) -> None:
        """Act for an officer from now on."""
        self.account = account
        self._office = office
        self._access, self._directory = access, present
        self.state = State.AUTHENTICATED
        seats = self.shared.uploads.get(account.login)
        if seats is None:
            seats = self.shared.uploads[account.login] = Uploads(self.settings.uploads_per_account)
        self.connection.uploads = seats

    @property
    def login(self) -> str:
        """The officer's login."""
        assert self.account is not None
        return self.account.login

    @property
    def access(self) -> Access:
        """What the session may read, as of the last look."""
        assert self._access is not None
        return self._access

    @property
    def utf8(self) -> bool:
        """Whether names and texts go out in UTF-8."""
        return self.utf8_accept or self.rev2

    @property
    def arabic(self) -> bool:
        """Whether sentences go out in Arabic: the officer reads it, and the client has said it takes UTF-8."""
        return self.utf8 and self._access is not None and self._access.officer.language == "ar"

    def reader(self, office: str) -> Reader:
        """Return the officer as a reader of an office, as the directory now has them."""
        assert self.account is not None
        return Reader(replace(self.account, officer=self.access.officer), office, self.client)

    def name_client(self, name: str, version: str) -> None:
        """Take the client's own name for the evidence."""
        self.client = " ".join(strip_controls(f"{name} {version}").split())[:LONGEST_CLIENT]

    async def read(self, act: Callable[[Reading], T]) -> T:
        """Read under rights looked up in the same transaction. Raises Ending, RightsMovedError, Unavailable."""
        version, result = await self.ports.offload.read(partial(_with_version, act))
        await self._hold_rights(version)
        return result

    async def glance(self, act: Callable[[Reading], T], otherwise: Callable[[Reading], T] | None = None) -> T:
        """Read as `read` does, a few rows at once where that needs no waiting: see `Offload.glance`."""
        late = partial(_with_version, otherwise or act)
        version, result = await self.ports.offload.glance(partial(_with_version, act), late)
        await self._hold_rights(version)
        return result

    async def write(self, act: Callable[[Unit], T]) -> T:
        """Write under rights looked up in the same transaction. Raises Ending, RightsMovedError, Unavailable."""
        while True:
            version = self._version
            try:
                return await self.ports.offload.write(partial(_authorised, version, act))
            except _DirectoryMovedError:
                await self._hold_rights(None)

    @property
    def _version(self) -> int:
        """The version of the directory by which the session acts."""
        assert self._directory is not None
        return self._directory.version

    async def _hold_rights(self, version: int | None) -> None:
        """Look at the directory again when its version is another; a command that began under other rights is void."""
        if version == self._version:
            return
        before = self.access.offices
        await self.authorise()
        if self.access.offices != before:
            raise RightsMovedError

    async def authorise(self) -> None:
        """Look the rights up in the present directory. Raises Ending when they are gone, and Unavailable."""
        self.shared.directory = await self.ports.directory.get()
        self.check_rights()

    def check_rights(self) -> None:
        """Act by the directory that was read last, without reading it anew. Raises Ending as `authorise` does.

        Who has just logged in may have come by a newer one: it knows them, and the one read before may not.
        """
        present = self.shared.directory
        if present is not None and present.version > self._version:
            self.take(present)

    def take(self, present: Directory) -> None:
        """Act by this directory from now on. Raises Ending when it takes the rights away."""
        assert self.account is not None
        access = access_of(present, self.login, self._office)
        if access is not None and not present.admits(self.account):
            raise Ending(LOGGED_OUT)
        if access is None or access.primary != self.access.primary:
            raise Ending(REVOKED)
        self._access, self._directory = access, present
        if self.view is not None and self.view.mailbox.office not in access.offices:
            raise Ending(REVOKED)

    # ── Mailboxes ─────────────────────────────────────────────────────────────────────────────────────────────

    async def place(self, name: str, *, code: str = "NONEXISTENT") -> Place:
        """Return the place that a name stands for. Raises Refusal, with `code`, when it can be none."""
        place = place_of(name, self.access)
        if place is None:
            await self.authorise()  # an office may have been granted since
            place = place_of(name, self.access)
        if place is None:
            raise no(NO_SUCH_MAILBOX, code)
        return place

    async def find(self, name: str, *, code: str = "NONEXISTENT") -> Mailbox:
        """Return the mailbox of that name. Raises Refusal, with `code`, when there is none."""
        place = await self.place(name, code=code)
        found = await self.glance(lambda c: mailboxes.find(c, place.office, place.name))
        if found is None:
            raise no(NO_SUCH_MAILBOX, code)
        return found

    def shown(self, mailbox: Mailbox) -> str:
        """Return the name under which the session sees a mailbox."""
        return shown(Place(mailbox.office, mailbox.name), self.access)

    def selected(self) -> View:
        """Return the selected mailbox; the state table sees to it that there is one."""
        assert self.view is not None
        return self.view

    def select(self, view: View | None) -> None:
        """Leave the selected mailbox for another, or for none."""
        if self.view is not None:
            self.view.close()
        self.view = view
        self.state = State.SELECTED if view is not None else State.AUTHENTICATED

    def leave(self) -> None:
        """Leave the selected mailbox for another, which IMAP4rev2 tells (RFC 9051 section 7.1, CLOSED).

        It is true whatever comes of the command, which may still begin again: it does not count as said.
        """
        if self.view is not None and self.rev2:
            said = self.said
            self.put(responses.ok(None, "Mailbox closed", "CLOSED"))
            self.said = said
        self.select(None)

    def enable_rev2(self) -> None:
        r"""Speak IMAP4rev2 from now on: UTF-8, ESEARCH, and not a word of \Recent (RFC 9051 appendix E)."""
        self.rev2 = True
        if self.view is not None:
            self.view.speak_rev2()

    def enable_condstore(self) -> None:
        """Tell mod-sequences from now on, and the mailbox's highest one at once (RFC 7162 section 3.1)."""
        if self.condstore:
            return
        self.condstore = True
        if self.view is not None:
            code = responses.number_code("HIGHESTMODSEQ", self.view.index.highestmodseq)
            self.put(responses.ok(None, "Mod-sequences are told", code))

    async def refresh(self) -> None:
        """Bring the selected mailbox up to date. Raises Ending when it was deleted, and Unavailable."""
        if self.view is not None:
            try:
                await self.shared.updates.refresh(self.view)
            except NotFound:
                raise Ending(MAILBOX_GONE) from None

    # ── Voice ─────────────────────────────────────────────────────────────────────────────────────────────────

    def put(self, octets: bytes) -> None:
        """Give octets to be sent."""
        self.said += 1
        self.connection.put(octets)

    async def drain(self) -> None:
        """Wait until the client has taken most of what was put. Raises Gone."""
        await self.connection.drain()

    def say(self, text: str | Sentence) -> str:
        """Return a text in the session's language."""
        if isinstance(text, str):
            return text
        return text.ar if self.arabic else text.en

    async def tell(self, *, expunges: bool) -> None:
        """Put what changed in the selected mailbox. Raises Ending and Unavailable."""
        await self.refresh()
        if self.view is not None and self.view.pending:
            for line in self.view.tell(expunges=expunges, modseq=self.condstore):
                self.put(line)

    def note(self, event: str, **words: str | float) -> None:
        """Write one line into the journal, as JSON, in ASCII; never what a letter or a mailbox holds."""
        if JOURNAL.isEnabledFor(logging.INFO):
            who = self.account.login if self.account else ""
            line = {"event": f"imap.{event}", "source": self.connection.source, "account": who, **words}
            JOURNAL.info(json.dumps(line))

    def end(self) -> None:
        """Forget everything; the connection is lost or closing."""
        self.note("session", seconds=round(time.monotonic() - self._born, 3), **self.counts)
        self.select(None)
        self.state = State.ENDED
        if self.account is not None:
            self.shared.connections.log_out(self.account.login)
        self.shared.sessions.discard(self)
