"""STATUS (RFC 9051 section 6.3.11, RFC 8438, RFC 7162, RFC 7889, RFC 8474)."""

from bisect import bisect_left
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cached_property

from gateway.imap.access import FILED
from gateway.imap.reply import Reply, done, no
from gateway.imap.selected.index import DELETED, MailboxIndex
from gateway.imap.session import Session
from gateway.imap.texts import NO_SUCH_MAILBOX
from gateway.imap.wire import commands, responses_mailbox
from mailstore.database.transaction import Reading
from mailstore.faults import NotNow
from mailstore.mailboxes import contents, mailboxes, views
from mailstore.mailboxes.mailboxes import Mailbox
from mailstore.mailboxes.views import Counts

COUNTED = frozenset({"SIZE", "DELETED", "DELETED-STORAGE"})
"""What no index in memory knows."""
Value = int | str | None


def mailbox_id(mailbox: Mailbox) -> str:
    """Return a mailbox's object id (RFC 8474): it stays when the name changes."""
    return f"M{mailbox.id}"


async def status(session: Session, command: commands.Status) -> Reply:
    """STATUS."""
    place = await session.place(command.mailbox)
    act = look(session, command.items)

    def read(connection: Reading) -> tuple[Mailbox, dict[str, Value]] | None:
        mailbox = mailboxes.find(connection, place.office, place.name)
        return None if mailbox is None else (mailbox, act(connection, mailbox))

    def read_small(connection: Reading) -> tuple[Mailbox, dict[str, Value]] | None:
        mailbox = mailboxes.find(connection, place.office, place.name)
        if mailbox is None:
            return None
        index = session.shared.updates.index_as_of(mailbox, session.login)
        if index is None or COUNTED.intersection(command.items):
            raise NotNow("messages must be counted")
        return mailbox, look(session, command.items, index)(connection, mailbox)

    view = session.view
    if view is not None and (view.mailbox.office, view.mailbox.name) == (place.office, place.name):
        await session.refresh()
    found = await session.glance(read_small, read)
    if found is None:
        raise no(NO_SUCH_MAILBOX, "NONEXISTENT")
    session.put(responses_mailbox.status(session.shown(found[0]), found[1], utf8=session.utf8))
    return done("Status told")


def look(
    session: Session, items: Iterable[str], index: MailboxIndex | None = None
) -> Callable[[Reading, Mailbox], dict[str, Value]]:
    """Return the reading of what STATUS tells of a mailbox, item by item; `index` is the mailbox as it is read.

    IMAP4rev2 has no RECENT: whoever asks for it all the same is told of none.
    """
    login, wanted, updates = session.login, list(items), session.shared.updates
    if "HIGHESTMODSEQ" in wanted:
        session.enable_condstore()
    append_limit, rev2 = session.settings.append_limit, session.rev2

    def read(connection: Reading, mailbox: Mailbox) -> dict[str, Value]:
        first_recent = mailbox.uidnext if rev2 else updates.first_recent(mailbox.id, login)
        looked = _Looked(connection, mailbox, login, first_recent, append_limit, index)
        return {item: _ITEMS[item](looked) for item in wanted}

    return read


@dataclass(frozen=True)
class _Looked:
    """One look at one mailbox, for one officer."""

    connection: Reading
    mailbox: Mailbox
    login: str
    first_recent: int
    append_limit: int
    index: MailboxIndex | None

    @cached_property
    def counts(self) -> Counts:
        """How many messages it holds."""
        if self.index is not None:
            return Counts(len(self.index), self.index.unseen, 0)
        return views.counts(self.connection, self.mailbox.id, self.login)

    def recent(self) -> int:
        r"""Count the messages that no session has had as \Recent."""
        if self.index is not None:
            return len(self.index) - bisect_left(self.index.uids, self.first_recent)
        return contents.count_from(self.connection, self.mailbox.id, self.first_recent, self.mailbox.uidnext)

    @cached_property
    def deleted(self) -> tuple[int, int]:
        """Count the messages marked as deleted, and their octets."""
        return contents.flagged(self.connection, self.mailbox.id, self.login, DELETED)


_ITEMS: dict[str, Callable[[_Looked], Value]] = {
    "MESSAGES": lambda looked: looked.counts.messages,
    "UNSEEN": lambda looked: looked.counts.unseen,
    "SIZE": lambda looked: looked.counts.size,
    "RECENT": lambda looked: looked.recent(),
    "UIDNEXT": lambda looked: looked.mailbox.uidnext,
    "UIDVALIDITY": lambda looked: looked.mailbox.uidvalidity,
    "HIGHESTMODSEQ": lambda looked: looked.mailbox.highestmodseq,
    "MAILBOXID": lambda looked: mailbox_id(looked.mailbox),
    "APPENDLIMIT": lambda looked: 0 if looked.mailbox.name in FILED else looked.append_limit,
    "DELETED": lambda looked: looked.deleted[0],
    "DELETED-STORAGE": lambda looked: looked.deleted[1],
}
