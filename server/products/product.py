"""A financing product: what an institution offers, from draft to the shelf and off it again."""

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from datetime import date, datetime
from enum import StrEnum
from typing import Any

from server.core.errors import Conflict, Invalid, NotFound
from server.institutions.institution import Institution, InstitutionKind
from server.products.terms import ProductTerms


class GuaranteeMethod(StrEnum):
    """How a loan is secured."""

    CREDIT = "credit"
    MORTGAGE = "mortgage"
    PLEDGE = "pledge"
    GUARANTEE = "guarantee"


GUARANTEE_NAMES: Mapping[GuaranteeMethod, str] = {
    GuaranteeMethod.CREDIT: "信用",
    GuaranteeMethod.MORTGAGE: "抵押",
    GuaranteeMethod.PLEDGE: "质押",
    GuaranteeMethod.GUARANTEE: "保证",
}


class ProductState(StrEnum):
    """A draft is the institution's own; published is on the shelf for everybody."""

    DRAFT = "draft"
    PUBLISHED = "published"
    OFF_SHELF = "off_shelf"


MOVES: Mapping[ProductState, frozenset[ProductState]] = {
    ProductState.DRAFT: frozenset({ProductState.PUBLISHED}),
    ProductState.PUBLISHED: frozenset({ProductState.OFF_SHELF}),
    ProductState.OFF_SHELF: frozenset({ProductState.PUBLISHED}),
}


class ProductNotFound(NotFound):
    """No such product, or none that strangers may see."""

    code = "products.not_found"
    sentence = "没有找到这款产品，可能已经下架，请看看其他产品。"


class ProductMoveRefused(Conflict):
    """Not a move of the table."""

    code = "products.move_refused"
    sentence = "产品当前状态不能这样操作，请刷新后再试。"


class ProductOnShelf(Conflict):
    """What people are reading isn't changed under their eyes."""

    code = "products.on_shelf"
    sentence = "产品正在展示，请先下架再修改。"


class ProductChanged(Conflict):
    """Somebody else changed it since it was read."""

    code = "products.changed"
    sentence = "产品已被他人修改，请刷新后在最新内容上修改。"


class RateMissing(Invalid):
    """T22: no product is shown without its annual rate."""

    code = "products.rate_missing"
    sentence = "请填写年化利率，没有年化利率的产品不能上架。"


class RangeWrong(Invalid):
    """A lowest value above the highest, or below nothing."""

    code = "products.range_wrong"
    sentence = "{what}的最低值不能高于最高值，也不能为负数或零。"


class ContentMissing(Invalid):
    """Something that the detail page shows has not been written."""

    code = "products.content_missing"
    sentence = "请先补全产品资料，再申请上架。"


class PeriodOver(Invalid):
    """Its last day has passed."""

    code = "products.period_over"
    sentence = "产品的截止日期已过，请先更新截止日期。"


@dataclass(frozen=True, slots=True, kw_only=True)
class ProductContent:
    """What the institution writes. Rates are annual; None is not written yet.

    ``until_on`` is the last day on which it is offered, None: until taken off.
    """

    name: str
    summary: str
    rate_min_bp: int | None
    rate_max_bp: int | None
    amount_min_fen: int
    amount_max_fen: int
    term_min_months: int
    term_max_months: int
    guarantee_methods: tuple[GuaranteeMethod, ...]
    region_codes: tuple[str, ...]
    tags: tuple[str, ...] = ()
    purposes: str = ""
    features: str = ""
    description: str = ""
    repayment: str = ""
    prepayment: str = ""
    eligibility: tuple[str, ...] = ()
    materials: tuple[str, ...] = ()
    until_on: date | None = None

    def must_be_complete(self) -> None:
        """Refuse with RateMissing, RangeWrong or ContentMissing what can't be shown to people."""
        if self.rate_min_bp is None or self.rate_max_bp is None:
            raise RateMissing(field="rate_min_bp")
        if not 0 <= self.rate_min_bp <= self.rate_max_bp:
            raise RangeWrong(field="rate_min_bp", what="年化利率")
        if not 0 < self.amount_min_fen <= self.amount_max_fen:
            raise RangeWrong(field="amount_min_fen", what="融资金额")
        if not 0 < self.term_min_months <= self.term_max_months:
            raise RangeWrong(field="term_min_months", what="融资期限")
        for name in _SHOWN:
            if not getattr(self, name):
                raise ContentMissing(field=name)


