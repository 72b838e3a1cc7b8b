"""Only exactly one version 4 signature packet reaches an engine, and nothing a sender writes makes one fail."""

import base64
from collections.abc import Callable

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gateway.signatures.openpgp import packets, sequoia
from gateway.signatures.openpgp.armor import ArmorError, dearmor
from gateway.signatures.openpgp.gnupg import GnupgVerifier
from policies.signature import Finding

from .conftest import SIGNED, TestKeys

Findings = Callable[[bytes], set[Finding]]

BEGIN, END = b"-----BEGIN PGP SIGNATURE-----", b"-----END PGP SIGNATURE-----"


def armored(octets: bytes, *, header: bytes = b"", checksum: bytes = b"") -> bytes:
    return b"\r\n".join(
        [BEGIN, *header.splitlines(), b"", base64.b64encode(octets), *checksum.split(), END, b""]
    )


def new_format(tag: int, body: bytes) -> bytes:
    return bytes([0xC0 | tag, 0xFF]) + len(body).to_bytes(4, "big") + body


def body_of(signature: bytes) -> bytes:
    return next(packets.walk(dearmor(signature, "SIGNATURE"))).body


@pytest.fixture(scope="session")
def findings(keys: TestKeys, verifier: GnupgVerifier) -> Findings:
    certificate, fingerprint = keys.certificate("plain"), keys.fingerprint("plain")

    def both(signature: bytes) -> set[Finding]:
        return {
            sequoia.verify(SIGNED, signature, certificate).finding,
            verifier.verify(SIGNED, signature, certificate, fingerprint).finding,
        }

    return both


def test_armor_with_or_without_checksum_and_header_lines_is_good(good: bytes, findings: Findings) -> None:
    packet = dearmor(good, "SIGNATURE")
    for text in (
        armored(packet),
        armored(packet, checksum=b"=AAAA"),
        armored(packet, header=b"Version: X 1\r\nComment: https://example"),
        b"\r\n\r\n" + armored(packet) + b"\r\n \t\r\n",
        good.replace(b"\n", b"\r\n"),
        good.replace(b"\n", b" \n"),
    ):
        assert findings(text) == {Finding.GOOD}


def test_anything_around_or_beside_the_one_armor_block_is_structure(good: bytes, findings: Findings) -> None:
    packet = dearmor(good, "SIGNATURE")
    for text in (
        b"junk\r\n" + good,
        good + b"junk\r\n",
        good + good,
        good + b"\x0c",
        b"\xef\xbb\xbf" + good,
        b"-----BEGIN PGP SIGNED MESSAGE-----\r\nHash: SHA256\r\n\r\ntext\r\n" + good,
        armored(packet).replace(b"SIGNATURE", b"MESSAGE"),
        armored(packet).replace(b"SIGNATURE", b"PUBLIC KEY BLOCK"),
        armored(packet, header=b"no colon"),
        armored(packet).replace(END, BEGIN),
        armored(packet)[:-20],
        armored(b""),
        armored(packet).replace(BEGIN + b"\r\n\r\n", BEGIN + b"\r\n"),
        armored(packet + packet),
        b"",
        b"\r\n",
        b"A" * (packets.MAX_SIGNATURE + 1),
    ):
        assert findings(text) == {Finding.STRUCTURE}, text


def test_packets_beside_around_or_instead_of_the_signature_are_structure(
    good: bytes, findings: Findings
) -> None:
    packet, body = dearmor(good, "SIGNATURE"), body_of(good)
    marker = new_format(10, b"PGP")
    for octets in (
        packet + packet,
        marker + packet,
        packet + marker,
        new_format(8, b"\x00" + packet),  # compressed data, uncompressed
        b"\xa3\x00" + packet,  # the same of indefinite length: gpg alone takes it
        new_format(11, b"b\x00\x00\x00\x00\x00text") + packet,
        packet[:-1],
        packet + b"\x00",
        new_format(2, b"\x03" + body[1:]),
        new_format(2, b"\x06" + body[1:]),
        new_format(2, b""),
        new_format(2, b"\x04"),
        b"\xc2\xe5" + body,  # partial length
    ):
        assert findings(octets) == {Finding.STRUCTURE}, octets
        assert findings(armored(octets)) == {Finding.STRUCTURE}, octets


def test_each_length_format_of_the_same_packet_is_good(good: bytes, findings: Findings) -> None:
    body = body_of(good)
    assert findings(new_format(2, body)) == {Finding.GOOD}
    assert findings(bytes([0xC2, len(body)]) + body) == {Finding.GOOD}
    assert findings(b"\x89" + len(body).to_bytes(2, "big") + body) == {Finding.GOOD}


