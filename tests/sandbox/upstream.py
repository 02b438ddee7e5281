"""An upstream that plays the platform's server for the phone's proxy, in the same event loop."""

from __future__ import annotations

import asyncio
import hashlib
from dataclasses import dataclass, field

from tornado.iostream import StreamClosedError
from tornado.web import Application, RequestHandler, stream_request_body

POLICY = "default-src 'self'; form-action 'self'; frame-ancestors 'none'"
PAGE = '<!doctype html><title>融桥 &amp; 首页</title><svg data-code="https://a.example/t/1?a=1&amp;b=2"></svg>'


@dataclass
class Seen:
    """What the upstream was asked, and the switches of its slow answers."""

    headers: list[dict[str, str]] = field(default_factory=list)
    more: asyncio.Event = field(default_factory=asyncio.Event)
    left: asyncio.Event = field(default_factory=asyncio.Event)
    uploads: list[tuple[int, str]] = field(default_factory=list)


class Upstream(RequestHandler):
    def initialize(self, seen: Seen) -> None:
        self.seen = seen

    def prepare(self) -> None:
        self.seen.headers.append(dict(self.request.headers))


class LogIn(Upstream):
    def post(self) -> None:
        self.set_cookie("session", self.get_argument("as"), httponly=True)
        self.set_cookie("desk", "1", path="/console")
        self.redirect(f"http://{self.request.host}/me?new=1#top", status=303)


class Me(Upstream):
    def get(self) -> None:
        self.write({name: morsel.value for name, morsel in self.cookies.items()})


class Page(Upstream):
    def get(self) -> None:
        self.set_header("Content-Security-Policy", POLICY)
        self.set_header("X-Frame-Options", "DENY")
        self.set_header("Vary", "HX-Request")
        self.write(PAGE)

    head = get


class Away(Upstream):
    def get(self) -> None:
        self.set_status(303)
        self.set_header(self.get_argument("by", "Location"), self.get_argument("to"))


class Events(Upstream):
    async def get(self) -> None:
        self.set_header("Content-Type", "text/event-stream")
        self.write("data: one\n\n")
        await self.flush()
        await self.seen.more.wait()
        self.write("data: two\n\n")
        try:
            await self.flush()
        except StreamClosedError:
            return

    def on_connection_close(self) -> None:
        self.seen.left.set()
        self.seen.more.set()


@stream_request_body
class Upload(Upstream):
    def prepare(self) -> None:
        super().prepare()
        self._sum, self._size = hashlib.sha256(), 0

    def data_received(self, chunk: bytes) -> None:
        self._sum.update(chunk)
        self._size += len(chunk)

    def post(self) -> None:
        self.seen.uploads.append((self._size, self._sum.hexdigest()))
        self.write(self._sum.hexdigest())


@stream_request_body
class RefusesEarly(Upstream):
    def prepare(self) -> None:
        self.set_status(422)
        self.finish("太大")

    def data_received(self, chunk: bytes) -> None:
        """Not wanted."""

    def post(self) -> None:
        """Never reached."""


class Cut(Upstream):
    async def get(self) -> None:
        self.set_header("Content-Length", "1000")
        self.write("half")
        await self.flush()
        self.detach().close()


class Nothing(Upstream):
    def get(self) -> None:
        self.set_status(204)


def application(seen: Seen) -> Application:
    with_seen = {"seen": seen}
    return Application(
        [
            (r"/login", LogIn, with_seen),
            (r"/me", Me, with_seen),
            (r"/console/me", Me, with_seen),
            (r"/page", Page, with_seen),
            (r"/away", Away, with_seen),
            (r"/events", Events, with_seen),
            (r"/upload", Upload, with_seen),
            (r"/early", RefusesEarly, with_seen),
            (r"/cut", Cut, with_seen),
            (r"/nothing", Nothing, with_seen),
        ]
    )
