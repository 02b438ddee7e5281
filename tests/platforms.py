"""The whole product for a test: a real server on a free port, a real mongod, and the sandbox over HTTP.

The server runs in the test's process, so that its clock can be moved; everything a test does
goes through its doors.
"""

import os
import socket
import subprocess
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Protocol

import aiohttp
import pytest

from server.composition.ground import lay_ground
from server.config import Settings, read_settings
from server.core.clock import utc_now
from server.main import Platform
from server.storage.embedded import Embedded
from server.storage.mongo import Database
from tests.clients import ApiClient, PageClient
from tests.mongod import DATABASE_NAME

ROOT = Path(__file__).parents[1]
SECRETS = {
    "RQ_FIELD_KEY_1": "11" * 32,
    "RQ_INDEX_KEY": "22" * 32,
    "RQ_TENCENT_SECRET_ID": "AKIDsandbox",
    "RQ_TENCENT_SECRET_KEY": "sandbox-tencent-key",
    "RQ_ALIYUN_ACCESS_KEY_ID": "LTAIsandbox",
    "RQ_ALIYUN_ACCESS_KEY_SECRET": "sandbox-aliyun-secret",
    "RQ_SMS_RECEIPT_SECRET": "receipt-secret-of-the-tests",
    "RQ_WECHAT_SECRET": "sandbox-wechat-secret",
    "RQ_WECHAT_TOKEN": "sandboxtoken",
    "RQ_WECHAT_AES_KEY": "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG",
    "RQ__ENVIRONMENT": "demo",
    "RQ__TENCENT__PROTOCOL": "http",
    "RQ__TENCENT__EID_MERCHANT_ID": "0NSJ-sandbox",
    "RQ__TENCENT__CONNECT_SECONDS": "2",
    "RQ__TENCENT__READ_SECONDS": "3",
    "RQ__ALIYUN__PROTOCOL": "http",
    "RQ__ALIYUN__DOMAIN": "127.0.0.1",
    "RQ__ALIYUN__CONNECT_SECONDS": "2",
    "RQ__ALIYUN__READ_SECONDS": "3",
    "RQ__WECHAT__OFFICIAL_ACCOUNT__APP_ID": "wx0sandbox00000001",
    "RQ__WECHAT__API_ORIGIN": "http://127.0.0.1:9",  # nobody, unless a test says otherwise
    "RQ__WECHAT__CONNECT_SECONDS": "2",
    "RQ__WECHAT__READ_SECONDS": "3",
    "RQ__SMS_CODES__PER_ADDRESS_HOUR": "1000",
}


class MovableClock:
    """Real time plus what a test has added."""

    def __init__(self) -> None:
        self.ahead = timedelta()

    def __call__(self) -> datetime:
        return utc_now() + self.ahead

    def advance(self, **parts: float) -> None:
        """``advance(minutes=11)``."""
        self.ahead += timedelta(**parts)


class SandboxDoor:
    """What tests say to the outside world: the same doors that a person at /phone uses."""

    def __init__(self, address: str, http: aiohttp.ClientSession) -> None:
        self.address = address
        self.http = http

    async def forget(self) -> None:
        """No faults, an empty ledger, the real time."""
        await self.http.delete("/faults")
        await self.http.delete("/ledger")
        await self.http.post("/clock", json={"reset": True})

    async def fault(self, target: str, kind: str, **more: object) -> None:
        """Inject a fault for the next calls."""
        body = {"target": target, "kind": kind, **more}
        async with self.http.post("/faults", json=body) as answer:
            assert answer.status == 200, await answer.text()

    async def advance(self, seconds: int) -> None:
        """Move the sandbox's clock."""
        await self.http.post("/clock", json={"advance_seconds": seconds})

    async def calls(self, action: str) -> list[dict[str, Any]]:
        """The ledger's entries for one action."""
        async with self.http.get("/ledger") as answer:
            entries = (await answer.json())["entries"]
        return [entry for entry in entries if entry["action"] == action]

    async def inbox(self, phone: str) -> list[dict[str, Any]]:
        """The SMS that this number got, oldest first."""
        async with self.http.get("/sms", params={"phone": phone}) as answer:
            messages: list[dict[str, Any]] = (await answer.json())["messages"]
            return messages

    async def code(self, phone: str) -> str:
        """The code in the newest SMS."""
        newest = max(await self.inbox(phone), key=lambda message: str(message["sent_at"]))
        return str(newest["params"]["code"])


