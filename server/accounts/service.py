"""What people do with accounts: get a code, register, log in, be looked after by administrators."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta

from server.accounts.account import (
    Account,
    AccountKind,
    AccountLocked,
    AccountNotFound,
    AccountState,
    LoginFailed,
    NotRegistered,
    PhoneTaken,
)
from server.accounts.passwords import Passwords, must_be_strong
from server.accounts.repository import AccountRepository, SmsCodeRepository
from server.accounts.sms_code import (
    CodeDead,
    CodePurpose,
    CodeRules,
    CodeTooSoon,
    CodeWrong,
    SentCode,
    new_code,
)
from server.audit.service import Audit
from server.consents.consent import ConsentKind
from server.consents.service import Consents
from server.core.actor import Actor, Role
from server.core.clock import Clock
from server.core.ids import new_id
from server.core.paging import Page, PageRequest
from server.providers.ports.sms import SmsGateway
from server.storage.limits import RateLimits


@dataclass(frozen=True, slots=True, kw_only=True)
class LoginRules:
    """How many failures lock an account of staff, how many tries an address, and for how long."""

    failures: int
    lock: timedelta
    per_address: int = 60


@dataclass(frozen=True, slots=True, kw_only=True)
class NewStaff:
    """What an administrator gives for a new member of staff."""

    login: str
    password: str = field(repr=False)
    name: str = field(repr=False)
    phone: str = field(repr=False)
    roles: frozenset[Role]
    institution_id: str | None = None
    branch_id: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class NewApplicant:
    """What a person gives to register. ``prefill``: what he told besides, by field name."""

    phone: str = field(repr=False)
    code: str = field(repr=False)
    terms_version: str
    privacy_version: str
    prefill: Mapping[str, str] = field(repr=False)


class Accounts:
    """Registration and log-in."""

    def __init__(
        self,
        *,
        accounts: AccountRepository,
        codes: SmsCodeRepository,
        limits: RateLimits,
        passwords: Passwords,
        sms: SmsGateway,
        audit: Audit,
        consents: Consents,
        clock: Clock,
        code_rules: CodeRules,
        code_template: str,
        login_rules: LoginRules,
    ) -> None:
        self._accounts = accounts
        self._codes = codes
        self._limits = limits
        self._passwords = passwords
        self._sms = sms
        self._audit = audit
        self._consents = consents
        self._clock = clock
        self._rules = code_rules
        self._template = code_template
        self._login_rules = login_rules

    async def send_code(self, phone: str, *, address: str) -> SentCode:
        """Send a code for log-in or registration; the same answer whether the phone is known.

        Raises CodeTooSoon, SmsRefused or ProviderUnavailable. The code is kept before it is
        sent; one that was lost on the way is replaced by the next one asked for.
        """
        await self._must_not_be_too_soon(phone, address)
        code = new_code()
        expires_at = self._clock() + self._rules.life
        await self._codes.put(
            phone=phone,
            purpose=CodePurpose.SIGN_IN,
            code=code,
            tries=self._rules.tries,
            expires_at=expires_at,
        )
        await self._sms.send(
            phone=phone, template=self._template, params={"code": code}, out_id=new_id()
        )
        return SentCode(expires_at=expires_at, resend_seconds=self._rules.resend_seconds)

    async def register(self, new: NewApplicant, *, account_id: str, address: str) -> Account:
        """Make an applicant's account. Raises CodeWrong, CodeDead, PhoneTaken, ConsentOutdated."""
        given = {ConsentKind.TERMS: new.terms_version, ConsentKind.PRIVACY: new.privacy_version}
        for kind, version in given.items():
            self._consents.must_be_current(kind, version)
        await self._must_be_the_code(new.phone, new.code)
        known = await self._accounts.find_by_phone(new.phone, AccountKind.APPLICANT)
        if known is not None and known.id != account_id:
            raise PhoneTaken(field="phone")
        for kind, version in given.items():
            await self._consents.give(kind, version=version, account_id=account_id, address=address)
        account = Account(
            id=account_id,
            kind=AccountKind.APPLICANT,
            phone=new.phone,
            privacy_version=new.privacy_version,
            prefill={name: text for name, text in new.prefill.items() if text},
            created_at=self._clock(),
        )
        await self._accounts.add(account)
        await self._spend(new.phone, new.code)
        return await self._accounts.get(account_id)

    async def accept(self, kind: ConsentKind, version: str, *, actor: Actor) -> None:
        """Agree to a text of the platform. Raises ConsentOutdated or ReadTooFast."""
        await self._consents.give(
            kind, version=version, account_id=actor.account_id, address=actor.address
        )
        if kind is ConsentKind.PRIVACY:
            await self._accounts.set_fields(actor.account_id, {"privacy_version": version})

    async def log_in(self, *, phone: str, code: str) -> Account:
        """The applicant behind the phone. Raises CodeWrong, CodeDead, NotRegistered."""
        await self._must_be_the_code(phone, code)
        account = await self._accounts.find_by_phone(phone, AccountKind.APPLICANT)
        if account is None:
            raise NotRegistered(field="phone")
        account.must_be_active()
        if not await self._spend(phone, code):
            raise CodeDead(field="code")
        return account

    async def log_in_staff(self, *, login: str, password: str, address: str) -> Account:
        """The member of staff. Raises LoginFailed, AccountLocked, AccountDisabled."""
        rules = self._login_rules
        failures = f"login:{login.lower()}"
        seconds = int(rules.lock.total_seconds())
        by_address = (rules.per_address, seconds)
        wait = await self._limits.take(f"logins:{address}", [by_address])
        wait = wait or await self._limits.take(failures, [(rules.failures, seconds)])
        if wait:
            raise AccountLocked(retry_after_seconds=wait, minutes=-(-wait // 60))
        account = await self._accounts.find_by_login(login)
        if not await self._passwords.matches(account.password_hash if account else None, password):
            raise LoginFailed(field="password")
        assert account is not None
        account.must_be_active()
        await self._limits.forget(failures)
        await self._audit.record(
            "accounts.staff_logged_in",
            account_id=account.id,
            subject_id=account.id,
            address=address,
        )
        return account

    async def get(self, account_id: str) -> Account:
        """The account, or AccountNotFound."""
        return await self._accounts.get(account_id)

    async def set_enterprise(self, account_id: str, enterprise_id: str) -> None:
        """From now on the applicant acts for this enterprise."""
        await self._accounts.set_fields(account_id, {"enterprise_id": enterprise_id})

    async def set_channel(self, account_id: str, channel: str) -> None:
        """Which QR code brought him; the first one stays."""
        await self._accounts.set_channel(account_id, channel)

    async def count_by_channel(self) -> dict[str, int]:
        """Channel to how many accounts it brought."""
        return await self._accounts.count_by_channel()

    async def officers_of(self, institution_id: str, branch_id: str) -> list[Account]:
        """The active officers of a branch."""
        return await self._accounts.staff_of_branch(institution_id, branch_id)

    async def staff(self, request: PageRequest) -> Page[Account]:
        """All members of staff, newest first."""
        return await self._accounts.staff_page(request)

    async def add_staff(self, new: NewStaff, *, account_id: str, actor: Actor | None) -> Account:
        """Make an account of staff. Raises PasswordWeak, LoginTaken, PhoneTaken."""
        must_be_strong(new.password)
        account = Account(
            id=account_id,
            kind=AccountKind.STAFF,
            phone=new.phone,
            name=new.name,
            login=new.login,
            password_hash=await self._passwords.hash(new.password),
            roles=new.roles,
            institution_id=new.institution_id,
            branch_id=new.branch_id,
            created_at=self._clock(),
        )
        await self._accounts.add(account)
        await self._audit.record_by(actor, "accounts.staff_added", subject_id=account_id)
        return account

    async def set_staff_state(self, account_id: str, state: AccountState, *, actor: Actor) -> None:
        """Switch a member of staff off or on again; his sessions end with it."""
        account = await self._accounts.get(account_id)
        if account.kind is not AccountKind.STAFF:
            raise AccountNotFound()
        await self._accounts.set_fields(account_id, {"state": state})
        await self._audit.record_by(actor, f"accounts.staff_{state}", subject_id=account_id)

    async def _must_not_be_too_soon(self, phone: str, address: str) -> None:
        rules = self._rules
        by_address = await self._limits.take(
            f"code-address:{address}", [(rules.per_address_hour, 3600)]
        )
        wait = by_address or await self._limits.take(
            f"code:{self._accounts.phone_key(phone)}", rules.windows()
        )
        if wait:
            raise CodeTooSoon(retry_after_seconds=wait, field="phone")

    async def _must_be_the_code(self, phone: str, code: str) -> None:
        left = await self._codes.try_once(
            phone=phone, purpose=CodePurpose.SIGN_IN, code=code, now=self._clock()
        )
        if left is None or left == 0:
            raise CodeDead(field="code")
        if left > 0:
            raise CodeWrong(field="code", tries_left=left)

    async def _spend(self, phone: str, code: str) -> bool:
        return await self._codes.spend(
            phone=phone, purpose=CodePurpose.SIGN_IN, code=code, now=self._clock()
        )
