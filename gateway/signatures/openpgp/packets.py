"""OpenPGP packets (RFC 9580 sections 4 and 5), read without an engine.

Invariants:
- This reading decides nothing cryptographic. It says which packets there are and what their fixed fields name, so that
  only exactly one version 4 Signature packet ever reaches an engine.
- Every octet belongs to a packet with a definite length; anything else is refused, never skipped.
"""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass

from gateway.signatures.openpgp.armor import ArmorError, dearmor

SIGNATURE, SECRET_KEY, PUBLIC_KEY, SECRET_SUBKEY, USER_ID, PUBLIC_SUBKEY = 2, 5, 6, 7, 13, 14
MAX_SIGNATURE = 64 * 1024  # octets; a signature by RSA-4096 has about 1 KiB armored

# RFC 9580 sections 9.5 and 9.1, in the words that SignatureFacts uses.
HASHES = {
    1: "MD5",
    2: "SHA1",
    3: "RIPEMD160",
    8: "SHA256",
    9: "SHA384",
    10: "SHA512",
    11: "SHA224",
    12: "SHA3-256",
    14: "SHA3-512",
}
WEAK_HASHES = frozenset({"MD5", "SHA1", "RIPEMD160"})
KEY_ALGORITHMS = {
    1: "RSA",
    2: "RSA",
    3: "RSA",
    16: "ElGamal",
    17: "DSA",
    18: "ECDH",
    19: "ECDSA",
    20: "ElGamal",
    22: "EdDSA",
    25: "X25519",
    26: "X448",
    27: "Ed25519",
    28: "Ed448",
}
# How many integers a signature holds (RFC 9580 sections 5.2.3.1 to 5.2.3.5): of any other algorithm nothing is known.
_INTEGERS = {1: 1, 3: 1, 17: 2, 19: 2, 22: 2}
_NATIVE = {27: 64, 28: 114}  # octets of a signature that is no integer
_CURVES = {
    bytes.fromhex("2b06010401da470f01"): ("Ed25519", 256),
    bytes.fromhex("2b060104019755010501"): ("Curve25519", 256),
    bytes.fromhex("2a8648ce3d030107"): ("P-256", 256),
    bytes.fromhex("2b81040022"): ("P-384", 384),
    bytes.fromhex("2b81040023"): ("P-521", 521),
}


class PacketError(ValueError):
    """The octets are not the packets that were expected."""


@dataclass(frozen=True, slots=True)
class Packet:
    """One packet: its type ("tag") and the octets after its header."""

    tag: int
    body: bytes

    @property
    def version(self) -> int:
        """The version octet of a signature or key packet; 0 for an empty one."""
        return self.body[0] if self.body else 0

    @property
    def is_signature(self) -> bool:
        """Whether this is a version 4 signature; older ones in a certificate are not read."""
        return self.tag == SIGNATURE and self.version == 4


@dataclass(frozen=True, slots=True)
class Key:
    """The fixed fields of a version 4 key packet. `fingerprint` is upper-case hexadecimal."""

    primary: bool
    algorithm: str
    bits: int
    curve: str
    fingerprint: str


@dataclass(frozen=True, slots=True)
class SignatureHeader:
    """The fixed fields of a version 4 signature packet (RFC 9580 section 5.2.3)."""

    signature_type: int
    key_algorithm: str
    hash_algorithm: str


def walk(octets: bytes) -> Iterator[Packet]:
    """Every packet in order. Raises PacketError at the first octet that is no packet of definite length."""
    position = 0
    while position < len(octets):
        tag, start, length = _header(octets, position)
        if start + length > len(octets):
            raise PacketError("a packet is cut short")
        yield Packet(tag, octets[start : start + length])
        position = start + length


def _header(octets: bytes, position: int) -> tuple[int, int, int]:
    """Type, start of the body and its length, of the packet at `position` (RFC 9580 section 4.2)."""
    first = octets[position]
    if not first & 0x80:
        raise PacketError("an octet starts no packet")
    rest = octets[position + 1 : position + 6]
    if not first & 0x40:  # the legacy format
        size = {0: 1, 1: 2, 2: 4}.get(first & 3)
        if size is None or len(rest) < size:
            raise PacketError("a packet without a definite length")
        return (first >> 2) & 0x0F, position + 1 + size, int.from_bytes(rest[:size], "big")
    if rest and rest[0] < 192:
        return first & 0x3F, position + 2, rest[0]
    if len(rest) >= 2 and rest[0] < 224:
        return first & 0x3F, position + 3, ((rest[0] - 192) << 8) + rest[1] + 192
    if len(rest) == 5 and rest[0] == 255:
        return first & 0x3F, position + 6, int.from_bytes(rest[1:], "big")
    raise PacketError("a packet without a definite length")


