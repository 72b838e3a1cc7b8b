"""What is asked of a signature that does not cover the header: by settings, agency and format."""

import pytest

from policies.header_protection import Demand, demanded, read_demands


@pytest.mark.parametrize(
    ("settings", "agency", "demand"),
    [
        ("warn", "", Demand.WARN),
        ("off", "", Demand.OFF),
        (" Enforce ", "", Demand.ENFORCE),
        ("warn", "enforce", Demand.ENFORCE),
        ("enforce", "off", Demand.OFF),
        ("warn, openpgp: enforce", "", Demand.ENFORCE),
        ("openpgp:off,enforce", "", Demand.OFF),
        ("enforce", "warn, openpgp: off", Demand.OFF),
        ("nonsense", "", Demand.ENFORCE),
        ("off", "nonsense", Demand.ENFORCE),
    ],
)
def test_the_agencys_own_words_come_first_and_nonsense_demands(
    settings: str, agency: str, demand: Demand
) -> None:
    assert demanded(settings, agency, "openpgp") is demand


def test_another_format_has_the_common_demand() -> None:
    assert demanded("warn, openpgp: enforce", "", "other") is Demand.WARN


@pytest.mark.parametrize(
    "text",
    ["", "yes", "warn, warn", "openpgp: off", "warn, pgp: off", "warn, openpgp: off, openpgp: off", "warn,"],
)
def test_what_is_no_demand_is_said(text: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        read_demands(text)
