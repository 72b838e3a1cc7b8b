import re

import pytest

from gateway.mime.tree import Part, parse, walk
from tests.unit.gateway.mime.material import SAMPLES

CRLF = "\r\n"


def message(text: str) -> bytes:
    """Write a message with CRLF from a text block with LF."""
    return text.replace("\n", CRLF).encode()


def bodies(octets: bytes, part: Part) -> list[bytes]:
    return [octets[child.body_start : child.end] for child in part.children]


MIXED = "Content-Type: multipart/mixed; boundary=a\n\n"


def test_a_real_letter_gives_the_tree_that_its_program_wrote() -> None:
    octets = (SAMPLES / "thunderbird-pgp-pdf-two-recipients.eml").read_bytes()
    root = parse(octets)
    assert [part.content_type.media_type for part in walk(root)] == [
        "multipart/signed",
        "multipart/mixed",
        "multipart/mixed",
        "text/plain",
        "application/pdf",
        "application/pgp-signature",
    ]
    assert root.end == len(octets)
    assert not any(part.anomalies for part in walk(root))
    assert octets[slice(*root.preamble)] == b"This is an OpenPGP/MIME signed message (RFC 4880 and 3156)"
    signed, signature = root.children
    assert octets[signed.start :].startswith(b"Content-Type: multipart/mixed; boundary=")
    assert octets[signed.end : signed.end + 6] == b"\r\n----"
    assert octets[signature.body_start : signature.end].strip().endswith(b"-----END PGP SIGNATURE-----")


def test_every_real_letter_has_a_tree_without_anomalies(letter: bytes) -> None:
    root = parse(letter)
    assert len(root.children) == 2
    assert all(part.closed and not part.anomalies for part in walk(root))


def test_the_line_end_before_a_delimiter_belongs_to_the_delimiter() -> None:
    octets = message(MIXED + "--a\n\nfirst\n\n--a\n\nsecond\n--a--\n")
    assert bodies(octets, parse(octets)) == [b"first\r\n", b"second"]


@pytest.mark.parametrize(
    ("body", "parts", "anomalies"),
    [
        ("--a\n\none\n--a--\n", [b"one"], ()),
        ("--a\n\none\n--a--", [b"one"], ()),
        ("--a \t\n\none\n--a-- \n", [b"one"], ()),
        ("pre\n--a\n\none\n--a--\npost\n", [b"one"], ()),
        ("--a\n--a\n\n--a\n\n\n--a--\n", [b"", b"", b""], ()),
        ("--a\n\none\n--a\n\ntwo", [b"one", b"two"], ("not-closed",)),
        ("--a\n\none\n--a", [b"one"], ("not-closed",)),
        ("--a--\n", [], ("no-parts",)),
        ("nothing\n", [], ("no-parts", "not-closed")),
        ("", [], ("no-parts", "not-closed")),
        (" --a\n\none\n--a--\n", [], ("no-parts",)),
        ("x--a\n\none\n--a--\n", [], ("no-parts",)),
        ("--a\n\none\n--ab\n\ntwo\n--a--\n", [b"one\r\n--ab\r\n\r\ntwo"], ("delimiter-lookalike",)),
        ("--a\n\none\n--a-\n--a--x\n--a--\n", [b"one\r\n--a-\r\n--a--x"], ("delimiter-lookalike",)),
        ("--a\n\none\n--a--\n--a\n\ntwo\n--a--\n", [b"one"], ("delimiter-after-close",)),
    ],
)
def test_delimiters_are_exact_lines(body: str, parts: list[bytes], anomalies: tuple[str, ...]) -> None:
    octets = message(MIXED + body)
    root = parse(octets)
    assert bodies(octets, root) == parts
    assert root.anomalies == anomalies
    assert root.closed == ("not-closed" not in anomalies)


def test_preamble_and_epilogue_are_what_is_outside_the_delimiters() -> None:
    octets = message(MIXED + "pre\namble\n--a\n\none\n--a--\nepi\nlogue\n")
    root = parse(octets)
    assert octets[slice(*root.preamble)] == b"pre\r\namble"
    assert octets[slice(*root.epilogue)] == b"epi\r\nlogue\r\n"


def test_a_part_may_have_no_header_and_no_body() -> None:
    octets = message(MIXED + "--a\nContent-Type: text/html\n--a\n\n--a--\n")
    without_body, empty = parse(octets).children
    assert without_body.content_type.media_type == "text/html"
    assert without_body.body_start == without_body.end
    assert empty.start == empty.body_start == empty.end


