"""OpenPGP packets made by hand, for what no OpenPGP program writes: other hashes, borrowed subkeys, odd lengths."""

import base64
import hashlib
from dataclasses import dataclass, field
from datetime import UTC, datetime

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

HASHES = {"sha1": 2, "sha256": 8, "sha512": 10, "sha3_256": 12, "sha3_512": 14, "shake_128": 99}
ED25519 = bytes.fromhex("2b06010401da470f01")
SIGNS, CERTIFIES, ENCRYPTS = 0x02, 0x01, 0x0C


def packet(tag: int, body: bytes) -> bytes:
    """A packet with a five-octet length (RFC 9580 section 4.2.1)."""
    return bytes((0xC0 | tag, 0xFF)) + len(body).to_bytes(4, "big") + body


def integer(octets: bytes, zeros: int = 0) -> bytes:
    """A multiprecision integer, with so many octets of leading zeros that its length counts, too."""
    number = int.from_bytes(octets, "big")
    bits = number.bit_length()
    size = (bits + 7) // 8 + zeros
    return (bits + 8 * zeros).to_bytes(2, "big") + number.to_bytes(size, "big")


def armored(octets: bytes, kind: str = "SIGNATURE", header: bytes = b"") -> bytes:
    lines = [b"-----BEGIN PGP %b-----" % kind.encode(), *header.splitlines(), b"", base64.b64encode(octets)]
    return b"\r\n".join([*lines, b"-----END PGP %b-----" % kind.encode(), b""])


def subpacket(kind: int, octets: bytes) -> bytes:
    size = len(octets) + 1
    length = bytes((size,)) if size < 192 else b"\xff" + size.to_bytes(4, "big")
    return length + bytes((kind,)) + octets


@dataclass
class HandmadeKey:
    """An Ed25519 key of the old kind (algorithm 22), which both engines read."""

    created: int = field(default_factory=lambda: int(datetime.now(UTC).timestamp()) - 60)
    secret: Ed25519PrivateKey = field(default_factory=Ed25519PrivateKey.generate)

    @property
    def public(self) -> bytes:
        raw = self.secret.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
        curve = bytes((len(ED25519),)) + ED25519
        return b"\x04" + self.created.to_bytes(4, "big") + b"\x16" + curve + integer(b"\x40" + raw)

    @property
    def hashed(self) -> bytes:
        """The key as it stands in what a signature over it hashes."""
        return b"\x99" + len(self.public).to_bytes(2, "big") + self.public

    @property
    def fingerprint(self) -> str:
        return hashlib.sha1(self.hashed, usedforsecurity=False).hexdigest().upper()

    def body(
        self, data: bytes, *, kind: int = 0, digest: str = "sha512", extra: bytes = b"", unhashed: bytes = b""
    ) -> bytes:
        """The body of a signature packet over `data`, with more subpackets in either area."""
        now = int(datetime.now(UTC).timestamp()).to_bytes(4, "big")
        named = bytes.fromhex(self.fingerprint)
        area = subpacket(2, now) + subpacket(33, b"\x04" + named) + extra
        head = bytes((4, kind, 22, HASHES[digest])) + len(area).to_bytes(2, "big") + area
        trailer = b"\x04\xff" + len(head).to_bytes(4, "big")
        octets = data + head + trailer
        hashed = (
            hashlib.shake_128(octets).digest(32)
            if digest.startswith("shake")
            else hashlib.new(digest, octets).digest()
        )
        made = self.secret.sign(hashed)
        unhashed = subpacket(16, named[-8:]) + unhashed
        area = len(unhashed).to_bytes(2, "big") + unhashed
        return head + area + hashed[:2] + integer(made[:32]) + integer(made[32:])

    def sign(self, data: bytes, *, digest: str = "sha512") -> bytes:
        """An armored detached signature."""
        return armored(packet(2, self.body(data, digest=digest)))

    def certificate(self, user_id: str, *subkeys: bytes, flags: int = CERTIFIES | SIGNS) -> bytes:
        named = user_id.encode()
        signed = self.hashed + b"\xb4" + len(named).to_bytes(4, "big") + named
        itself = self.body(signed, kind=0x13, extra=subpacket(27, bytes((flags,))))
        return b"".join((packet(6, self.public), packet(13, named), packet(2, itself), *subkeys))

    def bind(
        self, other: "HandmadeKey", flags: int = SIGNS, *, back: bool = False, digest: str = "sha512"
    ) -> bytes:
        """Bind another key below this one, with or without that key's own signature back."""
        signed = self.hashed + other.hashed
        unhashed = subpacket(32, other.body(signed, kind=0x19)) if back else b""
        extra = subpacket(27, bytes((flags,)))
        body = self.body(signed, kind=0x18, extra=extra, unhashed=unhashed, digest=digest)
        return packet(14, other.public) + packet(2, body)
