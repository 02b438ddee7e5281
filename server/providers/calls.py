"""Running a vendor's blocking client from the event loop without being held by it.

A worker thread can't be stopped: when its caller's deadline passes, the thread goes on until its
socket gives up. So a slot is freed when the thread ends, not when the caller leaves, and a pool
full of such calls says no at once.
"""

import asyncio
import contextlib
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

T = TypeVar("T")


class NoFreeWorker(Exception):
    """The call was not begun."""


class DeadlinePassed(Exception):
    """The call was begun; whether it took effect is unknown."""


class BoundedCalls:
    """One small pool for one vendor's product."""

    def __init__(self, *, name: str, workers: int) -> None:
        self._workers = workers
        self._executor = ThreadPoolExecutor(max_workers=workers, thread_name_prefix=name)
        self._slots = asyncio.Semaphore(workers)
        self._due: dict[object, float] = {}

    async def run(self, call: Callable[[], T], *, not_after: float) -> T:
        """Runs a call that never raises; not_after is on the loop's clock.

        Raises NoFreeWorker or DeadlinePassed.
        """
        loop = asyncio.get_running_loop()
        if self._is_dead(loop.time()):
            raise NoFreeWorker
        future = await self._begin(loop, call, not_after)
        left = max(0.0, not_after - loop.time())
        done, _ = await asyncio.wait({asyncio.wrap_future(future)}, timeout=left)
        if not done:
            raise DeadlinePassed
        return future.result()

    def close(self) -> None:
        """Takes no more calls and waits for none."""
        self._executor.shutdown(wait=False, cancel_futures=True)

    def _is_dead(self, now: float) -> bool:
        held = self._due.values()
        return len(held) >= self._workers and all(due <= now for due in held)

    async def _begin(
        self, loop: asyncio.AbstractEventLoop, call: Callable[[], T], not_after: float
    ) -> Future[T]:
        try:
            async with asyncio.timeout_at(not_after):
                await self._slots.acquire()
        except TimeoutError:
            raise NoFreeWorker from None
        try:
            future = self._executor.submit(call)
        except RuntimeError:  # closed
            self._slots.release()
            raise NoFreeWorker from None
        self._due[future] = not_after
        future.add_done_callback(lambda ended: self._end_soon(loop, ended))
        return future

    def _end_soon(self, loop: asyncio.AbstractEventLoop, ended: Future[T]) -> None:
        with contextlib.suppress(RuntimeError):  # the loop is gone, and the slots with it
            loop.call_soon_threadsafe(self._end, ended)

    def _end(self, ended: object) -> None:
        del self._due[ended]
        self._slots.release()