def test_the_outer_boundary_wins_over_an_open_inner_multipart() -> None:
    inner = "--a\nContent-Type: multipart/mixed; boundary=b\n\n--b\n\none\n"
    octets = message(MIXED + inner + "--a\n\ntwo\n--a--\n")
    root = parse(octets)
    assert bodies(octets, root)[1] == b"two"
    first = root.children[0]
    assert bodies(octets, first) == [b"one"]
    assert first.anomalies == ("not-closed",)


def test_a_boundary_that_continues_another_does_not_match_it() -> None:
    inner = "--a\nContent-Type: multipart/mixed; boundary=a-b\n\n--a-b\n\none\n--a-b--\n"
    octets = message(MIXED + inner + "--a--\n")
    root = parse(octets)
    assert bodies(octets, root.children[0]) == [b"one"]
    assert root.anomalies == ("delimiter-lookalike",)


def test_a_boundary_used_twice_is_named() -> None:
    octets = message(MIXED + "--a\n" + MIXED + "--a\n\none\n--a--\n")
    root = parse(octets)
    assert "boundary-reused" in root.children[0].anomalies
    assert bodies(octets, root)[1] == b"one"


@pytest.mark.parametrize(
    ("params", "boundary", "anomalies"),
    [
        ("boundary=x", b"x", ()),
        ('BOUNDARY="x y"', b"x y", ()),
        ('boundary="x\n y"', b"x y", ()),
        ("boundary=----=_Part_1=2", b"----=_Part_1=2", ()),
        ('boundary="x\\"y"', b'x"y', ("boundary-malformed",)),
        ('boundary="x "', b"x", ("boundary-malformed",)),
        ("boundary=x (why)", b"x", ("comment",)),
        ("boundary=x; boundary=y", b"x", ("duplicate-parameter", "duplicate-boundary")),
        ("boundary*0=x; boundary*1=y", b"xy", ("boundary-extended",)),
        ("boundary*=us-ascii''xy", b"xy", ("boundary-extended",)),
        ("boundary=x; boundary*0=y", b"x", ("duplicate-boundary",)),
        ('boundary="' + "x" * 71 + '"', b"x" * 71, ("boundary-long",)),
    ],
)
def test_the_boundary_is_taken_from_the_parameters(
    params: str, boundary: bytes, anomalies: tuple[str, ...]
) -> None:
    head = message(f"Content-Type: multipart/mixed; {params}\n\n")
    octets = head + b"--%b\r\n\r\none\r\n--%b--\r\n" % (boundary, boundary)
    root = parse(octets)
    assert bodies(octets, root) == [b"one"]
    assert root.anomalies == anomalies


@pytest.mark.parametrize("params", ["", "; boundary=", '; boundary=""', '; boundary="  "', "; charset=x"])
def test_a_multipart_without_a_boundary_is_read_as_text(params: str) -> None:
    root = parse(message(f"Content-Type: multipart/signed{params}\n\n--a\n\none\n--a--\n"))
    assert root.content_type.media_type == "text/plain"
    assert "boundary-missing" in root.anomalies
    assert root.children == ()


@pytest.mark.parametrize("value", ["", "text", "garbage in", "/plain", "text/", ";", "multipart; boundary=a"])
def test_an_unreadable_content_type_is_read_as_text(value: str) -> None:
    root = parse(message(f"Content-Type: {value}\n\nx"))
    assert root.content_type.media_type == "text/plain"
    assert root.content_type.written == b""
    assert root.anomalies == ("malformed-content-type",)


def test_the_content_type_keeps_what_is_written() -> None:
    root = parse(message('Content-Type: Text/X-Own ; Charset="utf-8";\n name*0="a\\\\b"; name*1*=%20\n\n'))
    content_type = root.content_type
    assert (content_type.type, content_type.subtype) == ("text", "x-own")
    assert content_type.written == b"Text/X-Own"
    assert content_type.value("charset") == b"utf-8"
    assert [tuple(param) for param in content_type.params] == [
        (b"Charset", b"utf-8"),
        (b"name*0", b"a\\b"),
        (b"name*1*", b"%20"),
    ]


def test_the_parts_of_a_digest_are_messages_unless_they_say_otherwise() -> None:
    octets = message(
        "Content-Type: multipart/digest; boundary=a\n\n"
        "--a\n\nSubject: in\n\none\n--a\nContent-Type: text/html\n\ntwo\n--a--\n"
    )
    embedded, html = parse(octets).children
    assert embedded.content_type.media_type == "message/rfc822"
    assert [field.name for field in embedded.children[0].fields] == ["subject"]
    assert html.content_type.media_type == "text/html"


