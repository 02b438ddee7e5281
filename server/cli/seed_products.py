"""Sample products, each published on its own day."""

from datetime import date

from server.cli.seed import Part, Samples, Soil
from server.cli.seed_institutions import institution_id
from server.core.ids import derived_id
from server.products.product import (
    GuaranteeMethod,
    ProductContent,
    ProductNotFound,
    ProductState,
)


class _Product(Part):
    institution: str
    name: str
    summary: str
    rate_min_bp: int
    rate_max_bp: int
    amount_min_fen: int
    amount_max_fen: int
    term_min_months: int
    term_max_months: int
    guarantee_methods: tuple[GuaranteeMethod, ...]
    region_codes: tuple[str, ...]
    tags: tuple[str, ...]
    purposes: str
    features: str
    description: str
    repayment: str
    prepayment: str
    eligibility: tuple[str, ...]
    materials: tuple[str, ...]
    published_on: date


class _World(Part):
    products: tuple[_Product, ...] = ()


def product_id(institution: str, name: str) -> str:
    """The id of the world's product, by its institution's key and its name."""
    return derived_id("product", institution, name)


async def _sow(soil: Soil) -> int:
    new = 0
    for row in _World.model_validate(soil.world).products:
        with soil.clock.on(row.published_on):
            new += await _publish(soil, row)
    return new


async def _publish(soil: Soil, row: _Product) -> bool:
    products, key = soil.services.products, product_id(row.institution, row.name)
    try:
        product = await products.get(key)
    except ProductNotFound:
        content = ProductContent(**row.model_dump(exclude={"institution", "published_on"}))
        owner = institution_id(row.institution)
        product = await products.draft(content, product_id=key, institution_id=owner, actor=None)
    if product.state is not ProductState.DRAFT:
        return False
    await products.publish(key, actor=None)
    return True


PRODUCTS = Samples(name="products", sow=_sow)
