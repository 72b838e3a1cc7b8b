"""Both OpenPGP engines over one detached signature.

Invariant: both engines are asked about the same octets and the same certificate, and neither sees what the other
found. What their findings mean is decided in `policies.rules.signing.decide`.
"""

from gateway.signatures.openpgp import packets, sequoia
from gateway.signatures.openpgp.batches import Answer, GnupgBatches, Question
from gateway.signatures.openpgp.gnupg import GnupgVerifier
from policies.signature import EnrolledKey, SignatureFacts

__all__ = [
    "first_opinion",
    "issuer_of",
    "replay_key",
    "second_opinion",
    "structure_problem",
    "verify_both",
]

issuer_of = sequoia.issuer_of
replay_key = packets.replay_key


def verify_both(
    signed: bytes, signature: bytes, key: EnrolledKey, gnupg: GnupgVerifier
) -> tuple[SignatureFacts, SignatureFacts]:
    """Give Sequoia's facts and GnuPG's about `signature` over `signed`, with the key enrolled for the sender.

    Blocks for about 5 ms (a gpg process). Never raises for bad input.
    """
    return (
        sequoia.verify(signed, signature, key.material),
        gnupg.verify(signed, signature, key.material, key.fingerprint),
    )


def first_opinion(signed: bytes, signature: bytes, key: EnrolledKey) -> SignatureFacts:
    """Give Sequoia's facts. Holds the GIL for about 0.1 ms. Never raises for bad input."""
    return sequoia.verify(signed, signature, key.material)


def second_opinion(
    signed: bytes, signature: bytes, key: EnrolledKey, first: SignatureFacts, gnupg: GnupgBatches
) -> Answer:
    """Ask GnuPG without waiting. The future never fails. How it is asked depends on `first`, Sequoia's."""
    return gnupg.ask(
        Question(
            signed=signed,
            signature=signature,
            material=key.material,
            fingerprint=key.fingerprint,
            first=first,
        )
    )


def structure_problem(signature: bytes) -> str:
    """Say why `signature` is not exactly one detached version 4 signature; "" when it is one.

    Both engines find STRUCTURE for what this names. It needs no key, so it can be asked before one is looked up.
    """
    try:
        packets.signature_packet(signature)
    except packets.PacketError as failure:
        return str(failure)
    return ""
