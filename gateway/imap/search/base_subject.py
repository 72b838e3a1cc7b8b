"""The base subject: what is left of a subject without the marks of replies and forwards (RFC 5256 section 2.1). Pure.

Invariant: linear in the length of the subject for any text, since every round takes something away from its ends.
"""

import re
from typing import NamedTuple

_SPACES = re.compile(r"[ \t]+")
_TRAILER = re.compile(r"(?:\(fwd\)|[ \t])+\Z", re.IGNORECASE)
_BLOB = re.compile(r"\[[^\[\]]*\][ \t]*")
_REFWD = re.compile(r"(?:re|fwd?)[ \t]*(?:\[[^\[\]]*\][ \t]*)?:", re.IGNORECASE)
_FORWARDED = re.compile(r"\[fwd:(.*)\]\Z", re.IGNORECASE | re.DOTALL)


class BaseSubject(NamedTuple):
    """A base subject, and whether marks of a reply or a forward were taken away."""

    text: str
    reply: bool


def base_subject(subject: str) -> BaseSubject:
    """Return the base subject of a decoded subject."""
    text = _SPACES.sub(" ", " ".join(subject.splitlines()))
    reply = False
    while True:
        text, trimmed = _without_trailer(text)
        text, led = _without_leader(text)
        reply = reply or trimmed or led
        wrapped = _FORWARDED.match(text)
        if wrapped is None:
            return BaseSubject(text, reply)
        text, reply = wrapped[1], True


def _without_trailer(text: str) -> tuple[str, bool]:
    trailer = _TRAILER.search(text)
    if trailer is None:
        return text, False
    return text[: trailer.start()], "(" in trailer[0]


def _without_leader(text: str) -> tuple[str, bool]:
    """Take away reply marks and list names at the front, as long as something is left."""
    at, reply = 0, False
    while True:
        while at < len(text) and text[at] in " \t":
            at += 1
        last, after = _blobs(text, at)
        mark = _REFWD.match(text, after)
        if mark is None:
            return text[after if after < len(text) else last :], reply
        at, reply = mark.end(), True


def _blobs(text: str, at: int) -> tuple[int, int]:
    """Return where the last of a run of list names begins, and where the run ends."""
    last = at
    while (blob := _BLOB.match(text, at)) is not None:
        last, at = at, blob.end()
    return last, at
