"""The unit of work: all or nothing, one writer, groups in which each answers for itself alone."""

import threading
from contextlib import suppress
from functools import partial
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import create_engine, select, text

from mailstore.database import schema
from mailstore.database.transaction import Reading, Store, Unit
from mailstore.faults import Conflict, StoreFault, StoreUnavailable
from mailstore.letters import register
from tests.contract.conftest import Clock
from tests.contract.gate import Gate
from tests.contract.sample import accept, enrol, mailbox_id

if TYPE_CHECKING:
    from concurrent.futures import Future


def test_what_a_unit_wrote_is_there_after_it_and_its_result_comes_back(store: Store) -> None:
    assert store.write(lambda unit: register.allocate(unit, "S")) == 1
    assert store.read(register.listed) == [("S", 1)]


def test_a_unit_that_raises_leaves_nothing_and_raises_the_same(store: Store) -> None:
    def act(unit: Unit) -> None:
        register.allocate(unit, "S")
        raise KeyError("mine")

    with pytest.raises(KeyError, match="mine"):
        store.write(act)
    assert store.read(register.listed) == []


def test_units_run_in_the_order_they_came(store: Store) -> None:
    gate = Gate(store)
    futures = [store.submit(lambda unit: register.allocate(unit, "S")) for _ in range(100)]
    gate.open()
    assert [future.result() for future in futures] == list(range(1, 101))


def test_what_queues_during_a_commit_is_committed_together(store: Store) -> None:
    gate = Gate(store)
    units: list[Unit] = []  # held, so that no two have one id
    futures = [store.submit(units.append) for _ in range(70)]
    gate.open()
    for future in futures:
        future.result()
    assert len({id(unit) for unit in units}) == 2  # 64 and 6
    assert units[63] is units[0]
    assert units[64] is not units[0]


def test_a_bad_unit_in_a_group_fails_alone_and_everything_of_it_is_taken_back(store: Store) -> None:
    store.write(enrol)
    changed: list[frozenset[int]] = []
    store.on_change(changed.append)
    gate = Gate(store)

    def bad(unit: Unit) -> None:
        accept(unit, 999, to=("MOI",))
        unit.changed.add(4711)
        raise ValueError("no")

    def repeated(unit: Unit) -> None:
        accept(unit, 0)  # the database refuses the key

    first = [store.submit(partial(accept, number=n)) for n in range(3)]
    faulty: list[Future[None]] = [store.submit(bad), store.submit(repeated)]
    last = [store.submit(partial(accept, number=n)) for n in range(3, 6)]
    gate.open()
    accepted = [future.result() for future in first + last]
    with pytest.raises(ValueError, match="no"):
        faulty[0].result()
    with pytest.raises(Conflict):
        faulty[1].result()
    assert [one.letter.number for one in accepted] == [1, 2, 3, 4, 5, 6]
    assert [one.uids for one in accepted] == [[n, n] for n in range(1, 7)]
    assert [one.log_indices for one in accepted] == [[n, n + 1, n + 2] for n in range(0, 18, 3)]
    assert [len(changed), 4711 in changed[0]] == [1, False]

    def stored(connection: Reading) -> list[int]:
        return list(connection.scalars(select(schema.evidence.c.log_index).order_by(text("1"))))

    assert store.read(stored) == list(range(18))
    assert store.read(lambda connection: connection.scalar(select(schema.log_head.c.size))) == 18
    assert store.read(register.listed) == [("MOF/in/2026", 6), ("MOJ/out/2026", 6)]


def test_an_exception_that_is_no_exception_fails_one_unit_and_not_the_writer(store: Store) -> None:
    class Stop(BaseException):
        pass

    def act(_: Unit) -> None:
        raise Stop

    gate = Gate(store)
    futures = [store.submit(act), store.submit(lambda _: None)]
    gate.open()
    assert futures[1].result() is None
    with pytest.raises(Stop):
        futures[0].result()
    with pytest.raises(Stop):
        store.write(act)
    assert store.write(lambda unit: register.allocate(unit, "S")) == 1


def test_a_unit_that_swallows_the_database_s_fault_still_fails_or_leaves_the_rest_whole(store: Store) -> None:
    store.write(enrol)
    store.write(lambda unit: accept(unit, 1))

    def act(unit: Unit) -> None:
        with suppress(Exception):  # what a careless caller would write
            accept(unit, 1)

    gate = Gate(store)
    careless, careful = store.submit(act), store.submit(lambda unit: accept(unit, 2))
    gate.open()
    careless.exception()
    assert careful.result().letter.number in {2, 3}


