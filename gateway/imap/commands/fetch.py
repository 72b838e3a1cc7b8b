"""FETCH and UID FETCH.

Invariants:
- Log before reveal: no octet of a body is read, let alone sent, before `Opening` has made the evidence durable for
  every letter of the command, in one transaction.
- No reading transaction is open while the client is waited for; what is held is one group of messages, or one piece of
  a large one.
"""

import asyncio
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial

from gateway.imap.fetch_items import Message, Piece, Segments, Span, Writers, joined, write
from gateway.imap.fetch_plan import Plan, plan
from gateway.imap.index import encode_flags
from gateway.imap.reply import Reply, bad, done
from gateway.imap.session import Session
from gateway.imap.view import View
from gateway.imap.wire.commands_message import Fetch
from gateway.imap.wire.fetch_items import Attribute
from mailstore import contents
from mailstore.transaction import Reading

ROWS = 500
"""Messages whose rows are read together."""
GROUP_OCTETS = 1024 * 1024
"""Octets of messages that are held together; a larger message is held alone, or goes out in pieces."""
PIECE_OCTETS = 256 * 1024

Walked = tuple[int, int, frozenset[str], int]


async def fetch(session: Session, command: Fetch) -> Reply:
    """FETCH."""
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
        await _answer(session, view, planned, command, walked, newly_seen)
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
    view: View,
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
    for start in range(0, len(walked), ROWS):
        await _rows(session, view, planned, writers, walked[start : start + ROWS], newly_seen)


async def _open(
    session: Session, view: View, planned: Plan, walked: list[Walked]
) -> tuple[list[Walked], frozenset[int]]:
    """Make the evidence durable; return the messages with their present flags, and those newly seen."""
    reader, mailbox = session.reader(view.mailbox.office), view.mailbox.id
    opening = session.ports.opening
    newly_seen = frozenset[int]()
    if planned.sees and not view.read_only and "s" in view.rights:
        unseen = [uid for _, uid, flags, _ in walked if "\\Seen" not in flags and uid not in view.gone]
        if unseen:
            await opening.see(reader, mailbox, unseen)
            newly_seen = frozenset(unseen)
    if planned.reveals:
        await opening.hand_over(reader, mailbox, [uid for _, uid, _, _ in walked])
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


async def _rows(
    session: Session,
    view: View,
    planned: Plan,
    writers: Writers,
    walked: Sequence[Walked],
    newly_seen: frozenset[int],
) -> None:
    """Answer for one run of messages from their rows, and their octets where asked for."""
    mailbox = view.mailbox.id

    def chosen(message: Message) -> Segments:
        return write(writers.with_flags if message.uid in newly_seen else writers.items, message)

    def read(connection: Reading) -> tuple[list[Message], Segments]:
        messages = _read_rows(connection, mailbox, planned.columns, walked)
        if not planned.octets:
            return [], joined(piece for message in messages for piece in chosen(message))
        first = next(_groups(messages), [])
        return messages[len(first) :], _with_octets(first, planned, chosen, connection)

    left, segments = await session.read(read)
    await _send(session, segments)
    for group in _groups(left):
        await _send(session, await session.read(partial(_with_octets, group, planned, chosen)))


def _read_rows(
    connection: Reading, mailbox: int, columns: Sequence[str], walked: Sequence[Walked]
) -> list[Message]:
    rows = {row.uid: row for row in contents.rows(connection, mailbox, [one[1] for one in walked], *columns)}
    return [Message(*one, rows[one[1]]) for one in walked if one[1] in rows]


def _groups(messages: Sequence[Message]) -> Iterator[list[Message]]:
    """Cut messages into groups that may be held together."""
    group: list[Message] = []
    held = 0
    for message in messages:
        if group and held + message.row.size > GROUP_OCTETS:
            yield group
            group, held = [], 0
        group.append(message)
        held += message.row.size
    if group:
        yield group


def _with_octets(
    group: list[Message], planned: Plan, chosen: Callable[[Message], Segments], connection: Reading
) -> Segments:
    """Write a group of messages; a large one is not read when its sections are ranges that can be sent in pieces."""
    if not group:
        return []
    in_pieces = len(group) == 1 and group[0].row.size > GROUP_OCTETS and not planned.parses
    if not in_pieces:
        octets = contents.octets_of(connection, list({message.row.sha256 for message in group}))
        for message in group:
            message.octets = octets[message.row.sha256]
    return joined(piece for message in group for piece in chosen(message))


async def _send(session: Session, segments: Iterable[Piece]) -> None:
    for piece in segments:
        if isinstance(piece, Span):
            await _send_span(session, piece)
        elif piece:
            session.put(piece)
            await session.drain()


async def _send_span(session: Session, span: Span) -> None:
    """Send a range of a large message; each piece is a reading of its own, over before the client is waited for."""
    for start in range(span.start, span.stop, PIECE_OCTETS):
        stop = min(span.stop, start + PIECE_OCTETS)
        session.put(await session.read(partial(_piece, span.sha256, start, stop)))
        await session.drain()


def _piece(sha256: str, start: int, stop: int, connection: Reading) -> bytes:
    return contents.piece(connection, sha256, start, stop)
