"""The official account (服务号) as we call it: template messages, QR codes, menu, and who a person is.

An openid says which person it is: it is never logged, never part of an error and never printed.
"""

import hashlib
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Protocol

from server.core.errors import Conflict, Unavailable

SCENE_MAX_CHARACTERS = 64
QR_MAX_SECONDS = 30 * 24 * 3600

Menu = Mapping[str, object]
"""As WeChat writes it: ``{"button": [{"type": …, "name": …}, …]}``."""

Fetch = Callable[[bool], Awaitable[tuple[str, int]]]
"""Asks the vendor for a token: forced or not; its text and how many seconds it lives."""


class WeChatScope(StrEnum):
    BASE = "snsapi_base"  # the openid alone, nobody is asked
    USERINFO = "snsapi_userinfo"


class WeChatRefusal(StrEnum):
    FOLLOWER = "follower"  # this person can't be reached: doesn't follow, refuses, or isn't known
    CONTENT = "content"  # template, fields, menu or words not allowed
    ACCOUNT = "account"  # the official account may not do this
    OTHER = "other"


class WeChatRefused(Unavailable):
    """WeChat answered and did not do it; asking the same again won't help."""

    code = "providers.wechat_refused"
    sentence = "微信暂时没有受理这项操作，请稍后重试或联系客服。"

    def __init__(self, *, errcode: int, reason: WeChatRefusal) -> None:
        super().__init__()
        self.errcode = errcode
        self.reason = reason


class CodeUsed(Conflict):
    """The code of an authorisation was used, is older than five minutes, or never was one."""

    code = "providers.wechat_code_dead"
    sentence = "本次微信授权已失效，请返回微信重新打开页面。"


class SnapshotRefused(Conflict):
    """WeChat shows a snapshot of our page to a made-up person, whose openid is nobody's."""

    code = "providers.wechat_snapshot"
    sentence = "您正在浏览网页快照，请点击页面底部的“使用完整服务”后再试。"


@dataclass(frozen=True, slots=True, kw_only=True)
class WeChatIdentity:
    """unionid only where the account belongs to an open platform."""

    openid: str = field(repr=False)
    unionid: str | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class WeChatUser:
    """subscribed_at: the newest time; None for one who doesn't follow."""

    openid: str = field(repr=False)
    subscribed: bool
    subscribed_at: datetime | None
    unionid: str | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class WeChatQr:
    """url is what the QR code says: draw it; ticket fetches WeChat's own picture."""

    ticket: str = field(repr=False)
    url: str = field(repr=False)


class LeasedToken(Protocol):
    """A secret that the vendor gives to us all at once: one process fetches it, everybody uses it.

    Raises what ``fetch`` raises, and TimeoutError when another process holds the lease too long.
    """

    async def get(self, fetch: Fetch) -> str: ...

    async def replace(self, refused: str, fetch: Fetch) -> str:
        """The vendor refused this one: another, or the same again when the vendor insists on it."""


class OfficialAccount(Protocol):
    """Every coroutine may raise ProviderUnavailable."""

    @property
    def app_id(self) -> str: ...

    async def send_template(
        self,
        *,
        openid: str,
        template_id: str,
        url: str,
        fields: Mapping[str, str],
        out_id: str | None = None,
    ) -> str:
        """The msgid, which TEMPLATESENDJOBFINISH repeats. url: "" opens nothing.

        out_id: ours, at most 32 characters; WeChat gets it as client_msg_id, by which it drops a
        repetition within ten minutes. Raises WeChatRefused (not sent), ProviderUnavailable (not
        sent), ProviderAmbiguous (may have been sent).
        """

    async def create_qr(self, *, scene: str, expire_seconds: int | None) -> WeChatQr:
        """scene: 1 to 64 characters; None never expires (100,000 of them at most). Raises WeChatRefused."""

    async def menu(self) -> Menu | None:
        """None: there is no menu."""

    async def set_menu(self, menu: Menu) -> None:
        """Replaces the whole menu. Raises WeChatRefused."""

    async def delete_menu(self) -> None: ...

    async def jsapi_ticket(self) -> str:
        """What ``jsapi_signature`` signs with; shared by all processes."""

    async def openid_of(self, *, code: str) -> WeChatIdentity:
        """Who authorised; a code is good once. Raises CodeUsed, SnapshotRefused."""

    async def user(self, openid: str) -> WeChatUser:
        """Whether this person follows. Raises WeChatRefused."""

    def authorize_url(
        self, *, redirect_uri: str, state: str, scope: WeChatScope = WeChatScope.BASE
    ) -> str:
        """Where to send the person: comes back to redirect_uri with ``code`` and ``state``.

        state: letters and digits, at most 128. Nothing is called.
        """

    async def warm(self) -> None: ...

    async def aclose(self) -> None: ...


def jsapi_signature(*, ticket: str, nonce: str, timestamp: int, url: str) -> str:
    """40 hex digits for wx.config; url is the page's address, what follows ``#`` doesn't count."""
    page = url.partition("#")[0]
    text = f"jsapi_ticket={ticket}&noncestr={nonce}&timestamp={timestamp}&url={page}"
    return hashlib.sha1(text.encode(), usedforsecurity=False).hexdigest()
