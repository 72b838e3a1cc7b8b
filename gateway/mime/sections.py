"""IMAP body sections: part numbers to ranges of the received octets (RFC 9051 section 6.4.5.1).

Invariants:
- Every answer but `header_fields` is a range of the message; BODY[] is the whole of it, so that RFC822.SIZE
  is the root's `end` and a signature verifies over what FETCH returns.
- Numbers follow section 6.4.5.1: a message that is no multipart has part 1, its own body; below a
  message/rfc822 part the numbers count the parts of the message inside.
"""

from collections.abc import Iterable
from typing import Protocol

from gateway.mime.part import Part

Range = tuple[int, int]


class Octets(Protocol):
    """A message's octets, or as much of them as is looked at: its ranges count from the message's start."""

    def __getitem__(self, range_: slice, /) -> bytes:
        """Return a range."""


def locate(root: Part, path: tuple[int, ...]) -> Part | None:
    """Return the part with that number; the root for an empty path, None when there is no such part.

    Of a message that is no multipart, part 1 is the message itself: `body` of it is BODY[1].
    """
    part: Part | None = root
    message = True  # whether `part` stands for a message, whose number is not yet taken
    for number in path:
        if part is None:
            return None
        if not message and part.content_type.type != "multipart":
            part = embedded(part)
            if part is None:
                return None
        part = _numbered(part, number)
        message = False
    return part


def _numbered(part: Part, number: int) -> Part | None:
    """Return part `number` of a multipart, or of a message that is none itself."""
    if part.content_type.type == "multipart":
        return part.children[number - 1] if 1 <= number <= len(part.children) else None
    return part if number == 1 else None


def embedded(part: Part) -> Part | None:
    """Return the message inside a message/rfc822 or message/global part, None for any other part."""
    return part.children[0] if part.content_type.type == "message" and part.children else None


def locate_message(root: Part, path: tuple[int, ...]) -> Part | None:
    """Return the message whose HEADER and TEXT the path names: the root, or the one inside a part."""
    if not path:
        return root
    part = locate(root, path)
    return None if part is None else embedded(part)


def whole(root: Part) -> Range:
    """Return the range of BODY[]: the whole message."""
    return (root.start, root.end)


def body(root: Part, path: tuple[int, ...]) -> Range | None:
    """Return the range of BODY[path]: the encoded body of a part, or the whole message for an empty path."""
    if not path:
        return whole(root)
    part = locate(root, path)
    return None if part is None else (part.body_start, part.end)


def header(root: Part, path: tuple[int, ...] = ()) -> Range | None:
    """Return the range of BODY[path.HEADER], the empty line included; None but for messages."""
    message = locate_message(root, path)
    return None if message is None else (message.start, message.body_start)


def text(root: Part, path: tuple[int, ...] = ()) -> Range | None:
    """Return the range of BODY[path.TEXT]; None but for messages."""
    message = locate_message(root, path)
    return None if message is None else (message.body_start, message.end)


def mime_header(root: Part, path: tuple[int, ...]) -> Range | None:
    """Return the range of BODY[path.MIME], the header of a part; None without a part number."""
    part = locate(root, path) if path else None
    return None if part is None else (part.start, part.body_start)


def header_fields(part: Part, octets: Octets, names: Iterable[bytes], *, exclude: bool) -> bytes:
    """Return HEADER.FIELDS, or HEADER.FIELDS.NOT with `exclude`, of a message from `locate_message`.

    The fields stand as received, in their order and with their folding, and an empty line ends them. What is
    no field stays in HEADER.FIELDS.NOT, which leaves out the named fields and nothing else.
    """
    wanted = {name.decode("latin-1").lower() for name in names}
    named = [field for field in part.fields if field.name in wanted]
    if not exclude:
        chosen = b"".join([octets[field.start : field.end] for field in named])
    else:
        pieces: list[bytes] = []
        position = part.start
        for field in named:
            pieces.append(octets[position : field.start])
            position = field.end
        pieces.append(octets[position : _fields_end(part, octets)])
        chosen = b"".join(pieces)
    if chosen and not chosen.endswith(b"\n"):
        chosen += b"\r\n"
    return chosen + b"\r\n"


def _fields_end(part: Part, octets: Octets) -> int:
    """Return where the last header line ends, before the empty line if there is one."""
    block = octets[part.start : part.body_start]
    if block in {b"\r\n", b"\n"}:
        return part.start
    if block.endswith(b"\n\r\n"):
        return part.body_start - 2
    return part.body_start - 1 if block.endswith(b"\n\n") else part.body_start
