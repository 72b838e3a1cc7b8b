"""CREATE, DELETE, RENAME, SUBSCRIBE, UNSUBSCRIBE (RFC 9051 section 6.3.4 to 6.3.8, RFC 6154 section 3).

Invariants:
- The standard mailboxes of an office are never deleted or renamed.
- A mailbox is deleted with what is in it; each letter in it is recorded as unlinked, and stays in the Archive.
"""

from gateway.imap.access import ARCHIVE, INBOX, STANDARD, rights_in
from gateway.imap.commands.listing import hierarchy, is_level, tell_normalized
from gateway.imap.commands.status import mailbox_id
from gateway.imap.names import SEPARATOR, SHARED, Place, flaw, is_container, parents, shown
from gateway.imap.reply import Reply, done, no
from gateway.imap.session import Session
from gateway.imap.texts import (
    ALREADY_EXISTS,
    BAD_NAME,
    HAS_CHILDREN,
    IN_ARCHIVE_ALREADY,
    NO_SPECIAL_USE,
    NO_SUCH_MAILBOX,
    STANDARD_STAYS,
    TOO_MANY_MAILBOXES,
)
from gateway.imap.wire import commands, responses
from mailstore.database.transaction import Unit
from mailstore.faults import Conflict
from mailstore.mailboxes import mailboxes, views
from mailstore.mailboxes.mailboxes import Mailbox

GIVEN_USES = {"\\junk": "\\Junk"}
"""Special uses that a new mailbox may get; the others have their mailbox already."""


async def create(session: Session, command: commands.Create) -> Reply:
    """CREATE, with the levels above the name."""
    name = command.mailbox.removesuffix(SEPARATOR)
    place = await _new_place(session, name)
    uses = [GIVEN_USES.get(use.lower()) for use in command.special_use]
    if None in uses or len(uses) > 1:
        raise no(NO_SPECIAL_USE, "USEATTR")
    use = uses[0] if uses and uses[0] else ""

    def act(unit: Unit) -> Mailbox | None:
        standing = mailboxes.of_offices(unit.connection, [place.office])
        names = {one.name for one in standing}
        missing = [parent for parent in parents(place.name) if parent not in names]
        if len(standing) + len(missing) >= session.settings.mailboxes:
            raise no(TOO_MANY_MAILBOXES, "LIMIT")
        if use and any(one.special_use == use for one in standing):
            return None
        for parent in missing:
            mailboxes.create(unit, place.office, parent)
        return mailboxes.create(unit, place.office, place.name, use)

    try:
        made = await session.write(act)
    except Conflict:
        raise no(ALREADY_EXISTS, "ALREADYEXISTS") from None
    if made is None:
        raise no(NO_SPECIAL_USE, "USEATTR")
    await tell_normalized(session, session.shown(made), command.supplied)
    return done("Mailbox created", responses.mailboxid_code(mailbox_id(made)))


async def _new_place(session: Session, name: str) -> Place:
    """Return the place of a mailbox to be made. Raises Refusal when the name will not do."""
    if name.upper() == INBOX or is_container(name, session.access):
        raise no(ALREADY_EXISTS, "ALREADYEXISTS")
    place = await session.place(name)
    problem = flaw(place.name)
    if problem is not None:
        raise no(problem, "CANNOT")
    above = place.name.split(SEPARATOR)[0]
    if above.casefold() == SHARED.casefold() or (
        above in STANDARD and place.name != above and "k" not in rights_in(above)
    ):
        # Thunderbird's Archive button makes a mailbox for the year first: its alert quotes this.
        raise no(IN_ARCHIVE_ALREADY if above == ARCHIVE else BAD_NAME, "CANNOT")
    return place


