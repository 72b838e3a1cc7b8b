"""The base subject: what is left of a subject without the marks of replies and forwards (RFC 5256 section 2.1). Pure.

Invariant: linear in the length of the subject for any text: marks are stepped over from both ends, nothing is copied
before the end, and what a round looks at in vain is no more than what it or the next one steps over.
"""

import re
from typing import NamedTuple

_SPACES = re.compile(r"[ \t]+")
_BLOB = re.compile(r"\[[^\[\]]*+\][ \t]*+")
_REFWD = re.compile(r"(?:re|fwd?)[ \t]*+(?:\[[^\[\]]*+\][ \t]*+)?+:", re.IGNORECASE)
_TRAILER = "(fwd)"
_FORWARDED = "[fwd:"


class BaseSubject(NamedTuple):
    """A base subject, and whether marks of a reply or a forward were taken away."""

    text: str
    reply: bool


def base_subject(subject: str) -> BaseSubject:
    """Return the base subject of a decoded subject."""
    text = _SPACES.sub(" ", " ".join(subject.splitlines()))
    start, end, reply = 0, len(text), False
    while True:
        end, trimmed = _before_trailer(text, start, end)
        start, led = _after_leader(text, start, end)
        reply = reply or trimmed or led
        inside = start + len(_FORWARDED)
        if end <= inside or text[start:inside].lower() != _FORWARDED or text[end - 1] != "]":
            return BaseSubject(text[start:end], reply)
        start, end, reply = inside, end - 1, True


def _before_trailer(text: str, start: int, end: int) -> tuple[int, bool]:
    """Return where blanks and marks at the end of `text[start:end]` begin, and whether there are marks."""
    marked = False
    while end > start:
        if text[end - 1] in " \t":
            end -= 1
        elif end - len(_TRAILER) >= start and text[end - len(_TRAILER) : end].lower() == _TRAILER:
            end, marked = end - len(_TRAILER), True
        else:
            break
    return end, marked


def _after_leader(text: str, start: int, end: int) -> tuple[int, bool]:
    """Step over reply marks and list names at the front, as long as something is left; tell whether there are marks."""
    at, reply = start, False
    while True:
        while at < end and text[at] in " \t":
            at += 1
        last, after = _blobs(text, at, end)
        mark = _REFWD.match(text, after, end)
        if mark is None:
            return after if after < end else last, reply
        at, reply = mark.end(), True


def _blobs(text: str, at: int, end: int) -> tuple[int, int]:
    """Return where the last of a run of list names begins, and where the run ends."""
    last = at
    while (blob := _BLOB.match(text, at, end)) is not None:
        last, at = at, blob.end()
    return last, at
