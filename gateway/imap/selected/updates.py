"""Tells the sessions what changed in their mailboxes, wherever the change was made.

Invariants:
- After each commit of this process every index of a changed mailbox is marked before the committer hears of its
  success: so whoever made the change finds it in the index.
- A change by another process is found within `look_seconds`.
- All of this runs in the event loop, except `Updates.changed`, which the writer's thread calls.
"""

import asyncio
import logging
from collections import OrderedDict, defaultdict
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from itertools import islice

from gateway.imap.selected.index import MailboxIndex, read_delta, read_whole
from gateway.imap.selected.recent import Arrivals
from gateway.imap.selected.view import View
from gateway.runtime.faults import Unavailable
from gateway.runtime.offload import Offload, in_loop
from mailstore.database.transaction import Reading
from mailstore.faults import NotFound
from mailstore.mailboxes import contents
from mailstore.mailboxes.mailboxes import Mailbox

JOURNAL = logging.getLogger("murasalat.imap")

WOKEN = 100
"""Idling sessions that are woken at once: a letter's own 250 does not wait until thousands have been told of it."""

Key = tuple[int, str]
AT_ONCE = 100
"""Changed messages that are read at once, without another thread."""
TRIM_EVERY = 16
"""Indexes that are loaded until it is looked whether some may go."""


@dataclass(slots=True, eq=False)
class _Held:
    """An index, and the lock under which it is brought up to date."""

    index: MailboxIndex
    lock: asyncio.Lock = field(default_factory=asyncio.Lock)
    openings: int = 0

    @property
    def stale(self) -> bool:
        """Whether something changed that is not in the index yet."""
        return self.index.dirty and not self.index.lost


def _modseqs(mailboxes: list[int], connection: Reading) -> dict[int, int]:
    return contents.modseqs(connection, mailboxes)


