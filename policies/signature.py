"""Facts about a signature as an engine reports them, the keys that are enrolled, and the limits of acceptance.

Values only: `rules/signing.py` decides over them.
"""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum


class Finding(StrEnum):
    """What one engine found, in one word. GOOD alone speaks for the signature."""

    GOOD = "good"
    BAD = "bad"  # the octets do not match
    NO_KEY = "no-key"  # made by a key this engine was not given
    EXPIRED_KEY = "expired-key"
    REVOKED_KEY = "revoked-key"
    EXPIRED_SIGNATURE = "expired-signature"
    WEAK = "weak"  # the engine refuses the algorithm
    STRUCTURE = "structure"  # not exactly one detached signature packet
    REFUSED = "refused"  # the engine gives no reason
    ERROR = "error"  # the engine itself failed: temporary, never a verdict


@dataclass(frozen=True, slots=True)
class SignatureFacts:
    """What one engine reports about one signature over one run of octets.

    Fingerprints are upper-case hexadecimal without spaces. `created` is the signature's own claim (UTC). `raw` holds
    the engine's own status lines for the record; no rule reads it.
    """

    engine: str
    engine_version: str
    finding: Finding
    format: str = "openpgp"
    fingerprint: str = ""  # the primary key's
    signing_fingerprint: str = ""  # the key or subkey that made it
    created: datetime | None = None
    expires: datetime | None = None
    hash_algorithm: str = ""  # "SHA256" ...
    key_algorithm: str = ""  # "EdDSA", "RSA" ...
    key_bits: int = 0
    signature_type: int = -1  # 0 binary, 1 text (RFC 9580 section 5.2.1)
    signer_user_id: str = ""
    raw: tuple[str, ...] = field(default=(), compare=False)


@dataclass(frozen=True, slots=True)
class EnrolledKey:
    """A key enrolled for one office. `material` is the public key as enrolled (binary)."""

    address: str
    format: str
    fingerprint: str
    material: bytes
    enrolled: datetime
    expires: datetime | None = None
    revoked: datetime | None = None


@dataclass(frozen=True, slots=True)
class SigningSettings:
    """Limits of acceptance for signatures."""

    oldest: timedelta = timedelta(hours=72)
    newest: timedelta = timedelta(minutes=5)
    hashes: frozenset[str] = frozenset({"SHA256", "SHA384", "SHA512", "SHA3-256", "SHA3-512"})
    rsa_bits: int = 2048
