"""The main job inside WeChat: follow, menu, in by OAuth, certified, applied, and told by template cards."""

from typing import Any

import pytest
from playwright.async_api import Browser, Page, expect

from server.cli import menu
from server.official_account.rules import read_rules
from tests.journeys import steps
from tests.journeys.test_in_browser import (
    BOSS,
    Walk,
    apply,
    fill_in,
    lend,
    read_and_agree,
    review,
    type_the_code,
    walk,
)
from tests.platforms import Running
from tests.waiting import until

pytestmark = pytest.mark.browser


async def publish_the_menu(running: Running) -> None:
    """As ``python -m server menu push`` does."""
    rules = read_rules(running.settings.wechat.rules_file)
    account = running.platform._ground.vendors.official_account
    assert await menu.push(account, rules, running.url) == 0


async def follow_and_tap(phone: Page) -> None:
    """On the phone's own screen: find the account, follow it, be welcomed, tap its menu."""
    await phone.get_by_role("button", name="微信", exact=True).click()
    await phone.locator(".wx-none").get_by_role("button").click()
    await phone.get_by_role("button", name="关注", exact=True).click()
    await expect(phone.locator(".wx-log")).to_contain_text("欢迎关注融桥", timeout=15_000)
    await phone.get_by_role("button", name="业务办理").click()
    await phone.get_by_role("button", name="企业认证").or_(
        phone.get_by_role("menuitem", name="企业认证")
    ).first.click()
    await expect(phone.frame_locator("iframe").first.locator("main")).to_contain_text(
        "绑定微信", timeout=20_000
    )


async def bind_as_a_new_person(running: Running, boss: Walk) -> None:
    await boss.go("/wechat/enter?next=/certification")
    await boss.sees("绑定微信")
    await boss.page.get_by_role("link", name="注册并绑定").click()
    await boss.write(phone=BOSS.phone)
    await type_the_code(running, boss)
    await boss.page.locator("#accept_terms").check()
    await boss.page.locator("#accept_privacy").check()
    await boss.picture("bind")
    await boss.press("注册并绑定")
    await boss.sees("企业认证授权书")


async def pass_on_this_phone(boss: Walk) -> None:
    await boss.page.get_by_role("link", name="在本机开始核验").click()
    await boss.page.locator("#accept_face").check()
    await boss.press("开始核验")
    await boss.page.get_by_role("checkbox").check()
    await boss.page.get_by_role("button", name="确认授权").or_(
        boss.page.get_by_role("button", name="同意")
    ).first.click()
    await boss.page.get_by_role("button", name="允许").click()
    await boss.page.get_by_role("button", name="通过").first.click()
    await boss.sees("核验通过")
    await boss.page.get_by_role("link", name="继续").click()
    await boss.press("提交审核")
    await boss.sees("等待平台审核")


async def cards(running: Running) -> list[Any]:
    """The template cards in the person's chat."""
    async with running.sandbox.http.get("/wechat/chat", params={"person": BOSS.key}) as answer:
        messages = (await answer.json())["messages"]
    return [one for one in messages if one["kind"] == "template"]


@pytest.mark.shows("F001", "F037")
async def test_from_follow_to_loan_in_wechat(browser: Browser, wechat_site: Running) -> None:
    running = wechat_site
    await steps.sow(running)
    await publish_the_menu(running)
    port = running.sandbox.address.rpartition(":")[2]
    async with (
        walk(browser, f"http://127.0.0.1:{port}", "wechat") as screen,
        walk(browser, f"http://{BOSS.key}.localhost:{port}", "wechat-view", phone=True) as boss,
    ):
        await screen.go(f"/phone?person={BOSS.key}")
        await follow_and_tap(screen.page)
        await screen.picture("menu")
        await bind_as_a_new_person(running, boss)
        await read_and_agree(boss)
        await fill_in(boss)
        await pass_on_this_phone(boss)
        await review(running, browser)
        await until(lambda: _count(running, 1), 20)
        address = await apply(running, boss)
        await lend(running, browser, address)
        await until(lambda: _count(running, 5), 20)
        inbox = await running.sandbox.inbox(BOSS.phone)
        assert {one["template"] for one in inbox} == {"SMS_CODE"}, "told once, by WeChat"
        await screen.page.locator(".home-bar").click()
        await screen.page.get_by_role("button", name="微信").first.click()
        if await screen.page.locator(".wx-chats button").first.is_visible():
            await screen.page.locator(".wx-chats button").first.click()
        await expect(screen.page.locator(".wx-log")).to_contain_text("放款", timeout=15_000)
        await screen.picture("cards")
        await screen.page.locator(".wx-log a, .wx-log button").last.click()
        view = screen.page.frame_locator("iframe").first
        await expect(view.locator("main")).to_contain_text("已放款", timeout=20_000)
        await screen.picture("opened")


async def _count(running: Running, least: int) -> bool:
    return len(await cards(running)) >= least
