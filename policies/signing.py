"""Facts about a signature, and the rules that turn facts into a verdict.

Invariants:
- An engine never decides. It reports `SignatureFacts`; only the rules below decide, with every input an argument.
- Two engines of independent origin must both call the signature good; a disagreement is never accepted.
- A key is matched by the full primary fingerprint that is enrolled for the sending office, never by a key id, a user
  id or a name found in the letter.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum

from policies.reasons import Reason
from policies.verdict import ACCEPTED, Refused, Verdict


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


_FINDING_REASONS = {
    Finding.BAD: Reason.SIGNATURE_BAD,
    Finding.NO_KEY: Reason.SIGNER_UNKNOWN,
    Finding.EXPIRED_KEY: Reason.KEY_EXPIRED,
    Finding.REVOKED_KEY: Reason.KEY_REVOKED,
    Finding.EXPIRED_SIGNATURE: Reason.SIGNATURE_TIME,
    Finding.WEAK: Reason.ALGORITHM_WEAK,
    Finding.STRUCTURE: Reason.SIGNATURE_STRUCTURE,
}


def decide(
    facts: Sequence[SignatureFacts], key: EnrolledKey, received: datetime, settings: SigningSettings
) -> Verdict:
    """Decide over both engines' facts about the one signature of a letter from `key.address`.

    `received` is when the gateway took the letter (UTC): the only clock of this rule. The first refusal wins.
    """
    if len({one.engine for one in facts}) < 2:
        return Refused(Reason.QUARANTINED, "fewer than two engines reported")
    named = [one for one in facts if one.finding in _FINDING_REASONS]
    if named and not any(one.finding is Finding.GOOD for one in facts):
        return Refused(_FINDING_REASONS[named[0].finding], f"{named[0].engine}: {named[0].finding}")
    for rule in (_key_life, _key_match, _algorithms, _times, _agreement):
        verdict = rule(facts, key, received, settings)
        if isinstance(verdict, Refused):
            return verdict
    return ACCEPTED


def _key_life(
    facts: Sequence[SignatureFacts], key: EnrolledKey, received: datetime, _settings: SigningSettings
) -> Verdict:
    """A key revoked or expired by our own records, or by one engine's, signs nothing more."""
    if key.revoked is not None and key.revoked <= received:
        return Refused(Reason.KEY_REVOKED, key.fingerprint)
    if any(one.finding is Finding.REVOKED_KEY for one in facts):
        return Refused(Reason.KEY_REVOKED, key.fingerprint)
    if key.expires is not None and key.expires <= received:
        return Refused(Reason.KEY_EXPIRED, key.fingerprint)
    if any(one.finding is Finding.EXPIRED_KEY for one in facts):
        return Refused(Reason.KEY_EXPIRED, key.fingerprint)
    return ACCEPTED


def _key_match(
    facts: Sequence[SignatureFacts], key: EnrolledKey, _received: datetime, _settings: SigningSettings
) -> Verdict:
    """Both engines must name the enrolled primary fingerprint; a Signer's User ID, if any, names the same office.

    The subpacket is the signer's own word (RFC 9580 section 5.2.3.30): it can contradict the enrolment, never replace
    it.
    """
    for one in facts:
        if one.finding is not Finding.GOOD:
            continue
        if one.fingerprint != key.fingerprint:
            return Refused(Reason.SIGNER_MISMATCH, one.fingerprint)
        claimed = one.signer_user_id.rpartition("<")[2].rstrip("> ").lower()
        if "@" in claimed and claimed != key.address:
            return Refused(Reason.SIGNER_MISMATCH, f"the signer calls itself {claimed[:100]}")
    return ACCEPTED


def _algorithms(
    facts: Sequence[SignatureFacts], _key: EnrolledKey, _received: datetime, settings: SigningSettings
) -> Verdict:
    """The hash and the key size must be strong; the signature must be over a document (type 0 or 1)."""
    for one in facts:
        if one.finding is Finding.WEAK:
            return Refused(Reason.ALGORITHM_WEAK, f"{one.engine} refuses the algorithm")
        if one.finding is not Finding.GOOD:
            continue
        if one.hash_algorithm not in settings.hashes:
            return Refused(Reason.ALGORITHM_WEAK, f"hash {one.hash_algorithm or 'unknown'}")
        if one.key_algorithm == "RSA" and 0 < one.key_bits < settings.rsa_bits:
            return Refused(Reason.ALGORITHM_WEAK, f"RSA of {one.key_bits} bits")
        if one.signature_type not in {0, 1}:
            return Refused(Reason.SIGNATURE_STRUCTURE, f"signature type {one.signature_type}")
    return ACCEPTED


def _times(
    facts: Sequence[SignatureFacts], _key: EnrolledKey, received: datetime, settings: SigningSettings
) -> Verdict:
    """The signature's own time must lie close to the receipt: backdating and replay both fail here."""
    for one in facts:
        if one.finding is not Finding.GOOD:
            continue
        if one.created is None:
            return Refused(Reason.SIGNATURE_TIME, "the signature carries no time")
        if one.created > received + settings.newest:
            return Refused(Reason.SIGNATURE_TIME, f"signed in the future: {one.created.isoformat()}")
        if one.created < received - settings.oldest:
            return Refused(Reason.SIGNATURE_TIME, f"signed too long ago: {one.created.isoformat()}")
        if one.expires is not None and one.expires <= received:
            return Refused(Reason.SIGNATURE_TIME, f"the signature expired: {one.expires.isoformat()}")
    return ACCEPTED


def _agreement(
    facts: Sequence[SignatureFacts], _key: EnrolledKey, _received: datetime, _settings: SigningSettings
) -> Verdict:
    """Last: every engine must say good, about the same key at the same time."""
    for one in facts:
        if one.finding is not Finding.GOOD:
            return Refused(Reason.QUARANTINED, f"{one.engine}: {one.finding}")
    if len({(one.fingerprint, one.created) for one in facts}) != 1:
        return Refused(Reason.QUARANTINED, "the engines describe different signatures")
    return ACCEPTED
