"""One message's answer to a FETCH, from its stored row and, where asked for, its octets.

Invariants:
- Envelope, structure, size and header come from what was stored when the message came; nothing is parsed for them.
- A message is our header block followed by the stored octets; every section but the header fields is a range of
  that, never a rewritten text.
- Of a large message nothing is held: its sections go out as `Span`s, read piece by piece.
"""

import re
from collections import OrderedDict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from threading import Lock
from typing import Any

from gateway.imap.fetch.downgrade import conventional, conventional_envelope
from gateway.imap.fetch.pieces import Decoded, Piece, Segments, Span, cut, length
from gateway.imap.fetch.plan import Plan
from gateway.imap.reply import bad, no
from gateway.imap.selected.index import encode_flags
from gateway.imap.texts import UNKNOWN_ENCODING
from gateway.imap.wire.dates import write_date_time
from gateway.imap.wire.encoder import body
from gateway.imap.wire.fetch_items import (
    Attribute,
    BinarySection,
    BinarySize,
    BodySection,
    FetchItem,
    Section,
)
from gateway.mime import sections
from gateway.mime.part import Part, walk
from gateway.mime.transfer import IDENTITY, decode_pieces, decode_transfer, known_encoding
from gateway.mime.tree import parse
from policies.words.calendar import QATAR, parse_rfc3339

STRUCTURES = 50_000
"""Parts, over all messages, whose structures are remembered."""


class Message:
    """One message about to be told: what the view knows of it, its row, and its octets if they were read.

    `source` reads a range of the stored octets in the reading transaction of the moment; only what is composed then
    may call it.
    """

    __slots__ = ("_root", "flags", "modseq", "number", "octets", "row", "source", "uid")

    def __init__(self, number: int, uid: int, flags: frozenset[str], modseq: int, row: Any) -> None:
        self.number = number
        self.uid = uid
        self.flags = flags
        self.modseq = modseq
        self.row = row
        self.octets: bytes | None = None
        self.source: Callable[[int, int], bytes] | None = None
        self._root: Part | None = None

    @property
    def stored_size(self) -> int:
        """How many octets are stored, our header block not counted."""
        return int(self.row.size) - len(self.row.prefix)

    def span(self, start: int, stop: int) -> Piece:
        """Return a range of the stored octets, held or not."""
        if self.octets is not None:
            return self.octets[start:stop]
        return Span(self.row.sha256, start, stop)

    def read(self, start: int, stop: int) -> bytes:
        """Return a range of the stored octets now."""
        if self.octets is not None:
            return self.octets[start:stop]
        assert self.source is not None
        return self.source(start, stop)

    @property
    def root(self) -> Part:
        """The structure of the stored octets."""
        if self._root is None:
            self._root = structure(self.row.sha256, lambda: self.read(0, self.stored_size))
        return self._root


_structures: OrderedDict[str, tuple[Part, int]] = OrderedDict()
_parsing = Lock()  # one message at a time is parsed, so that several large ones are not held at once


def structure(sha256: str, read: Callable[[], bytes]) -> Part:
    """Return the structure of stored octets; the latest ones are remembered, for clients that fetch part by part."""
    known = _structures.get(sha256)
    if known is None:
        with _parsing:
            known = _structures.get(sha256)
            if known is None:
                root = parse(read())
                known = _structures[sha256] = (root, sum(1 for _ in walk(root)))
                while len(_structures) > 1 and sum(parts for _, parts in _structures.values()) > STRUCTURES:
                    _structures.popitem(last=False)
    return known[0]


def literal(segments: Segments | None, partial: tuple[int, int] | None) -> Segments:
    """Return a section's value as it goes out: NIL, "", or a literal."""
    if segments is None:
        return [b"NIL"]
    if partial is not None:
        segments = cut(segments, *partial)
    size = sum(map(length, segments))
    return [b"{%d}\r\n" % size, *segments] if size else [b'""']


# ── Sections ──────────────────────────────────────────────────────────────────────────────────────────────────


def whole(message: Message) -> Segments:
    """Return BODY[]: our header block and the stored octets."""
    return [message.row.prefix, message.span(0, message.stored_size)]


def text(message: Message) -> Segments:
    """Return BODY[TEXT]."""
    return [message.span(message.row.head_size, message.stored_size)]


def section(message: Message, wanted: Section) -> Segments | None:
    """Return what a section holds, None where there is no such part (RFC 9051 section 6.4.5.1)."""
    if wanted.part:
        return _of_part(message, wanted)
    if not wanted.what:
        return whole(message)
    if wanted.what == "TEXT":
        return text(message)
    if wanted.what == "HEADER":
        return [message.row.head]
    return [header_fields(message.row.head, wanted)]


