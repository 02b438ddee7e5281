"""A person's web view: `http://<person>.localhost:<port>/…` is the server as that person's WeChat shows it.

Each person has a cookie jar of his own, kept here and never given to the browser, so several people
and a PC live side by side in one browser. Requests go up with the server's own Host, Origin and
Referer and with WeChat's user agent; `navigator.userAgent` in the page stays the browser's.

Of the answers only three things change: redirects (Location, HX-Redirect) to the server, to the
eID page or to WeChat's web authorisation come back to the person's origin, `frame-ancestors` names
the phone's page, and X-Frame-Options is dropped. Bodies pass untouched, so an absolute link to the
server's public address that stands in a page leaves the web view: the product writes its links
relative. WebSocket upgrades are not relayed.
"""

from __future__ import annotations

import asyncio
import html
import re
from collections.abc import AsyncIterator, Iterable
from dataclasses import dataclass
from typing import Protocol, cast
from urllib.parse import SplitResult, urlsplit

import aiohttp
from tornado import template
from tornado.http1connection import HTTP1Connection
from tornado.httputil import HTTPHeaders
from tornado.iostream import StreamClosedError
from tornado.web import RequestHandler, stream_request_body
from yarl import URL

from sandbox.phone import FOLDER, icon
from sandbox.state import State

WECHAT_USER_AGENT = (
    "Mozilla/5.0 (Linux; Android 14; V2301A Build/UP1A.231005.007; wv) AppleWebKit/537.36"
    " (KHTML, like Gecko) Version/4.0 Chrome/134.0.6998.136 Mobile Safari/537.36 XWEB/1340109"
    " MMWEBSDK/20250201 MMWEBID/1024 MicroMessenger/8.0.57.2820(0x28003956) WeChat/arm64"
    " Weixin NetType/WIFI Language/zh_CN ABI/arm64"
)
BODY_LIMIT = 12 * 2**20
AUTHORISE = "/connect/oauth2/authorize"
WECHAT_HOST = "open.weixin.qq.com"
LOOPBACK_NAMES = ("127.0.0.1", "localhost", "[::1]")
NOT_SENT_UP = {
    "accept-encoding",
    "connection",
    "content-length",
    "expect",
    "host",
    "keep-alive",
    "proxy-authorization",
    "proxy-connection",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
    "user-agent",
    "x-forwarded-for",
}
NOT_GIVEN_BACK = {
    "connection",
    "keep-alive",
    "proxy-authenticate",
    "set-cookie",
    "trailer",
    "transfer-encoding",
    "upgrade",
    "x-frame-options",
}
POLICIES = {"content-security-policy", "content-security-policy-report-only"}
REDIRECTS = {"location", "hx-redirect"}

TITLE = re.compile(rb"<title[^>]*>(.*?)</title>", re.IGNORECASE | re.DOTALL)
CODE = re.compile(rb"""\bdata-code=(?:"([^"]{1,1024})"|'([^']{1,1024})')""")
TITLE_WITHIN = 16 * 1024
CODE_WITHIN = 1100


@dataclass(frozen=True, slots=True, kw_only=True)
class VisitedPage:
    """`address` is the path and query as the server knows it; `repeatable` when a GET showed it."""

    address: str
    title: str
    repeatable: bool


class Sightings(Protocol):
    """Who is told what passes through."""

    def page_asked(self, person_key: str) -> None: ...

    def page_shown(self, person_key: str, page: VisitedPage) -> None: ...

    def code_seen(self, person_key: str, content: str) -> None: ...


class Jars:
    """One cookie jar a person. Made inside a request, because a jar wants the running loop."""

    def __init__(self) -> None:
        self._jars: dict[str, aiohttp.CookieJar] = {}

    def of(self, person_key: str, server: str) -> aiohttp.CookieJar:
        if person_key not in self._jars:
            # Browsers treat loopback as secure, so a Secure cookie of a local server is kept too.
            self._jars[person_key] = aiohttp.CookieJar(
                unsafe=True, treat_as_secure_origin=URL(server)
            )
        return self._jars[person_key]

    def forget(self, person_key: str) -> None:
        self._jars.pop(person_key, None)


def to_person(address: str, *, server: str, person_origin: str) -> str:
    """An address on the server, of the eID page or of WeChat's, as the person's origin has it."""
    parts = urlsplit(address)
    if not parts.netloc:
        return address
    rest = SplitResult("", "", parts.path or "/", parts.query, parts.fragment).geturl()
    if parts.netloc in _spellings(urlsplit(server)):
        return person_origin + rest
    if parts.netloc in _spellings(SplitResult("http", _loopback(person_origin), "", "", "")):
        if parts.path == "/eid":
            return f"{person_origin}/__eid{rest.removeprefix('/eid')}"
        if parts.path == AUTHORISE:
            return person_origin + rest
    if parts.netloc == WECHAT_HOST and parts.path == AUTHORISE:
        return person_origin + rest
    return address


