"""STATUS (RFC 9051 section 6.3.11, RFC 8438, RFC 7162, RFC 7889, RFC 8474)."""

from collections.abc import Iterable

from gateway.imap.access import FILED
from gateway.imap.index import DELETED
from gateway.imap.reply import Reply, done
from gateway.imap.session import Session
from gateway.imap.wire import commands, responses_mailbox
from mailstore import contents, mailboxes
from mailstore.mailboxes import Mailbox
from mailstore.transaction import Reading

Value = int | str | None


def mailbox_id(mailbox: Mailbox) -> str:
    """Return a mailbox's object id (RFC 8474): it stays when the name changes."""
    return f"M{mailbox.id}"


async def status(session: Session, command: commands.Status) -> Reply:
    """STATUS."""
    mailbox = await session.find(command.mailbox)
    told = await values(session, mailbox, command.items)
    session.put(responses_mailbox.status(session.shown(mailbox), told, utf8=session.utf8))
    return done("Status told")


async def values(session: Session, mailbox: Mailbox, items: Iterable[str]) -> dict[str, Value]:
    """Return what STATUS tells of a mailbox, item by item."""
    login, wanted = session.login, list(items)
    first_recent = session.shared.updates.first_recent(mailbox.id, login)
    if "HIGHESTMODSEQ" in wanted:
        session.enable_condstore()

    def read(connection: Reading) -> dict[str, Value]:
        present = mailboxes.get(connection, mailbox.id)
        counts = mailboxes.counts(connection, mailbox.id, login)
        told: dict[str, Value] = {}
        for item in wanted:
            match item:
                case "MESSAGES":
                    told[item] = counts.messages
                case "UNSEEN":
                    told[item] = counts.unseen
                case "SIZE":
                    told[item] = counts.size
                case "RECENT":
                    told[item] = contents.count_from(connection, mailbox.id, first_recent, present.uidnext)
                case "UIDNEXT":
                    told[item] = present.uidnext
                case "UIDVALIDITY":
                    told[item] = present.uidvalidity
                case "HIGHESTMODSEQ":
                    told[item] = present.highestmodseq
                case "MAILBOXID":
                    told[item] = mailbox_id(present)
                case "APPENDLIMIT":
                    told[item] = 0 if present.name in FILED else session.settings.append_limit
                case "DELETED":
                    told[item] = contents.flagged(connection, mailbox.id, login, DELETED)[0]
                case "DELETED-STORAGE":
                    told[item] = contents.flagged(connection, mailbox.id, login, DELETED)[1]
        return told

    return await session.ports.offload.read(read)
