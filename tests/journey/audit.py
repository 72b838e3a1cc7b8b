"""What a fresh process finds in an instance: letters, their evidence, and whether everything agrees."""

import time
from collections.abc import Callable
from typing import Any, TypeVar

from harness import Site

from gateway.evidence.checkpointing import note_checker
from gateway.instance.home import open_instance
from gateway.letters.tracing import trace
from mailstore import outbox
from mailstore.database.transaction import Reading
from mailstore.evidence import records as evidence
from mailstore.evidence.records import Recorded
from mailstore.integrity import verify
from mailstore.letters import letters
from mailstore.letters.letters import Letter

T = TypeVar("T")


def read(site: Site, act: Callable[[Reading], T]) -> T:
    """Read with a store of its own, as another program would."""
    store = site.store()
    try:
        return store.read(act)
    finally:
        store.close()


def every_letter(site: Site) -> list[Letter]:
    """All letters, oldest first."""
    return read(site, lambda connection: letters.search(connection, letters.Search(limit=10_000)))[::-1]


def numbers(site: Site) -> list[int]:
    """The numbers given to letters of all agencies, in order."""
    return sorted(one.number for one in every_letter(site))


def records(site: Site, reference: str) -> list[Recorded]:
    """The evidence of the letter with this number, in the order of the log."""

    def act(connection: Reading) -> list[Recorded]:
        (letter,) = letters.find(connection, reference)
        return evidence.of_letter(connection, letter.letter_id)

    return read(site, act)


def refusals(site: Site) -> list[dict[str, Any]]:
    """The refused submissions, newest first."""
    return [one.members for one in read(site, lambda connection: evidence.refusals(connection, 1_000))]


def traced(site: Site, word: str) -> dict[str, Any]:
    """The trace document."""
    return read(site, lambda connection: trace(connection, word))


def log_size(site: Site) -> int:
    """How many records the log holds: nothing was written while it stays the same."""

    def act(connection: Reading) -> int:
        return int(connection.exec_driver_sql("SELECT size FROM log_head").scalar() or 0)

    return read(site, act)


def assert_intact(site: Site) -> None:
    """Log, letters, numbers, octets and mailboxes all agree."""
    opened = open_instance(site.home, clock=site.clock)
    try:
        report = opened.store.read(lambda connection: verify(connection, note_checker(opened)))
    finally:
        opened.close()
    assert not report.faults, report.faults[:3]


def wait_for_receipts(site: Site, seconds: float = 30.0) -> None:
    """Wait until nothing is owed any more."""
    store = site.store()
    try:
        until = time.monotonic() + seconds
        while store.read(lambda connection: outbox.listed(connection, "owed")):
            assert time.monotonic() < until, "receipts are still owed"
            time.sleep(0.02)
    finally:
        store.close()
