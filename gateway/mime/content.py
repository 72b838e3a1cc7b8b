"""What is found in the parts of a letter: two readings of one header, programs, reports, HTML that does things.

Facts only, for the rules. RFC 2045, RFC 2046, RFC 2183.

Invariants:
- What stands inside an attached message is content: its form and its HTML are not judged. What may not come in at all,
  programs and what only one vendor reads, is looked for there, too, under a transfer encoding as well.
- The first finding of each kind is kept, so that a hostile letter makes no long list.
- Linear in the size of the letter; the HTML that is looked at is bounded, and what exceeds the bound is a finding.
"""

import re
from collections.abc import Iterator

from gateway.mime import alternatives, hazards, programs
from gateway.mime.decode import decode_parameters, decode_text, decoded_body, file_names
from gateway.mime.fields import disposition, first
from gateway.mime.html import visible_text
from gateway.mime.limits import MimeLimitExceeded
from gateway.mime.parameters import plain_comments
from gateway.mime.part import Part
from gateway.mime.places import Located, line_of, located
from gateway.mime.tree import parse
from policies.structure import Problem
from policies.words.structure import Kind

MAX_HTML_CHARACTERS = 1024 * 1024
"""Of all HTML in a letter, pictures written into it not counted."""
MAX_COMPARED_OCTETS = 8 * MAX_HTML_CHARACTERS
"""Of the texts in all multipart/alternative, as they are encoded, counted again for each one around them."""
_DEEPEST_ENCODED = 3  # messages under a transfer encoding inside each other

OF_MULTIPART = {
    "not-closed": Kind.NOT_CLOSED,
    "no-parts": Kind.NO_PARTS,
    "delimiter-lookalike": Kind.DELIMITER_LOOKALIKE,
    "delimiter-after-close": Kind.DELIMITER_AFTER_CLOSE,
}
"""Anomalies of a multipart's body; all others are of a header."""
OF_HEADER = {
    "malformed-header-line": Kind.HEADER_LINE,
    "space-before-colon": Kind.SPACE_BEFORE_COLON,
    "blank-folded-line": Kind.BLANK_FOLDED_LINE,
    "duplicate-content-type": Kind.DUPLICATE_FIELD,
    "duplicate-content-transfer-encoding": Kind.DUPLICATE_FIELD,
    "malformed-content-type": Kind.CONTENT_TYPE,
    "malformed-parameter": Kind.CONTENT_TYPE,
    "duplicate-parameter": Kind.CONTENT_TYPE,
    "malformed-transfer-encoding": Kind.TRANSFER_ENCODING,
    "boundary-missing": Kind.BOUNDARY,
    "duplicate-boundary": Kind.BOUNDARY,
    "boundary-extended": Kind.BOUNDARY,
    "boundary-malformed": Kind.BOUNDARY,
    "boundary-reused": Kind.BOUNDARY,
    "encoded-multipart": Kind.ENCODED_MULTIPART,
}
LIMITS = {
    "header-too-large": Kind.HEADER_TOO_LARGE,
    "headers-too-large": Kind.HEADER_TOO_LARGE,
    "too-many-fields": Kind.HEADER_TOO_LARGE,
    "too-many-parameters": Kind.HEADER_TOO_LARGE,
    "boundary-too-long": Kind.BOUNDARY,
    "nested-too-deep": Kind.NESTED_TOO_DEEP,
    "too-many-parts": Kind.TOO_MANY_PARTS,
    "scan-too-long": Kind.TOO_MANY_PARTS,
}
_ONCE = frozenset(
    {"content-type", "content-transfer-encoding", "content-disposition", "content-id", "content-location"}
)
_FIELD_OF = {
    Kind.CONTENT_TYPE: "content-type",
    Kind.BOUNDARY: "content-type",
    Kind.TRANSFER_ENCODING: "content-transfer-encoding",
    Kind.ENCODED_MULTIPART: "content-transfer-encoding",
}
_CONTROL = re.compile(rb"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]|\r(?!\n)")
_WORD_CHARSET = re.compile(rb"=\?([^?\s]{1,60}+)\?")
_NOT_LETTERS = re.compile(r"[^a-z0-9]")
_OVERRIDE = re.compile("[\u202a-\u202e]")
_NO_NAME = re.compile("[\x00-\x08\n-\x1f\x7f-\x9f\\\\\u2028\u2029]|^[./~]|\\.\\./|^[A-Za-z]:|:\\$")
_MARKUP_TYPES = frozenset({"text/html", "application/xhtml+xml", "image/svg+xml", "text/x-amp-html"})
_MARKUP_NAMES = (".html", ".htm", ".xhtml", ".xht", ".shtml", ".svg")
_COMPARED = frozenset(
    {"text/plain", "text/html", "multipart/related", "multipart/mixed", "multipart/alternative"}
)
_REPORTS = frozenset({"multipart/report", "message/delivery-status", "message/disposition-notification"})


