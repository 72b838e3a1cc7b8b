"""Rules about the message itself: not too large, a whole header, no forged fields of ours."""

from datetime import timedelta

from policies.case import Case
from policies.verdict import ACCEPTED, Refused, Verdict
from policies.words import refusals
from policies.words.reasons import Reason

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
)  # RFC 5322 section 3.6: at most once
OURS = ("murasalat-", "authentication-results")
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
    if case.header.eight_bit and not (case.header.utf8 and case.envelope.smtputf8):
        why = "8-bit octets in the header without SMTPUTF8, or not UTF-8"
        return Refused(Reason.MALFORMED, why, refusals.eight_bit())
    if len(case.header.froms) > 1:
        return ACCEPTED  # the sender rules name this better
    for name in SINGLE:
        if case.header.names.count(name) > 1:
            return Refused(Reason.MALFORMED, f"{name} stands more than once", refusals.twice(name))
    if len(case.header.dates) != 1:
        return Refused(Reason.MALFORMED, "no Date field", refusals.no_field("Date", present=False))
    if len(case.header.message_ids) != 1 and case.envelope.account.system is None:
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
    return ACCEPTED
