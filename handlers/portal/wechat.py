"""WeChat on the portal: the way in and back, binding and unbinding, and what WeChat's script needs.

Away to WeChat and back is navigation by links only: no form of ours ever leads to another origin.
"""

from datetime import timedelta
from typing import Annotated
from urllib.parse import quote

import orjson
from pydantic import Field

from handlers.access import public, signed_in
from handlers.errors import AddressUnknown
from handlers.forms import Form
from handlers.once import once
from handlers.pages import PageHandler
from handlers.portal.accounts import (
    CodeSending,
    LoginForm,
    RegisterForm,
    let_in,
    registered,
)
from server.accounts.account import NotRegistered
from server.consents.consent import ConsentKind
from server.core.errors import Conflict, Refusal, Unavailable
from server.official_account.entrance import (
    BINDING_LIFE,
    ENTRANCE_LIFE,
    Arrival,
    BindingExpired,
)
from server.official_account.follower import WeChatTaken

PATH = "/wechat"
KEPT_AWAY = "rq_wechat_way"
KEPT_WAITING = "rq_wechat_bind"
_ANSWERED = (Conflict, Unavailable)


class ReturnQuery(Form):
    """What WeChat brings back; an authorisation that was refused brings no code."""

    code: Annotated[str, Field(max_length=512)] = ""
    state: Annotated[str, Field(max_length=128)] = ""


class PageQuery(Form):
    """The page that wants WeChat's script."""

    url: Annotated[str, Field(title="页面地址", max_length=2000)]


class WeChatPage(PageHandler):
    """Two cookies under /wechat: the way to WeChat and back, and an openid that waits to be bound."""

    def keep(self, name: str, value: str, life: timedelta) -> None:
        """Out of reach of scripts, and of other pages."""
        self.set_cookie(
            name,
            value,
            max_age=int(life.total_seconds()),
            path=PATH,
            httponly=True,
            samesite="Lax",
            secure=self.application.configuration.server.public_url.startswith("https://"),
        )

    async def show_problem(self, refusal: Refusal, next_path: str = "/me") -> None:
        """What went wrong, with both ways on: WeChat once more, or phone and code."""
        self.answer(refusal)
        await self.show("portal/wechat/problem.html", refusal, next=next_path)

    async def show_binding(self, refusal: Refusal | None = None, notice: str = "") -> None:
        """Who are you here? With the consents for one who has no account yet."""
        try:
            self.services.entrance.waiting(self.get_cookie(KEPT_WAITING))
        except BindingExpired as expired:
            await self.show_problem(expired)
            return
        consents = self.services.consents
        is_new = isinstance(refusal, NotRegistered) or self.request.path.endswith("/register")
        await self.show(
            "portal/wechat/bind.html",
            refusal,
            notice=notice,
            is_new=is_new,
            required=self.application.configuration.registration.required,
            terms_version=consents.version(ConsentKind.TERMS),
            privacy_version=consents.version(ConsentKind.PRIVACY),
        )

    async def bind(self, account_id: str) -> Arrival:
        """Bind who waits to the account; the cookie has done its service."""
        kept = self.get_cookie(KEPT_WAITING)
        arrival = await self.services.entrance.bind(kept, account_id, address=self.address)
        self.clear_cookie(KEPT_WAITING, path=PATH)
        return arrival


class Entering(WeChatPage):
    """Away to WeChat, which sends the person back at once; asked again automatically only later."""

    @public
    async def get(self) -> None:
        next_path = self.next_address("/me")
        self.keep_out_wechat(ENTRANCE_LIFE)
        if not self.services.entrance.is_open:
            self.go(f"/login?next={quote(next_path, safe='/')}")
            return
        departure = self.services.entrance.leave(next_path)
        self.keep(KEPT_AWAY, departure.kept, ENTRANCE_LIFE)
        self.go(departure.url)


class Return(WeChatPage):
    """Back from WeChat: in, when the openid is bound; to binding, when it is nobody's yet."""

    @public
    async def get(self) -> None:
        query, kept = self.read_query(ReturnQuery), self.get_cookie(KEPT_AWAY)
        self.clear_cookie(KEPT_AWAY, path=PATH)
        try:
            arrival = await self.services.entrance.arrive(
                kept=kept, code=query.code, state=query.state
            )
            await self._let_in(arrival)
        except _ANSWERED as refusal:
            await self.show_problem(refusal, self.services.entrance.destination(kept))

    async def _let_in(self, arrival: Arrival) -> None:
        account = await self.services.followers.find_account(arrival.openid)
        if account is None:
            self.keep(KEPT_WAITING, self.services.entrance.wait(arrival), BINDING_LIFE)
            self.go(f"{PATH}/bind")
            return
        if self.visitor is not None and self.visitor.account_id != account.id:
            raise WeChatTaken()
        account.must_be_active()
        if self.visitor is None:
            await let_in(self, account)
        self.go(arrival.next)


class Binding(WeChatPage):
    """Say who you are here: logged in already, or by phone and code."""

    @public
    async def get(self) -> None:
        await self.show_binding()

    @public
    @once
    async def post(self) -> None:
        async with self.keeping(self.show_binding):
            if self.visitor is not None and not self.visitor.roles:
                self.go((await self.bind(self.visitor.account_id)).next)
                return
            self.services.entrance.waiting(self.get_cookie(KEPT_WAITING))
            form = self.read(LoginForm)
            account = await self.services.accounts.log_in(phone=form.phone, code=form.code)
            arrival = await self.bind(account.id)
            await let_in(self, account)
            self.go(arrival.next)


class BindingCode(CodeSending, WeChatPage):
    """A code by SMS; without a script the answer is the page of binding again."""

    async def show_door(self, page: str, refusal: Refusal | None = None, notice: str = "") -> None:
        await self.show_binding(refusal, notice)


class BindingRegistration(WeChatPage):
    """A new account, bound from the beginning."""

    @public
    async def get(self) -> None:
        await self.show_binding()

    @public
    @once
    async def post(self) -> None:
        async with self.keeping(self.show_binding):
            self.services.entrance.waiting(self.get_cookie(KEPT_WAITING))
            account = await registered(self, self.read(RegisterForm), self.created_id)
            await self.bind(account.id)
            await let_in(self, account)
            self.go("/certification")


class OwnWeChat(PageHandler):
    """我的—微信绑定."""

    @signed_in
    async def get(self) -> None:
        await self.show(
            "portal/wechat/own.html",
            follower=await self.services.followers.find_of(self.actor),
            is_open=self.services.entrance.is_open,
            in_wechat=self.in_wechat,
        )


class Unbinding(PageHandler):
    """The account goes on; WeChat is no way in any more."""

    @signed_in
    async def post(self) -> None:
        await self.services.followers.unbind(self.actor)
        self.go("/me/wechat")


class ScriptConfigs(PageHandler):
    """What wx.config needs on one of our own pages, for scanning and sharing."""

    @public
    async def get(self) -> None:
        config = await self.services.entrance.script_config(self.read_query(PageQuery).url)
        self.set_header("Content-Type", "application/json")
        self.write(orjson.dumps(config))


class DomainProof(PageHandler):
    """The file by which WeChat sees that the domain is ours."""

    @public
    def get(self, name: str) -> None:
        content = self.application.configuration.wechat.domain_verification.get(name)
        if content is None:
            raise AddressUnknown()
        self.set_header("Content-Type", "text/plain; charset=utf-8")
        self.write(content)