async def delete(session: Session, command: commands.Delete) -> Reply:
    """DELETE: what is in the mailbox goes from the view with it."""
    place = await session.place(command.mailbox)
    if place.name in STANDARD:
        raise no(STANDARD_STAYS, "CANNOT")
    mailbox = await _there(session, command.mailbox)
    reader, unlinking = session.reader(mailbox.office), session.ports.unlinking

    def act(unit: Unit) -> None:
        live = views.uids(unit.connection, mailbox.id)
        if live:
            unlinking.unlink_in(unit, reader, mailbox, live)
        mailboxes.delete(unit, mailbox.id)

    await session.write(act)
    if session.view is not None and session.view.mailbox.id == mailbox.id:
        session.select(None)
    await tell_normalized(session, session.shown(mailbox), command.supplied)
    return done("Mailbox deleted")


async def _there(session: Session, name: str) -> Mailbox:
    """Return a mailbox; a level above mailboxes is told from a name that is nothing."""
    place = await session.place(name)
    found = await session.read(lambda c: mailboxes.find(c, place.office, place.name))
    if found is None:
        if is_level(await hierarchy(session), name):
            raise no(HAS_CHILDREN, "HASCHILDREN")
        raise no(NO_SUCH_MAILBOX, "NONEXISTENT")
    return found


async def rename(session: Session, command: commands.Rename) -> Reply:
    """RENAME, with every mailbox below; nothing leaves its office by it, and who has one selected goes on in it."""
    place = await session.place(command.mailbox)
    if place.name in STANDARD:
        raise no(STANDARD_STAYS, "CANNOT")
    target = await _new_place(session, command.new_name.removesuffix(SEPARATOR))
    if target.office != place.office or (target.name + SEPARATOR).startswith(place.name + SEPARATOR):
        raise no(BAD_NAME, "CANNOT")

    def act(unit: Unit) -> bool:
        prefix = place.name + SEPARATOR
        standing = mailboxes.of_offices(unit.connection, [place.office])
        moving = [one for one in standing if one.name == place.name or one.name.startswith(prefix)]
        renamed = {one.id: target.name + one.name[len(place.name) :] for one in moving}
        if any(flaw(name) is not None for name in renamed.values()):
            raise no(BAD_NAME, "CANNOT")  # what is below would get a name too long or too deep
        names = {one.name for one in standing if one.id not in renamed}
        missing = [parent for parent in parents(target.name) if parent not in names] if moving else []
        if len(standing) + len(missing) > session.settings.mailboxes:
            raise no(TOO_MANY_MAILBOXES, "LIMIT")
        for one in sorted(moving, key=lambda one: len(one.name)):  # upwards, each frees the next one's name
            mailboxes.rename(unit, one.id, renamed[one.id])
        for parent in missing:
            mailboxes.create(unit, target.office, parent)
        return bool(moving)

    try:
        moved = await session.write(act)
    except Conflict:
        raise no(ALREADY_EXISTS, "ALREADYEXISTS") from None
    if not moved:
        raise no(NO_SUCH_MAILBOX, "NONEXISTENT")
    await tell_normalized(session, shown(target, session.access), command.supplied)
    return done("Mailbox renamed")


async def subscribe(session: Session, command: commands.Subscribe) -> Reply:
    """SUBSCRIBE."""
    await session.find(command.mailbox.removesuffix(SEPARATOR))
    return await _subscribe(session, command.mailbox, subscribed=True)


async def unsubscribe(session: Session, command: commands.Unsubscribe) -> Reply:
    """UNSUBSCRIBE, of a name that is not there too."""
    return await _subscribe(session, command.mailbox, subscribed=False)


async def _subscribe(session: Session, name: str, *, subscribed: bool) -> Reply:
    place = await session.place(name.removesuffix(SEPARATOR))
    login = session.login

    def act(unit: Unit) -> None:
        if (
            not subscribed
            and mailboxes.find(unit.connection, place.office, place.name) is None
            and (place.office, place.name) not in mailboxes.subscriptions(unit.connection, login)
        ):
            return  # there is nothing to forget, and names are not collected
        mailboxes.subscribe(unit, login, place.office, place.name, subscribed=subscribed)

    await session.write(act)
    return done("Subscribed" if subscribed else "Unsubscribed")