@dataclass(frozen=True, slots=True, kw_only=True)
class Running:
    """A running platform and what a test needs to talk to it."""

    platform: Platform
    database: Database
    clock: MovableClock
    sandbox: SandboxDoor
    url: str
    settings: Settings
    http: aiohttp.ClientSession

    def api(self, token: str | None = None) -> ApiClient:
        """A program that uses the JSON API."""
        return ApiClient(self.url, self.http, token)

    def browser(self) -> PageClient:
        """Somebody's browser without scripts: its own cookies."""
        return PageClient(self.url)


class Starter(Protocol):
    """``await start(RQ__KEY="value")``: one more platform on the same database."""

    def __call__(self, **overrides: str) -> Awaitable[Running]: ...


@pytest.fixture(scope="session")
def sandbox_address() -> Iterator[str]:
    """The sandbox as a process of its own; host:port."""
    environment = {k: v for k, v in os.environ.items() if not k.lower().endswith("_proxy")}
    process = subprocess.Popen(
        [sys.executable, "-m", "sandbox", "--port", "0"],
        cwd=ROOT,
        env=environment,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    address = process.stdout.readline().strip().rpartition("//")[2]
    assert address, "the sandbox did not start"
    yield address
    process.terminate()
    process.wait(10)


@pytest.fixture
async def outside(sandbox_address: str) -> AsyncIterator[SandboxDoor]:
    """The sandbox, with nothing left of earlier tests."""
    async with aiohttp.ClientSession(f"http://{sandbox_address}") as http:
        door = SandboxDoor(sandbox_address, http)
        await door.forget()
        yield door
        await door.forget()


@pytest.fixture
def clock() -> MovableClock:
    """The server's clock."""
    return MovableClock()


def settings_of(uri: str, sandbox_address: str, port: int, **overrides: str) -> Settings:
    """Settings of the shipped config.yaml, pointed at a mongod and a sandbox."""
    host, _, sandbox_port = sandbox_address.rpartition(":")
    environment = {
        **SECRETS,
        "RQ_MONGODB_URI": uri,
        "RQ__STORAGE__DATABASE": DATABASE_NAME,
        "RQ__SERVER__PORT": str(port),
        "RQ__SERVER__PUBLIC_URL": f"http://127.0.0.1:{port}",
        "RQ__SERVER__DRAIN_SECONDS": "1",
        "RQ__TENCENT__ENDPOINT": f"{host}:{sandbox_port}",
        "RQ__ALIYUN__PORT": sandbox_port,
        "RQ__WECHAT__API_ORIGIN": f"http://{sandbox_address}",
        "RQ__WECHAT__AUTHORIZE_ORIGIN": f"http://{sandbox_address}",
        **overrides,
    }
    return read_settings(ROOT / "config.yaml", environment)


@pytest.fixture
def settings_for(mongod: Embedded, sandbox_address: str) -> Callable[..., Settings]:
    """Settings for a platform on a free port, with overrides."""
    return lambda **overrides: settings_of(mongod.uri, sandbox_address, free_port(), **overrides)


@pytest.fixture
async def start(
    clean_database: Database,
    clock: MovableClock,
    outside: SandboxDoor,
    settings_for: Callable[..., Settings],
) -> AsyncIterator[Starter]:
    """Start platforms, as many as a test wants."""
    running: list[Running] = []

    async def begin(**overrides: str) -> Running:
        settings = settings_for(**overrides)
        platform = Platform(lay_ground(settings, settings.storage.uri.get_secret_value(), clock))
        await platform.start()
        one = Running(
            platform=platform,
            database=clean_database,
            clock=clock,
            sandbox=outside,
            url=settings.server.public_url,
            settings=settings,
            http=aiohttp.ClientSession(),
        )
        running.append(one)
        return one

    yield begin
    for one in running:
        await one.http.close()
        await one.platform.stop()


@pytest.fixture
async def running(start: Starter) -> Running:
    """One running platform."""
    return await start()


def free_port() -> int:
    """A port that was free a moment ago."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
