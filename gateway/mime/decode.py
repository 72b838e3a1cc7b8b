"""Text for reading and search: header text, parameters, bodies. The record stays the received octets.

Invariants:
- Total: damaged input gives replacement characters or less text, never an exception.
- Linear in the size of the input, whatever it holds.
- Nothing that decides about a letter reads the results.
"""

import re
from collections.abc import Iterable, Iterator

from gateway.mime.charsets import decode_text
from gateway.mime.continuations import Section, sections_by_name
from gateway.mime.fields import disposition, first
from gateway.mime.flowed import joined
from gateway.mime.html import strip_tags
from gateway.mime.parameters import Parameter
from gateway.mime.part import Part, walk
from gateway.mime.transfer import decode_transfer
from gateway.mime.words import decode_words

__all__ = [
    "decode_parameters",
    "decode_text",
    "decode_words",
    "decoded_body",
    "file_name",
    "file_names",
    "header_text",
    "text_of",
]

# No letter needs more; it bounds the time for a hostile page to about a second.
MAX_HTML_CHARACTERS = 4 * 1024 * 1024

_PERCENT = re.compile(rb"%([0-9A-Fa-f]{2})")


def header_text(part: Part, octets: bytes, name: str) -> str:
    """Return the decoded text of the first field of that lower-case name, "" when there is none."""
    value = first(part, octets, name)
    return "" if value is None else decode_words(value)


def decode_parameters(params: Iterable[Parameter]) -> dict[str, str]:
    """Decode parameters by lower-case name; an RFC 2231 form goes before the plain one of the same name.

    Encoded words in plain values are decoded too: they are wrong there (RFC 2047 section 5) and common.
    """
    items = tuple(params)
    decoded: dict[str, str] = {}
    for param in items:
        if b"*" not in param.name:
            name = param.name.lower().decode("latin-1")
            if name not in decoded:
                decoded[name] = decode_words(param.value)
    for key, run in sections_by_name(items).items():
        decoded[key.decode("latin-1")] = _decode_sections(run)
    return decoded


def _decode_sections(run: list[Section]) -> str:
    """Decode the sections of one value; the first names the charset when it is extended."""
    extended, value = run[0]
    charset = b""
    if extended and value.count(b"'") >= 2:
        charset, _, value = value.split(b"'", 2)
    pieces = [_percent(value) if extended else value]
    pieces += [_percent(section.value) if section.extended else section.value for section in run[1:]]
    return decode_text(b"".join(pieces), charset.decode("latin-1"))


def _percent(value: bytes) -> bytes:
    return _PERCENT.sub(lambda octet: bytes((int(octet[1], 16),)), value)


def file_name(part: Part, octets: bytes) -> str | None:
    """Return the decoded name of an attached file (RFC 2183 section 2.3, or the older `name`), or None.

    It is text from the letter: it may hold path separators and anything else.
    """
    found = disposition(part, octets)
    name = decode_parameters(found[1]).get("filename") if found is not None else None
    return name or decode_parameters(part.content_type.params).get("name") or None


def file_names(part: Part, octets: bytes) -> tuple[str, ...]:
    """Return every name that some program could give an attached file, each once."""
    names: list[str] = []
    found = disposition(part, octets)
    for wanted, params in (("filename", found[1] if found else ()), ("name", part.content_type.params)):
        names += [decode_words(param.value) for param in params if param.name.lower() == wanted.encode()]
        sections = sections_by_name(params).get(wanted.encode())
        names += [_decode_sections(sections)] if sections else []
    for field in ("content-disposition", "content-type"):
        names += [decode_words(name) for name in _unquoted_names(first(part, octets, field) or b"")]
    return tuple(dict.fromkeys(name for name in names if name))


def _unquoted_names(value: bytes) -> Iterator[bytes]:
    """Yield names as programs read them that take all up to the semicolon, blanks too, or need no disposition."""
    for piece in value.split(b";"):
        name, equals, given = piece.partition(b"=")
        if equals and name.strip().lower() in {b"filename", b"name"} and not given.lstrip().startswith(b'"'):
            yield given.strip()


def decoded_body(part: Part, octets: bytes) -> bytes | None:
    """Return the body without its transfer encoding; None when the encoding is unknown."""
    return decode_transfer(octets[part.body_start : part.end], part.transfer_encoding)


def text_of(part: Part, octets: bytes) -> Iterator[str]:
    """Yield the decoded text of every text part at or below `part`, HTML without its tags.

    A body whose transfer encoding is unknown, or misspelt, is read as it stands, as mail programs show it. Flowed text
    comes without its soft line breaks. Of all HTML together only the first `MAX_HTML_CHARACTERS` are read.
    """
    html_left = MAX_HTML_CHARACTERS
    for one in walk(part):
        if one.content_type.type != "text":
            continue
        body = decoded_body(one, octets)
        if body is None:
            body = octets[one.body_start : one.end]
        params = decode_parameters(one.content_type.params)
        text = decode_text(body, params.get("charset", ""))
        if one.content_type.subtype == "html":
            text = text[:html_left]
            html_left -= len(text)
            text = strip_tags(text)
        elif params.get("format", "").lower() == "flowed":
            text = joined(text, delete_space=params.get("delsp", "").lower() == "yes")
        yield text
