"""Sets of message numbers and UIDs (RFC 9051 sequence-set, RFC 5182 `$`), never expanded.

Invariants: the ranges of a set are ascending, do not overlap and do not touch, so that a message is named
once however often the client named it, and the cost of a set is the length of its text, not of its numbers.

`*` is the largest number in use (RFC 9051 section 9, seq-number). It is kept as `STAR`, above every number,
until the mailbox says what its largest number is; then `5:*` with a largest number of 3 is 3:5 and names
message 3. Merging ranges before that is sound: a range touching `n:*` from below stays the same set for every
largest number.
"""

import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Self

MAX_NUMBER = 0xFFFFFFFF
"""Message numbers and UIDs are non-zero 32-bit numbers."""
STAR = MAX_NUMBER + 1
"""`*` before it is resolved."""

_ELEMENT = re.compile(rb"([1-9][0-9]{0,9}|\*)(?::([1-9][0-9]{0,9}|\*))?\Z")


@dataclass(frozen=True, slots=True)
class SequenceSet:
    """A set of numbers, or `$`, the saved result of the last search (`saved`, then there are no ranges)."""

    ranges: tuple[tuple[int, int], ...]
    saved: bool = False

    @classmethod
    def parse(cls, octets: bytes) -> Self:
        """Read a sequence-set. Raises ValueError for anything else, 0 and numbers above 32 bits included."""
        if octets == b"$":
            return cls((), saved=True)
        return cls(_merged([_range(element) for element in octets.split(b",")]))

    @classmethod
    def of(cls, numbers: Iterable[int]) -> Self:
        """Return the set of these numbers, given in any order."""
        return cls(tuple(_runs(sorted(set(numbers)))))

    @property
    def largest(self) -> int:
        """The largest number named outright, 0 when there is none.

        Where sequence numbers are meant, one above the number of messages is an error of the client (RFC 9051
        section 9, seq-number).
        """
        if not self.ranges:
            return 0
        low, high = self.ranges[-1]
        if high != STAR:
            return high
        if low != STAR:
            return low
        return self.ranges[-2][1] if len(self.ranges) > 1 else 0

    def resolve(self, largest: int) -> tuple[tuple[int, int], ...]:
        """Return the ranges that can hold something, `*` being `largest`; nothing when that is 0."""
        if largest == 0:
            return ()
        resolved = [
            (min(low, largest) if high == STAR else low, min(high, largest))
            for low, high in self.ranges
            if low <= largest or high == STAR
        ]
        return tuple(resolved) if len(resolved) < 2 else _merged(resolved)

    def contains(self, number: int, largest: int) -> bool:
        """Say whether the set names `number`, `*` being `largest`."""
        ranges = self.resolve(largest)
        at = bisect_right(ranges, (number, STAR))
        return at > 0 and ranges[at - 1][0] <= number <= ranges[at - 1][1]

    def numbers(self, largest: int) -> Iterator[int]:
        """Give the numbers named, ascending, out of 1 to `largest`: messages by sequence number."""
        for low, high in self.resolve(largest):
            yield from range(low, high + 1)

    def slices(self, existing: Sequence[int], largest: int | None = None) -> Iterator[tuple[int, int]]:
        """Give the parts of `existing` that the set names, each as (start, stop) of a slice.

        `existing` is ascending, as the UIDs of a mailbox are; `*` is its last unless `largest` is given.
        The cost grows with the ranges of the set, not with the numbers between.
        """
        if not existing:
            return
        start = 0
        for low, high in self.resolve(existing[-1] if largest is None else largest):
            start = bisect_left(existing, low, start)
            stop = bisect_right(existing, high, start)
            if stop > start:
                yield start, stop
            start = stop

    def select(self, existing: Sequence[int], largest: int | None = None) -> list[int]:
        """Return the numbers of ascending `existing` that the set names."""
        chosen: list[int] = []
        for start, stop in self.slices(existing, largest):
            chosen.extend(existing[start:stop])
        return chosen

    def __bytes__(self) -> bytes:
        """Write the set as a client or server would."""
        if self.saved:
            return b"$"
        return b",".join(_write(low, high) for low, high in self.ranges)


SAVED = SequenceSet((), saved=True)
"""`$`, RFC 5182."""


def compact(numbers: Iterable[int]) -> bytes:
    """Write numbers as the shortest sequence-set that keeps their order: `1:3,7`, and `3:4,2` for 3, 4, 2.

    Only rising runs become ranges, so the n-th number stays the n-th, as COPYUID and sorted results need.
    """
    return b",".join(_write(low, high) for low, high in _runs(numbers))


def _runs(numbers: Iterable[int]) -> Iterator[tuple[int, int]]:
    low = high = 0
    for number in numbers:
        if number == high + 1 and low:
            high = number
            continue
        if low:
            yield low, high
        low = high = number
    if low:
        yield low, high


def _write(low: int, high: int) -> bytes:
    if low == high:
        return b"*" if low == STAR else b"%d" % low
    return b"%d:*" % low if high == STAR else b"%d:%d" % (low, high)


def _number(digits: bytes) -> int:
    if digits == b"*":
        return STAR
    number = int(digits)
    if number > MAX_NUMBER:
        raise ValueError("number above 32 bits")
    return number


def _range(element: bytes) -> tuple[int, int]:
    parts = _ELEMENT.match(element)
    if parts is None:
        raise ValueError("not a sequence-set")
    first = _number(parts[1])
    second = first if parts[2] is None else _number(parts[2])
    return (first, second) if first <= second else (second, first)


def _merged(ranges: list[tuple[int, int]]) -> tuple[tuple[int, int], ...]:
    ranges.sort()
    merged = [ranges[0]]
    for low, high in ranges[1:]:
        last_low, last_high = merged[-1]
        if low > last_high + 1:
            merged.append((low, high))
        elif high > last_high:
            merged[-1] = (last_low, high)
    return tuple(merged)
