"""Sample members of staff: reviewers, officers of branches, an administrator."""

from server.accounts.account import AccountNotFound
from server.accounts.service import NewStaff
from server.cli.seed import Part, Samples, Soil
from server.cli.seed_institutions import branch_id, institution_id
from server.core.actor import Role
from server.core.ids import derived_id


class _Member(Part):
    login: str
    password: str
    name: str
    phone: str
    roles: frozenset[Role]
    institution: str | None = None
    branch: str | None = None


class _World(Part):
    staff: tuple[_Member, ...] = ()


def staff_id(login: str) -> str:
    """The account of the world's member of staff."""
    return derived_id("staff", login)


async def _sow(soil: Soil) -> int:
    return sum([await _employ(soil, row) for row in _World.model_validate(soil.world).staff])


async def _employ(soil: Soil, row: _Member) -> bool:
    accounts, key = soil.services.accounts, staff_id(row.login)
    try:
        await accounts.get(key)
        return False
    except AccountNotFound:
        pass
    new = NewStaff(
        login=row.login,
        password=row.password,
        name=row.name,
        phone=row.phone,
        roles=row.roles,
        institution_id=institution_id(row.institution) if row.institution else None,
        branch_id=branch_id(row.branch) if row.branch else None,
    )
    await accounts.add_staff(new, account_id=key, actor=None)
    return True


STAFF = Samples(name="staff", sow=_sow)
