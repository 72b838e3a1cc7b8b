"""Whatever is sent: the same events in any pieces, and no exception but the one that is meant."""

from itertools import pairwise

from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.imap.wire.commands import Command
from gateway.imap.wire.errors import BadCommand
from gateway.imap.wire.framing import CommandReader, Event, Fatal, Frame, Literal, NeedData
from gateway.imap.wire.limits import PRE_LOGIN, Limits
from gateway.imap.wire.parser import READERS, parse

TINY = Limits(text=60, literal=20, append_literal=40, append_total=60, literals=3, non_sync=20, drain=200)

VERBS = sorted(READERS)
WORDS = [
    *VERBS,
    *r"""( ) [ ] < > { } " \ * % $ , : . + - ~ & = NIL INBOX 0 1 1:* 4294967295 99999999999 \Seen FLAGS +FLAGS BODY[]
    BODY.PEEK[ HEADER.FIELDS TEXT MIME] BINARY[1] <0.1> RETURN CHARSET UTF-8 NOT OR ALL FROM HEADER KEYWORD MODSEQ
    LARGER SINCE 1-Jan-2026 CHANGEDSINCE VANISHED UNCHANGEDSINCE QRESYNC CONDSTORE USE STATUS SUBSCRIBED RECURSIVEMATCH
    SPECIAL-USE MESSAGES &BkU- &x UTF8 "a" "" "/flags/x" priv SAVE MIN REVERSE DATE م""".split(),  # noqa: SIM905
    '" 1-Jan-2026 00:00:00 +0000"',
    "\0",
    "\r",
    "\x7f",
]
LITERALS = st.builds(
    lambda octets, binary, plus: b"%s{%d%s}\r\n%s" % (binary, len(octets), plus, octets),
    st.binary(max_size=30),
    st.sampled_from([b"", b"~"]),
    st.sampled_from([b"", b"+"]),
)
TOKENS = st.one_of(st.sampled_from(WORDS).map(str.encode), LITERALS, st.binary(max_size=5))
SEPARATORS = st.sampled_from([b" ", b" ", b" ", b"", b"  "])
LINES = st.builds(
    lambda verb, parts, end: b"t " + verb.encode() + b"".join(s + t for s, t in parts) + end,
    st.sampled_from(VERBS),
    st.lists(st.tuples(SEPARATORS, TOKENS), max_size=12),
    st.sampled_from([b"\r\n", b"\r\n", b"\r\n", b"\n", b""]),
)
STREAMS = st.one_of(
    st.lists(LINES, max_size=4).map(b"".join),
    st.lists(
        st.sampled_from([b"a X", b"\r\n", b"{5+}", b"{3}", b"{30+}", b"~{1+}", b"x" * 30, b"\n", b" "])
    ).map(b"".join),
)


def events_of(pieces: list[bytes], limits: Limits) -> list[Event]:
    reader = CommandReader(limits)
    found: list[Event] = []
    for piece in pieces:
        reader.feed(piece)
        while not isinstance(event := reader.next(), NeedData):
            # Two things may be wrong with one stream; which is seen first may depend on where it is cut.
            found.append(Fatal("") if isinstance(event, Fatal) else event)
            if isinstance(event, Fatal):
                return found
    return found


def outcome_of(frame: Frame, *, utf8: bool) -> Command | BadCommand:
    try:
        return parse(frame, utf8=utf8)
    except BadCommand as refused:
        return refused


def cut(octets: bytes, at: list[int]) -> list[bytes]:
    edges = [0, *sorted(place % (len(octets) + 1) for place in at), len(octets)]
    return [octets[low:high] for low, high in pairwise(edges)]


@settings(max_examples=150)
@given(STREAMS, st.lists(st.integers(0, 10_000), max_size=8), st.sampled_from([TINY, PRE_LOGIN]))
def test_the_same_octets_give_the_same_events_in_any_pieces(
    octets: bytes, at: list[int], limits: Limits
) -> None:
    whole = events_of([octets], limits)
    assert events_of(cut(octets, at), limits) == whole
    assert events_of([octets[n : n + 1] for n in range(len(octets))], limits) == whole


@settings(max_examples=100)
@given(STREAMS, st.sampled_from([TINY, PRE_LOGIN]))
def test_no_more_is_held_than_the_limits_allow(octets: bytes, limits: Limits) -> None:
    reader = CommandReader(limits)
    for octet in octets:
        reader.feed(bytes([octet]))
        while not isinstance(reader.next(), NeedData | Fatal):
            pass
        assert reader.held <= limits.text + limits.append_total + 70


@settings(max_examples=400)
@given(LINES, st.booleans())
def test_parse_raises_nothing_but_bad_command(line: bytes, utf8: bool) -> None:
    for event in events_of([line], PRE_LOGIN):
        if not isinstance(event, Frame):
            continue
        outcome = outcome_of(event, utf8=utf8)
        assert outcome.tag == event.tag
        assert isinstance(outcome, Command) or outcome.status in {"BAD", "NO"}


@settings(max_examples=200)
@given(
    st.sampled_from(VERBS),
    st.lists(st.binary(max_size=20), min_size=1, max_size=4),
    st.lists(st.builds(Literal, st.binary(max_size=10), st.booleans()), max_size=3),
    st.booleans(),
)
def test_parse_of_any_frame_raises_nothing_but_bad_command(
    verb: str, texts: list[bytes], octets: list[Literal], utf8: bool
) -> None:
    literals = tuple(octets[: len(texts) - 1])
    head = b"t " + verb.encode()
    frame = Frame("t", verb, len(head), (head + texts[0], *texts[1 : len(literals) + 1]), literals)
    assert outcome_of(frame, utf8=utf8).tag == "t"
