"""Reading an X.509 certificate before its enrolment: certificates made here, and one that Thunderbird signs with."""

from collections.abc import Callable
from contextlib import suppress
from datetime import timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import dsa, ec, ed25519, rsa
from cryptography.hazmat.primitives.asymmetric.types import CertificateIssuerPrivateKeyTypes
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
    pkcs12,
)
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.signatures.enrolment import KeyRefused, read_key
from gateway.signatures.smime.certificates import is_x509
from tests.authority import named, signed, usage

from .conftest import NOW

ADDRESS = "office@gov.example"
KEY = ec.generate_private_key(ec.SECP256R1())
SAMPLE = Path(__file__).parents[3] / "samples" / "thunderbird" / "registry-moj.smime.pem"
UTF8_MAILBOX = x509.ObjectIdentifier("1.3.6.1.5.5.7.8.9")


def certificate(
    *extensions: x509.ExtensionType,
    key: CertificateIssuerPrivateKeyTypes = KEY,
    names: list[x509.GeneralName] | None = None,
    begins: int = -10,
    ends: int = 10,
) -> x509.Certificate:
    name = named("مكتب", x509.NameAttribute(NameOID.EMAIL_ADDRESS, ADDRESS))
    names = [x509.RFC822Name(ADDRESS)] if names is None else names
    wanted: list[tuple[x509.ExtensionType, bool]] = [(extension, True) for extension in extensions]
    if names:
        wanted.insert(0, (x509.SubjectAlternativeName(names), False))
    return signed(name, key, wanted, life=(NOW + timedelta(days=begins), NOW + timedelta(days=ends)))


def pem(*made: x509.Certificate) -> bytes:
    return b"".join(one.public_bytes(Encoding.PEM) for one in made)


def weakly_signed() -> bytes:
    """The library makes no MD5 or SHA-1 signature by RSA any more; the algorithm's name is enough to be refused."""
    octets = certificate(key=rsa.generate_private_key(65537, 2048)).public_bytes(Encoding.DER)
    sha256, sha1 = bytes.fromhex("2a864886f70d01010b"), bytes.fromhex("2a864886f70d010105")
    assert octets.count(sha256) == 2
    return octets.replace(sha256, sha1)


VERSION_3 = bytes.fromhex("a003020102")


def version_1() -> bytes:
    """The sample without its version field, as version 1 has none: both lengths before it are five less."""
    octets = x509.load_pem_x509_certificate(SAMPLE.read_bytes()).public_bytes(Encoding.DER)
    assert octets[8:13] == VERSION_3
    outer, inner = (int.from_bytes(octets[at : at + 2], "big") - 5 for at in (2, 6))
    return octets[:2] + outer.to_bytes(2, "big") + octets[4:6] + inner.to_bytes(2, "big") + octets[13:]


def version_10() -> bytes:
    return certificate().public_bytes(Encoding.DER).replace(VERSION_3, VERSION_3[:-1] + b"\x09", 1)


def private_pem() -> bytes:
    return KEY.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())


def private_der(form: PrivateFormat) -> bytes:
    return KEY.private_bytes(Encoding.DER, form, NoEncryption())


def bundle() -> bytes:
    return pkcs12.serialize_key_and_certificates(
        b"x", KEY, certificate(), None, BestAvailableEncryption(b"x")
    )


REFUSED: list[tuple[str, str, Callable[[], bytes]]] = [
    ("private key", "secret-material", private_pem),
    ("private key beside the certificate", "secret-material", lambda: pem(certificate()) + private_pem()),
    ("private key, DER", "secret-material", lambda: private_der(PrivateFormat.PKCS8)),
    ("private key, DER, older form", "secret-material", lambda: private_der(PrivateFormat.TraditionalOpenSSL)),
    ("PKCS #12", "secret-material", bundle),
    ("two certificates", "several-keys", lambda: pem(certificate(), certificate())),
    ("broken DER", "not-a-key", lambda: certificate().public_bytes(Encoding.DER)[:-40]),
    ("DER and more", "not-a-key", lambda: certificate().public_bytes(Encoding.DER) + b"\x00"),
    ("a zero", "not-a-key", lambda: b"0"),
    ("broken PEM", "not-a-key", lambda: b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"),
    ("PEM without end", "not-a-key", lambda: pem(certificate())[:-40]),
    ("other address", "foreign", lambda: pem(certificate(names=[x509.RFC822Name("other@gov.example")]))),
    ("address in the subject alone", "foreign", lambda: pem(certificate(names=[]))),
    ("address as a host name", "foreign", lambda: pem(certificate(names=[x509.DNSName("gov.example")]))),
    ("RSA-1024", "weak", lambda: pem(certificate(key=rsa.generate_private_key(65537, 1024)))),
    ("DSA", "weak", lambda: pem(certificate(key=dsa.generate_private_key(1024)))),
    ("a curve few know", "weak", lambda: pem(certificate(key=ec.generate_private_key(ec.SECP256K1())))),
    ("signed with SHA-1", "weak", weakly_signed),
    ("expired", "expired", lambda: pem(certificate(begins=-20, ends=-1))),
    ("not valid yet", "expired", lambda: pem(certificate(begins=1))),
    ("version 1", "version", version_1),
    ("version 10", "version", version_10),
    ("an authority", "cannot-sign", lambda: pem(certificate(x509.BasicConstraints(ca=True, path_length=None)))),
    ("encryption only", "cannot-sign", lambda: pem(certificate(usage(key_encipherment=True)))),
    ("for servers", "cannot-sign", lambda: pem(certificate(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH])))),
]  # fmt: skip


