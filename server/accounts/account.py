"""An account: a natural person who logs in, as an applicant or as a member of staff."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from server.core.actor import Role
from server.core.errors import Conflict, Forbidden, NotFound, TooMany, Unauthenticated


class AccountKind(StrEnum):
    """Applicants log in by phone and code; staff by login name and password."""

    APPLICANT = "applicant"
    STAFF = "staff"


class AccountState(StrEnum):
    """A disabled account can't log in and its sessions are gone."""

    ACTIVE = "active"
    DISABLED = "disabled"


class PhoneTaken(Conflict):
    """A second sign-up with the same phone."""

    code = "accounts.phone_taken"
    sentence = "这个手机号已经注册过，请直接登录。"


class KeyTaken(Conflict):
    """An old idempotency key with new contents."""

    code = "accounts.key_taken"
    sentence = "页面已经过期，请刷新后重新填写提交。"


class NotRegistered(Conflict):
    """The person proved that the phone is his, but it has no account."""

    code = "accounts.not_registered"
    sentence = "这个手机号还没有注册，请先注册，验证码仍然有效。"


class LoginTaken(Conflict):
    """Two members of staff with one login name."""

    code = "accounts.login_taken"
    sentence = "这个登录名已被使用，请换一个。"


class LoginFailed(Unauthenticated):
    """Never says which of name and password was wrong."""

    code = "accounts.login_failed"
    sentence = "登录名或密码不正确，请核对后重试。"


class AccountLocked(TooMany):
    """Too many failed log-ins."""

    code = "accounts.locked"
    sentence = "连续输错次数过多，请在 {minutes} 分钟后重试，或联系平台管理员。"


class AccountDisabled(Forbidden):
    """Switched off by an administrator."""

    code = "accounts.disabled"
    sentence = "账号已停用，如有疑问请联系平台。"


class AccountNotFound(NotFound):
    """No such account."""

    code = "accounts.not_found"
    sentence = "没有找到这个账号。"


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """``phone`` is 11 digits in clear here and sealed at rest; ``name`` likewise.

    ``enterprise_id`` is the one that an applicant acts for; ``privacy_version`` the guideline
    he last accepted; ``prefill`` what he told at registration, sealed at rest; ``channel`` the
    QR code that brought him.
    """

    id: str
    kind: AccountKind
    phone: str = field(repr=False)
    created_at: datetime
    state: AccountState = AccountState.ACTIVE
    name: str | None = field(default=None, repr=False)
    login: str | None = None
    password_hash: str | None = field(default=None, repr=False)
    roles: frozenset[Role] = frozenset()
    institution_id: str | None = None
    branch_id: str | None = None
    enterprise_id: str | None = None
    privacy_version: str | None = None
    prefill: Mapping[str, str] = field(default_factory=dict, repr=False)
    channel: str | None = None

    def must_be_active(self) -> None:
        """Refuse with AccountDisabled unless active."""
        if self.state is not AccountState.ACTIVE:
            raise AccountDisabled()
