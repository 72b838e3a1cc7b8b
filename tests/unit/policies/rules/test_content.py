"""The message itself: size, header, date and identity, fields of ours; and what a person is told."""

import re
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from policies.rules.content import (
    OURS,
    SINGLE,
    dated_and_identified,
    no_forged_fields,
    not_too_large,
    well_formed,
)
from policies.rules.order import ENVELOPE_RULES, decide
from policies.settings import PolicySettings
from policies.verdict import Refused
from policies.words.reasons import Reason
from tests.unit.policies.factories import (
    AT,
    MOF,
    MOJ,
    case,
    directory,
    envelope,
    header,
    program,
    reason,
    unsigned,
)


def test_the_size_limit_is_exact() -> None:
    settings = PolicySettings(max_size=4_000)
    assert reason(case(size=4_000, settings=settings), not_too_large) is None
    assert reason(case(size=4_001, settings=settings), not_too_large) is Reason.TOO_LARGE


@pytest.mark.parametrize(
    ("eight_bit", "utf8", "smtputf8", "expected"),
    [
        (False, True, False, None),
        (True, True, True, None),
        (True, True, False, Reason.MALFORMED),
        (True, False, True, Reason.MALFORMED),
        (True, False, False, Reason.MALFORMED),
    ],
)
def test_raw_arabic_needs_smtputf8(
    eight_bit: bool, utf8: bool, smtputf8: bool, expected: Reason | None
) -> None:
    one = case(header=header(eight_bit=eight_bit, utf8=utf8), envelope=replace(envelope(), smtputf8=smtputf8))
    assert reason(one, well_formed) is expected


def test_raw_arabic_of_a_sealed_system_needs_no_smtputf8_but_is_utf_8() -> None:
    """Only where the gateway seals: a system's own signature, or an agency that did not allow it, changes nothing."""
    raw = header(eight_bit=True, utf8=True)
    assert reason(unsigned(header=raw), well_formed) is None
    assert reason(unsigned(header=header(eight_bit=True, utf8=False)), well_formed) is Reason.MALFORMED
    assert reason(unsigned(header=raw, directory=directory()), well_formed) is Reason.MALFORMED
    assert reason(case(header=raw, envelope=envelope(account=program())), well_formed) is Reason.MALFORMED


@pytest.mark.parametrize("name", [one for one in SINGLE if one != "from"])
def test_fields_that_stand_once_at_most(name: str) -> None:
    names = header().names
    once = case(header=replace(header(), names=names if name in names else (*names, name)))
    assert reason(once, well_formed) is None
    twice = case(header=replace(header(), names=(*once.header.names, name)))
    assert reason(twice, well_formed) is Reason.MALFORMED


def test_two_from_are_left_to_the_sender_rules_which_refuse() -> None:
    two = case(header=header(froms=(MOJ.encode(), MOF.encode()), dates=()))
    assert reason(two, well_formed) is None
    assert reason(two) is Reason.SENDER_AMBIGUOUS


def test_date_and_message_id_are_needed() -> None:
    system = envelope(account=program())
    assert reason(case(header=header(dates=())), well_formed) is Reason.MALFORMED
    assert reason(case(header=header(dates=()), envelope=system), well_formed) is None
    bare = header(message_ids=())
    assert reason(case(header=bare), well_formed) is Reason.MALFORMED
    assert reason(case(header=bare, envelope=envelope(account=program())), well_formed) is None


@pytest.mark.parametrize(
    "name",
    [
        "murasalat-reference",
        "murasalat-anything-new",
        "murasalat-grade-x",
        "resent-from",
        "resent-date",
    ],
)
def test_fields_that_only_the_gateway_writes(name: str) -> None:
    assert reason(case(header=header(more=(name,))), no_forged_fields) is Reason.CONTENT_FORBIDDEN


@pytest.mark.parametrize(
    "name",
    [
        "murasalat-grade",
        "murasalat-urgency",
        "x-murasalat-reference",
        "arc-authentication-results",
        "authentication-results-x",
    ],
)
def test_declarations_and_other_peoples_fields_pass(name: str) -> None:
    assert reason(case(header=header(more=(name,))), no_forged_fields) is None


def test_every_field_of_the_header_block_is_ours() -> None:
    block = (
        "murasalat-reference",
        "murasalat-incoming-reference",
        "murasalat-letter-id",
        "murasalat-evidence",
    )
    assert all(name.startswith(OURS) for name in block)


