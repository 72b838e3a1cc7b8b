r"""What a SEARCH may ask, as a tree (RFC 3501/9051 section 6.4.4, RFC 5032, 7162, 8474, 8514).

The many keys of the grammar are reduced to few kinds: UNSEEN is `HasFlag("\Seen", present=False)`, NEW is
RECENT and UNSEEN. A tree is at most `parse_search.DEPTH` levels deep, so code that walks it may recurse.
"""

from dataclasses import dataclass
from datetime import date

from gateway.imap.wire.sequence import SequenceSet


@dataclass(frozen=True, slots=True)
class All:
    """ALL: every message."""


@dataclass(frozen=True, slots=True)
class And:
    """Every one of `keys`."""

    keys: "tuple[SearchKey, ...]"


@dataclass(frozen=True, slots=True)
class Or:
    """Either key."""

    left: "SearchKey"
    right: "SearchKey"


@dataclass(frozen=True, slots=True)
class Not:
    """Not the key."""

    key: "SearchKey"


@dataclass(frozen=True, slots=True)
class InSet:
    """Message numbers, or UIDs when `uid`; `$` is a `saved` set."""

    numbers: SequenceSet
    uid: bool


@dataclass(frozen=True, slots=True)
class HasFlag:
    """A flag or keyword that is there, or is not."""

    flag: str
    present: bool


@dataclass(frozen=True, slots=True)
class TextKey:
    """`text` within FROM, TO, CC, BCC or SUBJECT, or within BODY or TEXT (body and header)."""

    where: str
    text: str


@dataclass(frozen=True, slots=True)
class HeaderKey:
    """`text` within the header field `field`; "" is any message that has the field."""

    field: str
    text: str


@dataclass(frozen=True, slots=True)
class DateKey:
    """`operator` BEFORE, ON or SINCE `day`; `of` INTERNAL (INTERNALDATE), SENT (Date) or SAVED (SAVEDATE)."""

    of: str
    operator: str
    day: date


@dataclass(frozen=True, slots=True)
class SizeKey:
    """LARGER or SMALLER than `octets`, neither including it."""

    operator: str
    octets: int


@dataclass(frozen=True, slots=True)
class AgeKey:
    """OLDER or YOUNGER than `seconds` by INTERNALDATE (RFC 5032)."""

    operator: str
    seconds: int


@dataclass(frozen=True, slots=True)
class ModSeqKey:
    """A mod-sequence of at least `modseq` (RFC 7162 section 3.1.5).

    `flag` is the flag of the entry name, with `kind` PRIV, SHARED or ALL; both None when there was none.
    """

    modseq: int
    flag: str | None = None
    kind: str | None = None


@dataclass(frozen=True, slots=True)
class ObjectIdKey:
    """EMAILID or THREADID equal to `value` (RFC 8474 section 6)."""

    kind: str
    value: str


@dataclass(frozen=True, slots=True)
class SaveDateSupported:
    """SAVEDATESUPPORTED: all messages where the mailbox keeps save dates (RFC 8514)."""


SearchKey = (
    All
    | And
    | Or
    | Not
    | InSet
    | HasFlag
    | TextKey
    | HeaderKey
    | DateKey
    | SizeKey
    | AgeKey
    | ModSeqKey
    | ObjectIdKey
    | SaveDateSupported
)
