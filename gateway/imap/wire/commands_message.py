"""Commands about messages, as values. `uid` says that the client used the UID form."""

from dataclasses import dataclass
from datetime import datetime

from gateway.imap.wire.commands import Command
from gateway.imap.wire.fetch_items import FetchItem
from gateway.imap.wire.search_keys import SearchKey
from gateway.imap.wire.sequence import SequenceSet


@dataclass(frozen=True, slots=True)
class AppendMessage:
    """One message of an APPEND.

    `octets` are exactly what the client sent; empty means that it gave up (RFC 3502).
    `binary`: sent as literal8 (RFC 4466), may hold NUL. `utf8`: sent as UTF8 (~{n}) (RFC 6855 section 4).
    """

    octets: bytes
    flags: tuple[str, ...] = ()
    date: datetime | None = None
    binary: bool = False
    utf8: bool = False


@dataclass(frozen=True, slots=True)
class Append(Command):
    """APPEND of one or more messages, all or none (RFC 3502)."""

    mailbox: str
    messages: tuple[AppendMessage, ...]
    supplied: str | None = None


@dataclass(frozen=True, slots=True)
class Expunge(Command):
    """EXPUNGE, or UID EXPUNGE of `uids` (RFC 4315)."""

    uids: SequenceSet | None = None


@dataclass(frozen=True, slots=True)
class Fetch(Command):
    """FETCH; macros are expanded, `items` are as the client ordered them, each once."""

    uid: bool
    numbers: SequenceSet
    items: tuple[FetchItem, ...]
    changed_since: int | None = None
    vanished: bool = False


@dataclass(frozen=True, slots=True)
class Store(Command):
    """STORE; `mode` is "replace", "add" or "remove"."""

    uid: bool
    numbers: SequenceSet
    mode: str
    silent: bool
    flags: tuple[str, ...]
    unchanged_since: int | None = None


@dataclass(frozen=True, slots=True)
class Copy(Command):
    """COPY."""

    uid: bool
    numbers: SequenceSet
    mailbox: str


@dataclass(frozen=True, slots=True)
class Move(Command):
    """MOVE (RFC 6851)."""

    uid: bool
    numbers: SequenceSet
    mailbox: str


@dataclass(frozen=True, slots=True)
class Search(Command):
    """SEARCH.

    `returns` is None for the old response, else of MIN MAX ALL COUNT (RFC 4731), `save` apart (RFC 5182). It
    can be empty only when `save` is set: then nothing is to be returned.
    """

    uid: bool
    key: SearchKey
    returns: frozenset[str] | None = None
    save: bool = False


@dataclass(frozen=True, slots=True)
class SortCriterion:
    """One of ARRIVAL CC DATE FROM SIZE SUBJECT TO (RFC 5256), DISPLAYFROM DISPLAYTO (RFC 5957)."""

    name: str
    reverse: bool = False


@dataclass(frozen=True, slots=True)
class Sort(Command):
    """SORT. `returns` and `save` as in `Search` (RFC 5267)."""

    uid: bool
    criteria: tuple[SortCriterion, ...]
    key: SearchKey
    returns: frozenset[str] | None = None
    save: bool = False


@dataclass(frozen=True, slots=True)
class Thread(Command):
    """THREAD; `algorithm` REFERENCES or ORDEREDSUBJECT (RFC 5256)."""

    uid: bool
    algorithm: str
    key: SearchKey
