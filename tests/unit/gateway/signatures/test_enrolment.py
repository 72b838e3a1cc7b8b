"""Reading an OpenPGP key file: what may be enrolled, and the code of everything that may not."""

import re
from collections.abc import Callable
from datetime import timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pysequoia import ArmorKind, Profile, Tsk, armor

from gateway.signatures.enrolment import KeyRefused, read_key
from gateway.signatures.key_file import TEXTS
from gateway.signatures.openpgp import packets
from gateway.signatures.openpgp.gnupg import GnupgVerifier
from gateway.signatures.openpgp.verification import verify_both
from policies.signature import Finding

from .conftest import NOW, SIGNED, TestKeys

Made = Callable[[TestKeys], bytes]


def armored(octets: bytes) -> bytes:
    return armor(octets, ArmorKind.PublicKey).encode()


def made(name: str, *arguments: str, born: float = -30, ends: float = 700) -> Made:
    def make(keys: TestKeys) -> bytes:
        keys.make(name, *arguments, born=born, ends=ends)
        return keys.certificate(name)

    return make


def with_version(version: int) -> Made:
    def make(keys: TestKeys) -> bytes:
        octets = bytearray(keys.certificate("plain"))
        octets[octets.index(next(packets.walk(bytes(octets))).body)] = version
        return bytes(octets)

    return make


def bound_by_md5(keys: TestKeys) -> bytes:
    keys.make("plain-md5", "rsa2048", "sign", "--cert-digest-algo", "MD5")
    return keys.certificate("plain-md5")


def encryption_only(keys: TestKeys) -> bytes:
    keys.make("plain-cert", "ed25519", "cert")
    keys.subkey("plain-cert", "cv25519", "encr")
    return keys.certificate("plain-cert")


def expired_subkey(keys: TestKeys) -> bytes:
    keys.make("plain-oldsub", "ed25519", "cert", born=-100)
    keys.subkey("plain-oldsub", born=-100, ends=-1)
    return keys.certificate("plain-oldsub")


def weak_subkey(keys: TestKeys) -> bytes:
    keys.make("plain-weaksub")
    keys.subkey("plain-weaksub", "rsa1024")
    return keys.certificate("plain-weaksub")


def secret(keys: TestKeys, *options: str) -> bytes:
    return keys.gpg(*options, "--passphrase", "", "--export-secret-keys", keys.fingerprint("plain"))


def version_6(_: TestKeys) -> bytes:
    return bytes(Tsk.generate(user_id="x <plain@gov.example>", profile=Profile.RFC9580).extract_certificate())


def compromised(keys: TestKeys) -> bytes:
    keys.make("plain-revoked", born=-100)
    return keys.revoked("plain-revoked", 1, day=-50)


def superseded(keys: TestKeys) -> bytes:
    keys.make("plain-replaced", born=-100)
    return keys.revoked("plain-replaced", 2, day=-50)


REFUSED: list[tuple[str, str, Made]] = [
    ("secret key", "secret-material", secret),
    ("secret key, armored", "secret-material", lambda keys: secret(keys, "--armor")),
    ("two keys", "several-keys", lambda keys: keys.certificate("plain") + keys.certificate("other")),
    ("two armors", "several-keys", lambda keys: 2 * armored(keys.certificate("plain"))),
    ("nothing", "not-a-key", lambda _: b""),
    ("text", "not-a-key", lambda _: b"hello, this is no key"),
    ("noise", "not-a-key", lambda _: b"\xff" * 500),
    ("a signature", "not-a-key", lambda keys: keys.sign("plain")),
    ("an armored signature", "not-a-key", lambda keys: keys.sign("plain", "--armor")),
    ("a key cut short", "not-a-key", lambda keys: keys.certificate("plain")[:-10]),
    ("a key without user id", "not-a-key", lambda keys: keys.certificate("plain")[:53]),
    ("a key with a signature after it", "not-a-key", lambda keys: keys.certificate("plain") + b"\xcb\x01b"),
    ("far too large", "not-a-key", lambda keys: keys.certificate("plain") + b"\x99" * 300_000),
    ("text before the armor", "not-a-key", lambda keys: b"my key:\n" + armored(keys.certificate("plain"))),
    ("another address", "foreign", lambda keys: keys.certificate("other")),
    ("RSA-1024", "weak", made("plain-1024", "rsa1024")),
    ("DSA", "weak", made("plain-dsa", "dsa1024")),
    ("a curve few know", "weak", made("plain-brainpool", "brainpoolP256r1")),
    ("bitcoin's curve", "weak", made("plain-secp", "secp256k1")),
    ("bound by SHA-1", "weak", made("plain-sha1", "rsa2048", "sign", "--cert-digest-algo", "SHA1")),
    ("bound by MD5", "weak", bound_by_md5),
    ("weak signing subkey", "weak", weak_subkey),
    ("expired", "expired", made("plain-expired", born=-100, ends=-1)),
    ("expired signing subkey", "expired", expired_subkey),
    ("compromised", "revoked", compromised),
    ("superseded", "revoked", superseded),
    ("version 3", "version", with_version(3)),
    ("version 5", "version", with_version(5)),
    ("version 6", "version", version_6),
    ("encryption only", "cannot-sign", encryption_only),
]  # fmt: skip


