"""The directory snapshot: looked up by exact keys, and silent about whom it does not know."""

import pytest

from policies.people.identity import Right
from tests.unit.policies.factories import MOF, MOJ, SYSTEM, clerk, directory, program


def test_an_office_has_its_agency() -> None:
    found = directory().agency_of(MOJ)
    assert found is not None
    assert (found.code, found.domain) == ("MOJ", "moj.gov.example")
    for unknown in ("", "registry@MOJ.gov.example", "other@moj.gov.example", "moj.gov.example"):
        assert directory().agency_of(unknown) is None


def test_a_domain_has_its_agency() -> None:
    found = directory().agency_for_domain("mof.gov.example")
    assert found is not None
    assert found.code == "MOF"
    for unknown in ("", "gov.example", "sub.mof.gov.example", "mof.gov.example.", "MOF.gov.example"):
        assert directory().agency_for_domain(unknown) is None


def test_a_pair_is_allowed_unless_it_is_named_as_forbidden() -> None:
    known = directory(pairs={("MOJ", "MOF"): False, ("MOF", "MOI"): True})
    assert not known.pair_allowed("MOJ", "MOF")
    assert known.pair_allowed("MOF", "MOJ")
    assert known.pair_allowed("MOF", "MOI")
    assert known.pair_allowed("MOI", "MOJ")


@pytest.mark.parametrize("right", list(Right))
def test_an_officer_may_what_the_grant_for_that_office_says(right: Right) -> None:
    account = clerk(MOJ, rights=[right])
    assert [one for one in Right if account.may(one, MOJ)] == [right]
    assert not any(account.may(one, MOF) for one in Right)
    assert not any(clerk(MOJ, suspended=True).may(one, MOJ) for one in Right)


def test_a_system_may_send_and_nothing_else() -> None:
    assert [one for one in Right if program().may(one, MOJ)] == [Right.SEND]
    assert not any(program().may(one, MOF) for one in Right)
    assert not any(program(suspended=True).may(one, SYSTEM.offices[0]) for one in Right)
