"""Base subjects, dates, order and threads (RFC 5256)."""

import time
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.imap.search.base_subject import base_subject
from gateway.imap.search.mail_date import read_date
from gateway.imap.search.sort_keys import columns_of, in_order, sortable
from gateway.imap.search.threads import Threadable, by_references, ordered_subject
from gateway.imap.wire.commands_message import SortCriterion
from gateway.imap.wire.responses_message import ThreadNode, thread

START = datetime(2026, 11, 24, tzinfo=UTC)


@pytest.mark.parametrize(
    ("subject", "base", "reply"),
    [
        ("hello", "hello", False),
        ("Re: hello", "hello", True),
        ("RE : Fwd: fw:  hello", "hello", True),
        ("[list] hello", "hello", False),
        ("[list] Re: [other] Fwd: hello (fwd) (FWD)", "hello", True),
        ("Re[2]: hello", "hello", True),
        ("Re [2]: hello", "hello", True),
        ("[fwd: hello]", "hello", True),
        ("[Fwd: [Fwd: Re: hello]]", "hello", True),
        ("[only blob]", "[only blob]", False),
        ("re:", "", True),
        ("", "", False),
        ("رد: خطاب", "رد: خطاب", False),
        ("Re:\t two\r\n words", "two words", True),
    ],
)
def test_base_subject(subject: str, base: str, reply: bool) -> None:
    assert base_subject(subject) == (base, reply)


@pytest.mark.parametrize(
    "hostile", ["re:" * 20_000, "[a]" * 20_000, "[fwd:" * 5_000 + "]" * 5_000, "(fwd)" * 20_000]
)
def test_base_subject_is_linear(hostile: str) -> None:
    started = time.process_time()
    base_subject(hostile)
    assert time.process_time() - started < 5


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("Tue, 24 Nov 2026 11:00:00 +0300", "2026-11-24T11:00:00+03:00"),
        ("24 Nov 2026 11:00 GMT", "2026-11-24T11:00:00+00:00"),
        ("Fri, 4 Sep 98 01:02:03 EST", "1998-09-04T01:02:03-05:00"),
        ("1 Jan 05", "2005-01-01T00:00:00+00:00"),
        ("Tue, 24 November 2026 11:00:60 (local) +0000", "2026-11-24T11:00:59+00:00"),
        ("24-Nov-2026 11:00:00 -0030", "2026-11-24T11:00:00-00:30"),
    ],
)
def test_dates_of_letters(text: str, moment: str) -> None:
    found = read_date(text)
    assert found is not None
    assert found.isoformat() == moment


@pytest.mark.parametrize(
    "text", ["", "yesterday", "32 Nov 2026", "24 Foo 2026", "24 Nov 2026 25:00:00", "24 Nov"]
)
def test_what_is_no_date(text: str) -> None:
    assert read_date(text) is None


@given(st.text(max_size=80))
def test_no_text_breaks_dates_or_subjects(text: str) -> None:
    read_date(text)
    base = base_subject(text)
    assert base_subject(base.text).text == base.text


def row(uid: int, head: str = "", size: int = 0, day: int = 1) -> SimpleNamespace:
    arrived = f"2026-11-{day:02d}T00:00:00.000Z"
    return SimpleNamespace(uid=uid, head=head.encode(), size=size, internal_date=arrived)


def order(rows: list[SimpleNamespace], *criteria: SortCriterion) -> list[int]:
    made = [sortable(number, one, criteria) for number, one in enumerate(rows, start=1)]
    return [one.number for one in in_order(made, criteria)]


def test_order_by_several_criteria_and_numbers_last() -> None:
    rows = [row(1, size=2), row(2, size=1), row(3, size=2, day=2), row(4, size=1)]
    assert order(rows, SortCriterion("SIZE")) == [2, 4, 1, 3]
    assert order(rows, SortCriterion("SIZE", reverse=True), SortCriterion("ARRIVAL", reverse=True)) == [
        3,
        1,
        2,
        4,
    ]


def test_order_by_subject_folds_arabic() -> None:
    rows = [
        row(1, "Subject: ب\r\n"),
        row(2, "Subject: Re: أ\r\n"),
        row(3, "Subject: ا\r\n"),
        row(4, "Subject: b\r\n"),
    ]
    assert order(rows, SortCriterion("SUBJECT")) == [4, 2, 3, 1]


