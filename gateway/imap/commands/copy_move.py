"""COPY and MOVE with their UID forms (RFC 9051 section 6.4.7, RFC 4315, RFC 6851).

Invariants:
- A copy keeps the letter's identity: fetching it is evidence as fetching the letter is.
- A letter does not pass to another office by copy: that is a referral. A mail program that knows one Trash only, and
  moves what is deleted there, is told where the office's own is.
- A MOVE is checked before anything is copied, and is one transaction: all of it or nothing.
- Nothing comes into INBOX or Archive but letters that the gateway put there: a letter that was taken out of INBOX may
  return, and what goes to the Archive is in it already; its place there is the answer.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from gateway.imap.access import ARCHIVE, INBOX, TRASH, rights_in
from gateway.imap.reply import Reply, bad, done, no
from gateway.imap.selected.view import View
from gateway.imap.session import Session
from gateway.imap.texts import (
    FILED_BY_GATEWAY,
    OTHER_OFFICE,
    OTHER_TRASH,
    READ_ONLY,
    RECORD_STAYS,
    Sentence,
)
from gateway.imap.wire import responses
from gateway.imap.wire.commands_message import Copy, Move
from mailstore.database.transaction import Unit
from mailstore.letters.consignments import received
from mailstore.mailboxes import contents, mailboxes, views
from mailstore.mailboxes.contents import uid_of_letter
from mailstore.mailboxes.mailboxes import Mailbox, NewEntry
from policies.words.calendar import parse_rfc3339

_RETURNABLE = (INBOX, ARCHIVE)
_COLUMNS = ("kind", "letter_id", "sha256", "prefix", "head", "size", "internal_date", "expunged_modseq")


@dataclass(frozen=True, slots=True)
class _Copied:
    """UIDs of the messages and of their copies, in the same order; `refused` says why nothing was done."""

    sources: list[int]
    copies: list[int]
    refused: Sentence | None = None


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
    if target.name not in _RETURNABLE and "i" not in rights_in(target.name):
        raise no(FILED_BY_GATEWAY, "NOPERM")
    return target


async def _copy(session: Session, view: View, uids: list[int], target: Mailbox, *, move: bool) -> _Copied:
    source, login = view.mailbox, session.login
    reader, unlinking = session.reader(source.office), session.ports.unlinking

    def act(unit: Unit) -> _Copied:
        rows = contents.rows(unit.connection, source.id, sorted(set(uids)), *_COLUMNS)
        if move:
            rows = [row for row in rows if row.expunged_modseq is None]
        if source.office != target.office and any(row.letter_id for row in rows):
            deleting = move and target.name == TRASH and source.office != session.access.primary
            return _Copied([], [], OTHER_TRASH if deleting else OTHER_OFFICE)
        if not rows:
            return _Copied([], [])
        if target.name in _RETURNABLE and not _may_return(unit, source, target, rows):
            return _Copied([], [], FILED_BY_GATEWAY)
        own = views.own_flags(unit.connection, source.id, login, [row.uid for row in rows])
        copies = _placed(unit, target, rows)
        flags = {new: own[row.uid] for row, new in zip(rows, copies, strict=True) if own.get(row.uid)}
        if flags:
            views.set_own_flags(unit, target.id, login, flags, views.next_modseq(unit, target.id))
        sources = [row.uid for row in rows]
        if move:
            unlinking.unlink_in(unit, reader, source, sources, moved_to=target.name)
        return _Copied(sources, copies)

    copied = await session.write(act)
    if copied.refused is not None:
        raise no(copied.refused, "NOPERM")
    return copied


def _may_return(unit: Unit, source: Mailbox, target: Mailbox, rows: Sequence[Any]) -> bool:
    """Whether each message is a letter that stands in the target now, or, for INBOX, one the office received."""
    mine = {
        letter.letter_id
        for letter, _ in received(unit.connection, source.id, [row.uid for row in rows], source.office)
    }
    return all(
        row.letter_id
        and (
            (target.name == INBOX and row.letter_id in mine)
            or uid_of_letter(unit.connection, target.id, row.letter_id)
        )
        for row in rows
    )


def _placed(unit: Unit, target: Mailbox, rows: Sequence[Any]) -> list[int]:
    """Put the messages in the target and return their UIDs there; a letter that stands there already stays once."""
    if target.name not in _RETURNABLE:
        return mailboxes.add_entries(unit, [(target.id, _entry(row)) for row in rows])
    return [
        uid_of_letter(unit.connection, target.id, row.letter_id)
        or mailboxes.add_entry(unit, target.id, _entry(row))
        for row in rows
    ]


def _entry(row: Any) -> NewEntry:
    """Return a copy of an entry; the gateway's own keywords stay with the original."""
    return NewEntry(
        row.kind,
        row.sha256,
        bytes(row.prefix),
        bytes(row.head),
        row.size,
        parse_rfc3339(row.internal_date),
        row.letter_id,
    )
