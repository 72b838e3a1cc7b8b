"""SCRAM-SHA-256: the messages, the keys and the proof (RFC 5802, RFC 7677). No I/O, no account is looked up here.

The client proves that it knows the app password without sending it. Kept is what RFC 5803 writes: salt, iteration
count, StoredKey and ServerKey; they tell nobody the password, and nobody can log in with them alone.

Why `ITERATIONS` is RFC 7677's minimum: the count slows down who guesses passwords out of a stolen database, and
secrets here are always generated, with 140 bits. The work would fall on the officer's mail program at every login.

Why the salt is an HMAC of the login and not random: whatever login is asked for gets its salt without a look-up, the
same for ever, so that an account that exists, exists no more, is suspended or has no keys answers as any other. The
key of that HMAC is one of the instance's and lies in its database, which all nodes share; who can read it there can
read the list of accounts beside it.

Why no library: scramp 1.5.0 refuses an authorization identity, knows one password of an account, and answers an unknown
login at once and differently.

Invariants:
- No channel binding is offered, since `ssl` has none for TLS 1.3 (RFC 9266): a client that asks for one is refused,
  and the binding in the last message must be the header of the first one, octet for octet.
- A message with anything that is not understood for certain is Malformed; nothing is mended.
- A nonce serves one exchange, and half of it is ours: an old proof proves nothing.
"""

import hashlib
import hmac
import re
import secrets
from base64 import b64encode
from binascii import Error as Base64Error
from binascii import a2b_base64
from collections.abc import Iterable
from dataclasses import dataclass

MECHANISM = "SCRAM-SHA-256"
ITERATIONS = 4096
LONGEST = 1_024
"""Octets of a client's message: two names of 254 characters and a nonce have room."""

_SALT_OCTETS = 16
_NONCE_OCTETS = 18
_NONCE = re.compile(r"[\x21-\x2b\x2d-\x7e]{1,256}")
_EXTENSION = re.compile(r"([A-Za-z])=[^,]+")
_TAKEN = frozenset(
    "aceimnprsv"
)  # the attributes of RFC 5802 section 5.1: none of them is an optional extension
_ESCAPE = re.compile(r"=(?!2C|3D)")
_EXTENDED = "Extensions of SCRAM are not supported"
_STORED = re.compile(r"SCRAM-SHA-256\$([0-9]{1,9}):([^$:]+)\$([^$:]+):([^$:]+)")


class Malformed(Exception):
    """The client's message is not one of RFC 5802's; the text may be told to it."""


# ── Keys ──────────────────────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True)
class Keys:
    """What is kept of one password (RFC 5802 section 3)."""

    salt: bytes
    iterations: int
    stored: bytes
    server: bytes

    def __str__(self) -> str:
        """As RFC 5803 section 2 writes it."""
        salt, stored, server = (b64encode(part).decode() for part in (self.salt, self.stored, self.server))
        return f"{MECHANISM}${self.iterations}:{salt}${stored}:{server}"


def read_keys(text: str) -> Keys | None:
    """Read what `str` of Keys wrote; None when it is something else."""
    found = _STORED.fullmatch(text)
    if found is None:
        return None
    salt, stored, server = (_octets(part) for part in found.group(2, 3, 4))
    if salt is None or stored is None or server is None:
        return None
    return Keys(salt, int(found[1]), stored, server)


def make_keys(secret: str, salt: bytes, iterations: int = ITERATIONS) -> Keys:
    """Make the keys of a password; about 1 ms of CPU. Raises ValueError when it is not printable ASCII.

    Other passwords would have to go through SASLprep (RFC 4013), which refuses many an Arabic one.
    """
    if not secret.isascii() or not secret.isprintable():
        raise ValueError("SCRAM keys are made of printable ASCII secrets")
    salted = hashlib.pbkdf2_hmac("sha256", secret.encode(), salt, iterations)
    client_key = hmac.digest(salted, b"Client Key", "sha256")
    return Keys(
        salt,
        iterations,
        hashlib.sha256(client_key).digest(),
        hmac.digest(salted, b"Server Key", "sha256"),
    )


def salt_of(salt_key: bytes, login: str) -> bytes:
    """Return the salt of a login, in lower case, whether there is such an account or not."""
    return hmac.digest(salt_key, b"scram salt\0" + login.encode(), "sha256")[:_SALT_OCTETS]


def stored_keys(secret: str, salt_key: bytes, login: str) -> str:
    """Return the keys of an account's new password as they are kept beside its hash."""
    return str(make_keys(secret, salt_of(salt_key, login)))


def nobodys_keys() -> Keys:
    """Return keys that no password has, for the work of a refusal."""
    return Keys(
        secrets.token_bytes(_SALT_OCTETS), ITERATIONS, secrets.token_bytes(32), secrets.token_bytes(32)
    )


