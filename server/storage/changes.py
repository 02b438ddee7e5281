"""The change feed: what other processes wrote, told to this one within milliseconds.

One change stream per process whatever the number of listeners, because each holds a thread of
Motor's only pool. Listeners are woken in memory, by collection or by document.
"""

import asyncio
import logging
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from server.storage.mongo import Database, Document, deadline, is_unavailable

Callback = Callable[[str, str, Document | None], None]
Notice = Callable[[], None]

_OPERATIONS = ("insert", "update", "replace", "delete")
MISSED = "missed"
"""The operation told to watchers after a break: something may have happened meanwhile."""
AWAIT_MS = 100
SILENCE_SECONDS = 3.0
LONGEST_PAUSE_SECONDS = 2.0

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """``document``: as it was shortly after the change; None when deleted, or when missed."""

    document_id: str
    operation: str
    document: Document | None = field(repr=False)


class Watcher:
    """An endless iterator over one document's changes; slow readers see only the latest."""

    def __init__(self) -> None:
        self._woken = asyncio.Event()
        self._latest: Change | None = None
        self._ended = False

    def __aiter__(self) -> AsyncIterator[Change]:
        return self

    async def __anext__(self) -> Change:
        await self._woken.wait()
        change, self._latest = self._latest, None
        if change is None:
            raise StopAsyncIteration
        if not self._ended:
            self._woken.clear()
        return change

    def wake(self, change: Change) -> None:
        self._latest = change
        self._woken.set()

    def end(self) -> None:
        """The feed stops: the iteration ends after what is still to be told."""
        self._ended = True
        self._woken.set()


class ChangeFeed:
    """``alive`` is False from the moment changes may be missed until they flow again."""

    def __init__(self, db: Database, collections: Sequence[str] = ()) -> None:
        """``collections``: those to be watched by document; ``subscribe`` adds its own."""
        self._db = db
        self._collections = set(collections)
        self._callbacks: dict[str, list[Callback]] = {}
        self._watchers: dict[tuple[str, str], set[Watcher]] = {}
        self._on_break: list[Notice] = []
        self._on_resume: list[Notice] = []
        self._token: Any = None
        self._start_at: Any = None
        self._task: asyncio.Task[None] | None = None
        self._stopping = asyncio.Event()
        self._alive = asyncio.Event()

    @property
    def alive(self) -> bool:
        return self._alive.is_set()

    def subscribe(self, collection: str, callback: Callback) -> None:
        """``callback(document_id, operation, document | None)``, quick and not a coroutine.

        Only before ``start``.
        """
        if self._task is not None:
            raise ValueError("subscribe before the feed is started")
        self._collections.add(collection)
        self._callbacks.setdefault(collection, []).append(callback)

    def on_break(self, callback: Notice) -> None:
        """Changes may be missed from now on: drop what is cached and cache nothing."""
        self._on_break.append(callback)

    def on_resume(self, callback: Notice) -> None:
        """Changes flow (again): caching is safe from now on."""
        self._on_resume.append(callback)

    @asynccontextmanager
    async def watch(self, collection: str, document_id: str) -> AsyncIterator[Watcher]:
        """Every change made after entering wakes the watcher; read the document after entering."""
        if collection not in self._collections:
            raise ValueError(f"{collection} is not among the collections of the change feed")
        watcher = Watcher()
        watchers = self._watchers.setdefault((collection, document_id), set())
        watchers.add(watcher)
        try:
            yield watcher
        finally:
            watchers.discard(watcher)
            if not watchers:
                self._watchers.pop((collection, document_id), None)

    async def start(self) -> None:
        """Return when changes flow, or after a while without a database; it goes on trying."""
        if self._task is None:
            self._task = asyncio.create_task(self._follow(), name="change feed")
        try:
            await asyncio.wait_for(self._alive.wait(), SILENCE_SECONDS)
        except TimeoutError:
            log.warning("change feed: no database yet")

    async def stop(self) -> None:
        """End it and every watcher; takes a tenth of a second at most while the database answers."""
        self._stopping.set()
        for watchers in self._watchers.values():
            for watcher in watchers:
                watcher.end()
        if self._task is not None:
            await self._task
        self._alive.clear()

    async def _follow(self) -> None:
        pause_seconds = 0.0
        while not self._stopping.is_set():
            try:
                await self._read()
            except Exception as error:
                pause_seconds = min(LONGEST_PAUSE_SECONDS, pause_seconds * 2 + 0.05)
                self._break(error)
            if self.alive:
                pause_seconds = 0.0
            try:
                await asyncio.wait_for(self._stopping.wait(), pause_seconds)
            except TimeoutError:
                pass

    async def _read(self) -> None:
        """Read one stream until it ends; it goes on where the one before it ended."""
        pipeline: list[Document] = [
            {
                "$match": {
                    "ns.coll": {"$in": sorted(self._collections)},
                    "operationType": {"$in": list(_OPERATIONS)},
                }
            }
        ]
        if self._start_at is None:
            with deadline(SILENCE_SECONDS):
                self._start_at = await self._db.operation_time()
        async with self._db.watch(
            pipeline, await_ms=AWAIT_MS, resume_after=self._token, start_at=self._start_at
        ) as stream:
            while stream.alive and not self._stopping.is_set():
                # The bound includes the driver's own attempts to find a server again.
                with deadline(SILENCE_SECONDS):
                    change = await stream.try_next()
                self._token = stream.resume_token
                self._resume()
                if change is not None:
                    self._tell(change)
        if not self._stopping.is_set():
            self._break(None)

    def _tell(self, change: Document) -> None:
        collection = change["ns"]["coll"]
        document_id = change["documentKey"]["_id"]
        operation = change["operationType"]
        document = change.get("fullDocument")
        for callback in self._callbacks.get(collection, ()):
            try:
                callback(document_id, operation, document)
            except Exception:
                log.exception("change feed: a subscriber of %s failed", collection)
        told = Change(document_id=document_id, operation=operation, document=document)
        for watcher in self._watchers.get((collection, document_id), ()):
            watcher.wake(told)

    def _break(self, error: Exception | None) -> None:
        if error is None or not is_unavailable(error):
            # Where we were is no longer in the oplog, or no place at all: begin anew.
            self._token = self._start_at = None
        if not self.alive:
            return
        self._alive.clear()
        log.warning("change feed: broken (%s)", type(error).__name__)
        self._notify(self._on_break)

    def _resume(self) -> None:
        if self.alive:
            return
        self._alive.set()
        log.info("change feed: flowing")
        self._notify(self._on_resume)
        for (_, document_id), watchers in self._watchers.items():
            for watcher in watchers:
                watcher.wake(Change(document_id=document_id, operation=MISSED, document=None))

    def _notify(self, callbacks: list[Notice]) -> None:
        for callback in callbacks:
            try:
                callback()
            except Exception:
                log.exception("change feed: a subscriber failed")
