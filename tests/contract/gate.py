"""Hold the writer of a store."""

import threading

from mailstore.database.transaction import Store, Unit


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