def to_server(address: str, *, server: str, person_origin: str) -> str:
    if address == person_origin or address.startswith(person_origin + "/"):
        return server + address.removeprefix(person_origin)
    return address


def framed_by(policy: str, ancestors: Iterable[str]) -> str:
    """The policy with `frame-ancestors` naming the phone's page, everything else as it was."""
    wanted = "frame-ancestors " + " ".join(ancestors)
    rows = []
    for one in policy.split(","):
        directives = [row.strip() for row in one.split(";") if row.strip()]
        rows.append(
            "; ".join(
                wanted if row.split()[0].lower() == "frame-ancestors" else row for row in directives
            )
        )
    return ", ".join(rows)


def phone_origins(person_host: str) -> tuple[str, ...]:
    port = urlsplit(f"//{person_host}").port
    return tuple(f"http://{name}:{port}" for name in ("127.0.0.1", "localhost"))


def _loopback(person_origin: str) -> str:
    return f"127.0.0.1:{urlsplit(person_origin).port}"


def _spellings(parts: SplitResult) -> set[str]:
    """A server on loopback goes by several names."""
    host = f"[{parts.hostname}]" if ":" in (parts.hostname or "") else parts.hostname
    if host not in LOOPBACK_NAMES:
        return {parts.netloc}
    return {f"{name}:{parts.port or 80}" for name in LOOPBACK_NAMES} | {parts.netloc}


def address_of(state: State, person_key: str) -> str:
    """Each person comes from an address of his own (RFC 5737), so limits by address are apart."""
    keys = [person.key for person in state.world.persons]
    return f"203.0.113.{keys.index(person_key) % 250 + 1}"


class PageReader:
    """Reads a page's title and its `data-code` attributes as the bytes pass."""

    def __init__(self) -> None:
        self.title = ""
        self._head: bytes | None = b""
        self._tail = b""

    def feed(self, chunk: bytes) -> list[str]:
        """The codes that this chunk completed."""
        self._read_title(chunk)
        text = self._tail + chunk
        found, end = [], 0
        for match in CODE.finditer(text):
            found.append(_text(match[1] or match[2]))
            end = match.end()
        self._tail = text[max(end, len(text) - CODE_WITHIN) :]
        return found

    def _read_title(self, chunk: bytes) -> None:
        if self._head is None:
            return
        self._head = (self._head + chunk)[:TITLE_WITHIN]
        match = TITLE.search(self._head)
        if match:
            self.title = " ".join(_text(match[1]).split())
        if match or len(self._head) >= TITLE_WITHIN:
            self._head = None


def _text(raw: bytes) -> str:
    return html.unescape(raw.decode("utf-8", "replace"))


