"""A sentence in both languages, Arabic first.

Invariant: what stands in a letter enters a sentence through `quoted` only, so that it can neither end the line nor turn
its direction nor pass for a reason's word.
"""

from dataclasses import dataclass

from policies.words.arabic import strip_controls

_QUOTED_CHARACTERS = 80
_BRACKETS = {ord("["): "(", ord("]"): ")"}


@dataclass(frozen=True, slots=True)
class Said:
    """What a person reads: one line of Arabic, and one of English that says the same."""

    ar: str
    en: str


def quoted(text: str) -> str:
    """Return text from a letter as at most 80 characters of one line, fit to stand inside a sentence."""
    shown = " ".join(strip_controls(text).split()).translate(_BRACKETS)
    return shown if len(shown) <= _QUOTED_CHARACTERS else shown[: _QUOTED_CHARACTERS - 1] + "…"
