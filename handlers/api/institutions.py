"""The branches of an institution, for whoever chooses where to apply."""

from pydantic import BaseModel

from handlers.access import public
from handlers.api.base import ApiHandler
from handlers.api.products import RegionCode
from handlers.forms import Form


class BranchesQuery(Form):
    """``region_code``: only those that serve it."""

    region_code: RegionCode | None = None


class BranchAnswer(BaseModel):
    """A branch; ``region_codes`` are what it serves."""

    branch_id: str
    name: str
    address: str
    phone: str
    region_codes: list[str]


class BranchesAnswer(BaseModel):
    """All of them: there are no pages."""

    items: list[BranchAnswer]


class BranchCollection(ApiHandler):
    @public
    async def get(self, institution_id: str) -> None:
        query = self.read_query(BranchesQuery)
        branches = await self.services.institutions.branches_for(institution_id, query.region_code)
        items = [
            BranchAnswer(
                branch_id=branch.id,
                name=branch.name,
                address=branch.address,
                phone=branch.phone,
                region_codes=list(branch.region_codes),
            )
            for branch in branches
        ]
        self.reply(BranchesAnswer(items=items))
