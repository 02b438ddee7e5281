"""A product shared from inside WeChat carries its own card: WeChat's script, asked as WeChat asks it."""

from typing import Any

import pytest

from tests.browser.site import PHONE, Site

pytestmark = pytest.mark.browser
AGENT = "Mozilla/5.0 (iPhone) AppleWebKit/605 Mobile MicroMessenger/8.0.50"
BRIDGE = """window.__calls = [];
window.WeixinJSBridge = {
  invoke(name, data, done) { window.__calls.push([name, data]); if (done) done({ err_msg: name + ':ok' }); },
  on() {}, call() {},
};"""
SHARED = "() => window.__calls.some(([name]) => name === 'updateAppMessageShareData')"


async def test_the_card_of_a_shared_product_is_its_own(site: Site) -> None:
    context = await site.browser.new_context(
        viewport=PHONE, user_agent=AGENT, is_mobile=True  # type: ignore[arg-type]
    )
    page = await context.new_page()
    await page.add_init_script(BRIDGE)
    address = f"{site.running.url}/products/{site.ids['product']}"
    await page.goto(address)
    await page.wait_for_function(SHARED, timeout=15_000)
    calls: list[Any] = await page.evaluate("window.__calls")
    verified = next(data for name, data in calls if name == "preVerifyJSAPI")
    assert len(verified["verifySignature"]) == 40
    shared = next(data for name, data in calls if name == "updateAppMessageShareData")
    assert shared["link"] == address
    assert shared["title"] in await page.title()
    await context.close()


async def test_outside_of_wechat_no_script_of_wechats_is_loaded(site: Site) -> None:
    context = await site.context()
    page = await context.new_page()
    await page.goto(f"{site.running.url}/products/{site.ids['product']}")
    scripts = await page.evaluate("[...document.scripts].map((one) => one.src).join()")
    assert "wechat" not in scripts
    await context.close()
