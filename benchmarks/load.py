"""A load generator: so many connections, the next request as soon as an answer is complete.

Lean enough not to be what is measured: it writes bytes that were made before and reads as much
of an answer as it takes to know where it ends. A server that closes is connected to again.
"""

import asyncio
import gc
import re
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from benchmarks.machine import Unmeasurable

CONNECTIONS = 32
_LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)", re.IGNORECASE)
_CLOSING = re.compile(rb"\r\nconnection: *close", re.IGNORECASE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Round:
    """How so many requests went. ``latencies_ms`` are sorted; ``answer``: the body of the last."""

    seconds: float
    latencies_ms: Sequence[float]
    answer: bytes = field(repr=False)

    @property
    def per_second(self) -> float:
        return len(self.latencies_ms) / self.seconds

    def percentile(self, percent: float) -> float:
        """In milliseconds."""
        return percentile(self.latencies_ms, percent)


def percentile(ordered: Sequence[float], percent: float) -> float:
    """Of values in order; the nearest rank."""
    return ordered[min(len(ordered) - 1, int(len(ordered) * percent / 100))]


async def drive(port: int, requests: Sequence[bytes], *, connections: int = CONNECTIONS) -> Round:
    """Send each request once. Raises Unmeasurable at the first answer that is not 200."""
    driver = _Driver(port, requests)
    gc.collect()
    gc.disable()
    try:
        return await driver.run(min(connections, len(requests)))
    finally:
        gc.enable()


class _Driver:
    def __init__(self, port: int, requests: Sequence[bytes]) -> None:
        self._port = port
        self._left: Iterator[bytes] = iter(requests)
        self._count = len(requests)
        self._latencies: list[float] = []
        self._answer = b""
        self._lines: set[_Line] = set()
        self._connecting: set[asyncio.Task[None]] = set()
        self._ended: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    async def run(self, connections: int) -> Round:
        begun = time.perf_counter()
        for _ in range(connections):
            self.connect()
        try:
            await self._ended
        finally:
            for line in list(self._lines):
                line.leave()
        return Round(
            seconds=time.perf_counter() - begun,
            latencies_ms=sorted(self._latencies),
            answer=self._answer,
        )

    def connect(self) -> None:
        """One more connection, if there is something left to be sent."""
        request = next(self._left, None)
        if request is not None:
            task = asyncio.get_running_loop().create_task(self._open(request))
            self._connecting.add(task)
            task.add_done_callback(self._connecting.discard)

    async def _open(self, request: bytes) -> None:
        begun = time.perf_counter()
        try:
            _, line = await asyncio.get_running_loop().create_connection(
                lambda: _Line(self), "127.0.0.1", self._port
            )
        except OSError as error:
            self.fail(f"no connection ({error.strerror})")
            return
        self._lines.add(line)
        line.ask(request, begun)

    def took(self, begun: float, answer: bytes) -> None:
        """A complete answer."""
        self._latencies.append((time.perf_counter() - begun) * 1000)
        self._answer = answer
        if len(self._latencies) == self._count and not self._ended.done():
            self._ended.set_result(None)

    def next(self) -> bytes | None:
        """What is to be asked now."""
        return next(self._left, None)

    def left(self, line: "_Line") -> None:
        """A connection is over."""
        self._lines.discard(line)

    def fail(self, problem: str) -> None:
        """Nothing that can be compared."""
        if not self._ended.done():
            self._ended.set_exception(Unmeasurable(f"Under load: {problem}."))


class _Line(asyncio.Protocol):
    """One connection."""

    def __init__(self, driver: _Driver) -> None:
        self._driver = driver
        self._transport: asyncio.Transport | None = None
        self._begun = 0.0
        self._read = b""
        self._is_waiting = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def ask(self, request: bytes, begun: float) -> None:
        """A connection that is made for a request is part of its time."""
        assert self._transport is not None
        self._begun, self._read, self._is_waiting = begun, b"", True
        self._transport.write(request)

    def data_received(self, data: bytes) -> None:
        self._read += data
        head, found, body = self._read.partition(b"\r\n\r\n")
        if not found:
            return
        length = _LENGTH.search(head)
        if head[9:12] != b"200" or length is None:
            self._driver.fail(f"an answer {head[:80]!r}")
            self.leave()
        elif len(body) >= int(length[1]):
            self._is_waiting = False
            self._driver.took(self._begun, body)
            self._go_on(is_closing=_CLOSING.search(head) is not None)

    def _go_on(self, *, is_closing: bool) -> None:
        if is_closing:
            self.leave()
            self._driver.connect()
            return
        request = self._driver.next()
        if request is not None:
            self.ask(request, time.perf_counter())

    def connection_lost(self, exc: Exception | None) -> None:
        self._driver.left(self)
        if self._is_waiting:
            self._driver.fail("a connection was closed before its answer")

    def leave(self) -> None:
        self._is_waiting = False
        if self._transport is not None:
            self._transport.close()
