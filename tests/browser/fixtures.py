"""A real browser on the real product: one site a session, with the sample world and people in it."""

import json
import os
import shutil
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import aiohttp
import pytest
from playwright.async_api import Browser, async_playwright

from sandbox.demo_files import WECHAT_TEMPLATES
from server.composition.ground import lay_ground
from server.config import Settings
from server.main import Platform
from server.storage.embedded import Embedded
from server.storage.mongo import connect
from tests.browser.site import CHROMIUM_ARGUMENTS, Site, furnish, start_sandbox
from tests.platforms import MovableClock, Running, SandboxDoor, free_port, settings_of

SHOTS = Path(__file__).parents[2] / "var" / "shots"


def chromium_path() -> str:
    """The system's Chromium: $CHROMIUM, else one on the PATH."""
    found = (
        os.environ.get("CHROMIUM") or shutil.which("chromium") or shutil.which("chromium-browser")
    )
    assert found, "Chromium is missing: install the package chromium, or name one in $CHROMIUM"
    return found


@pytest.fixture(scope="session")
async def browser() -> AsyncIterator[Browser]:
    """One browser process; each test has contexts of its own."""
    async with async_playwright() as playwright:
        started = await playwright.chromium.launch(
            executable_path=chromium_path(), args=list(CHROMIUM_ARGUMENTS)
        )
        yield started
        await started.close()


@asynccontextmanager
async def open_site(
    mongod: Embedded, database_name: str, **overrides: str
) -> AsyncIterator[Running]:
    """The product and a sandbox that knows its address, so that the phone's web view works."""
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    with start_sandbox(url) as address:
        settings: Settings = settings_of(
            mongod.uri, address, port, RQ__STORAGE__DATABASE=database_name, **overrides
        )
        database = connect(mongod.uri, database_name)
        await database.drop()
        clock = MovableClock()
        platform = Platform(lay_ground(settings, mongod.uri, clock))
        await platform.start()
        async with (
            aiohttp.ClientSession(f"http://{address}") as door,
            aiohttp.ClientSession() as http,
        ):
            yield Running(
                platform=platform,
                database=database,
                clock=clock,
                sandbox=SandboxDoor(address, door),
                url=url,
                settings=settings,
                http=http,
            )
        await platform.stop()
        database.close()


@pytest.fixture(scope="session")
async def running_site(mongod: Embedded) -> AsyncIterator[Running]:
    """One for all browser tests of the process."""
    async with open_site(mongod, "rongqiao_browser") as running:
        yield running


@pytest.fixture
async def wechat_site(mongod: Embedded) -> AsyncIterator[Running]:
    """One of its own, whose followers are told by template messages."""
    templates = json.dumps(WECHAT_TEMPLATES)
    async with open_site(mongod, "rongqiao_wechat", RQ__WECHAT__TEMPLATES=templates) as running:
        yield running


@pytest.fixture(scope="session")
async def site(browser: Browser, running_site: Running) -> AsyncIterator[Site]:
    """The running site with people at every stage of the main job."""
    SHOTS.mkdir(parents=True, exist_ok=True)
    yield await furnish(browser, running_site, SHOTS)


@pytest.fixture
def shots() -> Callable[[str], Path]:
    """Where a screenshot of this name goes."""
    SHOTS.mkdir(parents=True, exist_ok=True)
    return lambda name: SHOTS / f"{name}.png"
