"""Sample institutions with their branches, settled on the day of their first product."""

from datetime import date

from server.cli.seed import Part, Samples, Soil
from server.core.ids import derived_id
from server.institutions.institution import (
    Branch,
    Institution,
    InstitutionKind,
    InstitutionNotFound,
)


class _Branch(Part):
    key: str
    name: str
    region_codes: tuple[str, ...]
    address: str
    phone: str


class _Institution(Part):
    key: str
    name: str
    short_name: str
    kind: InstitutionKind
    region_codes: tuple[str, ...]
    branches: tuple[_Branch, ...]


class _FirstProduct(Part):
    institution: str
    published_on: date


class _World(Part):
    institutions: tuple[_Institution, ...] = ()
    products: tuple[_FirstProduct, ...] = ()


def institution_id(key: str) -> str:
    """The id of the world's institution."""
    return derived_id("institution", key)


def branch_id(key: str) -> str:
    """The id of the world's branch."""
    return derived_id("branch", key)


async def _sow(soil: Soil) -> int:
    world = _World.model_validate(soil.world)
    today = soil.clock().date()
    new = 0
    for row in world.institutions:
        days = [
            product.published_on for product in world.products if product.institution == row.key
        ]
        with soil.clock.on(min(days, default=today)):
            new += await _settle(soil, row)
    return new


async def _settle(soil: Soil, row: _Institution) -> bool:
    institutions = soil.services.institutions
    try:
        await institutions.get(institution_id(row.key))
        return False
    except InstitutionNotFound:
        pass
    branches = tuple(
        Branch(id=branch_id(branch.key), **branch.model_dump(exclude={"key"}))
        for branch in row.branches
    )
    institution = Institution(
        id=institution_id(row.key),
        branches=branches,
        created_at=soil.clock(),
        **row.model_dump(exclude={"key", "branches"}),
    )
    await institutions.add(institution, actor=None)
    return True


INSTITUTIONS = Samples(name="institutions", sow=_sow)