_SHOWN = (
    "name",
    "summary",
    "guarantee_methods",
    "region_codes",
    "purposes",
    "features",
    "description",
    "repayment",
    "prepayment",
    "eligibility",
    "materials",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Product(ProductContent):
    """The content with its life. What it repeats of its institution is for searching and cards.

    ``version`` goes up with every change of content or state.
    """

    id: str
    institution_id: str
    institution_name: str
    institution_short_name: str
    institution_kind: InstitutionKind
    institution_active: bool
    created_at: datetime
    published_on: date | None = None
    state: ProductState = ProductState.DRAFT
    version: int = 1

    @classmethod
    def drafted(
        cls, content: ProductContent, *, product_id: str, institution: Institution, at: datetime
    ) -> "Product":
        """A draft of the institution's."""
        return cls(
            **_values(content),
            id=product_id,
            institution_id=institution.id,
            institution_name=institution.name,
            institution_short_name=institution.short_name,
            institution_kind=institution.kind,
            institution_active=institution.is_active,
            created_at=at,
        )

    @property
    def is_listed(self) -> bool:
        """Whether it is on the shelf, its last day aside."""
        return self.state is ProductState.PUBLISHED and self.institution_active

    def is_offered_on(self, day: date) -> bool:
        """Whether people may see it and apply for it that day."""
        return self.is_listed and (self.until_on is None or day <= self.until_on)

    @property
    def terms(self) -> ProductTerms:
        """The terms as they are now, for a case to keep. Raises RateMissing."""
        if self.rate_min_bp is None or self.rate_max_bp is None:
            raise RateMissing(field="rate_min_bp")
        return ProductTerms(
            product_id=self.id,
            version=self.version,
            name=self.name,
            institution_id=self.institution_id,
            institution_name=self.institution_name,
            institution_short_name=self.institution_short_name,
            rate_min_bp=self.rate_min_bp,
            rate_max_bp=self.rate_max_bp,
            amount_min_fen=self.amount_min_fen,
            amount_max_fen=self.amount_max_fen,
            term_min_months=self.term_min_months,
            term_max_months=self.term_max_months,
            guarantee_methods=tuple(method.value for method in self.guarantee_methods),
            repayment=self.repayment,
            prepayment=self.prepayment,
            materials=self.materials,
        )

    def published(self, *, today: date) -> "Product":
        """On the shelf from today. Raises ProductMoveRefused and what must_be_complete raises."""
        self.must_be_complete()
        if self.until_on is not None and self.until_on < today:
            raise PeriodOver(field="until_on")
        return replace(self._moved(ProductState.PUBLISHED), published_on=today)

    def taken_off(self) -> "Product":
        """Off the shelf. Raises ProductMoveRefused."""
        return self._moved(ProductState.OFF_SHELF)

    def revised(self, content: ProductContent) -> "Product":
        """With other content. Raises ProductOnShelf while people see it."""
        if self.state is ProductState.PUBLISHED:
            raise ProductOnShelf()
        return replace(self, **_values(content), version=self.version + 1)

    def following(self, institution: Institution) -> "Product":
        """The same with its institution's names and state of today; its terms don't change."""
        return replace(
            self,
            institution_name=institution.name,
            institution_short_name=institution.short_name,
            institution_kind=institution.kind,
            institution_active=institution.is_active,
        )

    def _moved(self, state: ProductState) -> "Product":
        if state not in MOVES[self.state]:
            raise ProductMoveRefused(state=self.state.value)
        return replace(self, state=state, version=self.version + 1)


def _values(content: ProductContent) -> dict[str, Any]:
    return {one.name: getattr(content, one.name) for one in fields(ProductContent)}
