import pytest

from gateway.mime import decode
from gateway.mime.charsets import codec_of, decode_text
from gateway.mime.decode import decode_words, decoded_body, file_name, header_text, text_of
from gateway.mime.flowed import joined
from gateway.mime.html import strip_tags
from gateway.mime.transfer import decode_base64, decode_transfer
from gateway.mime.tree import parse
from tests.unit.gateway.mime.material import SAMPLES

ARABIC = "كتاب رسمي"


def letter(name: str) -> bytes:
    return (SAMPLES / f"thunderbird-{name}.eml").read_bytes()


def test_a_real_arabic_letter_reads_as_it_was_written() -> None:
    octets = letter("pgp-arabic")
    root = parse(octets)
    assert header_text(root, octets, "subject") == "كتاب رسمي رقم ١"
    assert header_text(root, octets, "from") == "أحمد الكواري <registry@moj.gov.example>"
    assert header_text(root, octets, "cc") == ""
    (text,) = text_of(root, octets)
    assert text.startswith("السلام عليكم ورحمة الله\r\n\r\nنرفق لكم الكتاب")
    assert text.endswith("سجل وزارة العدل\r\n")


def test_a_real_attachment_has_its_arabic_name_and_its_octets() -> None:
    octets = letter("pgp-pdf-two-recipients")
    pdf = parse(octets).children[0].children[0].children[1]
    assert file_name(pdf, octets) == "كتاب.pdf"
    body = decoded_body(pdf, octets)
    assert body is not None
    assert body.startswith(b"%PDF-1.4\n")
    assert body.endswith(b"%%EOF\n")


def test_a_real_html_letter_reads_as_text() -> None:
    octets = letter("pgp-html")
    plain, html = text_of(parse(octets), octets)
    assert "*عاجل* السلام عليكم" in plain
    assert "عاجل السلام عليكم" in html
    assert "<" not in html


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (b"plain", "plain"),
        ("عاجل".encode(), "عاجل"),
        (b"=?UTF-8?B?2YPYqtin2Kgg2LHYs9mF2Yo=?=", ARABIC),
        (b"=?windows-1256?B?38rHyCDR08Pt?=", None),
        (b"=?windows-1256?Q?=DF=CA=C7=C8_=D1=D3=E3=ED?=", ARABIC),
        (b"=?iso-8859-6?q?=E3=CA=C7=C8?=", "كتاب"),
        (b"a =?utf-8?q?b?= c", "a b c"),
        (b"=?utf-8?q?a?= =?utf-8?q?b?=", "ab"),
        (b"  =?utf-8?q?a?=  ", "  a  "),
        (b"=?utf-8?q?a?=\t=?iso-8859-1?q?=E9?=", "aé"),
        (b"=?utf-8?b?2Q==?= =?utf-8?b?gw==?=", "ك"),
        (b"=?utf-8*ar?q?a_b?=", "a b"),
        (b"=?utf-8?q?a b?=", "a b"),
        (b"=?utf-8?b?2YP?=", "ك"),
        (b"=?utf-8?b?!!!?=", ""),
        (b"=?utf-8?q?=FF=zz=?=", "\N{REPLACEMENT CHARACTER}=zz="),
        (b"=?x-nothing?q?=41?=", "=?x-nothing?q?=41?="),
        (b"=?utf-8?x?a?=", "=?utf-8?x?a?="),
        (b"=?utf-8?q?a", "=?utf-8?q?a"),
        (b"=??q?=41?=", "=??q?=41?="),
        (b"=?utf-8?q?=00?=", "\N{REPLACEMENT CHARACTER}"),
        (b"\xff", "\N{ARABIC LETTER YEH BARREE}"),
        (b"", ""),
    ],
)
def test_encoded_words(value: bytes, text: str | None) -> None:
    decoded = decode_words(value)
    assert text is None or decoded == text
    decoded.encode("utf-8")