@pytest.mark.parametrize("subtype", ["rfc822", "global", "RFC822"])
@pytest.mark.parametrize("encoding", ["", "7bit", "8bit", "BINARY"])
def test_a_message_inside_a_message_is_its_child(subtype: str, encoding: str) -> None:
    head = f"Content-Type: message/{subtype}\n" + (
        f"Content-Transfer-Encoding: {encoding}\n" if encoding else ""
    )
    octets = message(head + "\nSubject: in\nContent-Type: text/html\n\nbody")
    root = parse(octets)
    (child,) = root.children
    assert (child.start, child.end) == (root.body_start, root.end)
    assert child.content_type.media_type == "text/html"
    assert octets[child.body_start : child.end] == b"body"


@pytest.mark.parametrize("encoding", ["base64", "quoted-printable", "x-unknown"])
def test_an_encoded_message_is_not_looked_into(encoding: str) -> None:
    octets = message(
        f"Content-Type: message/rfc822\nContent-Transfer-Encoding: {encoding}\n\nSubject: in\n\n"
    )
    root = parse(octets)
    assert root.children == ()
    assert root.anomalies == ("encoded-message",)


def test_an_encoded_multipart_is_read_as_it_stands_and_named() -> None:
    octets = message("Content-Transfer-Encoding: base64\n" + MIXED + "--a\n\none\n--a--\n")
    root = parse(octets)
    assert bodies(octets, root) == [b"one"]
    assert root.anomalies == ("encoded-multipart",)


@pytest.mark.parametrize(
    ("value", "encoding", "anomalies"),
    [
        ("Base64", "base64", ()),
        (" QUOTED-Printable ", "quoted-printable", ()),
        ("x-uuencode", "x-uuencode", ()),
        ("base64 (really)", "base64", ("malformed-transfer-encoding",)),
        ("base64;", "base64", ("malformed-transfer-encoding",)),
        ("?what", "?what", ("malformed-transfer-encoding",)),
    ],
)
def test_the_transfer_encoding_is_a_lower_case_token(
    value: str, encoding: str, anomalies: tuple[str, ...]
) -> None:
    root = parse(message(f"Content-Transfer-Encoding: {value}\n\nx"))
    assert (root.transfer_encoding, root.anomalies) == (encoding, anomalies)


def test_the_first_of_two_content_fields_counts_and_the_second_is_named() -> None:
    root = parse(
        message(
            "Content-Type: text/html\nContent-Type: multipart/mixed; boundary=a\n"
            "Content-Transfer-Encoding: 8bit\nContent-Transfer-Encoding: base64\n\n--a\n\n--a--\n"
        )
    )
    assert root.content_type.media_type == "text/html"
    assert root.transfer_encoding == "8bit"
    assert root.anomalies == ("duplicate-content-type", "duplicate-content-transfer-encoding")


def test_a_draft_with_bare_line_feeds_has_the_same_tree() -> None:
    text = MIXED + "pre\n--a\nContent-Type: text/html;\n charset=utf-8\n\none\n\n--a \n\ntwo\n--a--\nepi\n"
    octets, draft = message(text), text.encode()
    crlf, bare = parse(octets), parse(draft)
    assert [part.content_type for part in walk(bare)] == [part.content_type for part in walk(crlf)]
    assert bodies(draft, bare) == [body.replace(b"\r\n", b"\n") for body in bodies(octets, crlf)]
    assert draft[slice(*bare.epilogue)] == b"epi\n"


def test_a_bare_carriage_return_ends_no_line() -> None:
    root = parse(b"Subject: a\rContent-Type: multipart/mixed; boundary=a\r\n\r\n--a\r\n\r\n--a--\r\n")
    assert [field.name for field in root.fields] == ["subject"]
    assert root.children == ()


@pytest.mark.parametrize("octets", [b"", b"\r\n", b"\n", b"x", b"\r\n\r\n", b":", b"\0", b"\xff\xfe"])
def test_the_smallest_messages_have_a_tree(octets: bytes) -> None:
    root = parse(octets)
    assert (root.start, root.end) == (0, len(octets))
    assert root.content_type.media_type == "text/plain"
    assert 0 <= root.body_start <= root.end


DELIMITER = re.compile(rb"(?:\r?\n)?--[^\n]*(?:\n|\Z)")


def test_the_slices_of_a_multipart_join_to_its_body(letter: bytes) -> None:
    for part in walk(parse(letter)):
        if part.content_type.type != "multipart":
            continue
        position = part.body_start
        spans = [part.preamble, *[(child.start, child.end) for child in part.children], part.epilogue]
        joined = b""
        for start, end in spans:
            gap = letter[position:start]
            assert not gap or DELIMITER.fullmatch(gap), gap
            joined += gap + letter[start:end]
            position = end
        assert joined == letter[part.body_start : part.end]
