"""FETCH and UID FETCH.

Invariants:
- Log before reveal: no octet of a body is read, let alone sent, before `Opening` has made the evidence durable for
  every letter of the command, in one transaction.
- No reading transaction is open while the client is waited for; what is held is one group of messages, or one piece of
  a large one.
"""

import asyncio
from collections.abc import Callable, Iterable, Iterator, Sequence

from gateway.imap.fetch_items import Message, Piece, Segments, Span, Writers, joined, write
from gateway.imap.fetch_plan import Plan, plan
from gateway.imap.index import encode_flags
from gateway.imap.reply import Reply, bad, done
from gateway.imap.session import Session
from gateway.imap.view import View
from gateway.imap.wire.commands_message import Fetch
from gateway.imap.wire.fetch_items import Attribute
from mailstore import contents, mailboxes
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
    modseq = command.changed_since is not None
    if planned.from_memory:
        await _from_memory(session, planned, walked, uid=command.uid, modseq=modseq)
    else:
        writers = Writers.of(planned, uid=command.uid, modseq=modseq, utf8=session.utf8)
        for start in range(0, len(walked), ROWS):
            await _rows(session, view, planned, writers, walked[start : start + ROWS], newly_seen)
    told = (
        newly_seen
        if not any(item == Attribute("FLAGS") for item in command.items)
        else [w[1] for w in walked]
    )
    view.forgive(told)
    return done("Messages fetched")


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
        walked = [
            (number, uid, *(view.known(uid) or (flags, modseq))) for number, uid, flags, modseq in walked
        ]
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
    write_line = _LINES.get(tuple(names))
    for start in range(0, len(walked), 2000):
        part = walked[start : start + 2000]
        if write_line is not None:
            session.put(b"".join([write_line % _VALUES[tuple(names)](one) for one in part]))
        else:
            session.put(b"".join([_line(names, one) for one in part]))
        await session.drain()
        if start:
            await asyncio.sleep(0)


_LINES: dict[tuple[str, ...], bytes] = {
    ("FLAGS",): b"* %d FETCH (FLAGS %b)\r\n",
    ("UID", "FLAGS"): b"* %d FETCH (UID %d FLAGS %b)\r\n",
}
_VALUES = {
    ("FLAGS",): lambda one: (one[0], encode_flags(one[2])),
    ("UID", "FLAGS"): lambda one: (one[0], one[1], encode_flags(one[2])),
}


def _line(names: Iterable[str], one: Walked) -> bytes:
    number, uid, flags, modseq = one
    values = {
        "UID": b"UID %d" % uid,
        "FLAGS": b"FLAGS " + encode_flags(flags),
        "MODSEQ": b"MODSEQ (%d)" % modseq,
        "THREADID": b"THREADID NIL",
    }
    return b"* %d FETCH (%b)\r\n" % (number, b" ".join([values[name] for name in names]))


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
    offload = session.ports.offload

    def chosen(message: Message) -> Segments:
        return write(writers.with_flags if message.uid in newly_seen else writers.items, message)

    def read(connection: Reading) -> tuple[list[Message], bytes]:
        messages = _read_rows(connection, mailbox, planned.columns, walked)
        if planned.octets:
            return messages, b""
        pieces = [piece for message in messages for piece in chosen(message) if isinstance(piece, bytes)]
        return [], b"".join(pieces)

    messages, octets = await offload.read(read)
    if octets:
        session.put(octets)
        await session.drain()
    for group in _groups(messages):
        await _send(session, await offload.read(lambda c, some=group: _with_octets(c, some, planned, chosen)))


def _read_rows(
    connection: Reading, mailbox: int, columns: Sequence[str], walked: Sequence[Walked]
) -> list[Message]:
    rows = {
        row.uid: row for row in mailboxes.entries(connection, mailbox, [one[1] for one in walked], *columns)
    }
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
    connection: Reading, group: list[Message], planned: Plan, chosen: Callable[[Message], Segments]
) -> Segments:
    """Write a group of messages; a large one is not read when its sections are ranges that can be sent in pieces."""
    in_pieces = len(group) == 1 and group[0].row.size > GROUP_OCTETS and not planned.parses
    if not in_pieces:
        octets = contents.octets_of(connection, list({message.row.sha256 for message in group}))
        for message in group:
            message.octets = octets[message.row.sha256]
    return joined(piece for message in group for piece in chosen(message))


async def _send(session: Session, segments: Iterable[Piece]) -> None:
    for piece in segments:
        if isinstance(piece, Span):
            for start in range(piece.start, piece.stop, PIECE_OCTETS):
                stop = min(piece.stop, start + PIECE_OCTETS)
                octets = await session.ports.offload.read(
                    lambda c, first=start, last=stop: contents.piece(c, piece.sha256, first, last)
                )
                session.put(octets)
                await session.drain()
        elif piece:
            session.put(piece)
            await session.drain()
