"""Finding the signed octets: the one accepted shape of a signed letter (RFC 1847, RFC 3156, RFC 8551).

Invariants:
- The signature covers the whole letter: the root entity is the multipart/signed, its first part is everything
  a reader sees, and nothing stands before or after it but blanks or a fixed line known from mail programs.
- What two readers could cut differently is refused, never guessed: the anomalies of the root entity that the
  parser names give no signature here.
- What stands inside an attached message is content: it may be signed or encrypted itself. So is a signature that is
  attached under a file's own name.
- The signed octets are a slice of the octets received. Facts only: whether the signature is good is for the
  engines, whether the letter is accepted is for the policies.
"""

from dataclasses import dataclass
from typing import Literal

from gateway.mime.content import OF_MULTIPART, header_problem
from gateway.mime.decode import file_names
from gateway.mime.fields import disposition, values
from gateway.mime.places import Located, line_of, located
from gateway.mime.transfer import decode_transfer
from gateway.mime.tree import Part
from gateway.signatures.protected import (
    DECLARING_FIELDS,
    ProtectedHeader,
    compare_protected,
    covered_fields,
    protected_header,
)
from policies.rules.content import REPLY_FIELDS
from policies.structure import Problem
from policies.words.structure import Kind

__all__ = [
    "Detached",
    "ProtectedHeader",
    "compare_protected",
    "covered_fields",
    "find_detached",
    "protected_header",
]

Format = Literal["openpgp", "smime"]


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
_NESTED = {"multipart/signed": Kind.NESTED_SIGNED, "multipart/encrypted": Kind.NESTED_ENCRYPTED}
_BELOW_ROOT = {"multipart/signed": Kind.SIGNED_BELOW_ROOT, "multipart/encrypted": Kind.ENCRYPTED_BELOW_ROOT}
# The names that mail programs give the signature of a message; a signed document is attached under its own.
_OF_MESSAGES = frozenset({
    "smime.p7m", "smime.p7s", "smime.p7z", "signature.asc", "openpgp_signature.asc", "openpgp_digital_signature.asc",
    "signature.pgp", "pgp.sig", "encrypted.asc",
})  # fmt: skip

_PROTECTING = (b"signed", b"encrypted", b"pgp", b"pkcs7")

# What mail programs write before the first delimiter for readers without MIME; blanks around it do not count.
KNOWN_PREAMBLES = frozenset({
    b"",
    b"This is an OpenPGP/MIME signed message (RFC 4880 and 3156)",  # Thunderbird, Enigmail
    b"This is an OpenPGP/MIME signed message (RFC 2440 and 3156)",  # Enigmail before 1.5, GPGMail
    b"This is a cryptographically signed message in MIME format.",  # Thunderbird and Horde, S/MIME
    b"This message is in MIME format and has been PGP signed.",  # Horde
    b"This message is in MIME format.",  # Horde
    b"This is a multi-part message in MIME format.",
    b"This is a multipart message in MIME format.",
    b"This is a message in Mime Format.  If you see this, your mail reader does not support this format.",  # Zend_Mime
    b"This is an S/MIME signed message",  # OpenSSL
})  # fmt: skip

_ARMOR = (b"\n-----BEGIN PGP SIGNED MESSAGE-----", b"\n-----BEGIN PGP MESSAGE-----")


def find_detached(root: Part, octets: bytes) -> Detached | Problem:
    """Return the detached signature of a letter of the accepted shape, or the first problem found."""
    if root.content_type.media_type != "multipart/signed":
        return _disguised(root, octets) or _unsigned(root, octets)
    problem = _root_problem(root, octets) or _shape_problem(root, octets)
    if problem is not None:
        return problem
    body, signature = root.children
    protocol = (root.content_type.value("protocol") or b"").decode("latin-1").strip().lower()
    media_type = signature.content_type.media_type
    named = _PROTOCOLS.get(protocol)
    line = line_of(octets, signature.start)
    if named is None:
        kind = Kind.PROTOCOL_UNKNOWN if protocol else Kind.PROTOCOL_MISSING
        return Problem(kind=kind, field="content-type", name=protocol)
    if _PROTOCOLS.get(media_type) != named:
        return Problem(kind=Kind.PROTOCOL_MISMATCH, part="2", line=line, name=media_type)
    decoded = decode_transfer(octets[signature.body_start : signature.end], signature.transfer_encoding)
    if decoded is None or signature.anomalies:
        return Problem(kind=Kind.SIGNATURE_PART_MALFORMED, part="2", line=line)
    if not decoded.strip():
        return Problem(kind=Kind.SIGNATURE_EMPTY, part="2", line=line)
    micalg = (root.content_type.value("micalg") or b"").decode("latin-1").strip().lower()
    return Detached(named, (body.start, body.end), decoded, micalg)


