import pytest

from gateway.mime.bodystructure import bodystructure
from gateway.mime.envelope import EMPTY_ENVELOPE
from gateway.mime.sections import body
from gateway.mime.tree import parse
from tests.unit.gateway.mime.material import SAMPLES, read_list


def structure(text: str, *, extended: bool = True) -> bytes:
    octets = text.replace("\n", "\r\n").encode()
    return bodystructure(parse(octets), octets, extended=extended)


def test_the_structure_of_a_real_letter() -> None:
    octets = (SAMPLES / "thunderbird-pgp-pdf-two-recipients.eml").read_bytes()
    root = parse(octets)
    signed, signature, subtype, params, *rest = read_list(bodystructure(root, octets, extended=True))
    assert subtype == b"signed"
    assert params[:5] == [b"micalg", b"pgp-sha256", b"protocol", b"application/pgp-signature", b"boundary"]
    assert rest == [None, [b"en-US"], None]
    assert signature[:6] == [
        b"application", b"pgp-signature", [b"name", b"OpenPGP_signature.asc"],
        None, b"OpenPGP digital signature", b"7bit",
    ]  # fmt: skip
    assert signature[8] == [b"attachment", [b"filename", b"OpenPGP_signature.asc"]]
    text, pdf, *_ = signed[0]
    assert text == [
        b"text", b"plain", [b"charset", b"UTF-8", b"format", b"flowed"],
        None, None, b"base64", 122, 1, None, None, None, None,
    ]  # fmt: skip
    assert pdf[:3] == [b"application", b"pdf", [b"name", b"=?UTF-8?B?2YPYqtin2KgucGRm?="]]
    assert pdf[8] == [b"attachment", [b"filename*", b"UTF-8''%D9%83%D8%AA%D8%A7%D8%A8%2E%70%64%66"]]
    location = body(root, (1, 1, 2))
    assert location is not None
    assert pdf[6] == location[1] - location[0]
    assert signed[2][-4:] == [b"protected-headers", b"v1", b"hp", b"clear"]


ALL_FIELDS = (
    "Content-Type: image/png\nContent-ID: <a@b>\nContent-Description: a\n b\nContent-MD5: Q==\n"
    "Content-Disposition: inline\nContent-Language: en,  ar,\nContent-Location: http://x\n\n"
)
DEFAULTS = '("text" "plain" ("charset" "us-ascii") NIL NIL "7bit" '


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("\nab\n", DEFAULTS + "4 1 NIL NIL NIL NIL)"),
        ("\n", DEFAULTS + "0 0 NIL NIL NIL NIL)"),
        ("Content-Type: nonsense\n\nx", DEFAULTS + "1 0 NIL NIL NIL NIL)"),
        ("Content-Type: multipart/mixed\n\nx\n", DEFAULTS + "3 1 NIL NIL NIL NIL)"),
        (
            'Content-Type: TEXT/Html; Charset="UTF-8"\nContent-Transfer-Encoding: Base64\n\nx\ny\n',
            '("TEXT" "Html" ("Charset" "UTF-8") NIL NIL "Base64" 6 2 NIL NIL NIL NIL)',
        ),
        (
            "Content-Type: text/csv; header=present\n\n",
            '("text" "csv" ("header" "present" "charset" "us-ascii") NIL NIL "7bit" 0 0 NIL NIL NIL NIL)',
        ),
        ("Content-Type: image/png\n\nxxxx\n", '("image" "png" NIL NIL NIL "7bit" 6 NIL NIL NIL NIL)'),
        (
            ALL_FIELDS,
            '("image" "png" NIL "<a@b>" "a b" "7bit" 0 "Q==" ("inline" NIL) ("en" "ar") "http://x")',
        ),
        (
            "Content-Type: image/png\nContent-ID:\nContent-Language: ar\n\n",
            '("image" "png" NIL "" NIL "7bit" 0 NIL NIL ("ar") NIL)',
        ),
        (
            "Content-Type: multipart/Mixed; boundary=a\nContent-Language: ar\n\n--a\n\nx\n--a--\n",
            "(" + DEFAULTS + '1 0 NIL NIL NIL NIL) "Mixed" ("boundary" "a") NIL ("ar") NIL)',
        ),
        (
            "Content-Type: multipart/mixed; boundary=a\n\nno parts\n",
            "(" + DEFAULTS + '0 0 NIL NIL NIL NIL) "mixed" ("boundary" "a") NIL NIL NIL)',
        ),
        (
            "Content-Type: message/rfc822\n\nSubject: s\nFrom: a@b\n\nx\n",
            '("message" "rfc822" NIL NIL NIL "7bit" 28 (NIL "s" ((NIL NIL "a" "b")) ((NIL NIL "a" "b"))'
            ' ((NIL NIL "a" "b")) NIL NIL NIL NIL NIL) '
            + DEFAULTS
            + "3 1 NIL NIL NIL NIL) 4 NIL NIL NIL NIL)",
        ),
        (
            "Content-Type: message/rfc822\nContent-Transfer-Encoding: base64\n\nU3ViamVjdDogcwo=\n",
            '("message" "rfc822" NIL NIL NIL "base64" 18 '
            + EMPTY_ENVELOPE.decode()
            + " "
            + DEFAULTS
            + "0 0 NIL NIL NIL NIL) 1 NIL NIL NIL NIL)",
        ),
    ],
)
def test_structures(text: str, expected: str) -> None:
    written = structure(text)
    assert written == expected.encode()
    read_list(written)


def test_the_short_form_leaves_the_extension_out() -> None:
    text = (
        "Content-Type: multipart/mixed; boundary=a\n\n--a\n\nx\n"
        "--a\nContent-Type: message/rfc822\n\nContent-Type: multipart/mixed; boundary=b\n\n--a--\n"
    )
    nothing = EMPTY_ENVELOPE.decode()
    inner = "(" + DEFAULTS + '0 0) "mixed")'
    expected = (
        "("
        + DEFAULTS
        + '1 0)("message" "rfc822" NIL NIL NIL "7bit" 43 '
        + nothing
        + " "
        + inner
        + ' 1) "mixed")'
    )
    assert structure(text, extended=False) == expected.encode()


def test_sections_of_a_parameter_are_joined_and_stay_encoded() -> None:
    written = structure(
        "Content-Type: image/png\n"
        "Content-Disposition: attachment; filename*0*=utf-8''%D9; filename*1*=%83; size=3\n\n"
    )
    assert b'("attachment" ("filename*" "utf-8\'\'%D9%83" "size" "3"))' in written


def test_eight_bit_text_is_a_literal() -> None:
    written = structure('Content-Type: image/png; name="كتاب"\n\n')
    assert '("name" {8}\r\nكتاب)'.encode() in written


def test_octet_counts_are_what_the_sections_return(letter: bytes) -> None:
    root = parse(letter)
    signed, signature, *_ = read_list(bodystructure(root, letter, extended=False))
    assert isinstance(signed, list)
    assert isinstance(signature, list)
    location = body(root, (2,))
    assert location is not None
    assert signature[6] == location[1] - location[0]
