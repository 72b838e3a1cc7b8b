"""Rules about what people see beside the addresses: no borrowed names, no receipts that are none, no turned text.

Invariants:
- A name is judged as it is shown: encoded words decoded. A field that names persons and cannot be read is refused,
  never skipped.
- Overrides and embeddings (U+202A to U+202E) are refused; isolates and marks (U+2066 to U+2069, U+200E, U+200F,
  U+061C) are what honest Arabic text needs, and pass.
"""

import re
import unicodedata
from collections.abc import Iterator
from functools import lru_cache

from policies.addresses.address import AddressRefused, Mailbox, parse_from
from policies.addresses.encoded_word import decode_encoded_words
from policies.case import Case
from policies.people.names import Writer, borrowed
from policies.receipts.imitation import imitates_receipt
from policies.rules.sender import answer_mailboxes
from policies.verdict import ACCEPTED, Refused, Verdict
from policies.words.reasons import Reason

_imitates_receipt = lru_cache(maxsize=1024)(
    imitates_receipt
)  # for names: the same people write again and again
_OVERRIDE = re.compile("[\u202a-\u202e]")


def no_direction_overrides(case: Case) -> Verdict:
    """No Subject and no field of addresses turns the direction of the text around it, plain or in encoded words."""
    for field, text in _shown(case):
        turned = _OVERRIDE.search(text)
        if turned:
            name = unicodedata.name(turned[0])
            return Refused(Reason.CONTENT_FORBIDDEN, f"{field} holds U+{ord(turned[0]):04X} {name}")
    return ACCEPTED


def shows_no_other(case: Case) -> Verdict:
    """The name beside From, Sender and the fields for answers is no other agency's, office's, officer's or ours."""
    for field, mailboxes in _mailboxes(case):
        if isinstance(mailboxes, AddressRefused):
            return Refused(Reason.SENDER_AMBIGUOUS, f"{field}: {mailboxes}")
        for one in mailboxes:
            whose = _whose(case, one) if one.display else ""
            if whose:
                return Refused(
                    Reason.NAME_MISLEADING, f'{field} name "{one.display[:80]}" is that of {whose}'
                )
    return ACCEPTED


def subject_is_no_receipt(case: Case) -> Verdict:
    """The Subject does not pass for a receipt's."""
    for subject in case.header.subjects:
        if imitates_receipt(subject):
            return Refused(
                Reason.NAME_MISLEADING,
                f'Subject "{subject[:80]}" passes for a receipt of the Murasalat gateway',
            )
    return ACCEPTED


def _whose(case: Case, mailbox: Mailbox) -> str:
    """Return who bears the name that is shown, in plain English; empty when the writer may show it."""
    directory = case.directory
    offices = [directory.offices.get(address) for address in {case.sender_office, mailbox.address.key}]
    writer = Writer.of(case.envelope.account, filter(None, offices))
    bearer = borrowed(mailbox.display, directory.names, writer)
    if bearer is not None:
        return str(bearer)
    return "a receipt of the Murasalat gateway" if _imitates_receipt(mailbox.display) else ""


def _mailboxes(case: Case) -> Iterator[tuple[str, tuple[Mailbox, ...] | AddressRefused]]:
    """Yield the fields that say who writes and who is answered, with their mailboxes or why there are none."""
    header = case.header
    for field, values in (("From", header.froms), ("Sender", header.senders)):
        for value in values:
            try:
                yield field, (parse_from(value),)
            except AddressRefused as refused:
                yield field, refused
    yield from answer_mailboxes(case)


def _shown(case: Case) -> Iterator[tuple[str, str]]:
    """Yield every text that a mail program shows of Subject and fields of addresses: as written, and decoded."""
    header = case.header
    for subject in header.subjects:
        yield "Subject", subject
    fields = [
        ("From", header.froms),
        ("Sender", header.senders),
        ("Reply-To", header.reply_tos),
        ("To", header.tos),
        ("Cc", header.ccs),
        *((name, (value,)) for name, value in header.answers),
    ]
    for field, values in fields:
        for value in values:
            text = value.decode("utf-8", "replace")
            yield field, text
            yield field, decode_encoded_words(text)[0]
