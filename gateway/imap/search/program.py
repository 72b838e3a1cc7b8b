"""A SEARCH decided message by message: first by what is in memory, then by stored columns, last by the text itself.

A key that cannot be decided yet is None; NOT, OR and AND work on the three values, so that most messages are decided
before anything is read for them. Text is compared in its search form (`policies.words.arabic.searchable`): by
substring, without marks and letter variants, across line breaks, whatever charset and transfer encoding it was sent in.

Text that was folded when the message came is looked into by the store (`Lookup`), and its octets only where it was
not; both give the same answers.

Invariant: a search sends no octet of a body, and so records no hand-over; it tells which messages match.
"""

from bisect import bisect_right
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import lru_cache
from typing import Any

from gateway.imap.fetch.items import email_id
from gateway.imap.search import headers
from gateway.imap.search.mail_date import read_date
from gateway.imap.wire import search_keys as keys
from gateway.imap.wire.sequence import SequenceSet
from gateway.messages.search_text import body_text, head_text, parts_text, plain_addresses
from gateway.mime.decode import decode_words
from gateway.mime.limits import MimeLimitExceeded
from gateway.mime.part import Part
from gateway.mime.tree import parse
from mailstore.octets.search_texts import NOTHING, Found
from policies.words.arabic import searchable
from policies.words.calendar import QATAR, parse_rfc3339

Walked = tuple[int, int, frozenset[str], int]
Decided = bool | None


@dataclass(slots=True)
class Texts:
    """A message's octets, and its structure and text once they were asked for."""

    octets: bytes
    body: str | None = None
    parts: str | None = None
    root: Part | None = None

    def of_body(self) -> str:
        """Return the text of every text part."""
        if self.body is None:
            self.body = self._read(body_text)
        return self.body

    def of_parts(self) -> str:
        """Return the parts' header fields and file names."""
        if self.parts is None:
            self.parts = self._read(parts_text)
        return self.parts

    def _read(self, read: Callable[[Part, bytes], str]) -> str:
        try:
            self.root = self.root or parse(self.octets)
        except MimeLimitExceeded:
            return ""
        return read(self.root, self.octets)


_ADDRESSES = {"FROM": "sender", "TO": "recipient", "CC": "cc", "BCC": "bcc"}
_STORED = {"SUBJECT": "subject", "BODY": "body", "TEXT": "text", **_ADDRESSES}

Test = Callable[[Walked, Any, Texts | None], Decided]


@dataclass(frozen=True, slots=True)
class Context:
    """What a search is decided against: the view's numbers, the saved result, and the present moment."""

    uids: Sequence[int]
    saved: Sequence[int]
    now: datetime


@dataclass(slots=True)
class Lookup:
    """A text that the store looks for in what it keeps folded: one of the fields, `body`, or `text` (header and body).

    `found`: the UIDs that the store knows, and where the text was found. While it is `pending`, nobody looks into
    the message itself.
    """

    where: str
    needle: str
    found: Found = NOTHING
    pending: bool = False

    def or_else(self, slow: Test) -> Test:
        """Return the test that reads the message only where the store does not know."""

        def test(walked: Walked, row: Any, texts: Texts | None) -> Decided:
            found = self.found
            if walked[1] in found.covered:
                return walked[1] in found.matching
            return None if self.pending else slow(walked, row, texts)

        return test

    def in_prefix(self, prefix: bytes) -> bool:
        """Whether the header block on top of a message holds the text, as it does when the whole header is read."""
        needle = self.needle
        plain = ":" not in needle and "\ufffd" not in needle and b"=?" not in prefix and prefix.isascii()
        if plain and not (needle.isascii() and headers.may_hold(prefix, needle.encode())):
            return False
        return self.needle in head_text(prefix)


@dataclass(frozen=True, slots=True)
class Program:
    """A search made ready. `columns` are read of messages that memory cannot decide; `octets`: the message, too.

    Where lookups decide about texts, `other_columns` are enough. `keys` counts what each message is tested for.
    """

    test: Test
    columns: tuple[str, ...]
    octets: bool
    lookups: tuple[Lookup, ...]
    other_columns: tuple[str, ...]
    keys: int