@pytest.mark.parametrize(("name", "code", "make"), REFUSED, ids=[row[0] for row in REFUSED])
def test_a_key_file_that_may_not_be_enrolled_is_refused_with_its_code(
    name: str, code: str, make: Made, keys: TestKeys
) -> None:
    octets = make(keys)
    own = re.search(rb"<(plain-[a-z0-9-]+@gov\.example)>", octets)
    with pytest.raises(KeyRefused) as refused:
        read_key(octets, own[1].decode() if own else "plain@gov.example", NOW)
    assert refused.value.code == code, name
    assert refused.value.text_ar
    assert refused.value.text_en


def test_every_code_is_refused_by_some_file_and_has_both_languages() -> None:
    assert {code for _, code, _ in REFUSED} == set(TEXTS)
    assert all(ar and en and ar != en for ar, en in TEXTS.values())


@pytest.mark.parametrize("shape", ["binary", "armored", "with blank lines"])
def test_a_sound_key_is_read_whole(shape: str, keys: TestKeys, verifier: GnupgVerifier) -> None:
    certificate = keys.certificate("plain")
    octets = {
        "binary": certificate,
        "armored": armored(certificate),
        "with blank lines": b"\r\n\r\n" + armored(certificate) + b"\r\n",
    }[shape]
    reading = read_key(octets, "plain@gov.example", NOW)
    assert reading.key.material == certificate
    assert reading.key.fingerprint == keys.fingerprint("plain")
    assert reading.key.format == "openpgp"
    assert reading.key.enrolled == NOW
    assert reading.key.revoked is None
    assert reading.key.expires is not None
    assert abs(reading.key.expires - (NOW + timedelta(days=700))) < timedelta(minutes=1)
    assert (reading.algorithm, reading.bits) == ("EdDSA", 256)
    assert reading.user_ids == ("plain <plain@gov.example>",)
    facts = verify_both(SIGNED, keys.sign_once, reading.key, verifier)
    assert [one.finding for one in facts] == [Finding.GOOD, Finding.GOOD]


def test_every_fingerprint_is_told_and_the_key_lasts_as_long_as_it_can_sign(keys: TestKeys) -> None:
    keys.make("office", "ed25519", "cert", ends=700)
    keys.subkey("office", ends=300)
    keys.subkey("office", "cv25519", "encr", ends=600)
    reading = read_key(keys.certificate("office"), "Office@GOV.example", NOW)
    assert len(reading.fingerprints) == 2  # the one that encrypts signs no letter
    assert reading.fingerprints[0] == reading.key.fingerprint == keys.fingerprint("office")
    assert reading.key.expires is not None
    assert abs(reading.key.expires - (NOW + timedelta(days=300))) < timedelta(minutes=1)


def test_a_key_that_never_expires_has_no_end() -> None:
    key = bytes(Tsk.generate(user_id="مكتب <office@gov.example>").extract_certificate())
    reading = read_key(key, "office@gov.example", NOW + timedelta(minutes=1))
    assert reading.key.expires is None


def test_a_key_expires_by_the_clock_that_is_handed_in(keys: TestKeys) -> None:
    with pytest.raises(KeyRefused) as refused:
        read_key(keys.certificate("plain"), "plain@gov.example", NOW + timedelta(days=800))
    assert refused.value.code == "expired"


@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(position=st.integers(0, 2000), flip=st.integers(1, 255))
def test_a_damaged_key_file_is_refused_or_the_same_key(position: int, flip: int, keys: TestKeys) -> None:
    octets = bytearray(keys.certificate("plain"))
    octets[position % len(octets)] ^= flip
    try:
        reading = read_key(bytes(octets), "plain@gov.example", NOW)
    except KeyRefused:
        return
    assert reading.key.fingerprint == keys.fingerprint("plain")
