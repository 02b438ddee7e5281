"""The bounded pool: who waits, who is refused, and when a slot comes back."""

import asyncio
import threading
from collections.abc import Callable, Iterator

import pytest

from server.providers.calls import BoundedCalls, DeadlinePassed, NoFreeWorker

LONG, SHORT = 20.0, 0.05


@pytest.fixture
def gate() -> Iterator[threading.Event]:
    """Calls hang at it; it is opened at the latest when the test is over."""
    gate = threading.Event()
    yield gate
    gate.set()


def in_(seconds: float) -> float:
    return asyncio.get_running_loop().time() + seconds


def hang(gate: threading.Event) -> Callable[[], str]:
    def wait() -> str:
        gate.wait(LONG)
        return "late"

    return wait


async def test_a_call_gives_its_result() -> None:
    calls = BoundedCalls(name="t", workers=1)
    assert await calls.run(lambda: 7, not_after=in_(LONG)) == 7
    calls.close()


async def test_a_late_call_is_left_at_the_deadline(gate: threading.Event) -> None:
    calls = BoundedCalls(name="t", workers=2)
    with pytest.raises(DeadlinePassed):
        await calls.run(hang(gate), not_after=in_(SHORT))
    assert await calls.run(lambda: 7, not_after=in_(LONG)) == 7, "the other worker is free"


async def test_a_call_waits_for_a_worker_that_is_still_in_time(gate: threading.Event) -> None:
    calls = BoundedCalls(name="t", workers=1)
    first = asyncio.ensure_future(calls.run(hang(gate), not_after=in_(LONG)))
    second = asyncio.ensure_future(calls.run(lambda: 7, not_after=in_(LONG)))
    await asyncio.wait({second}, timeout=SHORT)
    assert not second.done()
    gate.set()
    assert (await first, await second) == ("late", 7)


async def test_a_call_that_finds_no_worker_by_its_deadline_is_never_begun(
    gate: threading.Event,
) -> None:
    calls = BoundedCalls(name="t", workers=1)
    begun: list[int] = []
    first = asyncio.ensure_future(calls.run(hang(gate), not_after=in_(LONG)))
    await asyncio.sleep(0)  # the first takes the worker
    with pytest.raises(NoFreeWorker):
        await calls.run(lambda: begun.append(1), not_after=in_(SHORT))
    gate.set()
    assert await first == "late" and not begun


async def test_dead_calls_make_the_pool_refuse_at_once_and_only_while_they_last(
    gate: threading.Event,
) -> None:
    calls = BoundedCalls(name="t", workers=2)
    for _ in range(2):
        with pytest.raises(DeadlinePassed):
            await calls.run(hang(gate), not_after=in_(SHORT))
    began = asyncio.get_running_loop().time()
    with pytest.raises(NoFreeWorker):
        await calls.run(lambda: 7, not_after=in_(LONG))
    assert asyncio.get_running_loop().time() - began < LONG / 2
    gate.set()
    assert await _when_free(calls) == 7


async def test_a_caller_that_goes_away_does_not_free_the_worker(gate: threading.Event) -> None:
    calls = BoundedCalls(name="t", workers=1)
    caller = asyncio.ensure_future(calls.run(hang(gate), not_after=in_(LONG)))
    await asyncio.wait({caller}, timeout=SHORT)
    caller.cancel()
    with pytest.raises(asyncio.CancelledError):
        await caller
    with pytest.raises(NoFreeWorker):
        await calls.run(lambda: 7, not_after=in_(SHORT))
    gate.set()
    assert await _when_free(calls) == 7


async def test_a_closed_pool_takes_no_calls() -> None:
    calls = BoundedCalls(name="t", workers=1)
    calls.close()
    with pytest.raises(NoFreeWorker):
        await calls.run(lambda: 7, not_after=in_(LONG))


async def _when_free(calls: BoundedCalls) -> int:
    async with asyncio.timeout(LONG):
        while True:
            try:
                return await calls.run(lambda: 7, not_after=in_(LONG))
            except NoFreeWorker:
                await asyncio.sleep(0)
