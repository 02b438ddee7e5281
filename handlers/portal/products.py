"""融资产品: the mart with its filters in the address, and everything about one product."""

from collections.abc import Mapping, Sequence
from enum import StrEnum
from typing import Annotated, Any

from pydantic import Field

from handlers.access import public
from handlers.api.products import MartFilters
from handlers.pages import PageHandler
from handlers.presenting import rate_text, wan_text
from handlers.regions import region_names
from handlers.widgets import ProductView
from server.core.paging import Page, PageRequest
from server.institutions.institution import KIND_NAMES, Institution, InstitutionNotFound
from server.institutions.region import serves
from server.products.bands import AMOUNT_NAMES, RATE_NAMES, TERM_NAMES
from server.products.mart import SORT_NAMES
from server.products.product import GUARANTEE_NAMES, GuaranteeMethod, Product

PAGE_SIZE = 12  # rows of one, two or three cards
TONES = 6
CHOICES: Mapping[str, tuple[str, Mapping[Any, str]]] = {
    "kind": ("机构类型", KIND_NAMES),
    "guarantee": ("担保方式", GUARANTEE_NAMES),
    "amount": ("融资金额", AMOUNT_NAMES),
    "term": ("融资期限", TERM_NAMES),
    "rate": ("年化利率", RATE_NAMES),
}
WORDS = ("q", "tag", "region_code", "institution_id")


class MartQuery(MartFilters):
    """The page's address. Numbers past the last page lead to it."""

    page: Annotated[int, Field(title="页码", ge=1, le=1000)] = 1


class ProductMart(PageHandler):
    """The list; htmx swaps the part with filters and cards, without it the page is loaded anew."""

    @public
    async def get(self) -> None:
        query, problems = self._query()
        page = await self._page(query)
        self.set_header("Vary", "HX-Request")
        await self.show(
            "portal/products/_cards.html" if self.is_partial else "portal/products/list.html",
            filters=await self._filters(),
            picked={name: [value] for name, value, _ in chosen(query)},
            chips=await self._chips(query),
            sorts=list(SORT_NAMES.items()),
            sort=query.sort,
            q=query.q,
            products=[card(product) for product in page.items],
            page=page,
            problems=problems,
        )

    def _query(self) -> tuple[MartQuery, Sequence[str]]:
        """What was asked without what can't be understood, and a sentence for each such thing."""
        return self.read_filters(MartQuery)

    async def _page(self, query: MartQuery) -> Page[Product]:
        mart = self.services.products.mart
        page = await mart(query.query(), PageRequest(size=PAGE_SIZE, number=query.page))
        if query.page <= page.last:
            return page
        return await mart(query.query(), PageRequest(size=PAGE_SIZE, number=page.last))

    async def _filters(self) -> list[tuple[str, str, list[tuple[StrEnum, str]], bool]]:
        kinds = await self.services.institutions.kinds()
        return [
            (label, name, [o for o in names.items() if name != "kind" or o[0] in kinds], False)
            for name, (label, names) in CHOICES.items()
        ]

    async def _chips(self, query: MartQuery) -> list[tuple[str, str, str]]:
        """What is chosen, each with a name that people know."""
        chips = chosen(query)
        if query.institution_id is not None:
            name = await self._institution_name(query.institution_id)
            chips = [(n, v, name if n == "institution_id" else label) for n, v, label in chips]
        return chips

    async def _institution_name(self, institution_id: str) -> str:
        try:
            return await self.services.institutions.name_of(institution_id)
        except InstitutionNotFound:
            return "未知机构"


class ProductPage(PageHandler):
    """One product, whole."""

    @public
    async def get(self, product_id: str) -> None:
        product = await self.services.products.get_published(product_id)
        institution = await self.services.institutions.get(product.institution_id)
        await self.show(
            "portal/products/detail.html",
            product=card(product),
            detail=product,
            facts=self._facts(product),
            branches=branches_of(institution, product),
        )

    def _facts(self, product: Product) -> list[tuple[str, str]]:
        platform = self.application.configuration.platform
        regions = region_names(
            product.region_codes,
            self.application.assets,
            {platform.region_code: platform.city},
        )
        return [
            ("贷款用途", product.purposes),
            ("担保方式", guarantees(product.guarantee_methods)),
            ("服务区域", "、".join(regions)),
            ("有效期至", product.until_on.isoformat() if product.until_on else "长期有效"),
        ]


def card(product: Product) -> ProductView:
    """The product as its card shows it."""
    return ProductView(
        id=product.id,
        name=product.name,
        institution=product.institution_short_name,
        kind=guarantees(product.guarantee_methods),
        rate=rate_text(product.rate_min_bp),
        cap=wan_text(product.amount_max_fen),
        term=str(product.term_max_months),
        href=f"/products/{product.id}",
        apply_href=f"/products/{product.id}/apply",
        tags=[("", tag) for tag in product.tags],
        tone=tone(product.institution_id),
    )


def tone(institution_id: str) -> int:
    """One of the deep tones, always the same for an institution."""
    return sum(institution_id.encode()) % TONES + 1


def guarantees(methods: Sequence[GuaranteeMethod]) -> str:
    """``信用、抵押``."""
    return "、".join(GUARANTEE_NAMES[method] for method in methods)


def branches_of(institution: Institution, product: Product) -> list[tuple[str, str, str]]:
    """Name, address and phone of the branches that may take the product's applications."""
    return [
        (branch.name, branch.address, branch.phone)
        for branch in institution.branches
        if any(serves(branch.region_codes, code) for code in product.region_codes)
    ]


def chosen(query: MartQuery) -> list[tuple[str, str, str]]:
    """(name in the address, value, label) of every filter in force."""
    found = []
    for name, (_, names) in CHOICES.items():
        value = getattr(query, name)
        if value is not None:
            found.append((name, str(value), names[value]))
    found += [(name, value, value) for name in WORDS if (value := getattr(query, name))]
    return found
