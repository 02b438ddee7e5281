from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any

import pytest

from server.core.errors import Refusal
from server.institutions.institution import Institution, InstitutionKind
from server.products.bands import WAN
from server.products.product import (
    MOVES,
    ContentMissing,
    GuaranteeMethod,
    PeriodOver,
    Product,
    ProductMoveRefused,
    ProductOnShelf,
    ProductState,
    RangeWrong,
    RateMissing,
)
from server.products.ranking import score
from server.products.terms import ProductTerms
from tests.marts import content

NOW = datetime(2026, 3, 2, 1, 0, tzinfo=UTC)
TODAY = date(2026, 3, 2)
BANK = Institution(
    id="0" * 26,
    name="云桥江岸银行股份有限公司",
    short_name="江岸银行",
    kind=InstitutionKind.BANK,
    region_codes=("430100",),
    created_at=NOW,
)


def draft(**changes: Any) -> Product:
    return Product.drafted(content(**changes), product_id="1" * 26, institution=BANK, at=NOW)


@pytest.mark.shows("F092")
@pytest.mark.parametrize("missing", ["rate_min_bp", "rate_max_bp"])
def test_a_product_without_its_annual_rate_is_not_published(missing: str) -> None:
    with pytest.raises(RateMissing):
        draft(**{missing: None}).published(today=TODAY)


@pytest.mark.parametrize(
    "changes",
    [
        {"rate_min_bp": 601},
        {"rate_min_bp": -1},
        {"amount_min_fen": 301 * WAN},
        {"amount_min_fen": 0},
        {"term_min_months": 13},
        {"term_min_months": 0},
    ],
)
def test_a_range_runs_from_its_lowest_to_its_highest(changes: dict[str, int]) -> None:
    with pytest.raises(RangeWrong) as refused:
        draft(**changes).published(today=TODAY)
    assert refused.value.field == next(iter(changes))


@pytest.mark.shows("F092")
@pytest.mark.parametrize(
    "field", ["summary", "features", "description", "repayment", "prepayment", "purposes"]
)
def test_what_the_detail_shows_must_be_written(field: str) -> None:
    with pytest.raises(ContentMissing) as refused:
        draft(**{field: ""}).published(today=TODAY)
    assert refused.value.field == field


@pytest.mark.parametrize("field", ["eligibility", "materials", "guarantee_methods", "region_codes"])
def test_what_the_detail_lists_must_not_be_empty(field: str) -> None:
    with pytest.raises(ContentMissing):
        draft(**{field: ()}).published(today=TODAY)


def test_a_product_past_its_last_day_is_not_published() -> None:
    with pytest.raises(PeriodOver):
        draft(until_on=date(2026, 3, 1)).published(today=TODAY)
    assert draft(until_on=TODAY).published(today=TODAY).is_offered_on(TODAY)


@pytest.mark.parametrize("state", ProductState)
def test_a_product_moves_along_the_table_only(state: ProductState) -> None:
    product = replace(draft(), state=state)
    deeds = {
        ProductState.PUBLISHED: lambda: product.published(today=TODAY),
        ProductState.OFF_SHELF: product.taken_off,
    }
    for wanted, deed in deeds.items():
        if wanted in MOVES[state]:
            assert deed().state is wanted and deed().version == product.version + 1
        else:
            with pytest.raises(ProductMoveRefused):
                deed()


def test_what_people_read_is_not_changed_under_their_eyes() -> None:
    shown = draft().published(today=TODAY)
    with pytest.raises(ProductOnShelf):
        shown.revised(content(rate_min_bp=1))
    revised = shown.taken_off().revised(content(rate_min_bp=1))
    assert revised.rate_min_bp == 1 and revised.version == shown.version + 2


def test_terms_survive_the_product_and_the_database() -> None:
    product = draft().published(today=TODAY)
    terms = product.terms
    product.taken_off().revised(content(rate_min_bp=1, name="别的名字"))
    assert ProductTerms.from_document(terms.to_document()) == terms
    assert (terms.rate_min_bp, terms.name, terms.version) == (400, "云帆经营贷", product.version)


def test_there_are_no_terms_without_a_rate() -> None:
    with pytest.raises(Refusal):
        assert draft(rate_max_bp=None).terms


def test_the_comprehensive_order_is_made_of_facts() -> None:
    plain = content(guarantee_methods=(GuaranteeMethod.PLEDGE,), amount_max_fen=100 * WAN)
    assert score(plain) == 1200 - (400 + 600) // 4
    assert score(replace(plain, rate_min_bp=500, rate_max_bp=700)) == score(plain) - 50
    assert score(replace(plain, amount_max_fen=1001 * WAN)) == score(plain) + 60
    assert score(replace(plain, term_max_months=61)) == score(plain) + 30
    assert score(replace(plain, guarantee_methods=(GuaranteeMethod.CREDIT,))) == score(plain) + 30
    assert score(replace(plain, rate_min_bp=2400, rate_max_bp=9000)) == 0
    assert score(replace(plain, name="另一个名字", tags=("推荐",), summary="最好")) == score(plain)
