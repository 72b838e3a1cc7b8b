"""The case that the rules decide: everything known about one submission, gathered before any verdict.

`Header` holds the raw, unfolded values of the outer header's fields: declarations, not proofs. `Case` adds what the
envelope, the directory and the engines say. A rule reads a case and returns a verdict; it changes nothing.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime

from policies.addresses.address import Address, AddressRefused, parse_from, parse_list
from policies.declarations import Declaration, declaration_of
from policies.envelope import Envelope
from policies.header_protection import Demand, demanded
from policies.people.directory import Directory
from policies.settings import PolicySettings
from policies.signature import EnrolledKey, SignatureFacts
from policies.structure import StructureFacts
from policies.words.structure import Kind

# Nothing of the letter itself is signed or encrypted: the gateway's seal can stand in.
_NOTHING_SIGNED = frozenset({Kind.UNSIGNED, Kind.ATTACHED_SIGNED})

# Fields that name where answers, receipts or error messages go, besides Reply-To: RFC 8098 (with its predecessors),
# RFC 5321 section 4.4, and what mail programs and old systems honour without an RFC.
ANSWER_FIELDS = frozenset({
    "mail-reply-to", "mail-followup-to", "x-reply-to", "mail-copies-to", "disposition-notification-to",
    "x-confirm-reading-to", "read-receipt-to", "x-read-receipt-to", "return-receipt-to", "x-return-receipt-to",
    "receipt-to", "acknowledge-to", "x-acknowledge-to", "registered-mail-reply-requested-by",
    "notice-requested-upon-delivery-to", "generate-delivery-report", "errors-to", "x-errors-to", "warnings-to",
    "return-path",
})  # fmt: skip
# RFC 2369: lists of addresses in angle brackets; mail programs make buttons of them.
LIST_FIELDS = frozenset(
    f"list-{what}" for what in ("post", "unsubscribe", "subscribe", "help", "owner", "archive")
)


@dataclass(frozen=True, slots=True)
class Header:
    """Unfolded values of the outer header's fields, in order; `names` are all field names, lower case.

    `subjects` are decoded as a mail program shows them. `answers` are names (lower case) and values of the fields in
    `ANSWER_FIELDS` and `LIST_FIELDS`.
    `declarations` are the fields that declare grade and urgency: lower-case name and decoded value.
    """

    names: tuple[str, ...]
    froms: tuple[bytes, ...] = ()
    senders: tuple[bytes, ...] = ()
    reply_tos: tuple[bytes, ...] = ()
    tos: tuple[bytes, ...] = ()
    ccs: tuple[bytes, ...] = ()
    message_ids: tuple[bytes, ...] = ()
    dates: tuple[bytes, ...] = ()
    bccs: tuple[bytes, ...] = ()
    authentication_results: tuple[bytes, ...] = ()
    eight_bit: bool = False
    utf8: bool = True
    subjects: tuple[str, ...] = ()
    answers: tuple[tuple[str, bytes], ...] = ()
    declarations: tuple[tuple[str, str], ...] = ()

    def sole_from(self) -> Address | None:
        """Return the From address when there is exactly one clear one, else None."""
        if len(self.froms) != 1:
            return None
        try:
            return parse_from(self.froms[0]).address
        except AddressRefused:
            return None

    def named(self) -> tuple[tuple[str, ...], tuple[str, ...]] | None:
        """Return the canonical addresses in To and in Cc, or None when either does not parse."""
        try:
            to = tuple(one.address.key for value in self.tos for one in parse_list(value))
            cc = tuple(one.address.key for value in self.ccs for one in parse_list(value))
        except AddressRefused:
            return None
        return to, cc


@dataclass(frozen=True, slots=True)
class Case:
    """One submission before the rules.

    `structure` is what was found in the MIME structure, the signature's place among it. `signer` is the enrolled key
    that made the signature, by its full fingerprint (None when no enrolled key did). `differing` names header fields
    that differ from their signed copies, `covered` those that the signature covers. `date` and `message_id` are the
    fields as they were read, None and "" when they cannot be. `gateway` is our own name in Authentication-Results;
    without it nobody else's can be told from ours, and all are refused.
    """

    envelope: Envelope
    header: Header
    size: int
    directory: Directory
    settings: PolicySettings
    structure: StructureFacts = field(default_factory=StructureFacts)
    date: datetime | None = None
    message_id: str = ""
    signer: EnrolledKey | None = None
    facts: tuple[SignatureFacts, ...] = ()
    protected: bool = False
    differing: tuple[str, ...] = ()
    covered: tuple[str, ...] = ()
    gateway: str = ""

    @property
    def sender_office(self) -> str:
        """The canonical address of the sole From, or an empty text."""
        address = self.header.sole_from()
        return address.key if address else ""

    def covers(self, names: Iterable[str]) -> bool:
        """Whether the signature covers every header field of these lower-case names."""
        return set(names) <= set(self.covered)

    @property
    def declaration(self) -> Declaration:
        """Grade and urgency as the header declares them."""
        return declaration_of(self.header.declarations)

    @property
    def protection(self) -> Demand:
        """What is asked of a signature that does not cover the header: by the sender's agency, else by the settings."""
        agency = self.directory.agency_of(self.sender_office)
        own = agency.header_protection if agency else ""
        return demanded(self.settings.header_protection, own, self.signer.format if self.signer else "")

    @property
    def sender_field(self) -> Address | None:
        """The address in Sender when it is another than the one in From ("on behalf of"), else None."""
        try:
            named = [parse_from(value).address for value in self.header.senders]
        except AddressRefused:
            return None
        return next((address for address in named if address.key != self.sender_office), None)

    @property
    def splits_recipients(self) -> bool:
        """Whether the account is a system that may send one letter in several transactions."""
        system = self.envelope.account.system
        return system is not None and system.split_recipients

    @property
    def sealed_for_system(self) -> bool:
        """Whether the gateway's own seal stands in for a signature: an unsigned letter of an allowed system."""
        system, problem = self.envelope.account.system, self.structure.signature
        if system is None or problem is None or problem.kind not in _NOTHING_SIGNED:
            return False
        agency = self.directory.agencies.get(system.agency)
        return agency is not None and agency.allow_unsigned_systems
