"""Every page at both sizes, plain and elder-friendly: nothing axe, the policy or a designer minds."""

from dataclasses import dataclass

import pytest

from tests.browser.site import PHONE, Site, axe, open_page

KIB = 1024


@dataclass(frozen=True, slots=True)
class Visit:
    """A page, who opens it, and what it may weigh (gzip) and ask for."""

    name: str
    path: str
    who: str | None = None
    pc_kib: int = 100
    phone_kib: int = 80
    requests: int = 12


VISITS = (
    Visit("home", "/"),
    Visit("products", "/products"),
    Visit("products-filtered", "/products?amount=over_1000&sort=rate"),
    Visit("products-none", "/products?q=没有这种产品"),
    Visit("product", "/products/{product}"),
    Visit("login", "/login"),
    Visit("register", "/register"),
    Visit("privacy", "/privacy"),
    Visit("agreement", "/agreements/terms"),
    Visit("lost", "/no/such/page"),
    Visit("me", "/me", "boss"),
    Visit("log-ins", "/me/sessions", "boss"),
    Visit("messages", "/messages", "boss"),
    Visit("messages-none", "/messages", "boss-waiting"),
    Visit("apply", "/products/{product}/apply", "boss"),
    Visit("apply-not-certified", "/products/{product}/apply", "boss-waiting"),
    Visit("applications", "/applications", "boss"),
    Visit("application", "/applications/{case}", "boss"),
    Visit("certification-certified", "/certification", "boss"),
    Visit("certification-waiting", "/certification", "boss-waiting"),
    Visit("console-login", "/console/login", None, 320, 320),
    Visit("console", "/console", "reviewer1", 320, 320),
    Visit("console-officer", "/console", "officer1", 320, 320),
    Visit("console-admin", "/console", "admin", 320, 320),
    Visit("console-reviews", "/console/certifications", "reviewer1", 320, 320),
    Visit("console-review", "/console/certifications/{review}", "reviewer1", 320, 320),
    Visit("console-cases", "/console/applications", "officer1", 320, 320),
    Visit("console-case", "/console/applications/{case}", "officer1", 320, 320),
    Visit("console-staff", "/console/staff", "admin", 320, 320),
    Visit("console-staff-new", "/console/staff/new", "admin", 320, 320),
    Visit("console-messages", "/console/messages", "officer1", 320, 320),
)

pytestmark = pytest.mark.browser


@pytest.mark.parametrize("visit", VISITS, ids=lambda visit: str(visit.name))
@pytest.mark.parametrize("phone", [False, True], ids=["pc", "phone"])
async def test_the_page_is_sound(site: Site, visit: Visit, phone: bool) -> None:
    url = site.running.url + visit.path.format(**site.ids)
    context = await site.context(visit.who, phone=phone)
    page, weight = await open_page(context, url)
    name = f"{visit.name}-{'phone' if phone else 'pc'}"
    await page.screenshot(path=site.shots / f"{name}.png", full_page=True, caret="initial")
    assert await axe(page) == []
    width = await page.evaluate("document.documentElement.scrollWidth")
    assert width <= (PHONE["width"] if phone else 1440), "the page is wider than the screen"
    complaints = [one for one in weight.complaints or [] if "Failed to load resource" not in one]
    assert complaints == []
    limit = visit.phone_kib if phone else visit.pc_kib
    assert weight.bytes <= limit * KIB, f"{weight.bytes / KIB:.0f} KiB"
    assert weight.requests <= visit.requests
    await context.close()


@pytest.mark.parametrize("visit", VISITS, ids=lambda visit: str(visit.name))
async def test_the_elder_friendly_page_is_sound(site: Site, visit: Visit) -> None:
    context = await site.context(visit.who, phone=True, care=True)
    page, _ = await open_page(context, site.running.url + visit.path.format(**site.ids))
    await page.screenshot(
        path=site.shots / f"{visit.name}-care.png", full_page=True, caret="initial"
    )
    assert await axe(page) == []
    assert await page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
    size = await page.evaluate("parseFloat(getComputedStyle(document.body).fontSize)")
    assert size >= 18
    await context.close()


async def test_nothing_moves_while_the_home_page_loads(site: Site) -> None:
    context = await site.context()
    page = await context.new_page()
    await page.add_init_script(
        "window.__shift = 0; new PerformanceObserver((list) => list.getEntries().forEach("
        "(one) => { window.__shift += one.value; })).observe({type: 'layout-shift', buffered: true});"
    )
    await page.goto(site.running.url + "/")
    await page.wait_for_load_state("networkidle")
    assert await page.evaluate("window.__shift") <= 0.05
    await context.close()
