"""The web view's reverse proxy, between a plain HTTP client and an upstream that plays the server."""

from __future__ import annotations

import asyncio
import hashlib
import json
from collections.abc import AsyncIterator

import aiohttp
import pytest
import pytest_asyncio
from tornado.httpserver import HTTPServer
from tornado.netutil import bind_sockets

from sandbox.proxy import PageReader, framed_by, to_person
from sandbox.state import State
from tests.sandbox.upstream import PAGE, Seen, application


@pytest.fixture
def seen() -> Seen:
    return Seen()


@pytest_asyncio.fixture
async def server(state: State, seen: Seen) -> AsyncIterator[str]:
    """The upstream's origin; the sandbox is told of it."""
    upstream = HTTPServer(application(seen), max_body_size=64 * 2**20)
    sockets = bind_sockets(0, "127.0.0.1")
    upstream.add_sockets(sockets)
    state.server_url = f"http://127.0.0.1:{sockets[0].getsockname()[1]}"
    yield state.server_url
    seen.more.set()
    upstream.stop()
    await upstream.close_all_connections()


class Browser:
    """A browser that is sent to a person's origin; it keeps no cookies, so the proxy must."""

    def __init__(self, state: State, session: aiohttp.ClientSession, person_key: str) -> None:
        self._state = state
        self._session = session
        self.host = f"{person_key}.localhost:{state.port}"
        self.origin = f"http://{self.host}"

    def ask(
        self, method: str, path: str, *, data: object = None, **headers: str
    ) -> aiohttp.client._RequestContextManager:
        sent = {name.replace("_", "-"): value for name, value in headers.items()}
        return self._session.request(
            method,
            self._state.base_url + path,
            data=data,
            headers={"Host": self.host, **sent},
            allow_redirects=False,
        )

    async def text(self, path: str, **headers: str) -> str:
        async with self.ask("GET", path, **headers) as answer:
            assert answer.status == 200
            return await answer.text()


@pytest_asyncio.fixture
async def session() -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession(cookie_jar=aiohttp.DummyCookieJar()) as one:
        yield one


@pytest.fixture
def zhou(state: State, server: str, session: aiohttp.ClientSession) -> Browser:
    return Browser(state, session, "zhou")


@pytest.fixture
def lin(state: State, server: str, session: aiohttp.ClientSession) -> Browser:
    return Browser(state, session, "lin")


async def log_in(browser: Browser, name: str) -> None:
    async with browser.ask("POST", "/login", data={"as": name}) as answer:
        assert answer.status == 303
        assert "Set-Cookie" not in answer.headers


async def test_two_people_are_logged_in_side_by_side(zhou: Browser, lin: Browser) -> None:
    await log_in(zhou, "zhou-session")
    assert json.loads(await lin.text("/me")) == {}
    await log_in(lin, "lin-session")
    assert json.loads(await zhou.text("/me")) == {"session": "zhou-session"}
    assert json.loads(await lin.text("/me")) == {"session": "lin-session"}


async def test_a_cookie_with_a_path_is_only_sent_there(zhou: Browser) -> None:
    await log_in(zhou, "s")
    assert json.loads(await zhou.text("/console/me")) == {"session": "s", "desk": "1"}


async def test_a_cookie_that_the_page_set_goes_along_and_cannot_replace_the_kept_one(
    zhou: Browser,
) -> None:
    await log_in(zhou, "s")
    cookies = json.loads(await zhou.text("/me", Cookie="rq_care=1; session=forged"))
    assert cookies == {"rq_care": "1", "session": "s"}


async def test_forgetting_logs_only_this_person_out(
    state: State, zhou: Browser, lin: Browser, session: aiohttp.ClientSession
) -> None:
    await log_in(zhou, "z")
    await log_in(lin, "l")
    async with session.post(f"{state.base_url}/phone/forget?person=zhou") as answer:
        assert answer.status == 204
    assert json.loads(await zhou.text("/me")) == {}
    assert json.loads(await lin.text("/me")) == {"session": "l"}


