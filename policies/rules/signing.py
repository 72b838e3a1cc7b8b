"""The rules that turn facts about a signature into a verdict.

Invariants:
- An engine never decides. It reports `SignatureFacts`; only the rules below decide, with every input an argument.
- Two engines of independent origin must both call the signature good; a disagreement is never accepted.
- A key is matched by the full primary fingerprint that is enrolled for the sending office, never by a key id, a user
  id or a name found in the letter.
"""

from collections.abc import Sequence
from datetime import datetime

from policies.case import Case
from policies.declarations import GRADE_FIELDS
from policies.header_protection import Demand
from policies.letter import GRADE_NAMES, Grade
from policies.rules.structure import why_no_signature
from policies.signature import EnrolledKey, Finding, SignatureFacts, SigningSettings
from policies.verdict import ACCEPTED, Refused, Verdict
from policies.words.bilingual import Said
from policies.words.reasons import Reason


def signature_in_place(case: Case) -> Verdict:
    """One detached signature covers the whole letter, or the gateway seals for an allowed system."""
    return ACCEPTED if case.sealed_for_system else why_no_signature(case)


def signer_enrolled(case: Case) -> Verdict:
    """The key that made the signature is enrolled, and for the office that sends."""
    if case.sealed_for_system:
        return ACCEPTED
    if case.signer is None:
        return Refused(Reason.SIGNER_UNKNOWN, "no enrolled key made this signature")
    if case.signer.address != case.sender_office:
        return Refused(
            Reason.SIGNER_MISMATCH, f"{case.signer.fingerprint} is enrolled for {case.signer.address}"
        )
    return ACCEPTED


def signature_good(case: Case) -> Verdict:
    """Both engines' facts, decided by the signing rules."""
    if case.sealed_for_system:
        return ACCEPTED
    if case.signer is None:
        return Refused(Reason.SIGNER_UNKNOWN, "no enrolled key made this signature")
    return decide(case.facts, case.signer, case.envelope.received, case.settings.signing)


def header_as_signed(case: Case) -> Verdict:
    """Header fields equal their signed copies (RFC 9788), which a policy or the letter's own grade may require."""
    if case.differing:
        return Refused(Reason.HEADERS_DIFFER, ", ".join(case.differing))
    if case.sealed_for_system:
        return ACCEPTED
    if not case.protected and case.protection is Demand.ENFORCE:
        return Refused(Reason.HEADERS_UNPROTECTED, "the signature covers no header field")
    grade = case.declaration.grade
    if grade in case.settings.header_protection_grades:
        declaring = [name for name, _text in case.header.declarations if name in GRADE_FIELDS]
        if not case.protected or not case.covers(declaring):
            return _grade_uncovered(grade)
    return ACCEPTED


def _grade_uncovered(grade: Grade) -> Refused:
    arabic, english = GRADE_NAMES[grade]
    said = Said(
        f"الخطاب بدرجة «{arabic}» والتوقيع لا يغطي هذه الدرجة. "
        "أرسله من برنامج بريد يوقّع الترويسة أيضاً مثل Thunderbird.",
        f'The letter is graded "{english}", and its signature does not cover the grade. '
        "Send it from a mail program that signs the header too, such as Thunderbird.",
    )
    return Refused(Reason.HEADERS_UNPROTECTED, f"the signature does not cover the grade {grade.value}", said)


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
        first = named[0]
        return Refused(
            _FINDING_REASONS[first.finding], _refused_algorithm(first) or f"{first.engine}: {first.finding}"
        )
    if not any(one.finding is Finding.GOOD for one in facts):  # they agree: no engine calls it good
        return Refused(Reason.SIGNATURE_BAD, f"no engine accepts it; {facts[0].engine}: {facts[0].finding}")
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


def _refused_algorithm(one: SignatureFacts) -> str:
    """Say which algorithms an engine refuses, as far as it told; "" for another finding."""
    if one.finding is not Finding.WEAK:
        return ""
    named = " with ".join(word for word in (one.key_algorithm, one.hash_algorithm) if word)
    return f"{one.engine} does not accept {named or 'the algorithm'}"


def _algorithms(
    facts: Sequence[SignatureFacts], _key: EnrolledKey, _received: datetime, settings: SigningSettings
) -> Verdict:
    """The hash and the key size must be strong; the signature must be over a document (type 0 or 1)."""
    for one in facts:
        if one.finding is Finding.WEAK:
            return Refused(Reason.ALGORITHM_WEAK, _refused_algorithm(one))
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
