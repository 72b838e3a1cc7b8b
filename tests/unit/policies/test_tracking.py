"""Status by priority: later stages outrank earlier ones, and no recipient colours another."""

import itertools

import pytest

from policies.evidence import Event
from policies.tracking import PRIORITY, consignment_status, letter_status

SEEN, HANDED, DELIVERED, FAILED = Event.SEEN, Event.HANDED_OVER, Event.DELIVERED, Event.NOT_DELIVERED


@pytest.mark.parametrize(
    ("events", "status"),
    [
        ([], Event.ACCEPTED),
        ([Event.ACCEPTED], Event.ACCEPTED),
        ([DELIVERED, Event.REGISTERED_IN], DELIVERED),
        ([SEEN, HANDED, DELIVERED], SEEN),
        ([FAILED, DELIVERED], DELIVERED),  # late positive evidence is shown
        ([Event.EXPIRED, SEEN], SEEN),
        ([DELIVERED, Event.RECALLED], Event.RECALLED),
        ([Event.ACKNOWLEDGED, SEEN, HANDED], Event.ACKNOWLEDGED),
        ([Event.REFUSED, SEEN], Event.REFUSED),
        ([Event.RECEIPT_ISSUED, Event.UNLINKED, DELIVERED], DELIVERED),  # no stage of a consignment
        ([Event.ADMIN_ACCESS], Event.ACCEPTED),
    ],
)
def test_the_status_of_a_consignment(events: list[Event], status: Event) -> None:
    for order in itertools.permutations(events):
        assert consignment_status(order) is status


def test_every_stage_outranks_all_before_it() -> None:
    for lower, higher in itertools.combinations(PRIORITY, 2):
        assert consignment_status([higher, lower]) is higher


@pytest.mark.parametrize(
    ("consignments", "status"),
    [
        ([], Event.ACCEPTED),
        ([SEEN], SEEN),
        ([SEEN, HANDED], HANDED),
        ([SEEN, DELIVERED, SEEN], DELIVERED),
        ([SEEN, FAILED], FAILED),
    ],
)
def test_a_letter_is_as_far_as_its_least_advanced_recipient(consignments: list[Event], status: Event) -> None:
    assert letter_status(consignments) is status
    assert letter_status(reversed(consignments)) is status