def limit_problem(exceeded: MimeLimitExceeded) -> Problem:
    """Return the finding for a letter whose structure could not be read."""
    return Problem(kind=LIMITS[exceeded.code], name=f"{exceeded.found} > {exceeded.limit}")


def problems(root: Part, octets: bytes) -> tuple[Problem, ...]:
    """Return what was found in the letter, the first of each kind, in the order of the parts."""
    scan = _Scan()
    line_ends = octets.count(b"\r\n")
    if octets.count(b"\n") != line_ends or octets.count(b"\r") != line_ends:
        scan.found[Kind.BARE_LINE_END] = Problem(kind=Kind.BARE_LINE_END)
    scan.letter(root, octets)
    return tuple(scan.found.values())


def header_problem(place: Located, octets: bytes) -> Problem | None:
    """Return the first thing in a part's header that two programs could read differently."""
    return next((_at(place, octets, *one) for one in _of_header(place.part, octets)), None)


def _of_header(part: Part, octets: bytes) -> Iterator[tuple[Kind, int, str]]:
    """Yield each finding in a header, where it is, and the name of the field."""
    for word in part.anomalies:
        kind = OF_HEADER.get(word)
        if kind is Kind.DUPLICATE_FIELD:
            continue  # found among the fields, below
        if kind is not None:
            yield (kind, *_field_of(part, _FIELD_OF.get(kind, "")))
        elif word == "comment" and not plain_comments(first(part, octets, "content-type") or b""):
            yield (Kind.COMMENT, *_field_of(part, "content-type"))
    seen: set[str] = set()
    for field in part.fields:
        if field.name in seen and field.name in _ONCE:
            yield Kind.DUPLICATE_FIELD, field.start, field.name
        seen.add(field.name)


def _field_of(part: Part, name: str) -> tuple[int, str]:
    """Return where the first field of that name stands, or else the header."""
    return next(((field.start, name) for field in part.fields if field.name == name), (part.start, name))


def _at(place: Located, octets: bytes, kind: Kind, position: int, field: str) -> Problem:
    return Problem(kind=kind, part=place.section, line=line_of(octets, position), field=field)


