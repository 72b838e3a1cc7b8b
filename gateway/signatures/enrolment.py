"""Read a key file before its key is enrolled for an office.

Invariants:
- Nothing secret passes: a file with any private part is refused whole.
- A key is readable only when both engines accept it; what only one of them can verify would be refused with every
  letter.
- Only keys that can sign and are the certificate's own count as enrolled: a stranger's key bound below another one
  occupies nothing.
- No key is refused for trust: who owns it is for the people who approve the enrolment.
"""

import re
import tempfile
from datetime import datetime
from pathlib import Path

from gateway.signatures.key_file import KeyReading, KeyRefused
from gateway.signatures.openpgp import packets, sequoia
from gateway.signatures.openpgp.armor import ArmorError, dearmor
from gateway.signatures.openpgp.binding import bound_back
from gateway.signatures.openpgp.gnupg import GnupgVerifier, ListedKey, Listing
from gateway.signatures.smime import certificates
from policies.signature import EnrolledKey

__all__ = ["KeyReading", "KeyRefused", "read_key"]

MAX_KEY_FILE = 256 * 1024  # octets; a certificate with a photo and many certifications has fewer
_SMALLEST_RSA = 2048  # bits
_CURVES = frozenset({"Ed25519", "P-256", "P-384", "P-521"})
_CERTIFICATE_TAGS = frozenset({2, 6, 12, 13, 14, 17})  # with trust packets and user attributes
_MAILBOX = re.compile(r"<([^<>]*)>\s*\Z")


def read_key(file_bytes: bytes, address: str, now: datetime, *, rsa_bits: int = _SMALLEST_RSA) -> KeyReading:
    """Read the one public key for `address` in a file: OpenPGP (armored or binary) or X.509 (PEM or DER).

    `now` is aware, in UTC; `rsa_bits` is the smallest RSA key of which letters are accepted. Runs gpg in a directory of
    its own that is removed afterwards; blocks for about 50 ms.
    Raises KeyRefused with one of the codes in `key_file.TEXTS`, and OSError when gpg cannot be run.
    """
    if len(file_bytes) > MAX_KEY_FILE:
        raise KeyRefused("not-a-key", f"more than {MAX_KEY_FILE} octets")
    if certificates.is_x509(file_bytes):
        return certificates.read_certificate(file_bytes, address, now)
    material = _one_certificate(file_bytes)
    keys = packets.keys(material)
    _check_strength(keys[0], rsa_bits)
    with tempfile.TemporaryDirectory(prefix="murasalat-") as home:
        listing = GnupgVerifier(Path(home)).listing(material)
    view = sequoia.view(material)
    if listing is None or view is None:
        raise _unaccepted(material, "GnuPG" if listing is None else "Sequoia")
    if listing.keys[0].revoked or view.revoked:
        raise KeyRefused("revoked", view.fingerprint)
    if listing.keys[0].expires is not None and listing.keys[0].expires <= now:
        raise KeyRefused("expired", listing.keys[0].expires.isoformat())
    if not all(_names(user_ids, address) for user_ids in (listing.user_ids, view.user_ids)):
        raise KeyRefused("foreign", ", ".join(view.user_ids))
    signing = _signing(listing, material)
    for one in signing:
        _check_strength(next(key for key in keys if key.fingerprint == one.fingerprint), rsa_bits)
    expires = _until(signing, listing.keys[0], now)
    key = EnrolledKey(address, "openpgp", view.fingerprint, material, now, expires)
    fingerprints = tuple(dict.fromkeys((view.fingerprint, *(one.fingerprint for one in signing))))
    return KeyReading(key, fingerprints, view.user_ids, keys[0].algorithm, keys[0].bits)


