"""Secrets of logins: making them, storing them, checking them off the event loop.

Invariants:
- A secret is stored only as its Argon2id hash (RFC 9106), and as its SCRAM keys beside it (gateway/login/scram.py).
- Hyphens, blanks and case of a typed secret do not count: what is hashed is its `canonical` form. SCRAM never shows us
  what was typed, so its keys are those of the two spellings that people copy: as it was shown, and without hyphens.
- Hashing never runs on the event loop, and never more than `threads` at a time.
- A queue that is too long is refused, not joined. Whoever logged in from the same source before goes first, and
  the others' sources take turns, so that a guesser holds nobody else up.
"""

import asyncio
import secrets
from collections import Counter, deque
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from enum import IntEnum
from typing import TypeVar

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from gateway.login.scram import stored_keys
from gateway.net.connections import neighbourhood
from gateway.runtime.faults import Unavailable
from mailstore.database.transaction import Unit
from mailstore.directory.credentials import salt_key

T = TypeVar("T")

# OWASP's minimum for Argon2id, about 60 ms on one core: 19 MiB, two passes, one lane. The secrets that this
# module makes have 140 bits, so that the hash guards human-chosen ones and costs little.
_HASHER = PasswordHasher(time_cost=2, memory_cost=19 * 1024, parallelism=1)

_ALPHABET = "abcdefghijkmnpqrstuvwxyz23456789"  # 32 symbols; none can be read as another (no 0 o 1 l)
_FULL = "too many logins are waiting for verification"

_GROUPS, _GROUP = 7, 4  # 28 symbols of 5 bits


def generate_secret() -> str:
    """Return a new app password of 140 bits: seven groups of four lower-case letters and digits."""
    return "-".join("".join(secrets.choice(_ALPHABET) for _ in range(_GROUP)) for _ in range(_GROUPS))


def canonical(secret: str) -> str:
    """Return the one form of all spellings of a secret: without hyphens and blanks, in small letters."""
    return "".join(secret.replace("-", " ").split()).casefold()


def hash_secret(secret: str) -> str:
    """Return the Argon2id hash of `secret` in PHC form, to be stored. Takes about 60 ms of CPU."""
    return _HASHER.hash(canonical(secret).encode("utf-8", "surrogatepass"))


def scram_keys(unit: Unit, login: str, secret: str) -> str:
    """Return the SCRAM keys of a new app password of `login`, to be stored beside its hash. Takes about 2 ms of CPU.

    They are those of its two spellings, separated by a blank.
    """
    salts = salt_key(unit.connection)
    spellings = dict.fromkeys((secret, secret.replace("-", "")))
    return " ".join(stored_keys(spelling, salts, login.lower()) for spelling in spellings)


def which(hashes: tuple[str, ...], secret: str) -> int | None:
    """Return whose secret `secret` is, by place among `hashes`, or None. Takes about 60 ms of CPU for each hash."""
    return next((place for place, stored in enumerate(hashes) if _matches(stored, secret)), None)


def _matches(stored: str, secret: str) -> bool:
    try:
        return _HASHER.verify(stored, canonical(secret).encode("utf-8", "surrogatepass"))
    except (VerificationError, InvalidHashError):
        return False


class Rank(IntEnum):
    """Who is let in first: a source from which the account came before, then any other."""

    KNOWN = 0
    ORDINARY = 1


class VerificationRoom:
    """A bounded waiting room before the hashing threads, with a line of `seats` for each rank."""

    def __init__(self, threads: int = 2, seats: int = 128) -> None:
        self._pool = ThreadPoolExecutor(threads, thread_name_prefix="argon2")
        self._free = threads
        self._lines = {rank: _Line(seats) for rank in Rank}
        self._taken: Counter[str] = Counter()

    def taken(self, source: str) -> int:
        """How many checks asked for by the IP address `source` wait or run."""
        return self._taken[neighbourhood(source)]

    async def which(self, hashes: tuple[str, ...], secret: str, source: str, rank: Rank) -> int | None:
        """As the function `which`, on a thread; raises Unavailable when there is no seat."""
        return await self.run(lambda: which(hashes, secret), source, rank)

    async def run(self, act: Callable[[], T], source: str, rank: Rank) -> T:
        """Run a hashing act on a thread, for the IP address `source`; raises Unavailable when there is no seat."""
        key = neighbourhood(source)
        self._taken[key] += 1
        try:
            await self._turn(key, self._lines[rank])
            try:
                return await asyncio.get_running_loop().run_in_executor(self._pool, act)
            finally:
                self._call_next()
        finally:
            self._taken[key] -= 1
            if not self._taken[key]:
                del self._taken[key]

    async def _turn(self, key: str, line: "_Line") -> None:
        """Wait for a thread; the caller has it until `_call_next`."""
        if self._free:
            self._free -= 1
            return
        turn = line.join(key)
        try:
            await turn
        except asyncio.CancelledError:
            if not line.leave(key, turn):
                self._call_next()
            raise

    def _call_next(self) -> None:
        """Give the thread to the next of the first line, or keep it free."""
        for line in self._lines.values():
            if line.call():
                return
        self._free += 1

    def close(self) -> None:
        """Stop the threads; checks that still wait are given up."""
        self._pool.shutdown(wait=False, cancel_futures=True)


class _Line:
    """Who waits for a turn: sources one after the other, and the checks of each source in order."""

    def __init__(self, seats: int) -> None:
        self._seats = seats
        self._sources: dict[str, deque[asyncio.Future[None]]] = {}

    def join(self, key: str) -> asyncio.Future[None]:
        """Return a turn that will be called; raises Unavailable when there is no seat.

        A source with fewer waiting than another takes the seat of that one's last.
        """
        if sum(map(len, self._sources.values())) >= self._seats:
            longest = max(self._sources, key=lambda source: len(self._sources[source]))
            if len(self._sources.get(key, ())) + 1 >= len(self._sources[longest]):
                raise Unavailable(_FULL)
            self._sources[longest].pop().set_exception(Unavailable(_FULL))
        turn = asyncio.get_running_loop().create_future()
        self._sources.setdefault(key, deque()).append(turn)
        return turn

    def leave(self, key: str, turn: asyncio.Future[None]) -> bool:
        """Take a turn back; False when it has been called."""
        waiting = self._sources.get(key, deque())
        if turn not in waiting:
            return False
        waiting.remove(turn)
        if not waiting:
            del self._sources[key]
        return True

    def call(self) -> bool:
        """Call the next turn; False when nobody waits."""
        for key in self._sources:
            waiting = self._sources.pop(key)
            waiting.popleft().set_result(None)
            if waiting:
                self._sources[key] = waiting
            return True
        return False
