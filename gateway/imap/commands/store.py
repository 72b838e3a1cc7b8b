r"""STORE and UID STORE (RFC 9051 section 6.4.6, RFC 7162 section 3.1.3).

What may not be changed here is left as it is, the rest is done and the true flags are told, even for .SILENT, so that
the mail program's memory heals. Only a STORE of which nothing was permitted is answered NO.

Invariant: \Seen and its SEEN evidence are one transaction.
"""

from dataclasses import dataclass
from functools import partial

from gateway.imap.flagging import changed, in_known_case, is_reserved, permitted
from gateway.imap.reply import Refusal, Reply, bad, done, no
from gateway.imap.selected.index import SEEN
from gateway.imap.selected.view import RECENT, View, flags_response
from gateway.imap.session import Session
from gateway.imap.texts import FLAGS_REFUSED, READ_ONLY, TOO_MANY_KEYWORDS
from gateway.imap.wire import responses
from gateway.imap.wire.commands_message import Store
from gateway.letters.reader import Reader
from mailstore.database.transaction import Unit
from mailstore.mailboxes import views

RUN = 2000
"""Messages whose flags change in one unit, so that others may write in between."""


@dataclass(slots=True)
class _Outcome:
    """What a STORE did: own flags after it of the messages that changed, and those left alone (UNCHANGEDSINCE)."""

    changed: dict[int, frozenset[str]]
    modified: set[int]
    seen: bool


async def store(session: Session, command: Store) -> Reply:
    """STORE."""
    view = session.selected()
    try:
        uids = view.chosen(view.select(command.numbers, uid=command.uid))
    except ValueError:
        raise bad("No such message number") from None
    if view.read_only:
        raise no(READ_ONLY, "NOPERM")
    if command.unchanged_since is not None:
        session.enable_condstore()
    flags = in_known_case(command.flags, view.index.keywords)
    allowed, refused = permitted(flags, view.rights)
    if refused and not allowed:
        await _tell(session, view, uids)
        raise no(FLAGS_REFUSED, "NOPERM")
    _hold_keywords(session, view, allowed, command.mode)
    outcome = await _write(session, view, command, uids, allowed)
    if outcome.seen:
        session.ports.opening.notify_owed()
    await session.refresh()
    targets = [uid for uid in uids if uid not in outcome.modified]
    if refused or not command.silent:
        await _tell(session, view, targets)
    else:
        _tell_silently(session, view, outcome)
    if outcome.modified:
        told = uids if command.uid else view.uids
        failed = (
            sorted(outcome.modified) if told is uids else sorted(view.number(uid) for uid in outcome.modified)
        )
        return done("Some messages had changed", responses.modified_code(failed))
    return done("Flags stored")


def _hold_keywords(session: Session, view: View, allowed: frozenset[str], mode: str) -> None:
    fresh = {flag for flag in allowed if not flag.startswith("\\")} - view.index.keywords
    if fresh and mode != "remove" and len(view.index.keywords | fresh) > session.settings.keywords:
        raise Refusal(Reply("NO", TOO_MANY_KEYWORDS, "LIMIT"))


async def _write(
    session: Session, view: View, command: Store, uids: list[int], allowed: frozenset[str]
) -> _Outcome:
    """Change the flags run by run, each in one unit with the evidence of what is newly seen."""
    whole = _Outcome({}, set(), seen=False)
    reader = session.reader(view.mailbox.office)
    for start in range(0, len(uids), RUN):
        act = partial(_change, session, view, reader, command, uids[start : start + RUN], allowed)
        outcome = await session.write(act)
        whole.changed.update(outcome.changed)
        whole.modified.update(outcome.modified)
        whole.seen = whole.seen or outcome.seen
    return whole


def _change(
    session: Session,
    view: View,
    reader: Reader,
    command: Store,
    uids: list[int],
    allowed: frozenset[str],
    unit: Unit,
) -> _Outcome:
    mailbox, login = view.mailbox.id, reader.login
    modified = _modified(unit, mailbox, login, command.unchanged_since) & set(uids)
    targets = [uid for uid in uids if uid not in modified]
    own = views.own_flags(unit.connection, mailbox, login, targets)
    after: dict[int, frozenset[str]] = {}
    for uid in targets:
        before = own.get(uid, frozenset())
        now = changed(before, command.mode, allowed, view.rights)
        if now != before:
            after[uid] = now
    seen = [uid for uid, now in after.items() if SEEN in now and SEEN not in own.get(uid, ())]
    if after:
        views.set_own_flags(unit, mailbox, login, after, views.next_modseq(unit, mailbox))
    if seen:
        session.ports.opening.seen_in(unit, reader, mailbox, seen)
    return _Outcome(after, modified, bool(seen))


def _modified(unit: Unit, mailbox: int, login: str, unchanged_since: int | None) -> set[int]:
    """Return the messages that changed after the mod-sequence that the client knows."""
    if unchanged_since is None:
        return set()
    states, gone = views.changed_since(unit.connection, mailbox, login, unchanged_since)
    return {state.uid for state in states} | set(gone)


async def _tell(session: Session, view: View, uids: list[int]) -> None:
    """Put the true flags of messages."""
    for line in view.tell_keywords():
        session.put(line)
    for uid in uids:
        known, number = view.known(uid), view.number(uid)
        if known is not None and number:
            session.put(flags_response(number, uid, known, modseq=session.condstore))
    view.forgive(uids)
    await session.drain()


def _tell_silently(session: Session, view: View, outcome: _Outcome) -> None:
    """Leave untold what the session did itself; with CONDSTORE the new mod-sequences are told all the same."""
    for line in view.tell_keywords():
        session.put(line)
    for uid, own in outcome.changed.items():
        known, number = view.known(uid), view.number(uid)
        if known is None or not number:
            continue
        if frozenset(flag for flag in known[0] - RECENT if not is_reserved(flag)) == own:
            view.forgive([uid])
            if session.condstore:
                session.put(b"* %d FETCH (UID %d MODSEQ (%d))\r\n" % (number, uid, known[1]))