def _of_part(message: Message, wanted: Section) -> Segments | None:
    root, path = message.root, wanted.part
    if wanted.what.startswith("HEADER.FIELDS"):
        inner = sections.locate_message(root, path)
        if inner is None:
            return None
        names = [name.encode() for name in wanted.fields]
        window = _Window(message.read(inner.start, inner.body_start), inner.start)
        return [sections.header_fields(inner, window, names, exclude=wanted.what.endswith("NOT"))]
    ranges: dict[str, Callable[[Part, tuple[int, ...]], tuple[int, int] | None]] = {
        "": sections.body,
        "MIME": sections.mime_header,
        "HEADER": sections.header,
        "TEXT": sections.text,
    }
    found = ranges[wanted.what](root, path)
    return None if found is None else [message.span(*found)]


class _Window:
    """A range of a message that answers to the whole message's offsets."""

    def __init__(self, octets: bytes, start: int) -> None:
        self._octets = octets
        self._start = start

    def __getitem__(self, range_: slice) -> bytes:
        return self._octets[range_.start - self._start : range_.stop - self._start]


def header_fields(head: bytes, wanted: Section) -> bytes:
    """Return the named fields of a header section, or all but them, as received, and an empty line."""
    pattern = _fields_pattern(tuple(name.lower() for name in wanted.fields))
    named = wanted.what == "HEADER.FIELDS"
    chosen = b"".join(pattern.findall(head)) if named else pattern.sub(b"", _without_end(head))
    if chosen and not chosen.endswith(b"\n"):
        chosen += b"\r\n"
    return chosen + b"\r\n"


@lru_cache(maxsize=256)
def _fields_pattern(names: tuple[str, ...]) -> re.Pattern[bytes]:
    """Return the pattern of whole fields with one of these names, folded lines and the line end included."""
    either = b"|".join(re.escape(name.encode()) for name in names)
    return re.compile(
        rb"^(?:" + either + rb")[ \t]*+:[^\n]*+\n?+(?:[ \t][^\n]*+\n?+)*+", re.IGNORECASE | re.MULTILINE
    )


def _without_end(head: bytes) -> bytes:
    """Return a header section without the empty line that ends it."""
    if head in {b"\r\n", b"\n"}:
        return b""
    if head.endswith(b"\n\r\n"):
        return head[:-2]
    return head[:-1] if head.endswith(b"\n\n") else head


# ── Items ─────────────────────────────────────────────────────────────────────────────────────────────────────

Writer = Callable[[Message], Segments]


def _date(value: str) -> bytes:
    return write_date_time(parse_rfc3339(value).astimezone(QATAR))


def email_id(row: Any) -> bytes:
    """Return a message's object id (RFC 8474): of a letter its own, of anything else its digest's."""
    return (f"L{row.letter_id}" if row.letter_id else f"S{row.sha256}").encode()


_ATTRIBUTES: dict[str, Writer] = {
    "UID": lambda m: [b"UID %d" % m.uid],
    "FLAGS": lambda m: [b"FLAGS " + encode_flags(m.flags)],
    "MODSEQ": lambda m: [b"MODSEQ (%d)" % m.modseq],
    "INTERNALDATE": lambda m: [b"INTERNALDATE " + _date(m.row.internal_date)],
    "SAVEDATE": lambda m: [b"SAVEDATE " + _date(m.row.saved_at)],
    "ENVELOPE": lambda m: [b"ENVELOPE " + m.row.envelope],
    "BODY": lambda m: [b"BODY " + m.row.body],
    "BODYSTRUCTURE": lambda m: [b"BODYSTRUCTURE " + m.row.bodystructure],
    "RFC822.SIZE": lambda m: [b"RFC822.SIZE %d" % m.row.size],
    "EMAILID": lambda m: [b"EMAILID (" + email_id(m.row) + b")"],
    "THREADID": lambda _: [b"THREADID NIL"],
    "RFC822": lambda m: [b"RFC822 ", *literal(whole(m), None)],
    "RFC822.TEXT": lambda m: [b"RFC822.TEXT ", *literal(text(m), None)],
    "RFC822.HEADER": lambda m: [b"RFC822.HEADER ", *literal([m.row.head], None)],
}


