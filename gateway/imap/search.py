"""A SEARCH decided message by message: first by what is in memory, then by stored columns, last by the text itself.

A key that cannot be decided yet is None; NOT, OR and AND work on the three values, so that most messages are decided
before anything is read for them. Text is compared folded (`policies.arabic.fold`): by substring, without marks and
letter variants, whatever charset and transfer encoding it was sent in.

Invariant: a search sends no octet of a body, and so records no hand-over; it tells which messages match.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import lru_cache
from typing import Any

from gateway.imap import headers
from gateway.imap.fetch_items import email_id
from gateway.imap.maildate import read_date
from gateway.imap.wire import search_keys as keys
from gateway.imap.wire.sequence import SequenceSet
from gateway.mime.addresses import parse_addresses
from gateway.mime.decode import decode_words, text_of
from gateway.mime.limits import MimeLimitExceeded
from gateway.mime.tree import parse
from policies.arabic import fold
from policies.calendar import QATAR, parse_rfc3339

Walked = tuple[int, int, frozenset[str], int]
Decided = bool | None


@dataclass(slots=True)
class Texts:
    """A message's octets, and its text once it was asked for."""

    octets: bytes
    body: str | None = None

    def folded_body(self) -> str:
        """Return the folded text of every text part."""
        if self.body is None:
            try:
                root = parse(self.octets)
                self.body = fold("\n".join(text_of(root, self.octets)))
            except MimeLimitExceeded:
                self.body = ""
        return self.body


_ADDRESSES = frozenset({"FROM", "TO", "CC", "BCC"})

Test = Callable[[Walked, Any, Texts | None], Decided]


@dataclass(frozen=True, slots=True)
class Context:
    """What a search is decided against: the view's numbers, the saved result, and the present moment."""

    uids: Sequence[int]
    saved: Sequence[int]
    now: datetime


@dataclass(frozen=True, slots=True)
class Program:
    """A search made ready. `columns` are read of messages that memory cannot decide; `octets`: the message, too."""

    test: Test
    columns: tuple[str, ...]
    octets: bool


def compile_search(key: keys.SearchKey, context: Context) -> Program:
    """Make a search ready."""
    compiler = _Compiler(context)
    test = compiler.test(key)
    return Program(test, tuple(compiler.columns), compiler.octets)


class _Compiler:
    """Turns keys into tests, noting what they read."""

    def __init__(self, context: Context) -> None:
        self._context = context
        self.columns: dict[str, None] = {}
        self.octets = False

    def test(self, key: keys.SearchKey) -> Test:  # noqa: C901, PLR0912 - one case a kind of key
        """Return the test of one key. The parser bounds the depth."""
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
                return self._header(name, text)
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

    def _needs(self, *columns: str) -> None:
        self.columns.update(dict.fromkeys(columns))

    def _in_set(self, numbers: SequenceSet, *, uid: bool) -> Test:
        context = self._context
        if numbers.saved:
            chosen = frozenset(context.saved)
            return lambda w, _r, _t: w[1] in chosen
        if uid:
            chosen = frozenset(numbers.select(context.uids))
            return lambda w, _r, _t: w[1] in chosen
        ranges = numbers.resolve(len(context.uids))
        return lambda w, _r, _t: any(low <= w[0] <= high for low, high in ranges)

    def _text(self, where: str, text: str) -> Test:
        needle = fold(text)
        if where in _ADDRESSES:
            return self._address(where.lower(), needle)
        if where not in {"BODY", "TEXT"}:
            return self._header(where.lower(), text)
        self._needs("sha256")
        self.octets = True
        if where == "BODY":
            return lambda _w, _r, t: None if t is None else needle in t.folded_body()
        self._needs("head")

        def within(_walked: Walked, row: Any, texts: Texts | None) -> Decided:
            if row is None:
                return None
            if needle in fold(headers.whole_text(row.head)):
                return True
            return None if texts is None else needle in texts.folded_body()

        return within

    def _header(self, name: str, text: str) -> Test:
        self._needs("head")
        needle = fold(text)
        plain = needle.encode() if needle and needle.isascii() else None

        def within(_walked: Walked, row: Any, _texts: Texts | None) -> Decided:
            if row is None:
                return None
            if plain is not None and not headers.may_hold(row.head, plain):
                return False
            return any(needle in fold(decode_words(value)) for value in headers.values(row.head, name))

        return within

    def _address(self, name: str, needle: str) -> Test:
        """Look into an address field as it is written and, where comments break addresses up, as it is meant."""
        self._needs("head")
        plain = needle.encode() if needle and needle.isascii() else None

        def within(_walked: Walked, row: Any, _texts: Texts | None) -> Decided:
            if row is None:
                return None
            if plain is not None and b"(" not in row.head and not headers.may_hold(row.head, plain):
                return False
            for value in headers.values(row.head, name):
                if needle in fold(decode_words(value)):
                    return True
                if b"(" in value and any(needle in one for one in _addresses(value)):
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


def _addresses(value: bytes) -> list[str]:
    """Return the addresses of a field, folded, without the comments inside them."""
    return [
        fold(b"@".join((one.mailbox, one.host)).decode("utf-8", "replace"))
        for one in parse_addresses(value)
        if one.mailbox is not None and one.host is not None
    ]


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