def compile_search(key: keys.SearchKey, context: Context) -> Program:
    """Make a search ready."""
    compiler = _Compiler(context)
    test = compiler.test(key)
    return Program(
        test,
        tuple(compiler.columns),
        compiler.octets,
        tuple(compiler.lookups),
        tuple(compiler.other_columns),
        compiler.keys,
    )


class _Compiler:
    """Turns keys into tests, noting what they read."""

    def __init__(self, context: Context) -> None:
        self._context = context
        self.columns: dict[str, None] = {}
        self.other_columns: dict[str, None] = {}
        self.lookups: list[Lookup] = []
        self.octets = False
        self.keys = 0

    def test(self, key: keys.SearchKey) -> Test:  # noqa: C901, PLR0912 - one case a kind of key
        """Return the test of one key. The parser bounds the depth."""
        self.keys += 1
        match key:
            case keys.All() | keys.SaveDateSupported():
                return lambda _w, _r, _t: True
            case keys.And(some):
                return _all([self.test(one) for one in some])
            case keys.Or(left, right):
                return _any(self.test(left), self.test(right))
            case keys.Not(inner):
                return _not(self.test(inner))
            case keys.InSet(numbers, uid):
                return self._in_set(numbers, uid=uid)
            case keys.HasFlag(flag, present):
                return _has_flag(flag, present=present)
            case keys.ModSeqKey(modseq):
                return lambda w, _r, _t: w[3] >= modseq
            case keys.TextKey(where, text):
                return self._text(where, text)
            case keys.HeaderKey(name, text):
                return self._text("SUBJECT", text) if name.upper() == "SUBJECT" else self._header(name, text)
            case keys.DateKey(of, operator, day):
                return self._date(of, operator, day)
            case keys.SizeKey(operator, octets):
                self._needs("size")
                if operator == "LARGER":
                    return lambda _w, r, _t: None if r is None else r.size > octets
                return lambda _w, r, _t: None if r is None else r.size < octets
            case keys.AgeKey(operator, seconds):
                return self._age(operator, seconds)
            case keys.ObjectIdKey(kind, value):
                return self._object_id(kind, value)

    def _needs(self, *columns: str, stored: bool = False) -> None:
        """Note columns that a key reads; with `stored`, only where the store does not know the text."""
        self.columns.update(dict.fromkeys(columns))
        if not stored:
            self.other_columns.update(dict.fromkeys(columns))

    def _in_set(self, numbers: SequenceSet, *, uid: bool) -> Test:
        """Return the test by message number; ranges are kept as ranges, for a set may name everything many times."""
        uids = self._context.uids
        if numbers.saved:
            slices = SequenceSet.of(self._context.saved).slices(uids)
        elif uid:
            slices = numbers.slices(uids)
        else:
            slices = ((low - 1, high) for low, high in numbers.resolve(len(uids)))
        ranges = list(slices)
        starts, stops = [start for start, _ in ranges], [stop for _, stop in ranges]

        def within(walked: Walked, _row: Any, _texts: Texts | None) -> Decided:
            at = bisect_right(starts, walked[0] - 1)
            return at > 0 and walked[0] <= stops[at - 1]

        return within

    def _text(self, where: str, text: str) -> Test:
        needle = searchable(text)
        stored = where in _STORED and needle != ""  # nothing is in everything, and the message is read for it
        if where in _ADDRESSES:
            slow = self._address(where.lower(), needle, stored=stored)
        elif where in {"BODY", "TEXT"}:
            slow = self._whole(where, needle, stored=stored)
        else:
            slow = self._header(where.lower(), text, stored=stored)
        if not stored:
            return slow
        self.lookups.append(Lookup(_STORED[where], needle))
        return self.lookups[-1].or_else(slow)

    def _whole(self, where: str, needle: str, *, stored: bool) -> Test:
        self._needs("sha256", stored=stored)
        self.octets = True
        if where == "BODY":
            return lambda _w, _r, t: None if t is None else needle in t.of_body()
        self._needs("head", stored=stored)

        def within(_walked: Walked, row: Any, texts: Texts | None) -> Decided:
            if row is None:
                return None
            if needle in head_text(row.head):
                return True
            return None if texts is None else needle in texts.of_parts() or needle in texts.of_body()

        return within

    def _header(self, name: str, text: str, *, stored: bool = False) -> Test:
        self._needs("head", stored=stored)
        needle = searchable(text)
        plain = needle.encode() if needle and needle.isascii() else None

        def within(_walked: Walked, row: Any, _texts: Texts | None) -> Decided:
            if row is None:
                return None
            if plain is not None and not headers.may_hold(row.head, plain):
                return False
            return any(needle in searchable(decode_words(value)) for value in headers.values(row.head, name))

        return within

    def _address(self, name: str, needle: str, *, stored: bool) -> Test:
        """Look into an address field as it is written and, where comments break addresses up, as it is meant."""
        self._needs("head", stored=stored)
        plain = needle.encode() if needle and needle.isascii() else None

        def within(_walked: Walked, row: Any, _texts: Texts | None) -> Decided:
            if row is None:
                return None
            if plain is not None and b"(" not in row.head and not headers.may_hold(row.head, plain):
                return False
            for value in headers.values(row.head, name):
                if needle in searchable(decode_words(value)):
                    return True
                if b"(" in value and any(needle in one for one in plain_addresses(value)):
                    return True
            return False

        return within

    def _date(self, of: str, operator: str, day: date) -> Test:
        compare = _COMPARE[operator]
        if of == "SENT":
            self._needs("head")

            def sent(_walked: Walked, row: Any, _texts: Texts | None) -> Decided:
                if row is None:
                    return None
                moment = read_date(headers.text(row.head, "date"))
                return moment is not None and compare(moment.date(), day)

            return sent
        column = "internal_date" if of == "INTERNAL" else "saved_at"
        self._needs(column)

        def stored(_walked: Walked, row: Any, _texts: Texts | None) -> Decided:
            return None if row is None else compare(local_day(getattr(row, column)), day)

        return stored

    def _age(self, operator: str, seconds: int) -> Test:
        self._needs("internal_date")
        try:
            limit = self._context.now - timedelta(seconds=seconds)
        except OverflowError:
            return lambda _w, _r, _t: operator == "YOUNGER"
        if operator == "YOUNGER":
            return lambda _w, r, _t: None if r is None else parse_rfc3339(r.internal_date) >= limit
        return lambda _w, r, _t: None if r is None else parse_rfc3339(r.internal_date) <= limit

    def _object_id(self, kind: str, value: str) -> Test:
        if kind != "EMAILID":
            return lambda _w, _r, _t: False
        self._needs("letter_id", "sha256")
        wanted = value.encode()
        return lambda _w, r, _t: None if r is None else email_id(r) == wanted


