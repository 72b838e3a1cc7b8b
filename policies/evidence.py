"""The evidence record: one canonical document per fact, and what each kind of event proves.

Invariants:
- A record is its canonical octets (RFC 8785: UTF-8, members sorted by UTF-16 code units, no white space, no floating
  point). Those octets are the leaf of the log; nothing about a record that matters lives outside them.
- A record claims what was observed and not more: HANDED-OVER is not reading, SEEN is not understanding.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

from policies.people.identity import Account
from policies.words.calendar import rfc3339
from policies.words.reasons import Reason

SCHEMA = "murasalat-evidence-1"


class Event(StrEnum):
    """Events, the same words in database, JSON, header fields and receipts."""

    ACCEPTED = "ACCEPTED"
    RECIPIENTS_ADDED = "RECIPIENTS-ADDED"
    REJECTED = "REJECTED"
    TAKEN_OVER = "TAKEN-OVER"
    DELIVERED = "DELIVERED"
    NOT_DELIVERED = "NOT-DELIVERED"
    REGISTERED_IN = "REGISTERED-IN"
    HANDED_OVER = "HANDED-OVER"
    SEEN = "SEEN"
    CLIENT_REPORTED = "CLIENT-REPORTED"
    ACKNOWLEDGED = "ACKNOWLEDGED"
    REFUSED = "REFUSED"
    EXCEPTION = "EXCEPTION"
    REFERRED = "REFERRED"
    RECALLED = "RECALLED"
    REGISTER_CORRECTED = "REGISTER-CORRECTED"
    VOIDED = "VOIDED"
    EXPIRED = "EXPIRED"
    UNLINKED = "UNLINKED"
    RECEIPT_ISSUED = "RECEIPT-ISSUED"
    ADMIN_ACCESS = "ADMIN-ACCESS"
    EXPORTED = "EXPORTED"
    DISPOSED = "DISPOSED"


@dataclass(frozen=True, slots=True)
class Party:
    """An agency and one of its offices, as they were when the record was made."""

    agency: str
    office: str

    def members(self) -> dict[str, object]:
        """Return the record's JSON members."""
        return {"agency": self.agency, "office": self.office}


@dataclass(frozen=True, slots=True)
class Actor:
    """Who acted: a named officer, or a system (then `kind` is "system" and the posts are empty).

    `on_behalf_of` is the office acted for; `method` how the login was proved; `client` the program's own name.
    """

    login: str
    name_ar: str
    name_en: str
    post_ar: str = ""
    post_en: str = ""
    kind: str = "officer"
    on_behalf_of: str = ""
    method: str = ""
    client: str = ""

    @classmethod
    def of(cls, account: Account, office: str, client: str = "") -> "Actor":
        """Return an account acting for `office`; `client` is what the program calls itself."""
        named = {"on_behalf_of": office, "method": account.method, "client": client}
        if account.system is not None:
            system = account.system
            return cls(system.login, system.name_ar, system.name_en, kind="system", **named)
        person = account.officer
        if person is None:
            return cls(account.login, "", "", **named)
        return cls(
            person.login,
            person.name_ar,
            person.name_en,
            person.post_ar,
            person.post_en,
            **named,
        )

    def members(self) -> dict[str, object]:
        """Return the record's JSON members; empty ones are left out."""
        every = {
            "login": self.login,
            "name_ar": self.name_ar,
            "name_en": self.name_en,
            "post_ar": self.post_ar,
            "post_en": self.post_en,
            "kind": self.kind,
            "on_behalf_of": self.on_behalf_of,
            "method": self.method,
            "client": self.client,
        }
        return {name: value for name, value in every.items() if value}


@dataclass(frozen=True, slots=True)
class Issuer:
    """The node and the key that stand behind the record: its checkpoint is signed with that key."""

    node: str
    key_id: str


