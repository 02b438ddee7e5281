"""QR log-in as people see it: a PC, and a phone inside WeChat's web view."""

import re
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import Browser, Page, Route, expect

from tests.browser.site import PC, PHONE, axe
from tests.journeys import steps
from tests.people import register, wait_for_another_code
from tests.platforms import Running

NEWCOMER, PERSON = (one.legal_rep for one in steps.world().enterprises[4:6])
Shots = Callable[[str], Path]

pytestmark = pytest.mark.browser


@asynccontextmanager
async def opened(browser: Browser, *, phone: bool = False) -> AsyncIterator[Page]:
    context = await browser.new_context(
        viewport=PHONE if phone else PC,  # type: ignore[arg-type]
        is_mobile=phone,
        has_touch=phone,
        locale="zh-CN",
        timezone_id="Asia/Shanghai",
    )
    context.set_default_timeout(20_000)
    yield await context.new_page()
    await context.close()


def web_view_of(running: Running, person: Any) -> str:
    """The origin of a person's phone; its cookies stay there between tests."""
    return f"http://{person.key}.localhost:{running.sandbox.address.rpartition(':')[2]}"


@pytest.fixture(scope="module")
async def web_view(browser: Browser, running_site: Running) -> str:
    """A phone that is logged in."""
    origin = web_view_of(running_site, PERSON)
    await register(running_site, PERSON.phone)
    async with opened(browser, phone=True) as phone:
        await phone.goto(origin + "/login?next=/me")
        await log_in(running_site, phone, PERSON)
        await expect(phone).to_have_url(re.compile("/me$"))
    return origin


async def log_in(running: Running, page: Page, person: Any) -> None:
    """By phone and code, on the page that asks for it."""
    await wait_for_another_code(running)
    await page.locator("[name=phone]").fill(person.phone)
    await page.get_by_role("button", name="获取验证码", exact=True).click()
    await expect(page.get_by_role("button", name="秒后重发")).to_be_visible()
    await page.locator("[name=code]").fill(await running.sandbox.code(person.phone))
    await page.get_by_role("button", name=re.compile("^登录$|^绑定并登录$")).click()


async def show_code(running: Running, pc: Page, next_path: str = "/messages") -> str:
    """The path that the phone opens after scanning."""
    await pc.goto(f"{running.url}/login?next={next_path}")
    await pc.get_by_role("link", name="扫码登录").click()
    content = await pc.locator("[data-code]").get_attribute("data-code")
    assert content is not None and content.startswith(f"{running.url}/q/")
    return content.removeprefix(running.url)


async def sound(page: Page, picture: Path) -> None:
    await page.screenshot(path=picture, full_page=True, caret="initial")
    assert await axe(page) == []
    width = await page.evaluate("document.documentElement.scrollWidth")
    assert width <= page.viewport_size["width"] if page.viewport_size else False


@pytest.mark.shows("F033")
async def test_a_pc_is_logged_in_by_a_phone_that_logs_in_first(
    browser: Browser, running_site: Running, shots: Shots
) -> None:
    await register(running_site, NEWCOMER.phone)
    async with opened(browser) as pc, opened(browser, phone=True) as phone:
        path = await show_code(running_site, pc)
        await sound(pc, shots("qr-1-code"))
        await phone.goto(web_view_of(running_site, NEWCOMER) + path)
        await sound(phone, shots("qr-phone-1-first"))
        await log_in(running_site, phone, NEWCOMER)
        await expect(phone.locator("main")).to_contain_text("在电脑上登录？")
        await expect(phone.locator("main")).to_contain_text("127.0.0.1")
        await sound(phone, shots("qr-phone-2-asked"))
        await expect(pc.locator("main")).to_contain_text("已扫码，请在手机上点“登录”")
        await sound(pc, shots("qr-2-scanned"))
        await phone.get_by_role("button", name="登录", exact=True).click()
        confirmed_at = time.monotonic()
        await expect(pc).to_have_url(f"{running_site.url}/messages")
        assert time.monotonic() - confirmed_at < 2.0, "the PC moves on within two seconds"
        await expect(phone.locator("main")).to_contain_text("已确认登录")
        await sound(phone, shots("qr-phone-3-confirmed"))


