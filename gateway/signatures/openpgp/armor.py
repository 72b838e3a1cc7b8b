"""ASCII armor (RFC 9580 section 6.2), read strictly.

Invariants:
- Exactly one armor block of the wanted kind and nothing else but blank lines: no text before or after it, no second
  block, no cleartext signature framework.
- Both engines get the binary octets that this file yields, so no two armor readers can read one text differently.
"""

import base64
import binascii
import re

_HEADER = re.compile(rb"[A-Za-z][A-Za-z0-9-]*: ?[ -~\x80-\xff]*")
_CHECKSUM = re.compile(rb"=[A-Za-z0-9+/]{4}")
_BEGIN = b"-----BEGIN PGP "
_BLANKS = b" \t\r\n"  # form feed and vertical tab are no white space here


class ArmorError(ValueError):
    """The text is not exactly one armor block of the wanted kind; the message says where it fails."""


def is_armored(octets: bytes) -> bool:
    """Whether the first octet that is not white space can only be text: a binary packet has its top bit set."""
    text = octets.lstrip(_BLANKS)
    return bool(text) and not text[0] & 0x80


def kind_of(octets: bytes) -> str:
    """The label of the first armor line ("SIGNATURE", "PUBLIC KEY BLOCK" ...), or "" if none starts the text."""
    first = octets.lstrip(_BLANKS).split(b"\n", 1)[0].rstrip(_BLANKS)
    if not (first.startswith(_BEGIN) and first.endswith(b"-----")):
        return ""
    return first[len(_BEGIN) : -5].decode("ascii", "replace")


def dearmor(octets: bytes, kind: str) -> bytes:
    """The binary octets inside the one armor block of `kind`; binary input is returned as it is.

    The CRC-24 line may be absent and is not checked (RFC 9580 section 6.1). Raises ArmorError.
    """
    if not is_armored(octets):
        return octets
    lines = [line.rstrip(_BLANKS) for line in octets.strip(_BLANKS).split(b"\n")]
    label = kind.encode("ascii")
    if lines[0] != _BEGIN + label + b"-----":
        raise ArmorError("the first line is not the armor header that was expected")
    if lines[-1] != b"-----END PGP " + label + b"-----":
        raise ArmorError("the last line is not the armor tail that was expected")
    return _decode(lines[1:-1])


def _decode(lines: list[bytes]) -> bytes:
    """Header lines, one blank line, base64 lines, perhaps one checksum line: in this order, nothing else."""
    position = 0
    while position < len(lines) and lines[position]:
        if not _HEADER.fullmatch(lines[position]):
            raise ArmorError("a line of the armor header is malformed")
        position += 1
    body = lines[position + 1 :]
    if body and _CHECKSUM.fullmatch(body[-1]):
        body.pop()
    if not body or not all(body):
        raise ArmorError("the armor holds nothing, or a blank line inside its data")
    try:
        return base64.b64decode(b"".join(body), validate=True)
    except binascii.Error:
        raise ArmorError("the armored data is not base64") from None