def test_the_failure_of_a_commit_reaches_every_caller(store: Store) -> None:
    gate = Gate(store)

    def spoil(unit: Unit) -> int:
        unit.log_size += 1  # the log's hashes cannot be stored now
        unit.leaves.append(b"")
        return 0

    futures = [store.submit(lambda unit: register.allocate(unit, "S")) for _ in range(3)]
    futures.append(store.submit(spoil))
    gate.open()
    for future in futures:
        assert isinstance(future.exception(), StoreFault)
    assert store.read(register.listed) == []
    assert store.write(lambda unit: register.allocate(unit, "S")) == 1


def test_a_clock_that_fails_fails_the_unit_and_not_the_writer(database: str) -> None:
    times: list[object] = [ValueError("no time")]

    def clock() -> object:
        if times:
            raise times.pop()  # type: ignore[misc]
        return Clock()()

    store = Store(database, clock=clock)  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="no time"):
        store.write(lambda _: None)
    assert store.write(lambda unit: unit.now) == Clock()()
    store.close()


def test_a_unit_carries_the_clock_s_time_and_the_committed_size(store: Store, clock: Clock) -> None:
    store.write(enrol)
    store.write(lambda unit: accept(unit, 1))
    clock.advance(60)
    assert store.write(lambda unit: (unit.now, unit.log_size, unit.next_index())) == (clock.now, 3, 3)


def test_listeners_hear_the_changed_mailboxes_before_the_caller_and_their_faults_end_nothing(
    store: Store, caplog: pytest.LogCaptureFixture
) -> None:
    store.write(enrol)
    heard: list[frozenset[int]] = []

    def faulty(_: frozenset[int]) -> None:
        raise RuntimeError("deaf")

    store.on_change(faulty)
    store.on_change(heard.append)
    store.write(lambda unit: accept(unit, 1))
    wanted = store.write(
        lambda unit: frozenset({mailbox_id(unit, "MOJ", "Sent"), mailbox_id(unit, "MOF", "INBOX")})
    )
    assert heard == [wanted]
    assert "deaf" in caplog.text


def test_a_future_cancelled_before_its_turn_is_not_run(store: Store) -> None:
    gate = Gate(store)
    cancelled = store.submit(lambda unit: register.allocate(unit, "S"))
    kept = store.submit(lambda unit: register.allocate(unit, "S"))
    assert cancelled.cancel()
    assert not gate.first.cancel()
    gate.open()
    assert kept.result() == 1


def test_closing_finishes_what_is_queued_and_refuses_what_comes_after(store: Store) -> None:
    gate = Gate(store)
    futures = [store.submit(lambda unit: register.allocate(unit, "S")) for _ in range(80)]
    closing = threading.Thread(target=store.close)
    closing.start()
    gate.open()
    closing.join()
    assert [future.result() for future in futures] == list(range(1, 81))
    with pytest.raises(StoreUnavailable):
        store.submit(lambda _: None)
    store.close()


def test_a_reader_cannot_write(store: Store) -> None:
    with pytest.raises(StoreFault):
        store.read(lambda connection: connection.execute(text("INSERT INTO registers VALUES ('S', 1)")))
    assert store.read(register.listed) == []


def test_a_reader_sees_one_snapshot_while_others_write(store: Store) -> None:
    def act(connection: Reading) -> tuple[object, object]:
        before = register.listed(connection)
        store.write(lambda unit: register.allocate(unit, "S"))
        return before, register.listed(connection)

    assert store.read(act) == ([], [])
    assert store.read(register.listed) == [("S", 1)]


def test_faults_of_the_database_in_a_reader_are_the_store_s_own(store: Store) -> None:
    with pytest.raises(StoreFault):
        store.read(lambda connection: connection.execute(text("SELECT nothing FROM nowhere")))


def test_a_store_without_its_log_head_writes_nothing(store: Store, database: str) -> None:
    engine = create_engine(database)
    with engine.begin() as connection:
        connection.execute(text("DELETE FROM log_head"))
    engine.dispose()
    with pytest.raises(StoreFault, match="murasalat init"):
        store.write(lambda unit: register.allocate(unit, "S"))