def signature_packet(signature: bytes) -> bytes:
    """The binary octets of a detached signature that is exactly one version 4 Signature packet.

    `signature` is armored or binary. Raises PacketError for everything else: a cleartext or inline signature, several
    packets or armor blocks, compressed data, another version, text around the armor.
    """
    if len(signature) > MAX_SIGNATURE:
        raise PacketError("the signature is too large")
    try:
        octets = dearmor(signature, "SIGNATURE")
    except ArmorError as failure:
        raise PacketError(str(failure)) from None
    packets = list(walk(octets))
    if len(packets) != 1 or packets[0].tag != SIGNATURE:
        raise PacketError("not exactly one signature packet")
    if packets[0].version != 4 or len(packets[0].body) < 10:
        raise PacketError("not a signature of version 4")
    numbers_of(packets[0].body)
    return octets


def replay_key(signature: bytes) -> str:
    """What makes a detached signature this one, as a SHA-256 (hex): version, type, algorithms, hashed area, numbers.

    Armor, packet lengths, unhashed subpackets and the two octets of the digest can be changed by anybody and count for
    nothing. Raises PacketError for what `signature_packet` refuses.
    """
    head, numbers = numbers_of(next(walk(signature_packet(signature))).body)
    parts = (head, *(part for number in numbers for part in (len(number).to_bytes(4, "big"), number)))
    return hashlib.sha256(b"".join(parts)).hexdigest()


def numbers_of(body: bytes) -> tuple[bytes, list[bytes]]:
    """The hashed head of a version 4 signature's body, and its numbers (RFC 9580 section 5.2.3).

    The signature of an algorithm without integers is one number as it stands. Raises PacketError when the fields do
    not fill the packet exactly: two readers could see two signatures.
    """
    head = 6 + int.from_bytes(body[4:6], "big")
    start = head + 2 + int.from_bytes(body[head : head + 2], "big") + 2
    if start > len(body):
        raise PacketError("a signature packet is cut short")
    rest, native, count = body[start:], _NATIVE.get(body[2]), _INTEGERS.get(body[2])
    if native is not None and len(rest) != native:
        raise PacketError("a signature of another length than its algorithm's")
    if count is None:  # a native one, or one that no engine knows
        return body[:head], [rest]
    found = integers(rest)
    if len(found) != count:
        raise PacketError("not as many numbers as the algorithm has")
    return body[:head], found


def integers(octets: bytes) -> list[bytes]:
    """The multiprecision integers that fill `octets` (RFC 9580 section 3.2).

    Raises PacketError when they do not fill them exactly, or one is not written in its only form: with leading zeros.
    """
    found: list[bytes] = []
    position = 0
    while position < len(octets):
        bits = int.from_bytes(octets[position : position + 2], "big")
        size = (bits + 7) // 8
        number = octets[position + 2 : position + 2 + size]
        if len(number) != size or position + 2 > len(octets):
            raise PacketError("a number is cut short")
        if int.from_bytes(number, "big").bit_length() != bits:
            raise PacketError("a number's length is not its own")
        found.append(number)
        position += 2 + size
    return found


def signature_header(octets: bytes) -> SignatureHeader:
    """The fixed fields of the one signature packet in `octets` (as `signature_packet` returns it)."""
    return header_of(next(walk(octets)))


def header_of(packet: Packet) -> SignatureHeader:
    """The fixed fields of a version 4 signature packet. Raises PacketError for another version."""
    if packet.tag != SIGNATURE or packet.version != 4 or len(packet.body) < 4:
        raise PacketError("not a signature of version 4")
    _, kind, algorithm, digest = packet.body[:4]
    return SignatureHeader(kind, _name(KEY_ALGORITHMS, algorithm), _name(HASHES, digest))


def keys(certificate: bytes) -> tuple[Key, ...]:
    """Every version 4 public key and subkey of a binary certificate, in order. Raises PacketError."""
    found = [key_of(packet) for packet in walk(certificate) if packet.tag in {PUBLIC_KEY, PUBLIC_SUBKEY}]
    if not found:
        raise PacketError("no public key")
    return tuple(found)


def key_of(packet: Packet) -> Key:
    """The fixed fields of a version 4 key packet (RFC 9580 section 5.5.2). Raises PacketError for another version."""
    body = packet.body
    if packet.version != 4 or len(body) < 10:
        raise PacketError("not a key of version 4")
    algorithm, curve, bits = body[5], "", 0
    if algorithm in {18, 19, 22}:
        size = body[6]
        oid = body[7 : 7 + size]
        curve, bits = _CURVES.get(oid, (oid.hex(), 0))
    elif algorithm in {25, 27}:
        bits = 256
    elif algorithm in {26, 28}:
        bits = 448
    else:
        size = (int.from_bytes(body[6:8], "big") + 7) // 8
        # The first integer: RSA n, DSA p, ElGamal p. Counted, because the stated length may have leading zeros.
        bits = int.from_bytes(body[8 : 8 + size], "big").bit_length()
    # RFC 9580 section 5.5.4.2: a name for the key, by definition SHA-1.
    digest = hashlib.sha1(b"\x99" + len(body).to_bytes(2, "big") + body, usedforsecurity=False)
    return Key(
        packet.tag in {PUBLIC_KEY, SECRET_KEY},
        _name(KEY_ALGORITHMS, algorithm),
        bits,
        curve,
        digest.hexdigest().upper(),
    )


def _name(table: dict[int, str], number: int) -> str:
    """The word for an algorithm number, or the number itself when it is not known."""
    return table.get(number, str(number))
