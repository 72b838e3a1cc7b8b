"""Signed notes (C2SP signed-note): the signature on the evidence log's checkpoints.

Invariants:
- The seed lies in a file of mode 0600 that is complete or absent, never half written and never overwritten.
- A signature line counts only with the right name and the right key id; others are another verifier's business.
"""

import base64
import binascii
import hashlib
import os
import tempfile
from pathlib import Path
from typing import Self

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

_ED25519 = b"\x01"  # the signature type of the note format
_DASH = "\u2014 "
SEED_OCTETS = 32


class LogSigner:
    """Sign with the Ed25519 key whose raw seed of 32 octets is the file at `path`.

    Raises FileNotFoundError when there is none, ValueError when it is not a seed, PermissionError when others than
    the owner may read it.
    """

    def __init__(self, path: Path) -> None:
        if path.stat().st_mode & 0o077:
            raise PermissionError(f"{path}: others than its owner may read the log's signing key")
        seed = path.read_bytes()
        if len(seed) != SEED_OCTETS:
            raise ValueError(f"{path}: not a seed of {SEED_OCTETS} octets")
        self._key = Ed25519PrivateKey.from_private_bytes(seed)
        self.public: bytes = self._key.public_key().public_bytes_raw()

    @classmethod
    def create(cls, path: Path) -> Self:
        """Make a new key at `path`. Raises FileExistsError when anything is there already."""
        descriptor, draft = tempfile.mkstemp(dir=path.parent, prefix=".seed-")  # mkstemp(3) gives mode 0600
        try:
            with os.fdopen(descriptor, "wb") as file:
                file.write(Ed25519PrivateKey.generate().private_bytes_raw())
                file.flush()
                os.fsync(descriptor)
            Path(path).hardlink_to(draft)  # fails when the name is taken, unlike a rename
        finally:
            Path(draft).unlink()
        return cls(path)

    def sign(self, octets: bytes) -> bytes:
        """Sign `octets` (Ed25519, RFC 8032); return 64 octets."""
        return self._key.sign(octets)

    def key_id(self, name: str) -> bytes:
        """Give the four octets by which a signature line names this key under `name`."""
        return key_id(name, self.public)

    def note(self, origin: str, body: str) -> str:
        """Give `body` with an empty line and this key's signature line after it.

        `body` ends with a newline and has no other control characters; `origin` is the key's name.
        Raises ValueError.
        """
        _check_name(origin)
        if not body.endswith("\n"):
            raise ValueError("the text of a note ends with a newline")
        _check_text(body)
        blob = self.key_id(origin) + self.sign(body.encode())
        return f"{body}\n{_DASH}{origin} {base64.b64encode(blob).decode()}\n"


def key_id(name: str, public: bytes) -> bytes:
    """Give the first four octets of SHA-256 over name, newline, type and public key."""
    return hashlib.sha256(name.encode() + b"\n" + _ED25519 + public).digest()[:4]


def verifier_key(name: str, public: bytes) -> str:
    """Give the public key in the text form that verifiers are configured with: NAME+KEYID+KEY."""
    _check_name(name)
    return f"{name}+{key_id(name, public).hex()}+{base64.b64encode(_ED25519 + public).decode()}"


def verify_note(text: str, name: str, public: bytes) -> str:
    """Return the body of the note `text` if the key `public` called `name` signed it; raise ValueError if not.

    Signatures by other keys are ignored; every one by this key must verify.
    """
    _check_name(name)
    _check_text(text)
    body, divider, signatures = text.rpartition("\n\n")
    if not divider or not signatures.endswith("\n"):
        raise ValueError("not a signed note")
    body += "\n"
    wanted = key_id(name, public)
    key = Ed25519PublicKey.from_public_bytes(public)
    blobs = [blob for signer, blob in map(_signature_line, signatures[:-1].split("\n")) if signer == name]
    ours = [blob[4:] for blob in blobs if blob[:4] == wanted]
    if not ours:
        raise ValueError("the note has no signature by this key")
    try:
        for signature in ours:
            key.verify(signature, body.encode())
    except InvalidSignature:
        raise ValueError("the note's signature does not verify") from None
    return body


def _signature_line(line: str) -> tuple[str, bytes]:
    """Read one line: em dash, space, name, space, base64 of key id and signature."""
    name, space, blob = line.removeprefix(_DASH).partition(" ")
    if not line.startswith(_DASH) or not name or not space:
        raise ValueError("a malformed signature line")
    try:
        octets = base64.b64decode(blob, validate=True)
    except (binascii.Error, ValueError):
        raise ValueError("a malformed signature line") from None
    # One text for one signature: base64 has bits to spare, and they must not be set.
    if len(octets) < 5 or base64.b64encode(octets).decode() != blob:
        raise ValueError("a malformed signature line")
    return name, octets


def _check_name(name: str) -> None:
    if not name or "+" in name or any(letter.isspace() or not letter.isprintable() for letter in name):
        raise ValueError("the name of a key has neither spaces nor plus signs, and is not empty")


def _check_text(text: str) -> None:
    if any(letter < " " and letter != "\n" for letter in text):
        raise ValueError("a note has no control characters but newlines")
