"""How a search decides: three values, cheap keys first, text folded."""

from datetime import UTC, date, datetime
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.imap.search.program import Context, Texts, compile_search
from gateway.imap.wire import search_keys as keys
from gateway.imap.wire.sequence import SequenceSet

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
CONTEXT = Context(uids=[3, 5, 9], saved=[5], now=NOW)
HEAD = (
    "From: نورة <noura@mof.gov.example> (note)\r\nSubject: إفادة عاجلة\r\n"
    "Date: Mon, 23 Nov 2026 23:30:00 -0500\r\n\r\n"
)


def row(**values: Any) -> SimpleNamespace:
    fields = {"head": HEAD.encode(), "size": 100, "letter_id": "abc", "sha256": "f" * 64}
    fields |= {"internal_date": "2026-11-23T22:30:00.000Z", "saved_at": "2026-11-24T10:00:00.000Z"}
    return SimpleNamespace(**fields | values)


def decide(
    key: keys.SearchKey, *, seen: bool = False, known: Any = None, octets: bytes | None = None
) -> bool | None:
    walked = (2, 5, frozenset({"\\Seen", "$Tag"} if seen else ()), 7)
    return compile_search(key, CONTEXT).test(walked, known, None if octets is None else Texts(octets))


@pytest.mark.parametrize(
    ("key", "found"),
    [
        (keys.All(), True),
        (keys.HasFlag("\\Seen", present=True), True),
        (keys.HasFlag("\\Flagged", present=False), True),
        (keys.HasFlag("$TAG", present=True), True),
        (keys.HasFlag("$other", present=True), False),
        (keys.ModSeqKey(7), True),
        (keys.ModSeqKey(8), False),
        (keys.InSet(SequenceSet.parse(b"1:2"), uid=False), True),
        (keys.InSet(SequenceSet.parse(b"3:*"), uid=False), False),
        (keys.InSet(SequenceSet.parse(b"4:6"), uid=True), True),
        (keys.InSet(SequenceSet.parse(b"$"), uid=True), True),
        (keys.Not(keys.HasFlag("\\Seen", present=True)), False),
        (keys.ObjectIdKey("THREADID", "x"), False),
    ],
)
def test_what_memory_decides(key: keys.SearchKey, found: bool) -> None:
    assert decide(key, seen=True) is found


@pytest.mark.parametrize(
    ("key", "found"),
    [
        (keys.TextKey("SUBJECT", "افاده"), True),
        (keys.TextKey("FROM", "NOURA@MOF"), True),
        (keys.TextKey("FROM", "نوره"), True),
        (keys.TextKey("TO", "noura"), False),
        (keys.HeaderKey("subject", ""), True),
        (keys.HeaderKey("x-none", ""), False),
        (keys.SizeKey("LARGER", 100), False),
        (keys.SizeKey("LARGER", 99), True),
        (keys.SizeKey("SMALLER", 101), True),
        (
            keys.DateKey("INTERNAL", "ON", date(2026, 11, 24)),
            True,
        ),  # the day in Qatar, as INTERNALDATE shows it
        (keys.DateKey("INTERNAL", "BEFORE", date(2026, 11, 24)), False),
        (keys.DateKey("SENT", "ON", date(2026, 11, 23)), True),  # the day in its own zone
        (keys.DateKey("SENT", "SINCE", date(2026, 11, 24)), False),
        (keys.DateKey("SAVED", "SINCE", date(2026, 11, 24)), True),
        (keys.AgeKey("YOUNGER", 86_400), True),
        (keys.AgeKey("OLDER", 86_400), False),
        (keys.AgeKey("OLDER", 4_294_967_295), False),
        (keys.ObjectIdKey("EMAILID", "Labc"), True),
        (keys.ObjectIdKey("EMAILID", "Lother"), False),
    ],
)
def test_what_the_row_decides(key: keys.SearchKey, found: bool) -> None:
    assert decide(key) is None
    assert decide(key, known=row()) is found


def test_text_is_looked_at_last_and_header_first() -> None:
    octets = HEAD.encode() + b"hidden word"
    inside = keys.TextKey("TEXT", "hidden")
    assert decide(inside) is None
    assert decide(inside, known=row()) is None
    assert decide(inside, known=row(), octets=octets) is True
    assert decide(keys.TextKey("TEXT", "noura"), known=row()) is True
    assert decide(keys.TextKey("BODY", "noura"), known=row(), octets=octets) is False


def test_cheap_keys_spare_the_reading() -> None:
    body, unseen = keys.TextKey("BODY", "x"), keys.HasFlag("\\Seen", present=False)
    assert decide(keys.And((body, unseen)), seen=True) is False
    assert decide(keys.Or(body, unseen), seen=False) is True
    assert decide(keys.Not(keys.Or(body, unseen)), seen=False) is False
    assert decide(keys.And((body, unseen)), seen=False) is None


def test_programs_read_only_what_they_need() -> None:
    assert compile_search(keys.HasFlag("\\Seen", present=True), CONTEXT).columns == ()
    program = compile_search(keys.And((keys.SizeKey("LARGER", 1), keys.TextKey("SUBJECT", "x"))), CONTEXT)
    assert set(program.columns) == {"size", "head"}
    assert not program.octets
    assert compile_search(keys.TextKey("BODY", "x"), CONTEXT).octets


def test_message_beyond_the_limits_of_structure_matches_nothing_and_breaks_nothing() -> None:
    deep = b"".join(
        b"Content-Type: multipart/mixed; boundary=b%d\r\n\r\n--b%d\r\n" % (n, n) for n in range(150)
    )
    assert (Texts(deep).of_body(), Texts(deep).of_parts()) == ("", "")


@given(
    st.recursive(
        st.sampled_from([keys.All(), keys.HasFlag("\\Seen", present=True), keys.SizeKey("LARGER", 50)]),
        lambda inner: st.one_of(
            st.builds(keys.Not, inner),
            st.builds(keys.Or, inner, inner),
            st.builds(lambda *some: keys.And(tuple(some)), inner, inner),
        ),
        max_leaves=12,
    ),
    st.booleans(),
    st.integers(0, 100),
)
def test_what_is_decided_early_stays_decided(key: keys.SearchKey, seen: bool, size: int) -> None:
    early, late = decide(key, seen=seen), decide(key, seen=seen, known=row(size=size))
    assert late is not None
    assert early in {None, late}
    assert late is truth(key, seen=seen, size=size)


def truth(key: keys.SearchKey, *, seen: bool, size: int) -> bool:
    match key:
        case keys.Not(inner):
            return not truth(inner, seen=seen, size=size)
        case keys.Or(left, right):
            return truth(left, seen=seen, size=size) or truth(right, seen=seen, size=size)
        case keys.And(some):
            return all(truth(one, seen=seen, size=size) for one in some)
        case keys.HasFlag():
            return seen
        case keys.SizeKey(_, octets):
            return size > octets
    return True
