"""IMAP BODY and BODYSTRUCTURE: the MIME structure of a message (RFC 9051 section 7.5.2).

Invariants:
- Octet counts are of the encoded body as it lies in the message, the line end before the next delimiter left
  out: exactly what BODY[section] returns. Line counts are the line ends in it.
- Types, parameters and other text go out as written, their case kept and nothing decoded; only the sections
  of a parameter are joined, still encoded (RFC 2231 section 6).
- The list is well formed whatever the message: a multipart without parts shows one empty text part, an
  embedded message under a transfer encoding shows an empty envelope and body.
"""

from gateway.mime.continuations import join_sections
from gateway.mime.envelope import EMPTY_ENVELOPE, envelope
from gateway.mime.header import unfolded_value
from gateway.mime.nstring import nstring
from gateway.mime.parameters import Parameter, parse_parameters, parse_token
from gateway.mime.part import Part

_EMPTY_TEXT = b'("text" "plain" ("charset" "us-ascii") NIL NIL "7bit" 0 0'
_DEFAULT_CHARSET = (
    b'("charset" "us-ascii")'  # RFC 2045 section 5.2, written out for clients that do not know it
)


def bodystructure(part: Part, octets: bytes, *, extended: bool) -> bytes:
    """Return the parenthesised list of `part`: BODYSTRUCTURE when `extended`, else BODY."""
    return structures(part, octets)[extended]


def structures(part: Part, octets: bytes) -> tuple[bytes, bytes]:
    """Return BODY and BODYSTRUCTURE of `part`: they are read from the same fields."""
    content = _content_fields(part, octets)
    if part.content_type.type == "multipart":
        return _multipart(part, octets, content)
    return _single(part, octets, content)


def _content_fields(part: Part, octets: bytes) -> dict[str, bytes]:
    """Return the unfolded values of the Content-* fields, the first of each name."""
    found: dict[str, bytes] = {}
    for field in part.fields:
        if field.name.startswith("content-") and field.name not in found:
            found[field.name] = unfolded_value(octets, field)
    return found


def _multipart(part: Part, octets: bytes, content: dict[str, bytes]) -> tuple[bytes, bytes]:
    inside = [structures(child, octets) for child in part.children]
    short = b"".join([one[0] for one in inside]) or _EMPTY_TEXT + b")"
    long = b"".join([one[1] for one in inside]) or _EMPTY_TEXT + b" NIL NIL NIL NIL)"
    subtype = nstring(part.content_type.written.partition(b"/")[2])
    params = _parameter_list(part.content_type.params)
    return b"(%b %b)" % (short, subtype), b"(%b %b %b %b)" % (long, subtype, params, _extension(content))


def _single(part: Part, octets: bytes, content: dict[str, bytes]) -> tuple[bytes, bytes]:
    content_type = part.content_type
    kind, _, subtype = (content_type.written or content_type.media_type.encode("ascii")).partition(b"/")
    params = _parameter_list(content_type.params)
    if content_type.type == "text" and not any(
        p.name.lower().startswith(b"charset") for p in content_type.params
    ):
        params = _DEFAULT_CHARSET if params == b"NIL" else b"%b %b" % (params[:-1], _DEFAULT_CHARSET[1:])
    fields = b"%b %b %b %b %b %b %d" % (
        nstring(kind),
        nstring(subtype),
        params,
        nstring(content.get("content-id")),
        nstring(content.get("content-description")),
        nstring(_encoding(content)),
        part.end - part.body_start,
    )
    short = long = b""
    if content_type.type == "text":
        short = long = b" %d" % octets.count(b"\n", part.body_start, part.end)
    elif content_type.media_type in {"message/rfc822", "message/global"}:
        lines = octets.count(b"\n", part.body_start, part.end)
        short, long = (b" %b %d" % (one, lines) for one in _embedded(part, octets))
    more = b"%b %b" % (nstring(content.get("content-md5")), _extension(content))
    return b"(%b%b)" % (fields, short), b"(%b%b %b)" % (fields, long, more)


def _embedded(part: Part, octets: bytes) -> tuple[bytes, bytes]:
    """Return envelope and structure of the message inside."""
    if not part.children:
        empty = EMPTY_ENVELOPE + b" " + _EMPTY_TEXT
        return empty + b")", empty + b" NIL NIL NIL NIL)"
    inner = part.children[0]
    written = envelope(inner, octets)
    short, long = structures(inner, octets)
    return b"%b %b" % (written, short), b"%b %b" % (written, long)


def _encoding(content: dict[str, bytes]) -> bytes:
    value = content.get("content-transfer-encoding", b"")
    return parse_token(value)[0] or value or b"7bit"


def _extension(content: dict[str, bytes]) -> bytes:
    """Return disposition, language and location, which end both kinds of list."""
    disposition = b"NIL"
    value = content.get("content-disposition", b"")
    token, position = parse_token(value)
    if token:
        disposition = b"(%b %b)" % (nstring(token), _parameter_list(parse_parameters(value, position).items))
    languages = [tag.strip(b" \t") for tag in content.get("content-language", b"").split(b",")]
    written = b" ".join([nstring(tag) for tag in languages if tag])
    language = b"(%b)" % written if written else b"NIL"
    return b"%b %b %b" % (disposition, language, nstring(content.get("content-location")))


def _parameter_list(params: tuple[Parameter, ...]) -> bytes:
    if not params:
        return b"NIL"
    pairs = [b"%b %b" % (nstring(name), nstring(value)) for name, value in join_sections(params)]
    return b"(%b)" % b" ".join(pairs)
