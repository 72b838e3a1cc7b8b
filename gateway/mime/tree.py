"""The structure of a message as a tree of offsets into the received octets (RFC 2045, RFC 2046, RFC 5322).

Invariants:
- The octets are never changed, copied into the tree or written anew.
- Outer boundaries win: a part ends at its parent's delimiter whatever its own content says, as RFC 2046
  section 5.1.2 has it and as mail programs do that read line by line from the outside.
- CRLF is the line end; a bare LF counts as one too (drafts that clients append), a bare CR never does.
- Time is linear in the size of the message for a given depth; `Limits` bounds depth and everything else.
- `MimeLimitExceeded` is the only exception, whatever the octets.
"""

from typing import NamedTuple

from gateway.mime.delimiters import boundary_of, cut
from gateway.mime.header import Field, scan_header, unfolded_value
from gateway.mime.limits import DEFAULT_LIMITS, Limits, MimeLimitExceeded
from gateway.mime.parameters import Parameter, parse_media_type, parse_parameters, parse_token
from gateway.mime.part import MESSAGE_RFC822, TEXT_PLAIN, ContentType, Part, walk

__all__ = [
    "DEFAULT_LIMITS",
    "ContentType",
    "Field",
    "Limits",
    "MimeLimitExceeded",
    "Parameter",
    "Part",
    "parse",
    "walk",
]

# RFC 2045 section 6.4 and RFC 6532 section 3.5: only these leave what is inside readable in place.
IDENTITY_ENCODINGS = frozenset({"7bit", "8bit", "binary"})
_EMBEDDED = frozenset({"rfc822", "global"})
_KNOWN_ENCODINGS = {
    word: word.decode("ascii") for word in (b"7bit", b"8bit", b"binary", b"base64", b"quoted-printable")
}


def parse(octets: bytes, *, limits: Limits = DEFAULT_LIMITS) -> Part:
    """Parse a whole message and return its root entity.

    Raises `MimeLimitExceeded` when the message passes one of `limits`, and nothing else, whatever the octets.
    """
    return _Parser(octets, limits).entity(0, len(octets), TEXT_PLAIN)


class _Body(NamedTuple):
    """What the body of an entity turned out to hold."""

    children: tuple[Part, ...]
    preamble: tuple[int, int]
    epilogue: tuple[int, int]
    closed: bool


