"""The fixed order of the rules. The first refusal wins.

Invariant: the order never depends on the letter. `ENVELOPE_RULES` need no signature facts and run first, so that no
engine works for a letter that is refused anyway; `SIGNATURE_RULES` run when the facts are there.
"""

from collections.abc import Callable, Iterator, Sequence

from policies.case import Case
from policies.rules import content, domains, names, recipients, sender, signing, structure
from policies.verdict import ACCEPTED, Refused, Verdict
from policies.words.reasons import Reason

Rule = Callable[[Case], Verdict]


ENVELOPE_RULES: tuple[Rule, ...] = (
    content.not_too_large,
    recipients.not_too_many,
    content.well_formed,
    names.no_direction_overrides,
    structure.one_reading,
    content.dated_and_identified,
    sender.one_from,
    sender.from_is_reverse_path,
    sender.account_may_send,
    sender.sender_of_same_agency,
    sender.reply_to_inside,
    sender.list_fields_inside,
    names.shows_no_other,
    names.subject_is_no_receipt,
    content.no_forged_fields,
    content.declarations_known,
    domains.only_enrolled_agencies,
    recipients.known_offices,
    domains.pair_allowed,
    recipients.no_blind_copies,
    recipients.header_names_no_others,
    structure.allowed_content,
    signing.signature_in_place,
    signing.signer_enrolled,
)
SIGNATURE_RULES: tuple[Rule, ...] = (signing.signature_good, signing.header_as_signed)


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
