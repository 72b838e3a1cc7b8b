"""One mailbox as one officer sees it, in memory: UIDs, flags and mod-sequences, brought up to date by what changed.

Invariants:
- `uids` ascends; `flags` and `modseqs` stand beside it, one for each UID.
- What is here is the committed state of the mailbox as of `highestmodseq`; it only moves forward.
- Every view that looks at the index hears each change once.
- `uids` is shared with the views: it is replaced, never changed in place.
"""

from array import array
from bisect import bisect_left
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from mailstore.database.transaction import Reading
from mailstore.faults import NotNow
from mailstore.mailboxes import mailboxes, views
from mailstore.mailboxes.mailboxes import Mailbox
from mailstore.mailboxes.views import State

if TYPE_CHECKING:
    from gateway.imap.selected.view import View

SEEN, DELETED = "\\Seen", "\\Deleted"
SYSTEM_FLAGS = ("\\Answered", "\\Flagged", "\\Deleted", "\\Seen", "\\Draft")
RESERVED = "$ms"
"""Keywords that begin so, in any case, are set by the gateway alone."""

_encoded: dict[frozenset[str], bytes] = {}


def encode_flags(flags: frozenset[str]) -> bytes:
    """Return a flag list as it goes out; equal sets are encoded once."""
    known = _encoded.get(flags)
    if known is None:
        if len(_encoded) > 20_000:
            _encoded.clear()
        known = _encoded[flags] = ("(" + " ".join(sorted(flags, key=_order)) + ")").encode()
    return known


def _order(flag: str) -> tuple[bool, str]:
    return (not flag.startswith("\\"), flag)


@dataclass(slots=True)
class Delta:
    """What changed in a mailbox between two readings."""

    mailbox: Mailbox
    changed: list[State]
    gone: list[int]


@dataclass(slots=True)
class Whole:
    """A mailbox as it was read from the start, as the driver gave it: see `views.raw_states`."""

    mailbox: Mailbox
    messages: list[tuple[int, int, str]]
    own: list[tuple[int, str, int]]


def read_whole(connection: Reading, mailbox: int, login: str) -> Whole:
    """Read a mailbox from the start. Raises NotFound."""
    return Whole(mailboxes.get(connection, mailbox), *views.raw_states(connection, mailbox, login))


def read_delta(connection: Reading, mailbox: int, login: str, since: int, most: int = -1) -> Delta | None:
    """Read what changed after a mod-sequence, None when nothing did. Raises NotFound when the mailbox was deleted.

    Raises NotNow when more than `most` messages changed, if that is given.
    """
    present = mailboxes.get(connection, mailbox)
    if present.highestmodseq == since:
        return None
    changed, gone = views.changed_since(connection, mailbox, login, since, most)
    if 0 <= most < max(len(changed), len(gone)):
        raise NotNow("much has changed")
    return Delta(present, changed, gone)


