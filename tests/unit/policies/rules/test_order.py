"""The order of the rules is fixed, the first refusal wins, and nothing passes but by an explicit ACCEPTED."""

import itertools
from dataclasses import replace

import pytest

from policies.case import Case
from policies.rules.order import ENVELOPE_RULES, SIGNATURE_RULES, Rule, decide, explain
from policies.settings import PolicySettings
from policies.signature import Finding
from policies.verdict import ACCEPTED, Accepted, Refused, Verdict
from policies.words.reasons import Reason
from policies.words.structure import Kind
from tests.unit.policies.factories import (
    FINGERPRINT,
    KEY,
    MOF,
    MOI,
    MOJ,
    UNSIGNED,
    both,
    case,
    clerk,
    directory,
    envelope,
    facts,
    header,
    program,
    reason,
    structure,
    unsigned,
)

ORDER = [
    "content.not_too_large",
    "recipients.not_too_many",
    "content.well_formed",
    "names.no_direction_overrides",
    "structure.one_reading",
    "content.dated_and_identified",
    "sender.one_from",
    "sender.from_is_reverse_path",
    "sender.account_may_send",
    "sender.sender_of_same_agency",
    "sender.reply_to_inside",
    "sender.list_fields_inside",
    "names.shows_no_other",
    "names.subject_is_no_receipt",
    "content.no_forged_fields",
    "content.declarations_known",
    "domains.only_enrolled_agencies",
    "recipients.known_offices",
    "domains.pair_allowed",
    "recipients.no_blind_copies",
    "recipients.header_names_no_others",
    "structure.allowed_content",
    "signing.signature_in_place",
    "signing.signer_enrolled",
    "signing.signature_good",
    "signing.header_as_signed",
]


def accepting(_case: Case) -> Verdict:
    return ACCEPTED


def refusing(why: Reason) -> Rule:
    return lambda _case: Refused(why)


def test_the_order_is_fixed() -> None:
    every = ENVELOPE_RULES + SIGNATURE_RULES
    assert [name for name, _verdict in explain(case(), every)] == ORDER
    bad = case(envelope=envelope("", ()), header=header(froms=()), size=10**9, signer=None, facts=())
    assert [name for name, _verdict in explain(bad, every)] == ORDER


def test_an_honest_letter_and_an_allowed_unsigned_one_are_accepted() -> None:
    assert reason(case()) is None
    assert reason(unsigned()) is None


def test_the_first_refusal_wins() -> None:
    reasons = (Reason.TOO_LARGE, Reason.MALFORMED, Reason.REPLAY)
    for order in itertools.permutations(reasons):
        assert reason(case(), accepting, *map(refusing, order), accepting) is order[0]


def test_a_rule_without_a_verdict_refuses() -> None:
    for nothing in (None, True, "", 0, "accepted"):
        verdict = decide(case(), (accepting, lambda _case, said=nothing: said))  # type: ignore[misc,return-value]
        assert isinstance(verdict, Refused)
        assert verdict.reason is Reason.QUARANTINED
    assert decide(case(), (lambda _case: Accepted(),)) == ACCEPTED


def test_a_rule_that_fails_never_accepts() -> None:
    def broken(_case: Case) -> Verdict:
        raise LookupError

    with pytest.raises(LookupError):
        decide(case(), (accepting, broken, accepting))


def test_rules_behind_a_refusal_are_not_asked() -> None:
    asked: list[str] = []

    def noting(one: Case) -> Verdict:
        asked.append(one.sender_office)
        return ACCEPTED

    assert reason(case(), noting, refusing(Reason.MALFORMED), noting) is Reason.MALFORMED
    assert asked == [MOJ]


# What is wrong with a letter, in the order in which the rules must name it: each line is also wrong in all later ways.
WRONG = [
    (Reason.TOO_LARGE, {"size": 10**9}),
    (Reason.TOO_MANY_RECIPIENTS, {"envelope": envelope(to=(MOF, MOI))}),
    (Reason.MALFORMED, {"structure": structure(None, Kind.HEADER_LINE)}),
    (Reason.MALFORMED, {"date": None}),
    (Reason.SENDER_AMBIGUOUS, {"header": header(froms=(b"a@moj.gov.example", b"b@moj.gov.example"))}),
    (Reason.SENDER_MISMATCH, {"envelope": envelope(MOI)}),
    (Reason.SENDER_MISMATCH, {"envelope": envelope(account=clerk(MOI))}),
    (Reason.DOMAIN_NOT_ALLOWED, {"header": header(reply_tos=(b"x@evil.example",))}),
    (Reason.CONTENT_FORBIDDEN, {"header": header(more=("murasalat-reference",))}),
    (Reason.DOMAIN_NOT_ALLOWED, {"directory": directory(suspended=("MOF",))}),
    (Reason.RECIPIENT_UNKNOWN, {"directory": directory(suspended=(MOF,))}),
    (Reason.DOMAIN_NOT_ALLOWED, {"directory": directory(pairs={("MOJ", "MOF"): False})}),
    (Reason.BCC_FORBIDDEN, {"header": header(tos=())}),
    (Reason.HEADERS_DIFFER, {"header": header(ccs=(MOI.encode(),))}),
    (Reason.CONTENT_FORBIDDEN, {"structure": structure(None, Kind.TNEF)}),
    (Reason.SIGNATURE_MISSING, {"structure": structure(UNSIGNED)}),
    (Reason.SIGNER_UNKNOWN, {"signer": None}),
    (Reason.SIGNATURE_BAD, {"facts": both(finding=Finding.BAD)}),
    (Reason.HEADERS_DIFFER, {"differing": ("subject",)}),
]


