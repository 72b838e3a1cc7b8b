"""Rules about who sends: exactly one From, equal to the reverse-path, an office that the account may send for."""

from policies.addresses.address import AddressRefused, parse_from, parse_list
from policies.case import Case
from policies.people.identity import Right
from policies.verdict import ACCEPTED, Refused, Verdict
from policies.words.reasons import Reason


def one_from(case: Case) -> Verdict:
    """Exactly one From field with exactly one mailbox (RFC 5322 section 3.6.2, narrowed)."""
    if len(case.header.froms) != 1:
        return Refused(Reason.SENDER_AMBIGUOUS, f"{len(case.header.froms)} From fields")
    try:
        parse_from(case.header.froms[0])
    except AddressRefused as refused:
        return Refused(Reason.SENDER_AMBIGUOUS, f"From: {refused}")
    return ACCEPTED


def from_is_reverse_path(case: Case) -> Verdict:
    """The From address equals MAIL FROM; a Sender field, if any, is one clear address."""
    address = case.header.sole_from()
    if address is None:
        return Refused(Reason.SENDER_AMBIGUOUS, "no clear From")
    reverse = case.envelope.sender
    if reverse is None or reverse.key != address.key:
        return Refused(
            Reason.SENDER_MISMATCH, f"From {address.key}, MAIL FROM {reverse.key if reverse else '<>'}"
        )
    for value in case.header.senders:
        try:
            parse_from(value)
        except AddressRefused as refused:
            return Refused(Reason.SENDER_AMBIGUOUS, f"Sender: {refused}")
    return ACCEPTED


def account_may_send(case: Case) -> Verdict:
    """The From address is a live office of a live agency, and the account holds the right to send for it.

    A system never sends for another agency's office, whatever the directory says.
    """
    office = case.directory.offices.get(case.sender_office)
    if office is None or office.suspended:
        return Refused(Reason.SENDER_MISMATCH, f"{case.sender_office} is not an office")
    agency = case.directory.agencies.get(office.agency)
    if agency is None or agency.suspended:
        return Refused(Reason.SENDER_MISMATCH, f"agency {office.agency} is suspended")
    account = case.envelope.account
    foreign = account.system is not None and account.system.agency != office.agency
    if foreign or not account.may(Right.SEND, office.address):
        return Refused(Reason.SENDER_MISMATCH, f"{account.login} may not send for {office.address}")
    return ACCEPTED


def sender_of_same_agency(case: Case) -> Verdict:
    """A Sender field beside From ("on behalf of") names an office of the same agency, or the account itself.

    It is recorded with the letter; the account needs no right for that office, since From alone says who sends.
    """
    sender, own = case.sender_field, case.directory.agency_of(case.sender_office)
    if sender is None:
        return ACCEPTED
    account, named = case.envelope.account, case.directory.offices.get(sender.key)
    if own is None or case.directory.agency_for_domain(sender.domain) != own:
        return Refused(
            Reason.SENDER_MISMATCH, f"Sender {sender.key} is not of the agency of {case.sender_office}"
        )
    office = named is not None and named.agency == own.code and not named.suspended
    if not office and sender.key != account.login:
        return Refused(Reason.SENDER_MISMATCH, f"Sender {sender.key} is neither an office nor this account")
    return ACCEPTED


def reply_to_inside(case: Case) -> Verdict:
    """Reply-To, if any, stays inside the enrolled agencies' domains."""
    for value in case.header.reply_tos:
        try:
            named = parse_list(value)
        except AddressRefused as refused:
            return Refused(Reason.SENDER_AMBIGUOUS, f"Reply-To: {refused}")
        for one in named:
            if case.directory.agency_for_domain(one.address.domain) is None:
                return Refused(Reason.DOMAIN_NOT_ALLOWED, f"Reply-To {one.address.key}")
    return ACCEPTED
