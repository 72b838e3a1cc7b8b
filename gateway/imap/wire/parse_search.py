"""SEARCH, SORT and THREAD with their UID forms (RFC 3501/9051, 4731, 5182, 5032, 5256, 5267, 5957, 7162).

Invariants kept here: a search is at most `DEPTH` levels deep and has at most `KEYS` keys, so neither reading
nor walking it can exhaust the stack or the evening; every search word is decoded text.
"""

import re
from collections.abc import Callable

from gateway.imap.wire import search_keys as keys
from gateway.imap.wire.commands import Command
from gateway.imap.wire.commands_message import Search, Sort, SortCriterion, Thread
from gateway.imap.wire.flags import ANSWERED, DELETED, DRAFT, FLAGGED, RECENT, SEEN, canonical
from gateway.imap.wire.lexer import Lexer
from gateway.imap.wire.search_keys import SearchKey

DEPTH = 100
"""Deepest nesting of NOT, OR and parentheses. A chain of ORs over 100 message identifiers fits."""
KEYS = 1000
"""Most keys in one search."""

_CHARSETS = {"US-ASCII": "ascii", "ASCII": "ascii", "UTF-8": "utf-8", "UTF8": "utf-8"}
_WORD = re.compile(rb"[A-Za-z]+")
_OBJECT_ID = re.compile(r"[A-Za-z0-9_-]{1,255}\Z")  # RFC 8474 section 7
_ENTRY = re.compile(rb"/flags/(.+)\Z", re.IGNORECASE)

_FLAG_KEYS: dict[str, SearchKey] = {
    prefix + flag[1:].upper(): keys.HasFlag(flag, present=not prefix)
    for flag in (ANSWERED, DELETED, DRAFT, FLAGGED, SEEN)
    for prefix in ("", "UN")
}
_SIMPLE: dict[str, SearchKey] = {
    **_FLAG_KEYS,
    "ALL": keys.All(),
    "NEW": keys.And((keys.HasFlag(RECENT, present=True), keys.HasFlag(SEEN, present=False))),
    "OLD": keys.HasFlag(RECENT, present=False),
    "RECENT": keys.HasFlag(RECENT, present=True),
    "SAVEDATESUPPORTED": keys.SaveDateSupported(),
}
_TEXT = frozenset({"BCC", "BODY", "CC", "FROM", "SUBJECT", "TEXT", "TO"})
_DATES = {
    prefix + operator: (of, operator)
    for prefix, of in (("", "INTERNAL"), ("SENT", "SENT"), ("SAVED", "SAVED"))
    for operator in ("BEFORE", "ON", "SINCE")
}
_RESULTS = ("MIN", "MAX", "ALL", "COUNT", "SAVE")
_CRITERIA = ("ARRIVAL", "CC", "DATE", "FROM", "SIZE", "SUBJECT", "TO", "DISPLAYFROM", "DISPLAYTO")


class _KeyReader:
    """Reads search keys from `lexer`, words in `charset`, counting them."""

    def __init__(self, lexer: Lexer, charset: str) -> None:
        self._lexer = lexer
        self._charset = charset
        self._count = 0

    def program(self) -> SearchKey:
        """Read key *(SP key), all of which must hold."""
        found = [self._key(0)]
        while self._lexer.more():
            found.append(self._key(0))
        return found[0] if len(found) == 1 else keys.And(tuple(found))

    def _key(self, depth: int) -> SearchKey:
        lexer = self._lexer
        self._count += 1
        if depth > DEPTH or self._count > KEYS:
            raise lexer.bad("Search too complex")
        if lexer.upcoming(b"("):
            found = lexer.items(lambda: self._key(depth + 1), most=KEYS)
            return found[0] if len(found) == 1 else keys.And(found)
        word = lexer.match(_WORD)
        if word is None:
            return keys.InSet(lexer.sequence_set(), uid=False)
        name = word[0].decode("ascii").upper()
        simple = _SIMPLE.get(name)
        if simple is not None:
            return simple
        lexer.space()
        if name == "NOT":
            return keys.Not(self._key(depth + 1))
        if name == "OR":
            left = self._key(depth + 1)
            lexer.space()
            return keys.Or(left, self._key(depth + 1))
        return self._with_argument(name)

    def _with_argument(self, name: str) -> SearchKey:
        if name in _TEXT:
            return keys.TextKey(name, self._text())
        if name in _DATES:
            of, operator = _DATES[name]
            return keys.DateKey(of, operator, self._lexer.date())
        read = _WITH_ARGUMENT.get(name)
        if read is None:
            raise self._lexer.bad("Unknown search key")
        return read(self, name)

    def _text(self) -> str:
        octets = self._lexer.astring()
        try:
            return octets.decode(self._charset)
        except UnicodeDecodeError:
            raise self._lexer.bad("Search word not in its charset") from None

    def header(self, _name: str) -> SearchKey:
        """Read field-name SP word."""
        field = self._lexer.ascii(self._lexer.astring())
        self._lexer.space()
        return keys.HeaderKey(field, self._text())

    def keyword(self, name: str) -> SearchKey:
        """Read a keyword; many programs quote it, and no message bears one that is no atom."""
        flag = canonical(self._lexer.ascii(self._lexer.astring()))
        if flag is None or flag.startswith("\\"):
            raise self._lexer.bad("Not a keyword")
        return keys.HasFlag(flag, present=name == "KEYWORD")

    def uid(self, _name: str) -> SearchKey:
        """Read a set of UIDs."""
        return keys.InSet(self._lexer.sequence_set(), uid=True)

    def size(self, name: str) -> SearchKey:
        """Read a size."""
        return keys.SizeKey(name, self._lexer.number63())

    def age(self, name: str) -> SearchKey:
        """Read seconds."""
        return keys.AgeKey(name, self._lexer.number(least=1))

    def object_id(self, name: str) -> SearchKey:
        """Read an object id."""
        value = self._lexer.ascii(self._lexer.astring())
        if _OBJECT_ID.match(value) is None:
            raise self._lexer.bad("Not an object identifier")
        return keys.ObjectIdKey(name, value)

    def modseq(self, _name: str) -> SearchKey:
        """Read MODSEQ [SP entry-name SP entry-type] SP modseq (RFC 7162 section 3.1.5)."""
        lexer = self._lexer
        if not lexer.upcoming(b'"'):
            return keys.ModSeqKey(lexer.number63())
        entry = _ENTRY.match(lexer.string())
        flag = None if entry is None else canonical(lexer.ascii(entry[1]))
        if flag is None:
            raise lexer.bad("Unknown metadata entry")
        lexer.space()
        kind = lexer.keyword("PRIV", "SHARED", "ALL")
        lexer.space()
        return keys.ModSeqKey(lexer.number63(), flag, kind)


