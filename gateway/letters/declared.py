"""Read what a letter's header declares, for the register and for the rules. Nothing read here is proof of anything."""

import re

from gateway.mime.fields import values
from gateway.mime.part import Part
from gateway.mime.words import decode_words
from policies.case import Header
from policies.letter import Declared, Grade, Urgency
from policies.words.arabic import strip_controls
from policies.words.mail_date import parse_mail_date

SUBJECT_LENGTH = 998  # characters kept of a subject in the register; the letter itself keeps all of it
_MESSAGE_ID = re.compile(rb"<[^<>\s]{1,995}>")
_SENSITIVITY = {"private": Grade.RESTRICTED, "company-confidential": Grade.SECRET}
_IMPORTANCE = {"high": Urgency.URGENT}
_PRIORITY = {"1": Urgency.VERY_URGENT, "2": Urgency.URGENT}


def header_of(root: Part, octets: bytes) -> Header:
    """Return the outer header as the rules see it."""
    head = octets[root.start : root.body_start]
    return Header(
        names=tuple(field.name for field in root.fields),
        froms=values(root, octets, "from"),
        senders=values(root, octets, "sender"),
        reply_tos=values(root, octets, "reply-to"),
        tos=values(root, octets, "to"),
        ccs=values(root, octets, "cc"),
        message_ids=values(root, octets, "message-id"),
        dates=values(root, octets, "date"),
        bccs=values(root, octets, "bcc"),
        authentication_results=values(root, octets, "authentication-results"),
        eight_bit=not head.isascii(),
        utf8=_is_utf8(head),
    )


def _is_utf8(octets: bytes) -> bool:
    try:
        octets.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True


def declared_by(root: Part, octets: bytes) -> Declared:
    """Return subject, identifiers, date, grade and urgency as the header declares them."""
    ids = _ids(values(root, octets, "message-id"))
    return Declared(
        subject=strip_controls(_text(root, octets, "subject"))[:SUBJECT_LENGTH],
        message_id=ids[0] if ids else "",
        date=parse_mail_date(_text(root, octets, "date")),
        in_reply_to=_ids(values(root, octets, "in-reply-to")),
        references=_ids(values(root, octets, "references")),
        grade=_grade(root, octets),
        urgency=_urgency(root, octets),
    )


def _text(root: Part, octets: bytes, name: str) -> str:
    found = values(root, octets, name)
    return decode_words(found[0]).strip() if found else ""


def _ids(found: tuple[bytes, ...]) -> tuple[str, ...]:
    return tuple(one.decode("utf-8", "replace") for value in found for one in _MESSAGE_ID.findall(value))


def _grade(root: Part, octets: bytes) -> Grade:
    word = _text(root, octets, "murasalat-grade").lower()
    if word in set(Grade):
        return Grade(word)
    return _SENSITIVITY.get(_text(root, octets, "sensitivity").lower(), Grade.ORDINARY)


def _urgency(root: Part, octets: bytes) -> Urgency:
    word = _text(root, octets, "murasalat-urgency").lower()
    if word in set(Urgency):
        return Urgency(word)
    importance = _IMPORTANCE.get(_text(root, octets, "importance").lower(), Urgency.ORDINARY)
    return _PRIORITY.get(_text(root, octets, "x-priority")[:1], importance)
