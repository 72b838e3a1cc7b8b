"""The message itself: size, form, fields of ours, and parts that only one vendor reads."""

from dataclasses import replace

import pytest

from policies.rules.content import OURS, SINGLE, no_forged_fields, not_too_large, readable_types, well_formed
from policies.settings import PolicySettings
from policies.words.reasons import Reason
from tests.unit.policies.factories import MOF, MOJ, case, envelope, header, program, reason


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
    assert reason(case(header=header(dates=())), well_formed) is Reason.MALFORMED
    bare = header(message_ids=())
    assert reason(case(header=bare), well_formed) is Reason.MALFORMED
    assert reason(case(header=bare, envelope=envelope(account=program())), well_formed) is None


@pytest.mark.parametrize(
    "name",
    [
        "murasalat-reference",
        "murasalat-anything-new",
        "murasalat-grade-x",
        "authentication-results",
        "authentication-results-x",
        "resent-from",
        "resent-date",
    ],
)
def test_fields_that_only_the_gateway_writes(name: str) -> None:
    assert reason(case(header=header(more=(name,))), no_forged_fields) is Reason.CONTENT_FORBIDDEN


@pytest.mark.parametrize(
    "name", ["murasalat-grade", "murasalat-urgency", "x-murasalat-reference", "arc-authentication-results"]
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
    assert all(name.startswith(OURS) for name in (*block, "authentication-results"))


def test_winmail_dat_is_refused_wherever_it_stands() -> None:
    kinds = frozenset({"multipart/signed", "multipart/mixed", "text/plain", "application/ms-tnef"})
    assert reason(case(content_types=kinds), readable_types) is Reason.CONTENT_FORBIDDEN
    assert reason(case(content_types=kinds - {"application/ms-tnef"}), readable_types) is None
