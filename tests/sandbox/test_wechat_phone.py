"""WeChat on the phone: in the live line, the scanner, and a real browser against a server that answers."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest
import pytest_asyncio
from playwright.async_api import Page, async_playwright, expect

from sandbox.state import State
from tests.sandbox.phones import PhoneClient, phone_client
from tests.sandbox.test_phone import CHROMIUM, CHROMIUM_ARGS
from tests.sandbox.test_wechat_pushes import card_for
from tests.sandbox.wechat_server import APP_ID, Caller, Inbox, caller_of, server_of
from tests.waiting import until

with_browser = pytest.mark.skipif(CHROMIUM is None, reason="no chromium here")


@pytest_asyncio.fixture
async def phone(state: State) -> AsyncIterator[PhoneClient]:
    async with phone_client(state) as client:
        yield client


@pytest_asyncio.fixture
async def inbox(state: State, phone: PhoneClient) -> AsyncIterator[Inbox]:
    async with server_of(state) as inbox:
        yield inbox


@pytest_asyncio.fixture
async def caller(state: State) -> AsyncIterator[Caller]:
    async with caller_of(state) as caller:
        yield caller


async def code_of(caller: Caller, scene: str = "bind:1") -> str:
    info = {"scene": {"scene_str": scene}}
    asked = {"action_name": "QR_STR_SCENE", "action_info": info, "expire_seconds": 600}
    return str((await caller.call("qrcode/create", asked))["url"])


async def scanned(phone: PhoneClient, content: str) -> Any:
    query = urlencode({"person": "zhou", "content": content})
    address = f"{phone.state.base_url}/phone/scan?{query}"
    async with phone.session.get(address, headers={"Accept": "application/json"}) as answer:
        return await answer.json()


async def test_a_message_reaches_the_right_phone_within_a_second(
    phone: PhoneClient, inbox: Inbox, caller: Caller
) -> None:
    async with phone.live("zhou") as at_zhou, phone.live("lin") as at_lin:
        assert (await at_zhou.next("hello"))["wechat"]["messages"] == []
        await at_lin.next("hello")
        await caller.push("zhou", "subscribe")
        assert (await at_zhou.next("wechat"))["following"]
        openid = (await caller.chat("zhou"))["openid"]
        await caller.call("message/template/send", card_for(openid))
        assert (await at_zhou.next("chat"))["message"]["rows"][0] == ["审核结果", "已通过"]
        with pytest.raises(TimeoutError):
            await at_lin.next("chat", seconds=0.3)


async def test_a_phone_that_is_opened_later_has_its_chat(
    phone: PhoneClient, inbox: Inbox, caller: Caller
) -> None:
    inbox.words = "您好"
    await caller.push("zhou", "subscribe")
    async with phone.live("zhou") as line:
        told = (await line.next("hello"))["wechat"]
    assert (told["following"], [one["text"] for one in told["messages"]]) == (True, ["您好"])


async def test_a_new_menu_reaches_the_phones(
    phone: PhoneClient, inbox: Inbox, caller: Caller
) -> None:
    async with phone.live("zhou") as line:
        await line.next("hello")
        await caller.call("menu/create", menu(phone.state.server_url))
        assert (await line.next("wechat"))["menu"]["button"][0]["name"] == "融资产品"


async def test_the_scanner_knows_the_accounts_codes(
    state: State, phone: PhoneClient, inbox: Inbox, caller: Caller
) -> None:
    url = await code_of(caller)
    assert (await scanned(phone, url))["kind"] == "official"
    assert (await scanned(phone, url + "x"))["kind"] == "expired"
    status, location = await phone.get(
        "/phone/scan?" + urlencode({"person": "zhou", "content": url})
    )
    assert status == 303
    assert parse_qs(urlsplit(location).query) == {"person": ["zhou"], "scan": [url]}
    state.clock.advance(601)
    assert (await scanned(phone, url))["kind"] == "expired"
    assert inbox.messages == []


async def test_the_scanner_takes_an_authorisation_to_the_persons_origin(
    phone: PhoneClient, inbox: Inbox
) -> None:
    path = f"/connect/oauth2/authorize?appid={APP_ID}"
    found = await scanned(phone, f"https://open.weixin.qq.com{path}#wechat_redirect")
    assert (found["kind"], found["address"]) == ("web", f"{path}#wechat_redirect")


# --- in a browser


def menu(server: str) -> Any:
    silent = {
        "appid": APP_ID,
        "redirect_uri": f"{server}/me",
        "response_type": "code",
        "scope": "snsapi_base",
        "state": "s1",
    }
    to_login = f"https://open.weixin.qq.com/connect/oauth2/authorize?{urlencode(silent)}"
    subs = [
        {"type": "view", "name": "我的申请", "url": f"{to_login}#wechat_redirect"},
        {"type": "click", "name": "办理进度", "key": "PROGRESS"},
        {"type": "scancode_push", "name": "扫码办理", "key": "SCAN"},
    ]
    return {
        "button": [
            {"type": "view", "name": "融资产品", "url": f"{server}/products"},
            {"name": "我的", "sub_button": subs},
            {"type": "click", "name": "帮助", "key": "HELP"},
        ]
    }


@asynccontextmanager
async def opened(state: State, person: str = "zhou", more: str = "") -> AsyncIterator[Page]:
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=CHROMIUM_ARGS)
        page = await browser.new_page(viewport={"width": 1440, "height": 900})
        problems: list[str] = []
        page.on("pageerror", lambda problem: problems.append(str(problem)))
        await page.goto(f"{state.base_url}/phone?person={person}{more}")
        yield page
        await browser.close()
        assert problems == []


@with_browser
async def test_a_person_follows_reads_and_taps_the_menu(
    state: State, phone: PhoneClient, inbox: Inbox, caller: Caller
) -> None:
    await caller.call("menu/create", menu(state.server_url))
    inbox.words = '欢迎关注融桥。<a href="' + state.server_url + '/help">看看怎么申请</a>'
    async with opened(state) as page:
        await page.get_by_role("button", name="微信", exact=True).click()
        await page.get_by_role("button", name="查看公众号").click()
        await page.get_by_role("button", name="关注", exact=True).click()
        log = page.get_by_role("log")
        await expect(log).to_contain_text("欢迎关注融桥。看看怎么申请")
        inbox.words = "请在工作日拨打客服电话。"
        await page.get_by_role("button", name="帮助").click()
        await expect(log).to_contain_text("请在工作日拨打客服电话。", timeout=1000)
        assert inbox.messages[-1].key == "HELP"
        await page.get_by_role("button", name="我的", exact=True).click()
        await expect(page.get_by_role("button", name="我的申请")).to_be_focused()
        await page.keyboard.press("Escape")
        await expect(page.get_by_role("button", name="我的", exact=True)).to_be_focused()
        await page.keyboard.press("Enter")
        await page.keyboard.press("Enter")
        frame = page.frame_locator("iframe")
        await expect(frame.locator("body")).to_contain_text('"state": "s1"')
        await expect(page.get_by_role("heading", name="平台的网页")).to_be_visible()
        await page.get_by_role("button", name="关闭网页").click()
        await expect(log).to_be_visible()
        view = next(one for one in inbox.messages if getattr(one, "event", "") == "view")
        assert "/connect/oauth2/authorize" in view.url


@with_browser
async def test_a_link_and_a_card_open_in_wechats_browser(
    state: State, phone: PhoneClient, inbox: Inbox, caller: Caller
) -> None:
    inbox.words = f"详情见 {state.server_url}/help。"
    openid = (await caller.push("zhou", "subscribe"))["openid"]
    card = {**card_for(openid), "url": f"{state.server_url}/certification?from=card"}
    async with opened(state) as page:
        await page.get_by_role("button", name="微信", exact=False).first.click()
        await page.get_by_role("button", name="融桥").click()
        await page.get_by_role("button", name="/help").click()
        await expect(page.locator(".address")).to_have_text("/help")
        await page.get_by_role("button", name="关闭网页").click()
        await caller.call("message/template/send", card)
        await expect(page.get_by_role("log")).to_contain_text("审核意见", timeout=1000)
        await page.get_by_role("button", name="企业认证审核结果通知，查看详情").click()
        await expect(page.frame_locator("iframe").locator("body")).to_contain_text('"from": "card"')


@with_browser
async def test_a_scan_leads_to_following_with_its_scene_and_later_straight_to_the_chat(
    state: State, phone: PhoneClient, inbox: Inbox, caller: Caller
) -> None:
    url = await code_of(caller, "bind:9")
    async with opened(state, more="&" + urlencode({"scan": url})) as page:
        await page.get_by_role("button", name="关注", exact=True).click()
        await expect(page.get_by_role("log")).to_be_visible()
        assert inbox.messages[-1].scene_id == "bind:9"
        assert inbox.messages[-1].event == "subscribe_scan"
        inbox.words = "已经扫码"
        await page.get_by_role("button", name="回到主屏幕").last.click()
        await page.get_by_role("button", name="扫一扫").last.click()
        await page.get_by_label("或粘贴链接、码的内容").fill(url)
        await page.get_by_role("button", name="识别").click()
        await expect(page.get_by_role("log")).to_contain_text("已经扫码")
        assert inbox.messages[-1].event == "scan"


@with_browser
async def test_the_menus_scanner_tells_the_account_what_it_found(
    state: State, phone: PhoneClient, inbox: Inbox, caller: Caller
) -> None:
    await caller.push("zhou", "subscribe")
    await caller.call("menu/create", menu(state.server_url))
    async with opened(state) as page:
        await page.get_by_role("button", name="微信", exact=True).click()
        await page.get_by_role("button", name="融桥").click()
        await page.get_by_role("button", name="我的", exact=True).click()
        await page.get_by_role("button", name="扫码办理").click()
        await page.get_by_label("或粘贴链接、码的内容").fill(f"{state.server_url}/t/abc")
        await page.get_by_role("button", name="识别").click()
        await expect(page.locator(".address")).to_have_text("/t/abc")
        await until(lambda: len(inbox.messages) > 1)
        event = inbox.messages[-1]
        assert (event.event, event.key) == ("scancode_push", "SCAN")
        assert event.scan_result == f"{state.server_url}/t/abc"


@with_browser
async def test_a_person_writes_blocks_and_leaves(
    state: State, phone: PhoneClient, inbox: Inbox, caller: Caller
) -> None:
    await caller.push("zhou", "subscribe")
    async with opened(state) as page:
        await page.get_by_role("button", name="微信", exact=True).click()
        await page.get_by_role("button", name="融桥").click()
        inbox.words = "人工客服工作日在线"
        await page.get_by_label("给公众号发消息").fill("人工")
        await page.keyboard.press("Enter")
        await expect(page.get_by_role("log")).to_contain_text("我：人工")
        await expect(page.get_by_role("log")).to_contain_text("人工客服工作日在线")
        await page.get_by_role("button", name="公众号资料").click()
        await page.get_by_role("switch", name="接收模板消息").click()
        await page.get_by_role("button", name="不再关注").click()
        await expect(page.get_by_role("button", name="取消")).to_be_focused()
        assert state.wechat.follower("zhou").blocked
        await page.get_by_role("alertdialog").get_by_role("button", name="不再关注").click()
        await expect(page.get_by_text("还没有会话")).to_be_visible()
        assert inbox.messages[-1].event == "unsubscribe"
        assert not state.wechat.follower("zhou").following


@with_browser
async def test_what_comes_while_something_else_is_open_is_counted(
    state: State, phone: PhoneClient, inbox: Inbox, caller: Caller
) -> None:
    openid = (await caller.push("zhou", "subscribe"))["openid"]
    async with opened(state) as page:
        await expect(page.locator(".home-date")).not_to_be_empty()
        await caller.call("message/template/send", card_for(openid))
        await expect(page.locator(".wechat-mark .badge").first).to_have_text("1")
        await page.locator(".banner").get_by_role("button").click()
        await expect(page.get_by_role("log")).to_contain_text("审核意见")
        await expect(page.locator(".wechat-mark .badge").first).to_be_hidden()
