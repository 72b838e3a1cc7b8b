"""Header fields by offset (RFC 5322 section 2.2).

Invariants:
- A header ends at its first empty line and nowhere else; a line that is no field is an anomaly, never an end.
- CRLF is the line end of every accepted letter. A bare LF counts as a line end too, since drafts that
  clients append over IMAP may carry it; a bare CR never does.
- Offsets count octets from the start of the whole message. A field spans from its name to the end of its
  last folded line, the line end included.
"""

import re
from typing import NamedTuple

from gateway.mime.limits import Limits, MimeLimitExceeded

# Section 2.2: printable US-ASCII without the colon; section 4.5 lets old software put blanks before it.
_FIELD = re.compile(rb"([!-9;-~]++)([ \t]*+):([^\n]*+(?:\n[ \t][^\n]*+)*+)\n?")
_LINE = re.compile(rb"[^\n]*+\n?")
_BLANK_FOLD = re.compile(rb"\n[ \t]++\r?(?:\n|\Z)")
_FOLD = re.compile(rb"\r?\n(?=[ \t])")
_BLANKS = b" \t\r\n"


class Field(NamedTuple):
    """One header field: octets[start:end] with its line end; name in lower case, value after the colon."""

    name: str
    start: int
    value_start: int
    end: int


class Header(NamedTuple):
    """A scanned header: its fields in order, where the body starts, and what was odd about it."""

    fields: tuple[Field, ...]
    body_start: int
    anomalies: tuple[str, ...]


def scan_header(octets: bytes, start: int, end: int, limits: Limits) -> Header:
    """Scan the header of the entity octets[start:end].

    Anomalies: `malformed-header-line` (a line that is no field), `space-before-colon`, `blank-folded-line` (a
    continuation line of blanks only, which some readers take for the end of the header).
    """
    if octets.startswith((b"\r\n", b"\n"), start, end):
        return Header((), start + (2 if octets[start] == 13 else 1), ())
    fields_end, body_start = _header_end(octets, start, end)
    if fields_end - start > limits.header_octets:
        raise MimeLimitExceeded("header-too-large", limits.header_octets, fields_end - start)
    fields: list[Field] = []
    anomalies: list[str] = []
    match_field = _FIELD.match
    position = start
    while position < fields_end:
        match = match_field(octets, position, fields_end)
        if match is None:
            anomalies.append("malformed-header-line")
            line = _LINE.match(octets, position, fields_end)
            position = line.end() if line is not None else fields_end
            continue
        name_end, value_start = match.start(2), match.start(3)
        if value_start - name_end > 1:
            anomalies.append("space-before-colon")
        following = match.end()
        fields.append(
            Field(octets[position:name_end].lower().decode("ascii"), position, value_start, following)
        )
        position = following
        if len(fields) > limits.fields:
            raise MimeLimitExceeded("too-many-fields", limits.fields, len(fields))
    if _BLANK_FOLD.search(octets, start, fields_end):
        anomalies.append("blank-folded-line")
    return Header(tuple(fields), body_start, tuple(dict.fromkeys(anomalies)))


def _header_end(octets: bytes, start: int, end: int) -> tuple[int, int]:
    """Return where the last field line ends and where the body starts, both `end` without an empty line."""
    crlf = octets.find(b"\n\r\n", start, end)
    bare = octets.find(b"\n\n", start, crlf + 1 if crlf >= 0 else end)
    if bare >= 0:
        return bare + 1, bare + 2
    if crlf >= 0:
        return crlf + 1, crlf + 3
    return end, end


def raw_value(octets: bytes, field: Field) -> bytes:
    """Return the octets after the colon, folding and line end included."""
    return octets[field.value_start : field.end]


def unfold(value: bytes) -> bytes:
    """Unfold a raw value (RFC 5322 section 2.2.3) and strip the blanks around it."""
    if b"\n" in value:
        value = _FOLD.sub(b"", value)
    return value.strip(_BLANKS)


def unfolded_value(octets: bytes, field: Field) -> bytes:
    """Return the field's value, unfolded and without the blanks around it."""
    return unfold(octets[field.value_start : field.end])
