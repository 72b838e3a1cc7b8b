import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from gateway.imap.wire.mutf7 import InvalidModifiedUtf7, decode, encode

NAMES = st.text(st.characters(exclude_categories=["Cs"]))

PAIRS = [
    ("", b""),
    ("plain", b"plain"),
    ("&", b"&-"),
    ("R & D", b"R &- D"),
    ("&&", b"&-&-"),
    ("واردة", b"&BkgGJwYxBi8GKQ-"),
    ("صادر/2026", b"&BjUGJwYvBjE-/2026"),
    ("☺&☺", b"&Jjo-&-&Jjo-"),
    ("☺", b"&Jjo-"),
    ("test☺", b"test&Jjo-"),
    ("𐐷", b"&2AHcNw-"),
    ("~peter/mail/台北/日本語", b"~peter/mail/&U,BTFw-/&ZeVnLIqe-"),
    ("a-b", b"a-b"),
    ("☺-", b"&Jjo--"),
]


@pytest.mark.parametrize(("name", "octets"), PAIRS)
def test_known_pairs(name: str, octets: bytes) -> None:
    assert encode(name) == octets
    assert decode(octets) == name


@given(NAMES)
@example("\0\n\x7f")
@example("؟&\u200f")
def test_every_name_comes_back(name: str) -> None:
    octets = encode(name)
    assert octets.isascii()
    assert decode(octets) == name


@given(st.binary(max_size=30))
@example(b"&AAAA-")
def test_whatever_is_decoded_encodes_to_the_same_octets(octets: bytes) -> None:
    try:
        name = decode(octets)
    except InvalidModifiedUtf7:
        return
    assert encode(name) == octets


@pytest.mark.parametrize(
    "octets",
    [
        b"&",
        b"a&",
        b"&Jjo",
        b"&Jjo-&Jjo-",  # out of base64 and straight in again
        b"&U,BTFw-&ZeVnLIqe-",
        b"&AGE-",  # a printable letter in base64
        b"&ACY-",  # "&" in base64
        b"&YQ-",  # half a unit
        b"&Jj-",
        b"&Jjp-",  # left-over bits that are not zero
        b"&Jjo=-",
        b"&Jj/-",  # "/" where "," is meant
        b"&J jo-",
        b"&J-jo-",
        b"&2AA-",  # half a surrogate pair
        b"&3ADYAA-",  # a pair in the wrong order
        b"&2AAAYQ-",
        "☺".encode(),
        b"a\xffb",
        b"a\0b",
        b"a\tb",
        b"a\nb",
        b"a\x7fb",
        b"&\xff-",
    ],
)
def test_every_other_spelling_is_refused(octets: bytes) -> None:
    with pytest.raises(InvalidModifiedUtf7):
        decode(octets)


def test_a_lone_surrogate_has_no_form() -> None:
    with pytest.raises(ValueError, match="surrogates"):
        encode("\ud800")
