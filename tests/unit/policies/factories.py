"""Small makers of rule cases: an honest letter from MOJ to MOF, and what a test changes about it."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from policies.addresses.address import parse_address
from policies.case import Case, Header
from policies.envelope import Envelope, Recipient
from policies.people.directory import Directory
from policies.people.identity import Account, Agency, Grant, Office, Officer, Right, System
from policies.rules.order import ENVELOPE_RULES, SIGNATURE_RULES, Rule, decide
from policies.settings import PolicySettings
from policies.signature import EnrolledKey, Finding, SignatureFacts
from policies.structure import Problem, StructureFacts
from policies.verdict import Refused
from policies.words.reasons import Reason
from policies.words.structure import Kind

AT = datetime(2026, 11, 23, 10, 0, tzinfo=UTC)
MOJ, MOF, MOI = (f"registry@{code}.gov.example" for code in ("moj", "mof", "moi"))
CODES = {MOJ: "MOJ", MOF: "MOF", MOI: "MOI"}
FINGERPRINT, OTHER_FINGERPRINT = "A1" * 20, "B2" * 20
KEY = EnrolledKey(MOJ, "openpgp", FINGERPRINT, b"material", AT - timedelta(days=30))
SYSTEM = System("dms.moj", "MOJ", "نظام الوثائق", "Documents", (MOJ,), ("192.0.2.0/24",))
UNSIGNED = Problem(kind=Kind.UNSIGNED)


def clerk(*offices: str, rights: Iterable[Right] = tuple(Right), suspended: bool = False) -> Account:
    """An officer who acts for these offices."""
    grants = tuple(Grant(one, frozenset(rights)) for one in offices)
    person = Officer("clerk.moj", "كاتب المثال", "Clerk", "كاتب", "Clerk", suspended=suspended, grants=grants)
    return Account("clerk.moj", "password", officer=person)


def program(**changes: Any) -> Account:
    """A legacy system of MOJ that sends for its registry."""
    system = replace(SYSTEM, **changes)
    return Account(system.login, "certificate", system=system)


def directory(
    suspended: Iterable[str] = (), pairs: Mapping[tuple[str, str], bool] | None = None, unsigned: bool = False
) -> Directory:
    """Three agencies with an office each; `suspended` names agencies by code and offices by address."""
    stopped = set(suspended)
    agencies = {
        code: Agency(code, address.partition("@")[2], code, code, code in stopped, unsigned)
        for address, code in CODES.items()
    }
    offices = {
        address: Office(address, code, "السجل", "Registry", address in stopped)
        for address, code in CODES.items()
    }
    domains = {agency.domain: agency.code for agency in agencies.values()}
    return Directory(1, agencies, offices, pairs=pairs or {}, domains=domains)


def envelope(sender: str = MOJ, to: Iterable[str] = (MOF,), account: Account | None = None) -> Envelope:
    """The envelope of one submission; an empty sender is the null path."""
    recipients = tuple(Recipient(parse_address(one)) for one in to)
    reverse = parse_address(sender) if sender else None
    return Envelope(reverse, recipients, account or clerk(MOJ), AT, "192.0.2.7")


def header(**changes: Any) -> Header:
    """The honest header; `names` follows from the values, `more` adds names that have no value here."""
    values: dict[str, Any] = {
        "froms": (MOJ.encode(),),
        "tos": (MOF.encode(),),
        "dates": (b"Mon, 23 Nov 2026 13:00:00 +0300",),
        "message_ids": (b"<1@moj.gov.example>",),
    }
    more = tuple(changes.pop("more", ()))
    values |= changes
    named = {
        "from": "froms",
        "sender": "senders",
        "reply-to": "reply_tos",
        "to": "tos",
        "cc": "ccs",
        "date": "dates",
        "message-id": "message_ids",
        "bcc": "bccs",
        "authentication-results": "authentication_results",
    }
    names = tuple(name for name, field in named.items() for _value in values.get(field, ()))
    return Header(names + more, **values)


def facts(engine: str = "sequoia", **changes: Any) -> SignatureFacts:
    """What an engine reports about the honest signature."""
    good: dict[str, Any] = {
        "finding": Finding.GOOD,
        "fingerprint": FINGERPRINT,
        "signing_fingerprint": FINGERPRINT,
        "created": AT - timedelta(minutes=1),
        "hash_algorithm": "SHA512",
        "key_algorithm": "EdDSA",
        "signature_type": 0,
    }
    return SignatureFacts(engine, "1", **(good | changes))


def both(**changes: Any) -> tuple[SignatureFacts, SignatureFacts]:
    """Both engines of one mind."""
    return facts("sequoia", **changes), facts("gnupg", **changes)


def structure(signature: Problem | Kind | None = None, *kinds: Kind) -> StructureFacts:
    """What was found: in the signature's place, and elsewhere."""
    found = Problem(kind=signature) if isinstance(signature, Kind) else signature
    return StructureFacts(signature=found, problems=tuple(Problem(kind=kind) for kind in kinds))


def case(**changes: Any) -> Case:
    """The honest case: signed by the office's key, both engines content, the header covered."""
    honest: dict[str, Any] = {
        "envelope": envelope(),
        "header": header(),
        "size": 4_000,
        "directory": directory(),
        "settings": PolicySettings(),
        "signer": KEY,
        "facts": both(),
        "protected": True,
        "gateway": "murasalat.gov.example",
        "date": AT,
        "message_id": "<1@moj.gov.example>",
    }
    return Case(**(honest | changes))


def unsigned(**changes: Any) -> Case:
    """An unsigned letter of a system whose agency allows it."""
    system: dict[str, Any] = {
        "envelope": envelope(account=program()),
        "directory": directory(unsigned=True),
        "structure": structure(UNSIGNED),
        "signer": None,
        "facts": (),
        "protected": False,
    }
    return case(**(system | changes))


def reason(one: Case, *rules: Rule) -> Reason | None:
    """Why the rules (all of them when none is named) refuse the case; None when they accept it."""
    verdict = decide(one, rules or ENVELOPE_RULES + SIGNATURE_RULES)
    return verdict.reason if isinstance(verdict, Refused) else None