class Updates:
    """The indexes in memory, by mailbox and login."""

    def __init__(self, offload: Offload, *, remembered: int, look_seconds: float) -> None:
        self._offload = offload
        self._remembered = remembered
        self._look_seconds = look_seconds
        self._held: OrderedDict[Key, _Held] = OrderedDict()
        self._by_mailbox: defaultdict[int, set[str]] = defaultdict(set)
        self._loading: dict[Key, asyncio.Task[_Held]] = {}
        self._loop: asyncio.AbstractEventLoop | None = None
        self._looker: asyncio.Task[None] | None = None
        self._arrivals = Arrivals({})
        self._waking: dict[View, None] = {}
        self._wakes = False
        self._loads = 0

    async def start(self, on_look: Callable[[], Awaitable[None]]) -> None:
        """Listen to the store, and look for foreign changes; `on_look` is called at each look. Raises Unavailable."""
        self._loop = asyncio.get_running_loop()
        self._offload.store.on_change(self.changed)
        self._arrivals = Arrivals(await self._offload.read(contents.uidnexts))
        self._looker = self._loop.create_task(self._look(on_look))

    async def close(self) -> None:
        """Stop looking."""
        if self._looker is not None:
            self._looker.cancel()
            await asyncio.gather(self._looker, return_exceptions=True)
        self._loop = None

    # ── Changes ───────────────────────────────────────────────────────────────────────────────────────────────

    def changed(self, mailboxes: frozenset[int]) -> None:
        """Hear, on the writer's thread or in the loop, that these mailboxes changed."""
        loop = self._loop
        if loop is None or loop.is_closed():
            return
        if in_loop(loop):
            self._mark(mailboxes)
        else:
            loop.call_soon_threadsafe(self._mark, mailboxes)

    def _mark(self, mailboxes: frozenset[int]) -> None:
        for mailbox in mailboxes:
            for login in self._by_mailbox.get(mailbox, ()):
                index = self._held[mailbox, login].index
                index.dirty = True
                self._waking.update((view, None) for view in index.views if view.wake is not None)
        if not self._wakes:
            self._wake_some()

    def _wake_some(self) -> None:
        """Wake some of those who idle, and the rest in the loop's next rounds."""
        for view in list(islice(self._waking, WOKEN)):
            del self._waking[view]
            if view.wake is not None:
                view.wake()
        self._wakes = bool(self._waking) and self._loop is not None
        if self._wakes and self._loop is not None:
            self._loop.call_soon(self._wake_some)

    async def _look(self, on_look: Callable[[], Awaitable[None]]) -> None:
        """Find what other processes changed."""
        while True:
            await asyncio.sleep(self._look_seconds)
            try:
                watched = sorted({mailbox for (mailbox, _), held in self._held.items() if held.index.views})
                if watched:
                    present = await self._offload.read(partial(_modseqs, watched))
                    self._mark(frozenset(self._differing(present)))
                await on_look()
            except Unavailable as fault:
                JOURNAL.warning("cannot look for changes: %s", fault)
            except Exception:  # noqa: BLE001 - logged; withdrawn rights are found here: the looking goes on
                JOURNAL.exception("looking for changes failed")

    def _differing(self, present: Mapping[int, int]) -> list[int]:
        return [
            mailbox
            for (mailbox, _), held in self._held.items()
            if held.index.views and present.get(mailbox) != held.index.highestmodseq
        ]

    # ── Indexes ───────────────────────────────────────────────────────────────────────────────────────────────

    async def open(
        self, mailbox: int, login: str, *, read_only: bool, rev2: bool = False, keywords: int = 100
    ) -> View:
        """Return a new view of a mailbox, up to date: see `View`. Raises NotFound and Unavailable."""
        key = (mailbox, login)
        held = await self._hold(key)
        while self._held.get(key) is not held:  # it was forgotten again before we came to look
            held = await self._hold(key)
        held.openings += 1
        try:
            await self._refresh(held)
            if held.index.lost:
                raise NotFound("the mailbox is gone")
            return View(held.index, self._arrivals, read_only=read_only, rev2=rev2, most_keywords=keywords)
        finally:
            held.openings -= 1

    def first_recent(self, mailbox: int, login: str) -> int:
        r"""Return the UID from which on no session of an officer has seen a message as \Recent."""
        return self._arrivals.first(mailbox, login)

    def index_as_of(self, mailbox: Mailbox, login: str) -> MailboxIndex | None:
        """Return the index that is the mailbox exactly as it was read, None when none in memory is."""
        held = self._held.get((mailbox.id, login))
        return (
            held.index if held is not None and not held.index.lost and held.index.mailbox == mailbox else None
        )

    async def refresh(self, view: View) -> None:
        """Bring a view's index up to date, if something changed. Raises NotFound when the mailbox was deleted."""
        index = view.index
        held = self._held.get((index.mailbox.id, index.login))
        if held is not None and held.index is index:
            await self._refresh(held)
        if index.lost:
            raise NotFound("the mailbox is gone")

    async def _refresh(self, held: _Held) -> None:
        """Return when everything that was marked before is in the index, whoever reads it."""
        if not held.stale and not held.lock.locked():
            return
        async with held.lock:
            while held.stale:
                await self._read_delta(held)

    async def _read_delta(self, held: _Held) -> None:
        index = held.index
        index.dirty = False
        known = index.mailbox
        try:
            read = partial(read_delta, mailbox=known.id, login=index.login, since=known.highestmodseq)
            delta = await self._offload.glance(partial(read, most=AT_ONCE), read)
        except NotFound:
            delta = None
            index.lost = True
        except BaseException:
            index.dirty = True
            raise
        if index.lost:
            self._forget((known.id, index.login))
        elif delta is not None:
            index.apply(delta)

    async def _hold(self, key: Key) -> _Held:
        held = self._held.get(key)
        if held is not None:
            self._held.move_to_end(key)
            return held
        task = self._loading.get(key)
        if task is None:
            task = self._loading[key] = asyncio.ensure_future(self._load(key))
            task.add_done_callback(lambda done: self._loaded(key, done))
        return await asyncio.shield(task)

    def _loaded(self, key: Key, done: "asyncio.Task[_Held]") -> None:
        del self._loading[key]
        if not done.cancelled():
            done.exception()  # whoever asked has heard it, or has gone

    async def _load(self, key: Key) -> _Held:
        mailbox, login = key
        index = await self._offload.read(lambda c: MailboxIndex(login, read_whole(c, mailbox, login)))
        held = _Held(index)
        held.index.dirty = True  # what was committed while it was read was marked before it could hear
        self._held[key] = held
        self._by_mailbox[mailbox].add(login)
        self._trim()
        return held

    def _trim(self) -> None:
        """Forget the longest unused indexes that nobody looks at, beyond the messages that may stay."""
        self._loads += 1
        if self._loads % TRIM_EVERY:
            return
        spare = {
            key: len(held.index) + 100
            for key, held in self._held.items()
            if not held.index.views and not held.openings
        }
        surplus = sum(spare.values()) - self._remembered
        for key, count in spare.items():
            if surplus <= 0:
                return
            if key != next(reversed(self._held)):
                self._forget(key)
                surplus -= count

    def _forget(self, key: Key) -> None:
        self._held.pop(key, None)
        self._by_mailbox[key[0]].discard(key[1])
        if not self._by_mailbox[key[0]]:
            del self._by_mailbox[key[0]]
