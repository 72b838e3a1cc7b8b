"""Pumps regular expressions: long inputs made from a pattern's own syntax, on which a match must stay linear.

For each repeat of a pattern there is a text that leads to it, texts that it repeats, and an end on which what follows
fails; besides, every short text over an alphabet in which each class of the pattern has a member is repeated. A
pattern that needs longer than FLOOR for an input of SIZE characters is looked at again with LARGE and twice as many,
beyond every bounded repeat: who then takes more than RATIO times as long is not linear, and who needs longer than
LIMIT is cut short.

CPU time is measured, the least of some runs, and a match is cut short by a signal: the caller is a process's main
thread.
"""

import re
import signal
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice, product
from re import _constants as ops  # type: ignore[attr-defined]
from re import _parser as parser  # type: ignore[attr-defined]
from types import FrameType
from typing import Any

SIZE = 1_200
LARGE = 16_000
FLOOR = 0.0005
RATIO = 3.0
LIMIT = 0.3
_NEVER = float("inf")
_LOOKED_AT = 4
_SAMPLES = 6
_PUMPS = 160
_REPEATS = {ops.MAX_REPEAT, ops.MIN_REPEAT, ops.POSSESSIVE_REPEAT}

Pattern = re.Pattern[str] | re.Pattern[bytes]
Input = tuple[str, str, str]
"""Prefix, what is repeated, suffix."""


@dataclass(frozen=True)
class Growth:
    """How the slowest input of a pattern grows: seconds of CPU for it, and how many times that for twice of it."""

    method: str
    seconds: float
    ratio: float
    prefix: str
    pump: str
    suffix: str

    @property
    def linear(self) -> bool:
        return self.ratio <= RATIO


def grow(pattern: Pattern, methods: Sequence[str]) -> Growth:
    """Return the worst growth of all methods over all inputs."""
    slow: list[tuple[float, str, Input]] = []
    for made in inputs(pattern):
        text = _text(pattern, made, SIZE)
        for method in methods:
            seconds = _least(lambda: _ACTS[method](pattern, text), 1)  # noqa: B023 - it is called here
            if seconds == _NEVER:
                return Growth(method, seconds, _NEVER, *made)
            slow.append((seconds, method, made))
    slow.sort(reverse=True)
    worst: Growth | None = None
    for _, method, made in slow[:_LOOKED_AT]:
        found = _growth(pattern, method, made)
        if worst is None or (found.ratio, found.seconds) > (worst.ratio, worst.seconds):
            worst = found
        if not found.linear:
            break
    assert worst is not None
    return worst


def _growth(pattern: Pattern, method: str, made: Input) -> Growth:
    act = _ACTS[method]

    def taken(size: int) -> float:
        text = _text(pattern, made, size)
        return _least(lambda: act(pattern, text), 2)

    first = taken(SIZE)
    if first < FLOOR:
        return Growth(method, first, 1.0, *made)
    one = taken(LARGE)
    two = taken(2 * LARGE) if one < _NEVER else _NEVER
    for _ in range(3):
        if RATIO * one < two < _NEVER:  # once more: the machine may have been at something else
            one, two = min(one, taken(LARGE)), min(two, taken(2 * LARGE))
    return Growth(method, first, two / one if one < _NEVER else _NEVER, *made)


def _text(pattern: Pattern, made: Input, size: int) -> Any:
    prefix, pump, suffix = made
    whole = prefix + pump * (size // len(pump)) + suffix
    return whole.encode("latin-1") if isinstance(pattern.pattern, bytes) else whole


def _least(act: Callable[[], object], runs: int) -> float:
    """Return the least CPU time of some runs; infinite when one was cut short."""
    best = _NEVER
    for _ in range(runs):
        began = time.thread_time()
        if _cut_short(act):
            return _NEVER
        best = min(best, time.thread_time() - began)
    return best


class _CutError(Exception):
    pass


def _cut(_number: int, _frame: FrameType | None) -> None:
    raise _CutError


def _cut_short(act: Callable[[], object]) -> bool:
    """Let an act take LIMIT seconds of CPU, and tell whether it needed more: a match looks for signals as it runs."""
    before = signal.signal(signal.SIGVTALRM, _cut)
    try:
        signal.setitimer(signal.ITIMER_VIRTUAL, LIMIT)
        act()
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)
    except _CutError:
        return True
    finally:
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)
        signal.signal(signal.SIGVTALRM, before)
    return False


def _every(pattern: Any, text: Any) -> None:
    for _ in pattern.finditer(text):
        pass


_ACTS: dict[str, Callable[[Any, Any], object]] = {
    "match": lambda pattern, text: pattern.match(text),
    "fullmatch": lambda pattern, text: pattern.fullmatch(text),
    "search": lambda pattern, text: pattern.search(text),
    "finditer": _every,
}
EVERY_METHOD = tuple(_ACTS)


def method_of(name: str) -> str:
    """Return the act that stands for a method: what replaces, splits or finds all goes through every match."""
    return name if name in {"match", "fullmatch", "search"} else "finditer"


# ── Inputs ────────────────────────────────────────────────────────────────────────────────────────────────────


def inputs(pattern: Pattern) -> Iterator[Input]:
    """Yield prefix, what is repeated, and suffix; each a text, also for a pattern of octets."""
    tree = parser.parse(pattern.pattern, pattern.flags & ~re.DEBUG)
    letters = alphabet(tree)
    whole = _strings(tree, letters)
    repeats = list(_repeats(tree, letters, ("",)))
    prefixes = _distinct(["", *(prefix for prefix, _ in repeats)], 6)
    pumps = [body for _, bodies in repeats for body in bodies]
    pumps += [sample[:end] for sample in whole for end in range(1, min(len(sample), 24) + 1)]
    pumps += [sample[start:] for sample in whole for start in range(1, min(len(sample), 24))]
    pumps += map("".join, product(letters, repeat=1))
    pumps += map("".join, islice(product(letters, repeat=2), 100))
    suffixes = _distinct(["", letters[-1], "\n", letters[0]], 2)
    return product(prefixes, _distinct([pump for pump in pumps if pump], _PUMPS), suffixes)


