"""Rules about the message itself: well formed, not too large, no forged fields of ours, nothing unreadable inside."""

from policies.case import Case
from policies.declarations import GRADE_FIELDS, URGENCY_FIELDS
from policies.verdict import ACCEPTED, Refused, Verdict
from policies.words.reasons import Reason

REPLY_FIELDS = (
    "mail-reply-to",
    "mail-followup-to",
    "disposition-notification-to",
    "return-receipt-to",
    "errors-to",
)  # where answers and reports would go, besides Reply-To
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
OURS = ("murasalat-", "authentication-results")
DECLARATIONS = ("murasalat-grade", "murasalat-urgency")
FORBIDDEN_TYPES = {"application/ms-tnef": "winmail.dat: set the message format to plain text or HTML"}


def not_too_large(case: Case) -> Verdict:
    """The message is within the size limit, in octets."""
    if case.size > case.settings.max_size:
        return Refused(Reason.TOO_LARGE, f"{case.size} octets, allowed {case.settings.max_size}")
    return ACCEPTED


def well_formed(case: Case) -> Verdict:
    """The structure could be read within its limits, and the header keeps to RFC 5322 and RFC 6532."""
    if case.malformed:
        return Refused(Reason.MALFORMED, case.malformed)
    if case.header.eight_bit and not (case.header.utf8 and case.envelope.smtputf8):
        return Refused(Reason.MALFORMED, "8-bit octets in the header without SMTPUTF8, or not UTF-8")
    if len(case.header.froms) > 1:
        return ACCEPTED  # the sender rules name this better
    for name in SINGLE:
        if case.header.names.count(name) > 1:
            return Refused(Reason.MALFORMED, f"{name} stands more than once")
    if len(case.header.dates) != 1:
        return Refused(Reason.MALFORMED, "no Date field")
    if len(case.header.message_ids) != 1 and case.envelope.account.system is None:
        return Refused(Reason.MALFORMED, "no Message-ID field")
    return ACCEPTED


def no_forged_fields(case: Case) -> Verdict:
    """Only the gateway writes the gateway's own fields, and a letter is never a resent message."""
    for name in case.header.names:
        if name.startswith(OURS) and name not in DECLARATIONS:
            return Refused(Reason.CONTENT_FORBIDDEN, f"only the gateway writes the field {name}")
        if name.startswith("resent-"):
            return Refused(Reason.CONTENT_FORBIDDEN, f"a resent message ({name}) is not a letter")
    return ACCEPTED


def declarations_known(case: Case) -> Verdict:
    """Grade and urgency are declared in words that are known: an unknown one is never taken for the lowest."""
    unknown = case.declaration.unknown
    return Refused(Reason.GRADE_UNKNOWN, unknown) if unknown else ACCEPTED


def readable_types(case: Case) -> Verdict:
    """No part is of a type that only one vendor's program can read."""
    for kind, why in FORBIDDEN_TYPES.items():
        if kind in case.content_types:
            return Refused(Reason.CONTENT_FORBIDDEN, f"{kind} ({why})")
    return ACCEPTED
