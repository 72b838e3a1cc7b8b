"""Several nodes on one database: one order for all."""

import threading
from collections.abc import Callable
from functools import partial

from sqlalchemy import func, select

from mailstore.database import log, schema
from mailstore.database.transaction import Store, Unit
from mailstore.mailboxes import views
from tests.contract.sample import Accepted, accept, enrol, mailbox_id


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
    assert other.read(lambda connection: views.uids(connection, inbox)) == [1]
    assert other.write(lambda unit: accept(unit, 2)).letter.number == 2