# ── Messages ──────────────────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True)
class ClientFirst:
    """The client's first message: who it says it is, and `identity`, as whom it wants to act, or empty."""

    header: str
    bare: str
    nonce: str
    login: str
    identity: str


def client_first(message: bytes) -> ClientFirst:
    """Read a client's first message (RFC 5802 section 7). Raises Malformed."""
    text = _text(message)
    flag, _, rest = text.partition(",")
    acting, comma, bare = rest.partition(",")
    if flag.startswith("p="):
        raise Malformed("Channel binding is not offered")
    if flag not in {"y", "n"} or not comma or (acting and not acting.startswith("a=")):
        raise Malformed("Not a first message of SCRAM")
    if bare.startswith("m="):
        raise Malformed(_EXTENDED)
    name, nonce, *more = bare.split(",") if "," in bare else (bare, "")
    if not name.startswith("n=") or not nonce.startswith("r=") or not _NONCE.fullmatch(nonce[2:]):
        raise Malformed("Not a first message of SCRAM")
    _hold_optional(more)
    identity = _name(acting[2:]) if acting else ""
    return ClientFirst(f"{flag},{acting},", bare, nonce[2:], _name(name[2:]), identity)


class Exchange:
    """One exchange from the first message on; `challenge` is the server's answer to it."""

    def __init__(
        self, first: ClientFirst, salt: bytes, iterations: int = ITERATIONS, nonce: str | None = None
    ) -> None:
        """Take the server's part of the nonce from `nonce`, which is random when it is None."""
        own = b64encode(secrets.token_bytes(_NONCE_OCTETS)).decode() if nonce is None else nonce
        self._first = first
        self._nonce = first.nonce + own
        challenge = f"r={self._nonce},s={b64encode(salt).decode()},i={iterations}"
        self.challenge = challenge.encode()

    def proof(self, final: bytes) -> "Proof":
        """Read the client's last message (RFC 5802 section 7). Raises Malformed."""
        text = _text(final)
        spoken, comma, proof = text.rpartition(",p=")
        binding, nonce, *more = spoken.split(",") if "," in spoken else (spoken, "")
        octets = _octets(proof) if comma else None
        if octets is None or len(octets) != hashlib.sha256().digest_size:
            raise Malformed("Not a last message of SCRAM")
        _hold_optional(more)
        if binding != "c=" + b64encode(self._first.header.encode()).decode():
            raise Malformed("The channel binding is not the one of the first message")
        if nonce != f"r={self._nonce}":
            raise Malformed("The nonce is not the one that was given")
        return Proof(f"{self._first.bare},{self.challenge.decode()},{spoken}".encode(), octets)


@dataclass(frozen=True, slots=True)
class Proof:
    """A client's proof over everything that was said."""

    said: bytes
    octets: bytes

    def found_in(self, keys: Iterable[Keys]) -> Keys | None:
        """Return the keys of the password that the client knows; all are tried, whichever it is."""
        known: Keys | None = None
        for one in keys:
            signature = hmac.digest(one.stored, self.said, "sha256")
            client_key = bytes(a ^ b for a, b in zip(self.octets, signature, strict=True))
            if hmac.compare_digest(hashlib.sha256(client_key).digest(), one.stored):
                known = one
        return known

    def confirmation(self, keys: Keys) -> bytes:
        """Return the server's last message, by which the client knows that the server has its keys."""
        return b"v=" + b64encode(hmac.digest(keys.server, self.said, "sha256"))


def _text(message: bytes) -> str:
    if len(message) > LONGEST:
        raise Malformed("The SCRAM message is too long")
    try:
        text = message.decode()
    except UnicodeDecodeError:
        raise Malformed("A SCRAM message is UTF-8") from None
    if "\0" in text:
        raise Malformed("A SCRAM message has no NUL")
    return text


def _name(escaped: str) -> str:
    """Read a saslname: `=2C` is a comma and `=3D` an equals sign."""
    if not escaped or _ESCAPE.search(escaped):
        raise Malformed("Not a name as SCRAM writes it")
    return escaped.replace("=2C", ",").replace("=3D", "=")


def _hold_optional(parts: Iterable[str]) -> None:
    """Hold that these are extensions that need not be known (RFC 5802 section 5.1)."""
    for part in parts:
        found = _EXTENSION.fullmatch(part)
        if found is None or found[1] in _TAKEN:
            raise Malformed(_EXTENDED)


def _octets(base64: str) -> bytes | None:
    try:
        octets = a2b_base64(base64, strict_mode=True)
    except (Base64Error, ValueError):
        return None
    return octets if b64encode(octets).decode() == base64 else None
