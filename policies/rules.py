"""The fixed order of the rules. The first refusal wins.

Invariant: the order never depends on the letter. `ENVELOPE_RULES` need no signature facts and run first, so that no
engine works for a letter that is refused anyway; `SIGNATURE_RULES` run when the facts are there.
"""

from collections.abc import Callable, Iterator, Sequence

from policies import content, domains, recipients, sender, signing
from policies.case import Case
from policies.reasons import Reason
from policies.verdict import ACCEPTED, Refused, Verdict

Rule = Callable[[Case], Verdict]


def signature_in_place(case: Case) -> Verdict:
    """One detached signature covers the whole letter, or the gateway seals for an allowed system."""
    if case.problem is None or case.sealed_for_system:
        return ACCEPTED
    return case.problem


def signer_enrolled(case: Case) -> Verdict:
    """The key that made the signature is enrolled, and for the office that sends."""
    if case.sealed_for_system:
        return ACCEPTED
    if case.signer is None:
        return Refused(Reason.SIGNER_UNKNOWN, "no enrolled key made this signature")
    if case.signer.address != case.sender_office:
        return Refused(
            Reason.SIGNER_MISMATCH, f"{case.signer.fingerprint} is enrolled for {case.signer.address}"
        )
    return ACCEPTED


def signature_good(case: Case) -> Verdict:
    """Both engines' facts, decided by the signing rules."""
    if case.sealed_for_system:
        return ACCEPTED
    if case.signer is None:
        return Refused(Reason.SIGNER_UNKNOWN, "no enrolled key made this signature")
    return signing.decide(case.facts, case.signer, case.envelope.received, case.settings.signing)


def header_as_signed(case: Case) -> Verdict:
    """Header fields equal their signed copies (RFC 9788); the copies are required when the settings say so."""
    if case.differing:
        return Refused(Reason.HEADERS_DIFFER, ", ".join(case.differing))
    if case.settings.require_header_protection and not case.protected and not case.sealed_for_system:
        return Refused(Reason.HEADERS_DIFFER, "the signature does not cover the header fields")
    return ACCEPTED


ENVELOPE_RULES: tuple[Rule, ...] = (
    content.not_too_large,
    recipients.not_too_many,
    content.well_formed,
    sender.one_from,
    sender.from_is_reverse_path,
    sender.account_may_send,
    sender.reply_to_inside,
    content.no_forged_fields,
    domains.only_enrolled_agencies,
    recipients.known_offices,
    domains.pair_allowed,
    recipients.no_blind_copies,
    recipients.header_names_no_others,
    content.readable_types,
    signature_in_place,
    signer_enrolled,
)
SIGNATURE_RULES: tuple[Rule, ...] = (signature_good, header_as_signed)


def explain(case: Case, rules: Sequence[Rule]) -> Iterator[tuple[str, Verdict]]:
    """Yield every rule's name with its verdict, in order."""
    for rule in rules:
        yield f"{rule.__module__.rpartition('.')[2]}.{rule.__name__}", rule(case)


def decide(case: Case, rules: Sequence[Rule]) -> Verdict:
    """Return the first refusal, or ACCEPTED when every rule says so; what is no verdict refuses, too."""
    for name, verdict in explain(case, rules):
        if verdict != ACCEPTED:
            silent = Refused(Reason.QUARANTINED, f"{name} gave no verdict")
            return verdict if isinstance(verdict, Refused) else silent
    return ACCEPTED