def _one_certificate(file_bytes: bytes) -> bytes:
    """The binary octets of exactly one version 4 certificate with no secret part."""
    if b"-----BEGIN PGP PRIVATE KEY BLOCK-----" in file_bytes:
        raise KeyRefused("secret-material")
    if file_bytes.count(b"-----BEGIN PGP PUBLIC KEY BLOCK-----") > 1:
        raise KeyRefused("several-keys")
    try:
        material = dearmor(file_bytes, "PUBLIC KEY BLOCK")
        found = list(packets.walk(material))
    except (ArmorError, packets.PacketError) as failure:
        raise KeyRefused("not-a-key", str(failure)) from None
    tags = [packet.tag for packet in found]
    if packets.SECRET_KEY in tags or packets.SECRET_SUBKEY in tags:
        raise KeyRefused("secret-material")
    if not tags or tags[0] != packets.PUBLIC_KEY or not _CERTIFICATE_TAGS.issuperset(tags):
        raise KeyRefused("not-a-key", "other packets than a certificate's")
    if tags.count(packets.PUBLIC_KEY) > 1:
        raise KeyRefused("several-keys")
    for packet in found:
        if packet.tag in {packets.PUBLIC_KEY, packets.PUBLIC_SUBKEY} and packet.version != 4:
            raise KeyRefused("version", f"version {packet.version}")
    try:
        packets.keys(material)
    except packets.PacketError as failure:
        raise KeyRefused("not-a-key", str(failure)) from None
    return material


def _check_strength(key: packets.Key, rsa_bits: int) -> None:
    """Refuse a primary or signing key that is short, of an old algorithm or on a curve not both engines know."""
    if key.algorithm == "RSA" and key.bits >= max(rsa_bits, _SMALLEST_RSA):
        return
    if key.algorithm in {"EdDSA", "ECDSA"} and key.curve in _CURVES:
        return
    raise KeyRefused("weak", f"{key.algorithm} {key.curve or key.bits}")


def _unaccepted(material: bytes, engine: str) -> KeyRefused:
    """Why an engine refuses a whole certificate: weak when it is bound by a weak hash, as far as can be seen."""
    signatures = [packets.header_of(one) for one in packets.walk(material) if one.is_signature]
    weak = sorted({one.hash_algorithm for one in signatures} & packets.WEAK_HASHES)
    return KeyRefused("weak", f"{weak[0]} in its own signature") if weak else KeyRefused("not-a-key", engine)


def _names(user_ids: tuple[str, ...], address: str) -> bool:
    """Whether a user id is `address` or ends with it in angle brackets (RFC 9580 section 5.11)."""
    mailboxes = ((_MAILBOX.search(one) or [one, one])[1] for one in user_ids)
    return address.lower() in {mailbox.strip().lower() for mailbox in mailboxes}


def _signing(listing: Listing, material: bytes) -> tuple[ListedKey, ...]:
    """The keys that both engines take signatures of, expired ones too. Raises KeyRefused when there is none.

    A subkey must have signed the primary key back. No engine takes a signature by one that did not, and it may be a
    stranger's, bound here to occupy it.
    """
    claimed = [one for one in listing.keys if one.signs and not one.revoked]
    own = bound_back(material)
    signing = tuple(one for one in claimed if one.primary or one.fingerprint in own)
    if not signing:
        raise KeyRefused("cannot-sign", ", ".join(one.fingerprint for one in claimed))
    return signing


def _until(signing: tuple[ListedKey, ...], primary: ListedKey, now: datetime) -> datetime | None:
    """When the last key that can sign stops, or None for never. Raises KeyRefused when that is past."""
    ends = [_end(one, primary) for one in signing]
    if None in ends:
        return None
    last = max(end for end in ends if end is not None)
    if last <= now:
        raise KeyRefused("expired", last.isoformat())
    return last


def _end(key: ListedKey, primary: ListedKey) -> datetime | None:
    """A subkey ends with its primary key at the latest."""
    ends = [one.expires for one in (key, primary) if one.expires is not None]
    return min(ends) if ends else None