@stream_request_body
class WebView(RequestHandler):
    """Relays one request. A connection of its own a request: on loopback it costs a millisecond,
    and a POST never meets a kept connection that the server has just closed."""

    def initialize(self, state: State, jars: Jars, sightings: Sightings) -> None:
        self._state = state
        self._jars = jars
        self._sightings = sightings
        self._visit_task: asyncio.Task[None] | None = None

    async def prepare(self) -> None:
        self._origin = f"http://{self.request.host}"
        self._server = self._state.server_url.rstrip("/")
        self._person = self.request.host_name.removesuffix(".localhost")
        if self._state.world.person(self._person) is None:
            self._say(404, "没有这部手机", "世界里没有这个人，请回到手机页面重新选人。")
            return
        if not self._server:
            self._say(502, "没有连着平台", "沙箱启动时没有告诉手机平台的地址（server_url）。")
            return
        size = self.request.headers.get("Content-Length", "0")
        if size.isdigit() and int(size) > BODY_LIMIT:
            self.set_header("Connection", "close")
            self._say(413, "文件太大", "这个文件超过 12 MB，手机没有把它发出去。")
            return
        self._body: asyncio.Queue[bytes | None] = asyncio.Queue(maxsize=8)
        self._received = asyncio.Event()
        self._answered: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._visit_task = asyncio.create_task(self._visit())

    async def data_received(self, chunk: bytes) -> None:
        if self._visit_task is not None:
            await self._hand_on(chunk)

    async def relay(self) -> None:
        if self._visit_task is None:
            return
        self._received.set()
        await self._hand_on(None)
        try:
            await self._visit_task
        except asyncio.CancelledError:
            self._finished = True  # the browser left; there is nobody to answer

    get = head = post = put = patch = delete = options = relay

    def on_connection_close(self) -> None:
        if self._visit_task is not None:
            self._visit_task.cancel()

    def check_xsrf_cookie(self) -> None:
        """The server checks its own."""

    def compute_etag(self) -> str | None:
        return None

    async def _hand_on(self, chunk: bytes | None) -> None:
        """Waits for room, and drops the chunk when the server has already answered."""
        giving = asyncio.ensure_future(self._body.put(chunk))
        await asyncio.wait({giving, self._answered}, return_when=asyncio.FIRST_COMPLETED)
        giving.cancel()

    async def _chunks(self) -> AsyncIterator[bytes]:
        while (chunk := await self._body.get()) is not None:
            yield chunk

    async def _visit(self) -> None:
        shows_page = self._shows_page()
        if shows_page:
            self._sightings.page_asked(self._person)
        try:
            async with (
                aiohttp.ClientSession(
                    cookie_jar=self._jars.of(self._person, self._server),
                    auto_decompress=False,
                    timeout=aiohttp.ClientTimeout(total=None, sock_connect=5),
                    connector=aiohttp.TCPConnector(force_close=True),
                ) as session,
                session.request(
                    self.request.method or "GET",
                    URL(self._server + (self.request.uri or "/"), encoded=True),
                    headers=self._headers_up(),
                    data=self._chunks() if self._has_body() else None,
                    allow_redirects=False,
                ) as response,
            ):
                self._let_go()
                await self._received.wait()
                await self._give_back(response, shows_page)
        except (aiohttp.ClientError, asyncio.TimeoutError, OSError) as problem:
            self._let_go()
            await self._received.wait()
            self._fail(problem)
        finally:
            self._let_go()

    def _let_go(self) -> None:
        if not self._answered.done():
            self._answered.set_result(None)

    def _has_body(self) -> bool:
        headers = self.request.headers
        return "Transfer-Encoding" in headers or headers.get("Content-Length", "0") != "0"

    def _shows_page(self) -> bool:
        """Whether the browser asked for a page rather than for a part of one."""
        headers = self.request.headers
        fetched_for = headers.get("Sec-Fetch-Dest")
        if fetched_for is not None:
            return fetched_for in ("iframe", "document")
        return "text/html" in headers.get("Accept", "") and "HX-Request" not in headers

    def _headers_up(self) -> list[tuple[str, str]]:
        sent: list[tuple[str, str]] = []
        for name, value in self.request.headers.get_all():
            known = name.lower()
            if known in NOT_SENT_UP or known.startswith("sec-ch-"):
                continue
            if known in ("origin", "referer"):
                value = to_server(value, server=self._server, person_origin=self._origin)
            # WeChat's web view is a window of its own, not a frame of another site.
            if known == "sec-fetch-dest" and value == "iframe":
                value = "document"
            if known == "sec-fetch-site" and value == "cross-site":
                value = "none"
            sent.append((name, value))
        sent.append(("User-Agent", WECHAT_USER_AGENT))
        sent.append(("Accept-Encoding", "identity"))
        sent.append(("X-Forwarded-For", address_of(self._state, self._person)))
        if "Content-Length" in self.request.headers and self._has_body():
            sent.append(("Content-Length", self.request.headers["Content-Length"]))
        return sent

    async def _give_back(self, response: aiohttp.ClientResponse, shows_page: bool) -> None:
        self.set_status(response.status, response.reason)
        self._headers = HTTPHeaders()
        for raw_name, raw_value in response.raw_headers:
            self._add_header(raw_name.decode("latin1"), raw_value.decode("utf-8", "replace"))
        kind = response.content_type
        reader = PageReader() if kind in ("text/html", "image/svg+xml") else None
        try:
            async for chunk in response.content.iter_any():
                for code in reader.feed(chunk) if reader else ():
                    self._sightings.code_seen(self._person, code)
                self.write(chunk)
                await self.flush()
            await self.finish()
        except StreamClosedError:
            return
        if shows_page and kind == "text/html" and response.status not in range(300, 400):
            self._sightings.page_shown(
                self._person,
                VisitedPage(
                    address=self.request.uri or "/",
                    title=reader.title if reader else "",
                    repeatable=self.request.method == "GET",
                ),
            )

    def _add_header(self, name: str, value: str) -> None:
        known = name.lower()
        if known in NOT_GIVEN_BACK:
            return
        if known in REDIRECTS:
            value = to_person(value, server=self._server, person_origin=self._origin)
        if known in POLICIES:
            value = framed_by(value, phone_origins(self.request.host))
        self._headers.add(name, value)

    def _fail(self, problem: Exception) -> None:
        if self._headers_written:
            # Half an answer must not look like a whole one.
            cast(HTTP1Connection, self.request.connection).stream.close()
            self._finished = True
            return
        self._say(502, "网页打不开", "平台没有回答，可能还没有启动。启动后点右上角刷新。")

    def _say(self, status: int, title: str, sentence: str) -> None:
        """The web view's own page instead of the server's."""
        self.clear()
        self.set_status(status)
        self.set_header("Cache-Control", "no-store")
        self.set_header("Content-Type", "text/html; charset=utf-8")
        loader = template.Loader(str(FOLDER))
        self.finish(loader.load("notice.html").generate(title=title, sentence=sentence, icon=icon))
        page = VisitedPage(address=self.request.uri or "/", title=title, repeatable=True)
        self._sightings.page_shown(self._person, page)
