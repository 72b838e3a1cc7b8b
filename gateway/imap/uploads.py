"""Whose large uploads are held in memory: of one account a few at a time, the others wait and are not read meanwhile.

Invariant: at most `seats` at once hold more than `SMALL_OCTETS` of a command that has not yet come whole.
"""

from collections import deque
from collections.abc import Callable

SMALL_OCTETS = 1024 * 1024
"""What every session may hold of a command without a seat."""


class Uploads:
    """The seats of one account. Whoever waits is called when one is free, and asks again."""

    def __init__(self, seats: int) -> None:
        self._free = seats
        self._waiting: deque[Callable[[], None]] = deque()

    def enter(self, call: Callable[[], None]) -> bool:
        """Take a seat, in the order of asking; False: `call` is called when it may be asked for again."""
        first = not self._waiting or self._waiting[0] == call
        if self._free and first:
            self._free -= 1
            self.give_up(call)
            return True
        if call not in self._waiting:
            self._waiting.append(call)
        return False

    def give_up(self, call: Callable[[], None]) -> None:
        """Wait no longer."""
        if call in self._waiting:
            self._waiting.remove(call)
            self._call_first()

    def leave(self) -> None:
        """Give a seat back."""
        self._free += 1
        self._call_first()

    def _call_first(self) -> None:
        if self._free and self._waiting:
            self._waiting[0]()
