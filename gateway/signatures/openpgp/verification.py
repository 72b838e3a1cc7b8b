"""Both OpenPGP engines over one detached signature.

Invariant: both engines are asked about the same octets and the same certificate, and neither sees what the other
found. What their findings mean is decided in `policies.rules.signing.decide`.
"""

from gateway.signatures.openpgp import packets, sequoia
from gateway.signatures.openpgp.gnupg import GnupgVerifier
from policies.signature import EnrolledKey, SignatureFacts

__all__ = ["issuer_of", "replay_key", "structure_problem", "verify_both"]

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


def structure_problem(signature: bytes) -> str:
    """Say why `signature` is not exactly one detached version 4 signature; "" when it is one.

    Both engines find STRUCTURE for what this names. It needs no key, so it can be asked before one is looked up.
    """
    try:
        packets.signature_packet(signature)
    except packets.PacketError as failure:
        return str(failure)
    return ""
