"""The text of a message that searches look into, folded once when the message comes.

Invariants:
- It is what a search that reads the message itself would compare, character for character.
- Where that cannot be had cheaply there is none, and the search reads the message.
"""

from collections.abc import Iterator

from gateway.mime.addresses import parse_addresses
from gateway.mime.decode import file_names, text_of
from gateway.mime.fieldtext import fields
from gateway.mime.part import Part, walk
from gateway.mime.words import decode_words
from mailstore.octets.search_texts import SearchText
from policies.words.arabic import searchable

_ADDRESSES = ("from", "to", "cc", "bcc")
LARGEST_BODY = 512 * 1024
"""Octets of text parts, as they are encoded, beyond which no text is kept."""
LARGEST_FIELDS = 32 * 1024
"""Octets of folded fields beyond which no text is kept: they stand beside every entry."""
LARGEST_PART_HEADERS = 128 * 1024
"""Octets of the headers of all parts, as they are written, beyond which no text is kept."""


def search_text(root: Part, octets: bytes) -> SearchText | None:
    """Return the text of a message that was read, or None when it is too large, or odd.

    A message that begins with a blank is odd: its first line continues the header block on top of it.
    """
    if octets[:1] in {b" ", b"\t"}:
        return None
    parts = list(walk(root))
    if sum(part.end - part.body_start for part in parts if part.content_type.type == "text") > LARGEST_BODY:
        return None
    if sum(part.body_start - part.start for part in parts[1:]) > LARGEST_PART_HEADERS:
        return None
    lines: list[str] = []
    kept: dict[str, list[str]] = {name: [] for name in ("subject", *_ADDRESSES)}
    for name, value in fields(octets[: root.body_start]):
        lowered, text = name.lower(), searchable(decode_words(value))
        lines.append(_line(lowered, text))
        if lowered in kept:
            kept[lowered].append(text)
            if lowered in _ADDRESSES and b"(" in value:
                kept[lowered] += plain_addresses(value)
    subject, sender, to, cc, bcc = ("".join(f"\n{one}" for one in some).encode() for some in kept.values())
    if sum(map(len, (subject, sender, to, cc, bcc))) > LARGEST_FIELDS:
        return None
    lines += _of_parts(root, octets)
    return SearchText(
        subject, sender, to, cc, bcc, "\n".join(lines).encode(), body_text(root, octets).encode()
    )


def head_text(head: bytes) -> str:
    """Return a header section as searches read it: every field decoded, one a line."""
    return "\n".join(_line(name.lower(), searchable(decode_words(value))) for name, value in fields(head))


def parts_text(root: Part, octets: bytes) -> str:
    """Return what a search of the whole letter reads of its parts' headers, a field or file name a line.

    The fields of every part and attached letter but those of the letter itself, and every file name.
    """
    return "\n".join(_of_parts(root, octets))


def body_text(root: Part, octets: bytes) -> str:
    """Return the text of every text part, a part a line: no phrase goes from one part into the next."""
    return "\n".join(map(searchable, text_of(root, octets)))


def _of_parts(root: Part, octets: bytes) -> Iterator[str]:
    for part in walk(root):
        if part is not root:
            for name, value in fields(octets[part.start : part.body_start]):
                yield _line(name.lower(), searchable(decode_words(value)))
        yield from map(searchable, file_names(part, octets))


def _line(name: str, text: str) -> str:
    return f"{name}: {text.removeprefix(' ')}"


def plain_addresses(value: bytes) -> list[str]:
    """Return the addresses of a field, folded, without the comments inside them."""
    return [
        searchable(b"@".join((one.mailbox, one.host)).decode("utf-8", "replace"))
        for one in parse_addresses(value)
        if one.mailbox is not None and one.host is not None
    ]
