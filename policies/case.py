"""The case that the rules decide: everything known about one submission, gathered before any verdict.

`Header` holds the raw, unfolded values of the outer header's fields: declarations, not proofs. `Case` adds what the
envelope, the directory and the engines say. A rule reads a case and returns a verdict; it changes nothing.
"""

from dataclasses import dataclass, field
from datetime import datetime

from policies.addresses.address import Address, AddressRefused, parse_from, parse_list
from policies.envelope import Envelope
from policies.people.directory import Directory
from policies.settings import PolicySettings
from policies.signature import EnrolledKey, SignatureFacts
from policies.structure import StructureFacts
from policies.words.structure import Kind

# Nothing of the letter itself is signed or encrypted: the gateway's seal can stand in.
_NOTHING_SIGNED = frozenset({Kind.UNSIGNED, Kind.ATTACHED_SIGNED})


@dataclass(frozen=True, slots=True)
class Header:
    """Unfolded values of the outer header's fields, in order; `names` are all field names, lower case."""

    names: tuple[str, ...]
    froms: tuple[bytes, ...] = ()
    senders: tuple[bytes, ...] = ()
    reply_tos: tuple[bytes, ...] = ()
    tos: tuple[bytes, ...] = ()
    ccs: tuple[bytes, ...] = ()
    message_ids: tuple[bytes, ...] = ()
    dates: tuple[bytes, ...] = ()
    eight_bit: bool = False
    utf8: bool = True

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
    that differ from their signed copies. `date` and `message_id` are the fields as they were read, None and "" when
    they cannot be.
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

    @property
    def sender_office(self) -> str:
        """The canonical address of the sole From, or an empty text."""
        address = self.header.sole_from()
        return address.key if address else ""

    @property
    def sealed_for_system(self) -> bool:
        """Whether the gateway's own seal stands in for a signature: an unsigned letter of an allowed system."""
        system, problem = self.envelope.account.system, self.structure.signature
        if system is None or problem is None or problem.kind not in _NOTHING_SIGNED:
            return False
        agency = self.directory.agencies.get(system.agency)
        return agency is not None and agency.allow_unsigned_systems
