"""The threads in which pictures are decoded: few, with a short queue, and with a deadline.

A thread can't be stopped: one whose deadline passed keeps its place until it ends.
"""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from server.files.pictures import prepare
from server.files.stored_file import FilesBusy

T = TypeVar("T")
WORKERS = 2
WAITING = 8
DEADLINE_SECONDS = 20.0


class Decoding:
    """One a process."""

    def __init__(self, *, workers: int = WORKERS, waiting: int = WAITING) -> None:
        self._pool = ThreadPoolExecutor(workers, thread_name_prefix="decoding", initializer=prepare)
        self._places = workers + waiting
        self._taken = 0

    async def run(self, work: Callable[[], T]) -> T:
        """Run ``work`` in a thread. Raises FilesBusy when the queue is full or it takes too long."""
        if self._taken >= self._places:
            raise FilesBusy()
        self._taken += 1
        future = asyncio.get_running_loop().run_in_executor(self._pool, work)
        future.add_done_callback(self._give_back)
        try:
            return await asyncio.wait_for(asyncio.shield(future), DEADLINE_SECONDS)
        except TimeoutError:
            raise FilesBusy() from None

    def close(self) -> None:
        """Let the threads end."""
        self._pool.shutdown(wait=False, cancel_futures=True)

    def _give_back(self, future: "asyncio.Future[T]") -> None:
        self._taken -= 1
        if not future.cancelled():
            future.exception()  # looked at, so that nobody logs it as forgotten