class MailboxIndex:
    """The messages of one mailbox with one officer's flags."""

    __slots__ = (
        "_first_unseen",
        "dirty",
        "flags",
        "keywords",
        "login",
        "lost",
        "mailbox",
        "modseqs",
        "uids",
        "unseen",
        "views",
    )

    def __init__(self, login: str, whole: Whole) -> None:
        self.login = login
        self.mailbox = whole.mailbox
        self.uids = array("I", [uid for uid, _, _ in whole.messages])
        self.modseqs = array("Q", [modseq for _, modseq, _ in whole.messages])
        shared = {words: frozenset(words.split()) for words in {words for _, _, words in whole.messages}}
        self.flags = [shared[words] for _, _, words in whole.messages]
        self._put_own(whole.own)
        kinds = set(self.flags)
        self.keywords = {flag for kind in kinds for flag in kind if not flag.startswith("\\")}
        self.unseen = sum(SEEN not in flags for flags in self.flags)
        self._first_unseen: int | None = None
        self.dirty = False
        self.lost = False
        """Whether the mailbox was deleted."""
        self.views: set[View] = set()

    def _put_own(self, own: Iterable[tuple[int, str, int]]) -> None:
        """Put the officer's own flags beside the shared keywords. Equal flags are one object."""
        kinds: dict[tuple[frozenset[str], str], frozenset[str]] = {}
        for uid, words, modseq in own:
            at = self.position(uid)
            if at >= 0:
                key = (self.flags[at], words)
                known = kinds.get(key)
                if known is None:
                    known = kinds[key] = self.flags[at] | frozenset(words.split())
                self.flags[at] = known
                self.modseqs[at] = max(self.modseqs[at], modseq)

    def __len__(self) -> int:
        return len(self.uids)

    @property
    def highestmodseq(self) -> int:
        """The mod-sequence up to which this is the truth."""
        return self.mailbox.highestmodseq

    @property
    def uidnext(self) -> int:
        """The UID that the next message gets, at least."""
        return self.mailbox.uidnext

    def position(self, uid: int) -> int:
        """Return where a UID stands, -1 when it is not there."""
        at = bisect_left(self.uids, uid)
        return at if at < len(self.uids) and self.uids[at] == uid else -1

    def first_unseen(self) -> int | None:
        """Return the message number of the first message that is not seen, or None."""
        if self.unseen == 0:
            return None
        if self._first_unseen is None:
            self._first_unseen = next(
                (at for at, flags in enumerate(self.flags, start=1) if SEEN not in flags), 0
            )
        return self._first_unseen or None

    def apply(self, delta: Delta) -> None:
        """Move on to a later state, and let every view hear what changed."""
        if delta.mailbox.highestmodseq <= self.highestmodseq:
            return
        if delta.gone or (delta.changed and delta.changed[-1].uid > (self.uids[-1] if self.uids else 0)):
            self.uids = self.uids[:]  # the views go on with the one that they were told
        gone = self._remove(delta.gone)
        fresh, changed = self._put(delta.changed)
        self.mailbox = delta.mailbox
        self._first_unseen = None
        for view in self.views:
            view.hear(fresh, changed, gone)

    def _remove(self, uids: Iterable[int]) -> dict[int, tuple[frozenset[str], int]]:
        """Take messages out; return what was last known of those that were here."""
        gone: dict[int, tuple[frozenset[str], int]] = {}
        for uid in uids:
            at = self.position(uid)
            if at >= 0:
                gone[uid] = (self.flags[at], self.modseqs[at])
        if not gone:
            return gone
        self.unseen -= sum(SEEN not in flags for flags, _ in gone.values())
        if len(gone) < 100:
            for uid in sorted(gone, reverse=True):
                at = self.position(uid)
                del self.uids[at], self.flags[at], self.modseqs[at]
            return gone
        kept = [at for at, uid in enumerate(self.uids) if uid not in gone]
        self.flags = [self.flags[at] for at in kept]
        self.modseqs = array("Q", [self.modseqs[at] for at in kept])
        self.uids = array("I", [self.uids[at] for at in kept])
        return gone

    def _put(self, states: Iterable[State]) -> tuple[list[int], list[int]]:
        """Take in new and changed messages; return the UIDs of the new ones and of the changed ones."""
        fresh: list[int] = []
        changed: list[int] = []
        for state in states:
            if not self.uids or state.uid > self.uids[-1]:
                self.uids.append(state.uid)
                self.flags.append(state.flags)
                self.modseqs.append(state.modseq)
                self.unseen += SEEN not in state.flags
                fresh.append(state.uid)
            else:
                at = self.position(state.uid)
                if at < 0:
                    continue  # UIDs rise in commit order: what is below the last and not here was expunged
                self.unseen += (SEEN in self.flags[at]) - (SEEN in state.flags)
                self.flags[at] = state.flags
                self.modseqs[at] = state.modseq
                changed.append(state.uid)
            self.keywords.update(flag for flag in state.flags if not flag.startswith("\\"))
        return fresh, changed
