"""A glance reads as a read does, or says at once that it cannot."""

import pytest

from mailstore.database.transaction import Reading, Store, Unit
from mailstore.directory import directory
from mailstore.faults import NotNow, StoreFault


def _raise_version(unit: Unit) -> None:
    unit.connection.exec_driver_sql("UPDATE instance SET value = '4711' WHERE name = 'directory'")


def test_a_glance_sees_what_was_just_committed_or_gives_up_at_once(store: Store) -> None:
    store.write(_raise_version)
    if store.sqlite:
        assert store.glance(directory.version) == 4711
        store.write(lambda unit: unit.connection.exec_driver_sql("UPDATE instance SET value = '4712'"))
        assert store.glance(directory.version) == 4712
    else:
        with pytest.raises(NotNow):
            store.glance(directory.version)


def test_a_glance_within_a_glance_gives_up_instead_of_waiting(store: Store) -> None:
    def act(_connection: Reading) -> None:
        store.glance(directory.version)

    with pytest.raises(NotNow):
        store.glance(act)


def test_a_glance_cannot_write_and_leaves_nothing_open(store: Store) -> None:
    if not store.sqlite:
        pytest.skip("PostgreSQL is never read at a glance")
    before = store.read(directory.version)
    with pytest.raises(StoreFault):
        store.glance(lambda connection: connection.exec_driver_sql("UPDATE instance SET value = '1'"))
    assert store.glance(directory.version) == before
    store.write(_raise_version)
    assert store.glance(directory.version) == 4711


def test_a_closed_store_is_not_glanced_at(store: Store) -> None:
    store.close()
    with pytest.raises(NotNow):
        store.glance(directory.version)
