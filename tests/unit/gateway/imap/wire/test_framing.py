import tracemalloc
from collections.abc import Callable
from typing import Any

import pytest

from gateway.imap.wire.framing import (
    NEED_DATA,
    CommandReader,
    Fatal,
    Frame,
    Line,
    Literal,
    NeedContinuation,
    NeedData,
    Refused,
)
from gateway.imap.wire.limits import KIB, MIB, PRE_LOGIN, Limits, logged_in

SMALL = logged_in(append=2 * MIB)


def next_frame(reader: CommandReader) -> Frame:
    frame = reader.next()
    assert isinstance(frame, Frame)
    return frame


def test_a_line_is_one_frame(pull: Callable[..., list[Any]]) -> None:
    assert pull(b"a1 noop\r\n") == [Frame("a1", "NOOP", 7, (b"a1 noop",))]


def test_pipelined_commands_come_one_by_one(pull: Callable[..., list[Any]]) -> None:
    assert [event.tag for event in pull(b"a NOOP\r\nb NOOP\r\nc NOOP\r\n")] == ["a", "b", "c"]


def test_uid_forms_are_one_verb(pull: Callable[..., list[Any]]) -> None:
    assert pull(b"a uid fetch 1 FLAGS\r\n")[0].verb == "UID FETCH"


def test_a_synchronising_literal_is_asked_for(pull: Callable[..., list[Any]]) -> None:
    events = pull(b"a LOGIN {3}\r\nbob secret\r\n")
    assert events == [
        NeedContinuation(Frame("a", "LOGIN", 7, (b"a LOGIN ",)), 3),
        Frame("a", "LOGIN", 7, (b"a LOGIN ", b" secret"), (Literal(b"bob"),)),
    ]


def test_literals_anywhere_and_of_every_kind_make_one_frame(pull: Callable[..., list[Any]]) -> None:
    events = pull(b"a X {1+}\r\nA (~{2+}\r\n\0\n {0+}\r\n)\r\nb NOOP\r\n")
    assert events[0].texts == (b"a X ", b" (", b" ", b")")
    assert events[0].literals == (Literal(b"A"), Literal(b"\0\n", binary=True), Literal(b""))
    assert events[1].tag == "b"


def test_what_looks_like_a_command_inside_a_literal_is_a_literal(pull: Callable[..., list[Any]]) -> None:
    smuggled = b"x\r\nb DELETE INBOX\r\n"
    events = pull(b"a SEARCH TEXT {%d+}\r\n%s\r\nc NOOP\r\n" % (len(smuggled), smuggled))
    assert [(event.tag, event.verb) for event in events] == [("a", "SEARCH"), ("c", "NOOP")]
    assert events[0].literals[0].octets == smuggled


@pytest.mark.parametrize(
    "marker",
    [b"{-1}", b"{-1+}", b"{1-}", b"{ 1}", b"{1 }", b"{}", b"{+}", b"{0x1}", b"{1}}", b'{1}"', b"{1+} "],
)
def test_what_is_no_marker_announces_nothing(pull: Callable[..., list[Any]], marker: bytes) -> None:
    events = pull(b"a X " + marker + b"\r\nb NOOP\r\n")
    assert [event.tag for event in events] == ["a", "b"]
    assert events[0].literals == ()


def test_a_refusal_instead_of_the_plus_ends_the_command() -> None:
    reader = CommandReader(SMALL)
    reader.feed(b"a APPEND Archive {500000}\r\n")
    event = reader.next()
    assert isinstance(event, NeedContinuation)
    assert (event.size, event.frame.verb) == (500000, "APPEND")
    reader.refuse()
    reader.feed(b"b NOOP\r\n")
    assert reader.next() == Frame("b", "NOOP", 6, (b"b NOOP",))


def test_too_large_a_synchronising_literal_is_refused_at_once(pull: Callable[..., list[Any]]) -> None:
    events = pull(b"a APPEND Sent {2097153}\r\nb NOOP\r\n", SMALL)
    assert events[0] == Refused("a", "NO", "TOOBIG", "Literal too large")
    assert events[1].tag == "b"


