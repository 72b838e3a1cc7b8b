"""SELECT, EXAMINE, CHECK, CLOSE, UNSELECT."""

from gateway.imap.commands.listing import listed_name
from gateway.imap.commands.status import mailbox_id
from gateway.imap.reply import Reply, bad, done
from gateway.imap.selected.view import View
from gateway.imap.session import Session
from gateway.imap.wire import commands, responses, responses_mailbox


async def select(session: Session, command: commands.Select) -> Reply:
    """SELECT and EXAMINE: a failure leaves nothing selected (RFC 9051 section 6.3.2).

    IMAP4rev2 is told the name with its attributes, and nothing of RECENT and UNSEEN (appendix E, 9 to 12).
    """
    if command.qresync is not None:
        raise bad("QRESYNC is not offered")
    session.leave()
    mailbox = await session.find(command.mailbox)
    listed = await listed_name(session, session.shown(mailbox), command.supplied) if session.rev2 else b""
    view = await session.shared.updates.open(
        mailbox.id,
        session.login,
        read_only=command.read_only,
        rev2=session.rev2,
        keywords=session.settings.keywords,
    )
    session.select(view)
    if command.condstore:
        session.enable_condstore()
    for line in _selected(view, rev2=session.rev2):
        session.put(line)
    if listed:
        session.put(listed)
    mode = "READ-ONLY" if view.read_only else "READ-WRITE"
    return done("Mailbox selected", mode)


def _selected(view: View, *, rev2: bool) -> list[bytes]:
    number, index = responses.number_code, view.index
    lines = [
        responses_mailbox.flags(view.flag_names()),
        responses.ok(None, "Flags permitted", responses.permanentflags_code(view.permanent_flags())),
        responses_mailbox.exists(len(view.uids)),
    ]
    if not rev2:
        lines.append(responses_mailbox.recent(view.recent_count()))
    unseen = None if rev2 else index.first_unseen()
    if unseen is not None:
        lines.append(responses.ok(None, "First unseen message", number("UNSEEN", unseen)))
    return [
        *lines,
        responses.ok(None, "UIDs valid", number("UIDVALIDITY", view.mailbox.uidvalidity)),
        responses.ok(None, "Next UID", number("UIDNEXT", index.uidnext)),
        responses.ok(None, "Highest mod-sequence", number("HIGHESTMODSEQ", index.highestmodseq)),
        responses.ok(None, "Mailbox id", responses.mailboxid_code(mailbox_id(view.mailbox))),
    ]


async def check(_session: Session, _command: commands.Check) -> Reply:
    """CHECK: everything is durable when it is answered, always."""
    return done("Checked")


async def unselect(session: Session, _command: commands.Unselect) -> Reply:
    """UNSELECT (RFC 3691)."""
    session.select(None)
    return done("Unselected")
