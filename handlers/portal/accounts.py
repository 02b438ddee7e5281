"""Registration, log-in, log-out, the privacy guideline and the agreements, for people."""

from datetime import timedelta
from typing import Annotated, Literal

import orjson
from pydantic import Field

from handlers.access import public, signed_in, signed_in_before_privacy
from handlers.errors import as_json, status_of
from handlers.forms import Form, Phone, SmsCode
from handlers.once import once
from handlers.pages import PageHandler
from handlers.portal.application_views import recent_row
from server.accounts.account import Account, NotRegistered
from server.accounts.service import NewApplicant
from server.consents.consent import TITLES, ConsentKind
from server.core.actor import NotYours, Surface
from server.core.errors import FieldsInvalid, Refusal
from server.core.paging import PageRequest

PREFILL = ("enterprise_name", "uscc", "registered_address", "legal_rep_name")
AFTER_LOG_OUT = timedelta(days=1)
TEXTS = {kind.value: kind for kind in ConsentKind}


class CodeForm(Form):
    """Asking for a code. Other fields of the page's form come along without JavaScript."""

    phone: Phone
    page: Literal["login", "register"] = "login"


class LoginForm(CodeForm):
    """Phone and code; ``next`` is where the person wanted to go."""

    code: SmsCode
    next: Annotated[str, Field(max_length=500)] = ""


class RegisterForm(LoginForm):
    """Both ticks are empty at first; the versions are those of the texts on the page."""

    accept_terms: Annotated[str, Field(title="平台用户协议", max_length=10)] = ""
    accept_privacy: Annotated[str, Field(title="个人信息保护指引", max_length=10)] = ""
    enterprise_name: Annotated[str, Field(title="企业名称", max_length=100)] = ""
    uscc: Annotated[str, Field(title="统一社会信用代码", max_length=40)] = ""
    registered_address: Annotated[str, Field(title="企业注册地址", max_length=200)] = ""
    legal_rep_name: Annotated[str, Field(title="法定代表人姓名", max_length=50)] = ""


class AcceptForm(Form):
    """Accepting a guideline in the version that was shown."""

    version: Annotated[str, Field(max_length=10)]
    next: Annotated[str, Field(max_length=500)] = ""


class CodeSending(PageHandler):
    """Ask for a code: JSON for the script on the page, the page again without one."""

    @public
    async def post(self) -> None:
        page = "register" if self.get_body_argument("page", "") == "register" else "login"
        try:
            form = self.read(CodeForm, only_known=True)
            sent = await self.services.accounts.send_code(form.phone, address=self.address)
        except Refusal as refusal:
            await self._refuse(refusal, page)
            return
        if self.wants_json:
            self.set_header("Content-Type", "application/json")
            self.write(orjson.dumps({"resend_seconds": sent.resend_seconds}))
        else:
            await self.show_door(page, notice="验证码已发送，请查收短信。")

    @property
    def wants_json(self) -> bool:
        return "application/json" in self.request.headers.get("Accept", "")

    async def _refuse(self, refusal: Refusal, page: str) -> None:
        if not self.wants_json:
            self.set_status(status_of(type(refusal)))
            await self.show_door(page, refusal)
            return
        self.answer(refusal)
        self.set_header("Content-Type", "application/json")
        self.write(orjson.dumps(as_json(refusal, self.request_id)))

    async def show_door(self, page: str, refusal: Refusal | None = None, notice: str = "") -> None:
        await show_door(self, page, refusal, notice)


class LogIn(PageHandler):
    """Phone and SMS code."""

    @public
    async def get(self) -> None:
        if self.visitor is not None and not self.visitor.roles:
            self.go(self.next_address("/me"))
            return
        await show_door(self, "login")

    @public
    @once
    async def post(self) -> None:
        async with self.keeping(self._show_again):
            form = self.read(LoginForm)
            account = await self.services.accounts.log_in(phone=form.phone, code=form.code)
            await let_in(self, account)
            self.go(self.next_address("/me"))

    async def _show_again(self, refusal: Refusal) -> None:
        page = "register" if isinstance(refusal, NotRegistered) else "login"
        await show_door(self, page, refusal)


class Registration(PageHandler):
    """A new account: phone, code, both consents, and what the configuration asks besides."""

    @public
    async def get(self) -> None:
        await show_door(self, "register")

    @public
    @once
    async def post(self) -> None:
        async with self.keeping(lambda refusal: show_door(self, "register", refusal)):
            account = await registered(self, self.read(RegisterForm), self.created_id)
            await let_in(self, account)
            self.go(self.next_address("/certification"))