async def test_a_redirect_to_the_server_stays_with_the_person(zhou: Browser) -> None:
    async with zhou.ask("POST", "/login", data={"as": "s"}) as answer:
        assert answer.headers["Location"] == f"{zhou.origin}/me?new=1#top"


async def test_htmx_redirects_are_brought_back_too(zhou: Browser, server: str) -> None:
    async with zhou.ask("GET", f"/away?by=HX-Redirect&to={server}/me") as answer:
        assert answer.headers["HX-Redirect"] == f"{zhou.origin}/me"


async def test_a_redirect_to_the_face_check_is_the_persons_own_page(
    state: State, zhou: Browser
) -> None:
    async with zhou.ask("GET", f"/away?to={state.base_url}/eid?token=T") as answer:
        assert answer.headers["Location"] == f"{zhou.origin}/__eid?token=T"


@pytest.mark.parametrize(
    ("address", "expected"),
    [
        ("/me?a=1", "/me?a=1"),
        ("?a=1", "?a=1"),
        ("http://localhost:8800/me", "http://zhou.localhost:8801/me"),
        ("//127.0.0.1:8800/me", "http://zhou.localhost:8801/me"),
        ("http://127.0.0.1:8800", "http://zhou.localhost:8801/"),
        ("http://127.0.0.1:8801/ledger", "http://127.0.0.1:8801/ledger"),
        ("https://bank.example/apply?x=1", "https://bank.example/apply?x=1"),
        ("http://127.0.0.1:8800.evil.example/", "http://127.0.0.1:8800.evil.example/"),
    ],
)
def test_only_addresses_of_the_server_are_rewritten(address: str, expected: str) -> None:
    origins = {"server": "http://127.0.0.1:8800", "person_origin": "http://zhou.localhost:8801"}
    assert to_person(address, **origins) == expected


async def test_the_page_may_stand_in_the_phone_and_nothing_else_of_its_policy_changes(
    state: State, zhou: Browser
) -> None:
    async with zhou.ask("GET", "/page") as answer:
        assert answer.headers["Content-Security-Policy"] == (
            "default-src 'self'; form-action 'self'; frame-ancestors"
            f" http://127.0.0.1:{state.port} http://localhost:{state.port}"
        )
        assert "X-Frame-Options" not in answer.headers
        assert answer.headers["Vary"] == "HX-Request"
        assert await answer.text() == PAGE


def test_each_of_several_policies_is_rewritten() -> None:
    policy = "frame-ancestors 'none', default-src 'self'; Frame-Ancestors 'self'"
    assert framed_by(policy, ["http://a"]) == (
        "frame-ancestors http://a, default-src 'self'; frame-ancestors http://a"
    )


async def test_the_server_sees_a_wechat_web_view_on_its_own_host(
    zhou: Browser, lin: Browser, server: str, seen: Seen
) -> None:
    await zhou.text(
        "/me",
        Origin=zhou.origin,
        Referer=f"{zhou.origin}/page?a=1",
        User_Agent="Mozilla/5.0 (X11) Chrome/156.0",
        Sec_CH_UA_Mobile="?0",
        Sec_Fetch_Dest="iframe",
        Sec_Fetch_Site="cross-site",
    )
    await lin.text("/me", Origin="https://elsewhere.example")
    first, second = seen.headers
    assert first["Host"] == server.removeprefix("http://")
    assert first["Origin"] == server
    assert first["Referer"] == f"{server}/page?a=1"
    assert "MicroMessenger/" in first["User-Agent"]
    assert "X11" not in first["User-Agent"]
    assert "Sec-Ch-Ua-Mobile" not in first
    assert (first["Sec-Fetch-Dest"], first["Sec-Fetch-Site"]) == ("document", "none")
    assert second["Origin"] == "https://elsewhere.example"
    assert first["X-Forwarded-For"] != second["X-Forwarded-For"]


