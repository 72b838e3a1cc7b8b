"""What a FETCH reveals, and that sections are ranges of the message."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.imap.fetch.items import Message, header_fields, literal, section
from gateway.imap.fetch.pieces import Span, batch, cut
from gateway.imap.fetch.plan import plan
from gateway.imap.wire.commands_message import Fetch
from gateway.imap.wire.fetch_items import BodySection, FetchItem, Section
from gateway.imap.wire.framing import CommandReader, Frame
from gateway.imap.wire.limits import logged_in
from gateway.imap.wire.parser import parse
from gateway.mime import sections
from gateway.mime.tree import parse as parse_message


def items(text: str) -> tuple[FetchItem, ...]:
    reader = CommandReader(logged_in())
    reader.feed(f"t FETCH 1 ({text})\r\n".encode())
    frame = reader.next()
    assert isinstance(frame, Frame)
    command = parse(frame)
    assert isinstance(command, Fetch)
    return command.items


@pytest.mark.parametrize(
    ("text", "reveals", "sees"),
    [
        (
            "FLAGS UID RFC822.SIZE INTERNALDATE ENVELOPE BODY BODYSTRUCTURE MODSEQ EMAILID THREADID",
            False,
            False,
        ),
        (
            "RFC822.HEADER BODY.PEEK[HEADER] BODY.PEEK[HEADER.FIELDS (A)] BODY.PEEK[HEADER.FIELDS.NOT (A)]",
            False,
            False,
        ),
        ("BODY[HEADER]", False, True),
        ("BINARY.SIZE[1]", False, False),
        ("BODY.PEEK[]", True, False),
        ("BODY.PEEK[]<0.1>", True, False),
        ("BODY.PEEK[TEXT]", True, False),
        ("BODY.PEEK[1]", True, False),
        ("BODY.PEEK[1.MIME]", True, False),
        ("BODY.PEEK[1.HEADER]", True, False),
        ("BODY.PEEK[1.2.HEADER.FIELDS (A)]", True, False),
        ("BINARY.PEEK[]", True, False),
        ("BINARY.PEEK[1]<0.1>", True, False),
        ("PREVIEW", True, False),
        ("BODY[]", True, True),
        ("BODY[1]", True, True),
        ("BINARY[1]", True, True),
        ("RFC822", True, True),
        ("RFC822.TEXT", True, True),
        ("FLAGS BODY.PEEK[TEXT]", True, False),
        ("BODY.PEEK[] RFC822.TEXT", True, True),
    ],
)
def test_what_reveals_and_what_sees(text: str, reveals: bool, sees: bool) -> None:
    planned = plan(items(text))
    assert (planned.reveals, planned.sees) == (reveals, sees)


def test_flags_need_nothing_but_memory_and_headers_no_octets() -> None:
    assert plan(items("UID FLAGS MODSEQ")).from_memory
    headers = plan(items("UID RFC822.SIZE FLAGS BODY.PEEK[HEADER.FIELDS (From Subject)]"))
    assert not headers.from_memory
    assert not headers.octets
    assert set(headers.columns) == {"size", "head"}


def test_everything_that_reads_octets_and_sends_them_reveals() -> None:
    for text in (
        "BODY.PEEK[]",
        "BODY.PEEK[1]",
        "RFC822",
        "RFC822.TEXT",
        "BINARY.PEEK[1]",
        "BODY.PEEK[3.MIME]",
    ):
        planned = plan(items(text))
        assert planned.octets
        assert planned.reveals


class Row:
    """A stored row."""

    def __init__(self, prefix: bytes, octets: bytes) -> None:
        root = parse_message(octets)
        self.prefix = prefix
        self.head = prefix + octets[: root.body_start]
        self.head_size = root.body_start
        self.size = len(prefix) + len(octets)
        self.sha256 = octets.hex()[:64]


def message(prefix: bytes, octets: bytes, *, held: bool = True) -> Message:
    made = Message(1, 1, frozenset(), 1, Row(prefix, octets))
    made.octets = octets if held else None
    return made


def octets_of(segments: object, whole: bytes) -> bytes:
    assert isinstance(segments, list)
    return b"".join(whole[one.start : one.stop] if isinstance(one, Span) else one for one in segments)


HEADERS = st.lists(
    st.tuples(
        st.sampled_from([b"Subject", b"subject", b"X-A", b"From", b"Received"]),
        st.sampled_from([b" one", b" two\r\n\tfolded", b"", b" a:b", b" \r\n  "]),
    ),
    max_size=6,
).map(lambda fields: b"".join(name + b":" + value + b"\r\n" for name, value in fields))


@given(HEADERS, st.sampled_from([b"\r\n", b"\r\nbody\r\n", b""]), st.booleans())
def test_header_fields_are_those_of_the_parser(head: bytes, rest: bytes, exclude: bool) -> None:
    octets = head + rest
    root = parse_message(octets)
    names = ("SUBJECT", "x-a")
    wanted = Section((), "HEADER.FIELDS.NOT" if exclude else "HEADER.FIELDS", names)
    expected = sections.header_fields(root, octets, [name.encode() for name in names], exclude=exclude)
    assert header_fields(octets[: root.body_start], wanted) == expected


@given(
    st.binary(max_size=40),
    st.lists(st.integers(0, 40), max_size=5).map(sorted),
    st.integers(0, 50),
    st.integers(0, 50),
)
def test_partial_of_pieces_is_partial_of_the_whole(
    octets: bytes, cuts: list[int], offset: int, length: int
) -> None:
    marks = [0, *[min(one, len(octets)) for one in cuts], len(octets)]
    pieces = [
        octets[start:stop] if number % 2 else Span("x", start, stop)
        for number, (start, stop) in enumerate(pairwise(marks))
    ]
    assert octets_of(cut(list(pieces), offset, length), octets) == octets[offset : offset + length]


@pytest.mark.parametrize("held", [True, False])
def test_whole_and_text_of_a_letter_under_our_header_block(held: bool) -> None:
    prefix, octets = b"Murasalat-Reference: R\r\n", b"Subject: s\r\n\r\nbody\r\n"
    made = message(prefix, octets, held=held)
    whole = section(made, Section())
    assert octets_of(whole, octets) == prefix + octets
    assert octets_of(section(made, Section((), "TEXT")), octets) == b"body\r\n"
    assert octets_of(section(made, Section((), "HEADER")), octets) == prefix + b"Subject: s\r\n\r\n"


def test_literals_of_nothing_something_and_the_absent() -> None:
    assert literal(None, None) == [b"NIL"]
    assert literal([b""], None) == [b'""']
    assert literal([b"abc", Span("x", 3, 5)], (1, 3)) == [b"{3}\r\n", b"bc", Span("x", 3, 4)]
    assert batch(iter([b"a", b"b", Span("x", 0, 1), b"c"]), 100) == ([b"ab", Span("x", 0, 1)], True)
    assert batch(iter([b"ab", b"cd", b"e"]), 4) == ([b"abcd"], True)


def test_part_sections_are_those_of_the_parser() -> None:
    octets = (
        b"Content-Type: multipart/mixed; boundary=x\r\n\r\n--x\r\nA: b\r\n\r\none\r\n--x\r\n"
        b"Content-Type: message/rfc822\r\n\r\nSubject: inner\r\n\r\ntext\r\n--x--\r\n"
    )
    made = message(b"", octets)
    for wanted, expected in (
        (Section((1,)), b"one"),
        (Section((1,), "MIME"), b"A: b\r\n\r\n"),
        (Section((2,), "HEADER"), b"Subject: inner\r\n\r\n"),
        (Section((2,), "TEXT"), b"text"),
        (Section((2, 1)), b"text"),
        (Section((2,), "HEADER.FIELDS", ("subject",)), b"Subject: inner\r\n\r\n"),
    ):
        assert octets_of(section(made, wanted), octets) == expected, wanted
    assert section(made, Section((3,))) is None
    assert BodySection(Section((1,)), (5, 9)).label == b"BODY[1]<5>"
