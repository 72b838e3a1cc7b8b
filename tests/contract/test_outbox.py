"""What is owed is done exactly once, and never forgotten."""

from datetime import timedelta
from functools import partial

import pytest

from mailstore import outbox
from mailstore.database.transaction import Store
from mailstore.faults import Conflict, NotFound
from mailstore.outbox import PAUSES, Owed
from tests.contract.conftest import Clock
from tests.contract.sample import accept, enrol


@pytest.fixture
def owing(store: Store) -> Store:
    """Three letters, each with a dispatch receipt owed."""
    store.write(enrol)
    for number in range(3):
        store.write(partial(accept, number=number))
    return store


def due(store: Store, clock: Clock, limit: int = 50) -> list[Owed]:
    return store.read(lambda connection: outbox.due(connection, clock.now, limit))


def test_what_is_owed_is_due_at_once_oldest_first(owing: Store, clock: Clock) -> None:
    rows = due(owing, clock)
    assert [row.kind for row in rows] == ["dispatch"] * 3
    assert [row.id for row in rows] == sorted(row.id for row in rows)
    assert due(owing, clock, 2) == rows[:2]
    assert len(owing.read(lambda connection: outbox.listed(connection, "owed"))) == 3
    clock.now -= timedelta(seconds=1)
    assert due(owing, clock) == []


def test_the_same_receipt_is_owed_once(owing: Store, clock: Clock) -> None:
    row = due(owing, clock)[0]
    with pytest.raises(Conflict):
        owing.write(lambda unit: outbox.owe(unit, row.kind, row.letter_id, row.evidence_id))
    owing.write(lambda unit: outbox.owe(unit, "opened", row.letter_id, row.evidence_id))
    assert len(owing.read(lambda connection: outbox.listed(connection, "owed"))) == 4


def test_who_finishes_second_is_told_to_place_nothing(owing: Store, clock: Clock) -> None:
    row = due(owing, clock)[0]
    assert owing.write(lambda unit: outbox.finish(unit, row.id))
    assert not owing.write(lambda unit: outbox.finish(unit, row.id))
    assert not owing.write(lambda unit: outbox.finish(unit, 4711))
    assert row.id not in [one.id for one in due(owing, clock)]
    assert [one.id for one in owing.read(lambda connection: outbox.listed(connection, "done"))] == [row.id]


def test_a_failure_waits_longer_each_time_and_keeps_its_error(owing: Store, clock: Clock) -> None:
    row = due(owing, clock)[0]
    for attempt in range(8):
        owing.write(partial(outbox.postpone, row=row.id, attempts=attempt, error="x" * 600))
        pause = PAUSES[min(attempt, len(PAUSES) - 1)].total_seconds()
        clock.advance(pause - 0.001)
        assert row.id not in [one.id for one in due(owing, clock)]
        clock.advance(0.001)
        again = next(one for one in due(owing, clock) if one.id == row.id)
        assert (again.attempts, again.error) == (attempt + 1, "x" * 500)


def test_work_is_held_and_taken_up_again_by_hand(owing: Store, clock: Clock) -> None:
    row = due(owing, clock)[0]
    for state in ("held", "failed"):
        owing.write(partial(outbox.set_state, row=row.id, state=state))
        assert row.id not in [one.id for one in due(owing, clock)]
        assert [one.id for one in owing.read(partial(outbox.listed, state=state))] == [row.id]
    assert len(owing.read(outbox.listed)) == 3
    owing.write(lambda unit: outbox.set_state(unit, row.id, "owed"))
    assert row.id in [one.id for one in due(owing, clock)]


def test_what_is_done_or_unknown_cannot_be_taken_up_and_a_state_is_one_of_four(
    owing: Store, clock: Clock
) -> None:
    row = due(owing, clock)[0]
    with pytest.raises(Conflict):
        owing.write(lambda unit: outbox.set_state(unit, row.id, "asleep"))
    owing.write(lambda unit: outbox.finish(unit, row.id))
    for number, fault in ((row.id, Conflict), (4711, NotFound)):
        with pytest.raises(fault):
            owing.write(partial(outbox.set_state, row=number, state="owed"))
