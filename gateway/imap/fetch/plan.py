"""What a FETCH needs before it can answer: which stored columns, which evidence. Pure.

Invariant: every item that gives an octet of a body is `reveals`; only the header of the message itself, its envelope
and its structure are not the body. The header of a part inside belongs to the body that it lies in.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from gateway.imap.wire.fetch_items import (
    Attribute,
    BinarySection,
    BinarySize,
    BodySection,
    FetchItem,
    Preview,
    Section,
)

WHOLE = Section()
_COLUMNS: dict[str, tuple[str, ...]] = {
    "INTERNALDATE": ("internal_date",),
    "SAVEDATE": ("saved_at",),
    "ENVELOPE": ("envelope",),
    "BODY": ("body",),
    "BODYSTRUCTURE": ("bodystructure",),
    "RFC822.SIZE": ("size",),
    "RFC822.HEADER": ("head",),
    "EMAILID": ("kind", "letter_id", "sha256"),
    "THREADID": (),
    "FLAGS": (),
    "UID": (),
    "MODSEQ": (),
}
_OCTETS = ("sha256", "size", "prefix", "head_size")
_READS_OCTETS = {"RFC822": "", "RFC822.TEXT": "TEXT"}


@dataclass(frozen=True, slots=True)
class Plan:
    r"""How a FETCH is answered.

    `columns` are read of each message; `octets`: the message itself, too. `reveals`: HANDED-OVER comes first.
    `sees`: \Seen is set, also by a header that is not peeked at, and SEEN comes first.
    """

    items: tuple[FetchItem, ...]
    columns: tuple[str, ...]
    octets: bool
    reveals: bool
    sees: bool
    parses: bool
    """Whether the structure of the message is needed: then its octets are held."""

    @property
    def from_memory(self) -> bool:
        """Whether the index alone can answer."""
        return not self.columns and not self.octets


def plan(items: Iterable[FetchItem]) -> Plan:
    """Return the plan for these items."""
    chosen = tuple(items)
    columns: dict[str, None] = {}
    octets = sees = False
    for item in chosen:
        sees = sees or _is_seen(item)
        if _is_body(item):
            octets = True
            columns.update(dict.fromkeys(_OCTETS))
            if _needs_head(item):
                columns["head"] = None
        elif isinstance(item, Attribute):
            columns.update(dict.fromkeys(_COLUMNS[item.name]))
        elif isinstance(item, BodySection):
            columns["head"] = None
        else:  # BINARY.SIZE reads the message and reveals no octet of it
            octets = True
            columns.update(dict.fromkeys(_OCTETS))
    return Plan(chosen, tuple(columns), octets, any(map(_is_body, chosen)), sees, any(map(_parses, chosen)))


def _is_body(item: FetchItem) -> bool:
    if isinstance(item, Attribute):
        return item.name in _READS_OCTETS
    if isinstance(item, BodySection):
        return bool(item.section.part) or not item.section.what.startswith("HEADER")
    return isinstance(item, BinarySection | Preview)


def _parses(item: FetchItem) -> bool:
    if isinstance(item, BodySection):
        return bool(item.section.part)
    return not isinstance(item, Attribute)


def _needs_head(item: FetchItem) -> bool:
    return isinstance(item, BinarySection | BinarySize)


def _is_seen(item: FetchItem) -> bool:
    r"""Whether the item sets \Seen (RFC 9051 section 6.4.5)."""
    if isinstance(item, BodySection | BinarySection):
        return not item.peek
    return isinstance(item, Attribute) and item.name in _READS_OCTETS