def test_order_by_date_falls_back_on_arrival() -> None:
    rows = [row(1, "Date: 3 Nov 2026 00:00 +0000\r\n"), row(2, "Date: nonsense\r\n", day=2), row(3, day=1)]
    assert order(rows, SortCriterion("DATE")) == [3, 2, 1]
    assert columns_of([SortCriterion("DATE"), SortCriterion("SIZE")]) == ["head", "internal_date", "size"]


def test_order_by_display_name_or_address() -> None:
    rows = [
        row(1, "From: Zayd <a@x>\r\n"),
        row(2, "From: b@x\r\n"),
        row(3, "From: \r\n"),
        row(4, 'From: "أحمد" <z@x>\r\n'),
    ]
    assert order(rows, SortCriterion("DISPLAYFROM")) == [3, 2, 1, 4]
    assert order(rows, SortCriterion("FROM")) == [3, 1, 2, 4]


def told(nodes: list[ThreadNode]) -> str:
    return thread(nodes).decode().removeprefix("* THREAD").strip()


def made(
    number: int, own: str, references: str = "", subject: str = "s", *, reply: bool = False, at: int = 0
) -> Threadable:
    sent = START + timedelta(minutes=at or number)
    return Threadable(number, sent, subject, reply, own, tuple(references.split()))


def test_threads_by_references() -> None:
    messages = [
        made(1, "a"),
        made(2, "b", "a", reply=True),
        made(3, "c", "a b", reply=True),
        made(4, "d", "a", reply=True),
    ]
    assert told(by_references(messages)) == "(1 (2 3)(4))"


def test_a_parent_that_is_not_there_is_a_gap_only_when_it_holds_several() -> None:
    assert told(by_references([made(1, "b", "a"), made(2, "c", "a")])) == "((1)(2))"
    assert told(by_references([made(1, "b", "a")])) == "(1)"


def test_loops_are_cut() -> None:
    messages = [made(1, "a", "b", "x"), made(2, "b", "a", "y"), made(3, "c", "c", "z")]
    found = told(by_references(messages))
    assert sorted(digit for digit in found if digit.isdigit()) == ["1", "2", "3"]


def test_threads_of_one_subject_are_joined() -> None:
    assert told(by_references([made(1, "a"), made(2, "b", reply=True)])) == "(1 2)"
    assert told(by_references([made(1, "a"), made(2, "b")])) == "((1)(2))"
    assert told(by_references([made(1, "a"), made(2, "b"), made(3, "c")])) == "((1)(2)(3))"
    assert told(by_references([made(1, "a", subject=""), made(2, "b", subject="")])) == "(1)(2)"


def test_duplicate_identifiers_keep_both_messages() -> None:
    assert told(by_references([made(1, "a", subject="x"), made(2, "a", subject="y")])) == "(1)(2)"


def test_threads_by_subject_alone() -> None:
    messages = [
        made(1, "a", subject="y"),
        made(2, "b", subject="x"),
        made(3, "c", subject="y"),
        made(4, "d", subject="y"),
    ]
    assert told(ordered_subject(messages)) == "(1 (3)(4))(2)"


@given(
    st.lists(
        st.tuples(
            st.integers(0, 8), st.lists(st.integers(0, 8), max_size=4), st.sampled_from("xyz"), st.booleans()
        ),
        max_size=12,
    )
)
def test_every_message_stands_in_one_place(headers: list[tuple[int, list[int], str, bool]]) -> None:
    messages = [
        made(number, f"m{own}", " ".join(f"m{one}" for one in above), subject, reply=reply)
        for number, (own, above, subject, reply) in enumerate(headers, start=1)
    ]
    for algorithm in (by_references, ordered_subject):
        found: list[int] = []
        waiting = algorithm(messages)
        while waiting:
            node = waiting.pop()
            if node.number is None:
                assert node.children
            else:
                found.append(node.number)
            waiting.extend(node.children)
        assert sorted(found) == [one.number for one in messages]


def test_a_long_conversation_does_not_recurse() -> None:
    messages = [made(number, f"m{number}", f"m{number - 1}", f"s{number}") for number in range(1, 5001)]
    assert told(by_references(messages)).startswith("(1 2 3 ")
