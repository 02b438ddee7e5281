"""Logging in on a PC with a phone: the code on the PC, and what the phone is asked.

The secret that makes a ticket worth something stays in a cookie that only the ticket's own
addresses get; the code, the news and the phone never hold it.
"""

from functools import partial
from typing import Annotated, Literal

import orjson
from pydantic import Field

from handlers.access import public, signed_in
from handlers.forms import Form
from handlers.once import once
from handlers.pages import PageHandler
from handlers.portal.accounts import let_in
from handlers.qr import qr_svg
from handlers.waiting import News
from server.accounts.qr_login import LIFE, OpenedQrLogin, QrLogin, QrState, id_of
from server.accounts.qr_logins import QrLogins
from server.core.errors import Refusal
from server.core.ids import digest

PATH = "/login/qr"
COOKIE = "rq_qr"
COOKIE_SECONDS = 300
ENTER_FORM = "rq-enter"
_NEWS: dict[QrState, News] = {
    QrState.WAITING: {"state": "waiting", "text": "请用手机微信扫一扫"},
    QrState.SCANNED: {"state": "scanned", "text": "已扫码，请在手机上点“登录”"},
    QrState.CONFIRMED: {
        "state": "confirmed",
        "text": "已确认，正在登录…",
        "submit": ENTER_FORM,
        "done": True,
    },
    QrState.REFUSED: {"state": "refused", "text": "手机上取消了这次登录", "done": True},
    QrState.EXPIRED: {"state": "expired", "text": "请刷新二维码后再扫", "done": True},
}


class EntryForm(Form):
    """``next``: where the person wanted to go."""

    next: Annotated[str, Field(max_length=500)] = ""


class AnswerForm(Form):
    """Which of the two buttons."""

    deed: Annotated[Literal["confirm", "refuse"], Field(title="登录或取消")]


class QrPage(PageHandler):
    """What the PC's addresses share: the browser's secret and the page with the code."""

    @property
    def secret(self) -> str:
        return self.get_cookie(COOKIE) or ""

    async def show_code(self, opened: OpenedQrLogin | None, refusal: Refusal | None = None) -> None:
        """The log-in page with a code, or with the reason why there is none."""
        await self.show(
            "portal/accounts/login_qr.html",
            refusal,
            code=opened.address if opened else "",
            svg=qr_svg(opened.address) if opened else "",
            action=f"{PATH}/{opened.ticket}" if opened else "",
            caption=_NEWS[QrState.WAITING]["text"],
            seconds=int(LIFE.total_seconds()),
            over=_NEWS[QrState.EXPIRED]["text"],
            enter_form=ENTER_FORM,
            next=self.next_address(""),
        )


class QrLogIn(QrPage):
    """扫码登录: a fresh code each time the page is opened."""

    @public
    async def get(self) -> None:
        if self.visitor is not None and not self.visitor.roles:
            self.go(self.next_address("/me"))
            return
        async with self.keeping(lambda refusal: self.show_code(None, refusal)):
            opened = await self.services.qr_logins.make(
                address=self.address, user_agent=self.request.headers.get("User-Agent", "")
            )
            self._keep(opened)
            await self.show_code(opened)

    def _keep(self, opened: OpenedQrLogin) -> None:
        self.set_cookie(
            COOKIE,
            opened.secret,
            max_age=COOKIE_SECONDS,
            path=f"{PATH}/{opened.ticket}",
            httponly=True,
            samesite="Strict",
            secure=self.application.configuration.server.public_url.startswith("https://"),
        )


class QrEntry(QrPage):
    """The phone said yes: this browser, and it alone, is let in, once."""

    @public
    @once
    async def post(self, ticket: str) -> None:
        async with self.keeping(self._show_again):
            self.read(EntryForm)
            account = await self.services.qr_logins.redeem(
                ticket, self.secret, address=self.address
            )
            await let_in(self, account)
            self.clear_cookie(COOKIE, path=f"{PATH}/{ticket}")
            self.go(self.next_address("/me"))

    def fingerprint(self) -> str:
        """A repeat is one by the same browser."""
        return f"{super().fingerprint()}:{digest(self.secret)}"

    async def _show_again(self, refusal: Refusal) -> None:
        await self.show_code(None, refusal)


class QrEvents(QrPage):
    """Server-sent events: how the ticket stands."""

    @public
    def get(self, ticket: str) -> None:
        ask = partial(news_of, self.services.qr_logins, ticket, self.secret)
        seconds = LIFE.total_seconds()
        self.application.waiting.seat(self, id_of(ticket), ask, seconds=seconds)


class QrNews(QrPage):
    """The same, asked for."""

    @public
    async def get(self, ticket: str) -> None:
        news = await news_of(self.services.qr_logins, ticket, self.secret)
        self.set_header("Content-Type", "application/json")
        self.write(orjson.dumps(news))


class QrConfirmation(PageHandler):
    """On the phone: who asks from where, and yes or no. To open it is to scan."""

    @signed_in
    async def get(self, ticket: str) -> None:
        async with self.keeping(lambda refusal: self._show(None, refusal)):
            await self._show(await self.services.qr_logins.scan(ticket, self.actor.account_id))

    @signed_in
    async def post(self, ticket: str) -> None:
        async with self.keeping(lambda refusal: self._show(None, refusal)):
            logins = self.services.qr_logins
            is_yes = self.read(AnswerForm).deed == "confirm"
            await (logins.confirm if is_yes else logins.refuse)(ticket, self.actor)
            self.go(self.request.path)

    async def _show(self, login: QrLogin | None, refusal: Refusal | None = None) -> None:
        await self.show(
            "portal/accounts/qr_confirm.html",
            refusal,
            state=login.state.value if login else "",
            address=login.address if login else "",
            agent=login.agent if login else "",
            requested_at=login.created_at if login else None,
        )


async def news_of(logins: QrLogins, ticket: str, secret: str) -> News:
    """What the page with the code shows or does."""
    return _NEWS[await logins.state_of(ticket, secret)]
