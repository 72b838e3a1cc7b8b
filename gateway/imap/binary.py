"""Messages that a client appends as literal8 with octets that no other command can carry (RFC 3516 section 4.4).

A part in the `binary` transfer encoding is stored in base64 instead, at the append: drafts only, never letters.

Invariant: what BINARY gives of the part is what was appended, octet for octet; nothing else of the message changes.
"""

import binascii
import re

from gateway.mime.part import Part, walk
from gateway.mime.tree import parse

_ENCODING = re.compile(rb"^(content-transfer-encoding[ \t]*:)[^\n]*\n", re.IGNORECASE | re.MULTILINE)
_LINE_OCTETS = 57  # make base64 lines of 76 characters


def to_base64(octets: bytes) -> bytes:
    """Return a message with each of its binary parts in base64. Raises MimeLimitExceeded."""
    binaries = [
        part for part in walk(parse(octets)) if part.transfer_encoding == "binary" and not part.children
    ]
    for part in reversed(binaries):
        octets = octets[: part.start] + _encoded(octets, part) + octets[part.end :]
    return octets


def _encoded(octets: bytes, part: Part) -> bytes:
    head = _ENCODING.sub(rb"\1 base64\r\n", octets[part.start : part.body_start], count=1)
    body = octets[part.body_start : part.end]
    lines = [
        binascii.b2a_base64(body[at : at + _LINE_OCTETS], newline=False)
        for at in range(0, len(body), _LINE_OCTETS)
    ]
    return head + b"".join([line + b"\r\n" for line in lines])
