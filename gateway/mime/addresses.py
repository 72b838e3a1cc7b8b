"""Address lists for display in an ENVELOPE (RFC 5322 section 3.4); lenient: broken ones show something.

Nobody is identified by the result: rules that decide use `policies.addresses.address`, one mailbox or a refusal.

Invariants:
- Total, and linear in the length of the value.
- Text stays as written: quotes, quoted pairs and comments' parentheses are taken away, nothing is decoded.
"""

import re
from typing import NamedTuple

from gateway.mime.parameters import comment_end

# What honest letters hold, read in one step: local@host, or name <local@host>, to a comma or the end.
_COMMON = re.compile(
    rb"[ \t]*+(?:"
    rb"(?P<bare>[^ \t\r\n\"()<>,;:@\[\]\\]++)@(?P<host>[^ \t\r\n\"()<>,;:@\[\]\\]++)"
    rb"|(?:\"(?P<quoted>[^\"\\]*+(?:\\.[^\"\\]*+)*+)\"|(?P<words>[^\"()<>,;:@\[\]\\]*+))[ \t]*+"
    rb"<(?P<local>[^ \t\r\n\"()<>,;:@\[\]\\]++)@(?P<domain>[^ \t\r\n\"()<>,;:@\[\]\\]++)>"
    rb")[ \t]*+(?:,|\Z)",
    re.DOTALL,
)
_TOKEN = re.compile(
    rb"(?P<blank>[ \t\r\n]++)"
    rb"|(?P<quoted>\"[^\"\\]*+(?:\\.[^\"\\]*+)*+\"?)"
    rb"|(?P<comment>\()"
    rb"|(?P<special>[<>,;:@])"
    rb"|(?P<atom>\[[^\]]*+\]?|[^ \t\r\n\"(<>,;:@\[]++)",
    re.DOTALL,
)
_PAIR = re.compile(rb"\\(.)", re.DOTALL)
# What other servers write where a mailbox lacks a half; NIL would mean a group.
_NO_MAILBOX = b"MISSING_MAILBOX"
_NO_DOMAIN = b"MISSING_DOMAIN"


class Address(NamedTuple):
    """One entry of an ENVELOPE address list: a mailbox, or with host None the start or end of a group."""

    name: bytes | None
    route: bytes | None
    mailbox: bytes | None
    host: bytes | None


GROUP_END = Address(None, None, None, None)


def _host(words: list[bytes]) -> tuple[bytes, list[bytes]]:
    """Return the host after the @ and the words that follow it; further @ signs stay in the host."""
    taken = 1
    while taken < len(words) and (words[taken] == b"@" or words[taken - 1] == b"@"):
        taken += 1
    return b"".join(words[:taken]), words[taken:]


def _join(words: list[bytes]) -> bytes:
    """Join the words of a display name by blanks; an @ in it stands without."""
    if b"@" in words:
        return b" ".join(words).replace(b" @ ", b"@")
    return b" ".join(words)


def parse_addresses(value: bytes) -> list[Address]:
    """Parse an unfolded address list; groups become a start entry, their members and `GROUP_END`."""
    found: list[Address] = []
    position = 0
    in_group = False
    while position < len(value):
        match = _COMMON.match(value, position)
        if match is not None:
            found.append(_common(match))
            position = match.end()
            continue
        address, sign, position = _read_one(value, position, in_group=in_group)
        if address is not None:
            found.append(address)
        if sign == b":":
            in_group = True
        elif sign == b";" and in_group:
            found.append(GROUP_END)
            in_group = False
    if in_group:
        found.append(GROUP_END)
    return found


def _common(match: re.Match[bytes]) -> Address:
    if match["bare"] is not None:
        return Address(None, None, match["bare"], match["host"])
    name = match["quoted"]
    name = _unescape(name) if name is not None else b" ".join(match["words"].split())
    return Address(name or None, None, match["local"], match["domain"])


def _read_one(value: bytes, position: int, *, in_group: bool) -> tuple[Address | None, bytes, int]:
    """Read one address of any kind; return it, the sign that ended it (`,` `;` `:` or b""), and where."""
    words: list[bytes] = []  # outside angle brackets; b"@" stands for the sign itself
    inside: list[bytes] = []  # inside them
    comment: bytes | None = None
    target, angle = words, False
    while (match := _TOKEN.match(value, position)) is not None:
        position = match.end()
        kind = match.lastgroup
        if kind == "atom":
            target.append(match[0])
        elif kind == "quoted":
            target.append(_unescape(match[0][1:].removesuffix(b'"')))
        elif kind == "comment":
            position = comment_end(value, match.start())
            comment = _unescape(value[match.end() : position].removesuffix(b")"))
        elif kind == "special":
            sign = match[0]
            routed = target is inside and inside[:1] == [b"@"]
            if sign == b"<":
                target, angle = inside, True
            elif sign == b">":
                target = words
            elif sign == b"@" or (sign in b":," and routed) or (sign == b":" and target is inside):
                target.append(sign)
            elif sign == b":" and not in_group and not angle:
                return Address(None, None, _join(words), None), sign, position
            elif sign in b",;":
                return _mailbox(words, inside if angle else None, comment), sign, position
    return _mailbox(words, inside if angle else None, comment), b"", len(value)


def _mailbox(words: list[bytes], inside: list[bytes] | None, comment: bytes | None) -> Address | None:
    """Make what can be made of an address: words outside brackets, those inside (None without brackets)."""
    if inside is not None:
        return _bracketed(_join(words) or comment, inside)
    if not words:
        return None
    if b"@" not in words:  # a bare word is a local part, what stands before it a name
        return Address(_join(words[:-1]) or comment, None, words[-1], _NO_DOMAIN)
    at = words.index(b"@")
    local = words[at - 1] if at else _NO_MAILBOX
    host, rest = _host(words[at + 1 :])
    name = _join(words[: max(at - 1, 0)] + rest)
    return Address(name or comment, None, local, host or _NO_DOMAIN)


def _bracketed(name: bytes | None, inside: list[bytes]) -> Address:
    """Return name <route:local@host>; whatever stands before the bracket is the name."""
    route = None
    if b":" in inside:
        colon = len(inside) - 1 - inside[::-1].index(b":")
        route, inside = b"".join(inside[:colon]), inside[colon + 1 :]
    if b"@" not in inside:
        return Address(name, route, b"".join(inside) or _NO_MAILBOX, _NO_DOMAIN)
    at = inside.index(b"@")
    local, host = b"".join(inside[:at]), b"".join(inside[at + 1 :])
    return Address(name, route, local or _NO_MAILBOX, host or _NO_DOMAIN)


def _unescape(text: bytes) -> bytes:
    return _PAIR.sub(rb"\1", text) if b"\\" in text else text
