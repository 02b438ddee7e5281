"""The relay: background work of every process, kept apart between processes by leases.

It brings news out of the aggregates, lets subscriptions react, and runs the small regular
jobs (sending what is due, sealing the audit trail). Woken by the change feed, so that a
message leaves within milliseconds of the write that caused it; a tick catches what was missed.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass

from server.core.events import Event
from server.storage.outbox import Outbox
from server.subscriptions import Subscriptions

LOG = logging.getLogger("rongqiao.relay")
BATCH = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """Something to be done every so often. ``run`` returns how much it did: more than 0 runs it again."""

    name: str
    every_seconds: float
    run: Callable[[], Awaitable[int]]


class Relay:
    """Runs until stopped. A job that fails is logged by type and tried again at its next turn."""

    def __init__(
        self, *, outbox: Outbox, subscriptions: Subscriptions, jobs: Sequence[Job]
    ) -> None:
        self._outbox = outbox
        self._subscriptions = subscriptions
        self._jobs = (Job(name="events", every_seconds=1.0, run=self.bring_news), *jobs)
        self._wakers = {job.name: asyncio.Event() for job in self._jobs}
        self._stopping = asyncio.Event()
        self._tasks: list[asyncio.Task[None]] = []

    def start(self) -> None:
        """Begin every job."""
        self._tasks = [asyncio.create_task(self._keep_running(job)) for job in self._jobs]

    async def stop(self) -> None:
        """End after what is under way."""
        self._stopping.set()
        self.wake()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def wake(self) -> None:
        """There may be something to do now."""
        for waker in self._wakers.values():
            waker.set()

    async def bring_news(self) -> int:
        """Collect, react, mark; how many events were dealt with."""
        collected = await self._outbox.collect()
        events = await self._outbox.take(BATCH)
        await asyncio.gather(*(self._react(event) for event in events))
        return collected + len(events)

    async def _react(self, event: Event) -> None:
        try:
            await self._subscriptions.react(event)
        except Exception as error:
            LOG.warning("event=%s id=%s failed=%s", event.name, event.id, type(error).__name__)
            await self._outbox.failed(event.id)
        else:
            await self._outbox.done(event.id)

    async def _keep_running(self, job: Job) -> None:
        waker = self._wakers[job.name]
        while not self._stopping.is_set():
            waker.clear()
            try:
                done = await job.run()
            except Exception as error:
                LOG.warning("job=%s failed=%s", job.name, type(error).__name__)
                done = 0
            if done == 0 and not self._stopping.is_set():
                try:
                    await asyncio.wait_for(waker.wait(), job.every_seconds)
                except TimeoutError:
                    continue
