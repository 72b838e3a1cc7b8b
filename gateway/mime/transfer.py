"""Transfer encodings, decoded for reading, search and signature parts (RFC 2045 section 6).

Invariants:
- Lenient and total: damaged base64 or quoted-printable gives what can be read, never an exception.
- Nothing decoded here is ever stored or served in place of the received octets.
"""

import binascii
import re
from collections.abc import Iterable, Iterator

IDENTITY = frozenset({"7bit", "8bit", "binary"})
"""The encodings under which a body stands as it is."""
_PLAIN = re.compile(rb"[!-<>-~]{4}")
_CARRIED = 1024 * 1024  # a longer line of quoted-printable is cut where it may be
_ALPHABET = frozenset(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/=")
# RFC 2045 section 6.7 rule 3: blanks at a line's end were added on the way. Each run is looked at once.
_TRAILING_BLANKS = re.compile(rb"(?<![ \t])[ \t]++(?=\r?\n|\Z)")
_NOT_BASE64 = bytes(octet for octet in range(256) if octet not in _ALPHABET)


def decode_transfer(body: bytes, encoding: str) -> bytes | None:
    """Decode `body` from the lower-case `encoding`; None when the encoding is unknown."""
    if encoding in IDENTITY:
        return body
    if encoding == "base64":
        return decode_base64(body)
    if encoding == "quoted-printable":
        return binascii.a2b_qp(_TRAILING_BLANKS.sub(b"", body))
    return None


def decode_base64(encoded: bytes) -> bytes:
    """Decode base64 up to its padding; octets outside the alphabet are skipped (RFC 2045 section 6.8)."""
    data = encoded.translate(None, _NOT_BASE64).partition(b"=")[0]
    if len(data) % 4 == 1:  # six bits make no octet
        data = data[:-1]
    return binascii.a2b_base64(data + b"=" * (-len(data) % 4))


def known_encoding(encoding: str) -> bool:
    """Whether a lower-case transfer encoding can be taken off."""
    return encoding in IDENTITY or encoding in {"base64", "quoted-printable"}


def decode_pieces(pieces: Iterable[bytes], encoding: str) -> Iterator[bytes]:
    """Decode a body that comes in pieces from a known encoding; what comes out is what `decode_transfer` gives."""
    if encoding == "base64":
        return _base64_pieces(pieces)
    return _quoted_printable_pieces(pieces) if encoding == "quoted-printable" else iter(pieces)


def _base64_pieces(pieces: Iterable[bytes]) -> Iterator[bytes]:
    rest = b""
    for piece in pieces:
        data, padding, _ = (rest + piece.translate(None, _NOT_BASE64)).partition(b"=")
        if padding:
            yield decode_base64(data)
            return
        whole = len(data) - len(data) % 4
        yield binascii.a2b_base64(data[:whole])
        rest = data[whole:]
    yield decode_base64(rest)


def _quoted_printable_pieces(pieces: Iterable[bytes]) -> Iterator[bytes]:
    rest = b""
    for piece in pieces:
        data = rest + piece
        end = data.rfind(b"\n") + 1
        if not end and len(data) > _CARRIED:
            end = _within_line(data)
        yield binascii.a2b_qp(_TRAILING_BLANKS.sub(b"", data[:end]))
        rest = data[end:]
    yield binascii.a2b_qp(_TRAILING_BLANKS.sub(b"", rest))


def _within_line(data: bytes) -> int:
    """Return where a line without an end can be cut: between plain octets, else before an escape."""
    found = [one.end() - 1 for one in _PLAIN.finditer(data, max(0, len(data) - 4096))]
    if found:
        return found[-1]
    end = len(data.rstrip(b" \t\r"))
    escape = data.rfind(b"=", max(0, end - 2), end)
    return end if escape < 0 else escape
