"""Secrets of logins: making them, storing them, checking them off the event loop.

Invariants:
- A secret is stored only as its Argon2id hash (RFC 9106).
- Hashing never runs on the event loop, and never more than `threads` at a time.
- A queue that is too long is refused at once, not joined. Whoever logged in from the same source before goes
  first, so that guessers elsewhere hold up no honest officer; a source that keeps failing goes last.
"""

import asyncio
import secrets
from collections import Counter, deque
from concurrent.futures import ThreadPoolExecutor
from enum import IntEnum

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from gateway.connections import neighbourhood
from gateway.faults import Unavailable

# OWASP's minimum for Argon2id, about 60 ms on one core: 19 MiB, two passes, one lane. The secrets that this
# module makes have 140 bits, so that the hash guards human-chosen ones and costs little.
_HASHER = PasswordHasher(time_cost=2, memory_cost=19 * 1024, parallelism=1)

_ALPHABET = "abcdefghijkmnpqrstuvwxyz23456789"  # 32 symbols; none can be read as another (no 0 o 1 l)
_GROUPS, _GROUP = 7, 4  # 28 symbols of 5 bits


def generate_secret() -> str:
    """Return a new app password of 140 bits: seven groups of four lower-case letters and digits."""
    return "-".join("".join(secrets.choice(_ALPHABET) for _ in range(_GROUP)) for _ in range(_GROUPS))


def hash_secret(secret: str) -> str:
    """Return the Argon2id hash of `secret` in PHC form, to be stored. Takes about 60 ms of CPU."""
    return _HASHER.hash(secret)


def matches(hashes: tuple[str, ...], secret: str) -> bool:
    """Whether `secret` is the secret of one of `hashes`. Takes about 60 ms of CPU for each hash."""
    return any(_matches(stored, secret) for stored in hashes)


def _matches(stored: str, secret: str) -> bool:
    try:
        return _HASHER.verify(stored, secret)
    except (VerificationError, InvalidHashError):
        return False


class Rank(IntEnum):
    """Who is let in first: a source this account came from before; any other; one that has been failing."""

    KNOWN = 0
    ORDINARY = 1
    SUSPECT = 2


class VerificationRoom:
    """A bounded waiting room before the hashing threads, with a line for each rank.

    `seats` is how many checks may wait in a line; `seats_of_suspect` how many may wait or run for one suspect
    source.
    """

    def __init__(self, threads: int = 2, seats: int = 96, seats_of_suspect: int = 8) -> None:
        self._pool = ThreadPoolExecutor(threads, thread_name_prefix="argon2")
        self._threads = threads
        self._seats = seats
        self._seats_of_suspect = seats_of_suspect
        self._taken: Counter[str] = Counter()
        self._running = 0
        self._lines: tuple[deque[asyncio.Future[None]], ...] = tuple(deque() for _ in Rank)

    def taken(self, source: str) -> int:
        """How many checks asked for by the IP address `source` wait or run."""
        return self._taken[neighbourhood(source)]

    async def matches(self, hashes: tuple[str, ...], secret: str, source: str, rank: Rank) -> bool:
        """As the function `matches`, on a thread; raises Unavailable when there is no seat."""
        key = neighbourhood(source)
        full = len(self._lines[rank]) >= self._seats
        if full or (rank is Rank.SUSPECT and self._taken[key] >= self._seats_of_suspect):
            raise Unavailable("too many logins are waiting for verification")
        self._taken[key] += 1
        try:
            await self._turn(rank)
            try:
                return await asyncio.get_running_loop().run_in_executor(self._pool, matches, hashes, secret)
            finally:
                self._call_next()
        finally:
            self._taken[key] -= 1
            if not self._taken[key]:
                del self._taken[key]

    async def _turn(self, rank: Rank) -> None:
        """Wait for a thread; the caller has it until `_call_next`."""
        if self._running < self._threads:
            self._running += 1
            return
        turn = asyncio.get_running_loop().create_future()
        self._lines[rank].append(turn)
        try:
            await turn
        except asyncio.CancelledError:
            if turn.done() and not turn.cancelled():
                self._call_next()
            raise

    def _call_next(self) -> None:
        """Give the thread to the first of the first line, or to nobody."""
        for line in self._lines:
            while line:
                turn = line.popleft()
                if not turn.done():
                    turn.set_result(None)
                    return
        self._running -= 1

    def close(self) -> None:
        """Stop the threads; checks that still wait are given up."""
        self._pool.shutdown(wait=False, cancel_futures=True)
