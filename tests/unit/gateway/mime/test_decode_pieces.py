"""A body that is decoded piece by piece gives what decoding it whole gives, wherever the pieces begin."""

import base64
import itertools
import quopri
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.mime import transfer
from gateway.mime.transfer import decode_pieces, decode_transfer, known_encoding

LINES = st.lists(
    st.binary(max_size=12)
    | st.sampled_from([b"=\r\n", b"= \r\n", b"=C3=A9", b" \t ", b"\t\r\n", b"=3", b"=", b"\r\n"]),
    max_size=30,
).map(b"".join)
BASE64 = st.one_of(
    st.binary(max_size=300).map(base64.encodebytes),
    st.text("QUJD=+/ \r\n-*é", max_size=80).map(lambda text: text.encode("latin-1")),
)


def pieces(octets: bytes, cuts: list[int]) -> Iterator[bytes]:
    places = sorted({0, len(octets), *(cut % (len(octets) + 1) for cut in cuts)})
    return (octets[start:stop] for start, stop in itertools.pairwise(places))


@given(BASE64, st.lists(st.integers(0, 400), max_size=8))
def test_base64_does_not_depend_on_the_pieces(octets: bytes, cuts: list[int]) -> None:
    assert b"".join(decode_pieces(pieces(octets, cuts), "base64")) == decode_transfer(octets, "base64")


@given(LINES, st.lists(st.integers(0, 400), max_size=8))
def test_quoted_printable_does_not_depend_on_the_pieces(octets: bytes, cuts: list[int]) -> None:
    whole = decode_transfer(octets, "quoted-printable")
    assert b"".join(decode_pieces(pieces(octets, cuts), "quoted-printable")) == whole


@given(st.binary(max_size=200), st.lists(st.integers(0, 60), max_size=6))
def test_a_line_without_an_end_is_cut_where_it_may_be(octets: bytes, cuts: list[int]) -> None:
    line = quopri.encodestring(octets, quotetabs=True).replace(b"=\n", b"").replace(b"\n", b"=0A")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(transfer, "_CARRIED", 16)
        decoded = b"".join(decode_pieces(pieces(line, cuts), "quoted-printable"))
    assert decoded == decode_transfer(line, "quoted-printable")


@pytest.mark.parametrize("encoding", ["7bit", "8bit", "binary"])
def test_an_identity_passes_through(encoding: str) -> None:
    assert list(decode_pieces([b"a", b"=3D"], encoding)) == [b"a", b"=3D"]


def test_encodings_that_can_be_taken_off_are_those_that_decode() -> None:
    names = ("7bit", "8bit", "binary", "base64", "quoted-printable", "x-uuencode", "", "BASE64")
    assert [known_encoding(name) for name in names] == [
        decode_transfer(b"", name) is not None for name in names
    ]
