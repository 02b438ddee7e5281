"""api.weixin.qq.com and what a server asks of it, under the paths of the documentation."""

from __future__ import annotations

import io
import json
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import qrcode
from tornado.web import HTTPError

from sandbox.state import State
from sandbox.web import Answer, RemoteHandler, json_bytes
from sandbox.wechat.account import ChatKind, ChatMessage
from sandbox.wechat.errors import WeChatError
from sandbox.wechat.menu import checked_menu
from sandbox.wechat.tokens import Issued

PATHS = r"/(?:cgi-bin|sns)/.*"
ONCE = timedelta(minutes=10)
CONTENT_TYPE = "application/json; encoding=utf-8"
OK = {"errcode": 0, "errmsg": "ok"}
Fields = dict[str, Any]


class ApiHandler(RemoteHandler):
    """Faults know an action by its path without /cgi-bin/, or by its part: token, template, menu …"""

    vendor = "wechat"

    async def get(self) -> None:
        await self.serve()

    async def post(self) -> None:
        await self.serve()

    def action(self) -> str:
        return self.request.path.lstrip("/").removeprefix("cgi-bin/")

    def part(self) -> str:
        known = _ACTIONS.get(self.action())
        return known.part if known else ""

    async def answer(self) -> Answer:
        known = _ACTIONS.get(self.action())
        if known is None:
            raise HTTPError(404)
        try:
            if self.request.method != known.method:
                raise WeChatError(43001 if known.method == "GET" else 43002)
            if known.with_token:
                self.state.wechat.tokens.check(self.get_query_argument("access_token", ""))
            fields, facts = await known.deed(self)
        except WeChatError as refused:
            return self._refused(refused)
        body = json_bytes(fields)
        return Answer(status=200, content_type=CONTENT_TYPE, body=body, ok=True, facts=facts)

    def refusal(self, code: str) -> Answer:
        return self._refused(WeChatError(int(code)))

    def _refused(self, refused: WeChatError) -> Answer:
        message = f"{refused.errmsg} rid: {self.request_id[:8]}-{self.request_id[-8:]}"
        return Answer(
            status=200,
            content_type=CONTENT_TYPE,
            body=json_bytes({"errcode": refused.errcode, "errmsg": message}),
            ok=False,
            code=str(refused.errcode),
        )

    def _document(self) -> Fields:
        if not self.request.body:
            raise WeChatError(44002)
        try:
            document = json.loads(self.request.body)
        except ValueError:
            document = None
        if not isinstance(document, dict):
            raise WeChatError(47001)
        return document

    async def stable_token(self) -> tuple[Fields, Fields]:
        asked = self._document()
        if asked.get("grant_type") != "client_credential":
            raise WeChatError(40002)
        self._must_be_ours(asked.get("appid"), asked.get("secret"))
        force = asked.get("force_refresh", False)
        if not isinstance(force, bool):
            raise WeChatError(40097, "force_refresh")
        issued = self.state.wechat.tokens.get(force=force)
        return self._told("access_token", issued), {"force_refresh": force}

    async def send_template(self) -> tuple[Fields, Fields]:
        asked, wechat = self._document(), self.state.wechat
        template = wechat.templates.get(str(asked.get("template_id") or ""))
        if template is None:
            raise WeChatError(40037)
        person_key = wechat.person_of(str(asked.get("touser") or ""))
        if person_key is None:
            raise WeChatError(40003)
        rows = template.filled(asked.get("data"))
        url = asked.get("url") or ""
        if not isinstance(url, str) or len(url.encode()) > 1024 or not _is_address(url):
            raise WeChatError(40066)
        if not wechat.follower(person_key).following:
            raise WeChatError(43004)
        facts = {"openid": asked["touser"], "template_id": template.id, "rows": dict(rows)}
        out_id = str(asked.get("client_msg_id") or "")
        if known := self._sent_before(asked["touser"], out_id):
            return {**OK, "msgid": known}, {**facts, "again": True}
        msg_id = wechat.next_msg_id()
        if out_id:
            wechat.sent_once[asked["touser"], out_id] = (wechat.clock.now(), msg_id)
        card = ChatMessage(
            kind=ChatKind.TEMPLATE,
            title=template.title,
            template_id=template.id,
            rows=rows,
            url=url,
        )
        self._finish_sending(person_key, card, msg_id)
        return {**OK, "msgid": msg_id}, {**facts, "url": url, "msgid": str(msg_id)}

    def _sent_before(self, openid: str, out_id: str) -> int | None:
        at, msg_id = self.state.wechat.sent_once.get((openid, out_id), (None, None))
        return msg_id if at and self.state.clock.now() - at < ONCE else None

    def _finish_sending(self, person_key: str, card: ChatMessage, msg_id: int) -> None:
        blocked = self.state.wechat.follower(person_key).blocked
        if not blocked:
            self.state.wechat.say(person_key, card)
        self.state.pushes.push_later(
            person_key,
            {
                "MsgType": "event",
                "Event": "TEMPLATESENDJOBFINISH",
                "MsgID": msg_id,
                "Status": "failed:user block" if blocked else "success",
            },
        )

    async def create_menu(self) -> tuple[Fields, Fields]:
        menu = checked_menu(self._document())
        self.state.wechat.set_menu(menu)
        return OK, {"buttons": [button["name"] for button in menu["button"]]}

    async def get_menu(self) -> tuple[Fields, Fields]:
        if self.state.wechat.menu is None:
            raise WeChatError(46003)
        return {"menu": self.state.wechat.menu}, {}

    async def delete_menu(self) -> tuple[Fields, Fields]:
        self.state.wechat.set_menu(None)
        return OK, {}

    async def create_qr(self) -> tuple[Fields, Fields]:
        code = self.state.wechat.qr_codes.create(self._document())
        fields: Fields = {"ticket": code.ticket, "url": code.url}
        if code.expire_seconds is not None:
            fields["expire_seconds"] = code.expire_seconds
        return fields, {"scene": code.scene, "expire_seconds": code.expire_seconds}

    async def js_ticket(self) -> tuple[Fields, Fields]:
        if self.get_query_argument("type", "") != "jsapi":
            raise WeChatError(40097, "type")
        return {**OK, **self._told("ticket", self.state.wechat.js_ticket.get())}, {}

    async def user(self) -> tuple[Fields, Fields]:
        wechat, openid = self.state.wechat, self.get_query_argument("openid", "")
        person_key = wechat.person_of(openid)
        if person_key is None:
            raise WeChatError(40003)
        follower = wechat.follower(person_key)
        fields: Fields = {"subscribe": int(follower.following), "openid": openid}
        fields["unionid"] = wechat.unionid(person_key)
        if follower.following and follower.since:
            fields |= {
                "language": "zh_CN",
                "subscribe_time": int(follower.since.timestamp()),
                "remark": "",
                "groupid": 0,
                "tagid_list": [],
                "subscribe_scene": "ADD_SCENE_QR_CODE" if follower.scene else "ADD_SCENE_SEARCH",
                "qr_scene": int(follower.scene) if follower.scene.isdecimal() else 0,
                "qr_scene_str": "" if follower.scene.isdecimal() else follower.scene,
            }
        return fields, {"openid": openid, "subscribe": fields["subscribe"]}

    async def change_code(self) -> tuple[Fields, Fields]:
        wechat = self.state.wechat
        self._must_be_ours(
            self.get_query_argument("appid", ""), self.get_query_argument("secret", "")
        )
        if self.get_query_argument("grant_type", "") != "authorization_code":
            raise WeChatError(40002)
        authorised = wechat.oauth.use(self.get_query_argument("code", ""))
        openid = wechat.openid(authorised.person_key)
        fields: Fields = {
            "access_token": wechat.oauth.token_for(authorised),
            "expires_in": 7200,
            "refresh_token": self.request_id,
            "openid": openid,
            "scope": authorised.scope,
        }
        if authorised.snapshot:
            fields |= {"openid": f"{openid[:-4]}snap", "is_snapshotuser": 1}
        elif authorised.scope == "snsapi_userinfo":
            fields["unionid"] = wechat.unionid(authorised.person_key)
        return fields, {"openid": fields["openid"], "scope": authorised.scope}

    async def user_info(self) -> tuple[Fields, Fields]:
        wechat = self.state.wechat
        authorised = wechat.oauth.behind(self.get_query_argument("access_token", ""))
        if authorised.scope != "snsapi_userinfo":
            raise WeChatError(48001)
        person = self.state.world.person(authorised.person_key)
        openid = wechat.openid(authorised.person_key)
        if person is None or self.get_query_argument("openid", "") != openid:
            raise WeChatError(40003)
        named = {"openid": openid, "nickname": person.name, "sex": 0, "privilege": []}
        away = {"language": "", "city": "", "province": "", "country": "", "headimgurl": ""}
        return {**named, **away, "unionid": wechat.unionid(authorised.person_key)}, {}

    def _must_be_ours(self, app_id: object, secret: object) -> None:
        identity = self.state.wechat.identity
        if not app_id:
            raise WeChatError(41002)
        if app_id != identity.app_id:
            raise WeChatError(40013)
        if not secret:
            raise WeChatError(41004)
        if secret != identity.secret:
            raise WeChatError(40125)

    def _told(self, name: str, issued: Issued) -> Fields:
        return {name: issued.text, "expires_in": issued.seconds_left(self.state.clock.now())}


