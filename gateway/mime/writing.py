"""Write the gateway's own mail: header fields and MIME entities (RFC 5322, RFC 2045).

Pure: values in, octets out. Only mail that the gateway itself writes passes here, never a letter.

Invariants:
- Signed octets survive transport (RFC 3156 section 5): US-ASCII, CRLF, no trailing blanks, no line of a body
  beginning with "From ", none over 76 octets but in parts that must not be encoded. Header lines are folded at 76;
  what cannot be folded keeps to 998.
- A value can never make a header field of its own: `field` takes printable US-ASCII and nothing else.
"""

import base64
import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass

LINE = 76  # RFC 2045 section 6.7 and 6.8
HARD_LIMIT = 998  # RFC 5322 section 2.1.1
_WORD_OCTETS = 39  # of UTF-8 in one encoded word: "Subject: " and the word fit one line

_NAME = re.compile(r"[A-Za-z][A-Za-z0-9-]{0,60}")
_PRINTABLE = re.compile(r"[!-~]+(?: [!-~]+)*")
_SEVEN_BIT = re.compile(rb"(?:(?!From )(?:[\t -~]{0,997}[!-~])?\r\n)*")
_PLAIN_BODY = re.compile(rb"(?:(?!From )(?:[\t -~]{0,75}[!-~])?\r\n)*")

Fields = Sequence[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class Entity:
    """One finished MIME entity: `head` is its header with the empty line, `body` what follows."""

    head: bytes
    body: bytes

    @property
    def octets(self) -> bytes:
        """The whole entity, without the line end that belongs to the next delimiter."""
        return self.head + self.body


def field(name: str, value: str) -> bytes:
    """Return one header field, folded at spaces.

    Raises ValueError for anything but printable US-ASCII with single spaces, or a word that fits no line.
    """
    if not _NAME.fullmatch(name) or not _PRINTABLE.fullmatch(value):
        raise ValueError(f"the field {name!r} would not be one well-formed header field")
    first, *words = value.split(" ")
    lines = [f"{name}: {first}"]
    for word in words:
        if len(lines[-1]) + 1 + len(word) <= LINE:
            lines[-1] += f" {word}"
        else:
            lines.append(f" {word}")
    if max(map(len, lines)) > HARD_LIMIT:
        raise ValueError(f"the field {name!r} has a word that fits no line")
    return "\r\n".join(lines).encode("ascii") + b"\r\n"


def header(fields: Fields) -> bytes:
    """Return a header section without the empty line."""
    return b"".join(field(name, value) for name, value in fields)


def words(text: str) -> str:
    """Return text in encoded words (RFC 2047), fit for an unstructured field and for a display name."""
    chunks: list[bytes] = []
    current = b""
    for character in text:
        octets = character.encode("utf-8", "replace")
        if len(current) + len(octets) > _WORD_OCTETS:
            chunks.append(current)
            current = b""
        current += octets
    chunks.append(current)
    return " ".join(f"=?UTF-8?B?{base64.b64encode(chunk).decode('ascii')}?=" for chunk in chunks)


def mailbox(display: str, address: str) -> str:
    """Return a mailbox with its display name (RFC 5322 section 3.4)."""
    return f"{words(display)} <{address}>"


# ── Bodies ──────────────────────────────────────────────────────────────────────────────────────────────


def base64_entity(fields: Fields, octets: bytes) -> Entity:
    """Return a leaf in base64."""
    body = b"".join(line + b"\r\n" for line in base64_lines(octets))
    return Entity(header([*fields, ("Content-Transfer-Encoding", "base64")]) + b"\r\n", body)


def smallest_entity(fields: Fields, octets: bytes) -> Entity:
    """Return a leaf in whichever encoding makes it smaller: quoted-printable for mostly US-ASCII, else base64."""
    encoded, quoted = base64_entity(fields, octets), text_entity(fields, octets)
    return min(encoded, quoted, key=lambda entity: len(entity.octets))


def base64_lines(octets: bytes, width: int = LINE) -> list[bytes]:
    """Return octets as lines of base64, without line ends."""
    encoded = base64.b64encode(octets)
    return [encoded[start : start + width] for start in range(0, len(encoded), width)]


def text_entity(fields: Fields, octets: bytes) -> Entity:
    """Return a leaf of CRLF lines: as it is when it survives transport so, else quoted-printable."""
    if _PLAIN_BODY.fullmatch(octets):
        return Entity(header([*fields, ("Content-Transfer-Encoding", "7bit")]) + b"\r\n", octets)
    body = b"\r\n".join(map(_quoted_line, octets.split(b"\r\n")))
    return Entity(header([*fields, ("Content-Transfer-Encoding", "quoted-printable")]) + b"\r\n", body)


def seven_bit_entity(fields: Fields, octets: bytes) -> Entity:
    """Return a leaf of CRLF lines that must not be encoded at all, such as message/delivery-status (RFC 3464).

    Raises ValueError for octets that are not 7bit (RFC 2045 section 2.7) or would not survive transport.
    """
    if not _SEVEN_BIT.fullmatch(octets):
        raise ValueError("these octets need an encoding, and their type allows none")
    return Entity(header([*fields, ("Content-Transfer-Encoding", "7bit")]) + b"\r\n", octets)


def _quoted_line(line: bytes) -> bytes:
    """Encode one line (RFC 2045 section 6.7); a bare CR or LF in it is data and is encoded too."""
    lines, current = [], ""
    for position, octet in enumerate(line):
        literal = _quoted(octet, last=position == len(line) - 1)
        if len(current) + len(literal) > LINE - 1:
            lines.append(current + "=")
            current = ""
        if not current and line.startswith(b"From ", position):
            literal = "=46"  # RFC 3156 section 5: some transport would write ">From "
        current += literal
    return "\r\n".join([*lines, current]).encode("ascii")


def _quoted(octet: int, *, last: bool) -> str:
    if octet in b" \t":
        return f"={octet:02X}" if last else chr(octet)
    # "@" may be written so, too (RFC 2045 section 6.7): programs that look for bounced addresses search raw lines.
    return chr(octet) if 33 <= octet <= 126 and octet not in b"=@" else f"={octet:02X}"


def multipart(subtype: str, parameters: str, fields: Fields, parts: Sequence[Entity], seed: str) -> Entity:
    """Return a multipart of finished parts. `parameters` stand before the boundary; `fields` after the type.

    The boundary follows from `seed`, and no part has it in a line.
    """
    boundary = boundary_for(seed, [part.octets for part in parts])
    extra = f"{parameters}; " if parameters else ""
    head = header([("Content-Type", f'multipart/{subtype}; {extra}boundary="{boundary}"'), *fields]) + b"\r\n"
    delimiter = b"--" + boundary.encode("ascii")
    body = b"".join(delimiter + b"\r\n" + part.octets + b"\r\n" for part in parts)
    return Entity(head, body + delimiter + b"--\r\n")


def boundary_for(seed: str, parts: Sequence[bytes]) -> str:
    """Return a boundary that begins no line of any part. No base64 or quoted-printable line has "=_"."""
    number = 0
    while True:
        digest = hashlib.sha256(f"{number} {seed}".encode()).hexdigest()[:16]
        boundary = f"=_{digest}"
        if not any(b"--" + boundary.encode("ascii") in part for part in parts):
            return boundary
        number += 1
