"""Verification by Sequoia (pysequoia), in this process.

Invariants:
- No exception leaves `verify`: whatever the engine throws, a panic of its Rust side too, becomes a Finding.
- `raw` holds one short line of the engine, never its backtrace.
- Sequoia judges by its own policy at the time of the call and gives no reason. Where the cause can be read from the
  packets the finding is WEAK or NO_KEY; else it is REFUSED, and GnuPG names the reason.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import lru_cache
from importlib.metadata import version

from pysequoia import Cert, Sig, SignatureMode, Tsk
from pysequoia import sign as sequoia_sign
from pysequoia import verify as sequoia_verify
from pysequoia.packet import PacketPile, Tag

from gateway.signatures.openpgp import packets
from policies.signature import Finding, SignatureFacts

ENGINE = "sequoia"
VERSION = version("pysequoia")
_SMALLEST_RSA = 2048  # bits; Sequoia's standard policy refuses shorter ones


class SequoiaError(RuntimeError):
    """Sequoia could not sign: one short line."""


@dataclass(frozen=True, slots=True)
class Certificate:
    """A certificate as Sequoia reads it, with the keys that stand in it."""

    cert: Cert
    keys: tuple[packets.Key, ...]
    weakly_bound: bool

    def key_of(self, signature: Sig) -> packets.Key | None:
        """The key or subkey that `signature` names as its issuer, or None when this certificate has no such key."""
        fingerprint, key_id = signature.issuer_fingerprint, signature.issuer_key_id
        for key in self.keys:
            if fingerprint is not None and key.fingerprint == fingerprint.upper():
                return key
            if fingerprint is None and key_id is not None and key.fingerprint.endswith(key_id.upper()):
                return key
        return None


def verify(signed: bytes, signature: bytes, material: bytes) -> SignatureFacts:
    """Verify a detached `signature` (armored or binary) over `signed` against the one binary certificate `material`.

    About 0.1 ms for a letter of 4 KB, and the GIL is held meanwhile. Never raises for bad input.
    """
    claim = SignatureFacts(engine=ENGINE, engine_version=VERSION, finding=Finding.REFUSED)
    try:
        return _verify(signed, packets.signature_packet(signature), material)
    except packets.PacketError as failure:
        return replace(claim, finding=Finding.STRUCTURE, raw=(str(failure),))
    except (KeyboardInterrupt, SystemExit):
        raise
    except BaseException as failure:  # noqa: BLE001 - a panic of the Rust side is a BaseException
        return replace(claim, raw=(one_line(failure),))


def _verify(signed: bytes, packet: bytes, material: bytes) -> SignatureFacts:
    parsed = read_signature(packet)
    header = packets.signature_header(packet)
    claim = SignatureFacts(
        engine=ENGINE,
        engine_version=VERSION,
        finding=Finding.REFUSED,
        created=parsed.created,
        expires=parsed.expiration,
        hash_algorithm=header.hash_algorithm,
        key_algorithm=header.key_algorithm,
        signature_type=header.signature_type,
        signer_user_id=parsed.signers_user_id or "",
    )
    certificate = read_certificate(material)
    key = certificate.key_of(parsed)
    if key is None:
        return replace(claim, finding=Finding.NO_KEY)
    claim = replace(claim, key_bits=key.bits)
    try:
        valid = sequoia_verify(
            bytes=signed, store=lambda _ids: [certificate.cert], signature=parsed
        ).valid_sigs
    except RuntimeError as failure:
        return replace(claim, finding=_cause(header, key, certificate), raw=(one_line(failure),))
    if len(valid) != 1 or valid[0].signing_key.upper() != key.fingerprint:
        return replace(claim, raw=("the engine speaks of another key",))
    return replace(
        claim,
        finding=Finding.GOOD,
        fingerprint=valid[0].certificate.upper(),
        signing_fingerprint=key.fingerprint,
        raw=("valid",),
    )


def _cause(header: packets.SignatureHeader, key: packets.Key, certificate: Certificate) -> Finding:
    """WEAK when the packets show an algorithm that Sequoia's policy refuses; else no cause is known."""
    short = key.algorithm == "RSA" and key.bits < _SMALLEST_RSA
    weak = header.hash_algorithm in packets.WEAK_HASHES or key.algorithm == "DSA"
    return Finding.WEAK if short or weak or certificate.weakly_bound else Finding.REFUSED


