"""What a FETCH sends: octets at hand, and ranges of stored octets that are read only when they are sent. Pure.

Invariant: a piece that is not at hand costs nothing until it is sent, whatever its length.
"""

from collections.abc import Iterator
from typing import NamedTuple

READ_OCTETS = 1024 * 1024
"""What is read at once. A smaller piece would be dearer: SQLite finds its beginning by walking through the message."""


class Span(NamedTuple):
    """A range of stored octets."""

    sha256: str
    start: int
    stop: int

    @property
    def octets(self) -> int:
        """How many octets go out."""
        return self.stop - self.start

    def cuts(self) -> Iterator[tuple[int, int]]:
        """Give the ranges in which it is read, always the same."""
        for start in range(self.start, self.stop, READ_OCTETS):
            yield start, min(self.stop, start + READ_OCTETS)


class Decoded(NamedTuple):
    """A range of stored octets whose transfer encoding is taken off as they are sent.

    `octets` of what comes out go out, the first `skipped` being left away.
    """

    span: Span
    encoding: str
    octets: int
    skipped: int = 0


Piece = bytes | Span | Decoded
Segments = list[Piece]


def length(piece: Piece) -> int:
    """Return how many octets a piece sends."""
    return len(piece) if isinstance(piece, bytes) else piece.octets


def cut(segments: Segments, offset: int, most: int) -> Segments:
    """Return `most` octets from `offset` on, fewer at the end."""
    chosen: Segments = []
    for piece in segments:
        size = length(piece)
        if offset < size and most > 0:
            stop = min(size, offset + most)
            chosen.append(_cut(piece, offset, stop))
            most -= stop - offset
            offset = 0
        else:
            offset = max(0, offset - size)
    return chosen


def _cut(piece: Piece, start: int, stop: int) -> Piece:
    if isinstance(piece, bytes):
        return piece[start:stop]
    if isinstance(piece, Span):
        return Span(piece.sha256, piece.start + start, piece.start + stop)
    return piece._replace(octets=stop - start, skipped=piece.skipped + start)


def batch(pieces: Iterator[Piece], most: int) -> tuple[Segments, bool]:
    """Take what may be sent next, those octets joined that are at hand; say whether there may be more.

    It ends with the first piece that is not at hand, or when `most` octets are.
    """
    run: list[bytes] = []
    held = 0
    for piece in pieces:
        if not isinstance(piece, bytes):
            return [b"".join(run), piece], True
        run.append(piece)
        held += len(piece)
        if held >= most:
            return [b"".join(run)], True
    return [b"".join(run)], False