@pytest.mark.parametrize(
    ("charset", "codec"),
    [
        ("UTF-8", "utf_8"),
        ("us-ascii", "guessed"),
        ("unknown-8bit", "guessed"),
        ("windows1256", "cp1256"),
        ("win-1256", "cp1256"),
        ("windows1252", "cp1252"),
        ("ibm-720", "cp720"),
        ("windows-1256", "cp1256"),
        ("CP-1256", "cp1256"),
        ("x-windows-1256", "cp1256"),
        ("ISO-8859-6", "iso8859_6"),
        ("iso-8859-6-i", "iso8859_6"),
        ("ASMO-708", "iso8859_6"),
        ("x-mac-arabic", "mac_arabic"),
        ("DOS-720", "cp720"),
        ("cp720", "cp720"),
        ("iso-8859-1", "cp1252"),
        ("gb2312", "gb18030"),
        ("base64", None),
        ("rot13", None),
        ("zlib", None),
        ("idna", None),
        ("punycode", None),
        ("unicode_escape", None),
        ("undefined", None),
        ("../os", None),
        ("x" * 1000, None),
        ("", None),
    ],
)
def test_only_charsets_of_letters_reach_a_codec(charset: str, codec: str | None) -> None:
    assert codec_of(charset) == codec


OFFICE = "تعميم رقم ٧"


@pytest.mark.parametrize(
    ("octets", "charset", "text"),
    [
        ("كتاب رسمي".encode("cp1256"), "", "كتاب رسمي"),
        ("كتاب رسمي".encode("cp1256"), "us-ascii", "كتاب رسمي"),
        ("كتاب رسمي".encode("cp1256"), "x-nothing", "كتاب رسمي"),
        ("كتاب رسمي".encode("cp1256"), "windows1256", "كتاب رسمي"),
        ("كتاب رسمي".encode("cp1256"), "unknown-8bit", "كتاب رسمي"),
        (OFFICE.encode(), "unknown-8bit", OFFICE),
        ("كتاب".encode("cp720"), "DOS-720", "كتاب"),
        (OFFICE.encode("utf-16"), "unicode", OFFICE),
        (OFFICE.encode("utf-16-le"), "unicode", OFFICE),
        (b"\xfe\xff" + OFFICE.encode("utf-16-be"), "unicode", OFFICE),
        (OFFICE.encode(), "unicode", OFFICE),
        (b"plain\r\n", "unicode", "plain\r\n"),
        ("كتاب رسمي".encode()[:-1], "", "كتاب رسم\N{REPLACEMENT CHARACTER}"),  # cut on the way: still UTF-8
        ("كتاب".encode("cp1256"), "utf-8", "\N{REPLACEMENT CHARACTER}" * 4),  # told, and told wrongly
        ("\N{REPLACEMENT CHARACTER}".encode(), "", "\N{REPLACEMENT CHARACTER}"),
        (b"caf\xe9", "iso-8859-1", "café"),
    ],
)
def test_charsets_of_old_programs_are_read(octets: bytes, charset: str, text: str) -> None:
    assert decode_text(octets, charset) == text


@pytest.mark.parametrize(
    ("flowed", "delete", "text"),
    [
        ("one \r\ntwo\r\nthree", False, "one two\r\nthree"),
        ("مجلس \r\nالوزراء", False, "مجلس الوزراء"),
        ("وزا \r\nرة", True, "وزارة"),
        ("> one \n> two \n>> three\nfour", False, "> one two \n>> three\nfour"),
        (" from here \n  there", False, "from here  there"),
        ("end \n-- \nname", False, "end \n-- \nname"),
        ("end \n", False, "end \n"),
        ("\n\n", False, "\n\n"),
        ("", False, ""),
    ],
)
def test_flowed_lines_are_joined(flowed: str, text: str, *, delete: bool) -> None:
    assert joined(flowed, delete_space=delete) == text


def test_lines_are_joined_in_plain_text_that_says_it_is_flowed() -> None:
    field = b"Content-Type: text/plain; charset=utf-8; format=Flowed; DelSp=YES\r\n\r\n"
    octets = field + "وزا \r\nرة\r\n".encode()
    assert list(text_of(parse(octets), octets)) == ["وزارة\r\n"]