@pytest.mark.parametrize(
    "value",
    [
        "murasalat.gov.example; openpgp=pass",
        "MURASALAT.Gov.Example; openpgp=pass",
        "murasalat.gov.example 1; openpgp=pass",
        "(mail.moj) murasalat.gov.example (x); openpgp=pass",
        "(a \\) (b)) murasalat.gov.example; none",
        '"murasalat.gov.example"; openpgp=pass',
        '"murasalat.\\gov.example" ; none',
        "murasalat.gov.example.; none",
        "rnurasalat.gov.example; none",  # to the eye it is ours
        "mail.moj.gov.example murasalat.gov.example; openpgp=pass",
        "murasalat.gov.example",
        "(murasalat.gov.example; none",
        '"murasalat.gov.example; none',
        "\t murasalat.gov.example\t; none",
    ],
)
def test_results_in_our_name_are_refused_however_it_is_written(value: str) -> None:
    one = case(header=header(authentication_results=(b"mx.moj.gov.example; none", value.encode())))
    assert reason(one, no_forged_fields) is Reason.CONTENT_FORBIDDEN


@pytest.mark.parametrize(
    "value",
    [
        "mx.moj.gov.example; spf=pass smtp.mailfrom=murasalat.gov.example",
        "mx.moj.gov.example 1; dkim=none (murasalat.gov.example)",
        "murasalat.gov.example.moj.gov.example; none",
        "mail; none",
        '"a;b"; spf=pass',
        "",
    ],
)
def test_results_of_others_stay_below_ours(value: str) -> None:
    one = case(header=header(authentication_results=(value.encode(),)))
    assert reason(one, no_forged_fields) is None
    assert reason(replace(one, gateway=""), no_forged_fields) is Reason.CONTENT_FORBIDDEN


@pytest.mark.parametrize(
    ("days", "expected"), [(0, None), (7, None), (-7, None), (8, Reason.MALFORMED), (-8, Reason.MALFORMED)]
)
def test_an_officers_date_lies_near_the_clock(days: int, expected: Reason | None) -> None:
    far = case(date=AT + timedelta(days=days))
    assert reason(far, dated_and_identified) is expected
    assert reason(replace(far, envelope=envelope(account=program())), dated_and_identified) is None
    wider = replace(far, settings=PolicySettings(date_days=30))
    assert reason(wider, dated_and_identified) is None


@pytest.mark.parametrize("changes", [{"date": None}, {"message_id": ""}])
def test_an_officers_date_and_message_id_can_be_read(changes: dict[str, Any]) -> None:
    assert reason(case(**changes), dated_and_identified) is Reason.MALFORMED
    assert reason(case(**changes, envelope=envelope(account=program())), dated_and_identified) is None


def test_every_refusal_here_tells_a_person_what_and_how() -> None:
    wrong: list[dict[str, Any]] = [
        {"size": 10**9},
        {"header": header(eight_bit=True)},
        {"header": header(more=("subject", "subject"))},
        {"header": header(dates=())},
        {"header": header(message_ids=())},
        {"date": None},
        {"message_id": ""},
        {"date": AT - timedelta(days=9)},
        {"header": header(tos=(f"{MOF}; {MOJ}".encode(),))},
        {"header": header(ccs=(MOJ.encode(),))},
    ]
    for changes in wrong:
        verdict = decide(case(**changes), ENVELOPE_RULES)
        assert isinstance(verdict, Refused), changes
        assert verdict.said is not None, changes
        assert re.search("[\u0600-\u06ff]", verdict.said.ar)
        assert verdict.said.en.isascii()
        assert verdict.said.en.count(". ") >= 1, "a sentence, and a remedy"


def test_a_size_is_told_in_megabytes_of_files() -> None:
    verdict = not_too_large(case(size=40 * 1024 * 1024))
    assert isinstance(verdict, Refused)
    assert verdict.said is not None
    assert "about 30.7 MB of files, and 19.1 MB are allowed" in verdict.said.en
    assert "30.7 ميغابايت" in verdict.said.ar
    small = not_too_large(case(size=2_000, settings=PolicySettings(max_size=1_999)))
    assert isinstance(small, Refused)
    assert small.said is not None
    assert "about 1.5 KB of files, and 1.4 KB are allowed" in small.said.en


def test_semicolons_are_named_as_what_they_are() -> None:
    verdict = decide(case(header=header(tos=(f"{MOF}; {MOJ}".encode(),))), ENVELOPE_RULES)
    assert isinstance(verdict, Refused)
    assert verdict.said is not None
    assert "separated by semicolons" in verdict.said.en
    assert "فاصلة منقوطة" in verdict.said.ar
    group = decide(case(header=header(tos=(b"all: a@b.example, c@d.example;",))), ENVELOPE_RULES)
    assert isinstance(group, Refused)
    assert "groups" in group.detail
