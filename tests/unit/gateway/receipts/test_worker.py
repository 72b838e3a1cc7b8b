"""The worker in the background: sleeps, wakes, looks by itself, outlives faults, ends on stop."""

import asyncio
from collections.abc import Callable

import pytest

from gateway.receipts import issuing as module
from gateway.receipts.issuing import Receipting
from gateway.runtime.faults import Unavailable
from tests.unit.gateway.receipts.registry import MOF, MOI, Registry


async def until(condition: Callable[[], bool]) -> None:
    for _ in range(2000):
        if condition():
            return
        await asyncio.sleep(0.01)
    pytest.fail("it never came")


async def test_the_worker_sleeps_until_it_is_woken_and_ends_on_stop(
    registry: Registry, receipting: Receipting, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "IDLE_SECONDS", 3600.0)
    stop = asyncio.Event()
    worker = asyncio.create_task(receipting.run(stop))
    await asyncio.sleep(0.05)
    registry.letter(MOF)
    receipting.wake()
    await until(lambda: len(registry.placed("Receipts")) == 1)
    registry.letter(MOI)
    receipting.wake()
    await until(lambda: len(registry.placed("Receipts")) == 2)
    stop.set()
    await asyncio.wait_for(worker, 20)


async def test_the_worker_looks_by_itself_for_what_another_node_owes(
    registry: Registry, receipting: Receipting, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "IDLE_SECONDS", 0.02)
    stop = asyncio.Event()
    worker = asyncio.create_task(receipting.run(stop))
    await asyncio.sleep(0.05)
    registry.letter(MOF)
    await until(lambda: len(registry.placed("Receipts")) == 1)
    stop.set()
    await asyncio.wait_for(worker, 20)


@pytest.mark.parametrize("fault", [Unavailable("the database is away"), RuntimeError("a bug")])
async def test_the_worker_outlives_a_fault(
    fault: Exception,
    registry: Registry,
    receipting: Receipting,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    monkeypatch.setattr(module, "IDLE_SECONDS", 0.02)
    once, failures = receipting.run_once, [fault]

    async def sometimes() -> int:
        if failures:
            raise failures.pop()
        return await once()

    monkeypatch.setattr(receipting, "run_once", sometimes)
    registry.letter(MOF)
    stop = asyncio.Event()
    worker = asyncio.create_task(receipting.run(stop))
    await until(lambda: len(registry.placed("Receipts")) == 1)
    stop.set()
    await asyncio.wait_for(worker, 20)
    assert "receipts wait" in caplog.text