@dataclass(frozen=True, slots=True)
class CertificateView:
    """What Sequoia's policy accepts of a certificate at the time of the call."""

    fingerprint: str
    user_ids: tuple[str, ...]
    revoked: bool


def view(material: bytes) -> CertificateView | None:
    """Give Sequoia's view of the one binary certificate `material`; None when its policy does not accept it."""
    try:
        cert = Cert.from_bytes(material)
        revoked = cert.is_revoked
        user_ids = () if revoked else tuple(str(one) for one in cert.user_ids)
        return CertificateView(cert.fingerprint.upper(), user_ids, revoked)
    except (KeyboardInterrupt, SystemExit):
        raise
    except BaseException:  # noqa: BLE001 - as in verify
        return None


def signer(secret: bytes) -> Callable[[bytes], bytes]:
    """Return what makes an armored detached signature with the one unprotected secret key in `secret` (binary).

    It takes about 0.1 ms, and the GIL is held meanwhile; what it raises is SequoiaError. Raises ValueError when Sequoia
    cannot sign with the key.
    """
    try:
        key = Tsk.from_bytes(secret).signer()
    except (KeyboardInterrupt, SystemExit):
        raise
    except BaseException as failure:  # noqa: BLE001 - as in verify
        raise ValueError(one_line(failure)) from None

    def sign(octets: bytes) -> bytes:
        try:
            return bytes(sequoia_sign(key, octets, mode=SignatureMode.DETACHED))
        except (KeyboardInterrupt, SystemExit):
            raise
        except BaseException as failure:  # noqa: BLE001 - as in verify
            raise SequoiaError(one_line(failure)) from None

    return sign


def issuer_of(signature: bytes) -> str:
    """The issuer's fingerprint in upper-case hexadecimal, else its key id, else "" (also for what is no signature).

    It is the signature's own claim: good for finding a candidate key, proof of nothing.
    """
    try:
        parsed = read_signature(packets.signature_packet(signature))
        return (parsed.issuer_fingerprint or parsed.issuer_key_id or "").upper()
    except (KeyboardInterrupt, SystemExit):
        raise
    except BaseException:  # noqa: BLE001 - as in verify
        return ""


def read_signature(packet: bytes) -> Sig:
    """The one signature in `packet`, by the engine's own reading. Raises PacketError, or what the engine throws."""
    pile = list(PacketPile.from_bytes(packet))
    if len(pile) != 1 or pile[0].tag != Tag.Signature:
        raise packets.PacketError("not exactly one signature packet")
    return Sig.from_bytes(bytes(pile[0]))


@lru_cache(maxsize=1024)
def read_certificate(material: bytes) -> Certificate:
    """The one certificate in the binary `material`. Raises ValueError, or what the engine throws."""
    try:
        keys = packets.keys(material)
        hashes = {packets.header_of(one).hash_algorithm for one in packets.walk(material) if one.is_signature}
    except packets.PacketError as failure:
        raise ValueError(f"unreadable certificate: {failure}") from None
    cert = Cert.from_bytes(material)
    return Certificate(cert, keys, bool(hashes & packets.WEAK_HASHES) and not _bound(cert))


def _bound(cert: Cert) -> bool:
    """Whether Sequoia's policy accepts the certificate's own signatures: it raises otherwise."""
    try:
        _ = cert.expiration
    except RuntimeError:
        return False
    return True


def one_line(failure: BaseException) -> str:
    """The first line of an engine's complaint, printable and short: the rest is a backtrace."""
    first = next(iter(str(failure).splitlines()), "")
    text = "".join(letter if letter.isprintable() else "?" for letter in first)
    return f"{type(failure).__name__}: {text[:200]}"
