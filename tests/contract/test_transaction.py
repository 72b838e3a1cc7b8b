"""The unit of work: all or nothing, one writer, groups in which each answers for itself alone."""

import sqlite3
import threading
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import create_engine, func, select, text

from mailstore import evidence, log, mailboxes, register, schema
from mailstore.faults import Conflict, StoreFault, StoreUnavailable, UnsafeStore
from mailstore.transaction import Reading, Store, Unit, refuse_unsafe
from tests.contract.conftest import Clock
from tests.contract.sample import Accepted, accept, enrol, mailbox_id, write
from tests.postgres import PostgreSQL

if TYPE_CHECKING:
    from concurrent.futures import Future


class Gate:
    """Holds the writer inside a first unit, so that what is submitted meanwhile makes one group."""

    def __init__(self, store: Store) -> None:
        entered, self._open = threading.Event(), threading.Event()

        def wait(_: Unit) -> None:
            entered.set()
            assert self._open.wait(20)

        self.first = store.submit(wait)
        assert entered.wait(20)

    def open(self) -> None:
        self._open.set()


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
    times: list[int] = []
    futures = [store.submit(lambda unit: times.append(id(unit))) for _ in range(70)]
    gate.open()
    for future in futures:
        future.result()
    assert len(set(times)) == 2  # 64 and 6
    assert times[63] == times[0]
    assert times[64] != times[0]


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


# ── Durability settings ───────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("pragma", "value"), [("synchronous", "NORMAL"), ("synchronous", "OFF"), ("journal_mode", "DELETE")]
)
def test_unsafe_sqlite_settings_are_refused(
    tmp_path: Path, sqlite_template: Path, pragma: str, value: str
) -> None:
    path = tmp_path / "unsafe.db"
    path.write_bytes(sqlite_template.read_bytes())
    engine = create_engine(f"sqlite:///{path}")
    with engine.connect() as connection:
        refuse_unsafe(connection)
        connection.exec_driver_sql(f"PRAGMA {pragma}={value}")
        with pytest.raises(UnsafeStore, match=pragma):
            refuse_unsafe(connection)
    engine.dispose()


def test_a_sqlite_file_without_a_write_ahead_log_is_not_opened(tmp_path: Path, sqlite_template: Path) -> None:
    path = tmp_path / "unsafe.db"
    path.write_bytes(sqlite_template.read_bytes())
    raw = sqlite3.connect(path)
    raw.execute("PRAGMA journal_mode=DELETE")
    raw.close()
    with pytest.raises(UnsafeStore, match="journal_mode"):
        Store(f"sqlite:///{path}")


@pytest.mark.postgres
def test_unsafe_postgresql_settings_are_refused(postgres: PostgreSQL, postgres_template: str) -> None:
    name = postgres.create(postgres_template)
    store = Store(postgres.url(name))
    postgres.execute(f"ALTER DATABASE {name} SET synchronous_commit = off")
    with pytest.raises(UnsafeStore, match="synchronous_commit"):
        Store(postgres.url(name))
    store._writer.dispose()  # as when the server was restarted: the next connection has the new setting
    with pytest.raises(UnsafeStore):
        store.write(lambda unit: register.allocate(unit, "S"))
    assert store.read(register.listed) == []
    postgres.execute(f"ALTER DATABASE {name} SET synchronous_commit = local")
    assert store.write(lambda unit: register.allocate(unit, "S")) == 1
    store.close()
    postgres.drop(name)


@pytest.mark.postgres
def test_a_lost_connection_is_unavailable_and_the_next_unit_works(
    postgres: PostgreSQL, postgres_template: str
) -> None:
    name = postgres.create(postgres_template)
    store = Store(postgres.url(name))
    cut = f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{name}'"

    def act(unit: Unit) -> None:
        register.allocate(unit, "S")
        postgres.execute(cut)

    gate = Gate(store)
    futures = (store.submit(lambda unit: register.allocate(unit, "S")), store.submit(act))
    gate.open()
    assert [type(future.exception()) for future in futures] == [StoreUnavailable, StoreUnavailable]
    assert store.write(lambda unit: register.allocate(unit, "S")) == 1
    store.close()
    postgres.drop(name)


