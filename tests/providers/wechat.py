"""The official account for these tests: a client of the sandbox, or of an odd vendor, on a real database."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import aiohttp

from server.core.clock import Clock
from server.providers.wechat.account import WeChatOfficialAccount
from server.providers.wechat.calls import WeChatAccess
from server.storage.changes import ChangeFeed
from server.storage.encryption import FieldCipher
from server.storage.mongo import Database
from server.storage.tokens import SharedToken

APP_ID = "wx0sandbox00000001"
SECRET = "sandbox-wechat-secret"
TEMPLATE = "WX_APPLICATION_RECEIVED"
FIELDS = {"character_string1": "RQ20261101000001", "time2": "2026-11-01 09:30"}
PATIENT = 20.0
HASTY = 0.5


@dataclass(frozen=True, slots=True)
class Followers:
    """What tests do to WeChat in the sandbox, as its people and its back office would."""

    http: aiohttp.ClientSession

    async def forget(self) -> None:
        await self.http.delete("/wechat")

    async def follow(self, person: str) -> str:
        """The openid."""
        return str((await self._do("/wechat/push", person=person, kind="subscribe"))["openid"])

    async def openid(self, person: str) -> str:
        async with self.http.get("/wechat/chat", params={"person": person}) as answer:
            return str((await answer.json())["openid"])

    async def chat(self, person: str) -> list[dict[str, Any]]:
        async with self.http.get("/wechat/chat", params={"person": person}) as answer:
            messages: list[dict[str, Any]] = (await answer.json())["messages"]
        return messages

    async def code(self, person: str, **more: object) -> str:
        return str((await self._do("/wechat/code", person=person, **more))["code"])

    async def revoke_tokens(self) -> None:
        """As resetting the secret does."""
        await self.http.delete("/wechat/tokens")

    async def _do(self, path: str, **asked: object) -> Mapping[str, Any]:
        async with self.http.post(path, json=asked) as answer:
            assert answer.status == 200, await answer.text()
            told: Mapping[str, Any] = await answer.json()
            return told


@dataclass(slots=True)
class Accounts:
    """Makes clients of one address; each is closed with the test."""

    address: str
    database: Database
    clock: Clock
    made: list[WeChatOfficialAccount] = field(default_factory=list)

    def account(
        self, *, seconds: float = PATIENT, secret: str = SECRET, address: str | None = None
    ) -> WeChatOfficialAccount:
        """One more process's client."""
        origin = f"http://{address or self.address}"
        access = WeChatAccess(
            app_id=APP_ID,
            secret=secret,
            api_origin=origin,
            authorize_origin=origin,
            connect_seconds=seconds / 2,
            read_seconds=seconds / 2,
        )
        client = WeChatOfficialAccount(
            access,
            token=self.token("access_token"),
            ticket=self.token("jsapi_ticket"),
            back_off_seconds=0.01,
        )
        self.made.append(client)
        return client

    def token(self, kind: str) -> SharedToken:
        cipher = FieldCipher({1: b"1" * 32}, 1, b"i" * 32)
        changes = ChangeFeed(self.database)
        return SharedToken(self.database, cipher, self.clock, changes, f"wechat.{kind}:{APP_ID}")
