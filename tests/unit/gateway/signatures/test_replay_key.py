"""A signature stays the same however it is written: what anyone can change without the key counts for nothing."""

import pytest
from handmade import HandmadeKey, armored, integer, packet, subpacket
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gateway.signatures.openpgp import packets, sequoia
from gateway.signatures.openpgp.armor import dearmor
from gateway.signatures.openpgp.gnupg import GnupgVerifier
from gateway.signatures.openpgp.packets import PacketError, replay_key
from policies.signature import Finding

from .conftest import SIGNED, TestKeys


def body_of(signature: bytes) -> bytes:
    return next(packets.walk(dearmor(signature, "SIGNATURE"))).body


def legacy(body: bytes, size: int) -> bytes:
    """The packet in the legacy format, with a length of one, two or four octets."""
    return bytes((0x80 | 2 << 2 | {1: 0, 2: 1, 4: 2}[size],)) + len(body).to_bytes(size, "big") + body


def split(body: bytes) -> tuple[bytes, bytes, bytes, list[bytes]]:
    """Head with the hashed area, unhashed area, the digest's two octets, and the numbers as written."""
    head = 6 + int.from_bytes(body[4:6], "big")
    area = head + 2 + int.from_bytes(body[head : head + 2], "big")
    numbers, position = [], area + 2
    while position < len(body):
        size = 2 + (int.from_bytes(body[position : position + 2], "big") + 7) // 8
        numbers.append(body[position : position + size])
        position += size
    return body[:head], body[head + 2 : area], body[area : area + 2], numbers


def joined(head: bytes, area: bytes, check: bytes, numbers: list[bytes]) -> bytes:
    return head + len(area).to_bytes(2, "big") + area + check + b"".join(numbers)


def written_otherwise(signature: bytes) -> dict[str, bytes]:
    """The same signature, as anyone can write it who has seen it."""
    body = body_of(signature)
    head, area, check, numbers = split(body)
    notation = subpacket(20, b"\0\0\0\0\0\x03\0\x01a@bc")
    again = joined(head, area + notation, check, numbers)
    return {
        "armor comment": armored(packet(2, body), header=b"Comment: again"),
        "no checksum": armored(packet(2, body)),
        "checksum of nothing": signature.strip().rpartition(b"\n=")[0]
        + b"\n=AAAA\n-----END PGP SIGNATURE-----\n",
        "other armor lines": signature.replace(b"\n", b" \r\n"),
        "binary": dearmor(signature, "SIGNATURE"),
        "new length, five octets": packet(2, body),
        "new length, one octet": bytes((0xC2, len(body))) + body if len(body) < 192 else packet(2, body),
        "legacy length, four octets": legacy(body, 4),
        "legacy length, two octets": legacy(body, 2),
        "an unhashed subpacket more": packet(2, again),
        "no unhashed subpackets": packet(2, joined(head, b"", check, numbers)),
        "unhashed experimental subpacket": packet(
            2, joined(head, area + subpacket(101, b"x"), check, numbers)
        ),
        "other digest octets": packet(2, joined(head, area, b"\0\0", numbers)),
    }


@pytest.fixture(scope="module")
def signed(keys: TestKeys) -> dict[str, bytes]:
    keys.make("replayed-rsa", "rsa2048")
    return {"plain": keys.sign("plain", "--armor"), "rsa": keys.sign("replayed-rsa", "--armor")}


FORMS = sorted(written_otherwise(HandmadeKey().sign(SIGNED)))


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("name", ["plain", "rsa"])
def test_the_same_signature_has_one_key_however_it_is_written(
    name: str, form: str, signed: dict[str, bytes]
) -> None:
    signature = signed[name]
    other = written_otherwise(signature)[form]
    assert other != signature
    assert replay_key(other) == replay_key(signature)


def test_another_signature_has_another_key() -> None:
    key, other = HandmadeKey(), HandmadeKey()
    body = body_of(key.sign(SIGNED))
    head, area, check, numbers = split(body)
    swapped = packet(2, joined(head, area, check, numbers[::-1]))
    every = [
        packet(2, body),
        swapped,
        key.sign(SIGNED + b"x"),
        other.sign(SIGNED),
        key.sign(SIGNED, digest="sha256"),
        packet(2, key.body(SIGNED, kind=1)),
        packet(2, key.body(SIGNED, extra=subpacket(3, b"\0\0\xff\xff"))),
    ]
    assert len({replay_key(one) for one in every}) == len(every)


def test_engines_call_the_changed_forms_good_so_the_key_is_needed(
    keys: TestKeys, verifier: GnupgVerifier
) -> None:
    forms = written_otherwise(keys.sign("plain", "--armor"))
    certificate, fingerprint = keys.certificate("plain"), keys.fingerprint("plain")
    good = [
        form
        for form, signature in forms.items()
        if sequoia.verify(SIGNED, signature, certificate).finding
        is verifier.verify(SIGNED, signature, certificate, fingerprint).finding
        is Finding.GOOD
    ]
    assert {"armor comment", "no checksum", "binary", "an unhashed subpacket more"} <= set(good)


@pytest.mark.parametrize(
    "change",
    ["more", "number", "cut", "hashed beyond", "unhashed beyond", "half a number", "zeros", "too few bits"],
)
def test_fields_that_do_not_fill_the_packet_are_refused(change: str) -> None:
    body = body_of(HandmadeKey().sign(SIGNED))
    head, area, check, numbers = split(body)
    octets = {
        "more": body + b"\0\0\0",
        "number": body + integer(b"\x01"),
        "cut": body[:-1],
        "hashed beyond": body[:4] + b"\xff\xff" + body[6:],
        "unhashed beyond": head + b"\xff\xff" + area + check + b"".join(numbers),
        "zeros": joined(head, area, check, [integer(one[2:], 1) for one in numbers]),
        "too few bits": joined(head, area, check, [numbers[0], b"\0\x01\x03"]),
        "half a number": joined(head, area, check, [numbers[0], b"\x01"]),
    }[change]
    with pytest.raises(PacketError):
        packets.signature_packet(packet(2, octets))


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.binary(max_size=80))
def test_any_octets_have_a_key_or_are_no_signature(octets: bytes) -> None:
    for one in (octets, packet(2, octets), packet(2, b"\x04\0\x16\x0a" + octets)):
        try:
            assert len(replay_key(one)) == 64
        except PacketError:
            continue


def test_a_signature_of_algorithm_27_is_one_number_of_its_own_length() -> None:
    head = bytes((4, 0, 27, 10, 0, 0)) + b"\0\0" + b"\0\0"
    assert replay_key(packet(2, head + bytes(64)))
    with pytest.raises(PacketError):
        replay_key(packet(2, head + bytes(63)))
