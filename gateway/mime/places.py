"""Where a part stands in a letter, as a person can look it up: its IMAP section and its line."""

from collections.abc import Iterator
from typing import NamedTuple

from gateway.mime.part import Part


class Located(NamedTuple):
    """A part and its place.

    `section` is its IMAP section (RFC 9051 section 6.4.5), "" for the letter itself. `attached` is true below an
    attached message: the message's own header and all it holds. `beside_text` is true where a multipart/alternative
    around the part offers plain text. `countable` is false when the octets are not those of the letter but were decoded
    from it.
    """

    part: Part
    section: str
    attached: bool
    beside_text: bool
    countable: bool


def located(root: Part, section: str = "", *, countable: bool = True) -> Iterator[Located]:
    """Yield every part in the order of the octets. `section` is the root's own."""
    waiting = [Located(root, section, attached=bool(section), beside_text=False, countable=countable)]
    while waiting:
        place = waiting.pop()
        yield place
        part = place.part
        if part.content_type.type == "multipart":
            text = place.beside_text or _offers_text(part)
            waiting.extend(
                place._replace(part=child, section=f"{place.section}.{number}".lstrip("."), beside_text=text)
                for number, child in reversed(list(enumerate(part.children, start=1)))
            )
        elif part.children:
            child = part.children[0]
            body = (
                place.section if child.content_type.type == "multipart" else f"{place.section}.1".lstrip(".")
            )
            waiting.append(place._replace(part=child, section=body, attached=True))


def _offers_text(part: Part) -> bool:
    if part.content_type.media_type != "multipart/alternative":
        return False
    return any(child.content_type.media_type == "text/plain" for child in part.children)


def line_of(octets: bytes, position: int) -> int:
    """Return the line, from 1, on which the octet at `position` stands."""
    return octets.count(b"\n", 0, position) + 1