async def test_events_pass_while_the_stream_is_still_open(zhou: Browser, seen: Seen) -> None:
    async with asyncio.timeout(5), zhou.ask("GET", "/events") as answer:
        assert answer.content_type == "text/event-stream"
        assert await answer.content.readuntil(b"\n\n") == b"data: one\n\n"
        seen.more.set()
        assert await answer.content.readuntil(b"\n\n") == b"data: two\n\n"


async def test_leaving_a_stream_ends_it_at_the_server(zhou: Browser, seen: Seen) -> None:
    async with zhou.ask("GET", "/events") as answer:
        await answer.content.readuntil(b"\n\n")
        answer.close()
    async with asyncio.timeout(5):
        await seen.left.wait()


@pytest.mark.parametrize("chunked", [False, True])
async def test_an_upload_of_eleven_megabytes_arrives_whole(
    zhou: Browser, seen: Seen, chunked: bool
) -> None:
    content = bytes(range(256)) * (11 * 2**12)

    async def pieces() -> AsyncIterator[bytes]:
        for start in range(0, len(content), 2**18):
            yield content[start : start + 2**18]

    async with zhou.ask("POST", "/upload", data=pieces() if chunked else content) as answer:
        assert await answer.text() == hashlib.sha256(content).hexdigest()
    assert seen.uploads == [(len(content), hashlib.sha256(content).hexdigest())]
    assert ("Content-Length" in seen.headers[0]) is not chunked


async def test_more_than_twelve_megabytes_does_not_leave_the_phone(
    zhou: Browser, seen: Seen
) -> None:
    try:
        async with zhou.ask("POST", "/upload", data=bytes(12 * 2**20 + 1)) as answer:
            assert answer.status == 413
    except aiohttp.ClientConnectionError:
        """The refusal came while the client was still sending."""
    assert seen.uploads == []


async def test_an_answer_before_the_end_of_the_upload_reaches_the_page(zhou: Browser) -> None:
    async with asyncio.timeout(10), zhou.ask("POST", "/early", data=bytes(6 * 2**20)) as answer:
        assert (answer.status, await answer.text()) == (422, "太大")


async def test_half_an_answer_is_not_passed_as_a_whole_one(zhou: Browser) -> None:
    async with zhou.ask("GET", "/cut") as answer:
        with pytest.raises(aiohttp.ClientPayloadError):
            await answer.read()


async def test_answers_without_a_body_pass(zhou: Browser) -> None:
    async with zhou.ask("GET", "/nothing") as answer:
        assert (answer.status, await answer.read()) == (204, b"")
    async with zhou.ask("HEAD", "/page") as answer:
        assert (answer.status, await answer.read()) == (200, b"")
        assert answer.headers["Content-Length"] == str(len(PAGE.encode()))


async def test_a_server_that_is_not_there_is_said_in_plain_words(
    state: State, zhou: Browser
) -> None:
    with bind_sockets(0, "127.0.0.1")[0] as free:
        state.server_url = f"http://127.0.0.1:{free.getsockname()[1]}"
    async with zhou.ask("GET", "/") as answer:
        assert answer.status == 502
        assert "平台没有回答" in await answer.text()
    async with zhou.ask("POST", "/upload", data=b"x" * 2**20) as answer:
        assert answer.status == 502


async def test_nobody_holds_the_phone_of_a_person_who_is_not_in_the_world(
    state: State, server: str, session: aiohttp.ClientSession, seen: Seen
) -> None:
    nobody = Browser(state, session, "nobody")
    async with nobody.ask("GET", "/me") as answer:
        assert answer.status == 404
    assert seen.headers == []


@pytest.mark.parametrize("size", [1, 7, 1000])
def test_title_and_codes_are_read_however_the_page_is_cut(size: int) -> None:
    reader = PageReader()
    page = (PAGE + "<p data-code='two'>" + "x" * 3000 + '<i data-code="三">').encode()
    codes = [
        code
        for start in range(0, len(page), size)
        for code in reader.feed(page[start : start + size])
    ]
    assert codes == ["https://a.example/t/1?a=1&b=2", "two", "三"]
    assert reader.title == "融桥 & 首页"