def test_too_large_a_non_synchronising_literal_is_drained_and_never_parsed(
    pull: Callable[..., list[Any]],
) -> None:
    letter = b"b DELETE INBOX\r\n" * (3 * MIB // 16)
    events = pull(b"a APPEND Sent {%d+}\r\n%s\r\nc NOOP\r\n" % (len(letter), letter), SMALL)
    assert events[0] == Refused("a", "NO", "TOOBIG", "Literal too large")
    assert [event.tag for event in events] == ["a", "c"]


def test_the_rest_of_a_refused_command_is_drained_too(pull: Callable[..., list[Any]]) -> None:
    events = pull(b"a LOGIN {5000+}\r\n" + b"x" * 5000 + b" {3+}\r\nabc \r\nb NOOP\r\n", PRE_LOGIN)
    assert [event.tag for event in events] == ["a", "b"]
    assert events[0].code == "TOOBIG"


def test_a_synchronising_literal_behind_a_refused_one_gets_the_refusal(
    pull: Callable[..., list[Any]],
) -> None:
    events = pull(b"a LOGIN {5000+}\r\n" + b"x" * 5000 + b" {3}\r\nb NOOP\r\n", PRE_LOGIN)
    assert [type(event) for event in events] == [Refused, Frame]


@pytest.mark.parametrize("size", [b"18446744073709551615", b"9" * 300, b"99999999999"])
def test_an_absurd_non_synchronising_literal_is_fatal(pull: Callable[..., list[Any]], size: bytes) -> None:
    assert pull(b"a APPEND Sent {" + size + b"+}\r\nb NOOP\r\n", SMALL) == [Fatal("Literal too large")]


@pytest.mark.parametrize("size", [b"18446744073709551615", b"9" * 300, b"4294967295"])
def test_an_absurd_synchronising_literal_is_only_refused(pull: Callable[..., list[Any]], size: bytes) -> None:
    events = pull(b"a APPEND Sent {" + size + b"}\r\nb NOOP\r\n", SMALL)
    assert [type(event) for event in events] == [Refused, Frame]


def test_only_append_may_be_large(pull: Callable[..., list[Any]]) -> None:
    assert isinstance(pull(b"a APPEND Sent {%d}\r\n" % (2 * MIB), SMALL)[0], NeedContinuation)
    assert isinstance(pull(b"a SEARCH TEXT {%d}\r\n" % (2 * MIB), SMALL)[0], Refused)


def test_the_sum_of_literals_is_limited(pull: Callable[..., list[Any]]) -> None:
    half = b"{524288+}\r\n" + b"x" * 524288
    assert isinstance(pull(b"a SEARCH TEXT " + half + b" TEXT " + half + b"\r\n", SMALL)[0], Frame)
    events = pull(b"a SEARCH TEXT " + half + b" TEXT " + half + b" TEXT {1+}\r\nx\r\nb NOOP\r\n", SMALL)
    assert [type(event) for event in events] == [Refused, Frame]


def test_a_thousand_literals_pass_and_one_more_does_not(pull: Callable[..., list[Any]]) -> None:
    assert isinstance(pull(b"a X" + b" {1+}\r\nx" * 1000 + b"\r\n", SMALL)[0], Frame)
    assert isinstance(pull(b"a X" + b" {1+}\r\nx" * 1001 + b"\r\n", SMALL)[0], Refused)
    events = pull(b"a X" + b" {1+}\r\nx" * 10000 + b"\r\nb NOOP\r\n", SMALL)
    assert events[0] == Refused("a", "NO", "TOOBIG", "Too many literals in one command")
    assert events[1].tag == "b"


def test_before_login_a_literal_is_4_kib_however_it_is_sent(pull: Callable[..., list[Any]]) -> None:
    assert isinstance(pull(b"a LOGIN {4096+}\r\n" + b"x" * 4096 + b"\r\n", PRE_LOGIN)[0], Frame)
    assert isinstance(pull(b"a LOGIN {4097+}\r\n" + b"x" * 4097 + b"\r\n", PRE_LOGIN)[0], Refused)
    assert isinstance(pull(b"a LOGIN {4097}\r\n", PRE_LOGIN)[0], Refused)
    assert isinstance(pull(b"a APPEND x {4097}\r\n", PRE_LOGIN)[0], Refused)


def test_a_literal_may_be_too_large_only_for_not_waiting(pull: Callable[..., list[Any]]) -> None:
    minus = logged_in()
    minus = type(minus)(**{name: getattr(minus, name) for name in minus.__slots__} | {"non_sync": 4096})
    assert isinstance(pull(b"a APPEND x {4097}\r\n", minus)[0], NeedContinuation)
    events = pull(b"a APPEND x {4097+}\r\n" + b"x" * 4097 + b"\r\nb NOOP\r\n", minus)
    assert events[0] == Refused("a", "NO", "TOOBIG", "Literal too large to be sent without waiting")
    assert events[1].tag == "b"


@pytest.mark.parametrize(("limits", "text"), [(PRE_LOGIN, 8 * KIB), (SMALL, 64 * KIB)])
def test_the_text_of_a_command_is_limited_to_the_octet(
    pull: Callable[..., list[Any]], limits: Limits, text: int
) -> None:
    fits = b"a1 " + b"x" * (text - 3) + b"\r\n"
    assert isinstance(pull(fits, limits)[0], Frame)
    events = pull(fits[:-2] + b"x\r\nb NOOP\r\n", limits)
    assert events[0] == Refused("a1", "BAD", None, "Command line too long")
    assert events[1].tag == "b"


def test_text_is_counted_over_all_lines_of_a_command(pull: Callable[..., list[Any]]) -> None:
    events = pull(b"a X" + (b"y" * 3000 + b" {1+}\r\nx") * 3 + b"\r\nb NOOP\r\n", PRE_LOGIN)
    assert [type(event) for event in events] == [Refused, Frame]


def test_id_may_be_as_long_as_its_rfc_says(pull: Callable[..., list[Any]]) -> None:
    pair = b'"' + b"n" * 30 + b'" "' + b"v" * 1024 + b'"'
    command = b"a ID (" + b" ".join([pair] * 30) + b")\r\n"
    for piece in (None, 1000):
        assert isinstance(pull(command, PRE_LOGIN, piece)[0], Frame)
    assert isinstance(pull(command[:-3] + pair * 3 + b")\r\n", PRE_LOGIN)[0], Refused)
    longest = b"a ID ".ljust(32 * KIB, b"x") + b"\r\n"
    assert isinstance(
        pull(longest, PRE_LOGIN, len(longest) - 1)[0], Frame
    )  # the CR without its LF is no text


def test_a_long_line_that_ends_in_a_literal_takes_the_literal_with_it(pull: Callable[..., list[Any]]) -> None:
    line = b"a X " + b"y" * 9000 + b" {20+}\r\n" + b"b DELETE INBOX\r\n    " + b"\r\nc NOOP\r\n"
    for piece in (None, 1, 1000):
        events = pull(line, PRE_LOGIN, piece)
        assert [(type(event), event.tag) for event in events] == [(Refused, "a"), (Frame, "c")]


def test_an_endless_line_is_fatal_in_the_end(pull: Callable[..., list[Any]]) -> None:
    assert pull(b"x" * MIB, PRE_LOGIN, 4 * KIB)[-1] == Fatal("Command too long")


def test_draining_is_counted_over_all_of_a_refused_command(pull: Callable[..., list[Any]]) -> None:
    literal = b"{100000+}\r\n" + b"x" * 100_000
    assert [type(event) for event in pull(b"a X" + literal * 2 + b"\r\n", PRE_LOGIN)] == [Refused]
    assert pull(b"a X" + literal * 3 + b"\r\n", PRE_LOGIN) == [Fatal("Literal too large")]


def test_a_refused_command_holds_nothing() -> None:
    reader = CommandReader(SMALL)
    reader.feed(b"a SEARCH TEXT {1000000+}\r\n" + bytes(1_000_000) + b" TEXT {100000+}\r\n" + bytes(50_000))
    assert reader.next() is NEED_DATA
    assert reader.held == 0


@pytest.mark.parametrize("octets", [b"a NOOP\n", b"\n", b"a LOGIN {3+}\nabc\r\n", b"a NOOP \n b\r\n"])
def test_a_bare_lf_ends_the_connection(pull: Callable[..., list[Any]], octets: bytes) -> None:
    assert pull(octets + b"b NOOP\r\n") == [Fatal("Lines must end in CR LF")]


@pytest.mark.parametrize("octet", [b"\0", b"\r"])
def test_nul_and_bare_cr_are_refused_and_the_next_command_goes_on(
    pull: Callable[..., list[Any]], octet: bytes
) -> None:
    events = pull(b"a NOOP" + octet + b"x\r\nb NOOP\r\n")
    assert events[0] == Refused("a", "BAD", None, "NUL or bare CR in a command")
    assert events[1].tag == "b"


def test_a_literal_of_a_line_with_nul_is_drained(pull: Callable[..., list[Any]]) -> None:
    events = pull(b"a LOGIN \0 {16+}\r\nb DELETE INBOX\r\n\r\nc NOOP\r\n")
    assert [(type(event), event.tag) for event in events] == [(Refused, "a"), (Frame, "c")]


def test_after_a_fatal_event_nothing_is_taken() -> None:
    reader = CommandReader()
    reader.feed(b"\n")
    fatal = reader.next()
    reader.feed(b"a NOOP\r\n")
    assert reader.next() is fatal
    assert reader.next_line() is fatal
    assert reader.held == 0


@pytest.mark.parametrize(
    "tag", [b"", b"+", b"a+b", b"(", b"a(b", b'"a"', b"*", b"a%", b"{1}x", b"\x80", b"x" * 65536]
)
def test_a_bad_tag_is_none(pull: Callable[..., list[Any]], tag: bytes) -> None:
    event = pull(tag + b" NOOP\r\n")[0]
    assert event.tag is None


@pytest.mark.parametrize("tag", [b"A001", b"1", b"]", b"a.b", b"!#$&',-./:;<=>?@^_`|}~", b"x" * 128, b"[x]"])
def test_every_lawful_tag_is_kept(pull: Callable[..., list[Any]], tag: bytes) -> None:
    assert pull(tag + b" NOOP\r\n")[0].tag == tag.decode()


def test_an_empty_line_is_a_frame_without_tag(pull: Callable[..., list[Any]]) -> None:
    assert pull(b"\r\n") == [Frame(None, "", 0, (b"",))]


def test_lines_outside_commands_ignore_braces() -> None:
    reader = CommandReader()
    reader.feed(b"a IDLE\r\nDONE {5}\r\nb NOOP\r\n")
    assert next_frame(reader).verb == "IDLE"
    assert reader.next_line() == Line(b"DONE {5}")
    assert next_frame(reader).tag == "b"


def test_a_line_outside_commands_may_come_late_and_must_not_be_long() -> None:
    reader = CommandReader()
    for octet in b"DONE\r":
        reader.feed(bytes([octet]))
        assert reader.next_line() is NEED_DATA
    reader.feed(b"\n")
    assert reader.next_line() == Line(b"DONE")
    reader.feed(b"x" * 8192 + b"\r")
    assert reader.next_line() is NEED_DATA
    reader.feed(b"\n" + b"x" * 9000)
    assert reader.next_line() == Line(b"x" * 8192)
    assert reader.next_line() == Fatal("Line too long")


def test_pending_shows_a_client_that_did_not_wait_and_discard_drops_it() -> None:
    reader = CommandReader()
    reader.feed(b"a STARTTLS\r\nb LOGIN x y\r\n")
    assert next_frame(reader).verb == "STARTTLS"
    assert reader.pending == 13
    assert reader.discard() == 13
    assert reader.next() is NEED_DATA


def test_the_limits_of_the_next_command_change_with_login() -> None:
    reader = CommandReader()
    reader.feed(b"a LOGIN x y\r\nb APPEND Sent {10000}\r\n")
    assert next_frame(reader).verb == "LOGIN"
    reader.limits = logged_in()
    assert isinstance(reader.next(), NeedContinuation)


@pytest.mark.parametrize(
    "flood",
    [
        b"(" * 100_000,
        b"a LOGIN " + b'"' * 100_000,
        b"a ID (" + b"x" * 100_000,
        b"a LOGIN " + b"{4096+}\r\n" + b"x" * 100_000,
        b"a X " + b"{1+}\r\nx " * 20_000,
        (b"a X " + b"y" * 8000 + b"\r\n") * 20,
    ],
)
def test_before_login_no_more_than_64_kib_are_held(flood: bytes) -> None:
    reader = CommandReader()
    most = 0
    for at in range(0, len(flood), 16 * KIB):
        reader.feed(flood[at : at + 16 * KIB])
        while not isinstance(reader.next(), NeedData | Fatal):
            most = max(most, reader.held)
        most = max(most, reader.held)
    assert most <= 64 * KIB


def test_a_letter_is_held_once_not_twice() -> None:
    size = 8 * MIB
    reader = CommandReader(logged_in())
    piece = b"x" * (16 * KIB)
    tracemalloc.start()
    try:
        reader.feed(b"a APPEND Sent {%d+}\r\n" % size)
        for _ in range(size // len(piece)):
            reader.feed(piece)
            assert reader.next() is NEED_DATA
        reader.feed(b"\r\n")
        frame = next_frame(reader)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert len(frame.literals[0].octets) == size
    assert peak < size * 1.5


def test_octets_that_may_be_secret_are_not_in_any_repr(pull: Callable[..., list[Any]]) -> None:
    frame = pull(b"a LOGIN bob {6+}\r\nsecret\r\n")[0]
    assert "secret" not in repr(frame)
    assert "bob" not in repr(frame)
    assert "secret" not in repr(Line(b"secret"))
