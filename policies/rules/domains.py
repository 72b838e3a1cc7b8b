"""Rules about where a letter may go: enrolled agencies only, and only pairs that are allowed."""

from policies.case import Case
from policies.verdict import ACCEPTED, Refused, Verdict
from policies.words.reasons import Reason


def only_enrolled_agencies(case: Case) -> Verdict:
    """Every recipient's domain belongs to an enrolled agency that is not suspended."""
    for recipient in case.envelope.recipients:
        agency = case.directory.agency_for_domain(recipient.address.domain)
        if agency is None:
            return Refused(Reason.DOMAIN_NOT_ALLOWED, recipient.address.key)
        if agency.suspended:
            return Refused(
                Reason.DOMAIN_NOT_ALLOWED, f"{recipient.address.key}: agency {agency.code} is suspended"
            )
    return ACCEPTED


def pair_allowed(case: Case) -> Verdict:
    """No rule forbids letters from the sender's agency to the recipient's."""
    sender = case.directory.agency_of(case.sender_office)
    if sender is None:
        return Refused(Reason.SENDER_MISMATCH, f"{case.sender_office} is not an office")
    for recipient in case.envelope.recipients:
        agency = case.directory.agency_for_domain(recipient.address.domain)
        if agency is None or not case.directory.pair_allowed(sender.code, agency.code):
            code = agency.code if agency else recipient.address.domain
            return Refused(Reason.DOMAIN_NOT_ALLOWED, f"{sender.code} may not write to {code}")
    return ACCEPTED