async def test_no_on_the_phone_is_seen_on_the_pc_which_can_try_again(
    browser: Browser, running_site: Running, web_view: str, shots: Shots
) -> None:
    async with opened(browser) as pc, opened(browser, phone=True) as phone:
        path = await show_code(running_site, pc)
        await phone.goto(web_view + path)
        await phone.get_by_role("button", name="取消", exact=True).click()
        await expect(phone.locator("main")).to_contain_text("已取消登录")
        await sound(phone, shots("qr-phone-4-refused"))
        await expect(pc.locator("main")).to_contain_text("手机上取消了这次登录")
        await expect(pc.get_by_text("已取消登录")).to_be_visible()
        await expect(pc.get_by_text("二维码已失效")).to_be_hidden()
        await sound(pc, shots("qr-3-refused"))
        await pc.locator(".rq-qr-over").get_by_role("link", name="刷新二维码").click()
        again = await pc.locator("[data-code]").get_attribute("data-code")
        assert again is not None and not again.endswith(path)
        running_site.clock.advance(seconds=121)
        await phone.goto(web_view + again.removeprefix(running_site.url))
        await expect(phone.locator("main")).to_contain_text("已失效")
        await sound(phone, shots("qr-phone-5-dead"))


async def test_where_streams_do_not_get_through_the_pc_asks(
    browser: Browser, running_site: Running, web_view: str
) -> None:
    async def cut(route: Route) -> None:
        await route.abort()

    async with opened(browser) as pc, opened(browser, phone=True) as phone:
        await pc.route("**/events", cut)
        path = await show_code(running_site, pc)
        await phone.goto(web_view + path)
        await phone.get_by_role("button", name="登录", exact=True).click()
        await expect(pc).to_have_url(f"{running_site.url}/messages", timeout=15_000)


async def test_without_scripts_a_button_does_it(
    browser: Browser, running_site: Running, web_view: str
) -> None:
    context = await browser.new_context(java_script_enabled=False, locale="zh-CN")
    pc = await context.new_page()
    async with opened(browser, phone=True) as phone:
        path = await show_code(running_site, pc)
        await pc.get_by_role("button", name="手机上已点登录，进入").click()
        await expect(pc.locator("main")).to_contain_text("在手机上点“登录”")
        path = await show_code(running_site, pc)
        await phone.goto(web_view + path)
        await phone.get_by_role("button", name="登录", exact=True).click()
        await expect(phone.locator("main")).to_contain_text("已确认登录")
        await pc.get_by_role("button", name="手机上已点登录，进入").click()
        await expect(pc).to_have_url(f"{running_site.url}/messages")
    await context.close()


async def test_the_page_counts_down_and_offers_another_code(
    browser: Browser, running_site: Running, shots: Shots
) -> None:
    async with opened(browser) as pc:
        await pc.clock.install()
        await show_code(running_site, pc)
        over = pc.locator(".rq-qr-over[data-expired]")
        await expect(over).to_be_hidden()
        await pc.clock.fast_forward(121_000)
        await expect(over).to_be_visible()
        await expect(over.get_by_text("二维码已失效")).to_be_visible()
        await expect(pc.locator("[data-clock]")).to_be_hidden()
        await sound(pc, shots("qr-4-expired"))


async def test_a_phone_is_not_offered_its_own_screen_to_scan(
    browser: Browser, running_site: Running, shots: Shots
) -> None:
    async with opened(browser, phone=True) as phone:
        await phone.goto(f"{running_site.url}/login")
        await expect(phone.get_by_role("link", name="扫码登录")).to_be_hidden()
        await phone.goto(f"{running_site.url}/login/qr")
        await sound(phone, shots("qr-phone-0-code"))
