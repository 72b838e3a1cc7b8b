"""Strings, names and lists as a client reads them (RFC 3501/9051 section 9).

Invariants kept here: whatever the value, what is written is one token of the grammar; no CR, LF or NUL leaves
outside a literal whose size is announced, so no value can end a response line or begin another.
"""

import re
import unicodedata
from collections.abc import Iterable, Sequence
from functools import lru_cache

from gateway.imap.wire import mutf7
from gateway.imap.wire.alphabet import ATOM_CHAR

QUOTED_OCTETS = 1024
"""Longest quoted string that is written; longer strings are literals."""
TEXT_OCTETS = 900
"""Longest human text of a response line."""

_ATOM = re.compile(ATOM_CHAR + rb"+\Z")
_FLAG = re.compile(rb"\\?" + ATOM_CHAR + rb"+\Z|\\\*\Z")
_QUOTABLE = re.compile(rb"[ -~]*\Z")
_QUOTABLE8 = re.compile(rb"[ -~\x80-\xff]*\Z")
_SPECIAL = re.compile(rb'(["\\])')
_SPACES = frozenset({"Cc", "Cs", "Zl", "Zp"})  # controls, lone surrogates, line and paragraph separators


def literal_head(size: int, *, literal8: bool = False) -> bytes:
    """Return the announcement of a literal of `size` octets, which must follow."""
    return b"%s{%d}\r\n" % (b"~" if literal8 else b"", size)


def literal(octets: bytes) -> bytes:
    """Write a literal. For bodies use `body`, which does not copy."""
    return literal_head(len(octets)) + octets


def quoted(octets: bytes) -> bytes:
    """Write a quoted string. Raises ValueError for CR, LF, NUL and other controls; those need `string`."""
    if _QUOTABLE8.match(octets) is None:
        raise ValueError("not a quotable string")
    return b'"' + _SPECIAL.sub(rb"\\\1", octets) + b'"'


def string(octets: bytes, *, utf8: bool = False) -> bytes:
    """Write a quoted string where that is possible, else a literal.

    8-bit octets are quoted only if `utf8` and they are UTF-8 (RFC 6855 section 3).
    """
    quotable = _QUOTABLE8 if utf8 and _is_utf8(octets) else _QUOTABLE
    if len(octets) <= QUOTED_OCTETS and quotable.match(octets) is not None:
        return b'"' + _SPECIAL.sub(rb"\\\1", octets) + b'"'
    return literal(octets)


def nstring(octets: bytes | None, *, utf8: bool = False) -> bytes:
    """Write a string, or NIL for None."""
    return b"NIL" if octets is None else string(octets, utf8=utf8)


def astring(octets: bytes, *, utf8: bool = False) -> bytes:
    """Write an atom where that is possible, else a string. What reads as NIL is quoted."""
    if _ATOM.match(octets) is not None and octets.upper() != b"NIL":
        return octets
    return string(octets, utf8=utf8)


def atom(value: str) -> bytes:
    """Write an atom. Raises ValueError when `value` is none."""
    octets = value.encode()
    if _ATOM.match(octets) is None:
        raise ValueError("not an atom")
    return octets


def _is_utf8(octets: bytes) -> bool:
    try:
        octets.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True


def body(octets: bytes | None, *, binary: bool = False) -> bytes | list[bytes]:
    """Write the value of BODY[…] or, if `binary`, of BINARY[…]: NIL, "", or a literal in two pieces.

    A binary value with NUL is a literal8 (RFC 3516 section 4.3).
    """
    if octets is None:
        return b"NIL"
    if not octets:
        return b'""'
    return [literal_head(len(octets), literal8=binary and b"\0" in octets), octets]


def mailbox(name: str, *, utf8: bool = False) -> bytes:
    """Write a mailbox name: UTF-8 after ENABLE UTF8=ACCEPT, else modified UTF-7.

    Always quoted, except INBOX: a client mis-showed UTF-8 names that came as literals.
    """
    if name == "INBOX":
        return b"INBOX"
    return string(name.encode() if utf8 else mutf7.encode(name), utf8=utf8)


def parenthesized(values: Iterable[bytes]) -> bytes:
    """Write a list of values already written."""
    return b"(" + b" ".join(values) + b")"


def flag_list(flags: Iterable[str]) -> bytes:
    """Write flags. Raises ValueError for one that is no flag."""
    return parenthesized(map(_flag, flags))


def _flag(flag: str) -> bytes:
    octets = flag.encode()
    if _FLAG.match(octets) is None:
        raise ValueError("not a flag")
    return octets


def object_id(value: str) -> bytes:
    """Write an EMAILID, THREADID or MAILBOXID (RFC 8474)."""
    return b"(" + atom(value) + b")"


@lru_cache(maxsize=512)  # the sentences are few, and each answer ends in one
def human_text(text: str, *, utf8: bool = False) -> bytes:
    """Write the text of a response for a person: one line, not empty, nothing that reads as a response code.

    Characters outside ASCII, Arabic ones too, are kept only if `utf8` (the client has enabled it, RFC 6855
    section 3); otherwise each becomes "?". Controls and bidirectional overrides never pass.
    """
    plain = " ".join("".join(map(_visible, text)).split())
    if plain.startswith("["):
        plain = "(" + plain[1:]
    octets = plain.encode("utf-8" if utf8 else "ascii", "replace")
    if len(octets) > TEXT_OCTETS:
        octets = octets[:TEXT_OCTETS].decode("utf-8", "ignore").encode()
    return octets or b"."


def _visible(character: str) -> str:
    category = unicodedata.category(character)
    if category == "Cf":  # bidirectional overrides and other invisible ones
        return ""
    return " " if category in _SPACES else character


def capability_list(names: Sequence[str]) -> bytes:
    """Write capability names, separated by spaces."""
    return b" ".join(map(atom, names))
