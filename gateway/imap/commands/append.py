"""APPEND of one or more messages (RFC 9051 section 6.3.12, RFC 3502, RFC 4315, RFC 7889).

Invariants:
- What a client appends is stored exactly as it was sent, as a draft or a personal copy, never as a letter; only
  octets that no other command can carry are encoded (`binary`).
- A copy of a letter that the office sent, appended to Sent by the mail program, is not stored beside the official
  one: the answer names the official copy's UID.
- All messages of one APPEND are stored, or none.
"""

from dataclasses import dataclass
from functools import partial

from gateway.imap.access import FILED, SENT, rights_in
from gateway.imap.binary import to_base64
from gateway.imap.commands.listing import tell_normalized
from gateway.imap.flagging import is_reserved, permitted
from gateway.imap.names import Place
from gateway.imap.reply import Reply, bad, done, no
from gateway.imap.search import headers
from gateway.imap.session import Session
from gateway.imap.texts import (
    FILED_BY_GATEWAY,
    NO_SUCH_MAILBOX,
    TOO_LARGE,
    TOO_MANY_KEYWORDS,
    UNREADABLE_MESSAGE,
)
from gateway.imap.wire import responses
from gateway.imap.wire.commands_message import Append, AppendMessage
from gateway.messages.stored import message_of
from gateway.mime.limits import MimeLimitExceeded
from mailstore.database.transaction import Reading, Unit
from mailstore.letters import letters
from mailstore.mailboxes import contents, mailboxes, views
from mailstore.mailboxes.mailboxes import Mailbox, NewEntry
from mailstore.octets import messages
from mailstore.octets.messages import Message

AT_ONCE = 16 * 1024
"""Octets that are examined at once, without another thread."""


@dataclass(frozen=True, slots=True)
class _Coming:
    """A message about to be stored, with the officer's flags on it."""

    message: Message
    entry: NewEntry
    flags: frozenset[str]
    message_id: str


async def admit(session: Session, name: str) -> None:
    """Refuse, before a literal is asked for, what could not be appended to the mailbox anyway. Raises Refusal."""
    place = await session.place(name, code="TRYCREATE")
    await session.glance(partial(_hold, place))


def _hold(place: Place, connection: Reading) -> Mailbox:
    """Return the mailbox when a message may be stored in it. Raises Refusal."""
    mailbox = mailboxes.find(connection, place.office, place.name)
    if mailbox is None:
        raise no(NO_SUCH_MAILBOX, "TRYCREATE")
    if mailbox.name in FILED or "i" not in rights_in(mailbox.name):
        raise no(FILED_BY_GATEWAY, "NOPERM")
    return mailbox


async def append(session: Session, command: Append) -> Reply:
    """APPEND."""
    for one in command.messages:
        if not one.octets:
            raise bad("An empty message is not stored")
        if len(one.octets) > session.settings.append_limit:
            raise no(TOO_LARGE, "TOOBIG")
        if sum(not flag.startswith("\\") for flag in one.flags) > session.settings.keywords:
            raise no(TOO_MANY_KEYWORDS, "LIMIT")
    place = await session.place(command.mailbox, code="TRYCREATE")
    try:
        if sum(len(one.octets) for one in command.messages) <= AT_ONCE:
            coming = _read_all(session, place, command)
        else:
            await session.glance(partial(_hold, place))
            coming = await session.ports.offload.call(_read_all, session, place, command)
    except MimeLimitExceeded:
        raise no(UNREADABLE_MESSAGE, "CANNOT") from None
    mailbox, uids = await session.write(partial(_store, place, session.login, coming))
    await tell_normalized(session, session.shown(mailbox), command.supplied)
    return done("Stored", responses.appenduid_code(mailbox.uidvalidity, uids))


def _read_all(session: Session, place: Place, command: Append) -> list[_Coming]:
    return [_read(session, place, one) for one in command.messages]


def _read(session: Session, place: Place, one: AppendMessage) -> _Coming:
    """Compute once what FETCH will ask for. Raises MimeLimitExceeded."""
    octets = to_base64(one.octets) if one.binary and b"\0" in one.octets else one.octets
    message = message_of(octets)
    head = octets[: message.head_size]
    kind, date = "copy" if place.name == SENT else "draft", one.date or session.ports.clock()
    entry = NewEntry(kind, message.sha256, b"", head, len(octets), date)
    allowed, _ = permitted(one.flags, rights_in(place.name))
    flags = frozenset(flag for flag in allowed if not is_reserved(flag))
    return _Coming(message, entry, flags, headers.text(head, "message-id").strip())


def _store(place: Place, login: str, coming: list[_Coming], unit: Unit) -> tuple[Mailbox, list[int]]:
    """Store the messages, and return the mailbox as it was with their UIDs. Raises Refusal."""
    mailbox = _hold(place, unit.connection)
    uids: list[int] = []
    flags: dict[int, frozenset[str]] = {}
    for one in coming:
        official = _official_copy(unit, mailbox, one.message_id)
        if official:
            uids.append(official)
            continue
        messages.put_message(unit, one.message)
        uid = mailboxes.add_entry(unit, mailbox.id, one.entry)
        if one.flags:
            flags[uid] = one.flags
        uids.append(uid)
    if flags:
        views.set_own_flags(unit, mailbox.id, login, flags, views.next_modseq(unit, mailbox.id))
    return mailbox, uids


def _official_copy(unit: Unit, mailbox: Mailbox, message_id: str) -> int:
    """Return the UID in Sent of the letter that the office sent under this Message-ID, 0 when there is none."""
    if mailbox.name != SENT or not message_id:
        return 0
    letter = letters.by_message_id(unit.connection, mailbox.office, message_id)
    return 0 if letter is None else contents.uid_of_letter(unit.connection, mailbox.id, letter.letter_id)
