"""EXPUNGE, UID EXPUNGE, CLOSE (RFC 9051 sections 6.4.3 and 6.4.2, RFC 4315).

Expunging takes messages out of the office's view; letters stay in the Archive, and who took them out is evidence.
"""

from functools import partial

from gateway.imap.reply import Reply, done, no
from gateway.imap.selected.index import DELETED
from gateway.imap.selected.view import View
from gateway.imap.session import Session
from gateway.imap.texts import READ_ONLY, RECORD_STAYS
from gateway.imap.wire import commands
from gateway.imap.wire.commands_message import Expunge
from mailstore.database.transaction import Unit
from mailstore.mailboxes import views

RUN = 1000
"""Messages that go in one unit, so that others may write in between."""


async def expunge(session: Session, command: Expunge) -> Reply:
    r"""EXPUNGE of what this officer marked \Deleted; UID EXPUNGE of those among the named."""
    view = session.selected()
    if view.read_only:
        raise no(READ_ONLY, "NOPERM")
    if "e" not in view.rights:
        raise no(RECORD_STAYS, "NOPERM")
    uids = list(view.uids) if command.uids is None else view.chosen(view.select(command.uids, uid=True))
    await _expunge(session, view, uids)
    return done("Expunged")


async def close(session: Session, _command: commands.Close) -> Reply:
    """CLOSE: expunges without a word, and does nothing where nothing may be removed."""
    view = session.selected()
    if not view.read_only and "e" in view.rights:
        await session.refresh()
        await _expunge(session, view, list(view.index.uids))
    session.select(None)
    return done("Closed")


async def _expunge(session: Session, view: View, uids: list[int]) -> None:
    marked = [uid for uid in uids if DELETED in (view.known(uid) or ((), 0))[0] and uid not in view.gone]
    if not marked:
        return
    mailbox, login = view.mailbox, session.login
    reader, unlinking = session.reader(mailbox.office), session.ports.unlinking

    def act(unit: Unit, run: list[int]) -> None:
        own = views.own_flags(unit.connection, mailbox.id, login, run)
        going = [uid for uid in run if DELETED in own.get(uid, ())]
        if going:
            unlinking.unlink_in(unit, reader, mailbox, going)

    for start in range(0, len(marked), RUN):
        run = marked[start : start + RUN]
        await session.write(partial(act, run=run))
