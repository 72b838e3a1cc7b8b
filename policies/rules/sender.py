"""Rules about who sends: exactly one From, equal to the reverse-path, an office that the account may send for."""

import re
from collections.abc import Iterator

from policies.addresses.address import AddressRefused, Mailbox, parse_address, parse_from, parse_list
from policies.case import LIST_FIELDS, Case
from policies.people.identity import Right
from policies.verdict import ACCEPTED, Refused, Verdict
from policies.words.reasons import Reason

# What stands in such a field when nobody is to be answered: the null path, and words of news readers and of X.400.
_NO_ADDRESS = frozenset(
    {b"", b"<>", b"never", b"nobody", b"always", b"poster", b"no", b"yes", b"true", b"false"}
)
_BRACKETED = re.compile("<([^<>]*+)>")
# RFC 6068 without percent-encoding and without fields that name further recipients; RFC 3986 without user and port.
_TARGET = re.compile(
    r"mailto:(?P<mailboxes>[^?&%]++)(?:\?subject=[^&?]*+)?|https?://(?P<host>[a-z0-9.-]{1,253}+)(?:/[^\\]*+)?",
    re.IGNORECASE,
)


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
    """Reply-To and its relatives (`ANSWER_FIELDS`), if any, stay inside the enrolled agencies' domains."""
    for field, named in answer_mailboxes(case):
        if isinstance(named, AddressRefused):
            return Refused(Reason.SENDER_AMBIGUOUS, f"{field}: {named}")
        for one in named:
            if case.directory.agency_for_domain(one.address.domain) is None:
                return Refused(Reason.DOMAIN_NOT_ALLOWED, f"{field} {one.address.key}")
    return ACCEPTED


def list_fields_inside(case: Case) -> Verdict:
    """Every address that a List- field offers (RFC 2369) is a mailbox or a page inside enrolled agencies' domains."""
    for field, value in case.header.answers:
        if field not in LIST_FIELDS or value.strip().upper() == b"NO":
            continue
        text = value.decode("utf-8", "replace")
        targets = _BRACKETED.findall(text)
        if not targets:
            return Refused(Reason.SENDER_AMBIGUOUS, f"{field}: no address in angle brackets")
        for target in targets:
            if not _inside(case, target):
                return Refused(Reason.DOMAIN_NOT_ALLOWED, f"{field} {target[:100]}")
    return ACCEPTED


def answer_mailboxes(case: Case) -> Iterator[tuple[str, tuple[Mailbox, ...] | AddressRefused]]:
    """Yield each field that says who is answered: its name, and its mailboxes or why they cannot be read."""
    header = case.header
    answers = (one for one in header.answers if one[0] not in LIST_FIELDS)
    for field, value in (*(("Reply-To", one) for one in header.reply_tos), *answers):
        if field != "Reply-To" and value.strip().lower() in _NO_ADDRESS:
            continue
        try:
            yield field, parse_list(value)
        except AddressRefused as refused:
            yield field, refused


def _inside(case: Case, target: str) -> bool:
    """Whether a URL leads to mailboxes or a host of an enrolled agency, and can be read no other way."""
    match = _TARGET.fullmatch(
        "".join(target.split())
    )  # RFC 2369 section 2: blanks inside the brackets are ignored
    if match is None:
        return False
    if match["mailboxes"] is not None:
        try:
            named = [parse_address(one) for one in match["mailboxes"].split(",")]
        except AddressRefused:
            return False
        return all(case.directory.agency_for_domain(one.domain) is not None for one in named)
    labels = match["host"].lower().split(".")
    return any(case.directory.agency_for_domain(".".join(labels[at:])) for at in range(len(labels)))
