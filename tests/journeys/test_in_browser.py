"""The main job by hand, in a real browser: a boss at a PC and with his phone, a reviewer, an officer.

The phone's web view is the sandbox's: the person's own origin, WeChat's user agent.
"""

import re
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from playwright.async_api import Browser, Page, expect

from sandbox.pictures import licence_picture
from tests.browser.site import PC, PHONE
from tests.journeys import steps
from tests.platforms import Running

ENTERPRISE = next(
    one for one in steps.world().enterprises if one.legal_rep.key == "lin" and one.synced
)
BOSS = ENTERPRISE.legal_rep
SHOTS = Path(__file__).parents[2] / "var" / "shots"

pytestmark = pytest.mark.browser


class Walk:
    """Somebody's browser, with pictures of where he has been."""

    def __init__(self, page: Page, origin: str, name: str) -> None:
        self.page = page
        self.origin = origin
        self._name = name
        self._number = 0

    async def go(self, path: str) -> None:
        await self.page.goto(self.origin + path)

    async def press(self, name: str) -> None:
        await self.page.get_by_role("button", name=name, exact=True).first.click()

    async def write(self, **fields: str) -> None:
        for name, value in fields.items():
            await self.page.locator(f"[name={name}]").fill(value)

    async def choose(self, name: str, value: str) -> None:
        await self.page.locator(f"select[name={name}]").select_option(value)

    async def sees(self, text: str) -> None:
        await expect(self.page.locator("main")).to_contain_text(text, timeout=15_000)

    async def picture(self, what: str) -> None:
        self._number += 1
        SHOTS.mkdir(parents=True, exist_ok=True)
        path = SHOTS / f"journey-{self._name}-{self._number:02d}-{what}.png"
        await self.page.screenshot(path=path, full_page=True, caret="initial")


@asynccontextmanager
async def walk(
    browser: Browser, origin: str, name: str, *, phone: bool = False
) -> AsyncIterator[Walk]:
    context = await browser.new_context(
        viewport=PHONE if phone else PC,  # type: ignore[arg-type]
        is_mobile=phone,
        has_touch=phone,
        locale="zh-CN",
        timezone_id="Asia/Shanghai",
    )
    context.set_default_timeout(20_000)
    page = await context.new_page()
    try:
        yield Walk(page, origin, name)
    finally:
        await context.close()


async def type_the_code(running: Running, person: Walk) -> None:
    """Ask for a code on the page and read it from the phone."""
    before = len(await running.sandbox.inbox(BOSS.phone))
    await person.press("获取验证码")
    await expect(person.page.get_by_role("button", name="秒后重发")).to_be_visible()
    assert len(await running.sandbox.inbox(BOSS.phone)) == before + 1
    await person.write(code=await running.sandbox.code(BOSS.phone))


async def register(running: Running, boss: Walk) -> None:
    await boss.go("/register")
    await boss.write(phone=BOSS.phone)
    await type_the_code(running, boss)
    await boss.page.locator("#accept_terms").check()
    await boss.page.locator("#accept_privacy").check()
    await boss.picture("register")
    await boss.press("注册")
    await expect(boss.page).to_have_url(re.compile("/certification"))


async def read_and_agree(boss: Walk) -> None:
    gate = boss.page.get_by_role("button", name="同意并继续")
    await expect(gate).to_be_disabled()
    await boss.page.locator("[data-reader]").evaluate(
        "(one) => { one.scrollTop = one.scrollHeight; }"
    )
    await expect(gate).to_be_enabled(timeout=15_000)
    await boss.picture("agreement")
    await gate.click()
    await boss.sees("上传并识别")


