from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.imap.wire.sequence import MAX_NUMBER, SAVED, STAR, SequenceSet, compact

SMALL = st.integers(1, 30)
ENDPOINT = st.one_of(SMALL.map(str), st.just("*"))
ELEMENT = st.one_of(ENDPOINT, st.tuples(ENDPOINT, ENDPOINT).map(":".join))
TEXTS = st.lists(ELEMENT, min_size=1, max_size=8).map(",".join)


def model(text: str, largest: int) -> set[int]:
    """The numbers of a set, element by element as RFC 9051 says, in the plainest way."""
    named: set[int] = set()
    if largest == 0:
        return named
    for element in text.split(","):
        ends = [largest if end == "*" else int(end) for end in element.split(":")]
        named |= set(range(min(ends), max(ends) + 1))
    return named


@given(TEXTS, st.integers(0, 35))
def test_numbers_are_those_of_the_model(text: str, largest: int) -> None:
    numbers = SequenceSet.parse(text.encode())
    expected = sorted(number for number in model(text, largest) if number <= largest)
    assert list(numbers.numbers(largest)) == expected
    assert [number for number in range(1, 40) if numbers.contains(number, largest)] == expected


@given(TEXTS, st.sets(SMALL).map(sorted))
def test_selecting_from_a_mailbox_is_as_the_model(text: str, existing: list[int]) -> None:
    largest = existing[-1] if existing else 0
    numbers = SequenceSet.parse(text.encode())
    expected = [number for number in existing if number in model(text, largest)]
    assert numbers.select(existing) == expected
    assert [number for start, stop in numbers.slices(existing) for number in existing[start:stop]] == expected


@given(TEXTS, st.integers(0, 35))
def test_a_set_written_and_read_again_is_the_same(text: str, largest: int) -> None:
    numbers = SequenceSet.parse(text.encode())
    again = SequenceSet.parse(bytes(numbers))
    assert again == numbers
    assert list(again.numbers(largest)) == list(numbers.numbers(largest))


@given(TEXTS)
def test_ranges_are_ascending_and_apart(text: str) -> None:
    ranges = SequenceSet.parse(text.encode()).ranges
    assert all(low <= high for low, high in ranges)
    assert all(left[1] + 1 < right[0] for left, right in pairwise(ranges))


@given(st.sets(st.integers(1, MAX_NUMBER)))
def test_a_set_of_numbers_holds_them_all(chosen: set[int]) -> None:
    numbers = SequenceSet.of(chosen)
    assert numbers.select(sorted(chosen)) == sorted(chosen)
    if chosen:
        assert SequenceSet.parse(compact(sorted(chosen))) == numbers


@given(st.lists(SMALL, max_size=30))
def test_compacting_keeps_the_order(numbers: list[int]) -> None:
    written = compact(numbers)
    read: list[int] = []
    for element in written.split(b",") if written else []:
        low, _, high = element.partition(b":")
        read += range(int(low), int(high or low) + 1)
    assert read == numbers


@pytest.mark.parametrize(
    ("text", "largest", "expected"),
    [
        (b"*", 0, []),
        (b"1:*", 0, []),
        (b"*", 7, [7]),
        (b"5:*", 3, [3]),
        (b"*:5", 3, [3]),
        (b"3:1", 9, [1, 2, 3]),
        (b"1,1,1:2,2:1", 9, [1, 2]),
        (b"4294967295:*", 3, [3]),
        (b"2:4,8:*", 5, [2, 3, 4, 5]),
    ],
)
def test_the_star_is_the_largest_number_in_use(text: bytes, largest: int, expected: Any) -> None:
    assert list(SequenceSet.parse(text).numbers(largest)) == expected


def test_a_huge_range_costs_nothing() -> None:
    numbers = SequenceSet.parse(b"1:4294967295")
    assert numbers.ranges == ((1, MAX_NUMBER),)
    assert numbers.select([3, 70_000, 4_000_000_000]) == [3, 70_000, 4_000_000_000]
    assert numbers.contains(4_294_967_295, MAX_NUMBER)
    assert bytes(numbers) == b"1:4294967295"


@pytest.mark.parametrize(
    ("text", "largest"),
    [(b"1:5", 5), (b"1:*", 1), (b"*", 0), (b"9,*", 9), (b"7:*,2", 7), (b"2,9:*", 9), (b"2,*", 2)],
)
def test_the_largest_number_named_outright(text: bytes, largest: int) -> None:
    assert SequenceSet.parse(text).largest == largest


@pytest.mark.parametrize(
    "text",
    [
        *(
            b"",
            b"0",
            b"1:0",
            b"01",
            b"-1",
            b"+1",
            b"1,",
            b",1",
            b"1,,2",
            b"1:",
            b":1",
            b"1:2:3",
            b"a",
            b"1 ",
            b"1\n",
        ),
        *(b"4294967296", b"99999999999", b"$,1", b"$$", b"1:$", b"**", b"1;2", "١".encode()),
    ],
)
def test_what_is_no_set_is_refused(text: bytes) -> None:
    with pytest.raises(ValueError, match=r"sequence-set|32 bits"):
        SequenceSet.parse(text)


def test_the_saved_result_is_a_set_of_its_own() -> None:
    assert SequenceSet.parse(b"$") == SAVED
    assert SAVED.saved
    assert bytes(SAVED) == b"$"
    assert list(SAVED.numbers(9)) == []
    assert SAVED.largest == 0


def test_the_star_stands_above_every_number() -> None:
    assert SequenceSet.parse(b"3:*").ranges == ((3, STAR),)
    assert bytes(SequenceSet.parse(b"*:3,1")) == b"1,3:*"
