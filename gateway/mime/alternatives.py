"""Whether the plain text and the HTML of one letter say the same, for the one who reads either.

Mail programs make one from the other, and differ in how they write bold, lists, links and pictures. So words are
compared, folded as for search, with room for that. Numbers are compared one by one: a sum is not a matter of style.

Invariants:
- Linear in the length of the texts, which the caller bounds.
- What the HTML shows must be in the plain text; what the plain text says may stand in the HTML's links, too.
"""

import re

from gateway.mime.html import references_resolved, visible_text
from policies.words.arabic import fold

_WORD = re.compile(r"[^\W_]+")
_NUMBER = re.compile(r"[0-9]+")
_MOST_JOINED = 200  # words that are looked for across marks such as *bold*
_LONGEST_JOINED = 200_000
_SHOWN_AT_LEAST = 0.8
_SAID_AT_LEAST = 0.5
_TELLING_DIGITS = 3  # shorter numbers in the plain text may number a list


def differ(plain: str, markup: str) -> bool:
    """Say whether a reader of the plain text and one of the HTML would learn different things."""
    text, shown, source = fold(plain), fold(visible_text(markup)), fold(references_resolved(markup))
    if not set(_NUMBER.findall(shown)) <= set(_NUMBER.findall(text)):
        return True
    telling = {number for number in _NUMBER.findall(text) if len(number) >= _TELLING_DIGITS}
    if not telling <= set(_NUMBER.findall(source)):
        return True
    said, seen = set(_WORD.findall(text)), set(_WORD.findall(shown))
    missing = _missing(seen - said, text)
    unsaid = _missing(said - set(_WORD.findall(source)), shown)
    return missing > (1 - _SHOWN_AT_LEAST) * len(seen) or unsaid > (1 - _SAID_AT_LEAST) * len(said)


def _missing(words: set[str], text: str) -> int:
    """Count the words that do not stand in the text, even with marks or breaks inside them."""
    if not words or len(words) > _MOST_JOINED or len(text) > _LONGEST_JOINED:
        return len(words)
    joined = "".join(_WORD.findall(text))
    return sum(word not in joined for word in words)
