"""Where a letter may go: enrolled agencies that are not suspended, and pairs that nothing forbids."""

import pytest

from policies.rules.domains import only_enrolled_agencies, pair_allowed
from policies.rules.order import decide
from policies.verdict import Refused
from policies.words.reasons import Reason
from tests.unit.policies.factories import MOF, MOI, MOJ, case, directory, envelope, header, reason

REFUSED = Reason.DOMAIN_NOT_ALLOWED


@pytest.mark.parametrize(
    "address",
    [
        "a@evil.example",
        "registry@moj.gov.example.evil.example",
        "registry@sub.moj.gov.example",
        "registry@gov.example",
        "registry@m0j.gov.example",
    ],
)
def test_every_recipient_is_of_an_enrolled_agency(address: str) -> None:
    for to in ((address,), (MOF, address), (address, MOF)):
        verdict = decide(case(envelope=envelope(to=to)), (only_enrolled_agencies,))
        assert isinstance(verdict, Refused)
        assert (verdict.reason, verdict.detail) == (REFUSED, address)


def test_enrolled_agencies_pass_whatever_the_case_of_letters() -> None:
    assert (
        reason(case(envelope=envelope(to=(MOF, MOI, "Someone@MOJ.GOV.example"))), only_enrolled_agencies)
        is None
    )


def test_nobody_writes_to_a_suspended_agency() -> None:
    one = case(envelope=envelope(to=(MOI, MOF)), directory=directory(suspended=("MOF",)))
    verdict = decide(one, (only_enrolled_agencies,))
    assert isinstance(verdict, Refused)
    assert verdict.reason is REFUSED
    assert "MOF is suspended" in verdict.detail


def test_a_pair_is_forbidden_one_way_only() -> None:
    pairs = {("MOJ", "MOF"): False}
    assert reason(case(directory=directory(pairs=pairs)), pair_allowed) is REFUSED
    assert reason(case(directory=directory(pairs=pairs), envelope=envelope(to=(MOI,))), pair_allowed) is None
    assert (
        reason(case(directory=directory(pairs=pairs), envelope=envelope(to=(MOI, MOF))), pair_allowed)
        is REFUSED
    )
    back = case(
        directory=directory(pairs=pairs), header=header(froms=(MOF.encode(),)), envelope=envelope(MOF, (MOJ,))
    )
    assert reason(back, pair_allowed) is None


def test_a_pair_that_is_allowed_by_name_or_not_named_passes() -> None:
    assert reason(case(directory=directory(pairs={("MOJ", "MOF"): True})), pair_allowed) is None
    assert reason(case(directory=directory(pairs={("MOF", "MOJ"): False})), pair_allowed) is None


def test_an_agency_can_be_forbidden_to_write_to_itself() -> None:
    own = case(envelope=envelope(to=(MOJ,)), directory=directory(pairs={("MOJ", "MOJ"): False}))
    assert reason(own, pair_allowed) is REFUSED
    assert reason(case(envelope=envelope(to=(MOJ,))), pair_allowed) is None


def test_pairs_fail_closed_for_whom_the_directory_does_not_know() -> None:
    assert reason(case(envelope=envelope(to=("a@evil.example",))), pair_allowed) is REFUSED
    unknown = case(header=header(froms=(b"other@moj.gov.example",)))
    assert reason(unknown, pair_allowed) is Reason.SENDER_MISMATCH
