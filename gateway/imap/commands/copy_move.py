"""COPY and MOVE with their UID forms (RFC 9051 section 6.4.7, RFC 4315, RFC 6851).

Invariants:
- A copy keeps the letter's identity: fetching it is evidence as fetching the letter is.
- A letter does not pass to another office by copy: that is a referral.
- A MOVE is checked before anything is copied, and is one transaction: all of it or nothing.
"""

from dataclasses import dataclass

from gateway.imap.access import ARCHIVE, FILED, rights_in
from gateway.imap.reply import Reply, bad, done, no
from gateway.imap.session import Session
from gateway.imap.texts import FILED_BY_GATEWAY, IN_ARCHIVE_ALREADY, OTHER_OFFICE, READ_ONLY, RECORD_STAYS
from gateway.imap.view import View
from gateway.imap.wire import responses
from gateway.imap.wire.commands_message import Copy, Move
from mailstore import mailboxes
from mailstore.mailboxes import Mailbox, NewEntry
from mailstore.transaction import Unit
from policies.calendar import parse_rfc3339

_COLUMNS = ("kind", "letter_id", "sha256", "prefix", "head", "size", "internal_date", "expunged_modseq")


@dataclass(frozen=True, slots=True)
class _Copied:
    """UIDs of the messages and of their copies, in the same order; `foreign`: a letter would have left its office."""

    sources: list[int]
    copies: list[int]
    foreign: bool = False


async def copy(session: Session, command: Copy) -> Reply:
    """COPY."""
    view = session.selected()
    uids = _chosen(view, command)
    target = await _target(session, command.mailbox)
    copied = await _copy(session, view, uids, target, move=False)
    if not copied.sources:
        return done("Nothing to copy")
    code = responses.copyuid_code(target.uidvalidity, copied.sources, copied.copies)
    return done("Copied", code)


async def move(session: Session, command: Move) -> Reply:
    """MOVE: COPYUID goes out before the EXPUNGEs (RFC 6851 section 4.3)."""
    view = session.selected()
    uids = _chosen(view, command)
    if view.read_only:
        raise no(READ_ONLY, "NOPERM")
    if "e" not in view.rights or "t" not in view.rights:
        raise no(RECORD_STAYS, "NOPERM")
    target = await _target(session, command.mailbox)
    copied = await _copy(session, view, uids, target, move=True)
    if copied.sources:
        code = responses.copyuid_code(target.uidvalidity, copied.sources, copied.copies)
        session.put(responses.ok(None, "Moved", code))
        await session.tell(expunges=True)
    return done("Moved")


def _chosen(view: View, command: Copy | Move) -> list[int]:
    try:
        return view.chosen(view.select(command.numbers, uid=command.uid))
    except ValueError:
        raise bad("No such message number") from None


async def _target(session: Session, name: str) -> Mailbox:
    target = await session.find(name, code="TRYCREATE")
    if target.name in FILED or "i" not in rights_in(target.name):
        raise no(IN_ARCHIVE_ALREADY if target.name == ARCHIVE else FILED_BY_GATEWAY, "NOPERM")
    return target


async def _copy(session: Session, view: View, uids: list[int], target: Mailbox, *, move: bool) -> _Copied:
    source, login = view.mailbox, session.login
    reader, unlinking = session.reader(source.office), session.ports.unlinking

    def act(unit: Unit) -> _Copied:
        rows = mailboxes.entries(unit.connection, source.id, uids, *_COLUMNS)
        if move:
            rows = [row for row in rows if row.expunged_modseq is None]
        if source.office != target.office and any(row.letter_id for row in rows):
            return _Copied([], [], foreign=True)
        if not rows:
            return _Copied([], [])
        own = mailboxes.own_flags(unit.connection, source.id, login, [row.uid for row in rows])
        placed = [(target.id, _entry(row)) for row in rows]
        copies = mailboxes.add_entries(unit, placed)
        flags = {new: own[row.uid] for row, new in zip(rows, copies, strict=True) if own.get(row.uid)}
        if flags:
            mailboxes.set_own_flags(unit, target.id, login, flags, mailboxes.next_modseq(unit, target.id))
        sources = [row.uid for row in rows]
        if move:
            unlinking.unlink_in(unit, reader, source, sources, moved_to=target.name)
        return _Copied(sources, copies)

    copied = await session.write(act)
    if copied.foreign:
        raise no(OTHER_OFFICE, "NOPERM")
    return copied


def _entry(row: object) -> NewEntry:
    """Return a copy of an entry; the gateway's own keywords stay with the original."""
    return NewEntry(
        row.kind,  # type: ignore[attr-defined]
        row.sha256,  # type: ignore[attr-defined]
        bytes(row.prefix),  # type: ignore[attr-defined]
        bytes(row.head),  # type: ignore[attr-defined]
        row.size,  # type: ignore[attr-defined]
        parse_rfc3339(row.internal_date),  # type: ignore[attr-defined]
        row.letter_id,  # type: ignore[attr-defined]
    )
