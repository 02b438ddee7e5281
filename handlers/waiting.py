"""People who wait for news: server-sent events on streams taken out of Tornado's hands.

A page that only waits needs neither its handler nor its request nor a task of its own. Here a
waiting page is its stream and a question; one task a process asks the question again when a
bell rings, and keeps proxies from thinking that the stream is dead. The page comes back by
itself when its stream ends: at its time, at a restart, or when it can't keep up.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import islice
from typing import Protocol

import orjson
from tornado.iostream import IOStream, StreamClosedError
from tornado.web import RequestHandler

LOG = logging.getLogger("rongqiao.waiting")
HEARTBEAT_SECONDS = 15.0
FALLBACK_SECONDS = 2.0
"""How often everybody's question is asked while changes may go by unheard."""
ASK_SECONDS = 4.0
ASKED_AT_ONCE = 8
SLICE = 100
"""Streams written to before others get their turn: some two milliseconds."""
SEATS = 8
"""Pages that wait for one thing; with the ninth the first has to come back."""

_HEADERS = (
    ("Content-Type", "text/event-stream; charset=utf-8"),
    ("X-Accel-Buffering", "no"),
    ("Connection", "close"),
)
_RETRY = b"retry: 2000\n\n"

News = Mapping[str, object]
Ask = Callable[[], Awaitable[News | None]]
"""What the page is told, None for nothing; ``"done": True`` ends it. It must not hold a handler."""


class Bell(Protocol):
    """Rings with the id of what changed, with None when anything may have."""

    @property
    def alive(self) -> bool: ...

    def listen(self, listener: Callable[[str | None], None]) -> None: ...


@dataclass(slots=True, eq=False, kw_only=True)
class Guest:
    """``ends_at`` by the loop's clock; ``said``: the last news, which is not told twice."""

    subject_id: str
    stream: IOStream
    ask: Ask
    ends_at: float
    said: bytes = b""


class WaitingRoom:
    """One a process. Starts with its first guest."""

    def __init__(
        self, bells: Sequence[Bell], *, heartbeat_seconds: float = HEARTBEAT_SECONDS
    ) -> None:
        self._bells = bells
        self._heartbeat_seconds = heartbeat_seconds
        self._guests: dict[str, list[Guest]] = {}
        self._due: dict[str, None] = {}
        self._rung = asyncio.Event()
        self._task: asyncio.Task[None] | None = None
        self._is_closed = False
        for bell in bells:
            bell.listen(self.ring)

    def __len__(self) -> int:
        return sum(map(len, self._guests.values()))

    def ring(self, subject_id: str | None) -> None:
        """Ask again for those who wait for this; None: for everybody."""
        if subject_id is None:
            self._due.update(dict.fromkeys(self._guests))
        elif subject_id in self._guests:
            self._due[subject_id] = None
        if self._due:
            self._rung.set()

    def seat(
        self, handler: RequestHandler, subject_id: str, ask: Ask, *, seconds: float = 300.0
    ) -> None:
        """Answer the request with a stream of news; the last thing that its method does."""
        loop = asyncio.get_running_loop()
        for name, value in _HEADERS:
            handler.set_header(name, value)
        stream = handler.detach()
        handler.application.log_request(handler)
        if self._is_closed:
            stream.close()
            return
        guest = Guest(subject_id=subject_id, stream=stream, ask=ask, ends_at=loop.time() + seconds)
        guests = self._guests.setdefault(subject_id, [])
        guests.append(guest)
        if len(guests) > SEATS:
            self._send_away(guests[0])
        stream.set_close_callback(partial(self._leave, guest))
        self._write(guest, _head(handler))
        if self._task is None or self._task.done():
            self._task = loop.create_task(self._serve(), name="waiting room")
        self.ring(subject_id)

    async def close(self) -> None:
        """Send everybody away; they come back to another process."""
        self._is_closed = True
        if self._task is not None:
            self._task.cancel()
            await asyncio.wait([self._task])
        for some in _sliced(self._everybody()):
            for guest in some:
                self._send_away(guest)
            await asyncio.sleep(0)

    async def _serve(self) -> None:
        loop = asyncio.get_running_loop()
        heartbeat_at = loop.time() + self._heartbeat_seconds
        while True:
            try:
                async with asyncio.timeout(min(FALLBACK_SECONDS, self._heartbeat_seconds)):
                    await self._rung.wait()
            except TimeoutError:
                pass
            self._rung.clear()
            if not all(bell.alive for bell in self._bells):
                self._due.update(dict.fromkeys(self._guests))
            await self._ask_due()
            if loop.time() >= heartbeat_at:
                heartbeat_at = loop.time() + self._heartbeat_seconds
                await self._beat(loop.time())

    async def _ask_due(self) -> None:
        """Until nobody is due, or nothing can be asked: then again after the pause."""
        while self._due:
            some = list(islice(self._due, ASKED_AT_ONCE))
            for subject_id in some:
                del self._due[subject_id]
            guests = [one for subject_id in some for one in self._guests.get(subject_id, ())]
            heard = await asyncio.gather(*map(self._ask, guests))
            if guests and not any(heard):
                self._due.update(dict.fromkeys(some))
                return

    async def _ask(self, guest: Guest) -> bool:
        """Whether there was an answer, be it that there is no news."""
        try:
            async with asyncio.timeout(ASK_SECONDS):
                news = await guest.ask()
        except Exception as error:
            LOG.warning("could not ask for news (%s)", type(error).__name__)
            return False
        frame = b"data: %b\n\n" % orjson.dumps(news) if news else b""
        if not frame or frame == guest.said:
            return True
        guest.said = frame
        written = self._write(guest, frame)
        if news and news.get("done") and written is not None:
            self._leave(guest)
            stream = guest.stream
            written.add_done_callback(lambda _: stream.close())
        return True

    async def _beat(self, now: float) -> None:
        """Show each stream that we live; end those whose time is over or who do not read."""
        for some in _sliced(self._everybody()):
            for guest in some:
                if now >= guest.ends_at or guest.stream.writing():
                    self._send_away(guest)
                else:
                    self._write(guest, b": still here\n\n")
            await asyncio.sleep(0)

    def _everybody(self) -> list[Guest]:
        return [guest for guests in self._guests.values() for guest in guests]

    def _write(self, guest: Guest, data: bytes) -> "asyncio.Future[None] | None":
        try:
            return guest.stream.write(data)
        except StreamClosedError:
            self._leave(guest)
            return None

    def _send_away(self, guest: Guest) -> None:
        self._leave(guest)
        guest.stream.close()

    def _leave(self, guest: Guest) -> None:
        guests = self._guests.get(guest.subject_id, [])
        if guest in guests:
            guests.remove(guest)
        if not guests:
            self._guests.pop(guest.subject_id, None)
            self._due.pop(guest.subject_id, None)


def _head(handler: RequestHandler) -> bytes:
    """What Tornado would have sent, but without a length or chunks: the end is the stream's end."""
    lines = [f"{name}: {value}\r\n" for name, value in handler._headers.get_all()]
    return "".join(("HTTP/1.1 200 OK\r\n", *lines, "\r\n")).encode("latin-1") + _RETRY


def _sliced(guests: list[Guest]) -> Iterable[list[Guest]]:
    return (guests[start : start + SLICE] for start in range(0, len(guests), SLICE))
