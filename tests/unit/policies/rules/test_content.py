"""The message itself: size, form, fields of ours, and parts that only one vendor reads."""

from dataclasses import replace

import pytest

from policies.rules.content import OURS, SINGLE, no_forged_fields, not_too_large, readable_types, well_formed
from policies.settings import PolicySettings
from policies.words.reasons import Reason
from tests.unit.policies.factories import (
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


def test_what_could_not_be_read_is_malformed() -> None:
    assert reason(case(malformed="nested-too-deep"), well_formed) is Reason.MALFORMED


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
    for dates in ((), (b"",), (b"yesterday",), (b"2026-11-23T10:00:00Z",), (b"Mon, 23 Nov 2026 10:00:00",)):
        assert reason(case(header=header(dates=dates)), well_formed) is Reason.MALFORMED
        assert reason(case(header=header(dates=dates), envelope=system), well_formed) is None
    assert reason(case(header=header(dates=(b"23 Nov 26 10:00 EST (old)",))), well_formed) is None
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


def test_winmail_dat_is_refused_wherever_it_stands() -> None:
    kinds = frozenset({"multipart/signed", "multipart/mixed", "text/plain", "application/ms-tnef"})
    assert reason(case(content_types=kinds), readable_types) is Reason.CONTENT_FORBIDDEN
    assert reason(case(content_types=kinds - {"application/ms-tnef"}), readable_types) is None
