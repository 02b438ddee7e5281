"""Arranging: members of staff in front of the console, logged in by its own door."""

from dataclasses import dataclass
from uuid import uuid4

from server.accounts.service import NewStaff
from server.core.actor import Role
from server.core.ids import new_id
from server.institutions.institution import Branch, Institution
from tests.clients import Answer, PageClient
from tests.people import new_phone
from tests.platforms import Running

PASSWORD = "Console-2026"


@dataclass(frozen=True, slots=True, kw_only=True)
class Member:
    """Somebody of the staff and his browser."""

    account_id: str
    login: str
    phone: str
    browser: PageClient


async def employ(
    running: Running,
    role: Role,
    institution: Institution | None = None,
    branch: Branch | None = None,
    name: str = "许知行",
) -> Member:
    """A new member of staff who has not logged in yet."""
    login, phone, account_id = f"staff-{uuid4().hex[:10]}", new_phone(), new_id()
    await running.platform.services.accounts.add_staff(
        NewStaff(
            login=login,
            password=PASSWORD,
            name=name,
            phone=phone,
            roles=frozenset({role}),
            institution_id=institution.id if institution else None,
            branch_id=branch.id if branch else None,
        ),
        account_id=account_id,
        actor=None,
    )
    return Member(account_id=account_id, login=login, phone=phone, browser=running.browser())


async def log_in(
    member: Member, *, password: str = PASSWORD, next: str = "", key: str | None = None
) -> Answer:
    """Through the form."""
    fields = {"login": member.login, "password": password, "next": next}
    return await member.browser.post("/console/login", fields, key=key)


async def at_work(
    running: Running,
    role: Role,
    institution: Institution | None = None,
    branch: Branch | None = None,
    name: str = "许知行",
) -> Member:
    """A new member of staff, logged in."""
    member = await employ(running, role, institution, branch, name)
    answer = await log_in(member)
    assert answer.status == 303, answer.text
    return member
