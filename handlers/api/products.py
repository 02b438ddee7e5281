"""The product mart over the API. Everybody may read it; lists go on by cursor only."""

from datetime import date
from typing import Annotated

from pydantic import BaseModel, Field

from handlers.access import public
from handlers.api.base import ApiHandler, page_request
from handlers.forms import Form, Id
from server.core.paging import COUNT_CAP
from server.institutions.institution import InstitutionKind
from server.products.bands import AmountBand, RateBand, TermBand
from server.products.mart import MartQuery, MartSort
from server.products.product import GuaranteeMethod, Product

RegionCode = Annotated[str, Field(title="地区代码", pattern=r"^[0-9]{6}$")]


class MartFilters(Form):
    """Each narrows the list. Bands: docs/products.md; ``q`` is part of a product's or institution's name."""

    q: Annotated[str, Field(title="关键词", max_length=60)] = ""
    kind: Annotated[InstitutionKind | None, Field(title="机构类型")] = None
    guarantee: Annotated[GuaranteeMethod | None, Field(title="担保方式")] = None
    amount: Annotated[AmountBand | None, Field(title="融资金额")] = None
    term: Annotated[TermBand | None, Field(title="融资期限")] = None
    rate: Annotated[RateBand | None, Field(title="年化利率")] = None
    region_code: RegionCode | None = None
    tag: Annotated[str | None, Field(title="标签", max_length=20)] = None
    institution_id: Annotated[Id | None, Field(title="机构")] = None
    sort: Annotated[MartSort, Field(title="排序")] = MartSort.COMPREHENSIVE

    def query(self) -> MartQuery:
        """What the mart is asked."""
        return MartQuery(
            text=self.q,
            kind=self.kind,
            guarantee=self.guarantee,
            amount=self.amount,
            term=self.term,
            rate=self.rate,
            region_code=self.region_code,
            tag=self.tag,
            institution_id=self.institution_id,
            sort=self.sort,
        )


class ProductsQuery(MartFilters):
    """``cursor`` is the last answer's ``next_cursor``, good for the same ``sort`` only."""

    size: Annotated[int, Field(title="每页条数", ge=1, le=50)] = 20
    cursor: Annotated[str, Field(title="翻页标记", max_length=200)] | None = None


class ProductAnswer(BaseModel):
    """A product in a list. Rates are annual, in 0.01 %; amounts in fen, terms in months."""

    product_id: str
    name: str
    summary: str
    institution_id: str
    institution_name: str
    institution_short_name: str
    institution_kind: InstitutionKind
    rate_min_bp: int
    rate_max_bp: int
    amount_min_fen: int
    amount_max_fen: int
    term_min_months: int
    term_max_months: int
    guarantee_methods: list[GuaranteeMethod]
    tags: list[str]
    published_on: date | None


class ProductsAnswer(BaseModel):
    """``total`` is counted up to 10,000; no ``next_cursor`` on the last part."""

    items: list[ProductAnswer]
    total: int
    total_is_capped: bool
    next_cursor: str | None


class ProductDetailAnswer(ProductAnswer):
    """All that is told about one product. ``until_on`` is its last day, null for none."""

    purposes: str
    features: str
    description: str
    repayment: str
    prepayment: str
    eligibility: list[str]
    materials: list[str]
    region_codes: list[str]
    until_on: date | None
    version: int


class ProductCollection(ApiHandler):
    @public
    async def get(self) -> None:
        query = self.read_query(ProductsQuery)
        page = await self.services.products.mart(
            query.query(), page_request(query.size, query.cursor)
        )
        self.reply(
            ProductsAnswer(
                items=[_answer(product) for product in page.items],
                total=min(page.total, COUNT_CAP),
                total_is_capped=page.is_capped,
                next_cursor=page.next_cursor,
            )
        )


class ProductItem(ApiHandler):
    @public
    async def get(self, product_id: str) -> None:
        product = await self.services.products.get_published(product_id)
        self.reply(
            ProductDetailAnswer(
                **_answer(product).model_dump(),
                purposes=product.purposes,
                features=product.features,
                description=product.description,
                repayment=product.repayment,
                prepayment=product.prepayment,
                eligibility=list(product.eligibility),
                materials=list(product.materials),
                region_codes=list(product.region_codes),
                until_on=product.until_on,
                version=product.version,
            )
        )


def _answer(product: Product) -> ProductAnswer:
    terms = product.terms
    return ProductAnswer(
        product_id=product.id,
        name=product.name,
        summary=product.summary,
        institution_id=product.institution_id,
        institution_name=product.institution_name,
        institution_short_name=product.institution_short_name,
        institution_kind=product.institution_kind,
        rate_min_bp=terms.rate_min_bp,
        rate_max_bp=terms.rate_max_bp,
        amount_min_fen=product.amount_min_fen,
        amount_max_fen=product.amount_max_fen,
        term_min_months=product.term_min_months,
        term_max_months=product.term_max_months,
        guarantee_methods=list(product.guarantee_methods),
        tags=list(product.tags),
        published_on=product.published_on,
    )
