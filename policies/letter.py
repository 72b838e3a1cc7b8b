"""Identity of a letter: the exact octets, what its header declares, and who stands behind it."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class Duty(StrEnum):
    """What is asked of a recipient: To is for action, Cc for information."""

    ACTION = "action"
    INFORMATION = "information"


class Grade(StrEnum):
    """Security grade, declared by the sender in `Sensitivity` or `Murasalat-Grade`."""

    ORDINARY = "ordinary"
    RESTRICTED = "restricted"
    SECRET = "secret"  # noqa: S105 - a grade, not a password
    TOP_SECRET = "top-secret"  # noqa: S105


class Urgency(StrEnum):
    """Urgency, declared by the sender in `Importance`, `X-Priority` or `Murasalat-Urgency`."""

    ORDINARY = "ordinary"
    URGENT = "urgent"
    VERY_URGENT = "very-urgent"
    IMMEDIATE = "immediate"


GRADE_NAMES: dict[Grade, tuple[str, str]] = {
    Grade.ORDINARY: ("عادي", "Ordinary"),
    Grade.RESTRICTED: ("محدود", "Restricted"),
    Grade.SECRET: ("سري", "Secret"),
    Grade.TOP_SECRET: ("سري للغاية", "Top secret"),
}
URGENCY_NAMES: dict[Urgency, tuple[str, str]] = {
    Urgency.ORDINARY: ("عادي", "Ordinary"),
    Urgency.URGENT: ("عاجل", "Urgent"),
    Urgency.VERY_URGENT: ("عاجل جداً", "Very urgent"),
    Urgency.IMMEDIATE: ("فوري", "Immediate"),
}


@dataclass(frozen=True, slots=True)
class Declared:
    """What the letter's own header says, decoded for reading. Nothing here is proof of anything.

    `date` is None when the Date field is missing or unreadable.
    """

    subject: str
    message_id: str
    date: datetime | None
    in_reply_to: tuple[str, ...] = ()
    references: tuple[str, ...] = ()
    grade: Grade = Grade.ORDINARY
    urgency: Urgency = Urgency.ORDINARY


@dataclass(frozen=True, slots=True)
class SignatureRecord:
    """The signature as it was found good at intake; `format` is "openpgp", or "sealed" for a system's letter."""

    format: str
    fingerprint: str
    headers_protected: bool
    engines: tuple[str, ...]
    signed_sha256: str = ""
    signature_sha256: str = ""
    created: datetime | None = None
