"""The one door to the engines: facts about the one signature of a letter, whatever its format."""

from gateway.signatures.mime import Detached
from gateway.signatures.openpgp import verification
from gateway.signatures.openpgp.batches import Answer, GnupgBatches
from gateway.signatures.openpgp.gnupg import GnupgVerifier
from policies.signature import EnrolledKey, SignatureFacts
from policies.structure import Problem
from policies.words.structure import Kind


def unusable(detached: Detached) -> Problem | None:
    """Return why a signature cannot be checked at all, before any key is looked up; None when it can."""
    if detached.format != "openpgp":
        return Problem(kind=Kind.SMIME_NOT_YET)
    why = verification.structure_problem(detached.signature)
    return Problem(kind=Kind.SIGNATURE_PACKETS, part="2", name=why) if why else None


def issuer_of(detached: Detached) -> str:
    """Return the fingerprint that the signature names, or its 64-bit key id; "" when it names none."""
    return verification.issuer_of(detached.signature)


def replay_key(detached: Detached) -> str:
    """Return what identifies the signature however it is armored or packed."""
    return verification.replay_key(detached.signature)


def facts_of(
    detached: Detached, octets: bytes, key: EnrolledKey, gnupg: GnupgVerifier
) -> tuple[SignatureFacts, ...]:
    """Return each engine's facts about the signature over the letter's octets, with the enrolled key.

    Blocks while engines run. Never raises for bad input: an engine that fails reports Finding.ERROR.
    """
    return verification.verify_both(octets[slice(*detached.signed)], detached.signature, key, gnupg)


def first_opinion(detached: Detached, octets: bytes, key: EnrolledKey) -> SignatureFacts:
    """Return the facts of the engine in this process. Never raises for bad input."""
    return verification.first_opinion(octets[slice(*detached.signed)], detached.signature, key)


def second_opinion(
    detached: Detached, octets: bytes, key: EnrolledKey, first: SignatureFacts, gnupg: GnupgBatches
) -> Answer:
    """Ask the other engine, of another origin, without waiting; the future never fails."""
    signed = octets[slice(*detached.signed)]
    return verification.second_opinion(signed, detached.signature, key, first, gnupg)