def _distinct(texts: Sequence[str], most: int) -> list[str]:
    return list(dict.fromkeys(texts))[:most]


def alphabet(tree: Any) -> list[str]:
    """Return one character for every way of being in or out of the pattern's classes; the last is in the fewest."""
    sets = list(_sets(tree))
    edges = {0, 10, 32, 97, 126}
    for members in sets:
        for low, high in members[1]:
            edges.update((low - 1, low, high, high + 1))
    by_membership: dict[tuple[bool, ...], str] = {}
    for code in sorted(edge for edge in edges if 0 <= edge < 256 or 0x600 <= edge < 0x700):
        by_membership.setdefault(tuple(_within(code, members) for members in sets), chr(code))
    ranked = sorted(by_membership.items(), key=lambda found: -sum(found[0]))
    letters = [letter for _, letter in ranked]
    return letters if len(letters) <= 14 else [*letters[:13], letters[-1]]


_CATEGORIES = {
    ops.CATEGORY_DIGIT: [(48, 57)],
    ops.CATEGORY_SPACE: [(9, 13), (32, 32)],
    ops.CATEGORY_WORD: [(48, 57), (65, 90), (95, 95), (97, 122)],
}
_NEGATED = {
    ops.CATEGORY_NOT_DIGIT: ops.CATEGORY_DIGIT,
    ops.CATEGORY_NOT_SPACE: ops.CATEGORY_SPACE,
    ops.CATEGORY_NOT_WORD: ops.CATEGORY_WORD,
}
Members = tuple[bool, list[tuple[int, int]]]


def _within(code: int, members: Members) -> bool:
    return members[0] != any(low <= code <= high for low, high in members[1])


def _members(op: Any, argument: Any) -> Members:
    """Return whether a class is negated, and its ranges."""
    if op is ops.LITERAL:
        return False, [(argument, argument)]
    if op is ops.NOT_LITERAL:
        return True, [(argument, argument)]
    if op is ops.ANY:
        return True, [(10, 10)]
    negated, ranges = False, []
    for kind, value in argument:
        if kind is ops.NEGATE:
            negated = True
        elif kind is ops.LITERAL:
            ranges.append((value, value))
        elif kind is ops.RANGE:
            ranges.append(value)
        elif value in _NEGATED:
            ends = _CATEGORIES[_NEGATED[value]]
            ranges += [
                (low, high)
                for low, high in zip(
                    [0, *(e + 1 for _, e in ends)], [*(s - 1 for s, _ in ends), 0x10FFFF], strict=True
                )
            ]
        else:
            ranges += _CATEGORIES[value]
    return negated, ranges


_CLASSES = {ops.LITERAL, ops.NOT_LITERAL, ops.ANY, ops.IN}


def _children(op: Any, argument: Any) -> list[Any]:
    """Return the sequences that one item of a pattern holds."""
    if op in _REPEATS:
        return [argument[2]]
    if op is ops.SUBPATTERN:
        return [argument[3]]
    if op is ops.BRANCH:
        return list(argument[1])
    if op is ops.ATOMIC_GROUP:
        return [argument]
    if op in {ops.ASSERT, ops.ASSERT_NOT}:
        return [argument[1]]
    if op is ops.GROUPREF_EXISTS:
        return [one for one in argument[1:] if one is not None]
    return []


def _sets(sequence: Any) -> Iterator[Members]:
    for op, argument in sequence:
        if op in _CLASSES:
            yield _members(op, argument)
        for child in _children(op, argument):
            yield from _sets(child)


def _strings(sequence: Any, letters: Sequence[str]) -> list[str]:
    """Return some short texts that a sequence matches, assertions aside; every repeat once at least."""
    texts = [""]
    for op, argument in sequence:
        texts = [text + more for more in _item(op, argument, letters) for text in texts][:_SAMPLES]
    return _distinct(texts, _SAMPLES)


def _item(op: Any, argument: Any, letters: Sequence[str]) -> list[str]:
    if op in _CLASSES:
        members = _members(op, argument)
        fitting = [letter for letter in letters if _within(ord(letter), members)]
        ranges = members[1]
        return fitting[:_SAMPLES] or [chr(ranges[0][0])]
    if op in _REPEATS:
        least, most, inside = argument
        times = max(1, least) if most else 0
        return [text * min(times, 64) for text in _strings(inside, letters)]
    if op in {ops.SUBPATTERN, ops.ATOMIC_GROUP, ops.BRANCH}:
        found = [_strings(child, letters) for child in _children(op, argument)]
        return [
            text
            for texts in zip(*(islice(_cycled(one), _SAMPLES) for one in found), strict=True)
            for text in texts
        ]
    return [""]


def _cycled(texts: list[str]) -> Iterator[str]:
    while True:
        yield from texts


def _repeats(sequence: Any, letters: Sequence[str], before: Sequence[str]) -> Iterator[tuple[str, list[str]]]:
    """Yield for every repeat a text that leads to it, and texts that it repeats."""
    for op, argument in sequence:
        if op in _REPEATS and argument[1] > 1:
            yield before[0], _strings(argument[2], letters)
        for child in _children(op, argument):
            yield from _repeats(child, letters, before)
        before = [text + more for text in before[:2] for more in _item(op, argument, letters)[:2]]
