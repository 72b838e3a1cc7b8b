"""The one crossing between the event loop and blocking calls.

Invariants:
- The event loop never waits for a lock of the database, a signature engine or a password hash. What it reads itself
  (`glance`) are a few small rows, where SQLite has them at hand.
- A write's result comes back only after its commit is durable.
- The store's faults become `Unavailable` here, once, for every conversation.
"""

import asyncio
import functools
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import ParamSpec, TypeVar

from gateway.runtime.faults import Unavailable
from mailstore.database.transaction import Reading, Store, Unit
from mailstore.faults import NotNow, StoreUnavailable

T = TypeVar("T")
P = ParamSpec("P")


class Offload:
    """Runs blocking work for the event loop: reads and engines on bounded pools, writes on the store's writer."""

    def __init__(self, store: Store, *, readers: int = 4, workers: int = 4) -> None:
        self.store = store
        self._readers = ThreadPoolExecutor(readers, thread_name_prefix="read")
        self._workers = ThreadPoolExecutor(workers, thread_name_prefix="work")

    async def read(self, act: Callable[[Reading], T]) -> T:
        """Run `act` in a reading transaction. Raises Unavailable."""
        loop = asyncio.get_running_loop()
        try:
            return await loop.run_in_executor(self._readers, self.store.read, act)
        except StoreUnavailable as fault:
            raise Unavailable(str(fault)) from fault

    async def glance(self, act: Callable[[Reading], T], otherwise: Callable[[Reading], T] | None = None) -> T:
        """Run a small reading act at once, without the way through another thread, where the store can do so.

        `act` may raise NotNow when it finds that there is more to read than a few rows; then, and where the store
        cannot, `otherwise` runs as `read` does, or `act` itself where none is given. Raises Unavailable.
        """
        try:
            return self.store.glance(act)
        except NotNow:
            return await self.read(otherwise or act)
        except StoreUnavailable as fault:
            raise Unavailable(str(fault)) from fault

    async def write(self, act: Callable[[Unit], T]) -> T:
        """Run `act` as a unit of work and return its result once it is durable. Raises Unavailable."""
        try:
            return await self._submitted(act)
        except StoreUnavailable as fault:
            raise Unavailable(str(fault)) from fault

    def _submitted(self, act: Callable[[Unit], T]) -> "asyncio.Future[T]":
        """Queue a unit; the caller may stop waiting, the unit runs all the same."""
        loop = asyncio.get_running_loop()
        waiting: asyncio.Future[T] = loop.create_future()

        def told(done: "Future[T]") -> None:
            if in_loop(loop):
                _settle(waiting, done)
            else:
                loop.call_soon_threadsafe(_settle, waiting, done)

        self.store.submit(act, loop.call_soon_threadsafe).add_done_callback(told)
        return waiting

    async def call(self, act: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Run any other blocking call on the workers' pool."""
        bound = functools.partial(act, *args, **kwargs)
        return await asyncio.get_running_loop().run_in_executor(self._workers, bound)

    def close(self) -> None:
        """Let running calls end and stop the pools; the store itself is closed by its owner."""
        self._readers.shutdown()
        self._workers.shutdown()


def in_loop(loop: asyncio.AbstractEventLoop) -> bool:
    """Whether the caller is run by this event loop, and not by another thread."""
    try:
        return asyncio.get_running_loop() is loop
    except RuntimeError:
        return False


def _settle(waiting: "asyncio.Future[T]", done: "Future[T]") -> None:
    if waiting.done():  # whoever asked has gone
        return
    fault = done.exception()
    if fault is None:
        waiting.set_result(done.result())
    else:
        waiting.set_exception(fault)
