"""GETQUOTA, GETQUOTAROOT; SETQUOTA is refused (RFC 9208). Official letters are not counted against a quota."""

from gateway.imap.reply import Reply, done, no
from gateway.imap.session import Session
from gateway.imap.texts import NO_SUCH_QUOTA, QUOTA_FIXED
from gateway.imap.wire import commands, responses_mailbox


async def getquotaroot(session: Session, command: commands.GetQuotaRoot) -> Reply:
    """GETQUOTAROOT: one root an office, without limits."""
    mailbox = await session.find(command.mailbox)
    session.put(responses_mailbox.quota_root(session.shown(mailbox), [mailbox.office], utf8=session.utf8))
    session.put(responses_mailbox.quota(mailbox.office, ()))
    return done("Quota told")


async def getquota(session: Session, command: commands.GetQuota) -> Reply:
    """GETQUOTA."""
    if command.root not in session.access.offices:
        raise no(NO_SUCH_QUOTA, "NONEXISTENT")
    session.put(responses_mailbox.quota(command.root, ()))
    return done("Quota told")


async def setquota(_session: Session, _command: commands.SetQuota) -> Reply:
    """SETQUOTA."""
    raise no(QUOTA_FIXED, "NOPERM")
