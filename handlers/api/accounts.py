"""Accounts over the API: codes, registration, log-in of applicants and staff, log-ins, consents."""

from datetime import datetime
from typing import Annotated, Literal

from pydantic import BaseModel, Field

from handlers.access import public, signed_in_before_privacy
from handlers.api.base import ApiHandler
from handlers.forms import Form, Phone, SmsCode, must_be_complete
from handlers.once import once
from server.accounts.account import Account
from server.accounts.service import NewApplicant
from server.accounts.session import Session
from server.consents.consent import TITLES, ConsentKind
from server.core.actor import NotYours
from server.core.masking import mask_phone

PREFILL = ("enterprise_name", "uscc", "registered_address", "legal_rep_name")
Version = Annotated[str, Field(title="版本", pattern=r"^\d{4}-\d{2}-\d{2}$")]


class CodeForm(Form):
    """The phone that the code goes to."""

    phone: Phone


class CodeAnswer(BaseModel):
    """How long the code lives and when another may be asked for, in seconds."""

    expires_at: datetime
    resend_seconds: int


class LoginForm(Form):
    """Phone and code."""

    phone: Phone
    code: SmsCode


class RegisterForm(LoginForm):
    """The versions of the texts that the person agreed to."""

    terms_version: Version
    privacy_version: Version
    enterprise_name: Annotated[str, Field(title="企业名称", max_length=100)] = ""
    uscc: Annotated[str, Field(title="统一社会信用代码", max_length=40)] = ""
    registered_address: Annotated[str, Field(title="企业注册地址", max_length=200)] = ""
    legal_rep_name: Annotated[str, Field(title="法定代表人姓名", max_length=50)] = ""


class StaffLoginForm(Form):
    """Staff log in by name and password."""

    login: Annotated[str, Field(title="登录名", min_length=1, max_length=40)]
    password: Annotated[str, Field(title="密码", min_length=1, max_length=64)]


class SessionAnswer(BaseModel):
    """The bearer token; it is shown once."""

    token: str
    account_id: str
    expires_at: datetime


class LoginAnswer(BaseModel):
    """One of the account's log-ins."""

    session_id: str
    agent: str
    address: str
    created_at: datetime
    expires_at: datetime
    is_current: bool


class LoginsAnswer(BaseModel):
    """All of them, newest first."""

    items: list[LoginAnswer]


class MeAnswer(BaseModel):
    """The account; the phone is masked."""

    account_id: str
    phone: str
    enterprise_id: str | None
    privacy_accepted: bool
    privacy_version: str
    roles: list[str]


class ConsentForm(Form):
    """Agreeing to the current version of a text of the platform."""

    kind: Annotated[Literal[ConsentKind.PRIVACY, ConsentKind.TERMS], Field(title="协议")]
    version: Version


class AgreementAnswer(BaseModel):
    """The version that is asked for now."""

    kind: ConsentKind
    title: str
    version: str
    read_seconds: int


class SmsCodes(ApiHandler):
    @public
    async def post(self) -> None:
        form = self.read(CodeForm)
        sent = await self.services.accounts.send_code(form.phone, address=self.address)
        self.reply(CodeAnswer(expires_at=sent.expires_at, resend_seconds=sent.resend_seconds), 202)


class AccountCollection(ApiHandler):
    @public
    @once
    async def post(self) -> None:
        form = self.read(RegisterForm)
        must_be_complete(form, self.application.configuration.registration.required)
        account = await self.services.accounts.register(
            NewApplicant(
                **form.model_dump(exclude=set(PREFILL)),
                prefill=form.model_dump(include=set(PREFILL))
            ),
            account_id=self.created_id,
            address=self.address,
        )
        self.reply(await open_session(self, account), 201)


class SessionCollection(ApiHandler):
    @public
    @once
    async def post(self) -> None:
        form = self.read(LoginForm)
        account = await self.services.accounts.log_in(phone=form.phone, code=form.code)
        self.reply(await open_session(self, account), 201)

    @signed_in_before_privacy
    async def get(self) -> None:
        sessions = await self.services.sessions.of(self.actor)
        items = [_login(session, self.actor.session_id) for session in sessions]
        self.reply(LoginsAnswer(items=items))


class StaffSessionCollection(ApiHandler):
    @public
    @once
    async def post(self) -> None:
        form = self.read(StaffLoginForm)
        account = await self.services.accounts.log_in_staff(
            login=form.login, password=form.password, address=self.address
        )
        self.reply(await open_session(self, account), 201)


class SessionItem(ApiHandler):
    @signed_in_before_privacy
    async def delete(self, session_id: str) -> None:
        if session_id == "current":
            await self.services.sessions.close(self.actor)
        else:
            await self.services.sessions.revoke(session_id, actor=self.actor)
        self.set_status(204)


class MeItem(ApiHandler):
    @signed_in_before_privacy
    async def get(self) -> None:
        account = await self.services.accounts.get(self.actor.account_id)
        version = self.services.consents.version(ConsentKind.PRIVACY)
        self.reply(
            MeAnswer(
                account_id=account.id,
                phone=mask_phone(account.phone),
                enterprise_id=account.enterprise_id,
                privacy_accepted=account.privacy_version == version,
                privacy_version=version,
                roles=sorted(account.roles),
            )
        )


class ConsentCollection(ApiHandler):
    @signed_in_before_privacy
    async def post(self) -> None:
        form = self.read(ConsentForm)
        await self.services.accounts.accept(form.kind, form.version, actor=self.actor)
        self.set_status(204)


class AgreementItem(ApiHandler):
    @public
    async def get(self, name: str) -> None:
        if name not in set(ConsentKind):
            raise NotYours()
        kind = ConsentKind(name)
        consents = self.services.consents
        self.reply(
            AgreementAnswer(
                kind=kind,
                title=TITLES[kind],
                version=consents.version(kind),
                read_seconds=consents.read_seconds(kind),
            )
        )


async def open_session(handler: ApiHandler, account: Account) -> SessionAnswer:
    """A log-in through the API."""
    opened = await handler.services.sessions.open(
        account,
        surface=handler.surface,
        address=handler.address,
        user_agent=handler.request.headers.get("User-Agent", ""),
    )
    return SessionAnswer(
        token=opened.token, account_id=opened.account_id, expires_at=opened.expires_at
    )


def _login(session: Session, current: str) -> LoginAnswer:
    return LoginAnswer(
        session_id=session.id,
        agent=session.agent,
        address=session.address,
        created_at=session.created_at,
        expires_at=session.expires_at,
        is_current=session.id == current,
    )
