"""Content-Type and its kin: a token, then parameters, as they are written (RFC 2045 section 5.1, RFC 2231).

Invariants:
- Names and values are given as written, with quotes, quoted pairs and folding taken away and nothing decoded.
- Every pass is linear in the length of the value, whatever the value.
- What two readers could understand differently is a flaw with a stable word, so that a caller may refuse it.
"""

import re
from typing import NamedTuple

from gateway.mime.header import unfold

# RFC 2045 section 5.1: token = any CHAR except SPACE, CTLs and tspecials.
_TOKEN = re.compile(rb"[!#$%&'*+\-.0-9A-Z^_`a-z{|}~]++")
_MEDIA_TYPE = re.compile(rb"([!#$%&'*+\-.0-9A-Z^_`a-z{|}~]++)/([!#$%&'*+\-.0-9A-Z^_`a-z{|}~]++)")
_BLANKS = re.compile(rb"[ \t\r\n]*+")
# The common case in one step: ; name=value, with no comment. An unquoted value ends at a blank or a
# semicolon, as mail programs read it, so that boundary=----=_Part_1 keeps its equals sign.
_PARAMETER = re.compile(
    rb"[ \t\r\n]*+;[ \t\r\n;]*+([^ \t\r\n=;()\"]++)[ \t\r\n]*+=[ \t\r\n]*+"
    rb"(?:\"([^\"\\]*+(?:\\.[^\"\\]*+)*+)\"|([^ \t\r\n;\"(][^ \t\r\n;]*+))",
    re.DOTALL,
)
_NAME = re.compile(rb"([^ \t\r\n=;()\"]++)[ \t\r\n]*+")
_QUOTED = re.compile(rb"\"([^\"\\]*+(?:\\.[^\"\\]*+)*+)\"", re.DOTALL)
_BARE = re.compile(rb"[^ \t\r\n;]*+")
_TO_SEMICOLON = re.compile(rb"(?:[^;\"\\]++|\\.|\"[^\"\\]*+(?:\\.[^\"\\]*+)*+\"|[\"\\])*", re.DOTALL)
_SEMICOLONS = re.compile(rb"[ \t\r\n;]*+")
_PAREN = re.compile(rb"\\.|[()]", re.DOTALL)
_PAIR = re.compile(rb"\\(.)", re.DOTALL)
_COMMENT_OR_QUOTED = re.compile(rb"\(|\"[^\"\\]*+(?:\\.[^\"\\]*+)*+\"?", re.DOTALL)
_NOT_PLAIN = re.compile(rb"[;=\"\\()]")
# Comments and junk between parameters are read step by step; no honest field needs more steps than this.
_MAX_SLOW_STEPS = 64


class Parameter(NamedTuple):
    """One parameter as written: name (RFC 2231 marks such as `*0*` included) and value, both octets."""

    name: bytes
    value: bytes


class Parameters(NamedTuple):
    """The parameters of a field in order, and the flaws found: `comment`, `malformed-parameter`."""

    items: tuple[Parameter, ...]
    flaws: tuple[str, ...]


def parse_token(value: bytes, position: int = 0) -> tuple[bytes, int]:
    """Return the token at `position` after blanks and comments, and where it ends; b"" when there is none."""
    position = _skip(value, position)[0]
    match = _TOKEN.match(value, position)
    return (match[0], match.end()) if match is not None else (b"", position)


def parse_media_type(value: bytes) -> tuple[bytes, bytes, int] | None:
    """Return type and subtype as written and where they end; None when the value does not begin so."""
    match = _MEDIA_TYPE.match(value)
    if match is not None:
        return match[1], match[2], match.end()
    kind, position = parse_token(value)
    position = _skip(value, position)[0]
    if not kind or value[position : position + 1] != b"/":
        return None
    subtype, position = parse_token(value, position + 1)
    return (kind, subtype, position) if subtype else None