def local_day(stored: str) -> date:
    """Return the day of a stored moment in Qatar, as INTERNALDATE shows it."""
    return _day_of_hour(stored[:13])


@lru_cache(maxsize=4096)
def _day_of_hour(hour: str) -> date:
    return parse_rfc3339(f"{hour}:00:00Z").astimezone(QATAR).date()


_COMPARE: dict[str, Callable[[date, date], bool]] = {
    "BEFORE": lambda found, day: found < day,
    "ON": lambda found, day: found == day,
    "SINCE": lambda found, day: found >= day,
}


def _all(tests: Iterable[Test]) -> Test:
    chosen = tuple(tests)

    def test(walked: Walked, row: Any, texts: Texts | None) -> Decided:
        decided: Decided = True
        for one in chosen:
            found = one(walked, row, texts)
            if found is False:
                return False
            if found is None:
                decided = None
        return decided

    return test


def _any(left: Test, right: Test) -> Test:
    def test(walked: Walked, row: Any, texts: Texts | None) -> Decided:
        first = left(walked, row, texts)
        if first is True:
            return True
        second = right(walked, row, texts)
        if second is True:
            return True
        return None if first is None or second is None else False

    return test


def _not(inner: Test) -> Test:
    def test(walked: Walked, row: Any, texts: Texts | None) -> Decided:
        found = inner(walked, row, texts)
        return None if found is None else not found

    return test


def _has_flag(flag: str, *, present: bool) -> Test:
    if flag.startswith("\\"):
        return lambda w, _r, _t: (flag in w[2]) is present
    folded = flag.lower()  # keywords are the same in any case
    return lambda w, _r, _t: any(one.lower() == folded for one in w[2]) is present
