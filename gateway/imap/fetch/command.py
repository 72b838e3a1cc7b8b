"""FETCH and UID FETCH.

Invariants:
- Log before reveal: no octet of a body is read, let alone sent, before `Opening` has made the evidence durable for
  every letter of the command, in one transaction.
- `sending` reads and sends what was planned here, and nothing else.
"""

import asyncio
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial

from gateway.imap.fetch.items import Writers
from gateway.imap.fetch.plan import Plan, plan
from gateway.imap.fetch.sending import Walked, send_rows
from gateway.imap.reply import Reply, bad, done
from gateway.imap.selected.index import encode_flags
from gateway.imap.selected.view import View
from gateway.imap.session import Session
from gateway.imap.wire.commands_message import Fetch
from gateway.imap.wire.fetch_items import Attribute


async def fetch(session: Session, command: Fetch) -> Reply:
    """FETCH."""
    if command.vanished:
        raise bad("VANISHED needs QRESYNC, which is not offered")
    view = session.selected()
    try:
        slices = view.select(command.numbers, uid=command.uid)
    except ValueError:
        raise bad("No such message number") from None
    if command.changed_since is not None or any(item == Attribute("MODSEQ") for item in command.items):
        session.enable_condstore()
    planned = plan(command.items)
    walked = list(view.walk(slices))
    if command.changed_since is not None:
        walked = [one for one in walked if one[3] > command.changed_since]
    newly_seen = frozenset[int]()
    if planned.reveals or planned.sees:
        walked, newly_seen = await _open(session, view, planned, walked)
    for line in view.tell_keywords():  # before the first FETCH that may name one
        session.put(line)
    told: Iterable[int] = [one[1] for one in walked] if Attribute("FLAGS") in command.items else newly_seen
    if session.condstore and command.changed_since is None and Attribute("MODSEQ") not in command.items:
        told = ()  # what changed is told once more, with the mod-sequence that it owes (RFC 7162 section 3.1)
    with _told(view, told):
        await _answer(session, planned, command, walked, newly_seen)
    return done("Messages fetched")


@contextmanager
def _told(view: View, uids: Iterable[int]) -> Iterator[None]:
    """Count the flags of messages as told as of now: what changes from here on is told later, and all if this fails."""
    pending = view.changed.intersection(uids)
    view.forgive(pending)
    try:
        yield
    except BaseException:
        view.changed.update(pending)
        raise


async def _answer(
    session: Session,
    planned: Plan,
    command: Fetch,
    walked: list[Walked],
    newly_seen: frozenset[int],
) -> None:
    modseq = command.changed_since is not None
    if planned.from_memory:
        await session.authorise()
        await _from_memory(session, planned, walked, uid=command.uid, modseq=modseq)
        return
    writers = Writers.of(planned, uid=command.uid, modseq=modseq, utf8=session.utf8)
    await send_rows(
        session,
        planned,
        walked,
        lambda message: writers.with_flags if message.uid in newly_seen else writers.items,
    )


async def _open(
    session: Session, view: View, planned: Plan, walked: list[Walked]
) -> tuple[list[Walked], frozenset[int]]:
    """Make the evidence durable; return the messages with their present flags, and those newly seen.

    Rights are looked up before anything is recorded: nothing is of somebody to whom nothing will be shown.
    """
    reader, mailbox = session.reader(view.mailbox.office), view.mailbox.id
    opening, uids = session.ports.opening, [uid for _, uid, _, _ in walked]
    unseen: list[int] = []
    if planned.sees and not view.read_only and "s" in view.rights:
        unseen = [uid for _, uid, flags, _ in walked if "\\Seen" not in flags and uid not in view.gone]
    newly_seen = frozenset(unseen)
    if unseen or not opening.is_handed_over(reader, mailbox, uids):
        await session.authorise()
        reader = session.reader(view.mailbox.office)
    if unseen:
        await opening.see(reader, mailbox, unseen, handed=planned.reveals)
    if planned.reveals:
        await opening.hand_over(reader, mailbox, uids)
    if newly_seen:
        await session.refresh()
    # As of now, for what changed meanwhile counts as told.
    walked = [(number, uid, *(view.known(uid) or (flags, modseq))) for number, uid, flags, modseq in walked]
    return walked, newly_seen


async def _from_memory(
    session: Session, planned: Plan, walked: Sequence[Walked], *, uid: bool, modseq: bool
) -> None:
    """Answer from the index: UID, FLAGS and MODSEQ."""
    names = [item.name for item in planned.items if isinstance(item, Attribute)]
    if uid and "UID" not in names:
        names.insert(0, "UID")
    if modseq and "MODSEQ" not in names:
        names.append("MODSEQ")
    lines = _LINES.get(tuple(names)) or partial(_lines, names)
    for start in range(0, len(walked), 2000):
        session.put(b"".join(lines(walked[start : start + 2000])))
        await session.drain()
        if start:
            await asyncio.sleep(0)


def _flags_lines(part: Sequence[Walked]) -> list[bytes]:
    return [b"* %d FETCH (FLAGS %b)\r\n" % (number, encode_flags(flags)) for number, _, flags, _ in part]


def _uid_flags_lines(part: Sequence[Walked]) -> list[bytes]:
    return [
        b"* %d FETCH (UID %d FLAGS %b)\r\n" % (number, uid, encode_flags(flags))
        for number, uid, flags, _ in part
    ]


_LINES: dict[tuple[str, ...], Callable[[Sequence[Walked]], list[bytes]]] = {
    ("FLAGS",): _flags_lines,
    ("UID", "FLAGS"): _uid_flags_lines,
}
"""What mail programs ask for a whole mailbox, written without looking names up."""


def _lines(names: Sequence[str], part: Sequence[Walked]) -> list[bytes]:
    template = b"* %d FETCH (" + b" ".join([_TEMPLATES[name] for name in names]) + b")\r\n"
    return [
        template % (number, *[_MEMORY[name](uid, flags, modseq) for name in names if name in _MEMORY])
        for number, uid, flags, modseq in part
    ]


_TEMPLATES = {"UID": b"UID %d", "FLAGS": b"FLAGS %b", "MODSEQ": b"MODSEQ (%d)", "THREADID": b"THREADID NIL"}
_MEMORY: dict[str, Callable[[int, frozenset[str], int], int | bytes]] = {
    "UID": lambda uid, _flags, _modseq: uid,
    "FLAGS": lambda _uid, flags, _modseq: encode_flags(flags),
    "MODSEQ": lambda _uid, _flags, modseq: modseq,
}
