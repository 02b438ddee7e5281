"""WeChat's side of the callback, as wechatpy writes it: an end of its own, with nothing of ours in it."""

import time
from collections.abc import Mapping
from dataclasses import dataclass
from html import escape
from itertools import count
from typing import Any
from urllib.parse import urlencode

import aiohttp
import xmltodict
from wechatpy.crypto import WeChatCrypto
from wechatpy.utils import WeChatSigner

TOKEN = "sandboxtoken"
AES_KEY = "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG"
APP_ID = "wx0sandbox00000001"
ACCOUNT = "gh_sandbox0001"
PATH = "/wechat/callback"
_numbers = count(24_000_000_000_000_000)
_people = count(1)


def new_openid() -> str:
    """Somebody in WeChat."""
    return f"oTest{next(_people):023d}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Pushed:
    """``reply``: the opened reply's fields, None for none."""

    status: int
    text: str
    reply: dict[str, Any] | None

    @property
    def content(self) -> str:
        assert self.reply is not None, self.text
        return str(self.reply["Content"])


@dataclass(frozen=True, slots=True, kw_only=True)
class Push:
    """A sealed push, ready to be sent as often as wanted."""

    query: dict[str, str]
    body: bytes

    async def send(
        self, url: str, *, body: bytes | None = None, query: Mapping[str, str] | None = None
    ) -> Pushed:
        """To ``url``; what is given replaces what was sealed."""
        address = f"{url}{PATH}?{urlencode({**self.query, **(query or {})})}"
        async with aiohttp.ClientSession() as wechat:
            data = self.body if body is None else body
            async with wechat.post(address, data=data, headers={"Content-Type": "text/xml"}) as a:
                text = await a.text()
                return Pushed(status=a.status, text=text, reply=_opened(a.status, text))


def message(openid: str, xml: str, *, at: int | None = None) -> str:
    """The whole message around some elements."""
    return (
        f"<xml><ToUserName><![CDATA[{ACCOUNT}]]></ToUserName>"
        f"<FromUserName><![CDATA[{openid}]]></FromUserName>"
        f"<CreateTime>{int(time.time()) if at is None else at}</CreateTime>{xml}</xml>"
    )


def event(openid: str, name: str, *, at: int | None = None, **values: str) -> Push:
    """An event, sealed."""
    more = "".join(f"<{key}>{escape(value)}</{key}>" for key, value in values.items())
    return sealed(
        message(openid, f"<MsgType>event</MsgType><Event>{name}</Event>{more}", at=at), stamp=at
    )


def text(openid: str, content: str) -> Push:
    """Something typed, sealed."""
    xml = f"<MsgType>text</MsgType><Content>{escape(content)}</Content>"
    return sealed(message(openid, f"{xml}<MsgId>{next(_numbers)}</MsgId>"))


def sealed(xml: str, *, stamp: int | None = None, token: str = TOKEN, app_id: str = APP_ID) -> Push:
    """As WeChat seals and signs it."""
    timestamp, nonce = str(int(time.time()) if stamp is None else stamp), str(next(_numbers))
    envelope = WeChatCrypto(token, AES_KEY, app_id).encrypt_message(xml, nonce, timestamp)
    inside = xmltodict.parse(envelope)["xml"]
    body = f"<xml><ToUserName>{ACCOUNT}</ToUserName><Encrypt>{inside['Encrypt']}</Encrypt></xml>"
    query = {
        "signature": signed(token, timestamp, nonce),
        "timestamp": timestamp,
        "nonce": nonce,
        "encrypt_type": "aes",
        "msg_signature": inside["MsgSignature"],
    }
    return Push(query=query, body=body.encode())


def signed(*parts: str) -> str:
    """WeChat's SHA-1."""
    signer = WeChatSigner()
    signer.add_data(*parts)
    return str(signer.signature)


def _opened(status: int, answer: str) -> dict[str, Any] | None:
    if status != 200 or answer == "success":
        return None
    return opened(answer)


def opened(answer: str) -> dict[str, Any]:
    """The fields of a sealed reply."""
    inside = xmltodict.parse(answer)["xml"]
    crypto = WeChatCrypto(TOKEN, AES_KEY, APP_ID)
    xml = crypto.decrypt_message(
        answer, inside["MsgSignature"], inside["TimeStamp"], inside["Nonce"]
    )
    reply: dict[str, Any] = xmltodict.parse(xml)["xml"]
    return reply
