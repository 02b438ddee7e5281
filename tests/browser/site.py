"""The site that browser tests visit, and how a page is looked at."""

import gzip
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from playwright.async_api import Browser, BrowserContext, Page, Response

from server.core.actor import Surface
from tests.journeys import steps
from tests.platforms import ROOT, Running

CHROMIUM_ARGUMENTS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--lang=zh-CN",
)
PC = {"width": 1440, "height": 900}
PHONE = {"width": 390, "height": 844}
AXE_FILE = ROOT / "node_modules" / "axe-core" / "axe.min.js"
AXE_RUN = """async () => (await axe.run(document, {runOnly: [
  'wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice']})).violations.map(
  (one) => one.id + ': ' + one.nodes.map(
    (node) => node.target.join(' ') + ' ' + node.failureSummary).join(' | '))"""


@contextmanager
def start_sandbox(server_url: str) -> Iterator[str]:
    """A sandbox process that knows the server's address; host:port."""
    environment = {k: v for k, v in os.environ.items() if not k.lower().endswith("_proxy")}
    process = subprocess.Popen(
        [sys.executable, "-m", "sandbox", "--port", "0", "--server-url", server_url],
        cwd=ROOT,
        env=environment,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    try:
        yield process.stdout.readline().strip().rpartition("//")[2]
    finally:
        process.terminate()
        process.wait(10)


@dataclass(frozen=True, slots=True, kw_only=True)
class Site:
    """Log-ins by name, and the ids that addresses need."""

    browser: Browser
    running: Running
    tokens: dict[str, str]
    ids: dict[str, str]
    shots: Path

    async def context(
        self,
        who: str | None = None,
        *,
        phone: bool = False,
        care: bool = False,
        scripts: bool = True,
    ) -> BrowserContext:
        """A browser of somebody: its own cookies, logged in through the product's own sessions."""
        context = await self.browser.new_context(
            viewport=PHONE if phone else PC,  # type: ignore[arg-type]
            device_scale_factor=1,
            is_mobile=phone,
            has_touch=phone,
            locale="zh-CN",
            timezone_id="Asia/Shanghai",
            java_script_enabled=scripts,
        )
        cookies: list[Any] = []
        if care:
            cookies.append({"name": "rq_care", "value": "1", "url": self.running.url})
        if who is not None:
            is_staff = not who.startswith("boss")
            cookies.append(
                {
                    "name": "rq_console" if is_staff else "rq_session",
                    "value": self.tokens[who],
                    "domain": "127.0.0.1",
                    "path": "/console" if is_staff else "/",
                }
            )
        await context.add_cookies(cookies)
        context.set_default_timeout(20_000)
        return context


@dataclass(slots=True)
class Weight:
    """What a page cost to load, packed, and what it complained of."""

    bytes: int = 0
    requests: int = 0
    complaints: list[str] | None = None


async def furnish(browser: Browser, running: Running, shots: Path) -> Site:
    """Sample data, a certified boss with a case, another whose certification waits for review."""
    await steps.sow(running)
    first, second = steps.world().enterprises[:2]
    boss = await steps.certify(running, first)
    case = await steps.apply(running, boss, "officer1")
    waiting = await steps.sign_up(running, second.legal_rep)
    await steps.fill_in(running, waiting, second)
    await steps.pass_face_check(running, waiting, second.legal_rep)
    review = steps.good(await waiting.post("/certification/submission"))
    product = steps.good(await boss.get("/products"))["items"][0]
    ids = {
        "case": case["application_id"],
        "product": product["product_id"],
        "review": review["certification_id"],
        "applied": case["product_id"],
    }
    tokens = {
        "boss": await page_session(running, boss),
        "boss-waiting": await page_session(running, waiting),
    }
    for login in ("reviewer1", "officer1", "admin"):
        tokens[login] = await console_session(running, login)
    return Site(browser=browser, running=running, tokens=tokens, ids=ids, shots=shots)


async def page_session(running: Running, api: Any) -> str:
    """A portal session of the account behind an API session."""
    account = await running.platform.services.accounts.get(
        steps.good(await api.get("/me"))["account_id"]
    )
    return await _open(running, account, "portal")


async def console_session(running: Running, login: str) -> str:
    """A console session of a member of staff."""
    member = next(one for one in steps.world().staff if one.login == login)
    account = await running.platform.services.accounts.log_in_staff(
        login=login, password=member.password, address="127.0.0.1"
    )
    return await _open(running, account, "console")


async def _open(running: Running, account: Any, surface: str) -> str:
    opened = await running.platform.services.sessions.open(
        account, surface=Surface(surface), address="127.0.0.1", user_agent="Chrome/156"
    )
    return opened.token


async def open_page(context: BrowserContext, url: str) -> tuple[Page, Weight]:
    """A page, loaded, with what it weighed."""
    page = await context.new_page()
    weight = Weight(complaints=[])
    assert weight.complaints is not None
    complaints = weight.complaints
    page.on(
        "console",
        lambda message: complaints.append(message.text) if message.type == "error" else None,
    )
    page.on("pageerror", lambda error: complaints.append(str(error)))
    responses: list[Response] = []
    page.on("response", lambda response: responses.append(response))
    await page.goto(url)
    await page.wait_for_load_state("load")
    for response in responses:
        weight.requests += 1
        is_stream = response.headers.get("content-type", "").startswith("text/event-stream")
        if response.status == 200 and not is_stream:
            body = await response.body()
            weight.bytes += len(gzip.compress(body, 9))
    return page, weight


async def axe(page: Page) -> list[str]:
    """What axe finds: nothing, on each page of ours."""
    await page.evaluate(AXE_FILE.read_text("utf-8"))
    found: list[str] = await page.evaluate(AXE_RUN)
    return found
