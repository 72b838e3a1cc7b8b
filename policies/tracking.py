"""The life of a letter: its status is computed from the set of its evidence, never stored.

One table, by priority: a later stage outranks an earlier one, and a late positive fact after a failure outranks the
failure without erasing it. One recipient's failure never colours another's.
"""

from collections.abc import Iterable

from policies.evidence import Event

PRIORITY: tuple[Event, ...] = (
    Event.ACCEPTED,
    Event.TAKEN_OVER,
    Event.EXPIRED,
    Event.NOT_DELIVERED,
    Event.REGISTERED_IN,
    Event.DELIVERED,
    Event.RECALLED,
    Event.HANDED_OVER,
    Event.SEEN,
    Event.EXCEPTION,
    Event.REFUSED,
    Event.ACKNOWLEDGED,
)
_RANK = {event: rank for rank, event in enumerate(PRIORITY)}


def consignment_status(events: Iterable[Event]) -> Event:
    """Return the status of one recipient's consignment, from the events recorded for that recipient.

    ACCEPTED when nothing more is known.
    """
    return max((event for event in events if event in _RANK), key=_RANK.__getitem__, default=Event.ACCEPTED)


def letter_status(consignments: Iterable[Event]) -> Event:
    """Return the status of the whole letter: that of its least advanced recipient for action."""
    return min(consignments, key=_RANK.__getitem__, default=Event.ACCEPTED)
