"""QR log-in through the doors: a PC's browser, somebody's phone, and what each is told."""

import asyncio
import json
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import aiohttp
import pytest

from tests.clients import Answer, PageClient, visible
from tests.people import new_phone, register, wait_for_another_code
from tests.platforms import Running, Starter
from tests.waiting import until

CHROME = {"User-Agent": "Mozilla/5.0 (Windows NT 10.0; Win64; x64) Chrome/156.0 Safari/537.36"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Code:
    """What a PC shows."""

    url: str
    ticket: str
    key: str

    @property
    def entry(self) -> str:
        return f"/login/qr/{self.ticket}"


async def show_code(pc: PageClient, path: str = "/login/qr") -> Code:
    page = await pc.get(path, headers=CHROME)
    assert page.status == 200
    found = re.search(r'data-code="([^"]+/q/([0-9A-Za-z]{22}))"', page.text)
    key = re.search(rf'{found and found[2]}">.*?name="idempotency_key" value="(\w+)"', page.text)
    assert found and key
    return Code(url=found[1], ticket=found[2], key=key[1])


async def enter(pc: PageClient, code: Code, **fields: str) -> Answer:
    return await pc.post(code.entry, fields, key=code.key, headers=CHROME)


async def phone_of(running: Running) -> PageClient:
    """Somebody who is logged in on his phone."""
    phone, number = running.browser(), new_phone()
    await register(running, number)
    await wait_for_another_code(running)
    await phone.post("/login/code", {"phone": number, "page": "login"})
    code = await running.sandbox.code(number)
    answer = await phone.post("/login", {"phone": number, "code": code})
    assert answer.status == 303
    return phone


@asynccontextmanager
async def listening(
    running: Running, pc: PageClient, code: Code
) -> AsyncIterator[aiohttp.ClientResponse]:
    """The PC's stream of news."""
    async with aiohttp.ClientSession(cookie_jar=aiohttp.DummyCookieJar()) as http:
        url = f"{running.url}{code.entry}/events"
        async with http.get(url, cookies=pc.cookies) as stream:
            assert stream.headers["Content-Type"].startswith("text/event-stream")
            yield stream


async def heard(stream: aiohttp.ClientResponse) -> dict[str, Any]:
    async with asyncio.timeout(5):
        while True:
            line = await stream.content.readline()
            assert line, "the stream ended"
            if line.startswith(b"data: "):
                news: dict[str, Any] = json.loads(line.removeprefix(b"data: "))
                return news


async def is_logged_in(browser: PageClient) -> bool:
    return (await browser.get("/me")).status == 200


@pytest.mark.shows("F033")
async def test_the_phone_sees_who_asks_and_the_pc_is_let_in_once(running: Running) -> None:
    pc, phone = running.browser(), await phone_of(running)
    code = await show_code(pc, "/login/qr?next=/products")
    asked = visible(await phone.get(f"/q/{code.ticket}"))
    assert "127.0.0.1" in asked and "Chrome 浏览器" in asked and "请求时间" in asked
    assert not await is_logged_in(pc)
    answer = await phone.post(f"/q/{code.ticket}", {"deed": "confirm"})
    assert "已确认登录" in visible(await phone.follow(answer))
    before = dict(pc.cookies)
    entered = await enter(pc, code, next="/products")
    assert (entered.status, entered.headers["Location"]) == (303, "/products")
    assert await is_logged_in(pc)
    again = running.browser()
    again.cookies = before
    refused = await again.post(code.entry, {"next": "/products"}, headers=CHROME)
    assert refused.status == 404 and "已失效" in visible(refused)
    assert not await is_logged_in(again)
    log_ins = visible(await phone.get("/me/sessions"))
    assert "Chrome 浏览器" in log_ins


async def test_a_repeated_tap_is_answered_as_the_first(running: Running) -> None:
    pc, phone = running.browser(), await phone_of(running)
    code = await show_code(pc)
    await phone.get(f"/q/{code.ticket}")
    await phone.post(f"/q/{code.ticket}", {"deed": "confirm"})
    before = dict(pc.cookies)
    first = await enter(pc, code)
    token, pc.cookies = pc.cookies["rq_session"], before
    assert (await enter(pc, code)).status == first.status == 303
    assert pc.cookies["rq_session"] == token
    assert await running.database["sessions"].count_documents({"agent": "Chrome 浏览器"}) == 1


@pytest.mark.shows("F033")
async def test_a_browser_that_saw_the_code_but_did_not_make_it_is_not_let_in(
    running: Running,
) -> None:
    pc, thief, phone = running.browser(), running.browser(), await phone_of(running)
    code = await show_code(pc)
    await show_code(thief)
    await phone.get(f"/q/{code.ticket}")
    await phone.post(f"/q/{code.ticket}", {"deed": "confirm"})
    refused = await enter(thief, code)
    assert refused.status == 404 and not await is_logged_in(thief)
    news = (await thief.get(f"{code.entry}/news")).json
    assert news["state"] == "expired" and "submit" not in news
    assert (await enter(pc, code)).status == 303


async def test_the_secret_goes_to_the_tickets_own_addresses_and_to_no_script(
    running: Running,
) -> None:
    async with running.http.get(running.url + "/login/qr") as answer:
        cookie = next(c for n, c in answer.cookies.items() if n == "rq_qr")
        text = await answer.text()
    assert re.fullmatch(r"/login/qr/[0-9A-Za-z]{22}", cookie["path"])
    assert cookie["httponly"] and cookie["samesite"] == "Strict"
    assert cookie.value not in text


@pytest.mark.shows("F033")
async def test_the_pc_is_told_each_step_as_it_happens(running: Running) -> None:
    pc, phone = running.browser(), await phone_of(running)
    code = await show_code(pc)
    async with listening(running, pc, code) as stream:
        assert (await heard(stream))["state"] == "waiting"
        await phone.get(f"/q/{code.ticket}")
        assert (await heard(stream))["state"] == "scanned"
        await phone.post(f"/q/{code.ticket}", {"deed": "confirm"})
        news = await heard(stream)
        assert (news["state"], news["submit"], news["done"]) == ("confirmed", "rq-enter", True)
        assert await stream.content.read() == b"\n", "the last news ends the stream"
    assert (await enter(pc, code)).status == 303


async def test_a_pc_that_comes_back_to_another_process_is_told_where_things_stand(
    start: Starter,
) -> None:
    first, second = await start(), await start()
    pc, phone = first.browser(), await phone_of(second)
    code = await show_code(pc)
    async with listening(first, pc, code) as stream:
        assert (await heard(stream))["state"] == "waiting"
        await phone.get(f"/q/{code.ticket}")
        assert (await heard(stream))["state"] == "scanned", "told by the other process"
        await first.platform.stop()
        await stream.content.read()
    cookies, pc = pc.cookies, second.browser()
    pc.cookies = cookies
    async with listening(second, pc, code) as stream:
        assert (await heard(stream))["state"] == "scanned"
        await phone.post(f"/q/{code.ticket}", {"deed": "confirm"})
        assert (await heard(stream))["state"] == "confirmed"
    assert (await enter(pc, code)).status == 303
    assert await is_logged_in(pc)


async def test_a_pc_without_streams_asks(running: Running) -> None:
    pc, phone = running.browser(), await phone_of(running)
    code = await show_code(pc)

    async def state() -> str:
        return str((await pc.get(f"{code.entry}/news")).json["state"])

    assert await state() == "waiting"
    await phone.get(f"/q/{code.ticket}")
    assert await state() == "scanned"
    await phone.post(f"/q/{code.ticket}", {"deed": "refuse"})
    assert await state() == "refused"
    running.clock.advance(seconds=121)
    assert await state() == "expired"


async def test_no_on_the_phone_is_no_on_the_pc(running: Running) -> None:
    pc, phone = running.browser(), await phone_of(running)
    code = await show_code(pc)
    await phone.get(f"/q/{code.ticket}")
    answer = await phone.post(f"/q/{code.ticket}", {"deed": "refuse"})
    assert "已取消登录" in visible(await phone.follow(answer))
    refused = await enter(pc, code)
    assert refused.status == 409 and "已在手机上取消" in visible(refused)
    assert not await is_logged_in(pc)


async def test_the_second_phone_is_told_kindly_and_the_first_goes_on(running: Running) -> None:
    pc, phone, other = running.browser(), await phone_of(running), await phone_of(running)
    code = await show_code(pc)
    await phone.get(f"/q/{code.ticket}")
    turned_away = await other.get(f"/q/{code.ticket}")
    assert turned_away.status == 409 and "已被另一个账号扫描" in visible(turned_away)
    assert (await other.post(f"/q/{code.ticket}", {"deed": "confirm"})).status == 409
    assert (await enter(pc, code)).status == 409
    await phone.post(f"/q/{code.ticket}", {"deed": "confirm"})
    assert (await enter(pc, code)).status == 303


@pytest.mark.shows("F033")
async def test_an_old_code_is_dead_for_phone_and_pc(running: Running) -> None:
    pc, phone = running.browser(), await phone_of(running)
    code = await show_code(pc)
    running.clock.advance(seconds=121)
    page = await phone.get(f"/q/{code.ticket}")
    assert page.status == 404 and "刷新二维码" in visible(page)
    assert (await enter(pc, code)).status == 404
    assert not await is_logged_in(pc)


async def test_a_phone_that_is_not_logged_in_does_so_first_and_comes_back(running: Running) -> None:
    pc, phone, number = running.browser(), running.browser(), new_phone()
    await register(running, number)
    await wait_for_another_code(running)
    code = await show_code(pc)
    door = await phone.get(f"/q/{code.ticket}")
    assert (door.status, door.headers["Location"]) == (303, f"/login?next=/q/{code.ticket}")
    await phone.post("/login/code", {"phone": number, "page": "login"})
    sms = await running.sandbox.code(number)
    body = {"phone": number, "code": sms, "next": f"/q/{code.ticket}"}
    asked = await phone.follow(await phone.post("/login", body))
    assert asked.status == 200 and "在电脑上登录" in visible(asked)


async def test_only_a_form_of_ours_says_yes(running: Running) -> None:
    pc, phone = running.browser(), await phone_of(running)
    code = await show_code(pc)
    await phone.get(f"/q/{code.ticket}")
    forged = await phone.post(f"/q/{code.ticket}", {"deed": "confirm"}, xsrf=False)
    assert forged.status == 403
    assert (await pc.get(f"{code.entry}/news")).json["state"] == "scanned"


async def test_whoever_is_logged_in_needs_no_code(running: Running) -> None:
    phone = await phone_of(running)
    answer = await phone.get("/login/qr?next=/messages")
    assert (answer.status, answer.headers["Location"]) == (303, "/messages")
    assert await running.database["qr_logins"].count_documents({}) == 0


async def test_codes_without_end_are_not_made(running: Running) -> None:
    pc = running.browser()
    answers = [(await pc.get("/login/qr")).status for _ in range(61)]
    assert answers == [200] * 60 + [429]
    page = await pc.get("/login/qr")
    assert "手机号登录" in visible(page) and "data-code" not in page.text
    assert int(page.headers["Retry-After"]) > 0


@pytest.mark.shows("F033")
async def test_a_program_on_the_phone_scans_and_answers(running: Running) -> None:
    pc, program, stranger = running.browser(), await register(running), await register(running)
    code = await show_code(pc)
    path = f"/qr-logins/{code.ticket}"
    assert (await program.get(path)).json["state"] == "waiting"
    early = await program.post(f"{path}/confirm")
    assert (early.status, early.code) == (409, "accounts.qr_login_not_scanned")
    scanned = (await program.post(f"{path}/scan")).json
    assert (scanned["state"], scanned["address"]) == ("scanned", "127.0.0.1")
    for word in ("scan", "confirm", "refuse"):
        answer = await stranger.post(f"{path}/{word}")
        assert (answer.status, answer.code) == (409, "accounts.qr_login_taken")
    assert (await stranger.get(path)).status == 409
    assert (await running.api().post(f"{path}/confirm")).status == 401
    assert (await program.post(f"{path}/confirm")).json["state"] == "confirmed"
    late = await program.post(f"{path}/refuse")
    assert (late.status, late.code) == (409, "accounts.qr_login_confirmed")
    assert (await enter(pc, code)).status == 303


async def test_a_program_says_no(running: Running) -> None:
    pc, program = running.browser(), await register(running)
    code = await show_code(pc)
    await program.post(f"/qr-logins/{code.ticket}/scan")
    assert (await program.post(f"/qr-logins/{code.ticket}/refuse")).json["state"] == "refused"
    answer = await program.post(f"/qr-logins/{code.ticket}/confirm")
    assert (answer.status, answer.code) == (409, "accounts.qr_login_refused")
    assert (await enter(pc, code)).status == 409


async def test_neither_ticket_nor_secret_is_logged(
    running: Running, caplog: pytest.LogCaptureFixture
) -> None:
    pc, phone = running.browser(), await phone_of(running)
    with caplog.at_level("DEBUG", logger="rongqiao"):
        code = await show_code(pc)
        async with listening(running, pc, code) as stream:
            await heard(stream)
        await phone.get(f"/q/{code.ticket}")
        await until(lambda: "login_qr_confirmation" in caplog.text)
    assert "login_qr_events" in caplog.text
    assert code.ticket not in caplog.text and pc.cookies["rq_qr"] not in caplog.text
