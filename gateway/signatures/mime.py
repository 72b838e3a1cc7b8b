"""Finding the signed octets: the one accepted shape of a signed letter (RFC 1847, RFC 3156, RFC 8551).

Invariants:
- The signature covers the whole letter: the root entity is the multipart/signed, its first part is everything
  a reader sees, and nothing stands before or after it but blanks or a fixed line known from mail programs.
- What two readers could cut differently is refused, never guessed: the anomalies of the root entity that the
  parser names are refusals here.
- The signed octets are a slice of the octets received. Facts only: whether the signature is good is for the
  engines, whether the letter is accepted is for the policies.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from gateway.mime.fields import values
from gateway.mime.transfer import decode_transfer
from gateway.mime.tree import Part, walk
from gateway.signatures.protected import (
    DECLARING_FIELDS,
    ProtectedHeader,
    compare_protected,
    covered_fields,
    protected_header,
)
from policies.rules.content import REPLY_FIELDS

__all__ = [
    "Detached",
    "ProtectedHeader",
    "StructureProblem",
    "compare_protected",
    "covered_fields",
    "find_detached",
    "protected_header",
]

Format = Literal["openpgp", "smime"]
ProblemCode = Literal["SIGNATURE-MISSING", "SIGNATURE-STRUCTURE", "MALFORMED"]


@dataclass(frozen=True, slots=True)
class Detached:
    """The one detached signature of a letter.

    `signed` is the range of the exact signed octets: from after the line end of the opening delimiter to
    before the line end of the next one, the part's own header included (RFC 1847 section 2.1). `signature` is
    decoded from its transfer encoding: armored or binary OpenPGP, or CMS. `micalg` is the sender's hint in
    lower case, "" when absent; the hash that counts is the signature's own.
    """

    format: Format
    signed: tuple[int, int]
    signature: bytes
    micalg: str


@dataclass(frozen=True, slots=True)
class StructureProblem:
    """Why a letter lacks the accepted shape: a reason code of the public interface and a stable word."""

    code: ProblemCode
    detail: str


# RFC 5322 section 3.6, and what declares or asks for something: these stand at most once. A second one is what another
# reader might show instead.
SINGULAR_FIELDS = (
    "from", "sender", "reply-to", "to", "cc", "subject", "date", "message-id", "in-reply-to", "references",
    "mime-version", "content-type", "content-transfer-encoding", *DECLARING_FIELDS, *REPLY_FIELDS,
)  # fmt: skip

_PROTOCOLS: dict[str, Format] = {
    "application/pgp-signature": "openpgp",
    "application/pkcs7-signature": "smime",
    "application/x-pkcs7-signature": "smime",  # RFC 8551 section 3.5.3.2 asks receivers to know the old name
}
_OPAQUE = frozenset({"application/pkcs7-mime", "application/x-pkcs7-mime"})
_WRAPPERS = frozenset({"multipart/signed", "multipart/encrypted"})

# What mail programs write before the first delimiter for readers without MIME; blanks around it do not count.
KNOWN_PREAMBLES = frozenset({
    b"",
    b"This is an OpenPGP/MIME signed message (RFC 4880 and 3156)",  # Thunderbird
    b"This is a cryptographically signed message in MIME format.",  # Thunderbird, S/MIME
    b"This is a multi-part message in MIME format.",
    b"This is a multipart message in MIME format.",
    b"This is an S/MIME signed message",  # OpenSSL
})  # fmt: skip

# The one anomaly of the root entity that leaves the cut certain. All others are refused.
_HARMLESS = frozenset({"boundary-long"})
# Those that only describe the content, whose octets the gateway seals as they are: `describing_only` in find_detached.
_DESCRIBING = frozenset({
    "malformed-content-type", "malformed-parameter", "comment", "duplicate-parameter", "malformed-transfer-encoding",
    "boundary-missing", "boundary-malformed", "boundary-extended", "encoded-multipart", "encoded-message",
})  # fmt: skip
_PROTECTING = (
    b"signed",
    b"encrypted",
    b"pgp",
    b"pkcs7",
)  # a type with such a word is read strictly, or not at all
# Anomalies of the root's shape rather than of its header.
_OF_STRUCTURE = frozenset({"not-closed", "no-parts", "delimiter-lookalike", "delimiter-after-close"})

_ARMOR = (b"\n-----BEGIN PGP SIGNED MESSAGE-----", b"\n-----BEGIN PGP MESSAGE-----")


def find_detached(
    root: Part, octets: bytes, *, allow_attached: bool = False, describing_only: bool = False
) -> Detached | StructureProblem:
    """Return the detached signature of a letter of the accepted shape, or the first problem found.

    `allow_attached` lets messages attached to the letter (message/rfc822 below the first part) be signed or
    encrypted themselves, as when an officer forwards a signed letter; they are then plain content. Without it
    nothing signed or encrypted may stand inside the signed part. `describing_only` forgives an unsigned letter what
    is wrong in the root's description of the content and nowhere else; old systems write no better one.
    """
    described = b" ".join(
        values(root, octets, "content-type")
    ).lower()  # as written: a type may be unreadable
    lenient = describing_only and not any(word in described for word in _PROTECTING)
    problem = _header_problem(root, octets, _HARMLESS | _DESCRIBING if lenient else _HARMLESS)
    if problem is not None:
        return problem
    if root.content_type.media_type != "multipart/signed":
        return _unsigned(root, octets)
    problem = _shape_problem(root, octets, allow_attached=allow_attached)
    if problem is not None:
        return problem
    body, signature = root.children
    protocol = (root.content_type.value("protocol") or b"").decode("latin-1").strip().lower()
    media_type = signature.content_type.media_type
    named = _PROTOCOLS.get(protocol)
    if named is None:
        return _structure("protocol-unknown" if protocol else "protocol-missing")
    if _PROTOCOLS.get(media_type) != named:
        return _structure("protocol-mismatch")
    decoded = decode_transfer(octets[signature.body_start : signature.end], signature.transfer_encoding)
    if decoded is None or signature.anomalies:
        return _structure("signature-part-malformed")
    if not decoded.strip():
        return _structure("signature-empty")
    micalg = (root.content_type.value("micalg") or b"").decode("latin-1").strip().lower()
    return Detached(named, (body.start, body.end), decoded, micalg)


def _structure(detail: str) -> StructureProblem:
    return StructureProblem("SIGNATURE-STRUCTURE", detail)


def _header_problem(root: Part, octets: bytes, forgiven: frozenset[str]) -> StructureProblem | None:
    """Refuse a letter that two readers could read differently, by its line ends or its root header."""
    line_ends = octets.count(b"\r\n")
    if octets.count(b"\n") != line_ends or octets.count(b"\r") != line_ends:
        return StructureProblem("MALFORMED", "bare-line-end")
    names = [field.name for field in root.fields]
    for name in SINGULAR_FIELDS:
        if names.count(name) > 1:
            return StructureProblem("MALFORMED", f"duplicate-{name}")
    for word in root.anomalies:
        if word not in forgiven and word not in _OF_STRUCTURE:
            return StructureProblem("MALFORMED", word)
    return None


def _shape_problem(root: Part, octets: bytes, *, allow_attached: bool) -> StructureProblem | None:
    """Hold a multipart/signed root against the accepted shape, but for the signature part itself."""
    for word in root.anomalies:
        if word in _OF_STRUCTURE:
            return _structure(word)
    if len(root.children) != 2:
        return _structure("not-two-parts")
    if octets[slice(*root.preamble)].strip(b" \t\r\n") not in KNOWN_PREAMBLES:
        return _structure("preamble")
    if octets[slice(*root.epilogue)].strip(b" \t\r\n"):
        return _structure("epilogue")
    for part in _inside(root.children[0], allow_attached=allow_attached):
        media_type = part.content_type.media_type
        if media_type in _WRAPPERS or media_type in _OPAQUE:
            return _structure(f"nested-{media_type.partition('/')[2]}")
    return None


def _inside(first: Part, *, allow_attached: bool) -> Iterator[Part]:
    """Yield the signed part and what is below it, on request without the messages attached to it."""
    if not allow_attached:
        yield from walk(first)
        return
    waiting = [first, *first.children]
    while waiting:
        part = waiting.pop()
        yield part
        if part is not first and part.content_type.type != "message":
            waiting.extend(part.children)


def _unsigned(root: Part, octets: bytes) -> StructureProblem:
    """Say what a letter has instead of the accepted shape: a signature elsewhere, or none."""
    media_type = root.content_type.media_type
    if media_type in _OPAQUE:
        return _structure("opaque-smime")
    if media_type == "multipart/encrypted":
        return _structure("encrypted")
    for part in walk(root):
        media_type = part.content_type.media_type
        if media_type in _WRAPPERS or media_type in _OPAQUE:
            return _structure(f"{media_type.partition('/')[2]}-below-root")
        if media_type in _PROTOCOLS:
            return _structure("signature-attached")
    if any(field.name == "sig" for part in (root, *root.children) for field in part.fields):
        return _structure("unobtrusive-signature")  # draft-ietf-mailmaint-unobtrusive-signatures
    if any(_armored(part, octets) for part in walk(root)):
        return _structure("inline-pgp")
    return StructureProblem("SIGNATURE-MISSING", "unsigned")


def _armored(part: Part, octets: bytes) -> bool:
    """Return whether a text part holds OpenPGP armor, under its transfer encoding or in the open."""
    if part.content_type.type != "text":
        return False
    body = octets[part.body_start : part.end]
    text = b"\n" + (decode_transfer(body, part.transfer_encoding) or body)
    return any(armor in text for armor in _ARMOR)
