"""LIST, LSUB, XLIST: the names a session sees (RFC 9051 section 6.3.9, RFC 5258, RFC 6154, RFC 5819).

The standard mailboxes of every readable office are subscribed until the officer says otherwise; mailboxes that
officers create are subscribed when they say so. Special uses are told in plain LIST too (RFC 6154 section 2), of every
office's mailboxes. A mail program that takes one of each for the account takes the first that it is told of: so the
personal namespace comes before the other offices.
"""

from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass
from functools import partial

from gateway.imap.access import STANDARD
from gateway.imap.commands.status import Value, look
from gateway.imap.names import SEPARATOR, SHARED, Place, parents, shown
from gateway.imap.reply import Reply, done
from gateway.imap.session import RightsMovedError, Session
from gateway.imap.wire import commands, responses_mailbox
from gateway.imap.wire.list_pattern import matcher
from gateway.imap.wire.responses_mailbox import Listing
from gateway.runtime.faults import Unavailable
from mailstore.database.transaction import Reading
from mailstore.faults import NotNow
from mailstore.mailboxes import mailboxes
from mailstore.mailboxes.mailboxes import Mailbox

AT_ONCE = 100
"""Mailboxes that are read at once, without another thread."""
SUBSCRIBED = frozenset({"SUBSCRIBED"})


@dataclass(slots=True)
class Name:
    """One name of the hierarchy: a mailbox, a level above one, or only a subscription."""

    mailbox: Mailbox | None = None
    subscribed: bool = False
    children: bool = False
    special_use: str = ""


async def hierarchy(session: Session) -> dict[str, Name]:
    """Return every name the session sees, sorted: INBOX first, then the personal namespace, then the others."""
    access = session.access

    def read(connection: Reading, most: int = -1) -> tuple[list[Mailbox], dict[tuple[str, str], bool]]:
        found = mailboxes.of_offices(connection, access.offices, most)
        if len(found) == most:
            raise NotNow("there are many mailboxes")
        return found, mailboxes.subscriptions(connection, session.login)

    found, said = await session.glance(partial(read, most=AT_ONCE), read)
    names: dict[str, Name] = {}
    for mailbox in found:
        names[shown(Place(mailbox.office, mailbox.name), access)] = Name(
            mailbox,
            subscribed=said.get((mailbox.office, mailbox.name), mailbox.name in STANDARD),
            special_use=mailbox.special_use,
        )
    for (office, inner), subscribed in said.items():
        if subscribed and office in access.offices:
            names.setdefault(shown(Place(office, inner), access), Name(subscribed=True))
    for name, one in list(names.items()):
        for parent in parents(name):
            above = names.setdefault(parent, Name())
            above.children = above.children or one.mailbox is not None
    return dict(sorted(names.items(), key=_place_in_list))


def _place_in_list(item: tuple[str, Name]) -> tuple[bool, bool, str]:
    name = item[0]
    return name != "INBOX", name.partition(SEPARATOR)[0] == SHARED, name


def _attributes(one: Name, *, extended: bool) -> list[str]:
    """Return what a name is, but for its subscription."""
    attributes: list[str] = []
    if one.mailbox is None:
        attributes.append("\\NonExistent" if extended else "\\Noselect")
    if one.children:
        attributes.append("\\HasChildren")
    elif one.mailbox is not None:
        attributes.append("\\HasNoChildren")
    if one.special_use:
        attributes.append(one.special_use)
    return attributes


async def list_(session: Session, command: commands.List) -> Reply:
    """LIST."""
    if command.patterns == ("",) and not command.extended:
        session.put(responses_mailbox.mailbox_list(Listing("", ["\\Noselect"]), utf8=session.utf8))
        return done("Separator told")
    names = await hierarchy(session)
    matches = _any(command.reference, command.patterns)
    chosen = _chosen(names, matches, command, extended=command.extended or session.rev2)
    for name, listing in chosen:
        session.put(responses_mailbox.mailbox_list(listing, utf8=session.utf8))
        mailbox = names[name].mailbox
        if command.status and mailbox is not None:
            told = await session.read(partial(_status, look(session, command.status), mailbox))
            session.put(responses_mailbox.status(name, told, utf8=session.utf8))
    return done("Mailboxes listed")


async def listed_name(session: Session, name: str, supplied: str | None = None) -> bytes:
    """Return the LIST response of one name with its true attributes; `supplied`, where given, as its OLDNAME.

    A name that no mailbox has is nonexistent (RFC 9051 section 6.3.9.7).
    """
    one = (await hierarchy(session)).get(name, Name())
    attributes = _attributes(one, extended=True)
    if one.subscribed:
        attributes.append("\\Subscribed")
    return responses_mailbox.mailbox_list(Listing(name, attributes, old_name=supplied), utf8=session.utf8)


