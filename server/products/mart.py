"""What somebody asks of the mart: words, filters and an order."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from server.institutions.institution import InstitutionKind
from server.products.bands import AmountBand, RateBand, TermBand
from server.products.product import GuaranteeMethod


class MartSort(StrEnum):
    """Orders; each is stable, ties are broken by id."""

    COMPREHENSIVE = "comprehensive"
    RATE = "rate"
    AMOUNT = "amount"
    NEWEST = "newest"


SORT_NAMES: Mapping[MartSort, str] = {
    MartSort.COMPREHENSIVE: "综合",
    MartSort.RATE: "利率低",
    MartSort.AMOUNT: "额度高",
    MartSort.NEWEST: "最新发布",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class MartQuery:
    """Every filter narrows; ``text`` may match the product or its institution."""

    text: str = ""
    kind: InstitutionKind | None = None
    guarantee: GuaranteeMethod | None = None
    amount: AmountBand | None = None
    term: TermBand | None = None
    rate: RateBand | None = None
    region_code: str | None = None
    tag: str | None = None
    institution_id: str | None = None
    sort: MartSort = MartSort.COMPREHENSIVE
