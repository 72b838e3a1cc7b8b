"""What a rule returns.

Rules fail closed: only an explicit `ACCEPTED` lets a letter pass; `None` is not a verdict.
"""

from dataclasses import dataclass

from policies.words.reasons import Reason


@dataclass(frozen=True, slots=True)
class Accepted:
    """The rule has nothing against the letter."""


@dataclass(frozen=True, slots=True)
class Refused:
    """The rule refuses: a reason from the closed list, and which thing it was about (plain English, one line)."""

    reason: Reason
    detail: str = ""


Verdict = Accepted | Refused
ACCEPTED = Accepted()