@pytest.mark.parametrize(
    "charset",
    [
        "utf-7",
        "unicode",
        "unicodefffe",
        "unknown-8bit",
        "utf-16",
        "utf-32",
        "iso-2022-jp",
        "hz",
        "cp1256",
        "gb18030",
        "big5",
    ],
)
def test_no_octets_break_a_charset(charset: str) -> None:
    for octets in (bytes(range(256)), b"+2AA-", b"\x1b$B", b"~{", b"\xfe\xff\xd8\x00", b"\0"):
        text = decode_text(octets, charset)
        assert "\0" not in text
        text.encode("utf-8")


@pytest.mark.parametrize(
    ("encoded", "octets"),
    [
        (b"YWJj", b"abc"),
        (b"YW\r\nJj\r\n", b"abc"),
        (b"YQ==", b"a"),
        (b"YQ", b"a"),
        (b"YQ=", b"a"),
        (b"Y", b""),
        (b"YWJjZ", b"abc"),
        (b"!Y(W)J*j", b"abc"),
        (b"YQ==\r\nfooter", b"a"),
        (b"=", b""),
        (b"", b""),
    ],
)
def test_base64_gives_what_can_be_read(encoded: bytes, octets: bytes) -> None:
    assert decode_base64(encoded) == octets


@pytest.mark.parametrize(
    ("encoding", "body", "octets"),
    [
        ("7bit", b"a\xff", b"a\xff"),
        ("8bit", b"a", b"a"),
        ("binary", b"a\0", b"a\0"),
        ("quoted-printable", b"=D9=83 =\r\nx=zz=", "ك x=zz".encode()),
        ("x-uuencode", b"a", None),
        ("", b"a", None),
    ],
)
def test_transfer_encodings(encoding: str, body: bytes, octets: bytes | None) -> None:
    assert decode_transfer(body, encoding) == octets


def test_text_is_decoded_by_its_charset_and_an_unknown_encoding_is_read_as_it_stands() -> None:
    octets = (
        b"Content-Type: multipart/mixed; boundary=a\r\n\r\n"
        b'--a\r\nContent-Type: text/plain; charset="windows-1256"\r\n'
        b"Content-Transfer-Encoding: quoted-printable\r\n\r\n"
        b"=DF=CA=C7=C8\r\n"
        b"--a\r\nContent-Type: text/plain\r\nContent-Transfer-Encoding: x-unknown\r\n\r\nhidden\r\n"
        b"--a\r\nContent-Type: application/pdf\r\n\r\nno text\r\n"
        b"--a\r\nContent-Type: message/rfc822\r\n\r\nSubject: in\r\n\r\n\xd9\x83\r\n--a--\r\n"
    )
    assert list(text_of(parse(octets), octets)) == ["كتاب", "hidden", "ك"]


def test_only_the_start_of_very_long_pages_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(decode, "MAX_HTML_CHARACTERS", 12)
    page = b"--a\r\nContent-Type: text/html\r\n\r\n<b>12345\r\n"
    octets = b"Content-Type: multipart/mixed; boundary=a\r\n\r\n" + page * 3 + b"--a--\r\n"
    assert list(text_of(parse(octets), octets)) == ["12345", "1", ""]


@pytest.mark.parametrize(
    ("html", "text"),
    [
        ("plain", "plain"),
        ("<b>عا</b>جل", "عاجل"),
        ("<p>a</p><P class='x'>b</P>c<br/>d", "\na\n\nb\nc\nd"),
        ("a<!-- <b>x</b> -->b", "a b"),
        ("a<!-- open <b>", "a "),
        ("a<script>if (a<b) x()</script >b", "a b"),
        ("a<STYLE>p {}</style>b<script", "a b "),
        ("1 < 2 &amp;&lt;&#1603;&#x643;&nope; & c", "1 < 2 &<كك&nope; & c"),
        ("<a<b>x", "<ax"),
        ("&#xD800;&#9999999;", "\N{REPLACEMENT CHARACTER}\N{REPLACEMENT CHARACTER}"),
    ],
)
def test_html_without_its_tags(html: str, text: str) -> None:
    assert strip_tags(html) == text
