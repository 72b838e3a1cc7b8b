"""Modified UTF-7, the mailbox names of IMAP4rev1 on the wire (RFC 3501 section 5.1.3).

One name has one encoding here: `decode` refuses every other spelling of it (printable ASCII in base64, a
shift out and straight in again, left-over bits, an unfinished shift), because two spellings of one name are
two names to a filter that looks at only one of them.
"""

import re
from binascii import Error as Base64Error
from binascii import a2b_base64, b2a_base64

_DIRECT = re.compile("[ -%'-~]+|&|[^ -~]+")
_PIECE = re.compile(rb"[ -%'-~]+|&([A-Za-z0-9+,]*)-")


class InvalidModifiedUtf7(ValueError):
    """The octets are not the modified UTF-7 spelling of any name."""


def encode(name: str) -> bytes:
    """Return the modified UTF-7 form of `name`. Raises ValueError for a lone surrogate."""
    return b"".join(map(_encode_piece, _DIRECT.findall(name)))


def _encode_piece(piece: str) -> bytes:
    if piece == "&":
        return b"&-"
    if " " <= piece[0] <= "~":
        return piece.encode("ascii")
    base64 = b2a_base64(piece.encode("utf-16-be"), newline=False)
    return b"&" + base64.rstrip(b"=").replace(b"/", b",") + b"-"


def decode(octets: bytes) -> str:
    """Return the name that `octets` spell. Raises InvalidModifiedUtf7 unless it is the canonical form."""
    if b"&" not in octets and octets.isascii() and octets.decode("ascii").isprintable():
        return octets.decode("ascii")
    pieces: list[str] = []
    at = 0
    while at < len(octets):
        piece = _PIECE.match(octets, at)
        if piece is None:
            raise InvalidModifiedUtf7("not modified UTF-7")
        pieces.append(_decode_piece(piece))
        at = piece.end()
    name = "".join(pieces)
    if encode(name) != octets:
        raise InvalidModifiedUtf7("not the canonical modified UTF-7")
    return name


def _decode_piece(piece: re.Match[bytes]) -> str:
    base64 = piece[1]
    if base64 is None:
        return piece[0].decode("ascii")
    if not base64:
        return "&"
    try:
        units = a2b_base64(base64.replace(b",", b"/") + b"=" * (-len(base64) % 4))
        return units.decode("utf-16-be")
    except (Base64Error, UnicodeDecodeError):
        raise InvalidModifiedUtf7("not UTF-16 in base64") from None