async def tell_normalized(session: Session, name: str, supplied: str | None) -> None:
    """Tell the name of a mailbox in NFC to a client that wrote it otherwise (RFC 9051 sections 6.3.4 to 6.3.12).

    The command is done already: when the name cannot be looked up any more, nothing is told.
    """
    if supplied is not None and session.rev2:
        with suppress(RightsMovedError, Unavailable):
            session.put(await listed_name(session, name, supplied))


def _status(
    act: Callable[[Reading, Mailbox], dict[str, Value]], mailbox: Mailbox, connection: Reading
) -> dict[str, Value]:
    return act(connection, mailbox)


def _any(reference: str, patterns: Iterable[str]) -> Callable[[str], bool]:
    tests = [matcher(reference, pattern, SEPARATOR) for pattern in patterns]
    return lambda name: any(test(name) for test in tests)


def _chosen(
    names: dict[str, Name], matches: Callable[[str], bool], command: commands.List, *, extended: bool
) -> list[tuple[str, Listing]]:
    selection = command.selection
    tell_subscribed = "SUBSCRIBED" in selection or "SUBSCRIBED" in command.returns
    recursive = "RECURSIVEMATCH" in selection
    above_selected = _above_unlisted(names, matches, selection) if recursive else set()
    above_subscribed = _above_unlisted(names, matches, SUBSCRIBED) if recursive else set()
    listed: dict[str, Listing] = {}
    for name, one in names.items():
        if not matches(name):
            continue
        if not _selected(one, selection):
            if name not in above_selected:
                continue
        elif one.mailbox is None and not selection and not one.children:
            continue  # only a subscription to what is not there
        attributes = _attributes(one, extended=extended)
        if tell_subscribed and one.subscribed:
            attributes.append("\\Subscribed")
        child_info = ["SUBSCRIBED"] if name in above_subscribed else []
        listed[name] = Listing(name, attributes, child_info=child_info)
    return list(listed.items())


def _selected(one: Name, selection: frozenset[str]) -> bool:
    if "SUBSCRIBED" in selection and not one.subscribed:
        return False
    return "SPECIAL-USE" not in selection or bool(one.special_use)


def _above_unlisted(
    names: dict[str, Name], matches: Callable[[str], bool], selection: frozenset[str]
) -> set[str]:
    """Return the levels above names that fit the selection and would not be seen, as no pattern names them."""
    return {
        above
        for name, one in names.items()
        if _selected(one, selection) and not matches(name)
        for above in parents(name)
    }


async def lsub(session: Session, command: commands.Lsub) -> Reply:
    r"""LSUB (RFC 3501 section 6.3.9): with `%`, the levels above subscribed names are told as \Noselect."""
    if not command.pattern:
        session.put(
            responses_mailbox.mailbox_list(Listing("", ["\\Noselect"]), utf8=session.utf8, verb="LSUB")
        )
        return done("Separator told")
    names = await hierarchy(session)
    matches = matcher(command.reference, command.pattern, SEPARATOR)
    above_subscribed = _above_unlisted(names, matches, SUBSCRIBED)
    for name, one in names.items():
        if not matches(name):
            continue
        if one.subscribed:
            listing = Listing(name, [one.special_use] if one.special_use else [])
        elif name in above_subscribed:
            listing = Listing(name, ["\\Noselect"])
        else:
            continue
        session.put(responses_mailbox.mailbox_list(listing, utf8=session.utf8, verb="LSUB"))
    return done("Subscriptions listed")


async def xlist(session: Session, command: commands.Xlist) -> Reply:
    """XLIST: LIST with special uses in an older spelling, which Outlook 2010 and 2013 ask for."""
    names = await hierarchy(session)
    matches = matcher(command.reference, command.pattern, SEPARATOR)
    for name, one in names.items():
        if matches(name) and (one.mailbox is not None or one.children):
            attributes = _attributes(one, extended=False)
            if name == "INBOX":
                attributes.append("\\Inbox")
            listing = Listing(name, attributes)
            session.put(responses_mailbox.mailbox_list(listing, utf8=session.utf8, verb="XLIST"))
    return done("Mailboxes listed")


def is_level(names: dict[str, Name], name: str) -> bool:
    """Whether a name is a level that holds no messages."""
    one = names.get(name)
    return name == SHARED or (one is not None and one.mailbox is None and one.children)
