"""What a page of the mart costs the database does not grow with the mart."""

import random
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any

import pytest
import pytest_asyncio

from server.core.ids import derived_id
from server.institutions.institution import InstitutionKind
from server.products import repository
from server.products.bands import WAN, AmountBand, TermBand
from server.products.mart import MartQuery, MartSort
from server.products.product import GuaranteeMethod, Product, ProductState
from server.storage.mongo import Database
from tests.marts import content

PRODUCTS = 4000
ROWS = 12
TODAY = date(2026, 3, 2)
KINDS = list(InstitutionKind)[:5]
BASE = Product(
    **{name: getattr(content(), name) for name in content().__dataclass_fields__},
    id="",
    institution_id="1" * 26,
    institution_name="云桥江岸银行股份有限公司",
    institution_short_name="江岸银行",
    institution_kind=InstitutionKind.BANK,
    institution_active=True,
    created_at=datetime(2026, 3, 1, tzinfo=UTC),
    published_on=date(2026, 3, 1),
    state=ProductState.PUBLISHED,
)


def _product(number: int, chance: random.Random) -> Product:
    methods = chance.sample(list(GuaranteeMethod), chance.randint(1, 3))
    return replace(
        BASE,
        id=derived_id("product", str(number)),
        name=f"{chance.choice('青白赤玄黄')}{chance.choice('龙虎鹤鹿鹰')}{number}号贷",
        institution_kind=chance.choice(KINDS),
        guarantee_methods=tuple(methods),
        rate_min_bp=chance.randint(300, 600),
        rate_max_bp=chance.randint(600, 1500),
        amount_max_fen=chance.choice((50, 300, 800, 3000)) * WAN,
        term_max_months=chance.choice((6, 24, 36, 120)),
        tags=(f"标签{number % 200}",),
    )


@pytest_asyncio.fixture(scope="module")
async def stocked(database: Database) -> AsyncIterator[Database]:
    chance = random.Random(7)
    documents = [repository._to_document(_product(n, chance)) for n in range(PRODUCTS)]
    await database["products"].delete_many({})
    await database["products"].insert_many(documents)
    yield database
    await database["products"].delete_many({})


async def _explain(database: Database, query: MartQuery) -> dict[str, Any]:
    order = repository.ORDERS[query.sort]
    found = database["products"].find(repository._condition(query, TODAY))
    sorted_by = [(order.field, order.direction), ("_id", order.direction)]
    explained: dict[str, Any] = await found.sort(sorted_by).limit(ROWS).explain()
    return explained


CHOICES: list[dict[str, Any]] = [
    {},
    {"guarantee": GuaranteeMethod.CREDIT},
    {"kind": InstitutionKind.BANK, "amount": AmountBand.UP_TO_100},
    {"term": TermBand.ABOVE_60, "guarantee": GuaranteeMethod.PLEDGE},
    {"kind": InstitutionKind.FUND},  # there is none of it
]


@pytest.mark.parametrize("sort", MartSort)
@pytest.mark.parametrize("choice", CHOICES)
async def test_a_page_reads_only_the_rows_it_shows(
    stocked: Database, sort: MartSort, choice: dict[str, Any]
) -> None:
    explained = await _explain(stocked, MartQuery(sort=sort, **choice))
    cost = explained["executionStats"]
    assert cost["totalDocsExamined"] <= ROWS
    assert cost["totalKeysExamined"] <= ROWS + 2 * len(AmountBand) * len(TermBand)


@pytest.mark.parametrize("choice", [{"text": "3456号"}, {"text": "不存在"}, {"tag": "标签7"}])
async def test_what_is_rare_is_found_without_reading_the_rest(
    stocked: Database, choice: dict[str, Any]
) -> None:
    explained = await _explain(stocked, MartQuery(sort=MartSort.RATE, **choice))
    assert explained["executionStats"]["totalDocsExamined"] <= PRODUCTS // 20
