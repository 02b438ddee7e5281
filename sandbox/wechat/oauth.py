"""Web authorisation as the person with the phone meets it: `/connect/oauth2/authorize` on his origin.

snsapi_base comes back at once and nobody sees it; snsapi_userinfo asks. Outside of a phone WeChat
refuses the page, and so does this.
"""

from __future__ import annotations

import re
from urllib.parse import SplitResult, urlsplit

from tornado.httputil import url_concat

from sandbox.phone import PhonePage
from sandbox.phone.desk import Desk
from sandbox.proxy import VisitedPage, to_person
from sandbox.wechat.codes import SCOPES

_STATE = re.compile(r"[a-zA-Z0-9]{1,128}")
_NEEDED = {"scope": 10010, "redirect_uri": 10011, "appid": 10012, "state": 10013}
_TITLE = "微信网页授权"


class Outside(PhonePage):
    """On 127.0.0.1: nobody's WeChat."""

    def get(self) -> None:
        sentence = "请在微信客户端打开链接。在沙箱里：用手机的“扫一扫”，或从公众号进入。"
        self.render("notice.html", title="请在微信客户端打开", sentence=sentence)


class Authorise(PhonePage):
    def initialize(self, desk: Desk) -> None:
        self.desk = desk
        self.wechat = desk.state.wechat

    def prepare(self) -> None:
        person = self.desk.state.world.person(self.request.host_name.removesuffix(".localhost"))
        if person is None:
            self.set_status(404)
            self.render("notice.html", title="没有这部手机", sentence="世界里没有这个人。")
            return
        self.person = person
        self.back, problem = self._read()
        if problem:
            self._refuse(problem)

    def get(self) -> None:
        if self.scope == "snsapi_base":
            self._go_back()
            return
        self._seen()
        self.render(
            "wechat_authorise.html",
            account=self.wechat.identity.name,
            person=self.person,
            address=self.request.uri,
        )

    def post(self) -> None:
        if self.get_body_argument("allow", "") == "1":
            self._go_back()
            return
        self.render("notice.html", title="已拒绝", sentence="你没有授权，可以关闭这个网页。")

    def _read(self) -> tuple[str, str]:
        """Where to come back to on this person's origin; or the problem with its number."""
        self.scope = self.get_query_argument("scope", "")
        self.token_state = self.get_query_argument("state", "")
        for name, number in _NEEDED.items():
            if not self.get_query_argument(name, ""):
                return "", f"{name} 不能为空，错误码:{number}"
        if self.get_query_argument("appid") != self.wechat.identity.app_id:
            return "", "AppID 参数错误，错误码:40013"
        if self.get_query_argument("response_type", "") != "code":
            return "", "response_type 参数错误，应为 code"
        if self.scope not in SCOPES:
            return "", "此公众号没有这个 scope 的权限，错误码:10005"
        if not _STATE.fullmatch(self.token_state):
            return "", "state 参数错误，应为 1 到 128 个字母或数字"
        back = self._back(self.get_query_argument("redirect_uri", ""))
        return back, "" if back else "redirect_uri 域名与后台配置不一致，错误码:10003"

    def _back(self, redirect_uri: str) -> str:
        parts = urlsplit(redirect_uri)
        if parts.scheme not in ("http", "https") or not parts.netloc:
            return ""
        state, origin = self.desk.state, f"http://{self.request.host}"
        if parts.hostname == state.credentials.wechat_oauth_domain:
            return origin + SplitResult("", "", parts.path or "/", parts.query, "").geturl()
        server = state.server_url.rstrip("/")
        back = to_person(redirect_uri, server=server, person_origin=origin) if server else ""
        return back.partition("#")[0] if back.startswith(origin + "/") else ""

    def _go_back(self) -> None:
        code = self.wechat.oauth.issue(self.person.key, self.scope)
        self.desk.state.ledger.note(
            vendor="wechat",
            action="authorize",
            ok=True,
            request_id=code[:8],
            facts={"openid": self.wechat.openid(self.person.key), "scope": self.scope},
        )
        back = url_concat(self.back, {"code": code, "state": self.token_state})
        self.redirect(back, status=302 if self.request.method == "GET" else 303)

    def _refuse(self, problem: str) -> None:
        self._seen()
        self.render("notice.html", title="无法访问", sentence=problem)

    def _seen(self) -> None:
        page = VisitedPage(address=self.request.uri or "", title=_TITLE, repeatable=True)
        self.desk.page_shown(self.person.key, page)
