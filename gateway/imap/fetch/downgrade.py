"""ENVELOPE and BODYSTRUCTURE for clients that have not enabled UTF8=ACCEPT (after RFC 6858). Pure.

Text outside ASCII becomes encoded words, which every client reads; an address outside ASCII cannot be used by such a
client and is shown in its name, with an address that leads nowhere. The message itself stays as it is.

Invariant: what comes out is the same list, all of it ASCII.
"""

import re
from base64 import b64encode

from gateway.imap.wire.encoder import string

NOWHERE = (b"invalid", b"internationalized-address.invalid")
_TOKEN = re.compile(
    rb'(?P<blank> )|(?P<open>\()|(?P<close>\))|"(?P<quoted>[^"\\]*+(?:\\.[^"\\]*+)*+)"'
    rb"|\{(?P<size>[0-9]+)\}\r\n|(?P<atom>[^ ()\"{]+)",
    re.DOTALL,
)
_PAIR = re.compile(rb"\\(.)", re.DOTALL)
_WORD_OCTETS = 42  # encoded in base64 and framed, within the 75 characters of RFC 2047 section 2

Item = bytes | list["Item"] | tuple[bytes]
"""A string, a list, or what is no string (NIL, a number), in a tuple."""


def conventional_envelope(envelope: bytes) -> bytes:
    """Return an ENVELOPE list in ASCII."""
    if envelope.isascii():
        return envelope
    parts = _read(envelope)
    for part in parts:
        if isinstance(part, list):
            for address in part:
                if isinstance(address, list) and len(address) == 4:
                    _hide_address(address)
    return _write(parts)


def conventional(structure: bytes) -> bytes:
    """Return a BODY or BODYSTRUCTURE list in ASCII."""
    return structure if structure.isascii() else _write(_read(structure))


def _hide_address(address: list[Item]) -> None:
    name, _, mailbox, host = address
    if not isinstance(mailbox, bytes) or not isinstance(host, bytes) or (mailbox + host).isascii():
        return
    written = b"<%b@%b>" % (mailbox, host)
    address[0] = b"%b %b" % (name, written) if isinstance(name, bytes) else written
    address[2], address[3] = NOWHERE


def _read(written: bytes) -> list[Item]:
    """Read one parenthesised list that this server wrote."""
    root: list[Item] = []
    stack: list[list[Item]] = [root]
    at = 0
    while at < len(written):
        token = _TOKEN.match(written, at)
        if token is None:
            raise ValueError("not a list of ours")
        at = token.end()
        if token["open"]:
            inner: list[Item] = []
            stack[-1].append(inner)
            stack.append(inner)
        elif token["close"]:
            stack.pop()
        elif token["quoted"] is not None:
            stack[-1].append(_PAIR.sub(rb"\1", token["quoted"]))
        elif token["size"]:
            stack[-1].append(written[at : at + int(token["size"])])
            at += int(token["size"])
        elif token["atom"]:
            stack[-1].append((token["atom"],))
    (whole,) = root
    assert isinstance(whole, list)
    return whole


def _write(items: list[Item]) -> bytes:
    """Write a list; lists beside each other stand without a blank, as addresses and parts do."""
    out: list[bytes] = []
    # What waits is written from the end: a list opened, or an item.
    waiting: list[Item | None] = [items]
    while waiting:
        item = waiting.pop()
        if item is None:
            out.append(b")")
            continue
        if out and out[-1] != b"(" and not (isinstance(item, list) and out[-1] == b")"):
            out.append(b" ")
        if isinstance(item, list):
            out.append(b"(")
            waiting.append(None)
            waiting.extend(reversed(item))
        elif isinstance(item, tuple):
            out.append(item[0])
        else:
            out.append(string(_encoded(item)))
    return b"".join(out)


def _encoded(text: bytes) -> bytes:
    """Return text in ASCII, as encoded words of UTF-8 where needed."""
    if text.isascii():
        return text
    words: list[bytes] = []
    run = b""
    for character in text.decode("utf-8", "replace"):
        octets = character.encode()
        if len(run) + len(octets) > _WORD_OCTETS:
            words.append(run)
            run = b""
        run += octets
    words.append(run)
    return b" ".join([b"=?utf-8?B?%b?=" % b64encode(word) for word in words])