class LogOut(PageHandler):
    """The session is dead on the server from now on."""

    @signed_in_before_privacy
    async def post(self) -> None:
        await self.services.sessions.close(self.actor)
        self.drop_session()
        self.keep_out_wechat(AFTER_LOG_OUT)
        self.go("/")


class PrivacyGuideline(PageHandler):
    """The guideline, readable by everybody; accepted by whoever is logged in."""

    @public
    async def get(self) -> None:
        await self._show()

    @signed_in_before_privacy
    async def post(self) -> None:
        async with self.keeping(self._show):
            form = self.read(AcceptForm)
            await self.services.accounts.accept(ConsentKind.PRIVACY, form.version, actor=self.actor)
            self.go(self.next_address("/me"))

    async def _show(self, refusal: Refusal | None = None) -> None:
        version = self.services.consents.version(ConsentKind.PRIVACY)
        is_asked = self.visitor is not None and self.visitor.privacy_version != version
        await self.show(
            "portal/accounts/privacy.html",
            refusal,
            version=version,
            is_asked=is_asked,
            next=self.next_address(""),
        )


class Agreement(PageHandler):
    """One of the texts that people agree to, in its current version."""

    @public
    async def get(self, name: str) -> None:
        kind = TEXTS.get(name)
        if kind is None:
            raise NotYours()
        await self.show(
            "portal/agreements/page.html",
            kind=name,
            title=TITLES[kind],
            version=self.services.consents.version(kind),
        )


class Me(PageHandler):
    """我的: who I am, my enterprise, and the ways on."""

    @signed_in
    async def get(self) -> None:
        page = await self.services.applications.own_page(PageRequest(), actor=self.actor)
        unread = await self.services.messages.unread_count(self.actor.account_id)
        await self.show(
            "portal/accounts/me.html",
            counts=(
                ("我的申请", page.total_text, "/applications"),
                ("未读消息", unread, "/messages"),
            ),
            recent=[recent_row(application) for application in page.items[:3]],
        )


class LogIns(PageHandler):
    """Where I am logged in."""

    @signed_in
    async def get(self) -> None:
        sessions = await self.services.sessions.of(self.actor)
        await self.show(
            "portal/accounts/sessions.html", sessions=sessions, current=self.actor.session_id
        )


class LogInRevocation(PageHandler):
    """End one of my log-ins; ending the present one is logging out."""

    @signed_in
    async def post(self, session_id: str) -> None:
        await self.services.sessions.revoke(session_id, actor=self.actor)
        self.go("/me/sessions")


class CareMode(PageHandler):
    """适老模式 on or off, remembered by the browser."""

    @public
    def post(self) -> None:
        is_on = self.get_body_argument("on", "") == "1"
        self.set_cookie(
            "rq_care", "1" if is_on else "0", expires_days=365, httponly=True, samesite="Lax"
        )
        self.go(self.next_address("/"))


async def registered(page: PageHandler, form: RegisterForm, account_id: str) -> Account:
    """The new account. Raises FieldsInvalid and what Accounts.register raises."""
    _must_be_complete(form, page.application.configuration.registration.required)
    return await page.services.accounts.register(
        NewApplicant(
            phone=form.phone,
            code=form.code,
            terms_version=form.accept_terms,
            privacy_version=form.accept_privacy,
            prefill=form.model_dump(include=set(PREFILL)),
        ),
        account_id=account_id,
        address=page.address,
    )


async def let_in(page: PageHandler, account: Account) -> None:
    """Open a session and put it into the browser."""
    opened = await page.services.sessions.open(
        account,
        surface=page.surface,
        address=page.address,
        user_agent=page.request.headers.get("User-Agent", ""),
    )
    days = page.application.configuration.sessions.applicant_days
    page.keep_session(opened.token, days if page.surface is Surface.PORTAL else 1)


async def show_door(
    page: PageHandler, name: str, refusal: Refusal | None = None, notice: str = ""
) -> None:
    """The log-in or registration page, with what was typed."""
    consents = page.services.consents
    await page.show(
        f"portal/accounts/{name}.html",
        refusal,
        notice=notice,
        next=page.next_address(""),
        required=page.application.configuration.registration.required,
        terms_version=consents.version(ConsentKind.TERMS),
        privacy_version=consents.version(ConsentKind.PRIVACY),
        by_wechat=page.in_wechat and page.services.entrance.is_open,
    )


def _must_be_complete(form: RegisterForm, required: tuple[str, ...]) -> None:
    problems = {
        name: f"请填写{RegisterForm.model_fields[name].title}"
        for name in required
        if not getattr(form, name)
    }
    for name in ("accept_terms", "accept_privacy"):
        if not getattr(form, name):
            problems[name] = f"请阅读并同意《{RegisterForm.model_fields[name].title}》"
    if problems:
        raise FieldsInvalid(problems)
