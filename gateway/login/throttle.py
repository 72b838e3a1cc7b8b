"""How often a login may be tried, so that guessing is slow and nobody can lock out anybody else.

Failures are counted for a pair of account and source, and for a source; never for an account alone, so that
an attacker elsewhere cannot lock an honest officer out. One at the officer's own address can fill that pair's window:
`gateway.login.attempts` lets in, beside it, what succeeded from there before.

Invariants:
- Within any `seconds` at most `per_pair` attempts that did not succeed are let through for one account from
  one source, and at most `per_source` from one source. An attempt counts from its start, so that a burst of
  parallel ones is held too.
- Memory is bounded by `capacity` sources and as many pairs; the longest unseen are forgotten first.
"""

import time
from collections import deque
from collections.abc import Callable

from gateway.net.connections import neighbourhood


class Throttle:
    """Sliding windows of attempts. `now` is a monotonic clock in seconds. Not for more than one thread."""

    def __init__(
        self,
        per_pair: int = 10,
        per_source: int = 100,
        seconds: float = 60.0,
        capacity: int = 20_000,
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        self._pairs = _Windows(per_pair, seconds, capacity)
        self._sources = _Windows(per_source, seconds, capacity)
        self._now = now

    def admit(self, account: str, source: str) -> bool:
        """Count an attempt to log in as `account` from the address `source`; False: refused, not counted."""
        now = self._now()
        source = neighbourhood(source)
        pair = f"{account}\0{source}"
        if self._pairs.full(pair, now) or self._sources.full(source, now):
            return False
        self._pairs.add(pair, now)
        self._sources.add(source, now)
        return True

    def forgive(self, account: str, source: str) -> None:
        """Take one admitted attempt back: it succeeded, or nothing was learnt by it."""
        source = neighbourhood(source)
        self._pairs.take_back(f"{account}\0{source}")
        self._sources.take_back(source)

    def attempts(self, source: str) -> int:
        """How many attempts from `source` count at the moment."""
        return self._sources.count(neighbourhood(source), self._now())


class _Windows:
    """The times of the latest attempts, by key; keys in the order in which they were last added to."""

    def __init__(self, limit: int, seconds: float, capacity: int) -> None:
        self._limit = limit
        self._seconds = seconds
        self._capacity = capacity
        self._times: dict[str, deque[float]] = {}

    def count(self, key: str, now: float) -> int:
        times = self._times.get(key)
        if times is None:
            return 0
        while times and times[0] <= now - self._seconds:
            times.popleft()
        if not times:
            del self._times[key]
        return len(times)

    def full(self, key: str, now: float) -> bool:
        return self.count(key, now) >= self._limit

    def add(self, key: str, now: float) -> None:
        times = self._times.pop(key, None) or deque()
        times.append(now)
        if len(self._times) >= self._capacity:
            del self._times[next(iter(self._times))]
        self._times[key] = times

    def take_back(self, key: str) -> None:
        times = self._times.get(key)
        if times:
            times.pop()
            if not times:
                del self._times[key]
