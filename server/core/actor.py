"""Who is asking: the value that every service method with rules receives."""

from dataclasses import dataclass
from enum import StrEnum

from server.core.errors import Forbidden, NotFound, Unauthenticated


class Surface(StrEnum):
    """The door through which somebody came in."""

    API = "api"
    PORTAL = "portal"
    CONSOLE = "console"
    SYSTEM = "system"


class Role(StrEnum):
    """Roles of staff. Applicants have none: what they may do follows from their enterprise."""

    REVIEWER = "reviewer"
    OFFICER = "officer"
    ADMINISTRATOR = "administrator"


class Permission(StrEnum):
    """``<surface>:<resource>:<action>``, alphabetical."""

    APPLICATIONS_HANDLE = "console:applications:handle"
    APPLICATIONS_READ = "console:applications:read"
    CERTIFICATIONS_READ = "console:certifications:read"
    CERTIFICATIONS_REVEAL = "console:certifications:reveal"
    CERTIFICATIONS_REVIEW = "console:certifications:review"
    DASHBOARD_READ = "console:dashboard:read"
    STAFF_MANAGE = "console:staff:manage"


GRANTS: dict[Role, frozenset[Permission]] = {
    Role.REVIEWER: frozenset(
        {
            Permission.CERTIFICATIONS_READ,
            Permission.CERTIFICATIONS_REVEAL,
            Permission.CERTIFICATIONS_REVIEW,
            Permission.DASHBOARD_READ,
        }
    ),
    Role.OFFICER: frozenset(
        {Permission.APPLICATIONS_HANDLE, Permission.APPLICATIONS_READ, Permission.DASHBOARD_READ}
    ),
    Role.ADMINISTRATOR: frozenset(
        {
            Permission.APPLICATIONS_READ,
            Permission.CERTIFICATIONS_READ,
            Permission.DASHBOARD_READ,
            Permission.STAFF_MANAGE,
        }
    ),
}


class LoginNeeded(Unauthenticated):
    """No session, or one that has ended."""

    code = "accounts.login_needed"
    sentence = "请先登录后再继续。"


class PermissionMissing(Forbidden):
    """A member of staff without the permission."""

    code = "accounts.permission_missing"
    sentence = "您的岗位没有这项权限，如需办理请联系平台管理员。"


class EnterpriseNeeded(Forbidden):
    """An applicant who has not named his enterprise yet."""

    code = "enterprises.enterprise_needed"
    sentence = "请先完成企业认证，再办理这项业务。"


class NotYours(NotFound):
    """Somebody else's object looks like one that does not exist."""

    code = "core.not_found"
    sentence = "没有找到您要的内容，可能已被移除，或链接有误。"


@dataclass(frozen=True, slots=True, kw_only=True)
class Actor:
    """An authenticated account, where it came from and what it acts for.

    ``address`` is the client's IP as judged by the configured proxies.
    """

    account_id: str
    surface: Surface
    session_id: str
    address: str
    roles: frozenset[Role] = frozenset()
    enterprise_id: str | None = None
    institution_id: str | None = None
    branch_id: str | None = None
    privacy_version: str | None = None

    def may(self, permission: Permission) -> bool:
        """Whether one of the actor's roles grants the permission."""
        return any(permission in GRANTS[role] for role in self.roles)

    def must_have(self, permission: Permission) -> None:
        """Refuse with PermissionMissing unless granted."""
        if not self.may(permission):
            raise PermissionMissing(permission=permission.value)

    @property
    def own_enterprise_id(self) -> str:
        """The enterprise the actor acts for, or EnterpriseNeeded."""
        if self.enterprise_id is None:
            raise EnterpriseNeeded()
        return self.enterprise_id
