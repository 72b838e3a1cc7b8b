"""Rules about the message itself: not too large, a whole header, no forged fields of ours.

What only describes content is read leniently in a letter that the gateway seals for a system; what names persons never.
"""

from datetime import timedelta

from policies.addresses.domain_name import canonical_domain, skeleton
from policies.case import ANSWER_FIELDS, Case
from policies.declarations import GRADE_FIELDS, URGENCY_FIELDS
from policies.verdict import ACCEPTED, Refused, Verdict
from policies.words import refusals
from policies.words.reasons import Reason

REPLY_FIELDS = tuple(sorted(ANSWER_FIELDS))  # where answers and reports would go, besides Reply-To
SINGLE = (
    "from",
    "sender",
    "reply-to",
    "to",
    "cc",
    "subject",
    "date",
    "message-id",
    "in-reply-to",
    "references",
    "content-type",
    "content-transfer-encoding",
    "mime-version",
    *GRADE_FIELDS,
    *URGENCY_FIELDS,
    *REPLY_FIELDS,
)  # RFC 5322 section 3.6, and what declares or asks for something: at most once
OURS = ("murasalat-",)
DECLARATIONS = ("murasalat-grade", "murasalat-urgency")


def not_too_large(case: Case) -> Verdict:
    """The message is within the size limit, in octets."""
    if case.size > case.settings.max_size:
        limit = case.settings.max_size
        said = refusals.too_large(case.size, limit)
        return Refused(Reason.TOO_LARGE, f"{case.size} octets, allowed {limit}", said)
    return ACCEPTED


def well_formed(case: Case) -> Verdict:
    """The header keeps to RFC 5322 and RFC 6532."""
    asked = case.envelope.smtputf8 or case.sealed_for_system
    if case.header.eight_bit and not (case.header.utf8 and asked):
        why = "8-bit octets in the header without SMTPUTF8, or not UTF-8"
        return Refused(Reason.MALFORMED, why, refusals.eight_bit())
    if len(case.header.froms) > 1:
        return ACCEPTED  # the sender rules name this better
    for name in SINGLE:
        if case.header.names.count(name) > 1:
            return Refused(Reason.MALFORMED, f"{name} stands more than once", refusals.twice(name))
    if case.envelope.account.system is not None:
        return ACCEPTED  # its letter has the time of receipt, and a Message-ID of ours where it brings none
    if len(case.header.dates) != 1:
        return Refused(Reason.MALFORMED, "no Date field", refusals.no_field("Date", present=False))
    if len(case.header.message_ids) != 1:
        return Refused(
            Reason.MALFORMED, "no Message-ID field", refusals.no_field("Message-ID", present=False)
        )
    return ACCEPTED


def dated_and_identified(case: Case) -> Verdict:
    """An officer's letter has a readable Message-ID, and a readable Date near the clock."""
    if case.envelope.account.system is not None:
        return ACCEPTED
    if not case.message_id:
        said = refusals.no_field("Message-ID", present=True)
        return Refused(Reason.MALFORMED, "the Message-ID cannot be read", said)
    if case.date is None:
        return Refused(Reason.MALFORMED, "the Date cannot be read", refusals.no_field("Date", present=True))
    days = case.settings.date_days
    if abs(case.date - case.envelope.received) > timedelta(days=days):
        said = refusals.far_date(case.date, case.envelope.received, days)
        return Refused(Reason.MALFORMED, f"dated {case.date.isoformat()}, more than {days} days off", said)
    return ACCEPTED


def no_forged_fields(case: Case) -> Verdict:
    """Only the gateway writes the gateway's own fields, and a letter is never a resent message."""
    for name in case.header.names:
        if name.startswith(OURS) and name not in DECLARATIONS:
            return Refused(Reason.CONTENT_FORBIDDEN, f"only the gateway writes the field {name}")
        if name.startswith("resent-"):
            return Refused(Reason.CONTENT_FORBIDDEN, f"a resent message ({name}) is not a letter")
    for value in case.header.authentication_results:
        if _speaks_in_our_name(value, case.gateway):
            return Refused(
                Reason.CONTENT_FORBIDDEN, "an Authentication-Results field in the name of this gateway"
            )
    return ACCEPTED


def declarations_known(case: Case) -> Verdict:
    """Grade and urgency are declared in words that are known: an unknown one is never taken for the lowest."""
    unknown = case.declaration.unknown
    return Refused(Reason.GRADE_UNKNOWN, unknown.en, unknown) if unknown else ACCEPTED


def _speaks_in_our_name(value: bytes, gateway: str) -> bool:
    """Whether a reader could take the field for ours: by any word before the first semicolon (RFC 8601 section 2.2).

    Comments, quotation marks, case and look-alikes do not count. What cannot be read to its end could be ours.
    """
    if not gateway:
        return True
    words = _words_before_semicolon(value.decode("utf-8", "replace"))
    return words is None or any(_folded(word) == _folded(gateway) for word in words)


def _words_before_semicolon(text: str) -> list[str] | None:
    """Return the words before the first semicolon, without comments and quotation marks; None when one stays open."""
    words: list[str] = [""]
    depth, quoted, position = 0, False, 0
    while position < len(text):
        character = text[position]
        if character == "\\" and (depth or quoted):
            position += 1
            words[-1] += text[position : position + 1] if not depth else ""
        elif character == '"' and not depth:
            quoted = not quoted
        elif character in "()" and not quoted:
            depth = max(0, depth + (1 if character == "(" else -1))
            words.append("")
        elif not depth and not quoted and character == ";":
            break
        elif not depth and not quoted and character.isspace():
            words.append("")
        elif not depth:
            words[-1] += character
        position += 1
    return None if depth or quoted else [word for word in words if word]


def _folded(name: str) -> str:
    """Return a host's name as the eye takes it: in one case, without the root's dot, look-alikes folded (UTS 39)."""
    bare = name.strip().rstrip(".")
    return skeleton(canonical_domain(bare) or bare.casefold())
