"""Responses about messages: FETCH, EXPUNGE, VANISHED, SEARCH, ESEARCH, SORT, THREAD.

Invariant: no body is copied or joined; a FETCH response is a stream of pieces, sent in order.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from gateway.imap.wire.encoder import quoted
from gateway.imap.wire.responses import untagged
from gateway.imap.wire.sequence import compact

JOIN_OCTETS = 4096
"""Pieces up to this size are joined with their neighbours; larger ones are passed through untouched."""

Value = bytes | Iterable[bytes]
"""An item's value as written by `encoder`: whole, or in pieces that may come from anywhere, lazily."""


def fetch(number: int, items: Iterable[tuple[bytes, Value]]) -> Iterator[bytes]:
    """Give the pieces of `* number FETCH (name value …)`. `name` is a fetch item's `label`."""
    small = [b"* %d FETCH (" % number]
    space = b""
    for name, value in items:
        small.append(space + name + b" ")
        space = b" "
        for piece in (value,) if isinstance(value, bytes) else value:
            if len(piece) <= JOIN_OCTETS:
                small.append(piece)
                continue
            yield b"".join(small)
            small = []
            yield piece
    small.append(b")\r\n")
    yield b"".join(small)


def modseq_value(modseq: int) -> bytes:
    """Write the value of MODSEQ."""
    return b"(%d)" % modseq


def expunge(number: int) -> bytes:
    """Write EXPUNGE of a message number."""
    return b"* %d EXPUNGE\r\n" % number


def vanished(uids: Iterable[int], *, earlier: bool = False) -> bytes:
    """Write VANISHED (RFC 7162 section 3.2.10) of UIDs."""
    return untagged((b"VANISHED (EARLIER) " if earlier else b"VANISHED ") + compact(uids))


def search(numbers: Iterable[int], *, modseq: int | None = None, verb: str = "SEARCH") -> bytes:
    """Write SEARCH (or SORT) in the order given, `modseq` the highest found (RFC 7162 section 3.1.5)."""
    words = [verb.encode("ascii"), *(b"%d" % number for number in numbers)]
    if modseq is not None and len(words) > 1:
        words.append(b"(MODSEQ %d)" % modseq)
    return untagged(b" ".join(words))


def sort(numbers: Iterable[int], *, modseq: int | None = None) -> bytes:
    """Write SORT in the order given (RFC 5256; `modseq`: RFC 7162 section 3.1.9)."""
    return search(numbers, modseq=modseq, verb="SORT")


@dataclass(frozen=True, slots=True)
class SearchResult:
    """What ESEARCH tells; None is not told (RFC 4731). An empty `numbers` is not told either."""

    minimum: int | None = None
    maximum: int | None = None
    count: int | None = None
    numbers: Sequence[int] | None = None
    modseq: int | None = None


def esearch(tag: str, result: SearchResult, *, uid: bool) -> bytes:
    """Write ESEARCH for the command `tag`."""
    words = [b"ESEARCH (TAG " + quoted(tag.encode("ascii")) + b")"]
    if uid:
        words.append(b"UID")
    for name, value in ((b"MIN", result.minimum), (b"MAX", result.maximum), (b"COUNT", result.count)):
        if value is not None:
            words.append(b"%s %d" % (name, value))
    if result.numbers:
        words.append(b"ALL " + compact(result.numbers))
    if result.modseq is not None:
        words.append(b"MODSEQ %d" % result.modseq)
    return untagged(b" ".join(words))


@dataclass(slots=True)
class ThreadNode:
    """A message and its answers.

    `number` None stands for a message that is not there (RFC 5256 section 3); such a node has children.
    """

    number: int | None
    children: "list[ThreadNode]"


def thread(threads: Iterable[ThreadNode]) -> bytes:
    """Write THREAD. Depth is the length of a conversation, so the tree is walked without recursion."""
    out: list[bytes] = []
    # A node waits with its opening parenthesis; octets wait to be written as they are.
    waiting: list[ThreadNode | bytes] = list(threads)
    waiting.reverse()
    while waiting:
        top = waiting.pop()
        if isinstance(top, bytes):
            out.append(top)
            continue
        out.append(b"(")
        waiting.append(b")")
        node = top
        while len(node.children) == 1 or node.number is not None:
            if node.number is not None:
                out.append(b"%d" % node.number)
                if not node.children:
                    break
                out.append(b" ")
            if len(node.children) > 1:
                break
            node = node.children[0]
        if len(node.children) > 1:
            waiting.extend(reversed(node.children))
    return untagged(b"THREAD" + (b" " + b"".join(out) if out else b""))
