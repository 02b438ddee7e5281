"""The official account: template messages, QR codes, menu, jsapi ticket, and who a person is.

Follows https://developers.weixin.qq.com/doc/service/api/ (模板消息, 带参二维码, 自定义菜单, 网页授权).
Only ``errcode`` 0 together with the values that belong to it is a success.
"""

import asyncio
import logging
import re
from collections.abc import Awaitable, Callable, Mapping
from datetime import UTC, datetime
from typing import Any, NoReturn, TypeVar
from urllib.parse import quote

from server.core.ids import new_id
from server.providers.call_log import CallLine
from server.providers.ports.unavailable import (
    ProviderAmbiguous,
    ProviderProblem,
    ProviderUnavailable,
)
from server.providers.ports.wechat import (
    QR_MAX_SECONDS,
    SCENE_MAX_CHARACTERS,
    CodeUsed,
    LeasedToken,
    Menu,
    SnapshotRefused,
    WeChatIdentity,
    WeChatQr,
    WeChatRefused,
    WeChatScope,
    WeChatUser,
)
from server.providers.wechat.calls import (
    PROVIDER,
    AnswerUnreadable,
    WeChatAccess,
    WeChatCalls,
    code_of,
    must_be_answered,
    number,
    text,
    unavailable,
    write,
)
from server.providers.wechat.codes import CODE_DEAD, NO_MENU, problem_of, reason_of
from server.providers.wechat.exchange import Exchange, Outgoing, Reply
from server.providers.wechat.payloads import payloads_over

T = TypeVar("T")
Body = Mapping[str, object]
Ask = Callable[[Any], Awaitable[Reply]]
_CODE = re.compile(r"[0-9A-Za-z_-]{1,512}")


class WeChatOfficialAccount:
    def __init__(
        self,
        access: WeChatAccess,
        *,
        token: LeasedToken,
        ticket: LeasedToken,
        back_off_seconds: float = 0.2,
    ) -> None:
        self._access = access
        self._calls = WeChatCalls(access, token=token, back_off_seconds=back_off_seconds)
        self._ticket = ticket
        self._payloads: Any = None

    @property
    def app_id(self) -> str:
        return self._access.app_id

    async def warm(self) -> None:
        """Imports wechatpy in a thread; no call is made."""
        if self._payloads is None:
            self._payloads = await asyncio.to_thread(
                payloads_over, self._calls.carry, app_id=self._access.app_id
            )

    async def aclose(self) -> None:
        await self._calls.aclose()

    async def send_template(
        self,
        *,
        openid: str,
        template_id: str,
        url: str,
        fields: Mapping[str, str],
        out_id: str | None = None,
    ) -> str:
        message = {
            "touser": openid,
            "template_id": template_id,
            "data": {name: {"value": value} for name, value in fields.items()},
            "client_msg_id": out_id or new_id(),
            **({"url": url} if url else {}),
        }
        # wechatpy's send_template has no client_msg_id.
        return await self._call(
            "message/template/send",
            lambda payloads: payloads.post("message/template/send", data=message),
            lambda body: str(number(body, "msgid")),
            once=True,
        )

    async def create_qr(self, *, scene: str, expire_seconds: int | None) -> WeChatQr:
        if not 1 <= len(scene) <= SCENE_MAX_CHARACTERS:
            raise ValueError("a scene has 1 to 64 characters")
        if expire_seconds is not None and not 1 <= expire_seconds <= QR_MAX_SECONDS:
            raise ValueError("a QR code lasts for 30 days at most, or for ever")
        asked: dict[str, object] = {
            "action_name": "QR_LIMIT_STR_SCENE" if expire_seconds is None else "QR_STR_SCENE",
            "action_info": {"scene": {"scene_str": scene}},
        }
        if expire_seconds is not None:
            asked["expire_seconds"] = expire_seconds
        return await self._call(
            "qrcode/create",
            lambda payloads: payloads.qrcode.create(asked),
            lambda body: WeChatQr(ticket=text(body, "ticket"), url=text(body, "url")),
        )

    async def menu(self) -> Menu | None:
        return await self._call(
            "menu/get", lambda payloads: payloads.menu.get(), _menu, replies={NO_MENU: None}
        )

    async def set_menu(self, menu: Menu) -> None:
        await self._call("menu/create", lambda payloads: payloads.menu.create(dict(menu)), _done)

    async def delete_menu(self) -> None:
        await self._call("menu/delete", lambda payloads: payloads.menu.delete(), _done)

    async def user(self, openid: str) -> WeChatUser:
        return await self._call(
            "user/info",
            lambda payloads: payloads.user.get(openid),
            lambda body: _user(body, openid),
        )

    async def jsapi_ticket(self) -> str:
        try:
            async with asyncio.timeout_at(self._calls.not_after()):
                return await self._ticket.get(self._fetch_ticket)
        except TimeoutError:
            pass
        raise ProviderUnavailable(provider=PROVIDER, problem=ProviderProblem.TIMEOUT)

    async def openid_of(self, *, code: str) -> WeChatIdentity:
        if not _CODE.fullmatch(code):
            raise CodeUsed
        line = CallLine(provider=PROVIDER, action="oauth2/access_token")
        params = {
            "appid": self._access.app_id,
            "secret": self._access.secret,
            "code": code,
            "grant_type": "authorization_code",
        }
        asked = Outgoing(method="GET", path="/sns/oauth2/access_token", params=params)
        reply = await self._calls.bare(asked)
        must_be_answered(line, reply)
        if reply.errcode in CODE_DEAD:
            line.write("refused.code", request_id=reply.rid, code=code_of(reply))
            raise CodeUsed
        if reply.body.get("is_snapshotuser"):
            line.write("refused.snapshot", request_id=reply.rid)
            raise SnapshotRefused
        return _result(line, reply, _identity, once=False)

    def authorize_url(
        self, *, redirect_uri: str, state: str, scope: WeChatScope = WeChatScope.BASE
    ) -> str:
        # WeChat wants them in this order.
        return (
            f"{self._access.authorize_origin}/connect/oauth2/authorize"
            f"?appid={self._access.app_id}&redirect_uri={quote(redirect_uri, safe='')}"
            f"&response_type=code&scope={scope}&state={quote(state, safe='')}#wechat_redirect"
        )

    async def _fetch_ticket(self, force: bool) -> tuple[str, int]:
        return await self._call(
            "ticket/getticket",
            lambda payloads: payloads.jsapi.get_ticket(),
            lambda body: (text(body, "ticket"), number(body, "expires_in")),
        )

    async def _call(
        self,
        action: str,
        ask: Ask,
        read: Callable[[Body], T],
        *,
        replies: Mapping[int, T] | None = None,
        once: bool = False,
    ) -> T:
        """replies: errcodes that are answers too. once: a call that may have acted is ambiguous."""
        await self.warm()
        line = CallLine(provider=PROVIDER, action=action)
        reply = await ask(self._payloads)
        if reply.exchange is Exchange.ANSWERED and replies and reply.errcode in replies:
            line.write("ok", request_id=reply.rid)
            return replies[reply.errcode]
        return _result(line, reply, read, once=once)


