"""Transfer encodings, decoded for reading, search and signature parts (RFC 2045 section 6).

Invariants:
- Lenient and total: damaged base64 or quoted-printable gives what can be read, never an exception.
- Nothing decoded here is ever stored or served in place of the received octets.
"""

import binascii
import re

_ALPHABET = frozenset(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/=")
# RFC 2045 section 6.7 rule 3: blanks at a line's end were added on the way. Each run is looked at once.
_TRAILING_BLANKS = re.compile(rb"(?<![ \t])[ \t]++(?=\r?\n|\Z)")
_NOT_BASE64 = bytes(octet for octet in range(256) if octet not in _ALPHABET)


def decode_transfer(body: bytes, encoding: str) -> bytes | None:
    """Decode `body` from the lower-case `encoding`; None when the encoding is unknown."""
    if encoding in {"7bit", "8bit", "binary"}:
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