def test_a_full_disk_is_unavailable_and_writing_goes_on_when_space_returns(
    tmp_path: Path, sqlite_template: Path
) -> None:
    path = tmp_path / "full.db"
    path.write_bytes(sqlite_template.read_bytes())
    store = Store(f"sqlite:///{path}")
    store.write(enrol)

    def limit(unit: Unit, pages: int) -> None:
        unit.connection.exec_driver_sql(f"PRAGMA max_page_count={pages}")

    pages = store.read(lambda connection: connection.exec_driver_sql("PRAGMA page_count").scalar())
    assert pages is not None
    write(store, limit, pages + 4)
    with pytest.raises(StoreUnavailable):
        store.write(lambda unit: accept(unit, 1, body=b"x" * 100_000))
    gate = Gate(store)
    futures = [store.submit(partial(accept, number=n, body=b"x" * 100_000)) for n in range(3)]
    gate.open()
    for future in futures:
        assert isinstance(future.exception(), StoreUnavailable)
    write(store, limit, 1_000_000)
    assert store.write(lambda unit: accept(unit, 1, body=b"x" * 100_000)).letter.number == 1
    assert store.read(lambda connection: len(evidence.refusals(connection, 10))) == 0
    store.close()


# ── Several nodes ─────────────────────────────────────────────────────────────────────────────────────────


def test_two_nodes_give_gapless_numbers_contiguous_indices_and_uids_in_commit_order(
    open_store: Callable[[], Store],
) -> None:
    nodes = [open_store(), open_store()]
    nodes[0].write(enrol)
    inbox = nodes[0].write(lambda unit: mailbox_id(unit, "MOF", "INBOX"))
    done: list[list[tuple[int, int, int]]] = [[], [], [], []]

    def work(thread: int) -> None:
        store = nodes[thread % 2]
        for turn in range(15):
            number = thread * 100 + turn
            try:
                one = store.write(partial(_accept_or_fail, number=number))
                done[thread].append((one.letter.number, one.uids[1], one.log_indices[0]))
            except ValueError:
                assert number % 5 == 4

    threads = [threading.Thread(target=work, args=(n,)) for n in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    every = sorted(one for some in done for one in some)
    assert [number for number, _, _ in every] == list(range(1, 49))
    assert [uid for _, uid, _ in every] == list(range(1, 49))
    assert [index for _, _, index in every] == list(range(0, 144, 3))
    for some in done:
        assert some == sorted(some)
    order = nodes[1].read(
        lambda connection: connection.execute(
            select(schema.entries.c.uid, schema.evidence.c.log_index)
            .join(schema.evidence, schema.evidence.c.letter_id == schema.entries.c.letter_id)
            .where(schema.entries.c.mailbox == inbox, schema.evidence.c.event == "ACCEPTED")
            .order_by(schema.evidence.c.log_index)
        ).all()
    )
    assert [uid for uid, _ in order] == list(range(1, 49))
    size = nodes[0].read(lambda connection: connection.scalar(select(schema.log_head.c.size)))
    nodes_stored = nodes[0].read(lambda c: c.scalar(select(func.count()).select_from(schema.log_nodes)))
    assert size == 144
    assert nodes_stored == sum(144 >> level for level in range(8))
    assert len(nodes[0].read(lambda connection: log.root(connection, 144))) == 32


def _accept_or_fail(unit: Unit, number: int) -> Accepted:
    accepted = accept(unit, number)
    if number % 5 == 4:
        raise ValueError("taken back")
    return accepted


def test_a_node_sees_what_another_wrote_at_once(open_store: Callable[[], Store]) -> None:
    one, other = open_store(), open_store()
    one.write(enrol)
    one.write(lambda unit: accept(unit, 1))
    inbox = other.write(lambda unit: mailbox_id(unit, "MOF", "INBOX"))
    assert other.read(lambda connection: mailboxes.uids(connection, inbox)) == [1]
    assert other.write(lambda unit: accept(unit, 2)).letter.number == 2
