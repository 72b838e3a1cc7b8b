"""What SORT and THREAD order messages by (RFC 5256, RFC 5957): read from the stored header, compared folded.

Text is folded as for search, so that Arabic spellings of one word stand together.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from gateway.imap.search import headers
from gateway.imap.search.base_subject import base_subject
from gateway.imap.search.mail_date import read_date
from gateway.imap.wire.commands_message import SortCriterion
from gateway.mime.addresses import parse_addresses
from gateway.mime.decode import decode_words
from policies.words.arabic import fold
from policies.words.calendar import parse_rfc3339

COLUMNS: dict[str, tuple[str, ...]] = {
    "ARRIVAL": ("internal_date",),
    "CC": ("head",),
    "DATE": ("head", "internal_date"),
    "FROM": ("head",),
    "SIZE": ("size",),
    "SUBJECT": ("head",),
    "TO": ("head",),
    "DISPLAYFROM": ("head",),
    "DISPLAYTO": ("head",),
}


def columns_of(criteria: Sequence[SortCriterion]) -> list[str]:
    """Return the stored columns that the criteria read."""
    return list(dict.fromkeys(column for one in criteria for column in COLUMNS[one.name]))


def sent_at(row: Any) -> datetime:
    """Return when a message was sent, in UTC: its Date, or its INTERNALDATE when that cannot be read."""
    moment = read_date(headers.text(row.head, "date"))
    try:
        return moment.astimezone(UTC) if moment is not None else parse_rfc3339(row.internal_date)
    except OverflowError:
        return parse_rfc3339(row.internal_date)


def collated(text: str) -> str:
    """Return what text is ordered by: folded, in capitals, as i;unicode-casemap has it (RFC 5051)."""
    return fold(text).upper()


def _mailbox(field: str) -> Callable[[Any], str]:
    def read(row: Any) -> str:
        for address in parse_addresses(headers.first(row.head, field) or b""):
            if address.mailbox is not None:
                return collated(address.mailbox.decode("utf-8", "replace"))
        return ""

    return read


def _display(field: str) -> Callable[[Any], str]:
    """Return the reader of a display name, or of the address where there is none (RFC 5957 section 3)."""

    def read(row: Any) -> str:
        for address in parse_addresses(headers.first(row.head, field) or b""):
            if address.name:
                return collated(decode_words(address.name))
            if address.host is not None:
                return collated(b"@".join((address.mailbox or b"", address.host)).decode("utf-8", "replace"))
            if address.mailbox is not None:
                return collated(address.mailbox.decode("utf-8", "replace"))
        return ""

    return read


def _subject(row: Any) -> str:
    return collated(base_subject(headers.text(row.head, "subject")).text)


_KEYS: dict[str, Callable[[Any], Any]] = {
    "ARRIVAL": lambda row: row.internal_date,  # RFC 3339 in UTC sorts as it stands
    "CC": _mailbox("cc"),
    "DATE": sent_at,
    "FROM": _mailbox("from"),
    "SIZE": lambda row: row.size,
    "SUBJECT": _subject,
    "TO": _mailbox("to"),
    "DISPLAYFROM": _display("from"),
    "DISPLAYTO": _display("to"),
}


@dataclass(frozen=True, slots=True)
class Sortable:
    """A message with what it is ordered by, one key a criterion."""

    number: int
    uid: int
    keys: tuple[Any, ...]


def sortable(number: int, row: Any, criteria: Sequence[SortCriterion]) -> Sortable:
    """Read a message's keys from its row."""
    return Sortable(number, row.uid, tuple([_KEYS[one.name](row) for one in criteria]))


def in_order(messages: list[Sortable], criteria: Sequence[SortCriterion]) -> list[Sortable]:
    """Order messages by the criteria, the first one first; equal ones by message number."""
    ordered = sorted(messages, key=lambda one: one.number)
    for at in range(len(criteria) - 1, -1, -1):
        ordered.sort(key=lambda one, place=at: one.keys[place], reverse=criteria[at].reverse)  # type: ignore[misc]
    return ordered
