"""账号与岗位: an administrator opens accounts for staff and switches them off and on."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, Literal

from pydantic import AfterValidator, Field

from handlers.access import staff
from handlers.console.base import ConsolePage
from handlers.forms import Form, Phone, wrong
from handlers.once import once
from handlers.pages import PagedForm
from server.accounts.account import Account, AccountKind, AccountState
from server.accounts.service import NewStaff
from server.core.actor import NotYours, Permission, Role
from server.core.errors import Conflict, FieldsInvalid, Refusal
from server.core.paging import PageRequest, mapped
from server.institutions.institution import Institution
from server.reports.desks import ROLE_NAMES, role_text

LIST = "/console/staff"
PLATFORM = "平台"
_LOGIN_CHARACTERS = frozenset("abcdefghijklmnopqrstuvwxyz0123456789._-")


class OwnAccount(Conflict):
    """An administrator can't lock himself out."""

    code = "staff.own_account"
    sentence = "不能停用自己的账号，请由另一位管理员操作。"


def _login(text: str) -> str:
    name = text.lower()
    if not (3 <= len(name) <= 32 and _LOGIN_CHARACTERS.issuperset(name)):
        raise wrong("登录名为 3 到 32 位小写字母、数字、点、下划线或短横线")
    return name


class NewStaffForm(Form):
    """``workplace``: institution and branch as ``id:id``, ``id:`` for all branches, '' the platform."""

    login: Annotated[str, Field(title="登录名", max_length=64), AfterValidator(_login)]
    name: Annotated[str, Field(title="姓名", max_length=30)]
    phone: Phone
    roles: Annotated[tuple[Role, ...], Field(title="岗位", max_length=3)]
    workplace: Annotated[
        str, Field(title="所属机构", pattern=r"^([0-9a-z]{26}:([0-9a-z]{26})?)?$")
    ] = ""
    password: Annotated[str, Field(title="初始密码", max_length=64)]

    @property
    def place(self) -> tuple[str | None, str | None]:
        """Institution and branch."""
        institution_id, _, branch_id = self.workplace.partition(":")
        return institution_id or None, branch_id or None

    def must_fit_together(self) -> None:
        """Officers belong to an institution, everybody else to the platform, and nobody to both."""
        is_officer, is_placed = Role.OFFICER in self.roles, bool(self.workplace)
        if is_officer and len(set(self.roles)) > 1:
            raise FieldsInvalid({"roles": "客户经理属于金融机构，不能兼任平台岗位"})
        if is_officer and not is_placed:
            raise FieldsInvalid({"workplace": "请选择客户经理所在的机构或网点"})
        if not is_officer and is_placed:
            raise FieldsInvalid({"workplace": "审核员和管理员属于平台，请选择“平台”"})


class StaffStateForm(Form):
    """What the account shall be."""

    state: Annotated[Literal["active", "disabled"], Field(title="状态")]


@dataclass(frozen=True, slots=True, kw_only=True)
class StaffRow:
    """One line of the list."""

    id: str
    name: str
    login: str
    phone: str
    roles: str
    place: str
    is_active: bool
    is_me: bool


class StaffList(ConsolePage):
    """Everybody who can log in here, newest first."""

    @staff(Permission.STAFF_MANAGE)
    async def get(self) -> None:
        query, _ = self.read_filters(PagedForm)
        page = await self.services.accounts.staff(PageRequest(size=20, number=max(1, query.page)))
        places = await places_of(self, page.items)
        await self.show(
            "console/staff/list.html",
            page=mapped(page, lambda one: _row(one, places[one.id], self.actor.account_id)),
        )


class NewStaffMember(ConsolePage):
    """Open an account."""

    @staff(Permission.STAFF_MANAGE)
    async def get(self) -> None:
        await self._show()

    @staff(Permission.STAFF_MANAGE)
    @once
    async def post(self) -> None:
        async with self.keeping(self._show):
            form = self.read(NewStaffForm)
            form.must_fit_together()
            await _must_be_a_place(self, form)
            institution_id, branch_id = form.place
            new = NewStaff(
                **form.model_dump(include={"login", "password", "name", "phone"}),
                roles=frozenset(form.roles),
                institution_id=institution_id,
                branch_id=branch_id,
            )
            await self.services.accounts.add_staff(
                new, account_id=self.created_id, actor=self.actor
            )
            self.done("staff_added", LIST)

    async def _show(self, refusal: Refusal | None = None) -> None:
        institutions = await self.services.institutions.active()
        await self.show(
            "console/staff/new.html",
            refusal,
            roles=[(role.value, name) for role, name in ROLE_NAMES.items()],
            workplaces=_workplaces(institutions),
        )


class StaffState(ConsolePage):
    """Off at once, log-ins included, or on again."""

    @staff(Permission.STAFF_MANAGE)
    @once
    async def post(self, account_id: str) -> None:
        state = AccountState(self.read(StaffStateForm).state)
        account = await self.services.accounts.get(account_id)
        if account.kind is not AccountKind.STAFF:
            raise NotYours()
        if account_id == self.actor.account_id:
            raise OwnAccount()
        await self.services.accounts.set_staff_state(account_id, state, actor=self.actor)
        await self.services.sessions.revoke_all(account_id)
        self.done(f"staff_{state}", LIST)


async def places_of(page: ConsolePage, accounts: Sequence[Account]) -> dict[str, str]:
    """By account, the institution and branch as people call them."""
    ids = {one.institution_id for one in accounts if one.institution_id is not None}
    found = {each: await page.services.institutions.get(each) for each in ids}
    return {one.id: _place(found.get(one.institution_id or ""), one.branch_id) for one in accounts}


def _place(institution: Institution | None, branch_id: str | None) -> str:
    if institution is None:
        return PLATFORM
    branches = [branch.name for branch in institution.branches if branch.id == branch_id]
    return f"{institution.short_name} · {branches[0] if branches else '全部网点'}"


def _workplaces(institutions: Sequence[Institution]) -> list[tuple[str, str]]:
    places: list[tuple[str, str]] = []
    for one in institutions:
        places.append((f"{one.id}:", f"{one.short_name} · 全部网点"))
        places += [(f"{one.id}:{b.id}", f"{one.short_name} · {b.name}") for b in one.branches]
    return places


async def _must_be_a_place(page: ConsolePage, form: NewStaffForm) -> None:
    offered = {value for value, _ in _workplaces(await page.services.institutions.active())}
    if form.workplace and form.workplace not in offered:
        raise FieldsInvalid({"workplace": "请选择所属机构"})


def _row(account: Account, place: str, me: str) -> StaffRow:
    return StaffRow(
        id=account.id,
        name=account.name or "—",
        login=account.login or "—",
        phone=account.phone,
        roles=role_text(account.roles),
        place=place,
        is_active=account.state is AccountState.ACTIVE,
        is_me=account.id == me,
    )
