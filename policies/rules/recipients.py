"""Rules about the recipients: known offices, named openly in To or Cc, and not too many."""

from datetime import datetime, timedelta

from policies.addresses.address import AddressRefused, parse_list
from policies.case import Case
from policies.letter import Duty
from policies.verdict import ACCEPTED, Refused, Verdict
from policies.words import refusals
from policies.words.reasons import Reason


def not_too_many(case: Case) -> Verdict:
    """At least one recipient and at most the limit."""
    count = len(case.envelope.recipients)
    if count > case.settings.max_recipients:
        return Refused(
            Reason.TOO_MANY_RECIPIENTS, f"{count} recipients, allowed {case.settings.max_recipients}"
        )
    if count == 0:
        return Refused(Reason.MALFORMED, "no recipient")
    return ACCEPTED


def known_offices(case: Case) -> Verdict:
    """Every recipient is a live office."""
    for recipient in case.envelope.recipients:
        office = case.directory.offices.get(recipient.address.key)
        if office is None or office.suspended:
            return Refused(Reason.RECIPIENT_UNKNOWN, recipient.address.key)
    return ACCEPTED


def no_blind_copies(case: Case) -> Verdict:
    """Every recipient stands in To or Cc; an empty Bcc field hides nobody (RFC 5322 section 3.6.3)."""
    if any(value.strip() for value in case.header.bccs) or "resent-bcc" in case.header.names:
        return Refused(Reason.BCC_FORBIDDEN, "the header has a Bcc field that names somebody")
    named = _named(case)
    if isinstance(named, Refused):
        return named
    for recipient in case.envelope.recipients:
        if recipient.address.key not in named:
            return Refused(Reason.BCC_FORBIDDEN, f"{recipient.address.key} stands in neither To nor Cc")
    return ACCEPTED


def header_names_no_others(case: Case) -> Verdict:
    """Nobody stands in To or Cc to whom the letter is not sent; a system that may split sends to the others later."""
    named = _named(case)
    if isinstance(named, Refused):
        return named
    if case.splits_recipients:
        return ACCEPTED
    sent = {recipient.address.key for recipient in case.envelope.recipients}
    for address in named:
        if address not in sent:
            why = f"{address} is named but not a recipient of this submission"
            return Refused(Reason.HEADERS_DIFFER, why, refusals.not_in_envelope(address))
    return ACCEPTED


SPLIT_WINDOW = timedelta(hours=24)
"""How long after its registration a system may still add recipients to a letter."""


def adds_recipients(case: Case, login: str, accepted: datetime, now: datetime) -> bool:
    """Whether the same octets, registered for `login` at `accepted` (UTC), may get this envelope's recipients added.

    Only to the same account, a system that may split, and for a day.
    """
    same = case.envelope.account.login == login
    return case.splits_recipients and same and now - accepted <= SPLIT_WINDOW


def _named(case: Case) -> tuple[str, ...] | Refused:
    named = case.header.named()
    if named is None:
        return _unreadable(case)
    return (*named[0], *named[1])


def _unreadable(case: Case) -> Refused:
    for name, values in (("To", case.header.tos), ("Cc", case.header.ccs)):
        for value in values:
            try:
                parse_list(value)
            except AddressRefused as refused:
                said = refusals.unreadable_list(name, refused.ar, refused.en)
                return Refused(Reason.MALFORMED, f"{name}: {refused}", said)
    return Refused(Reason.MALFORMED, "To or Cc")


def duty_of(case: Case, office: str) -> Duty:
    """Return what is asked of a recipient: To is for action, Cc for information; To wins when in both."""
    named = case.header.named()
    return Duty.ACTION if named is None or office in named[0] else Duty.INFORMATION
