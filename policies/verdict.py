"""What a rule returns.

Rules fail closed: only an explicit `ACCEPTED` lets a letter pass; `None` is not a verdict.
"""

from dataclasses import dataclass

from policies.words.bilingual import Said
from policies.words.reasons import Reason


@dataclass(frozen=True, slots=True)
class Accepted:
    """The rule has nothing against the letter."""


@dataclass(frozen=True, slots=True)
class Refused:
    """The rule refuses: a reason from the closed list, and which thing it was about (plain English, one line).

    `said` tells a person what was found, where, and what to do; without it the reason's own sentences are told.
    """

    reason: Reason
    detail: str = ""
    said: Said | None = None


Verdict = Accepted | Refused
ACCEPTED = Accepted()
