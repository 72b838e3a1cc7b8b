"""Receipts: when one is owed, and the facts that it tells. The words are in `receipt_text`.

Invariants:
- A receipt is a rendering of evidence: every fact here was read from a record of the log, or from the
  letter's entry in the register. Nothing is concluded that no record says.
- A receipt never begets a receipt: only the events in `_KINDS` owe one, and RECEIPT-ISSUED is none of them.
- An office's preference and a letter's NOTIFY suppress receipts, never evidence.
"""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from policies.evidence import Actor, Event
from policies.letter import Duty
from policies.words.reasons import Reason


class Kind(StrEnum):
    """The kinds of receipt: the same words in the outbox and in the field `Murasalat-Receipt`."""

    DISPATCH = "dispatch"
    OPENED = "opened"
    FAILED = "failed"


class Preference(StrEnum):
    """Which receipts a sending office wants."""

    ALL = "all"
    EXCEPTIONS = "exceptions"
    NONE = "none"


class Notify(StrEnum):
    """The words of NOTIFY (RFC 3461 section 4.1)."""

    NEVER = "NEVER"
    SUCCESS = "SUCCESS"
    FAILURE = "FAILURE"
    DELAY = "DELAY"


_KINDS = {
    Event.ACCEPTED: Kind.DISPATCH,
    Event.RECIPIENTS_ADDED: Kind.DISPATCH,
    Event.SEEN: Kind.OPENED,
    Event.NOT_DELIVERED: Kind.FAILED,
    Event.EXPIRED: Kind.FAILED,
}


def kind_of(event: Event) -> Kind | None:
    """Return the kind of receipt that an event gives rise to, or None when it gives rise to none."""
    return _KINDS.get(event)


def owed(event: Event, preference: Preference = Preference.ALL) -> bool:
    """Whether the sender's office is owed a receipt about this event."""
    kind = kind_of(event)
    if kind is None or preference is Preference.NONE:
        return False
    return preference is Preference.ALL or kind is Kind.FAILED


def mailbox_for(kind: Kind) -> str:
    """Return the mailbox that a receipt goes to: a failure must be noticed, so it goes to the INBOX."""
    return "INBOX" if kind is Kind.FAILED else "Receipts"


@dataclass(frozen=True, slots=True)
class NamedOffice:
    """An office as a receipt names it: address, agency code, and the names of both in both languages.

    Empty names are those of an office that the directory no longer knows.
    """

    address: str
    agency: str
    office_ar: str = ""
    office_en: str = ""
    agency_ar: str = ""
    agency_en: str = ""


@dataclass(frozen=True, slots=True)
class Consignment:
    """What the log says about one recipient: `status` since `at`, by the record `evidence_id`.

    `status` is ACCEPTED, with no time and no record, as long as nothing is known about this recipient. `code`
    is an enhanced status code (RFC 3463) from the record, or empty. `delivered` is when the letter was placed in
    the office's mailbox, which an expiry does not undo. `notify` and `orcpt` are what the sender asked for this
    recipient (RFC 3461 sections 4.1 and 4.2): empty when it said nothing.
    """

    recipient: NamedOffice
    duty: Duty | None
    incoming_reference: str
    status: Event
    at: datetime | None = None
    evidence_id: str = ""
    reason: Reason | None = None
    code: str = ""
    delivered: datetime | None = None
    notify: frozenset[Notify] = frozenset()
    orcpt: str = ""

    @property
    def told(self) -> bool:
        """Whether the sender wants to be told how this consignment stands (RFC 3461 section 4.1).

        Who says nothing is told everything, who says NEVER nothing; of the rest each state has its word.
        """
        return not self.notify or self._word in self.notify

    @property
    def _word(self) -> Notify:
        if self.status in {Event.NOT_DELIVERED, Event.EXPIRED}:
            # A letter that stands in the mailbox and was not fetched in time is late, not undelivered.
            late = self.status is Event.EXPIRED and self.delivered is not None
            return Notify.DELAY if late else Notify.FAILURE
        return Notify.DELAY if self.status is Event.ACCEPTED else Notify.SUCCESS


@dataclass(frozen=True, slots=True)
class Facts:
    """Everything that one receipt tells.

    `event`, `at`, `evidence_id` and `log_index` are those of the record that caused it. `consignments` are
    those recipients of a dispatch receipt whose state the sender wants to be told, in the order of the envelope, and
    the one recipient of the others; with none of them there is nothing to tell, and no receipt. Where a system split
    them over several transactions they are those of the one that caused it.
    `actor` and `handed_over` (when the letter was first sent to that person's mail program) are set for an
    opening. `envelope_id` is the sender's ENVID (RFC 3461 section 4.4), or empty. `hijri_offset` are days that
    move the Umm al-Qura date. `header_unsigned`
    is true when the letter's signature covers no header field and the policy has the sender told so.
    """

    kind: Kind
    event: Event
    at: datetime
    evidence_id: str
    log_index: int
    letter_id: str
    reference: str
    message_id: str
    subject: str
    sha256: str
    accepted: datetime
    sender: NamedOffice
    consignments: tuple[Consignment, ...]
    actor: Actor | None = None
    handed_over: datetime | None = None
    envelope_id: str = ""
    header_unsigned: bool = False
    hijri_offset: int = 0

    @property
    def delivered_to_all(self) -> bool:
        """Whether every consignment stands as delivered."""
        return all(one.status is Event.DELIVERED for one in self.consignments)
