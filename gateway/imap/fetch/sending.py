"""Sends what a FETCH asks of rows and octets, with little held at a time.

Invariants:
- No reading transaction is open while the client is waited for; what is held is one group of messages and what was
  composed from it, about `GROUP_OCTETS` each, or one piece of a large message.
- Every piece is read under rights looked up in the same transaction.
- When a response cannot be ended, the connection is: nothing else is ever said within a response or a literal.
"""

import logging
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial

from gateway.imap.connection import Gone
from gateway.imap.fetch.items import Message, Writer, hold_encodings, write
from gateway.imap.fetch.pieces import Decoded, Piece, Segments, Span, batch
from gateway.imap.fetch.plan import Plan
from gateway.imap.reply import Ending
from gateway.imap.session import RightsMovedError, Session
from gateway.mime.transfer import decode_pieces
from gateway.runtime.faults import Unavailable
from mailstore.database.transaction import Reading
from mailstore.faults import NotFound, NotNow
from mailstore.mailboxes import contents

ROWS = 500
"""Messages whose rows are read together."""
ROWS_WITH_HEAD = 128
"""The same with their headers, of which each may be 256 KiB."""
GROUP_OCTETS = 1024 * 1024
"""Octets of messages that are held together; a larger message is not held, and is read as its ranges are sent."""
PIECE_OCTETS = 256 * 1024
"""What is given to the connection at once."""

AT_ONCE, AT_ONCE_OCTETS = 32, 64 * 1024
"""Messages, and their octets together, that are read at once, without another thread."""

Walked = tuple[int, int, frozenset[str], int]
_EXPECTED = (Ending, NotFound, RightsMovedError, Unavailable)
JOURNAL = logging.getLogger("murasalat.imap")


async def send_rows(
    session: Session,
    planned: Plan,
    walked: Sequence[Walked],
    items: Callable[[Message], tuple[Writer, ...]],
) -> None:
    """Answer for these messages, each with its `items`. Raises Ending, Gone, Refusal, RightsMovedError, Unavailable."""
    mailbox = session.selected().mailbox.id
    rows = ROWS_WITH_HEAD if "head" in planned.columns else ROWS
    for start in range(0, len(walked), rows):
        composing = _Composing(mailbox, planned, walked[start : start + rows], items)
        more = True
        half_said = False
        small = len(walked) <= AT_ONCE
        while more:
            try:
                if small:
                    small = False
                    segments, more = await session.glance(composing.next_small, composing.next)
                else:
                    segments, more = await session.read(composing.next)
                half_said = composing.within
                await _send(session, segments)
            except Exception as fault:
                if not half_said or isinstance(fault, Gone):
                    raise
                session.note("cut", why=type(fault).__name__)
                if not isinstance(fault, _EXPECTED):
                    JOURNAL.exception("a response could not be ended")
                session.connection.abort()  # nothing could be told from the rest of a response or of a literal
                raise Gone from fault


class _Composing:
    """The answer for one run of messages, composed bit by bit, each bit in a reading transaction of its own.

    Rows are read at the start; octets group by group, so that no more than a group of them is held.
    """

    def __init__(
        self,
        mailbox: int,
        planned: Plan,
        walked: Sequence[Walked],
        items: Callable[[Message], tuple[Writer, ...]],
    ) -> None:
        self._mailbox = mailbox
        self._planned = planned
        self._walked = walked
        self._items = items
        self._connection: Reading | None = None
        self._pieces = self._compose()
        self.within = False
        """Whether what was given so far ends within a response."""

    def next(self, connection: Reading) -> tuple[Segments, bool]:
        """Return what may be sent next, and whether there may be more."""
        self._connection = connection
        return batch(self._pieces, GROUP_OCTETS)

    def next_small(self, connection: Reading) -> tuple[Segments, bool]:
        """The same if these messages are small. Raises NotNow, before anything else is read, if they are not."""
        sizes = contents.rows(connection, self._mailbox, [one[1] for one in self._walked], "size")
        if sum(row.size for row in sizes) > AT_ONCE_OCTETS:
            raise NotNow("they are large")
        return self.next(connection)

    def _compose(self) -> Iterator[Piece]:
        assert self._connection is not None
        uids = [one[1] for one in self._walked]
        rows = {
            row.uid: row
            for row in contents.rows(self._connection, self._mailbox, uids, *self._planned.columns)
        }
        messages = [Message(*one, rows[one[1]]) for one in self._walked if one[1] in rows]
        for group in _groups(messages) if self._planned.octets else [messages]:
            if self._planned.octets:
                self._load(group)
            for message in group:
                hold_encodings(self._planned.items, message)
                self.within = True
                yield from write(self._items(message), message)
                self.within = False
                yield b")\r\n"
            for message in group:
                message.octets = None

    def _load(self, group: list[Message]) -> None:
        """Read the octets of a group; a message that is large stays where it is, and its ranges go out in pieces."""
        assert self._connection is not None
        if group[0].row.size > GROUP_OCTETS:
            group[0].source = partial(self._read, group[0].row.sha256)
            return
        octets = contents.octets_of(self._connection, list({message.row.sha256 for message in group}))
        for message in group:
            message.octets = octets[message.row.sha256]

    def _read(self, sha256: str, start: int, stop: int) -> bytes:
        assert self._connection is not None
        return contents.piece(self._connection, sha256, start, stop)


def _groups(messages: Sequence[Message]) -> Iterator[list[Message]]:
    """Cut messages into groups that may be held together; a larger one is alone."""
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


async def _send(session: Session, segments: Iterable[Piece]) -> None:
    for piece in segments:
        if isinstance(piece, Span):
            await _send_span(session, piece)
        elif isinstance(piece, Decoded):
            await _send_decoded(session, piece)
        elif piece:
            await _send_octets(session, piece)


async def _send_octets(session: Session, octets: bytes) -> None:
    if len(octets) <= PIECE_OCTETS:
        session.put(octets)
        await session.drain()
        return
    for start in range(0, len(octets), PIECE_OCTETS):
        session.put(octets[start : start + PIECE_OCTETS])
        await session.drain()


async def _send_span(session: Session, span: Span) -> None:
    """Send a range of a large message; each piece is a reading of its own, over before the client is waited for."""
    for start, stop in span.cuts():
        await _send_octets(session, await session.read(partial(_piece, span.sha256, start, stop)))


def _piece(sha256: str, start: int, stop: int, connection: Reading) -> bytes:
    return contents.piece(connection, sha256, start, stop)


async def _send_decoded(session: Session, decoded: Decoded) -> None:
    """Send a range of a large message without its transfer encoding, decoded again piece by piece."""
    decoding = _Decoding(decoded)
    while decoding.left:
        await _send_octets(session, await session.read(decoding.next))


class _Decoding:
    """A part on its way out."""

    def __init__(self, decoded: Decoded) -> None:
        self.left = decoded.octets
        self._skipped = decoded.skipped
        self._span = decoded.span
        self._connection: Reading | None = None
        self._pieces = decode_pieces(self._raw(), decoded.encoding)

    def _raw(self) -> Iterator[bytes]:
        for start, stop in self._span.cuts():
            assert self._connection is not None
            yield contents.piece(self._connection, self._span.sha256, start, stop)

    def next(self, connection: Reading) -> bytes:
        """Return the next octets that go out."""
        self._connection = connection
        octets = next(self._pieces)
        octets, self._skipped = octets[self._skipped :], max(0, self._skipped - len(octets))
        octets = octets[: self.left]
        self.left -= len(octets)
        return octets