def _disguised(root: Part, octets: bytes) -> Problem | None:
    """Return what is wrong with a header whose Content-Type speaks of protection: such a one is read strictly."""
    described = b" ".join(values(root, octets, "content-type")).lower()
    return _root_problem(root, octets) if any(word in described for word in _PROTECTING) else None


def _root_problem(root: Part, octets: bytes) -> Problem | None:
    """Refuse a letter that two readers could read differently, by its line ends or its root header."""
    line_ends = octets.count(b"\r\n")
    if octets.count(b"\n") != line_ends or octets.count(b"\r") != line_ends:
        return Problem(kind=Kind.BARE_LINE_END)
    names = [field.name for field in root.fields]
    for name in SINGULAR_FIELDS:
        if names.count(name) > 1:
            again = [field for field in root.fields if field.name == name][1]
            return Problem(kind=Kind.DUPLICATE_FIELD, line=line_of(octets, again.start), field=name)
    return header_problem(next(located(root)), octets)


def _shape_problem(root: Part, octets: bytes) -> Problem | None:
    """Hold a multipart/signed root against the accepted shape, but for the signature part itself."""
    for word in root.anomalies:
        if word in OF_MULTIPART:
            return Problem(kind=OF_MULTIPART[word])
    if len(root.children) != 2:
        return Problem(kind=Kind.NOT_TWO_PARTS, name=str(len(root.children)))
    for kind, where in ((Kind.PREAMBLE, root.preamble), (Kind.EPILOGUE, root.epilogue)):
        text = octets[slice(*where)]
        if text.strip(b" \t\r\n") not in (KNOWN_PREAMBLES if kind is Kind.PREAMBLE else {b""}):
            begins = where[0] + len(text) - len(text.lstrip(b" \t\r\n"))
            return Problem(kind=kind, line=line_of(octets, begins))
    for place in located(root):
        if place.part is not root and not place.attached:
            nested = _nested(place, octets)
            if nested is not None:
                line = line_of(octets, place.part.start)
                return Problem(kind=nested, part=place.section, line=line)
    return None


def _nested(place: Located, octets: bytes) -> Kind | None:
    media_type = place.part.content_type.media_type
    if media_type in _OPAQUE and not _is_signed_file(place.part, octets):
        return Kind.NESTED_OPAQUE
    return _NESTED.get(media_type)


def _is_signed_file(part: Part, octets: bytes) -> bool:
    """Say whether a signature or signed content is attached as a file under a name of its own."""
    names = file_names(part, octets)
    found = disposition(part, octets)
    attached = found is not None and found[0].lower() == b"attachment"
    return attached and bool(names) and not any(name.strip().lower() in _OF_MESSAGES for name in names)


def _unsigned(root: Part, octets: bytes) -> Problem:
    """Say what a letter has instead of the accepted shape: a signature elsewhere, or none."""
    media_type = root.content_type.media_type
    if media_type in _OPAQUE:
        return Problem(kind=Kind.OPAQUE_SMIME)
    if media_type == "multipart/encrypted":
        return Problem(kind=Kind.ENCRYPTED)
    places = list(located(root))
    own = [place for place in places if not place.attached]
    for place in own:
        kind = _instead(place.part, octets)
        if kind is not None:
            return Problem(kind=kind, part=place.section, line=line_of(octets, place.part.start))
    if any(field.name == "sig" for part in (root, *root.children) for field in part.fields):
        return Problem(kind=Kind.UNOBTRUSIVE, field="sig")  # draft-ietf-mailmaint-unobtrusive-signatures
    for place in own:
        if _armored(place.part, octets):
            return Problem(kind=Kind.INLINE_PGP, part=place.section, line=line_of(octets, place.part.start))
    signed = next((one for one in places if one.part.content_type.media_type == "multipart/signed"), None)
    if signed is not None:
        return Problem(
            kind=Kind.ATTACHED_SIGNED, part=signed.section, line=line_of(octets, signed.part.start)
        )
    return Problem(kind=Kind.UNSIGNED)


def _instead(part: Part, octets: bytes) -> Kind | None:
    media_type = part.content_type.media_type
    if media_type in _BELOW_ROOT:
        return _BELOW_ROOT[media_type]
    if (media_type in _OPAQUE or media_type in _PROTOCOLS) and not _is_signed_file(part, octets):
        return Kind.OPAQUE_BELOW_ROOT if media_type in _OPAQUE else Kind.SIGNATURE_ATTACHED
    return None


def _armored(part: Part, octets: bytes) -> bool:
    """Return whether a text part holds OpenPGP armor, under its transfer encoding or in the open."""
    if part.content_type.type != "text":
        return False
    body = octets[part.body_start : part.end]
    text = b"\n" + (decode_transfer(body, part.transfer_encoding) or body)
    return any(armor in text for armor in _ARMOR)