def test_what_stands_in_the_unhashed_area_is_no_fact(
    good: bytes, keys: TestKeys, verifier: GnupgVerifier
) -> None:
    body = body_of(good)
    hashed = int.from_bytes(body[4:6], "big")
    at = 6 + hashed
    unhashed = int.from_bytes(body[at : at + 2], "big")
    lies = bytes([21, 28]) + b"minister@gov.example" + bytes([5, 2, 0, 0, 0, 1])
    forged = body[:at] + (unhashed + len(lies)).to_bytes(2, "big") + lies + body[at + 2 :]
    octets = new_format(2, forged)
    one = sequoia.verify(SIGNED, octets, keys.certificate("plain"))
    two = verifier.verify(SIGNED, octets, keys.certificate("plain"), keys.fingerprint("plain"))
    assert one.finding is two.finding is Finding.GOOD
    assert one.signer_user_id == two.signer_user_id == ""
    assert one.created == two.created
    assert one.created is not None
    assert one.created.year > 2000


def test_another_issuer_written_into_the_unhashed_area_gains_nothing(
    keys: TestKeys, verifier: GnupgVerifier
) -> None:
    """The signature is plain's; its issuer fields are made to name the other key."""
    body = body_of(keys.sign("plain"))
    plain, other = keys.fingerprint("plain"), keys.fingerprint("other")
    body = body.replace(bytes.fromhex(plain[-16:]), bytes.fromhex(other[-16:]))
    octets = new_format(2, body.replace(bytes.fromhex(plain), bytes.fromhex(other)))
    for name in ("plain", "other"):
        certificate, fingerprint = keys.certificate(name), keys.fingerprint(name)
        assert sequoia.verify(SIGNED, octets, certificate).finding is not Finding.GOOD
        assert verifier.verify(SIGNED, octets, certificate, fingerprint).finding is not Finding.GOOD


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(position=st.integers(0, 400), flip=st.integers(1, 255), cut=st.integers(0, 400))
def test_a_damaged_signature_is_never_good_and_never_an_exception(
    position: int, flip: int, cut: int, good: bytes, keys: TestKeys
) -> None:
    packet = bytearray(dearmor(good, "SIGNATURE"))
    start = len(packet) - len(body_of(good))
    at, cut = position % len(packet), cut % len(packet)
    # Signed are the fields and the hashed area, counted from the body's start; the last octets are the signature's.
    signed = start <= at < start + 6 + int.from_bytes(packet[start + 4 : start + 6], "big")
    packet[at] ^= flip
    facts = sequoia.verify(SIGNED, bytes(packet[: len(packet) - cut]), keys.certificate("plain"))
    if cut or signed or at >= len(packet) - 32:
        assert facts.finding is not Finding.GOOD


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    octets=st.binary(max_size=200),
    head=st.sampled_from([b"", b"\x88", b"\xc2", BEGIN + b"\n\n", b"\xc2\x0a\x04"]),
)
def test_noise_is_never_an_exception_of_the_sequoia_engine(
    octets: bytes, head: bytes, keys: TestKeys
) -> None:
    for signature, material in ((head + octets, keys.certificate("plain")), (keys.sign_once, head + octets)):
        facts = sequoia.verify(SIGNED, signature, material)
        assert facts.finding in {Finding.STRUCTURE, Finding.REFUSED, Finding.NO_KEY, Finding.WEAK}
        assert all("backtrace" not in line and "\n" not in line for line in facts.raw)


def test_damaged_signatures_and_certificates_are_never_an_exception_of_the_gnupg_engine(
    good: bytes, keys: TestKeys, verifier: GnupgVerifier
) -> None:
    packet, certificate = dearmor(good, "SIGNATURE"), keys.certificate("plain")
    fingerprint = keys.fingerprint("plain")
    for position in range(3, 23):
        octets = bytearray(packet)
        octets[position] ^= 0xFF
        found = verifier.verify(SIGNED, bytes(octets), certificate, fingerprint).finding
        assert found is not Finding.GOOD
    for material in (b"", b"noise", certificate[:40], b"\x99" + certificate, certificate + certificate):
        facts = verifier.verify(SIGNED, packet, material, fingerprint)
        assert facts.finding in {Finding.REFUSED, Finding.ERROR, Finding.GOOD}, facts
    assert verifier.verify(SIGNED, packet, certificate, fingerprint).finding is Finding.GOOD


def test_armor_of_another_kind_and_malformed_base64_are_refused() -> None:
    for text in (b"-----BEGIN PGP SIGNATURE-----\n\n!!!!\n-----END PGP SIGNATURE-----\n", b"text"):
        with pytest.raises(ArmorError):
            dearmor(text, "SIGNATURE")
    assert dearmor(b"\x88\x00", "SIGNATURE") == b"\x88\x00"
