"""What we write can be read back by others, and no value breaks out of its place."""

import email.header
import email.policy
import quopri
import re
from collections.abc import Callable

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from gateway.mime.tree import parse
from gateway.mime.writing import (
    Entity,
    base64_entity,
    boundary_for,
    field,
    mailbox,
    multipart,
    text_entity,
    words,
)
from gateway.signatures.mime import Detached, find_detached
from gateway.signatures.openpgp.packets import PacketError
from gateway.signatures.sealed import sealed
from gateway.signatures.sealing import Sealer

TEXT = (("Content-Type", "text/plain"),)


def test_a_field_is_folded_at_spaces_within_76_columns() -> None:
    line = field("References", " ".join(f"<{number:040d}@gov.example>" for number in range(4)))
    assert all(len(one) <= 76 for one in line.split(b"\r\n"))
    assert line.count(b"\r\n ") == 3
    assert line.endswith(b"\r\n")


def test_a_word_that_cannot_be_folded_stays_whole_up_to_the_hard_limit() -> None:
    word = "<" + "a" * 900 + "@gov.example>"
    assert field("In-Reply-To", word) == f"In-Reply-To: {word}\r\n".encode()
    with pytest.raises(ValueError, match="fits no line"):
        field("In-Reply-To", "<" + "a" * 1000 + ">")


@pytest.mark.parametrize(
    "value",
    [
        "a\r\nBcc: x",
        "a\nb",
        "a\rb",
        "a\0b",
        "é",
        "a  b",
        " a",
        "a ",
        "",
        "a\tb",
        "\x7f",
        "a\x0bb",
        "a\u2028b",
    ],
)
def test_a_value_that_is_not_printable_ascii_makes_no_field(value: str) -> None:
    with pytest.raises(ValueError, match="well-formed"):
        field("Subject", value)


@pytest.mark.parametrize("name", ["", "A:B", "A B", "A\r\nB", "-A", "é"])
def test_a_name_that_is_no_token_makes_no_field(name: str) -> None:
    with pytest.raises(ValueError, match="well-formed"):
        field(name, "x")


@given(st.text(min_size=1, max_size=200))
@example("إيصال فتح: MOJ/2026/000001 · Opened: MOF")
@example("=?UTF-8?B?QQ==?= =?utf-8?q?x?=")
@example("a\r\nBcc: victim@gov.example")
def test_encoded_words_are_ascii_and_read_back_the_same(text: str) -> None:
    line = field("Subject", words(text))
    assert all(len(one) <= 76 for one in line.split(b"\r\n"))
    unfolded = line.decode("ascii").removeprefix("Subject: ").replace("\r\n", "").strip()
    if text.encode("utf-8", "replace").decode() == text:
        assert str(email.header.make_header(email.header.decode_header(unfolded))) == text


def test_a_mailbox_is_read_by_another_parser() -> None:
    line = field("From", mailbox('مراسلات "Murasalat", <x@y>', "receipts@gov.example"))
    message = email.message_from_bytes(line + b"\r\n", policy=email.policy.default)
    (one,) = message["From"].addresses
    assert one.addr_spec == "receipts@gov.example"
    assert one.display_name == 'مراسلات "Murasalat", <x@y>'


def decoded(entity: Entity) -> bytes:
    message = email.message_from_bytes(entity.octets)
    if message["Content-Transfer-Encoding"] == "quoted-printable":
        return quopri.decodestring(entity.body)
    payload = message.get_payload(decode=True)
    assert isinstance(payload, bytes)
    return payload


LINES = st.lists(
    st.one_of(
        st.binary(max_size=200),
        st.text("ab =.\tF", max_size=160).map(str.encode),
        st.sampled_from([b"From here", b"Subject: x", b"", b"x" * 76, b"x" * 77, b"a ", b"=", b"." * 80]),
        st.integers(60, 80).map(lambda size: b"y" * size + b"From here"),
    ),
    max_size=6,
).map(b"\r\n".join)


@given(LINES)
def test_a_text_part_survives_transport_and_decodes_to_its_exact_octets(octets: bytes) -> None:
    entity = text_entity(TEXT, octets)
    for line in entity.body.split(b"\r\n"):
        assert len(line) <= 76
        assert line.isascii()
        assert not re.search(rb"[^\t -~]|[ \t]$", line)
        assert not line.startswith(b"From ")
    assert decoded(entity) == octets


def test_plain_lines_are_left_readable() -> None:
    octets = b"Subject: Budget\r\n folded\r\n"
    entity = text_entity(TEXT, octets)
    assert b"Content-Transfer-Encoding: 7bit\r\n" in entity.head
    assert entity.body == octets


@given(st.binary(max_size=500))
def test_base64_lines_are_short_and_decode_to_their_octets(octets: bytes) -> None:
    entity = base64_entity(TEXT, octets)
    assert all(len(line) <= 76 for line in entity.body.split(b"\r\n"))
    assert decoded(entity) == octets


def test_a_part_that_holds_the_boundary_gets_another_one() -> None:
    first = boundary_for("seed", [b"nothing"])
    second = boundary_for("seed", [b"--" + first.encode() + b"--\r\n"])
    assert second != first
    part = Entity(b"Content-Type: text/plain\r\n\r\n", b"--" + first.encode() + b"--\r\n")
    whole = multipart("mixed", "", (), [part, part], "seed").octets
    root = parse(whole)
    assert len(root.children) == 2
    assert root.anomalies == ()


def test_a_sealed_message_holds_exactly_the_signed_octets(
    sealer: Sealer, gpg: Callable[[bytes, bytes], str]
) -> None:
    seen: list[bytes] = []

    def sign(octets: bytes) -> bytes:
        seen.append(octets)
        return sealer.sign(octets)

    inner = multipart("mixed", "", (("Subject", "x"),), [base64_entity(TEXT, b"text\r\n")], "seed")
    octets = sealed((("Subject", "x"),), inner, "seed", sign)
    found = find_detached(parse(octets), octets)
    assert isinstance(found, Detached)
    start, end = found.signed
    assert octets[start:end] == seen[0] == inner.octets
    assert "GOODSIG" in gpg(octets[start:end], found.signature)
    assert "BADSIG" in gpg(octets[start : end - 1], found.signature)


def test_micalg_is_the_hash_of_the_signature_itself(sealer: Sealer) -> None:
    inner = base64_entity(TEXT, b"text")
    octets = sealed((), inner, "seed", sealer.sign)
    assert b'micalg="pgp-sha512"' in octets


def test_what_is_no_single_signature_is_not_sent() -> None:
    with pytest.raises(PacketError):
        sealed((), base64_entity(TEXT, b"text"), "seed", lambda _: b"-----BEGIN PGP MESSAGE-----\n")
