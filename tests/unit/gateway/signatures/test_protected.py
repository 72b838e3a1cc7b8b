from pathlib import Path

import pytest

from gateway.mime.tree import parse
from gateway.signatures.mime import compare_protected, protected_header

SAMPLES = Path(__file__).parents[3] / "samples" / "thunderbird"
PGP = sorted(path.name for path in SAMPLES.glob("thunderbird-pgp-*.eml"))

FIELDS = {
    "From": "A <a@moj.gov.example>",
    "To": "b@mof.gov.example",
    "Subject": "=?utf-8?q?one_two?=",
    "Date": "Mon, 23 Nov 2026 19:19:52 +0000",
    "Message-ID": "<1@moj.gov.example>",
}
HP = '; hp="clear"'
V1 = '; protected-headers="v1"'


def written(fields: dict[str, str]) -> str:
    return "".join([f"{name}: {value}\n" for name, value in fields.items()])


def letter(outer: dict[str, str], inner: dict[str, str], mark: str) -> bytes:
    return (
        f"{written(outer)}MIME-Version: 1.0\n"
        'Content-Type: multipart/signed; protocol="application/pgp-signature"; boundary=b\n\n'
        f"--b\nContent-Type: text/plain{mark}\n{written(inner)}\nbody\n"
        "--b\nContent-Type: application/pgp-signature\n\nx\n--b--\n"
    ).replace("\n", "\r\n").encode()  # fmt: skip


def differences(outer: dict[str, str], inner: dict[str, str], mark: str = HP) -> tuple[str, ...]:
    octets = letter(outer, inner, mark)
    root = parse(octets)
    return compare_protected(root, root.children[0], octets)


@pytest.mark.parametrize("name", PGP)
def test_a_real_letter_protects_its_header_and_nothing_differs(name: str) -> None:
    octets = (SAMPLES / name).read_bytes()
    root = parse(octets)
    protected = protected_header(root.children[0], octets)
    assert protected is not None
    assert protected.scheme == "hp"
    assert {"from", "to", "subject", "date", "message-id"} <= set(protected.fields)
    assert not {"content-type", "mime-version"} & set(protected.fields)
    assert compare_protected(root, root.children[0], octets) == ()


def test_a_real_smime_letter_protects_no_header() -> None:
    octets = (SAMPLES / "thunderbird-smime-pdf.eml").read_bytes()
    root = parse(octets)
    assert protected_header(root.children[0], octets) is None
    assert compare_protected(root, root.children[0], octets) == ()


@pytest.mark.parametrize("name", ["From", "To", "Subject", "Date", "Message-ID"])
def test_a_real_letter_with_another_outer_field_differs(name: str) -> None:
    octets = (SAMPLES / PGP[0]).read_bytes()
    line = octets.index(f"\r\n{name}: ".encode()) + 2 if name != "Message-ID" else 0
    changed = octets[:line] + f"{name}: x\r\n".encode() + octets[octets.index(b"\r\n", line) + 2 :]
    root = parse(changed)
    assert compare_protected(root, root.children[0], changed) == (name.lower(),)


@pytest.mark.parametrize(
    ("mark", "scheme"),
    [
        (HP, "hp"),
        ("; hp=CLEAR", "hp"),
        ('; hp="cipher"', "hp"),
        (V1, "protected-headers"),
        (V1 + HP, "hp"),
        ("", None),
        ('; hp="other"', None),
        ('; protected-headers="v2"', None),
    ],
)
def test_the_mark_of_the_content_type_tells_the_scheme(mark: str, scheme: str | None) -> None:
    octets = letter(FIELDS, FIELDS, mark)
    protected = protected_header(parse(octets).children[0], octets)
    assert (protected.scheme if protected is not None else None) == scheme


def test_the_values_are_raw_and_unfolded() -> None:
    octets = letter(FIELDS, FIELDS | {"Subject": "a\n b"}, HP)
    protected = protected_header(parse(octets).children[0], octets)
    assert protected is not None
    assert protected.fields["subject"] == (b"a b",)
    assert protected.fields["from"] == (b"A <a@moj.gov.example>",)


SAME = [
    {"Subject": "=?utf-8?q?one?=\n =?utf-8?q?_two?="},
    {"Subject": "one two"},
    {"Subject": " one \n\t two "},
    {"Subject": "=?UTF-8?B?b25lIHR3bw==?="},
    {"From": "A  <a@moj.gov.example>"},
    {"From": "=?utf-8?q?A?= <a@moj.gov.example>"},
    {"To": "\n b@mof.gov.example"},
]


