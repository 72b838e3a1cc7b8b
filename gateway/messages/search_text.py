"""The text of a message that searches look into, folded once when the message comes.

Invariants:
- It is what a search that reads the message itself would compare, character for character.
- Where that cannot be had cheaply there is none, and the search reads the message.
"""

from gateway.mime.addresses import parse_addresses
from gateway.mime.decode import text_of
from gateway.mime.fieldtext import fields
from gateway.mime.part import Part, walk
from gateway.mime.words import decode_words
from mailstore.octets.search_texts import SearchText
from policies.words.arabic import fold

_ADDRESSES = ("from", "to", "cc", "bcc")
LARGEST_BODY = 512 * 1024
"""Octets of text parts, as they are encoded, beyond which no text is kept."""
LARGEST_FIELDS = 32 * 1024
"""Octets of folded fields beyond which no text is kept: they stand beside every entry."""


def search_text(root: Part, octets: bytes) -> SearchText | None:
    """Return the text of a message that was read, or None when it is too large, or odd.

    A message that begins with a blank is odd: its first line continues the header block on top of it.
    """
    if octets[:1] in {b" ", b"\t"}:
        return None
    text = sum(part.end - part.body_start for part in walk(root) if part.content_type.type == "text")
    if text > LARGEST_BODY:
        return None
    lines: list[str] = []
    kept: dict[str, list[str]] = {name: [] for name in ("subject", *_ADDRESSES)}
    for name, value in fields(octets[: root.body_start]):
        lowered, folded = name.lower(), fold(decode_words(value))
        lines.append(f"{lowered}: {folded}")
        if lowered in kept:
            kept[lowered].append(folded)
            if lowered in _ADDRESSES and b"(" in value:
                kept[lowered] += plain_addresses(value)
    subject, sender, to, cc, bcc = ("".join(f"\n{one}" for one in some).encode() for some in kept.values())
    if sum(map(len, (subject, sender, to, cc, bcc))) > LARGEST_FIELDS:
        return None
    body = fold("\n".join(text_of(root, octets)))
    return SearchText(subject, sender, to, cc, bcc, "\n".join(lines).encode(), body.encode())


def plain_addresses(value: bytes) -> list[str]:
    """Return the addresses of a field, folded, without the comments inside them."""
    return [
        fold(b"@".join((one.mailbox, one.host)).decode("utf-8", "replace"))
        for one in parse_addresses(value)
        if one.mailbox is not None and one.host is not None
    ]
