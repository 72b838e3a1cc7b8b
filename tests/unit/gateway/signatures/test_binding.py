"""Nobody occupies a stranger's key: a subkey is its certificate's own only when it signed the primary key back."""

import pytest
from handmade import ENCRYPTS, HandmadeKey, packet

from gateway.signatures.enrolment import KeyRefused, read_key
from gateway.signatures.openpgp import packets
from gateway.signatures.openpgp.binding import bound_back
from gateway.signatures.openpgp.gnupg import GnupgVerifier
from gateway.signatures.openpgp.verification import verify_both
from policies.signature import Finding

from .conftest import NOW, SIGNED, TestKeys

ADDRESS = "registry@moj.gov.example"
USER_ID = f"Registry <{ADDRESS}>"


@pytest.mark.parametrize(
    "algorithm", ["ed25519", "nistp256/ecdsa", "nistp384/ecdsa", "nistp521/ecdsa", "rsa2048"]
)
def test_a_subkey_that_gpg_made_signed_back(algorithm: str, keys: TestKeys, verifier: GnupgVerifier) -> None:
    name = f"back-{algorithm.partition('/')[0]}"
    keys.make(name, "ed25519", "cert")
    keys.subkey(name, algorithm)
    keys.subkey(name, "cv25519", "encr")
    certificate = keys.certificate(name)
    signing = packets.keys(certificate)[1].fingerprint
    assert bound_back(certificate) == {signing}
    reading = read_key(certificate, f"{name}@gov.example", NOW)
    assert reading.fingerprints == (keys.fingerprint(name), signing)
    facts = verify_both(SIGNED, keys.sign(name), reading.key, verifier)
    assert [(one.finding, one.signing_fingerprint) for one in facts] == [(Finding.GOOD, signing)] * 2


def test_a_strangers_key_below_ones_own_is_not_counted() -> None:
    own, stranger = HandmadeKey(), HandmadeKey()
    for subkeys in (
        own.bind(stranger),
        own.bind(stranger, ENCRYPTS),
        packet(14, stranger.public),
        own.bind(stranger, digest="sha1"),
        own.bind(stranger, back=True).replace(b"\x04\x19\x16", b"\x04\x18\x16"),
    ):
        reading = read_key(own.certificate(USER_ID, subkeys), ADDRESS, NOW)
        assert reading.fingerprints == (own.fingerprint,), subkeys
    reading = read_key(own.certificate(USER_ID, own.bind(stranger, back=True)), ADDRESS, NOW)
    assert reading.fingerprints == (own.fingerprint, stranger.fingerprint)


def test_a_signature_back_over_another_primary_key_is_none() -> None:
    own, stranger, other = HandmadeKey(), HandmadeKey(), HandmadeKey()
    borrowed = packets.walk(other.bind(stranger, back=True))
    theirs = b"".join(packet(one.tag, one.body) for one in borrowed)
    assert bound_back(other.certificate(USER_ID, theirs)) == {stranger.fingerprint}
    assert bound_back(own.certificate(USER_ID, theirs)) == set()
    both = own.bind(stranger) + packet(2, list(packets.walk(theirs))[1].body)
    assert bound_back(own.certificate(USER_ID, both)) == set()


def test_a_key_whose_only_signing_subkey_is_not_its_own_is_refused() -> None:
    own, stranger = HandmadeKey(), HandmadeKey()
    octets = own.certificate(USER_ID, own.bind(stranger), flags=1)
    with pytest.raises(KeyRefused) as refused:
        read_key(octets, ADDRESS, NOW)
    assert refused.value.code == "cannot-sign"
    assert stranger.fingerprint in refused.value.detail
    weakly = own.certificate(USER_ID, own.bind(stranger, back=True, digest="sha1"), flags=1)
    with pytest.raises(KeyRefused):
        read_key(weakly, ADDRESS, NOW)


def test_an_rsa_key_shorter_than_letters_need_is_refused(keys: TestKeys) -> None:
    keys.make("two-kilobit", "rsa2048")
    assert read_key(keys.certificate("two-kilobit"), "two-kilobit@gov.example", NOW).bits == 2048
    with pytest.raises(KeyRefused) as refused:
        read_key(keys.certificate("two-kilobit"), "two-kilobit@gov.example", NOW, rsa_bits=3072)
    assert refused.value.code == "weak"


def test_damage_anywhere_counts_nobody_and_raises_nothing_else() -> None:
    own, stranger = HandmadeKey(), HandmadeKey()
    octets = own.certificate(USER_ID, own.bind(stranger, back=True))
    start = octets.index(stranger.public)
    for position in range(start, len(octets)):
        damaged = octets[:position] + bytes((octets[position] ^ 0x55,)) + octets[position + 1 :]
        try:
            assert bound_back(damaged) <= {stranger.fingerprint}
        except packets.PacketError:
            continue


@pytest.mark.parametrize("digest", ["sha3_256", "sha3_512", "shake_128"])
def test_a_hash_that_gpg_does_not_know_is_weak_and_named(digest: str, verifier: GnupgVerifier) -> None:
    key = HandmadeKey()
    certificate = key.certificate(USER_ID)
    facts = verifier.verify(SIGNED, key.sign(SIGNED, digest=digest), certificate, key.fingerprint)
    assert facts.finding is Finding.WEAK
    assert facts.hash_algorithm == {"sha3_256": "SHA3-256", "sha3_512": "SHA3-512", "shake_128": "99"}[digest]
    good = verifier.verify(SIGNED, key.sign(SIGNED), certificate, key.fingerprint)
    assert good.finding is Finding.GOOD
