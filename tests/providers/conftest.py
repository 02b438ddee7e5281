"""The outside world for these tests: the sandbox as a process of its own, and the vendors' real SDKs."""

import itertools
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import aiohttp
import pytest

from server.core.clock import utc_now
from server.providers.aliyun.sms import AliyunSmsGateway
from server.providers.tencent.client import TencentSession
from server.storage.mongo import Database
from tests.providers.wechat import Accounts, Followers
from tests.providers.world import OddVendor, Remotes, Sandbox

ROOT = Path(__file__).parents[2]


@pytest.fixture
async def sandbox(sandbox_address: str) -> AsyncIterator[Sandbox]:
    async with aiohttp.ClientSession(f"http://{sandbox_address}") as http:
        sandbox = Sandbox(sandbox_address, http)
        await sandbox.forget()
        yield sandbox
        await sandbox.forget()


@pytest.fixture
async def odd_vendor() -> AsyncIterator[OddVendor]:
    vendor = OddVendor()
    yield vendor
    await vendor.close()


@pytest.fixture
def made() -> Iterator[list[TencentSession | AliyunSmsGateway]]:
    """Clients to be closed when the test is over."""
    clients: list[TencentSession | AliyunSmsGateway] = []
    yield clients
    for client in clients:
        client.close()


@pytest.fixture
def remotes(sandbox: Sandbox, made: list[TencentSession | AliyunSmsGateway]) -> Remotes:
    """Patient clients of the sandbox."""
    return Remotes(sandbox.address, made)


@pytest.fixture
async def followers(sandbox: Sandbox, sandbox_address: str) -> AsyncIterator[Followers]:
    """WeChat as on the first day: nobody follows, no menu, no tokens."""
    async with aiohttp.ClientSession(f"http://{sandbox_address}") as http:
        followers = Followers(http)
        await followers.forget()
        yield followers
        await followers.forget()


@pytest.fixture
async def accounts(
    followers: Followers, sandbox_address: str, clean_database: Database
) -> AsyncIterator[Accounts]:
    """Clients of the sandbox's WeChat; none has a token yet."""
    accounts = Accounts(sandbox_address, clean_database, utc_now)
    yield accounts
    for client in accounts.made:
        await client.aclose()


_numbers = itertools.count(19_900_100_000)


@pytest.fixture
def phone() -> str:
    """A number of nobody, another one for each test: the sandbox counts messages per number."""
    return str(next(_numbers))
