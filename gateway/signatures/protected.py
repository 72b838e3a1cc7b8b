"""Header protection: the copies of the header that a signature covers (RFC 9788, and the older scheme).

Without it a detached signature does not cover From, To, Subject or Date, and a signed letter can be addressed
anew. Programs that protect repeat the fields in the header of the signed part and mark its Content-Type with
`hp="clear"` (RFC 9788 section 2.1) or, before that, `protected-headers="v1"`.

Invariants:
- A difference is never explained away: octets that do not compare equal, unfolded and with blanks collapsed,
  must decode strictly to the same text, and no decoded text of an address field may supply its punctuation.
- Facts only; what a difference means is for the policies.
"""

import re
from dataclasses import dataclass
from typing import Literal

from gateway.mime.fields import unfolded_value, values
from gateway.mime.tree import Part
from policies.addresses.encoded_word import decode_encoded_words
from policies.declarations import GRADE_FIELDS, URGENCY_FIELDS
from policies.rules.content import REPLY_FIELDS

Scheme = Literal["hp", "protected-headers"]

# What declares grade or urgency, and where answers and reports would go besides Reply-To.
DECLARING_FIELDS = (*GRADE_FIELDS, *URGENCY_FIELDS)

# The fields held against their protected copies, in the order in which differences are reported.
COMPARED_FIELDS = (
    "from", "to", "cc", "subject", "date", "message-id", "reply-to", "sender", "in-reply-to", "references",
    *DECLARING_FIELDS, *REPLY_FIELDS,
)  # fmt: skip

# RFC 9788 section 2: every field a message is created with is protected, so these cannot be outside alone.
_ALWAYS_PROTECTED = frozenset(COMPARED_FIELDS) - {"in-reply-to", "references"}
_ADDRESS_FIELDS = frozenset({"from", "to", "cc", "reply-to", "sender", *REPLY_FIELDS})
_DECODED_FIELDS = _ADDRESS_FIELDS | {"subject", *DECLARING_FIELDS}
_OWN_DECLARATIONS = ("murasalat-grade", "murasalat-urgency")

_WORD_RUN = re.compile(r"=\?[^?\s]+\?[BbQq]\?[^?\s]*\?=(?:\s+=\?[^?\s]+\?[BbQq]\?[^?\s]*\?=)*")
_PUNCTUATION = re.compile(r'([<>()@,;:\\"\[\]])')


@dataclass(frozen=True, slots=True)
class ProtectedHeader:
    """The header fields of a signed part that speak for the letter: unfolded values by lower-case name."""

    scheme: Scheme
    fields: dict[str, tuple[bytes, ...]]


def protected_header(signed_part: Part, octets: bytes) -> ProtectedHeader | None:
    """Return the protected header of a signed part, or None when its Content-Type does not claim one.

    Content-* fields and MIME-Version describe the part itself and are left out. Where a program writes both
    marks, as Thunderbird does, RFC 9788 counts. `hp="cipher"` on a part that is only signed counts as well:
    its sender protected the header, and the letter came out of an encryption.
    """
    content_type = signed_part.content_type
    if (content_type.value("hp") or b"").lower() in {b"clear", b"cipher"}:
        scheme: Scheme = "hp"
    elif (content_type.value("protected-headers") or b"").lower() == b"v1":
        scheme = "protected-headers"
    else:
        return None
    fields: dict[str, tuple[bytes, ...]] = {}
    for field in signed_part.fields:
        if not field.name.startswith("content-") and field.name != "mime-version":
            fields[field.name] = (*fields.get(field.name, ()), unfolded_value(octets, field))
    return ProtectedHeader(scheme, fields)


def compare_protected(root: Part, signed_part: Part, octets: bytes) -> tuple[str, ...]:
    """Return the names of the fields whose protected copy differs from the outer field.

    Without protection only our own declarations count that stand in the signed part all the same: nobody else
    writes them. A copy without an outer field differs. Under RFC 9788 an outer field without a copy differs too, but
    for In-Reply-To and References; the older scheme protects what it lists and no more.
    """
    protected = protected_header(signed_part, octets)
    if protected is None:
        signed = {name: values(signed_part, octets, name) for name in _OWN_DECLARATIONS}
        protected = ProtectedHeader("protected-headers", signed)
    differing: list[str] = []
    for name in COMPARED_FIELDS:
        inner = protected.fields.get(name, ())
        outer = values(root, octets, name)
        if not inner:
            if outer and protected.scheme == "hp" and name in _ALWAYS_PROTECTED:
                differing.append(name)
        elif len(inner) != len(outer) or not all(map(_same, (name,) * len(inner), inner, outer)):
            differing.append(name)
    return tuple(differing)


def covered_fields(protected: ProtectedHeader | None) -> tuple[str, ...]:
    """Return the names of the compared fields that the signature covers, in their order."""
    return () if protected is None else tuple(name for name in COMPARED_FIELDS if protected.fields.get(name))


def _same(name: str, inner: bytes, outer: bytes) -> bool:
    """Compare two values of one field: their octets, then the text that they decode to."""
    if inner == outer:
        return True
    inner, outer = b" ".join(inner.split()), b" ".join(outer.split())
    if inner == outer:
        return True
    if name not in _DECODED_FIELDS:
        return False
    text = _text(name, inner)
    return text is not None and text == _text(name, outer)


def _text(name: str, value: bytes) -> str | None:
    """Decode a value strictly, None when it cannot be; punctuation from encoded words is marked in addresses.

    `=?utf-8?q?a=40b=2C?= <c@d>` must not compare equal to `a@b, <c@d>`, which is another list of addresses.
    """
    try:
        written = value.decode("utf-8")
    except UnicodeDecodeError:
        return None
    pieces: list[str] = []
    position = 0
    for run in _WORD_RUN.finditer(written):
        text, complete = decode_encoded_words(run[0])
        if not complete:
            return None
        if name in _ADDRESS_FIELDS:
            text = _PUNCTUATION.sub("\0\\1", text)
        pieces += (written[position : run.start()], text)
        position = run.end()
    pieces.append(written[position:])
    return " ".join("".join(pieces).split())
