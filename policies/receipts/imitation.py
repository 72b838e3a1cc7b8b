"""Whether a text passes for a receipt: the subjects of receipts are the gateway's alone, however they are spelled.

Our own subjects are `إيصال إرسال: MOJ/2026/000001 · Dispatched: MOF` (`text.subject_line`). A text imitates one when,
at its start (tags in brackets apart) or after one of the dots and bars between such halves, and after the gateway's
name if it stands first,

- the words of a receipt are followed by a reference, those of its title with up to three words between; or
- the title of a receipt stands alone before a colon, a dash, a bracket or a comma; or
- the whole text is the words of a receipt and nothing else.

An answer or a forward (`Re:`, `رد:`) is none, nor is a text with such words among others: `إيصال إرسال المعدات`.

Invariant: time is linear in the length of the text, and only its first 998 characters are read.
"""

import re
import unicodedata
from itertools import chain

from policies.people.names import GATEWAY_NAMES, shape
from policies.receipts.words import STORIES
from policies.words.arabic import fold
from policies.words.lookalikes import name_shape, name_words

_LENGTH = 998
_PIECES = 16  # words that a receipt's words are looked for in, however they are cut
_MOST_HALVES = 8  # ours have two
_MOST_TAGS = 3
_BETWEEN = 3  # words between a title and a reference
_HALVES = re.compile("[·•∙⋅・|¦]")
_AFTER_TITLE = re.compile("[:;,،؛.()\\[\\]{}<>/=~_«»\"'\u2010-\u2015\u2212*#!-]")
_TAG = re.compile(r"[^\w\[({«]*+[\[({«][^\[\](){}«»]*+[\])}»]")
_YEAR = re.compile("[0-9]{4}")
_NUMBER = re.compile("[0-9]{1,12}")
# Code and year as references have them, to tell `Opened MOJ/2026/1` from `Opened tenders, 2026/1`.
_WRITTEN = re.compile(r"[a-z0-9]\s*+[/\\\u2215\u2044\u29f8_:.-]\s*+[0-9]{4}")
_CODE = re.compile("[a-z][a-z0-9]{1,15}")

Words = tuple[str, ...]

_ANSWER = frozenset(
    map(shape, ("re", "fw", "fwd", "رد", "إعادة توجيه", "توجيه", "تحويل", "إحالة", "جواب", "إجابة"))
)
_GATEWAY = frozenset(map(shape, GATEWAY_NAMES))
_STORIES = [story for both in STORIES.values() for story in both.values()]
_PHRASES = frozenset(shape(words) for story in _STORIES for words in (story.title, story.short))
# What nobody writes before a colon but a receipt; `Accepted: three candidates` is an honest subject.
_TITLES = frozenset(
    shape(STORIES[kind][language].title)
    for kind in ("delivered", "accepted", "opened")
    for language in STORIES[kind]
)


def imitates_receipt(text: str) -> bool:
    """Whether a subject or a name, decoded, passes for a receipt's."""
    plain = unicodedata.normalize("NFKC", text[:_LENGTH])
    before, colon, _ = plain.partition(":")
    if colon and name_shape(tuple(word for word in name_words(before) if not word.isdigit())) in _ANSWER:
        return False
    if _imitates(plain):
        return True
    for _ in range(_MOST_TAGS):
        tag = _TAG.match(plain)
        if tag is None:
            return False
        plain = plain[tag.end() :]
        if _imitates(plain):
            return True
    return False


def _imitates(plain: str) -> bool:
    written = bool(_WRITTEN.search(fold(plain)))
    halves = [half for half in map(_segments, _HALVES.split(plain)) if half]
    if any(_half_imitates(half, reference_written=written) for half in halves[:_MOST_HALVES]):
        return True
    whole = tuple(chain.from_iterable(chain.from_iterable(halves)))
    return len(whole) <= _PIECES and name_shape(whole) in _PHRASES


def _segments(half: str) -> list[Words]:
    """Return the words between the marks that end a title, without empty ones and the gateway's name in front."""
    segments = [words for words in map(name_words, _AFTER_TITLE.split(half)) if words]
    while segments and name_shape(segments[0][:_PIECES]) in _GATEWAY:
        segments.pop(0)
    return segments


def _half_imitates(segments: list[Words], *, reference_written: bool) -> bool:
    if len(segments) > 1 and name_shape(segments[0][:_PIECES]) in _TITLES:
        return True
    words = _without_gateway(tuple(chain.from_iterable(segments)))
    titled = _before_reference(words, _TITLES, _BETWEEN)
    return titled or (reference_written and _before_reference(words, _PHRASES, 0))


def _without_gateway(words: Words) -> Words:
    longest = next((end for end in (2, 1) if len(words) > end and name_shape(words[:end]) in _GATEWAY), 0)
    return words[longest:]


def _before_reference(words: Words, phrases: frozenset[str], between: int) -> bool:
    """Whether the words begin with one of the phrases, and a reference follows with so many words between."""
    return any(
        name_shape(words[:end]) in phrases
        and any(_is_reference(words[at : at + 4]) for at in range(end, end + between + 1))
        for end in range(1, min(len(words), _PIECES) + 1)
    )


def _is_reference(words: Words) -> bool:
    """Whether the words begin with a reference's: agency code, `IN` or nothing, year, number."""
    if not words or not _CODE.fullmatch(words[0]):
        return False
    rest = words[2:] if words[1:2] == ("in",) else words[1:]
    return len(rest) > 1 and bool(_YEAR.fullmatch(rest[0]) and _NUMBER.fullmatch(rest[1]))