class QrPicture(RemoteHandler):
    """mp.weixin.qq.com's showqrcode: the picture of a code, for who doesn't draw it himself."""

    def get(self) -> None:
        code = self.state.wechat.qr_codes.by_ticket(self.get_query_argument("ticket", ""))
        if code is None or not self.state.wechat.qr_codes.is_alive(code):
            raise HTTPError(404)
        out = io.BytesIO()
        qrcode.make(code.url).save(out)
        self.set_header("Content-Type", "image/png")
        self.finish(out.getvalue())


def _is_address(url: str) -> bool:
    return not url or url.startswith(("http://", "https://"))


Deed = Callable[[ApiHandler], Awaitable[tuple[Fields, Fields]]]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Action:
    part: str
    method: str
    deed: Deed
    with_token: bool = True


def _of(part: str, method: str, deed: Deed, *, with_token: bool = True) -> _Action:
    return _Action(part=part, method=method, deed=deed, with_token=with_token)


_ACTIONS = {
    "stable_token": _of("token", "POST", ApiHandler.stable_token, with_token=False),
    "message/template/send": _of("template", "POST", ApiHandler.send_template),
    "menu/create": _of("menu", "POST", ApiHandler.create_menu),
    "menu/get": _of("menu", "GET", ApiHandler.get_menu),
    "menu/delete": _of("menu", "GET", ApiHandler.delete_menu),
    "qrcode/create": _of("qrcode", "POST", ApiHandler.create_qr),
    "ticket/getticket": _of("ticket", "GET", ApiHandler.js_ticket),
    "user/info": _of("user", "GET", ApiHandler.user),
    "sns/oauth2/access_token": _of("oauth", "GET", ApiHandler.change_code, with_token=False),
    "sns/userinfo": _of("oauth", "GET", ApiHandler.user_info, with_token=False),
}


def routes(state: State) -> list[Any]:
    own = {"state": state}
    return [(r"/cgi-bin/showqrcode", QrPicture, own), (PATHS, ApiHandler, own)]
