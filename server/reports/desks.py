"""What the frame of every console page says: who is at work, where, and what waits for him."""

from collections.abc import Mapping
from dataclasses import dataclass

from server.accounts.service import Accounts
from server.applications.handling import CaseHandling
from server.applications.state import ApplicationState
from server.core.actor import Actor, Permission, Role
from server.enterprises.review import Reviews
from server.institutions.service import Institutions
from server.messages.service import Messages

ROLE_NAMES: Mapping[Role, str] = {
    Role.REVIEWER: "审核员",
    Role.OFFICER: "客户经理",
    Role.ADMINISTRATOR: "平台管理员",
}
SUBMITTED = frozenset({ApplicationState.SUBMITTED})


@dataclass(frozen=True, slots=True, kw_only=True)
class Desk:
    """``certifications`` and ``applications``: how many wait, None without access to them."""

    label: str
    role_label: str
    institution_name: str
    unread: int
    certifications: int | None
    applications: int | None
    staff: bool


class Desks:
    """Desks of staff."""

    def __init__(
        self,
        *,
        accounts: Accounts,
        cases: CaseHandling,
        institutions: Institutions,
        messages: Messages,
        reviews: Reviews,
    ) -> None:
        self._accounts = accounts
        self._cases = cases
        self._institutions = institutions
        self._messages = messages
        self._reviews = reviews

    async def of(self, actor: Actor) -> Desk:
        """The desk of this member of staff."""
        account = await self._accounts.get(actor.account_id)
        certifications = applications = None
        if actor.may(Permission.CERTIFICATIONS_READ):
            certifications = (await self._reviews.counts(actor)).waiting
        if actor.may(Permission.APPLICATIONS_READ):
            applications = await self._cases.count(SUBMITTED, actor=actor)
        return Desk(
            label=account.name or account.login or "",
            role_label=role_text(actor.roles),
            institution_name=await self._place(actor),
            unread=await self._messages.unread(actor),
            certifications=certifications,
            applications=applications,
            staff=actor.may(Permission.STAFF_MANAGE),
        )

    async def _place(self, actor: Actor) -> str:
        """The institution and branch; '' for staff of the platform."""
        if actor.institution_id is None:
            return ""
        institution = await self._institutions.get(actor.institution_id)
        branch = [one.name for one in institution.branches if one.id == actor.branch_id]
        return " ".join([institution.short_name, *branch])


def role_text(roles: frozenset[Role]) -> str:
    """The roles as people call them, in their order."""
    return "、".join(ROLE_NAMES[role] for role in Role if role in roles)