class _Scan:
    """One look at a letter; `found` holds the first finding of each kind."""

    def __init__(self) -> None:
        self.found: dict[Kind, Problem] = {}
        self._html_left = MAX_HTML_CHARACTERS
        self._compared_left = MAX_COMPARED_OCTETS

    def letter(self, root: Part, octets: bytes) -> None:
        signed = root.content_type.media_type == "multipart/signed" and len(root.children) == 2
        self._whole(root.children[0] if signed else root, "1" if signed else "")
        for place in located(root):
            if signed and place.part is root.children[1]:
                continue  # the signature, which is read strictly elsewhere
            names = file_names(place.part, octets)
            if not place.attached:
                self._form(place, octets, of_body=not (signed and place.part is root))
                self._text(place, octets, names)
            self._entity(place, octets, names, 0)

    def _note(self, kind: Kind, place: Located, octets: bytes, *, name: str = "", field: str = "") -> None:
        if kind not in self.found:
            line = line_of(octets, place.part.start) if place.countable else 0
            self.found[kind] = Problem(kind=kind, part=place.section, line=line, name=name, field=field)

    def _whole(self, part: Part, section: str) -> None:
        media_type = part.content_type.media_type
        if media_type in _REPORTS:
            self.found[Kind.REPORT] = Problem(kind=Kind.REPORT, part=section, name=media_type)
        elif part.content_type.type == "message":
            self.found[Kind.WHOLE_MESSAGE] = Problem(kind=Kind.WHOLE_MESSAGE, part=section, name=media_type)

    # The form of what is not inside an attached message.

    def _form(self, place: Located, octets: bytes, *, of_body: bool) -> None:
        for kind, position, field in _of_header(place.part, octets):
            if kind not in self.found:
                self.found[kind] = _at(place, octets, kind, position, field)
        for word in place.part.anomalies:
            if of_body and word in OF_MULTIPART:
                self._note(OF_MULTIPART[word], place, octets)
        part = place.part
        head = octets[part.start : part.body_start]
        control = _CONTROL.search(head)
        if control is not None and Kind.CONTROL_CHARACTER not in self.found:
            position = part.start + control.start()
            name = next((field.name for field in part.fields if field.start <= position < field.end), "")
            self.found[Kind.CONTROL_CHARACTER] = _at(place, octets, Kind.CONTROL_CHARACTER, position, name)
        charset = (part.content_type.value("charset") or b"").decode("latin-1")
        words = {match[1].decode("latin-1") for match in _WORD_CHARSET.finditer(head)}
        if any(map(_is_utf7, (charset, *words))) or b"utf-7'" in head.lower():
            self._note(Kind.UTF7, place, octets)

    # What readers see of it.

    def _text(self, place: Located, octets: bytes, names: tuple[str, ...]) -> None:
        part = place.part
        media_type = part.content_type.media_type
        if media_type == "multipart/alternative":
            self._alternatives(place, octets)
        named = any(name.lower().rstrip(". ").endswith(_MARKUP_NAMES) for name in names)
        if media_type not in _MARKUP_TYPES and not named:
            return
        markup = self._markup(place, octets)
        if markup is None:
            return
        found = hazards.hazards(markup)
        if "script" in found or media_type == "text/x-amp-html":
            self._note(Kind.HTML_SCRIPT, place, octets)
        for hazard, kind in (("form", Kind.HTML_FORM), ("remote", Kind.HTML_REMOTE), ("utf-7", Kind.UTF7)):
            if hazard in found:
                self._note(kind, place, octets)
        body = media_type == "text/html" and not named and not _is_attachment(part, octets)
        if body and not place.beside_text and visible_text(markup).strip():
            self._note(Kind.HTML_WITHOUT_TEXT, place, octets)

    def _markup(self, place: Located, octets: bytes) -> str | None:
        """Return the text of an HTML part, None when more would be looked at than is allowed."""
        markup = hazards.without_embedded(_text_of(place.part, octets))
        self._html_left -= len(markup)
        if self._html_left < 0:
            self._note(Kind.HTML_TOO_LARGE, place, octets)
            return None
        return markup

    def _alternatives(self, place: Located, octets: bytes) -> None:
        for child in place.part.children:
            if child.content_type.media_type not in _COMPARED:
                self._note(Kind.ALTERNATIVE_OTHER, place, octets, name=child.content_type.media_type)
        own = {child.start for child in place.part.children}  # compared whatever their disposition says
        inside = [
            one.part
            for one in located(place.part)
            if not one.attached and (one.part.start in own or not _is_attachment(one.part, octets))
        ]
        inside = [one for one in inside if one.content_type.media_type in {"text/plain", "text/html"}]
        self._compared_left -= sum(one.end - one.body_start for one in inside)
        if self._compared_left < 0:
            self._note(Kind.HTML_TOO_LARGE, place, octets)
            return
        plain = [_text_of(one, octets) for one in inside if one.content_type.subtype == "plain"]
        markup = [_text_of(one, octets) for one in inside if one.content_type.subtype == "html"]
        if (
            plain
            and markup
            and alternatives.differ("\n".join(plain), "\n".join(map(hazards.without_embedded, markup)))
        ):
            self._note(Kind.ALTERNATIVES_DIFFER, place, octets)

    # What may not come in at all, wherever it stands.

    def _entity(self, place: Located, octets: bytes, names: tuple[str, ...], encoded: int) -> None:
        part = place.part
        media_type = part.content_type.media_type
        if media_type == "message/partial":
            self._note(Kind.PARTIAL, place, octets)
        elif media_type == "message/external-body":
            self._note(Kind.EXTERNAL_BODY, place, octets)
        if part.content_type.type == "multipart":
            return
        self._named(place, octets, names)
        if "encoded-message" in part.anomalies:
            self._encoded_message(place, octets, encoded)
        elif not part.children:
            self._leaf(place, octets, names)

    def _named(self, place: Located, octets: bytes, names: tuple[str, ...]) -> None:
        message = place.part.content_type.type == "message"
        for name in names:
            program = programs.program_by_name(name)
            if program is not None:
                kind = Kind.MACROS if program == "macros" else Kind.EXECUTABLE_NAME
                self._note(kind, place, octets, name=name)
            if _OVERRIDE.search(name):
                self._note(Kind.NAME_BIDI, place, octets, name=name)
            # A forwarded message is named after its subject, which may hold MOJ/2026/000001.
            if _NO_NAME.search(name) or ("/" in name and not message):
                self._note(Kind.NAME_PATH, place, octets, name=name)

    def _leaf(self, place: Located, octets: bytes, names: tuple[str, ...]) -> None:
        part = place.part
        media_type = part.content_type.media_type
        program = programs.program_by_type(media_type)
        if program is not None:
            kind = Kind.MACROS if program == "macros" else Kind.EXECUTABLE_TYPE
            self._note(kind, place, octets, name=media_type)
        body = octets[part.body_start : part.end]
        start = programs.beginning(body, part.transfer_encoding)
        if programs.is_tnef(media_type, names, start):
            self._note(Kind.TNEF, place, octets)
        if programs.program_by_content(start, body, part.transfer_encoding):
            self._note(Kind.EXECUTABLE_CONTENT, place, octets, name=names[0] if names else "")

    def _encoded_message(self, place: Located, octets: bytes, encoded: int) -> None:
        """Look into an attached message that stands under a transfer encoding."""
        inner = decoded_body(place.part, octets)
        if inner is None:
            return
        if encoded == _DEEPEST_ENCODED:
            self._note(Kind.NESTED_TOO_DEEP, place, octets)
            return
        try:
            root = parse(inner)
        except MimeLimitExceeded as exceeded:
            self._note(LIMITS[exceeded.code], place, octets)
            return
        for one in located(root, place.section, countable=False):
            self._entity(one, inner, file_names(one.part, inner), encoded + 1)


def _is_utf7(charset: str) -> bool:
    return "utf7" in _NOT_LETTERS.sub("", charset.lower())


def _is_attachment(part: Part, octets: bytes) -> bool:
    found = disposition(part, octets)
    return found is not None and found[0].lower() == b"attachment"


def _text_of(part: Part, octets: bytes) -> str:
    body = decoded_body(part, octets)
    if body is None:
        body = octets[part.body_start : part.end]
    if body.startswith((b"\xff\xfe", b"\xfe\xff")):  # a browser believes the mark and nothing else
        return decode_text(body, "utf-16")
    return decode_text(body, decode_parameters(part.content_type.params).get("charset", ""))
