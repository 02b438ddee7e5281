"""Base of the console's pages: a cookie, a log-in page and a frame of its own, for staff only.

What was done is said on the next page from a fixed table: the browser carries a word of it for a
minute (or, inside the drawer, an event of htmx), so that no address can put words on a page of ours.
"""

import json
import re
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from http import HTTPStatus
from typing import Any, ClassVar

from handlers.pages import PageHandler
from server.core.actor import Surface
from server.core.errors import Refusal
from server.reports.desks import Desk

HOME = "/console"
DONE_COOKIE = "rq_done"
DONE_SECONDS = 60
DONE: dict[str, str] = {
    "claimed": "已认领，其他审核员暂时不能处理这份认证。",
    "released": "已放回队列，其他审核员可以认领。",
    "approve": "认证已通过，企业会收到短信和站内消息。",
    "return": "已退回补充，企业会收到短信和站内消息。",
    "reject": "认证已驳回，企业会收到短信和站内消息。",
    "accepted": "已受理，企业会收到短信和站内消息。",
    "referred_back": "已退回补件，企业会收到短信和站内消息。",
    "declined": "已拒绝这笔申请，企业会收到短信和站内消息。",
    "credited": "授信已登记，企业会收到短信和站内消息。",
    "lent": "放款已登记，企业会收到短信和站内消息。",
    "closed": "申请已关闭。",
    "staff_added": "账号已开通，请把登录名和初始密码当面告诉本人。",
    "staff_disabled": "账号已停用，本人的登录已全部退出。",
    "staff_active": "账号已恢复，本人可以重新登录。",
    "messages_read": "全部消息已标为已读。",
}
_WITHIN = re.compile(r"^/console(?:[/?][!-\[\]-~]*)?$")
_DOORS = ("/console/login", "/console/logout")

SideItem = tuple[str, str, str, str, int]
Side = list[tuple[str, list[SideItem]]]


class ConsolePage(PageHandler):
    """A page for staff. The portal's sessions don't open it, nor its sessions the portal."""

    surface = Surface.CONSOLE
    cookie: ClassVar[str] = "rq_console"
    cookie_path: ClassVar[str] = HOME
    login_address: ClassVar[str] = "/console/login"
    error_template: ClassVar[str] = "console/error.html"

    async def me(self) -> Desk | None:
        """Who is at work and what waits for him: the frame of a whole page, not of a fragment."""
        if self.visitor is None or self.is_partial:
            return None
        return await self.services.desks.of(self.visitor)

    def next_address(self, default: str) -> str:
        """A path within the console that is no door."""
        wanted = self.get_argument("next", "")
        path = wanted.partition("?")[0]
        is_within = bool(_WITHIN.match(wanted)) and ".." not in path.split("/")
        return wanted if is_within and path not in _DOORS else default

    def done(self, word: str, address: str) -> None:
        """Go to the address, which says what was done. ``word`` is a key of DONE."""
        assert word in DONE
        self._remember(word)
        self.go(address)

    def say(self, word: str, *events: str) -> None:
        """For an answer to htmx: what was done as a toast, and events for the page around it."""
        told = {"rq:toast": {"text": DONE[word], "tone": "ok"}, **dict.fromkeys(events, True)}
        self.set_header("HX-Trigger", json.dumps(told))

    @asynccontextmanager
    async def keeping(self, show: Callable[[Refusal], Awaitable[None]]) -> AsyncIterator[None]:
        """As on every page; htmx gets 422 for any refusal, because it shows no other failure."""
        async with super().keeping(show):
            yield
        if self.is_partial and self.get_status() >= HTTPStatus.BAD_REQUEST:
            self.set_status(HTTPStatus.UNPROCESSABLE_ENTITY)

    def get_template_namespace(self) -> dict[str, Any]:
        namespace = super().get_template_namespace()
        namespace.update(side=side_of, done=self._told())
        return namespace

    def _remember(self, word: str) -> None:
        self.set_cookie(
            DONE_COOKIE,
            word,
            path=HOME,
            max_age=DONE_SECONDS,
            httponly=True,
            samesite="Lax",
            secure=self.application.configuration.server.public_url.startswith("https://"),
        )

    def _told(self) -> str:
        """The sentence for what was done just before, once; '' when nothing was."""
        word = self.get_cookie(DONE_COOKIE, "") or ""
        if self.request.method != "GET" or self.is_partial or word not in DONE:
            return ""
        self.clear_cookie(DONE_COOKIE, path=HOME)
        return DONE[word]


def side_of(desk: Desk) -> Side:
    """The side bar: groups of (key, label, address, icon, badge), as far as the role reaches."""
    groups: Sequence[tuple[str, list[SideItem | None]]] = (
        ("总览", [("dashboard", "运营概览", HOME, "layout-dashboard", 0)]),
        (
            "业务处理",
            [
                _item(desk.certifications, "certifications", "企业认证审核", "certificate"),
                _item(desk.applications, "applications", "融资申请", "file-text"),
            ],
        ),
        ("系统", [("staff", "账号与岗位", "/console/staff", "users", 0) if desk.staff else None]),
        ("我的", [("messages", "消息", "/console/messages", "bell", desk.unread)]),
    )
    shown = [(title, [item for item in items if item]) for title, items in groups]
    return [(title, items) for title, items in shown if items]


def _item(waiting: int | None, key: str, label: str, icon: str) -> SideItem | None:
    return None if waiting is None else (key, label, f"/console/{key}", icon, waiting)
