"""Which subkeys of a certificate are its own for signing: those that signed the primary key back (RFC 9580 10.1.5).

Anyone can bind a stranger's public key below a key of his own, as a binding asks the primary key alone. Only the
holder of a subkey can make the signature back (type 0x19) that stands in the binding of one that signs. Engines ask
for it with every letter; here it is asked before a subkey is counted as somebody's.

Invariants:
- A subkey counts when the signature back verifies over exactly this primary key and this subkey, by a hash that both
  engines take. What cannot be read does not count, and nothing is raised for it.
- No letter is verified here.
"""

import hashlib
from collections.abc import Iterator

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import Prehashed, encode_dss_signature

from gateway.signatures.openpgp import packets
from gateway.signatures.openpgp.packets import Packet, PacketError

_SUBKEY_BINDING, _PRIMARY_KEY_BINDING = 0x18, 0x19
_EMBEDDED_SIGNATURE = 32
_HASHES: dict[str, hashes.HashAlgorithm] = {
    "SHA224": hashes.SHA224(),
    "SHA256": hashes.SHA256(),
    "SHA384": hashes.SHA384(),
    "SHA512": hashes.SHA512(),
}
_CURVES: dict[str, ec.EllipticCurve] = {
    "P-256": ec.SECP256R1(),
    "P-384": ec.SECP384R1(),
    "P-521": ec.SECP521R1(),
}


def bound_back(certificate: bytes) -> frozenset[str]:
    """Return the fingerprints of the subkeys that signed the primary key back. Raises PacketError for no packets."""
    found: set[str] = set()
    primary: Packet | None = None
    subkey: Packet | None = None
    for packet in packets.walk(certificate):
        if packet.tag == packets.PUBLIC_KEY:
            primary, subkey = packet, None
        elif packet.tag == packets.PUBLIC_SUBKEY:
            subkey = packet
        elif primary and subkey and packet.is_signature and _binds_back(packet, primary, subkey):
            found.add(packets.key_of(subkey).fingerprint)
    return frozenset(found)


def _binds_back(binding: Packet, primary: Packet, subkey: Packet) -> bool:
    """Whether a subkey binding by a strong hash holds the subkey's own signature over both keys."""
    try:
        header = packets.header_of(binding)
        if header.signature_type != _SUBKEY_BINDING or header.hash_algorithm in packets.WEAK_HASHES:
            return False
        return any(_verifies(body, primary, subkey) for body in _embedded(binding.body))
    except (PacketError, ValueError, IndexError, InvalidSignature, UnsupportedAlgorithm):
        return False


def _embedded(body: bytes) -> Iterator[bytes]:
    """The bodies of the signatures embedded in a version 4 signature, in either area (RFC 9580 section 5.2.3.34)."""
    hashed = 6 + int.from_bytes(body[4:6], "big")
    unhashed = hashed + 2 + int.from_bytes(body[hashed : hashed + 2], "big")
    for area in (body[6:hashed], body[hashed + 2 : unhashed]):
        position = 0
        while position < len(area):
            first = area[position]
            if first < 192:
                length, start = first, position + 1
            elif first < 255:
                length, start = ((first - 192) << 8) + area[position + 1] + 192, position + 2
            else:
                length, start = int.from_bytes(area[position + 1 : position + 5], "big"), position + 5
            if length and area[start] & 0x7F == _EMBEDDED_SIGNATURE:
                yield area[start + 1 : start + length]
            position = start + length


def _verifies(body: bytes, primary: Packet, subkey: Packet) -> bool:
    """Whether `body` is a signature by `subkey` over the primary key and itself. Raises what verification raises."""
    header = packets.header_of(Packet(packets.SIGNATURE, body))
    algorithm = _HASHES.get(header.hash_algorithm)
    if header.signature_type != _PRIMARY_KEY_BINDING or algorithm is None or body[2] != subkey.body[5]:
        return False
    head, numbers = packets.numbers_of(body)
    signed = b"".join(
        b"\x99" + len(key.body).to_bytes(2, "big") + key.body for key in (primary, subkey)
    )  # RFC 9580 section 5.2.4
    trailer = b"\x04\xff" + len(head).to_bytes(4, "big")
    digest = hashlib.new(algorithm.name, signed + head + trailer).digest()
    _verify(subkey, numbers, digest, algorithm)
    return True


def _verify(subkey: Packet, numbers: list[bytes], digest: bytes, algorithm: hashes.HashAlgorithm) -> None:
    key, material = packets.key_of(subkey), subkey.body[6:]
    if key.algorithm == "EdDSA" and key.curve == "Ed25519":
        point = packets.integers(material[1 + material[0] :])[0]
        raw = b"".join(number.rjust(32, b"\0") for number in numbers)
        ed25519.Ed25519PublicKey.from_public_bytes(point[1:]).verify(raw, digest)
    elif key.algorithm == "ECDSA" and key.curve in _CURVES:
        point = packets.integers(material[1 + material[0] :])[0]
        r, s = (int.from_bytes(number, "big") for number in numbers)
        public = ec.EllipticCurvePublicKey.from_encoded_point(_CURVES[key.curve], point)
        public.verify(encode_dss_signature(r, s), digest, ec.ECDSA(Prehashed(algorithm)))
    elif key.algorithm == "RSA":
        n, e = (int.from_bytes(number, "big") for number in packets.integers(material)[:2])
        signature = numbers[0].rjust((n.bit_length() + 7) // 8, b"\0")
        rsa.RSAPublicNumbers(e, n).public_key().verify(
            signature, digest, padding.PKCS1v15(), Prehashed(algorithm)
        )
    else:
        raise InvalidSignature