def _result(line: CallLine, reply: Reply, read: Callable[[Body], T], *, once: bool) -> T:
    if once and reply.exchange is Exchange.BROKEN:
        _ambiguous(line, reply.problem, reply)
    must_be_answered(line, reply)
    if reply.errcode:
        _refuse(line, reply)
    try:
        result = read(reply.body)
    except AnswerUnreadable:
        if once:
            _ambiguous(line, ProviderProblem.GARBAGE, reply)
        unavailable(line, ProviderProblem.GARBAGE, reply)
    line.write("ok", request_id=reply.rid)
    return result


def _ambiguous(line: CallLine, problem: ProviderProblem, reply: Reply) -> NoReturn:
    write(line, problem, reply)
    raise ProviderAmbiguous(provider=PROVIDER, problem=problem) from None


def _refuse(line: CallLine, reply: Reply) -> NoReturn:
    problem = problem_of(reply.errcode)
    if problem is not None:
        unavailable(line, problem, reply)
    reason = reason_of(reply.errcode)
    line.write(
        f"refused.{reason}", level=logging.WARNING, request_id=reply.rid, code=code_of(reply)
    )
    raise WeChatRefused(errcode=reply.errcode, reason=reason)


def _done(body: Body) -> None:
    if "errcode" not in body:
        raise AnswerUnreadable


def _menu(body: Body) -> Menu | None:
    menu = body.get("menu")
    if not isinstance(menu, dict) or not isinstance(menu.get("button"), list):
        raise AnswerUnreadable
    return menu


def _identity(body: Body) -> WeChatIdentity:
    return WeChatIdentity(openid=text(body, "openid"), unionid=_unionid(body))


def _user(body: Body, openid: str) -> WeChatUser:
    subscribed = body.get("subscribe")
    if body.get("openid") != openid or type(subscribed) is not int or subscribed not in (0, 1):
        raise AnswerUnreadable
    return WeChatUser(
        openid=openid,
        subscribed=subscribed == 1,
        subscribed_at=_moment(number(body, "subscribe_time")) if subscribed else None,
        unionid=_unionid(body),
    )


def _moment(seconds: int) -> datetime:
    try:
        return datetime.fromtimestamp(seconds, UTC)
    except (ValueError, OverflowError, OSError):
        raise AnswerUnreadable from None


def _unionid(body: Body) -> str | None:
    return text(body, "unionid") if body.get("unionid") else None