async def fill_in(boss: Walk) -> None:
    licence = licence_picture(ENTERPRISE, picture_format="JPEG")
    await boss.page.locator("input[type=file]").set_input_files(
        {"name": "licence.jpg", "mimeType": "image/jpeg", "buffer": licence}
    )
    await boss.press("上传并识别")
    await expect(boss.page.locator("[name=name]")).to_have_value(ENTERPRISE.name)
    await boss.press("企业检索")
    await expect(boss.page.locator("[name=authority]")).to_have_value(ENTERPRISE.authority)
    await boss.choose("industry_code", "R")
    await boss.write(
        legal_rep_id_number=BOSS.id_number,
        legal_rep_phone=BOSS.phone,
        contact_name=BOSS.name,
        contact_phone=BOSS.phone,
        contact_email="hello@yanqiu.example",
    )
    await choose_region(boss)
    await boss.picture("profile")
    await boss.press("保存并核验")
    await boss.sees("本人完成")


async def choose_region(boss: Walk) -> None:
    """Province, city and county, as a person picks them."""
    code = ENTERPRISE.region_code
    selects = boss.page.locator("[data-region] select, .rq-region select")
    await selects.first.focus()
    for index, value in enumerate((code[:2] + "0000", code[:4] + "00", code)):
        await selects.nth(index).select_option(value)


async def pass_the_face_check(running: Running, phone: Walk, content: str) -> None:
    """Scan what the PC shows, consent, walk through E证通, come back."""
    await phone.go(content.removeprefix(running.url))
    await phone.sees("法定代表人本人核验")
    await phone.page.locator("#accept_face").check()
    await phone.picture("face-consent")
    await phone.press("开始核验")
    await phone.page.get_by_role("checkbox").check()
    await phone.page.get_by_role("button", name=re.compile("确认授权|同意|下一步")).first.click()
    await phone.page.get_by_role("button", name=re.compile("允许")).click()
    await phone.picture("eid-face")
    await phone.page.get_by_role("button", name=re.compile("通过")).first.click()
    await phone.sees("核验通过")
    await phone.picture("face-passed")


async def log_in_console(desk: Walk, login: str) -> None:
    member = next(one for one in steps.world().staff if one.login == login)
    await desk.go("/console/login")
    await desk.write(login=member.login, password=member.password)
    await desk.press("登录")
    await desk.sees("运营概览")


async def review(running: Running, browser: Browser) -> None:
    async with walk(browser, running.url, "reviewer") as desk:
        await log_in_console(desk, "reviewer1")
        await desk.page.get_by_role("link", name="企业认证审核").first.click()
        await desk.page.get_by_text(ENTERPRISE.name).first.wait_for()
        await desk.picture("queue")
        await desk.page.get_by_role("row").filter(has_text=ENTERPRISE.name).get_by_role(
            "link"
        ).first.click()
        await desk.press("认领审核")
        await desk.page.get_by_role("button", name="通过", exact=True).wait_for()
        await desk.picture("review")
        await desk.press("通过")
        confirm = desk.page.locator("#rq-confirm")
        if await confirm.is_visible():
            await confirm.get_by_role("button", name="确定通过").click()
        await expect(desk.page.locator("body")).to_contain_text("已通过", timeout=15_000)