@dataclass(frozen=True, slots=True)
class Evidence:
    """One fact about one letter, or about a submission that was refused (then `letter_id` is empty)."""

    evidence_id: str
    event: Event
    event_time: datetime
    recorded_time: datetime
    issuer: Issuer
    letter_id: str = ""
    sender: Party | None = None
    recipient: Party | None = None
    actor: Actor | None = None
    sha256: str = ""
    parts: tuple[str, ...] = ()
    reference: str = ""
    incoming_reference: str = ""
    policy: str = ""
    reason: Reason | None = None
    rests_on: tuple[str, ...] = ()
    detail: Mapping[str, object] = field(default_factory=dict)

    def members(self) -> dict[str, object]:
        """Return the record's JSON members; empty ones are left out."""
        every: dict[str, object] = {
            "schema": SCHEMA,
            "evidence_id": self.evidence_id,
            "letter_id": self.letter_id,
            "event": self.event.value,
            "event_time": rfc3339(self.event_time),
            "recorded_time": rfc3339(self.recorded_time),
            "issuer": {"node": self.issuer.node, "key_id": self.issuer.key_id},
            "sender": self.sender.members() if self.sender else None,
            "recipient": self.recipient.members() if self.recipient else None,
            "actor": self.actor.members() if self.actor else None,
            "sha256": self.sha256,
            "parts": list(self.parts),
            "reference": self.reference,
            "incoming_reference": self.incoming_reference,
            "policy": self.policy,
            "reason": self.reason.value if self.reason else "",
            "rests_on": list(self.rests_on),
            "detail": dict(self.detail),
        }
        return {name: value for name, value in every.items() if value not in (None, "", [], {})}

    def canonical(self) -> bytes:
        """Return the canonical octets (RFC 8785)."""
        return canonical_json(self.members())

    @property
    def unique_key(self) -> str:
        """The fact's identity: a retry of the same act yields the same key, another person or office another.

        A refused submission and an administrator's access are each a fact of their own.
        """
        office = self.recipient.office if self.recipient else ""
        person = self.actor.login if self.actor else ""
        return unique_key_for(self.event, self.evidence_id, self.letter_id, office, person)


_EACH_TIME = frozenset(
    {
        Event.REJECTED,
        Event.EXCEPTION,
        Event.ADMIN_ACCESS,
        Event.EXPORTED,
        Event.UNLINKED,
        Event.RECEIPT_ISSUED,
        Event.RECIPIENTS_ADDED,
    }
    | {Event.REGISTER_CORRECTED, Event.REFERRED}
)
_BY_PERSON = frozenset(
    {Event.HANDED_OVER, Event.SEEN, Event.CLIENT_REPORTED, Event.ACKNOWLEDGED, Event.REFUSED}
)


def unique_key_of(members: Mapping[str, Any]) -> str:
    """Return the unique key of a record read back. Raises KeyError, ValueError or AttributeError when it is none."""
    return unique_key_for(
        Event(members["event"]),
        members["evidence_id"],
        members.get("letter_id", ""),
        members.get("recipient", {}).get("office", ""),
        members.get("actor", {}).get("login", ""),
    )


def unique_key_for(event: Event, evidence_id: str, letter_id: str, office: str, person: str) -> str:
    """Return the identity of a fact; `person` (a login) counts only where each person's act is a fact of its own."""
    if event in _EACH_TIME:
        return evidence_id
    return f"{letter_id}|{office}|{event.value}|{person if event in _BY_PERSON else ''}"


def canonical_json(value: object) -> bytes:
    """Return RFC 8785 octets of a value made of str, int, bool, None, list and dict.

    Raises TypeError for a float or any other type: a record must have one form only.
    """
    return json.dumps(_exact(value), ensure_ascii=False, separators=(",", ":"), allow_nan=False).encode()


def _exact(value: object) -> object:
    """Return the value with its members in order, or raise TypeError when it has not exactly one form."""
    if isinstance(value, str):
        if not value.isascii():
            value.encode()  # a lone surrogate has no UTF-8 form
        return value
    if isinstance(value, dict):
        if not all(isinstance(name, str) for name in value):
            raise TypeError("a member's name is not text")
        names = sorted(value, key=None if all(map(str.isascii, value)) else _utf16)
        return {_exact(name): _exact(value[name]) for name in names}
    if isinstance(value, list):
        return [_exact(one) for one in value]
    if isinstance(value, int):
        if abs(value) > 2**53 - 1:
            raise TypeError("an integer beyond 2^53 has no one form in JSON (RFC 8785 section 3.2.2.3)")
        return value
    if value is None:
        return value
    raise TypeError(f"{type(value).__name__} has no canonical form here")


def _utf16(name: str) -> bytes:
    """Return the code units by which RFC 8785 section 3.2.3 orders names."""
    return name.encode("utf-16-be", "surrogatepass")
