"""Messages made to cost time or memory (each shape brought a mail program down before): refused, or read plainly."""

import pickle
from contextlib import suppress

import pytest

from gateway.mime.addresses import parse_addresses
from gateway.mime.bodystructure import bodystructure
from gateway.mime.decode import decode_parameters, decode_words, header_text, text_of
from gateway.mime.envelope import envelope
from gateway.mime.parameters import parse_parameters
from gateway.mime.tree import DEFAULT_LIMITS, Limits, MimeLimitExceeded, parse, walk
from tests.unit.gateway.mime.material import read_list

MIXED = b"Content-Type: multipart/mixed; boundary=a\r\n\r\n"


def nested(depth: int, leaf: bytes = b"leaf") -> bytes:
    opened = [
        b'Content-Type: multipart/mixed; boundary="b%d"\r\n\r\n--b%d\r\n' % (n, n) for n in range(depth)
    ]
    closed = [b"\r\n--b%d--" % n for n in reversed(range(depth))]
    return b"".join(opened) + b"\r\n" + leaf + b"".join(closed)


def refusal(octets: bytes, limits: Limits = DEFAULT_LIMITS) -> MimeLimitExceeded:
    with pytest.raises(MimeLimitExceeded) as raised:
        parse(octets, limits=limits)
    return raised.value


@pytest.mark.parametrize(
    ("octets", "code", "limit"),
    [
        pytest.param(nested(1000), "nested-too-deep", 100, id="nested multiparts"),
        pytest.param(
            b"Content-Type: message/rfc822\r\n\r\n" * 1000, "nested-too-deep", 100, id="nested messages"
        ),
        pytest.param(MIXED + b"--a\r\n" * 100_000, "too-many-parts", 9_999, id="empty parts"),
        pytest.param(MIXED + b"--ab\r\n" * 100_000, "too-many-parts", 9_999, id="lines like delimiters"),
        pytest.param(b"\r" * 25_000_000, "header-too-large", 262_144, id="carriage returns"),
        pytest.param(b"a:\n" * 1_000_000, "header-too-large", 262_144, id="header without end"),
        pytest.param(b"a:\r\n" * 10_000 + b"\r\n", "too-many-fields", 1_000, id="fields"),
        pytest.param(
            b"Content-Type: text/plain" + b"".join([b"; a*%d=b" % n for n in range(16_000)]) + b"\r\n\r\n",
            "too-many-parameters",
            128,
            id="RFC 2231 sections",
        ),
        pytest.param(
            b"Content-Disposition: inline" + b"; a=b" * 16_000 + b"\r\n\r\n",
            "too-many-parameters",
            128,
            id="parameters of a disposition",
        ),
        pytest.param(
            b"Content-Type: multipart/mixed; boundary=" + b"x" * 2_000 + b"\r\n\r\n",
            "boundary-too-long",
            998,
            id="boundary",
        ),
        pytest.param(
            MIXED + (b"--a\r\nX: " + b"x" * 200_000 + b"\r\n\r\n\r\n") * 6,
            "headers-too-large",
            1_048_576,
            id="headers",
        ),
        pytest.param(nested(99, b"x" * 4_000_000), "scan-too-long", 335_544_320, id="deep and large"),
    ],
)
def test_a_bomb_is_refused_by_a_limit(octets: bytes, code: str, limit: int) -> None:
    exceeded = refusal(octets)
    assert (exceeded.code, exceeded.limit) == (code, limit)
    assert exceeded.found > limit


def test_lines_like_delimiters_count_over_all_levels() -> None:
    inner = b"--a\r\nContent-Type: multipart/mixed; boundary=i\r\n\r\n--ix\r\n--ix\r\n--i--\r\n"
    octets = MIXED + b"--ax\r\n--ax\r\n" + inner + b"--a--\r\n"
    assert parse(octets, limits=Limits(parts=6)).end == len(octets)
    assert refusal(octets, Limits(parts=5)).code == "too-many-parts"


def test_a_refusal_survives_the_way_between_processes() -> None:
    exceeded = pickle.loads(pickle.dumps(MimeLimitExceeded("too-many-parts", 1, 2)))
    assert (exceeded.code, exceeded.limit, exceeded.found) == ("too-many-parts", 1, 2)


@pytest.mark.parametrize(
    ("limits", "octets"),
    [
        (Limits(depth=3), nested(3)),
        (Limits(depth=1), b"Content-Type: message/rfc822\r\n\r\n"),
        (Limits(parts=3), MIXED + b"--a\r\n\r\n\r\n--a\r\n\r\n\r\n--a--"),
        (Limits(fields=2), b"a: b\r\nc: d\r\n\r\n"),
        (Limits(header_octets=6), b"a: b\r\n\r\n"),
        (Limits(parameters=2), b"Content-Type: text/plain; a=b; c=d\r\n\r\n"),
        (Limits(parameters=1), b"Content-Disposition: inline; a=b\r\n\r\n"),
        (Limits(boundary_octets=1), MIXED + b"--a--"),
    ],
)
def test_exactly_the_limit_passes(limits: Limits, octets: bytes) -> None:
    assert parse(octets, limits=limits).end == len(octets)


def test_the_deepest_message_allowed_is_read_and_described() -> None:
    octets = nested(100)
    root = parse(octets)
    parts = list(walk(root))
    assert len(parts) == 101
    assert octets[parts[-1].body_start : parts[-1].end] == b"leaf"
    read_list(bodystructure(root, octets, extended=True))