class _Parser:
    """One parse: the octets, the limits, what has been used of them. `limits.depth` bounds the recursion."""

    __slots__ = ("boundaries", "depth", "header_octets", "limits", "octets", "parts", "scanned")

    def __init__(self, octets: bytes, limits: Limits) -> None:
        self.octets = octets
        self.limits = limits
        self.parts = 0
        self.header_octets = 0
        self.scanned = 0
        self.depth = 0  # of the entity being parsed
        self.boundaries: list[bytes] = []  # of the multiparts around the entity being parsed

    def entity(self, start: int, end: int, default: ContentType) -> Part:
        """Parse the entity octets[start:end]; `default` is its content type when the header gives none."""
        _hold("nested-too-deep", self.limits.depth, self.depth)
        self.parts += 1
        _hold("too-many-parts", self.limits.parts, self.parts)
        fields, body_start, anomalies = scan_header(self.octets, start, end, self.limits)
        self.header_octets += body_start - start
        _hold("headers-too-large", self.limits.all_header_octets, self.header_octets)
        flaws = list(anomalies)
        content_type, encoding = self._content(fields, default, flaws)
        body = _Body((), (end, end), (end, end), closed=True)
        self.depth += 1
        if content_type.type == "multipart":
            boundary = boundary_of(content_type.params, self.limits, flaws)
            if not boundary:
                content_type = TEXT_PLAIN
            else:
                if encoding not in IDENTITY_ENCODINGS:
                    flaws.append("encoded-multipart")
                default = MESSAGE_RFC822 if content_type.subtype == "digest" else TEXT_PLAIN
                self.boundaries.append(boundary)
                body = self._multipart(body_start, end, default, flaws)
                self.boundaries.pop()
        elif content_type.type == "message" and content_type.subtype in _EMBEDDED:
            if encoding in IDENTITY_ENCODINGS:
                child = self.entity(body_start, end, TEXT_PLAIN)
                body = _Body((child,), (end, end), (end, end), closed=True)
            else:
                flaws.append("encoded-message")
        self.depth -= 1
        words = tuple(dict.fromkeys(flaws)) if flaws else ()
        return Part(start, body_start, end, fields, content_type, encoding, *body, words)

    def _content(
        self, fields: tuple[Field, ...], default: ContentType, flaws: list[str]
    ) -> tuple[ContentType, str]:
        """Return the content type and the transfer encoding of a header; the first field of a name counts."""
        content_type: ContentType | None = None
        encoding = ""
        for field in fields:
            name = field.name
            if not name.startswith("content-"):
                continue
            if name == "content-type":
                if content_type is None:
                    content_type = self._content_type(field, flaws)
                else:
                    flaws.append("duplicate-content-type")
            elif name == "content-transfer-encoding":
                if encoding:
                    flaws.append("duplicate-content-transfer-encoding")
                else:
                    encoding = _transfer_encoding(unfolded_value(self.octets, field), flaws)
            elif name == "content-disposition":
                count = self.octets.count(b";", field.value_start, field.end)
                _hold("too-many-parameters", self.limits.parameters, count)
        return content_type or default, encoding or "7bit"

    def _content_type(self, field: Field, flaws: list[str]) -> ContentType:
        """Parse a Content-Type field; RFC 2045 section 5.2 has text/plain stand in for the unreadable."""
        value = unfolded_value(self.octets, field)
        media = parse_media_type(value)
        if media is None:
            flaws.append("malformed-content-type")
            return TEXT_PLAIN
        kind, subtype, position = media
        found = parse_parameters(value, position, self.limits.parameters)
        _hold("too-many-parameters", self.limits.parameters, len(found.items))
        flaws.extend(found.flaws)
        if len({param.name.lower() for param in found.items}) < len(found.items):
            flaws.append("duplicate-parameter")
        return ContentType(
            kind.lower().decode("ascii"),
            subtype.lower().decode("ascii"),
            found.items,
            b"%b/%b" % (kind, subtype),
        )

    def _multipart(self, start: int, end: int, default: ContentType, flaws: list[str]) -> _Body:
        """Cut the body octets[start:end] at the innermost boundary's delimiters; parse what lies between."""
        boundary = self.boundaries[-1]
        if boundary in self.boundaries[:-1]:
            flaws.append("boundary-reused")
        self.scanned += end - start
        _hold("scan-too-long", self.limits.scan_octets, self.scanned)
        found = cut(self.octets, boundary, start, end, self.limits.parts - self.parts)
        self.parts += found.lookalikes
        if found.lookalikes:
            flaws.append("delimiter-lookalike")
        if not found.spans:
            flaws.append("no-parts")
        children = tuple([self.entity(first, last, default) for first, last in found.spans])
        epilogue = (found.epilogue_start, end)
        if found.epilogue_start < 0:
            flaws.append("not-closed")
            epilogue = (end, end)
        elif self.octets.find(b"\n--" + boundary, found.epilogue_start - 1, end) >= 0:
            flaws.append("delimiter-after-close")
        preamble_end = found.preamble_end if found.preamble_end >= 0 else end
        return _Body(children, (start, preamble_end), epilogue, found.epilogue_start >= 0)


def _hold(code: str, limit: int, found: int) -> None:
    if found > limit:
        raise MimeLimitExceeded(code, limit, found)


def _transfer_encoding(value: bytes, flaws: list[str]) -> str:
    """Return the encoding in lower case (RFC 2045 section 6.1), or the start of what stands there instead."""
    lowered = value.lower()
    known = _KNOWN_ENCODINGS.get(lowered)
    if known is not None:
        return known
    token, position = parse_token(lowered)
    if not token or lowered[position:].strip(b" \t"):
        flaws.append("malformed-transfer-encoding")
    return (token or lowered[:40]).decode("latin-1")
