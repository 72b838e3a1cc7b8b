"""Read what a letter's header declares, for the register and for the rules. Nothing read here is proof of anything."""

import re

from gateway.mime.fields import unfolded_value, values
from gateway.mime.part import Part
from gateway.mime.words import decode_words
from policies.case import ANSWER_FIELDS, LIST_FIELDS, Header
from policies.declarations import GRADE_FIELDS, URGENCY_FIELDS, declaration_of
from policies.letter import Declared
from policies.words.arabic import strip_controls
from policies.words.mail_date import parse_mail_date

SUBJECT_LENGTH = 998  # characters kept of a subject in the register; the letter itself keeps all of it
_MESSAGE_ID = re.compile(rb"<[^<>\s]{1,995}>")


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
        subjects=tuple(decode_words(value) for value in values(root, octets, "subject")),
        answers=tuple(
            (field.name, unfolded_value(octets, field))
            for field in root.fields
            if field.name in ANSWER_FIELDS or field.name in LIST_FIELDS
        ),
        declarations=_declarations(root, octets),
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
    declaration = declaration_of(_declarations(root, octets))
    return Declared(
        subject=strip_controls(_text(root, octets, "subject"))[:SUBJECT_LENGTH],
        message_id=ids[0] if ids else "",
        date=parse_mail_date(_text(root, octets, "date")),
        in_reply_to=_ids(values(root, octets, "in-reply-to")),
        references=_ids(values(root, octets, "references")),
        grade=declaration.grade,
        urgency=declaration.urgency,
    )


def _text(root: Part, octets: bytes, name: str) -> str:
    found = values(root, octets, name)
    return decode_words(found[0]).strip() if found else ""


def _ids(found: tuple[bytes, ...]) -> tuple[str, ...]:
    return tuple(one.decode("utf-8", "replace") for value in found for one in _MESSAGE_ID.findall(value))


def _declarations(root: Part, octets: bytes) -> tuple[tuple[str, str], ...]:
    """Return name and decoded value of every field that declares grade or urgency."""
    return tuple(
        (name, decode_words(value))
        for name in (*GRADE_FIELDS, *URGENCY_FIELDS)
        for value in values(root, octets, name)
    )
