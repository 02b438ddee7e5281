"""Pages that wait: what a stream costs, and how it ends."""

import asyncio
import gc
import sys
import tracemalloc
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from functools import partial

import pytest
from tornado.httpserver import HTTPServer
from tornado.netutil import bind_sockets
from tornado.web import Application, RequestHandler

from handlers.waiting import SEATS, News, WaitingRoom
from tests.waiting import until

MANY = 500


@dataclass(slots=True)
class HandBell:
    """Rung by the test."""

    alive: bool = True
    listeners: list[Callable[[str | None], None]] = field(default_factory=list)

    def listen(self, listener: Callable[[str | None], None]) -> None:
        self.listeners.append(listener)

    def ring(self, subject_id: str | None) -> None:
        for listener in self.listeners:
            listener(subject_id)


@dataclass(slots=True)
class Hall:
    """A room with a door, and the one sentence that everybody is told."""

    room: WaitingRoom
    bell: HandBell
    port: int = 0
    news: News | None = None
    asked: int = 0
    broken: bool = False

    async def ask(self, subject_id: str) -> News | None:
        self.asked += 1
        if self.broken:
            raise TimeoutError
        return self.news

    async def enter(self, subject_id: str) -> asyncio.StreamReader:
        """A page that waits, past the head of its answer."""
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
        _open.append(writer)
        writer.write(f"GET /{subject_id} HTTP/1.1\r\nHost: here\r\n\r\n".encode())
        head = await reader.readuntil(b"\r\n\r\n")
        assert head.startswith(b"HTTP/1.1 200") and b"text/event-stream" in head
        assert await reader.readuntil(b"\n\n") == b"retry: 2000\n\n"
        return reader


_open: list[asyncio.StreamWriter] = []


async def open_hall(heartbeat_seconds: float) -> tuple[Hall, HTTPServer]:
    bell = HandBell()
    hall = Hall(room=WaitingRoom((bell,), heartbeat_seconds=heartbeat_seconds), bell=bell)

    class Door(RequestHandler):
        async def get(self, subject_id: str) -> None:
            hall.room.seat(self, subject_id, partial(hall.ask, subject_id))

    server = HTTPServer(Application([(r"/(.+)", Door)], log_function=lambda handler: None))
    sockets = bind_sockets(0, "127.0.0.1", backlog=1024)
    server.add_sockets(sockets)
    hall.port = sockets[0].getsockname()[1]
    return hall, server


@pytest.fixture
async def hall() -> AsyncIterator[Hall]:
    hall, server = await open_hall(0.05)
    yield hall
    await hall.room.close()
    server.stop()
    while _open:
        _open.pop().close()


async def told(reader: asyncio.StreamReader) -> bytes:
    """The next that is not a heartbeat."""
    async with asyncio.timeout(5):
        while (frame := await reader.readuntil(b"\n\n")) == b": still here\n\n":
            pass
        return frame


async def ended(reader: asyncio.StreamReader) -> bool:
    async with asyncio.timeout(5):
        return (await reader.read()).replace(b": still here\n\n", b"") == b""


async def test_only_those_who_wait_for_it_are_asked_for_and_the_same_is_not_told_twice(
    hall: Hall,
) -> None:
    one, other = await hall.enter("one"), await hall.enter("other")
    await until(lambda: hall.asked == 2)
    hall.news = {"text": "a"}
    hall.bell.ring("one")
    assert await told(one) == b'data: {"text":"a"}\n\n'
    assert hall.asked == 3
    hall.bell.ring("one")
    await until(lambda: hall.asked == 4)
    hall.news = {"text": "b"}
    hall.bell.ring(None)
    assert await told(one) == await told(other) == b'data: {"text":"b"}\n\n'


async def test_a_stream_shows_that_it_lives_and_is_forgotten_when_its_page_is_gone(
    hall: Hall,
) -> None:
    reader = await hall.enter("one")
    async with asyncio.timeout(5):
        assert await reader.readuntil(b"\n\n") == b": still here\n\n"
    _open.pop().close()
    await until(lambda: len(hall.room) == 0)


async def test_the_last_news_ends_the_stream(hall: Hall) -> None:
    hall.news = {"href": "/next", "done": True}
    reader = await hall.enter("one")
    assert b"/next" in await told(reader)
    assert await ended(reader)
    assert len(hall.room) == 0


async def test_while_changes_may_go_unheard_everybody_is_asked_for_all_the_same(hall: Hall) -> None:
    reader = await hall.enter("one")
    await until(lambda: hall.asked == 1)
    hall.bell.alive, hall.news = False, {"text": "a"}
    assert b'"a"' in await told(reader)


async def test_an_outage_ends_no_stream_and_is_asked_past(hall: Hall) -> None:
    hall.broken = True
    reader = await hall.enter("one")
    await until(lambda: hall.asked >= 2)
    hall.broken, hall.news = False, {"text": "a"}
    assert b'"a"' in await told(reader)


async def test_one_thing_has_only_so_many_who_wait(hall: Hall) -> None:
    first = await hall.enter("one")
    for _ in range(SEATS):
        await hall.enter("one")
    assert await ended(first)
    assert len(hall.room) == SEATS


async def test_a_closing_room_sends_everybody_away_and_lets_nobody_in(hall: Hall) -> None:
    readers = [await hall.enter(str(n)) for n in range(3)]
    await hall.room.close()
    assert all([await ended(reader) for reader in readers])
    with pytest.raises(asyncio.IncompleteReadError):
        await hall.enter("late")


CROWD = """
import socket, sys
kept = []
for number in range(int(sys.argv[2])):
    one = socket.create_connection(("127.0.0.1", int(sys.argv[1])))
    one.sendall(b"GET /%d HTTP/1.1\\r\\nHost: here\\r\\nUser-Agent: %s\\r\\n\\r\\n" % (number, b"x" * 200))
    while not one.recv(4096).endswith(b"retry: 2000\\n\\n"):
        pass
    kept.append(one)
print("seated", flush=True)
sys.stdin.readline()
"""


async def test_a_page_that_waits_costs_five_kib_at_most() -> None:
    hall, server = await open_hall(15.0)
    pipe = asyncio.subprocess.PIPE
    tracemalloc.start()
    gc.collect()
    before = tracemalloc.get_traced_memory()[0]
    crowd = await asyncio.create_subprocess_exec(
        sys.executable, "-c", CROWD, str(hall.port), str(MANY), stdin=pipe, stdout=pipe
    )
    try:
        assert crowd.stdout is not None
        assert await crowd.stdout.readline() == b"seated\n"
        await until(lambda: len(hall.room) == hall.asked == MANY)
        gc.collect()
        each = (tracemalloc.get_traced_memory()[0] - before) / MANY
        assert each <= 5 * 1024, f"{each:.0f} bytes a page"
    finally:
        tracemalloc.stop()
        await crowd.communicate(b"\n")
        await hall.room.close()
        server.stop()
