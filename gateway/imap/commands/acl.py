"""GETACL, MYRIGHTS, LISTRIGHTS; SETACL and DELETEACL are refused (RFC 4314).

Rights show what a mailbox is for. Who reads an office is decided by grants, which only the administrator gives.
"""

from gateway.imap.access import ALL_RIGHTS, rights_in
from gateway.imap.reply import Reply, done, no
from gateway.imap.session import Session
from gateway.imap.texts import RIGHTS_FIXED
from gateway.imap.wire import commands, responses_mailbox


async def myrights(session: Session, command: commands.MyRights) -> Reply:
    """MYRIGHTS."""
    mailbox = await session.find(command.mailbox)
    rights = rights_in(mailbox.name)
    session.put(responses_mailbox.my_rights(session.shown(mailbox), rights, utf8=session.utf8))
    return done("Rights told")


async def getacl(session: Session, command: commands.GetAcl) -> Reply:
    """GETACL: one's own entry; who else reads the office is not told over IMAP."""
    mailbox = await session.find(command.mailbox)
    entries = [(session.login, rights_in(mailbox.name))]
    session.put(responses_mailbox.acl(session.shown(mailbox), entries, utf8=session.utf8))
    return done("Rights told")


async def listrights(session: Session, command: commands.ListRights) -> Reply:
    """LISTRIGHTS: nothing can be granted here, so the required rights are all there is."""
    mailbox = await session.find(command.mailbox)
    required = rights_in(mailbox.name) if command.identifier == session.login else ""
    session.put(
        responses_mailbox.list_rights(
            session.shown(mailbox), command.identifier, required, (), utf8=session.utf8
        )
    )
    return done("Rights told")


async def refuse(session: Session, command: commands.SetAcl | commands.DeleteAcl) -> Reply:
    """SETACL, DELETEACL."""
    await session.find(command.mailbox)
    raise no(RIGHTS_FIXED, "NOPERM")


RIGHTS_CAPABILITY = "RIGHTS=texk"
__all__ = ["ALL_RIGHTS", "RIGHTS_CAPABILITY", "getacl", "listrights", "myrights", "refuse"]
