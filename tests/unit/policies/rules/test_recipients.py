"""The recipients: known offices, all of them named in To or Cc and nobody else, and not too many."""

import pytest

from policies.letter import Duty
from policies.rules.recipients import (
    duty_of,
    header_names_no_others,
    known_offices,
    no_blind_copies,
    not_too_many,
)
from policies.settings import PolicySettings
from policies.words.reasons import Reason
from tests.unit.policies.factories import MOF, MOI, MOJ, case, directory, envelope, header, program, reason


@pytest.mark.parametrize(
    ("count", "expected"), [(0, Reason.MALFORMED), (1, None), (3, None), (4, Reason.TOO_MANY_RECIPIENTS)]
)
def test_at_least_one_and_at_most_the_limit(count: int, expected: Reason | None) -> None:
    to = [f"office{number}@mof.gov.example" for number in range(count)]
    one = case(envelope=envelope(to=to), settings=PolicySettings(max_recipients=3))
    assert reason(one, not_too_many) is expected


def test_every_recipient_is_a_live_office() -> None:
    assert reason(case(envelope=envelope(to=(MOF, MOI))), known_offices) is None
    for unknown in ("nobody@mof.gov.example", "registry@mof.gov.example.gov.example"):
        assert reason(case(envelope=envelope(to=(MOF, unknown))), known_offices) is Reason.RECIPIENT_UNKNOWN
    stopped = case(envelope=envelope(to=(MOI, MOF)), directory=directory(suspended=(MOF,)))
    assert reason(stopped, known_offices) is Reason.RECIPIENT_UNKNOWN


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ((b"",), None),
        ((b" \t",), None),
        ((b"", b""), None),
        ((b"registry@moi.gov.example",), Reason.BCC_FORBIDDEN),
        ((b"", b"registry@mof.gov.example"), Reason.BCC_FORBIDDEN),
        ((b"undisclosed-recipients:;",), Reason.BCC_FORBIDDEN),
        ((b"(nobody)",), Reason.BCC_FORBIDDEN),
        ((b",",), Reason.BCC_FORBIDDEN),
    ],
)
def test_only_an_empty_bcc_field_is_no_blind_copy(values: tuple[bytes, ...], expected: Reason | None) -> None:
    assert reason(case(header=header(bccs=values)), no_blind_copies) is expected
    assert reason(case(header=header(more=("resent-bcc",))), no_blind_copies) is Reason.BCC_FORBIDDEN


def test_a_system_that_may_split_sends_to_the_others_later_and_hides_nobody() -> None:
    """The right relaxes exactly one rule: who is named need not be in this transaction."""
    named = header(tos=(f"{MOF}, {MOI}".encode(),))
    may = envelope(account=program(split_recipients=True))
    assert reason(case(header=named, envelope=may), header_names_no_others, no_blind_copies) is None
    may_not = envelope(account=program())
    assert reason(case(header=named, envelope=may_not), header_names_no_others) is Reason.HEADERS_DIFFER
    hidden = envelope(to=(MOF, MOI), account=program(split_recipients=True))
    assert reason(case(envelope=hidden), no_blind_copies) is Reason.BCC_FORBIDDEN


def test_a_recipient_that_the_header_does_not_name_is_a_blind_copy() -> None:
    assert reason(case(envelope=envelope(to=(MOF, MOI))), no_blind_copies) is Reason.BCC_FORBIDDEN
    named = header(tos=(MOF.encode(),), ccs=(b"x@mof.gov.example, Registry <REGISTRY@MOI.gov.example>",))
    assert reason(case(envelope=envelope(to=(MOF, MOI)), header=named), no_blind_copies) is None
    assert reason(case(header=header(tos=())), no_blind_copies) is Reason.BCC_FORBIDDEN


def test_a_name_that_only_looks_like_the_recipient_does_not_name_it() -> None:
    shown = header(tos=(b'"registry mof" <registry@mof.gov.example.evil.example>',))
    assert reason(case(header=shown), no_blind_copies) is Reason.BCC_FORBIDDEN


def test_nobody_is_named_to_whom_it_is_not_sent() -> None:
    for changes in ({"ccs": (MOI.encode(),)}, {"tos": (f"{MOF}, {MOI}".encode(),)}):
        assert reason(case(header=header(**changes)), header_names_no_others) is Reason.HEADERS_DIFFER
    both = case(header=header(ccs=(MOI.encode(),)), envelope=envelope(to=(MOI, MOF)))
    assert reason(both, header_names_no_others, no_blind_copies) is None
    twice = case(header=header(ccs=(MOF.encode(),)))
    assert reason(twice, header_names_no_others, no_blind_copies) is None


@pytest.mark.parametrize("value", [b"group: registry@mof.gov.example;", b"a b c", b"\xff", b"x@y@z.example"])
@pytest.mark.parametrize("field", ["tos", "ccs"])
def test_a_list_that_cannot_be_read_for_certain_is_malformed(field: str, value: bytes) -> None:
    one = case(header=header(**{field: (value,)}))
    assert reason(one, no_blind_copies) is Reason.MALFORMED
    assert reason(one, header_names_no_others) is Reason.MALFORMED


@pytest.mark.parametrize(
    ("tos", "ccs", "duty"),
    [
        ((MOF,), (), Duty.ACTION),
        ((MOJ,), (MOF,), Duty.INFORMATION),
        ((MOF,), (MOF,), Duty.ACTION),
        ((), (MOF,), Duty.INFORMATION),
    ],
)
def test_to_is_for_action_and_cc_for_information(
    tos: tuple[str, ...], ccs: tuple[str, ...], duty: Duty
) -> None:
    one = case(header=header(tos=tuple(map(str.encode, tos)), ccs=tuple(map(str.encode, ccs))))
    assert duty_of(one, MOF) is duty
