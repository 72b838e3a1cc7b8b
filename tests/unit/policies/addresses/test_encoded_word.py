import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st

from policies.addresses.encoded_word import CHARSETS, decode_encoded_words


@pytest.mark.parametrize(
    ("text", "decoded"),
    [
        ("plain text", "plain text"),
        ("=?utf-8?q?a_b=5Fc?=", "a b_c"),
        ("=?UTF-8?Q?=D8=B3=D8=AC=D9=84?=", "سجل"),
        ("=?utf-8*ar?b?2LPYrNmE?=", "سجل"),
        ("=?windows-1256?q?=D3=CC=E1?=", "سجل"),
        ("=?iso-8859-6?q?=D3=CC=E4?=", "سجل"),
        ("=?ISO-8859-1?q?caf=E9?=", "café"),
        ("=?windows-1252?q?=80?=", "€"),
        ("=?us-ascii?q?Keith?= Moore", "Keith Moore"),
        # RFC 2047 section 8
        ("(=?ISO-8859-1?Q?a?=)", "(a)"),
        ("(=?ISO-8859-1?Q?a?= b)", "(a b)"),
        ("(=?ISO-8859-1?Q?a?= =?ISO-8859-1?Q?b?=)", "(ab)"),
        ("(=?ISO-8859-1?Q?a?=  =?utf-8?Q?b?=)", "(ab)"),
        ("(=?ISO-8859-1?Q?a_b?=)", "(a b)"),
        ("x =?utf-8?q?a?= y =?utf-8?q?b?= z", "x a y b z"),
        # one character cut in two words
        ("=?utf-8?b?2LPY?= =?utf-8?b?rNmE?=", "سجل"),
        ("=?utf-8?q?=D8?= =?UTF-8?b?sw==?=", "س"),
        ("=?utf-8?q??=", ""),
    ],
)
def test_encoded_words_are_decoded(text: str, decoded: str) -> None:
    assert decode_encoded_words(text) == (decoded, True)


@pytest.mark.parametrize(
    "text",
    [
        "=?utf-7?q?+AEA-?=",
        "=?x-unknown?b?YQ==?=",
        "=?utf-8?b?YQ?=",
        "=?utf-8?b?Y!==?=",
        "=?utf-8?b?YQ==YQ==?=",
        "=?utf-8?q?=D8?=",
        "=?utf-8?q?=C0=80?=",
        "=?utf-8?q?=ED=A0=80?=",
        "=?us-ascii?q?=D8?=",
        "=?iso-8859-6?q?=A1?=",
        "=?utf-8?q?a=4?=",
        "=?utf-8?q?a=?=",
    ],
)
def test_an_undecodable_word_stays_as_it_is_written_and_is_reported(text: str) -> None:
    assert decode_encoded_words(text) == (text, False)
    assert decode_encoded_words(f"a {text} =?utf-8?b?2LM=?= b") == (
        f"a {text}س b" if "utf-8" not in text else f"a {text} =?utf-8?b?2LM=?= b",
        False,
    )


@pytest.mark.parametrize("text", ["=?utf-8?q?a b?=", "=?utf-8?x?a?=", "=?utf-8?q?a", "=??q?a?=", "?==?"])
def test_what_is_no_encoded_word_is_plain_text(text: str) -> None:
    assert decode_encoded_words(text) == (text, True)


def test_what_a_word_says_is_not_decoded_again() -> None:
    inner = "=?utf-8?q?a?="
    outer = f"=?utf-8?b?{base64.b64encode(inner.encode()).decode()}?="
    assert decode_encoded_words(outer) == (inner, True)


@given(
    st.text(st.characters(exclude_categories=["Cs"]), min_size=1), st.sampled_from(["utf-8", "windows-1256"])
)
def test_every_text_comes_back_from_its_encoded_word(text: str, charset: str) -> None:
    octets = text.encode(CHARSETS[charset], "ignore")
    text = octets.decode(CHARSETS[charset])
    as_q = "".join(f"={octet:02x}" for octet in octets)
    as_b = base64.b64encode(octets).decode()
    assert decode_encoded_words(f"=?{charset}?q?{as_q}?=") == (text, True)
    assert decode_encoded_words(f"=?{charset}?B?{as_b}?=\t=?{charset}?q?!?=") == (f"{text}!", True)


@given(st.text())
def test_nothing_is_raised(text: str) -> None:
    for candidate in (text, f"=?utf-8?q?{text}?=", f"=?{text}?b?{text}?=", f"=?utf-8?b?{text}?= {text}"):
        decoded, complete = decode_encoded_words(candidate)
        assert isinstance(decoded, str)
        assert complete in {True, False}