def parse_parameters(value: bytes, position: int, limit: int | None = None) -> Parameters:
    """Parse the parameters of `value` from `position`, at most `limit` + 1 of them.

    Flaws: `comment` when a comment stands anywhere in `value`, `malformed-parameter` when something between
    two semicolons is no parameter (it is skipped).
    """
    items: list[Parameter] = []
    flaws: list[str] = ["comment"] if value.find(b"(", 0, position) >= 0 else []
    slow_steps = 0
    while position < len(value) and (limit is None or len(items) <= limit):
        match = _PARAMETER.match(value, position)
        if match is not None:
            quoted = match[2]
            items.append(Parameter(match[1], match[3] if quoted is None else _unquote(quoted)))
            position = match.end()
            continue
        slow_steps += 1
        if slow_steps > _MAX_SLOW_STEPS:
            flaws.append("malformed-parameter")
            break
        item, position = _slow_parameter(value, position, flaws)
        if item is not None:
            items.append(item)
    return Parameters(tuple(items), tuple(dict.fromkeys(flaws)))


def _slow_parameter(value: bytes, position: int, flaws: list[str]) -> tuple[Parameter | None, int]:
    """Read one parameter that has comments, or step over what is none; always moves on."""
    position = _skip_noting(value, position, flaws)
    if position >= len(value):
        return None, position
    if value[position] != 0x3B:  # junk before the next semicolon
        flaws.append("malformed-parameter")
        return None, _to_semicolon(value, position)
    semicolons = _SEMICOLONS.match(value, position)
    position = _skip_noting(value, semicolons.end() if semicolons is not None else position + 1, flaws)
    if position >= len(value) or value[position] == 0x3B:
        return None, position  # an empty parameter, as after a final semicolon
    name = _NAME.match(value, position)
    position = _skip_noting(value, name.end(), flaws) if name is not None else position
    if name is None or value[position : position + 1] != b"=":
        flaws.append("malformed-parameter")
        return None, _to_semicolon(value, position)
    return _slow_value(value, name[1], _skip_noting(value, position + 1, flaws), flaws)


def _slow_value(value: bytes, name: bytes, position: int, flaws: list[str]) -> tuple[Parameter, int]:
    """Read a parameter's value: quoted, bare, or missing; an open quote takes the rest."""
    quoted = _QUOTED.match(value, position)
    if quoted is not None:
        return Parameter(name, _unquote(quoted[1])), quoted.end()
    if value[position : position + 1] == b'"':
        flaws.append("malformed-parameter")
        return Parameter(name, _unquote(value[position + 1 :])), len(value)
    bare = _BARE.match(value, position)
    found = bare[0] if bare is not None else b""
    if not found:
        flaws.append("malformed-parameter")
    return Parameter(name, found), position + len(found)


def _to_semicolon(value: bytes, position: int) -> int:
    match = _TO_SEMICOLON.match(value, position)
    return match.end() if match is not None else len(value)


def _unquote(quoted: bytes) -> bytes:
    """Take away folding, then the quoted pairs of a quoted string (RFC 5322 section 3.2.4)."""
    if b"\n" in quoted:
        # unfold() also strips; blanks inside the quotes count, so they are fenced off first.
        quoted = unfold(b"|" + quoted + b"|")[1:-1]
    return _PAIR.sub(rb"\1", quoted) if b"\\" in quoted else quoted


def _skip_noting(value: bytes, position: int, flaws: list[str]) -> int:
    position, commented = _skip(value, position)
    if commented:
        flaws.append("comment")
    return position


def _skip(value: bytes, position: int) -> tuple[int, bool]:
    """Skip blanks and comments (RFC 5322 section 3.2.2); return the end and whether there was a comment."""
    commented = False
    while True:
        blanks = _BLANKS.match(value, position)
        position = blanks.end() if blanks is not None else position
        if value[position : position + 1] != b"(":
            return position, commented
        commented = True
        position = comment_end(value, position)


def plain_comments(value: bytes) -> bool:
    """Say whether every comment of a value is closed and holds nothing that could be read as a parameter."""
    position = 0
    while (match := _COMMENT_OR_QUOTED.search(value, position)) is not None:
        position = match.end()
        if match[0] == b"(":
            end = comment_end(value, match.start())
            if value[end - 1 : end] != b")" or _NOT_PLAIN.search(value, position, end - 1):
                return False
            position = end
    return True


def comment_end(value: bytes, position: int) -> int:
    """Return where the comment that opens at `position` ends, nesting counted; an open one takes the rest."""
    depth = 0
    for match in _PAREN.finditer(value, position):
        if match[0] == b"(":
            depth += 1
        elif match[0] == b")":
            depth -= 1
            if depth == 0:
                return match.end()
    return len(value)
