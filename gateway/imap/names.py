"""Mailbox names: what a client says and sees, and which mailbox of which office that is. Pure.

The primary office's mailboxes are the personal namespace; every other office's lie under `Offices/ADDRESS/`.

Invariants:
- A name stands for one mailbox and a mailbox has one name, for one session.
- No name leads to an office that the session may not read; it is as if it did not exist.
"""

import unicodedata
from typing import NamedTuple

from gateway.imap.access import Access
from gateway.imap.texts import BAD_NAME, MIXED_NAME, Sentence

SEPARATOR = "/"
SHARED = "Offices"
LONGEST_NAME = 500
LONGEST_COMPONENT = 120
DEEPEST = 10

_LEFT_TO_RIGHT = frozenset({"L"})
_RIGHT_TO_LEFT = frozenset({"R", "AL"})


class Place(NamedTuple):
    """A mailbox of an office by its name there."""

    office: str
    name: str


def place_of(name: str, access: Access) -> Place | None:
    """Return the place that a client's name stands for, whether or not a mailbox is there; None when it is none."""
    first, _, rest = name.partition(SEPARATOR)
    if first != SHARED:
        if first.upper() == "INBOX":
            name = "INBOX" + name[len(first) :]
        return Place(access.primary, name)
    address, _, inner = rest.partition(SEPARATOR)
    if address not in access.others or not inner:
        return None
    return Place(address, "INBOX" if inner.upper() == "INBOX" else inner)


def shown(place: Place, access: Access) -> str:
    """Return the name under which a client sees a place."""
    if place.office == access.primary:
        return place.name
    return SEPARATOR.join((SHARED, place.office, place.name))


def is_container(name: str, access: Access) -> bool:
    """Whether a name is one of the shared namespace's own levels, which hold no messages."""
    first, _, rest = name.partition(SEPARATOR)
    return first == SHARED and (not rest or rest in access.others)


def parents(name: str) -> list[str]:
    """Return the names above a name, the highest first."""
    parts = name.split(SEPARATOR)
    return [SEPARATOR.join(parts[:depth]) for depth in range(1, len(parts))]


def flaw(name: str) -> Sentence | None:
    """Return why no mailbox may get this name, or None.

    Names are shown to people: no controls, and no mixing of directions that makes one name look like another.
    """
    parts = name.split(SEPARATOR)
    if len(name) > LONGEST_NAME or len(parts) > DEEPEST:
        return BAD_NAME
    for part in parts:
        if not part.strip() or part != part.strip() or len(part) > LONGEST_COMPONENT or part in {".", ".."}:
            return BAD_NAME
        if any(character in "*%" for character in part) or (
            not part.isprintable() and not _only_joiners(part)
        ):
            return MIXED_NAME if _has_direction_controls(part) else BAD_NAME
        directions = {unicodedata.bidirectional(character) for character in part}
        if directions & _LEFT_TO_RIGHT and directions & _RIGHT_TO_LEFT:
            return MIXED_NAME
    return None


def _only_joiners(part: str) -> bool:
    """Whether what cannot be printed in a name is ZWJ and ZWNJ only, which Persian and Arabic spelling use."""
    return all(character.isprintable() or character in "\u200c\u200d" for character in part)


def _has_direction_controls(part: str) -> bool:
    return any(
        "\u202a" <= character <= "\u202e"
        or "\u2066" <= character <= "\u2069"
        or character in "\u061c\u200e\u200f"
        for character in part
    )