@pytest.mark.parametrize("position", range(len(WRONG)))
def test_each_wrong_is_named_before_every_later_one(position: int) -> None:
    expected, first = WRONG[position]
    settings = PolicySettings(max_recipients=1)
    assert reason(case(settings=settings, **first)) is expected
    for _later, second in WRONG[position + 1 :]:
        assert reason(case(settings=settings, **(second | first))) is expected


def test_the_structure_is_named_as_it_was_found() -> None:
    for kind, why in (
        (Kind.ENCRYPTED, Reason.SIGNATURE_STRUCTURE),
        (Kind.NOT_CLOSED, Reason.SIGNATURE_STRUCTURE),
        (Kind.DUPLICATE_FIELD, Reason.MALFORMED),
        (Kind.UNSIGNED, Reason.SIGNATURE_MISSING),
    ):
        assert reason(case(structure=structure(kind), facts=())) is why


def test_a_key_of_another_office_is_no_key_of_the_sender() -> None:
    assert reason(case(signer=replace(KEY, address=MOI))) is Reason.SIGNER_MISMATCH
    other = both(fingerprint="C3" * 20)
    assert reason(case(facts=other)) is Reason.SIGNER_MISMATCH


def test_no_facts_and_one_engine_never_accept() -> None:
    assert reason(case(facts=())) is Reason.QUARANTINED
    assert reason(case(facts=(facts(),))) is Reason.QUARANTINED
    assert reason(case(facts=(facts(), facts()))) is Reason.QUARANTINED
    assert reason(case(facts=(facts(), facts("gnupg", finding=Finding.BAD)))) is Reason.QUARANTINED


def test_the_seal_stands_in_for_a_missing_signature_alone() -> None:
    assert reason(unsigned(directory=directory(unsigned=False))) is Reason.SIGNATURE_MISSING
    assert reason(unsigned(structure=structure(Kind.INLINE_PGP))) is Reason.SIGNATURE_STRUCTURE
    assert reason(unsigned(envelope=envelope())) is Reason.SIGNATURE_MISSING
    assert reason(unsigned(envelope=envelope(account=program(suspended=True)))) is Reason.SENDER_MISMATCH
    signed_by_nobody = unsigned(structure=structure())
    assert reason(signed_by_nobody) is Reason.SIGNER_UNKNOWN


def test_header_protection_is_asked_for_only_when_set() -> None:
    bare = case(protected=False)
    for words, expected in (("off", None), ("warn", None), ("enforce", Reason.HEADERS_UNPROTECTED)):
        settings = PolicySettings(header_protection=words)
        assert reason(replace(bare, settings=settings)) is expected
        assert reason(case(settings=settings)) is None
        assert reason(unsigned(settings=settings)) is None
        assert reason(case(differing=("to",), settings=settings)) is Reason.HEADERS_DIFFER


def test_an_agencys_own_demand_and_the_grades_count_before_the_settings() -> None:
    people = directory()
    strict = people.agencies | {"MOJ": replace(people.agencies["MOJ"], header_protection="enforce")}
    bare = case(protected=False, directory=replace(people, agencies=strict))
    assert reason(bare) is Reason.HEADERS_UNPROTECTED
    off = PolicySettings(header_protection="off")
    secret = case(header=header(declarations=(("murasalat-grade", "secret"),)), settings=off)
    assert reason(replace(secret, protected=False)) is Reason.HEADERS_UNPROTECTED
    assert reason(secret) is Reason.HEADERS_UNPROTECTED  # protected, but for the grade
    assert reason(replace(secret, covered=("murasalat-grade",))) is None
    none = replace(off, header_protection_grades=frozenset())
    assert reason(replace(secret, protected=False, settings=none)) is None


def test_an_unknown_declaration_is_refused_for_systems_too() -> None:
    ultra = header(declarations=(("murasalat-grade", "ultra"),))
    assert reason(case(header=ultra)) is Reason.GRADE_UNKNOWN
    assert reason(unsigned(header=ultra)) is Reason.GRADE_UNKNOWN


def test_a_refusal_says_what_it_is_about() -> None:
    for expected, changes in WRONG:
        verdict = decide(
            case(settings=PolicySettings(max_recipients=1), **changes), ENVELOPE_RULES + SIGNATURE_RULES
        )
        assert isinstance(verdict, Refused)
        assert verdict.reason is expected
        assert verdict.detail
        assert "\n" not in verdict.detail
    verdict = decide(case(signer=replace(KEY, address=MOI)), ENVELOPE_RULES)
    assert FINGERPRINT in str(verdict)