_CONVENTIONAL: dict[str, Writer] = {
    "ENVELOPE": lambda m: [b"ENVELOPE " + conventional_envelope(m.row.envelope)],
    "BODY": lambda m: [b"BODY " + conventional(m.row.body)],
    "BODYSTRUCTURE": lambda m: [b"BODYSTRUCTURE " + conventional(m.row.bodystructure)],
}
"""The same for a session that has not enabled UTF8=ACCEPT."""


def _writer(item: FetchItem, *, utf8: bool) -> Writer:
    if isinstance(item, Attribute):
        return _ATTRIBUTES[item.name] if utf8 else _CONVENTIONAL.get(item.name, _ATTRIBUTES[item.name])
    if isinstance(item, BodySection):
        label, wanted, partial = item.label + b" ", item.section, item.partial
        if not wanted.part and wanted.what.startswith("HEADER.FIELDS") and partial is None:
            return lambda m: _whole_literal(label, header_fields(m.row.head, wanted))
        return lambda m: [label, *literal(section(m, wanted), partial)]
    if isinstance(item, BinarySection):
        return _binary_writer(item)
    if isinstance(item, BinarySize):
        return lambda m: [item.label, b" %d" % sum(map(length, decoded(m, item.part) or []))]
    raise bad("PREVIEW is not offered")


def _binary_writer(item: BinarySection) -> Writer:
    label = item.label + b" "

    def write_binary(message: Message) -> Segments:
        segments = decoded(message, item.part)
        if segments is not None and item.partial is not None:
            segments = cut(segments, *item.partial)
        if segments is None or all(isinstance(one, bytes) for one in segments):
            octets = (
                None if segments is None else b"".join([one for one in segments if isinstance(one, bytes)])
            )
            value = body(octets, binary=True)
            return [label, *([value] if isinstance(value, bytes) else value)]
        return [label, b"~{%d}\r\n" % sum(map(length, segments)), *segments]

    return write_binary


def decoded(message: Message, path: tuple[int, ...]) -> Segments | None:
    """Return a part without its transfer encoding, None where there is no such part (RFC 3516 section 4.2).

    Multiparts and messages inside stand as they are. `hold_encodings` has seen to it that the encoding is known.
    """
    if not path:
        return whole(message)
    part = sections.locate(message.root, path)
    if part is None:
        return None
    start, stop, encoding = part.body_start, part.end, part.transfer_encoding
    if part.children or encoding in IDENTITY:
        return [message.span(start, stop)]
    if message.octets is not None:
        return [decode_transfer(message.octets[start:stop], encoding) or b""]
    span = Span(message.row.sha256, start, stop)
    octets = sum(map(len, decode_pieces((message.read(*cut) for cut in span.cuts()), encoding)))
    return [Decoded(span, encoding, octets)]


def _whole_literal(label: bytes, octets: bytes) -> Segments:
    return [b"%b{%d}\r\n%b" % (label, len(octets), octets)]


@dataclass(frozen=True, slots=True)
class Writers:
    """A plan made ready to write: one function an item."""

    items: tuple[Writer, ...]
    with_flags: tuple[Writer, ...]
    """The same with FLAGS added, for messages whose \\Seen this command sets."""

    @classmethod
    def of(cls, plan: Plan, *, uid: bool, modseq: bool, utf8: bool) -> "Writers":
        """Make a plan ready; `uid` and `modseq` are told whether asked for or not."""
        names = {item.name for item in plan.items if isinstance(item, Attribute)}
        items = [_writer(item, utf8=utf8) for item in plan.items]
        if modseq and "MODSEQ" not in names:
            items.append(_ATTRIBUTES["MODSEQ"])
        if uid and "UID" not in names:
            items.insert(0, _ATTRIBUTES["UID"])
        flags = items if "FLAGS" in names else [*items, _ATTRIBUTES["FLAGS"]]
        return cls(tuple(items), tuple(flags))


def write(writers: Iterable[Writer], message: Message) -> Iterator[Piece]:
    """Write the FETCH response of one message, item by item, up to what ends it."""
    yield b"* %d FETCH (" % message.number
    for at, item in enumerate(writers):
        if at:
            yield b" "
        yield from item(message)


def hold_encodings(items: Iterable[FetchItem], message: Message) -> None:
    """Refuse, before anything is said of a message, to decode a part whose encoding is not known. Raises Refusal."""
    for item in items:
        if isinstance(item, BinarySection | BinarySize) and item.part:
            part = sections.locate(message.root, item.part)
            if part is not None and not part.children and not known_encoding(part.transfer_encoding):
                raise no(UNKNOWN_ENCODING, "UNKNOWN-CTE")
