"""FETCH and UID FETCH (RFC 3501/9051, BINARY RFC 3516, CONDSTORE and QRESYNC RFC 7162)."""

import re
from collections.abc import Callable

from gateway.imap.wire.commands import Command
from gateway.imap.wire.commands_message import Fetch
from gateway.imap.wire.fetch_items import (
    Attribute,
    BinarySection,
    BinarySize,
    BodySection,
    FetchItem,
    Preview,
    Section,
)
from gateway.imap.wire.lexer import Lexer

ITEMS = 100
"""Most items in one FETCH: each can be a whole letter, for every message named."""
PART_DEPTH = 100
"""Deepest part number; MIME is not read deeper."""
FIELDS = 500
"""Most field names in one HEADER.FIELDS."""
FIELD_OCTETS = 998
"""Longest field name (RFC 5322 section 2.1.1)."""

_ITEM = re.compile(rb"[A-Za-z0-9.]+")
_PART = re.compile(rb"[1-9][0-9]{0,9}(?:\.[1-9][0-9]{0,9})*")
_WHAT = re.compile(rb"HEADER\.FIELDS\.NOT|HEADER\.FIELDS|HEADER|TEXT|MIME", re.IGNORECASE)
_FIELD_NAME = re.compile(r"[!-9;-~]+\Z")

_NAMES = (
    "FLAGS",
    "UID",
    "INTERNALDATE",
    "ENVELOPE",
    "BODYSTRUCTURE",
    "MODSEQ",
    "EMAILID",
    "THREADID",
    "SAVEDATE",
    "RFC822",
    "RFC822.SIZE",
    "RFC822.HEADER",
    "RFC822.TEXT",
)
_ATTRIBUTES: dict[bytes, FetchItem] = {name.encode("ascii"): Attribute(name) for name in _NAMES}
_FAST = (_ATTRIBUTES[b"FLAGS"], _ATTRIBUTES[b"INTERNALDATE"], _ATTRIBUTES[b"RFC822.SIZE"])
_ALL = (*_FAST, _ATTRIBUTES[b"ENVELOPE"])
_STRUCTURE = Attribute("BODY")
_MACROS: dict[bytes, tuple[FetchItem, ...]] = {b"FAST": _FAST, b"ALL": _ALL, b"FULL": (*_ALL, _STRUCTURE)}
_WHOLE = BodySection(Section())
_WHOLE_PEEK = BodySection(Section(), peek=True)


def read_fetch(lexer: Lexer) -> Command:
    """FETCH SP set SP (macro / item / "(" item … ")") [SP "(" modifier … ")"]."""
    lexer.space()
    numbers = lexer.sequence_set()
    lexer.space()
    if lexer.upcoming(b"("):
        items = lexer.items(lambda: _item(lexer, _item_name(lexer)), most=ITEMS)
    else:
        name = _item_name(lexer)
        items = _MACROS.get(name) or (_item(lexer, name),)
    if len(items) > 1:
        items = tuple(dict.fromkeys(items))
    uid = lexer.verb.startswith("UID ")
    if lexer.take_opening():
        changed_since, vanished = _modifiers(lexer, uid=uid)
        return Fetch(lexer.tag, uid, numbers, items, changed_since, vanished)
    return Fetch(lexer.tag, uid, numbers, items)


def _modifiers(lexer: Lexer, *, uid: bool) -> tuple[int, bool]:
    """Read the rest of "(" modifier … ")". CHANGEDSINCE 0 is sent by iOS and means since ever."""
    changed_since: int | None = None
    vanished = False
    while True:
        if lexer.keyword("CHANGEDSINCE", "VANISHED") == "VANISHED":
            vanished = True
        else:
            lexer.space()
            changed_since = lexer.number63()
        if lexer.take_closing():
            break
        lexer.space()
    if changed_since is None or (vanished and not uid):
        raise lexer.bad("VANISHED needs UID FETCH and CHANGEDSINCE")  # RFC 7162 section 3.2.6
    return changed_since, vanished


def _item_name(lexer: Lexer) -> bytes:
    found = lexer.match(_ITEM)
    if found is None:
        raise lexer.bad("Expected a FETCH item")
    return found[0].upper()


def _item(lexer: Lexer, name: bytes) -> FetchItem:
    attribute = _ATTRIBUTES.get(name)
    if attribute is not None:
        return attribute
    if name == b"BODY":
        return _body(lexer, peek=False) if lexer.upcoming(b"[") else _STRUCTURE
    if name == b"BODY.PEEK":
        return _body(lexer, peek=True)
    if name in {b"BINARY", b"BINARY.PEEK"}:
        part = _bracketed_part(lexer)
        return BinarySection(part, lexer.partial(), name == b"BINARY.PEEK")
    if name == b"BINARY.SIZE":
        return BinarySize(_bracketed_part(lexer))
    if name == b"PREVIEW":
        return _preview(lexer)
    raise lexer.bad("Unknown FETCH item")


def _preview(lexer: Lexer) -> Preview:
    lazy = lexer.take_opening()
    if lazy:
        lexer.keyword("LAZY")
        lexer.closing()
    return Preview(lazy)


def _body(lexer: Lexer, *, peek: bool) -> BodySection:
    if lexer.take(b"[]") and not lexer.upcoming(b"<"):
        return _WHOLE_PEEK if peek else _WHOLE
    section = Section() if lexer.upcoming(b"<") else _section(lexer)
    return BodySection(section, lexer.partial(), peek)


def _section(lexer: Lexer) -> Section:
    lexer.expect(b"[")
    part = _part(lexer)
    what = ""
    fields: tuple[str, ...] = ()
    if not part or lexer.take(b"."):
        found = lexer.match(_WHAT)
        if found is None:
            raise lexer.bad("Not a section")
        what = found[0].decode("ascii").upper()
        if what == "MIME" and not part:
            raise lexer.bad("MIME needs a part number")
        if what.startswith("HEADER.FIELDS"):
            lexer.space()
            fields = lexer.items(lambda: _field_name(lexer), most=FIELDS)
            lexer.blanks()
    lexer.expect(b"]")
    return Section(part, what, fields)


def _field_name(lexer: Lexer) -> str:
    name = lexer.ascii(lexer.astring())
    if len(name) > FIELD_OCTETS or _FIELD_NAME.match(name) is None:
        raise lexer.bad("Not a header field name")
    return name


def _bracketed_part(lexer: Lexer) -> tuple[int, ...]:
    lexer.expect(b"[")
    part = _part(lexer)
    lexer.expect(b"]")
    return part


def _part(lexer: Lexer) -> tuple[int, ...]:
    found = lexer.match(_PART)
    if found is None:
        return ()
    numbers = found[0].split(b".")
    if len(numbers) > PART_DEPTH:
        raise lexer.bad("Part number too deep")
    return tuple(map(int, numbers))


READERS: dict[str, Callable[[Lexer], Command]] = {"FETCH": read_fetch, "UID FETCH": read_fetch}
