"""Frozen policy settings. Every field is documented here; the sample configuration is generated from these lines."""

import hashlib
from dataclasses import asdict, dataclass, field
from enum import StrEnum
from functools import cache

from policies.evidence import canonical_json
from policies.letter import Grade
from policies.signature import SigningSettings


class Attitude(StrEnum):
    """What is done with a kind of content."""

    REFUSE = "refuse"
    ALLOW = "allow"


class HtmlAlone(StrEnum):
    """Whose letters may be HTML without plain text."""

    REFUSE = "refuse"
    SYSTEMS = "systems"
    """Unsigned letters of systems, which the gateway seals."""
    ALLOW = "allow"


@dataclass(frozen=True, slots=True)
class PolicySettings:
    """What the rules are set to; `version` names the exact set in every record."""

    signing: SigningSettings = field(default_factory=SigningSettings)
    max_size: int = 25 * 1024 * 1024
    max_recipients: int = 100
    header_protection: str = "warn"  # in the words of `header_protection.read_demands`
    header_protection_grades: frozenset[Grade] = frozenset({Grade.SECRET, Grade.TOP_SECRET})
    html_scripts: Attitude = Attitude.REFUSE
    html_forms: Attitude = Attitude.REFUSE
    html_remote: Attitude = Attitude.REFUSE
    html_alternatives: Attitude = Attitude.REFUSE
    html_alone: HtmlAlone = HtmlAlone.SYSTEMS
    macros: Attitude = Attitude.REFUSE
    date_days: int = 7

    @property
    def version(self) -> str:
        """Return a short stable name of exactly these settings."""
        return _version(self)


@cache
def _version(settings: PolicySettings) -> str:
    plain = {name: _plain(value) for name, value in asdict(settings).items()}
    return "policy-" + hashlib.sha256(canonical_json(plain)).hexdigest()[:12]


def _plain(value: object) -> object:
    if isinstance(value, dict):
        return {str(name): _plain(one) for name, one in value.items()}
    if isinstance(value, set | frozenset):
        return sorted(str(one) for one in value)
    return value if isinstance(value, int) else str(value)