@pytest.mark.parametrize(("name", "code", "make"), REFUSED, ids=[row[0] for row in REFUSED])
def test_a_certificate_that_may_not_be_enrolled_is_refused_with_its_code(
    name: str, code: str, make: Callable[[], bytes]
) -> None:
    with pytest.raises(KeyRefused) as refused:
        read_key(make(), ADDRESS, NOW)
    assert refused.value.code == code, name


@pytest.mark.parametrize("encoding", [Encoding.PEM, Encoding.DER])
def test_a_sound_certificate_is_read_whole(encoding: Encoding) -> None:
    made = certificate(
        usage(digital_signature=True, key_encipherment=True),
        x509.ExtendedKeyUsage([ExtendedKeyUsageOID.EMAIL_PROTECTION]),
    )
    reading = read_key(made.public_bytes(encoding), ADDRESS, NOW)
    assert reading.key.material == made.public_bytes(Encoding.DER)
    assert reading.key.fingerprint == made.fingerprint(hashes.SHA256()).hex().upper()
    assert reading.fingerprints == (reading.key.fingerprint,)
    assert reading.key.format == "smime"
    assert reading.key.expires == made.not_valid_after_utc
    assert (reading.algorithm, reading.bits) == ("ECDSA", 256)
    assert reading.user_ids == (ADDRESS,)


def test_strong_keys_of_every_kind_are_read() -> None:
    assert (
        read_key(pem(certificate(key=rsa.generate_private_key(65537, 2048))), ADDRESS, NOW).algorithm == "RSA"
    )
    ed25519_key = ed25519.Ed25519PrivateKey.generate()
    assert read_key(pem(certificate(key=ed25519_key)), ADDRESS, NOW).algorithm == "EdDSA"


def test_an_internationalised_mailbox_is_read() -> None:
    address = "مكتب@عدل.قطر"
    octets = address.encode()
    other = x509.OtherName(UTF8_MAILBOX, bytes([0x0C, len(octets)]) + octets)
    assert read_key(pem(certificate(names=[other])), address, NOW).user_ids == (address,)
    broken = x509.OtherName(UTF8_MAILBOX, bytes([0x0C, len(octets) - 1]) + octets[:-1])
    with pytest.raises(KeyRefused):
        read_key(pem(certificate(names=[broken])), address, NOW)


def test_the_certificate_that_thunderbird_signs_with_is_read() -> None:
    octets = SAMPLE.read_bytes()
    made = x509.load_pem_x509_certificate(octets)
    reading = read_key(octets, "registry@moj.gov.example", made.not_valid_before_utc + timedelta(days=1))
    assert reading.key.format == "smime"
    assert reading.user_ids == ("registry@moj.gov.example",)


def test_an_openpgp_key_is_never_taken_for_a_certificate() -> None:
    for octets in (
        b"\x98\x33",
        b"\xc6\x33",
        b"-----BEGIN PGP PUBLIC KEY BLOCK-----\n",
        b"-----BEGIN PGP PRIVATE KEY BLOCK-----",
    ):
        assert not is_x509(octets)


@settings(max_examples=300, deadline=None)
@given(position=st.integers(0, 5000), octet=st.integers(0, 255))
@pytest.mark.filterwarnings("ignore::cryptography.utils.CryptographyDeprecationWarning")
def test_a_damaged_certificate_is_refused_or_read_and_nothing_else(position: int, octet: int) -> None:
    octets = bytearray(x509.load_pem_x509_certificate(SAMPLE.read_bytes()).public_bytes(Encoding.DER))
    octets[position % len(octets)] = octet
    with suppress(KeyRefused):
        read_key(bytes(octets), "registry@moj.gov.example", NOW)
