"""Pushes to the server: sealed XML, five seconds to answer, three retries of the very same message."""

from __future__ import annotations

import asyncio
import secrets
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from urllib.parse import urlencode

import aiohttp

from sandbox.ledger import Ledger
from sandbox.wechat.account import ChatKind, ChatMessage, WeChat
from sandbox.wechat.crypto import NotGenuine
from sandbox.wechat.replies import NOTHING, read_reply

CALLBACK = "/wechat/callback"
OUT_OF_ORDER = "该公众号提供的服务出现故障，请稍后再试"
Values = Mapping[str, str | int | Mapping[str, str]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """`status` of the last attempt, 0 when there was no answer. `problem`: what was wrong with it."""

    attempts: int
    status: int
    problem: str
    replies: tuple[ChatMessage, ...]

    @property
    def delivered(self) -> bool:
        return self.status == 200 and not self.problem


class Pushes:
    """`server`: where the server is now; empty pushes nothing. The seconds are real ones."""

    def __init__(self, wechat: WeChat, ledger: Ledger, server: Callable[[], str]) -> None:
        self.limit_seconds = 5.0
        self.pause_seconds = 1.0
        self.retries = 3
        self._wechat = wechat
        self._ledger = ledger
        self._server = server
        self._running: set[asyncio.Task[Delivery]] = set()

    def push_later(self, person_key: str, values: Values) -> None:
        task = asyncio.ensure_future(self.push(person_key, values))
        self._running.add(task)
        task.add_done_callback(self._running.discard)

    async def push(self, person_key: str, values: Values, *, skew_seconds: int = 0) -> Delivery:
        """One message or event, with its retries. `skew_seconds` moves CreateTime and the stamp."""
        whole = {
            "ToUserName": self._wechat.identity.original_id,
            "FromUserName": self._wechat.openid(person_key),
            "CreateTime": int(time.time()) + skew_seconds,
            **values,
        }
        delivery = Delivery(attempts=0, status=0, problem="no server", replies=())
        for attempt in range(1 + self.retries):
            if not self._server():
                break
            if attempt:
                await asyncio.sleep(self.pause_seconds)
            delivery = await self._attempt(attempt + 1, whole, skew_seconds)
            if delivery.status == 200:
                break
        self._note(whole, delivery)
        self._show(person_key, values, delivery)
        return delivery

    async def _attempt(self, attempt: int, whole: Values, skew_seconds: int) -> Delivery:
        stamp, nonce = str(int(time.time()) + skew_seconds), str(secrets.randbelow(10**10))
        sealed = self._wechat.safe_mode.seal(as_xml(whole), stamp, nonce)
        query = {
            "signature": self._wechat.safe_mode.sign(stamp, nonce),
            "timestamp": stamp,
            "nonce": nonce,
            "openid": whole["FromUserName"],
            "encrypt_type": "aes",
            "msg_signature": sealed.msg_signature,
        }
        address = f"{self._server().rstrip('/')}{CALLBACK}?{urlencode(query)}"
        body = as_xml({"ToUserName": whole["ToUserName"], "Encrypt": sealed.encrypted})
        try:
            status, text = await self._post(address, body)
        except (aiohttp.ClientError, asyncio.TimeoutError, OSError, UnicodeDecodeError) as problem:
            return Delivery(attempts=attempt, status=0, problem=type(problem).__name__, replies=())
        if status != 200 or text.strip() in NOTHING:
            problem_text = "" if status == 200 else f"HTTP {status}"
            return Delivery(attempts=attempt, status=status, problem=problem_text, replies=())
        try:
            replies = read_reply(
                self._wechat.safe_mode.open_reply(text),
                openid=str(whole["FromUserName"]),
                original_id=self._wechat.identity.original_id,
                to_message="MsgId" in whole,
            )
        except NotGenuine as refused:
            return Delivery(attempts=attempt, status=status, problem=str(refused), replies=())
        return Delivery(attempts=attempt, status=status, problem="", replies=tuple(replies))

    async def _post(self, address: str, body: str) -> tuple[int, str]:
        timeout = aiohttp.ClientTimeout(total=self.limit_seconds)
        headers = {"Content-Type": "text/xml", "User-Agent": "Mozilla/4.0"}
        async with (
            aiohttp.ClientSession(timeout=timeout, headers=headers) as session,
            session.post(address, data=body.encode(), allow_redirects=False) as answer,
        ):
            return answer.status, (await answer.read()).decode()

    def _note(self, whole: Values, delivery: Delivery) -> None:
        kind = str(whole.get("Event") or whole["MsgType"])
        self._ledger.note(
            vendor="wechat",
            action=f"push/{kind}",
            ok=delivery.delivered,
            code=delivery.problem,
            request_id=str(whole.get("MsgId") or whole.get("MsgID") or whole["CreateTime"]),
            facts={
                "openid": whole["FromUserName"],
                "attempts": delivery.attempts,
                "status": delivery.status,
                "replies": [str(one.kind) for one in delivery.replies],
            },
        )

    def _show(self, person_key: str, values: Values, delivery: Delivery) -> None:
        if not self._wechat.follower(person_key).following:
            return
        for reply in delivery.replies:
            self._wechat.say(person_key, reply)
        if delivery.delivered or not self._server():
            return
        if "MsgId" in values or values.get("Event") == "CLICK" or delivery.status == 200:
            self._wechat.say(person_key, ChatMessage(kind=ChatKind.NOTICE, text=OUT_OF_ORDER))


def as_xml(values: Values) -> str:
    """Texts as CDATA, numbers bare, as WeChat writes them."""
    return f"<xml>{_cells(values)}</xml>"


def _cells(values: Values) -> str:
    return "".join(f"<{name}>{_cell(value)}</{name}>" for name, value in values.items())


def _cell(value: str | int | Mapping[str, str]) -> str:
    if isinstance(value, int):
        return str(value)
    return _cdata(value) if isinstance(value, str) else _cells(value)


def _cdata(text: str) -> str:
    """Without the control characters XML has no place for."""
    kept = "".join(one for one in text if one in "\t\n\r" or one >= " ")
    return "<![CDATA[" + kept.replace("]]>", "]]]]><![CDATA[>") + "]]>"