def test_the_most_parts_allowed_are_read_and_described() -> None:
    octets = MIXED + b"--a\r\n\r\nx\r\n" * 9_999 + b"--a--"
    root = parse(octets)
    assert len(root.children) == 9_999
    assert len(list(text_of(root, octets))) == 9_999
    assert bodystructure(root, octets, extended=False).count(b' "7bit" 1 0)') == 9_999


@pytest.mark.parametrize("filler", [b"\n", b"\r\n", b"\n--", b"--a\n", b" \n"])
def test_twenty_five_megabytes_of_line_ends_are_a_body(filler: bytes) -> None:
    octets = b"\r\n" + filler * (25_000_000 // len(filler))
    root = parse(octets)
    assert (root.body_start, root.children, root.anomalies) == (2, (), ())
    lines = octets.count(b"\n") - 1
    assert b" %d NIL" % lines in bodystructure(root, octets, extended=True)


def test_a_large_attachment_is_one_part() -> None:
    line = b"A" * 76 + b"\r\n"
    content = line * 300_000
    octets = MIXED + b"--a\r\nContent-Transfer-Encoding: base64\r\n\r\n" + content + b"\r\n--a--\r\n"
    (part,) = parse(octets).children
    assert part.end - part.body_start == len(content)


def test_nested_comments_in_an_address_show_the_address() -> None:
    for depth in (1_000, 100_000):
        octets = b"To: " + b"(" * depth + b")" * depth + b" a@b\r\n\r\n"
        to = read_list(envelope(parse(octets), octets))[5]
        assert isinstance(to, list)
        assert to[0][2:] == [b"a", b"b"]


def test_a_message_id_of_brackets_stays_as_written() -> None:
    octets = b"Message-ID: " + b"<" * 100_000 + b"\r\n\r\n"
    assert read_list(envelope(parse(octets), octets))[9] == b"<" * 100_000


def test_sixteen_thousand_addresses_all_show() -> None:
    value = b", ".join([b"a%d@b" % n for n in range(16_000)])
    assert len(parse_addresses(value)) == 16_000


@pytest.mark.parametrize(
    "filler", [b"<", b'"', b'\\"', b"[", b"@", b"a,", b"a ", b":;", b"(", b"(a)", b"<@", b",@:", b'"a"']
)
def test_no_address_list_costs_more_than_its_length(filler: bytes) -> None:
    value = filler * (100_000 // len(filler))
    assert len(parse_addresses(value)) <= len(value)


def test_sixteen_thousand_encoded_words_are_one_text() -> None:
    value = b" ".join([b"=?utf-8?q?%05d?=" % n for n in range(16_000)])
    assert decode_words(value) == "".join([f"{n:05d}" for n in range(16_000)])
    mixed = b" ".join([b"=?utf-8?b?YQ==?= =?cp1256?q?b?=" for _ in range(8_000)])
    assert decode_words(mixed) == "ab" * 8_000
    unknown = b" ".join([b"=?x-%d?q?a?=" % n for n in range(8_000)])
    assert "=?x-7999?q?a?=" in decode_words(unknown)


@pytest.mark.parametrize("filler", [b"=?", b"=?a", b"=?a?", b"=?a?q?", b"=?a?q?=?", b"?=", b"=?utf-8?q?a?= "])
def test_no_header_value_costs_more_than_its_length(filler: bytes) -> None:
    octets = b"Subject: " + filler * (200_000 // len(filler)) + b"\r\n\r\n"
    assert len(header_text(parse(octets), octets, "subject")) <= len(octets)


def test_sixteen_thousand_sections_are_one_parameter() -> None:
    value = b"".join([b"; title*%d*=%%41" % n for n in range(16_000)])
    params = parse_parameters(value, 0).items
    assert len(params) == 16_000
    assert decode_parameters(params) == {"title": "A" * 16_000}


@pytest.mark.parametrize(
    "filler", [b";", b";(", b";(a)", b";a", b"=", b'"', b'"\\"', b";a=", b';a="', b"\\", b"; ;", b"\r\n "]
)
def test_no_parameter_list_costs_more_than_its_length(filler: bytes) -> None:
    octets = b"Content-Type: text/plain" + filler * (200_000 // len(filler)) + b"\r\n\r\n"
    with suppress(MimeLimitExceeded):
        assert parse(octets).content_type.media_type == "text/plain"
    assert len(parse_parameters(octets, 24).items) <= len(octets)


@pytest.mark.parametrize(
    "filler", [b"<", b"<a", b"<!--", b"-", b"<script>", b"&", b"&#", b"<b>", b"<!---", b"</", b"<style"]
)
def test_no_page_costs_more_than_its_length(filler: bytes) -> None:
    octets = b"Content-Type: text/html\r\n\r\n<!-- x -->" + filler * (400_000 // len(filler))
    (text,) = text_of(parse(octets), octets)
    assert len(text) <= len(octets)


@pytest.mark.parametrize(
    ("encoding", "filler"), [(b"base64", b"="), (b"base64", b"!"), (b"quoted-printable", b"=")]
)
def test_damaged_encodings_of_any_length_are_read(encoding: bytes, filler: bytes) -> None:
    octets = b"Content-Transfer-Encoding: " + encoding + b"\r\n\r\n" + filler * 5_000_000
    (text,) = text_of(parse(octets), octets)
    assert len(text) <= 5_000_000
