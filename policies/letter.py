"""Identity of a letter: the exact octets, what its header declares, and who stands behind it."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class Duty(StrEnum):
    """What is asked of a recipient: To is for action, Cc for information."""

    ACTION = "action"
    INFORMATION = "information"


class Grade(StrEnum):
    """Security grade, lowest first, declared by the sender in `Murasalat-Grade` or `Sensitivity`."""

    ORDINARY = "ordinary"
    RESTRICTED = "restricted"
    SECRET = "secret"  # noqa: S105 - a grade, not a password
    TOP_SECRET = "top-secret"  # noqa: S105


class Urgency(StrEnum):
    """Urgency, lowest first, declared by the sender in `Murasalat-Urgency` or a mail program's field."""

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
    """The signature as it was found good at intake; `format` is "openpgp", or "sealed" for a system's letter.

    Digests are SHA-256 (hex). `signed_sha256` is of the signed octets, the whole letter's when sealed;
    `signature_sha256` of the signature as sent; `signature_key` of what makes it this signature, however it is
    written, and empty when sealed. `covered` names the header fields that it covers, and `protection` is what was
    asked in that respect ("off", "warn", "enforce", or empty when sealed).
    """

    format: str
    fingerprint: str
    headers_protected: bool
    engines: tuple[str, ...]
    signed_sha256: str = ""
    signature_sha256: str = ""
    signature_key: str = ""
    covered: tuple[str, ...] = ()
    protection: str = ""
    created: datetime | None = None