_WITH_ARGUMENT: dict[str, Callable[[_KeyReader, str], SearchKey]] = {
    "HEADER": _KeyReader.header,
    "KEYWORD": _KeyReader.keyword,
    "UNKEYWORD": _KeyReader.keyword,
    "UID": _KeyReader.uid,
    "LARGER": _KeyReader.size,
    "SMALLER": _KeyReader.size,
    "OLDER": _KeyReader.age,
    "YOUNGER": _KeyReader.age,
    "EMAILID": _KeyReader.object_id,
    "THREADID": _KeyReader.object_id,
    "MODSEQ": _KeyReader.modseq,
}


def _is_uid(lexer: Lexer) -> bool:
    return lexer.verb.startswith("UID ")


def _returns(lexer: Lexer) -> tuple[frozenset[str] | None, bool]:
    """Read "RETURN" SP "(" option … ")" SP if it is next. () means ALL (RFC 4731 section 3.1)."""
    if not lexer.take_word(b"RETURN"):
        return None, False
    lexer.space()
    options = frozenset(lexer.items(lambda: lexer.keyword(*_RESULTS), least=0, most=20))
    lexer.space()
    save = "SAVE" in options
    return (options - {"SAVE"}) or (frozenset() if save else frozenset({"ALL"})), save


def _charset(lexer: Lexer) -> str:
    name = lexer.ascii(lexer.astring()).upper()
    codec = _CHARSETS.get(name)
    if codec is None:
        raise lexer.bad("Charset not supported", status="NO", code="BADCHARSET (UTF-8 US-ASCII)")
    lexer.space()
    return codec


def read_search(lexer: Lexer) -> Command:
    """SEARCH [SP "RETURN" SP "(" … ")"] [SP "CHARSET" SP charset] 1*(SP key)."""
    lexer.space()
    returns, save = _returns(lexer)
    codec = "utf-8"  # RFC 9051 section 6.4.4; of ASCII, the default of RFC 3501, a superset
    if lexer.take_word(b"CHARSET"):
        if not lexer.charsets:
            raise lexer.bad("CHARSET after ENABLE UTF8=ACCEPT")  # RFC 6855 section 3
        lexer.space()
        codec = _charset(lexer)
    key = _KeyReader(lexer, codec).program()
    return Search(lexer.tag, _is_uid(lexer), key, returns, save)


def read_sort(lexer: Lexer) -> Command:
    """SORT [SP "RETURN" SP "(" … ")"] SP "(" criterion … ")" SP charset 1*(SP key)."""
    lexer.space()
    returns, save = _returns(lexer)
    criteria = lexer.items(lambda: _criterion(lexer), most=20)
    lexer.space()
    key = _KeyReader(lexer, _charset(lexer)).program()
    return Sort(lexer.tag, _is_uid(lexer), criteria, key, returns, save)


def _criterion(lexer: Lexer) -> SortCriterion:
    name = lexer.keyword("REVERSE", *_CRITERIA)
    if name != "REVERSE":
        return SortCriterion(name)
    lexer.space()
    return SortCriterion(lexer.keyword(*_CRITERIA), reverse=True)


def read_thread(lexer: Lexer) -> Command:
    """THREAD SP algorithm SP charset 1*(SP key)."""
    lexer.space()
    algorithm = lexer.keyword("REFERENCES", "ORDEREDSUBJECT")
    lexer.space()
    key = _KeyReader(lexer, _charset(lexer)).program()
    return Thread(lexer.tag, _is_uid(lexer), algorithm, key)


READERS: dict[str, Callable[[Lexer], Command]] = {
    "SEARCH": read_search,
    "UID SEARCH": read_search,
    "SORT": read_sort,
    "UID SORT": read_sort,
    "THREAD": read_thread,
    "UID THREAD": read_thread,
}