@pytest.mark.parametrize("mark", [HP, V1])
@pytest.mark.parametrize("change", SAME)
def test_folding_blanks_and_encoding_make_no_difference(change: dict[str, str], mark: str) -> None:
    assert differences(FIELDS, FIELDS | change, mark) == ()
    assert differences(FIELDS | change, FIELDS, mark) == ()


DIFFERENT = [
    ({"Subject": "one tw"}, "subject"),
    ({"Subject": "=?utf-8?q?one_two?= "}, None),
    ({"Subject": "=?utf-8?q?one__two?=x"}, "subject"),
    ({"Subject": "=?utf-8?q?one_two=FF?="}, "subject"),
    ({"From": "A <x@moj.gov.example>"}, "from"),
    ({"From": "A <a@moj.gov.example>, b@c"}, "from"),
    ({"To": "B@mof.gov.example"}, "to"),
    ({"Date": "Mon, 23 Nov 2026 19:19:53 +0000"}, "date"),
    ({"Date": "=?utf-8?q?Mon,_23_Nov_2026_19:19:52_+0000?="}, "date"),
    ({"Message-ID": "<2@moj.gov.example>"}, "message-id"),
]


@pytest.mark.parametrize("mark", [HP, V1])
@pytest.mark.parametrize(("change", "name"), DIFFERENT)
def test_every_other_difference_is_named(change: dict[str, str], name: str | None, mark: str) -> None:
    expected = () if name is None else (name,)
    assert differences(FIELDS, FIELDS | change, mark) == expected
    assert differences(FIELDS | change, FIELDS, mark) == expected


def test_punctuation_inside_an_encoded_word_is_no_punctuation_of_an_address() -> None:
    hidden = {"From": "=?utf-8?q?b=40c=2E=2C?= <a@moj.gov.example>"}
    shown = {"From": "b@c., <a@moj.gov.example>"}
    assert differences(FIELDS | hidden, FIELDS | shown) == ("from",)
    assert differences(FIELDS | hidden, FIELDS | hidden) == ()


def test_different_octets_that_cannot_be_decoded_never_compare_equal() -> None:
    assert differences(FIELDS | {"Subject": "=?utf-8?q?=FE?="}, FIELDS | {"Subject": "=?utf-8?q?=FF?="}) == (
        "subject",
    )
    assert differences(FIELDS | {"Subject": "=?x-a?q?a?="}, FIELDS | {"Subject": "=?x-a?b?YQ==?="}) == (
        "subject",
    )


def test_a_value_with_a_word_that_cannot_be_decoded_must_be_the_same_octets() -> None:
    quoted = {"Subject": "=?x-a?q?a?= and =?utf-8?q?b?="}
    based = {"Subject": "=?x-a?q?a?= and =?utf-8?b?Yg==?="}
    assert differences(FIELDS | quoted, FIELDS | quoted) == ()
    assert differences(FIELDS | quoted, FIELDS | based) == ("subject",)


@pytest.mark.parametrize("name", ["Cc", "Reply-To", "Sender", "In-Reply-To", "References"])
@pytest.mark.parametrize("mark", [HP, V1])
def test_a_copy_without_an_outer_field_differs(name: str, mark: str) -> None:
    assert differences(FIELDS, FIELDS | {name: "x"}, mark) == (name.lower(),)


@pytest.mark.parametrize("name", ["From", "To", "Cc", "Subject", "Date", "Message-ID"])
def test_an_outer_field_without_a_copy_differs_under_rfc_9788_only(name: str) -> None:
    outer = FIELDS | {name: "x"}
    inner = {other: value for other, value in outer.items() if other != name}
    assert differences(outer, inner, HP) == (name.lower(),)
    assert differences(outer, inner, V1) == ()


def test_a_doubled_copy_differs() -> None:
    octets = letter(FIELDS, FIELDS, HP).replace(
        b"\r\n\r\nbody", b"\r\nSubject: =?utf-8?q?one_two?=\r\n\r\nbody"
    )
    root = parse(octets)
    assert compare_protected(root, root.children[0], octets) == ("subject",)


def test_differences_come_in_a_fixed_order() -> None:
    assert differences(FIELDS, {"Subject": "x"}, HP) == ("from", "to", "subject", "date", "message-id")


def test_without_a_mark_nothing_is_compared() -> None:
    assert differences(FIELDS, {"Subject": "x"}, "") == ()
