"""What one session knows of its selected mailbox: its own message numbers, and what it has still to be told.

Invariants:
- Message numbers are those of `uids`, which changes only when the client is told: EXISTS never shrinks, and a
  message that others expunged keeps its number until EXPUNGE may be sent.
- What is told is the state of the index, never older than what was told before.
"""

from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterable, Iterator
from functools import lru_cache

from gateway.imap.access import rights_in
from gateway.imap.selected.index import SYSTEM_FLAGS, MailboxIndex, encode_flags
from gateway.imap.selected.recent import Arrivals
from gateway.imap.wire import responses, responses_mailbox, responses_message
from gateway.imap.wire.sequence import MAX_NUMBER, STAR, SequenceSet
from mailstore.mailboxes.mailboxes import Mailbox

Known = tuple[frozenset[str], int]
RECENT = frozenset({"\\Recent"})


@lru_cache(maxsize=4096)
def _recent(flags: frozenset[str]) -> frozenset[str]:
    return flags | RECENT


class View:
    """One session's view of one mailbox."""

    __slots__ = (
        "_arrivals",
        "_told_keywords",
        "changed",
        "fresh",
        "gone",
        "index",
        "most_keywords",
        "read_only",
        "recent",
        "rev2",
        "saved",
        "uids",
        "wake",
    )

    def __init__(
        self,
        index: MailboxIndex,
        arrivals: Arrivals,
        *,
        read_only: bool,
        rev2: bool = False,
        most_keywords: int = 100,
    ) -> None:
        self.index = index
        self.rev2 = rev2
        r"""Whether the session speaks IMAP4rev2: it knows no \Recent, and takes it from no other."""
        self.most_keywords = most_keywords
        self.recent: list[tuple[int, int]] = []
        """Ranges of UIDs, ascending, the last included, that are \\Recent in the session."""
        self._arrivals = arrivals
        self.read_only = read_only
        self.uids = index.uids  # shared with all who were told as much: replaced, never changed in place
        self.gone: dict[int, Known] = {}
        self.fresh: list[int] = []
        self.changed: set[int] = set()
        self.saved: list[int] | None = None
        """UIDs of the saved search result (RFC 5182)."""
        self.wake: Callable[[], None] | None = None
        """Called when there is something to tell, while the session idles."""
        self._told_keywords = set(index.keywords)
        index.views.add(self)
        self._claim(index.uidnext)

    @property
    def mailbox(self) -> Mailbox:
        """The mailbox as of the index."""
        return self.index.mailbox

    @property
    def rights(self) -> str:
        """The officer's rights in the mailbox (RFC 4314)."""
        return rights_in(self.mailbox.name)

    def close(self) -> None:
        """Look no more."""
        self.index.views.discard(self)
        self.wake = None

    # ── Hearing ───────────────────────────────────────────────────────────────────────────────────────────────

    def hear(self, fresh: list[int], changed: list[int], gone: dict[int, Known]) -> None:
        """Take note of what changed in the index."""
        self.fresh.extend(fresh)
        self.changed.update(changed)
        if gone:
            never_told = [uid for uid in self.fresh if uid in gone]
            if never_told:
                self.fresh = [uid for uid in self.fresh if uid not in gone]
            self.changed.difference_update(gone)
            here = {uid: known for uid, known in gone.items() if self.number(uid)}
            self.gone.update(here)

    def forgive(self, uids: Iterable[int]) -> None:
        """Leave untold what the client knows already, because it asked for it."""
        self.changed.difference_update(uids)

    @property
    def pending(self) -> bool:
        """Whether there is something to tell."""
        return bool(self.fresh or self.changed or self.gone)

    # ── Numbers ───────────────────────────────────────────────────────────────────────────────────────────────

    def number(self, uid: int) -> int:
        """Return the message number of a UID, 0 when the client was never told of it."""
        at = bisect_left(self.uids, uid)
        return at + 1 if at < len(self.uids) and self.uids[at] == uid else 0

    def select(self, numbers: SequenceSet, *, uid: bool) -> list[tuple[int, int]]:
        """Return (start, stop) slices of `uids` that a set names, ascending; `$` names the saved search result.

        Raises ValueError for a message number that is not there (RFC 9051 section 9, seq-number).
        """
        if numbers.saved:
            return list(SequenceSet.of(self.saved or ()).slices(self.uids, MAX_NUMBER))
        if uid:
            return list(numbers.slices(self.uids))
        count = len(self.uids)
        if count == 0 and all(high == STAR for _, high in numbers.ranges):
            return []  # clients ask for 1:* without looking first
        if numbers.largest > count:
            raise ValueError("no such message number")
        return [(low - 1, high) for low, high in numbers.resolve(count)]

    def chosen(self, slices: Iterable[tuple[int, int]]) -> list[int]:
        """Return the UIDs of slices."""
        return [uid for start, stop in slices for uid in self.uids[start:stop]]

    def known(self, uid: int) -> Known | None:
        """Return flags and mod-sequence of a message, the last known ones of one that is gone."""
        at = self.index.position(uid)
        known = (self.index.flags[at], self.index.modseqs[at]) if at >= 0 else self.gone.get(uid)
        if known is not None and self.is_recent(uid):
            return _recent(known[0]), known[1]
        return known

    # ── \\Recent ──────────────────────────────────────────────────────────────────────────────────────────────

    def _claim(self, uidnext: int) -> None:
        r"""Take what no other session of the officer has seen as \Recent; looking read-only takes nothing away."""
        if self.rev2:
            return
        mailbox, login = self.mailbox.id, self.index.login
        first = self._arrivals.first(mailbox, login)
        if first < uidnext:
            if self.recent and self.recent[-1][1] == first - 1:
                first = self.recent.pop()[0]
            self.recent.append((first, uidnext - 1))
            if not self.read_only:
                self._arrivals.claim(mailbox, login, uidnext)

    def speak_rev2(self) -> None:
        r"""Know nothing of \Recent from now on."""
        self.rev2 = True
        self.recent = []

    def is_recent(self, uid: int) -> bool:
        r"""Whether a message is \Recent in the session."""
        at = bisect_right(self.recent, (uid, MAX_NUMBER)) - 1
        return at >= 0 and uid <= self.recent[at][1]

    def recent_count(self) -> int:
        r"""Return how many messages are \Recent in the session."""
        counts = [
            bisect_right(self.uids, last) - bisect_left(self.uids, first) for first, last in self.recent
        ]
        if 0 in counts:  # what all went does not come again
            self.recent = [one for one, count in zip(self.recent, counts, strict=True) if count]
        return sum(counts)

    def walk(self, slices: Iterable[tuple[int, int]]) -> Iterator[tuple[int, int, frozenset[str], int]]:
        """Give (message number, UID, flags, mod-sequence) of the messages in slices."""
        if self.gone:
            yield from self._walk_one_by_one(slices)
            return
        # Every message stands at the same place here and in the index.
        index, uids = self.index, self.uids
        first_recent = self.recent[0][0] if self.recent else MAX_NUMBER + 1
        for start, stop in slices:
            run = zip(
                range(start + 1, stop + 1),
                uids[start:stop],
                index.flags[start:stop],
                index.modseqs[start:stop],
                strict=True,
            )
            if stop == start or uids[stop - 1] < first_recent:
                yield from run
                continue
            for number, uid, flags, modseq in run:
                recent = uid >= first_recent and self.is_recent(uid)
                yield number, uid, _recent(flags) if recent else flags, modseq

    def _walk_one_by_one(
        self, slices: Iterable[tuple[int, int]]
    ) -> Iterator[tuple[int, int, frozenset[str], int]]:
        for start, stop in slices:
            for at in range(start, stop):
                known = self.known(self.uids[at])
                if known is not None:
                    yield at + 1, self.uids[at], *known

    # ── Telling ───────────────────────────────────────────────────────────────────────────────────────────────

    def tell(self, *, expunges: bool, modseq: bool) -> Iterator[bytes]:
        """Give the untagged responses about what changed, and count it as told."""
        if self.fresh or self.changed:
            yield from self.tell_keywords()  # before the first message that may bear one
        recent = self.recent_count() if expunges and self.gone else 0
        if expunges and self.gone:
            yield from self._tell_gone()
        if self.fresh:
            self.uids = self.uids + array("I", self.fresh) if self.gone else self.index.uids
            self._claim(self.fresh[-1] + 1)
            self.fresh = []
            yield responses_mailbox.exists(len(self.uids))
            if not self.rev2:
                yield responses_mailbox.recent(self.recent_count())
        elif recent and self.recent_count() != recent:
            yield responses_mailbox.recent(self.recent_count())
        if self.changed:
            changed, self.changed = sorted(self.changed), set()
            for uid in changed:
                number, known = self.number(uid), self.known(uid)
                if number and known is not None:
                    yield flags_response(number, uid, known, modseq=modseq)

    def _tell_gone(self) -> Iterator[bytes]:
        if self.saved:
            self.saved = [uid for uid in self.saved if uid not in self.gone]
        numbers = sorted((self.number(uid) for uid in self.gone), reverse=True)
        for number in numbers:
            yield responses_message.expunge(number)
        if self.fresh:
            self.uids = array("I", [uid for uid in self.uids if uid not in self.gone])
        else:
            self.uids = self.index.uids
        self.gone = {}

    def tell_keywords(self) -> Iterator[bytes]:
        """Give FLAGS and PERMANENTFLAGS when keywords came up that the client has not heard of."""
        if self.index.keywords <= self._told_keywords:
            return
        self._told_keywords = set(self.index.keywords)
        yield responses_mailbox.flags(self.flag_names())
        yield responses.ok(None, "Flags permitted", responses.permanentflags_code(self.permanent_flags()))

    def flag_names(self) -> list[str]:
        """Return the flags defined in the mailbox."""
        return [*SYSTEM_FLAGS, *sorted(self.index.keywords)]

    def permanent_flags(self) -> list[str]:
        r"""Return the flags that the officer can change here.

        IMAP4rev2 takes `\*` back when no more keywords fit (RFC 9051 section 7.1, PERMANENTFLAGS). In IMAP4rev1 it
        stays: without it Thunderbird would set none of the tags any more that are there already.
        """
        if self.read_only:
            return []
        system = [flag for flag in SYSTEM_FLAGS if flag != "\\Deleted" or "t" in self.rights]
        return [
            *system,
            *sorted(word for word in self.index.keywords if not word.lower().startswith("$ms")),
            *([] if self.rev2 and len(self.index.keywords) >= self.most_keywords else ["\\*"]),
        ]


def flags_response(number: int, uid: int, known: Known, *, modseq: bool) -> bytes:
    """Write the FETCH that tells a message's flags; it names the UID always, which every client understands."""
    if modseq:
        return b"* %d FETCH (UID %d FLAGS %s MODSEQ (%d))\r\n" % (
            number,
            uid,
            encode_flags(known[0]),
            known[1],
        )
    return b"* %d FETCH (UID %d FLAGS %s)\r\n" % (number, uid, encode_flags(known[0]))
