"""Pages that wait, by the thousand: a socket each and as little more as possible."""

import asyncio
import time
from collections.abc import Sequence
from functools import partial

from benchmarks.machine import Unmeasurable

AT_ONCE = 16
"""Pages that open at the same time: enough to keep the server busy, too few to queue up."""
BEAT = b": still here"
_NEWS = b"\ndata: "


class Page(asyncio.Protocol):
    """One page. ``told_at``: when it heard its last news, by the monotonic clock."""

    __slots__ = ("_hall", "_transport", "opened", "told_at", "news")

    def __init__(self, hall: "Hall") -> None:
        self._hall = hall
        self._transport: asyncio.Transport | None = None
        self.opened: asyncio.Future[None] | None = None
        self.told_at = 0.0
        self.news = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def ask(self, request: bytes) -> "asyncio.Future[None]":
        """Done when the stream has begun."""
        assert self._transport is not None
        self.opened = asyncio.get_running_loop().create_future()
        self._transport.write(request)
        return self.opened

    def data_received(self, data: bytes) -> None:
        now = time.monotonic()
        if self.opened is not None:
            self._begin(data)
        if BEAT in data:
            self._hall.beats.append(now)
        if _NEWS in b"\n" + data:
            self.told_at, self.news = now, data
            self._hall.hear(self)

    def _begin(self, data: bytes) -> None:
        opened, self.opened = self.opened, None
        assert opened is not None
        if data[9:12] == b"200" and b"text/event-stream" in data:
            opened.set_result(None)
        else:
            opened.set_exception(Unmeasurable(f"A page could not wait: {data[:200]!r}"))

    def connection_lost(self, exc: Exception | None) -> None:
        self._transport = None
        self._hall.lost += 1
        if self.opened is not None and not self.opened.done():
            self.opened.set_exception(Unmeasurable("A page was closed before it could wait."))

    def leave(self) -> None:
        """The browser is closed."""
        if self._transport is not None:
            self._transport.close()


class Hall:
    """All pages. ``beats``: when each heartbeat arrived; ``lost``: pages whose stream ended."""

    def __init__(self, port: int) -> None:
        self._port = port
        self.pages: list[Page] = []
        self.beats: list[float] = []
        self.lost = 0
        self.news = 0
        self._waited_for: dict[Page, asyncio.Future[None]] = {}

    async def open(self, requests: Sequence[bytes]) -> None:
        """One page for each request, in their order."""
        left = iter(requests)
        self.pages = [Page(self) for _ in requests]
        waiting = iter(self.pages)

        async def some() -> None:
            for request, page in zip(left, waiting, strict=False):
                loop = asyncio.get_running_loop()
                await loop.create_connection(partial(_itself, page), "127.0.0.1", self._port)
                await page.ask(request)

        await asyncio.gather(*(some() for _ in range(AT_ONCE)))

    async def told(self, page: Page) -> None:
        """Until the page hears its next news."""
        future = self._waited_for[page] = asyncio.get_running_loop().create_future()
        async with asyncio.timeout(10):
            await future

    def hear(self, page: Page) -> None:
        """A page was told something."""
        self.news += 1
        future = self._waited_for.pop(page, None)
        if future is not None and not future.done():
            future.set_result(None)

    async def quiet(self, seconds: float) -> None:
        """Until nobody is told anything for so long."""
        before = -1
        while before != self.news:
            before = self.news
            await asyncio.sleep(seconds)
        self.news = 0

    async def beat(self) -> float:
        """Seconds from the first page to the last that hears one heartbeat, the next one."""
        self.beats.clear()
        async with asyncio.timeout(30):
            while not self.beats:
                await asyncio.sleep(0.05)
        seen = 0
        while seen != len(self.beats):
            seen = len(self.beats)
            await asyncio.sleep(0.5)
        return self.beats[-1] - self.beats[0]

    async def all_told_at(self) -> float:
        """When the last page of all heard its news, by the monotonic clock."""
        async with asyncio.timeout(60):
            while self.news < len(self.pages) - self.lost:
                await asyncio.sleep(0.01)
        return max(page.told_at for page in self.pages)

    def leave(self) -> None:
        """Everybody."""
        for page in self.pages:
            page.leave()


def _itself(page: Page) -> Page:
    return page