async def apply(running: Running, phone: Walk) -> str:
    """Find a product of the officer's institution and apply; the case's address."""
    officer = next(one for one in steps.world().staff if one.login == "officer3")
    institution = next(one for one in steps.world().institutions if one.key == officer.institution)
    await phone.go("/products")
    await phone.page.locator("input[name=q]").first.fill(institution.short_name)
    await phone.page.locator("input[name=q]").first.press("Enter")
    await phone.page.get_by_text(institution.short_name).first.wait_for()
    await phone.picture("products")
    cards = phone.page.locator("a[href^='/products/']")
    await cards.first.click()
    await phone.page.get_by_role("link", name="立即申请").first.click()
    await phone.sees("融资需求")
    branches = phone.page.locator("select[name=branch_id] option")
    wanted = next(b for b in institution.branches if b.key == officer.branch)
    assert wanted.name in " ".join(await branches.all_inner_texts())
    await phone.page.locator("select[name=branch_id]").select_option(
        label=await label_of(phone, wanted.name)
    )
    await phone.choose("purpose", "working_capital")
    await phone.write(
        amount_wan=await first_number(phone, "amount_wan"),
        term_months=await first_number(phone, "term_months"),
        rate_percent=await first_number(phone, "rate_percent"),
        annual_revenue_wan="860.5",
        total_loans_wan="0",
        contact_name=BOSS.name,
        contact_phone=BOSS.phone,
        note="采购原材料",
    )
    for name in ("is_enforced", "was_overdue"):
        await phone.page.locator(f"input[name={name}][value=no]").check()
    await phone.page.locator("[name=accept_application]").check()
    await phone.picture("apply")
    await phone.press("提交申请")
    await expect(phone.page).to_have_url(re.compile(r"/applications/[0-9a-z]{26}"))
    await phone.sees("待受理")
    await phone.picture("applied")
    return phone.page.url.removeprefix(phone.origin).partition("?")[0]


async def label_of(phone: Walk, name: str) -> str:
    labels = await phone.page.locator("select[name=branch_id] option").all_inner_texts()
    return next(label for label in labels if name in label)


async def first_number(phone: Walk, name: str) -> str:
    """The lowest value that the hint under the field allows."""
    hint = await phone.page.locator(f"[data-field]:has([name={name}])").inner_text()
    found = re.search(r"[\d,]+(?:\.\d+)?", hint)
    assert found, hint
    return found.group().replace(",", "")


async def lend(running: Running, browser: Browser, address: str) -> None:
    async with walk(browser, running.url, "officer") as desk:
        await log_in_console(desk, "officer3")
        await desk.picture("dashboard")
        await desk.go(f"/console{address}")
        await desk.press("受理")
        await desk.sees("登记授信")
        await desk.write(credit_amount="100", credit_rate="4.35", credit_term="12")
        await desk.press("登记授信")
        await desk.sees("登记放款")
        await desk.write(
            contract_no="JK-2026-0001",
            loan_amount="60",
            loan_rate="4.35",
            lent_on="2026-11-20",
            due_on="2027-11-19",
        )
        await desk.press("登记放款")
        await desk.sees("JK-2026-0001")
        await desk.picture("lent")


@pytest.mark.shows("F054", "F055", "F064")
async def test_the_main_job_on_pc_and_phone(browser: Browser, running_site: Running) -> None:
    running = running_site
    await steps.sow(running)
    web_view = f"http://{BOSS.key}.localhost:{running.sandbox.address.rpartition(':')[2]}"
    async with (
        walk(browser, running.url, "pc") as pc,
        walk(browser, web_view, "phone", phone=True) as phone,
    ):
        await register(running, pc)
        await read_and_agree(pc)
        await fill_in(pc)
        content = await pc.page.locator("[data-code]").get_attribute("data-code")
        assert content is not None
        await pc.picture("qr")
        await pass_the_face_check(running, phone, content)
        passed_at = time.monotonic()
        await pc.sees("核对信息")
        assert time.monotonic() - passed_at < 2.0, "the PC page moves on within two seconds"
        await pc.picture("submit")
        await pc.press("提交审核")
        await pc.sees("等待平台审核")
        await review(running, browser)
        await pc.sees("认证已通过")
        await pc.picture("certified")
        running.clock.advance(seconds=61)
        await running.sandbox.advance(61)
        await phone.go("/login")
        await phone.write(phone=BOSS.phone)
        await type_the_code(running, phone)
        await phone.press("登录")
        await phone.sees(ENTERPRISE.name)
        await phone.picture("me")
        address = await apply(running, phone)
        await lend(running, browser, address)
        await phone.page.reload()
        await phone.sees("已放款")
        await phone.picture("lent")
        await phone.go("/messages")
        await phone.sees("放款")
        await phone.picture("messages")
