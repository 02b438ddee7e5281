"""Finding products: filters, words, orders, pages."""

import asyncio
import itertools
from datetime import timedelta
from typing import Any

import pytest

from server.core.clock import shanghai_day
from server.core.paging import CursorBroken, PageRequest, encode_cursor
from server.institutions.institution import InstitutionKind, InstitutionState
from server.products.bands import WAN, AmountBand, RateBand, TermBand
from server.products.mart import MartQuery, MartSort
from server.products.product import GuaranteeMethod, ProductNotFound, ProductState
from tests.marts import Mart
from tests.platforms import MovableClock


async def _names(mart: Mart, request: PageRequest, **query: Any) -> list[str]:
    page = await mart.products.mart(MartQuery(**query), request)
    return [product.name for product in page.items]


async def _by_cursor(mart: Mart, size: int, **query: Any) -> list[str]:
    """The whole list, walked by cursor."""
    names: list[str] = []
    cursor: str | None = None
    while True:
        page = await mart.products.mart(MartQuery(**query), PageRequest(size=size, cursor=cursor))
        names += [product.name for product in page.items]
        if page.next_cursor is None:
            return names
        cursor = page.next_cursor


@pytest.mark.shows("F081")
async def test_only_what_is_published_is_listed(mart: Mart) -> None:
    bank = await mart.settle()
    draft = await mart.draft(bank, name="草稿")
    shown = await mart.publish(bank, name="在架")
    gone = await mart.publish(bank, name="下架")
    await mart.products.take_off_shelf(gone.id, actor=None)
    assert await mart.names() == ["在架"]
    assert await mart.products.count() == 1
    assert (await mart.products.get_published(shown.id)).id == shown.id
    for hidden in (draft, gone):
        with pytest.raises(ProductNotFound):
            await mart.products.get_published(hidden.id)


@pytest.mark.shows("F081")
async def test_a_product_is_listed_until_its_last_day_in_china_is_over(
    mart: Mart, clock: MovableClock
) -> None:
    today = shanghai_day(clock())
    bank = await mart.settle()
    product = await mart.publish(bank, until_on=today + timedelta(days=2))
    clock.advance(days=2)
    assert await mart.names() == [product.name]
    clock.advance(days=1)
    assert await mart.names() == []
    assert await mart.products.count() == 0
    with pytest.raises(ProductNotFound):
        await mart.products.get_published(product.id)


async def test_what_is_past_its_last_day_is_taken_off_the_shelf(
    mart: Mart, clock: MovableClock
) -> None:
    bank = await mart.settle()
    ends = await mart.publish(bank, name="到期", until_on=shanghai_day(clock()))
    stays = await mart.publish(bank, name="长期")
    assert await mart.products.retire_expired() == 0
    clock.advance(days=1)
    assert await mart.products.retire_expired() == 1
    assert (await mart.products.get(ends.id)).state is ProductState.OFF_SHELF
    assert (await mart.products.get(stays.id)).state is ProductState.PUBLISHED
    assert await mart.products.retire_expired() == 0


@pytest.mark.shows("F081")
async def test_products_of_a_suspended_institution_are_not_listed(mart: Mart) -> None:
    bank, other = await mart.settle(), await mart.settle("北辰农商行")
    product = await mart.publish(bank, name="江岸贷")
    await mart.publish(other, name="北辰贷")
    for state, names in (
        (InstitutionState.SUSPENDED, {"北辰贷"}),
        (InstitutionState.ACTIVE, {"北辰贷", "江岸贷"}),
    ):
        await mart.institutions.move(bank.id, state, actor=None)
        await mart.products.follow(bank.id)
        assert set(await mart.names()) == names
    await mart.institutions.move(bank.id, InstitutionState.SUSPENDED, actor=None)
    with pytest.raises(ProductNotFound):  # at once, before the list follows
        await mart.products.get_published(product.id)


@pytest.mark.shows("F082")
@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("科创", {"江岸科创信用贷", "北辰科创贷"}),
        ("创信用", {"江岸科创信用贷"}),
        ("贷", {"江岸科创信用贷", "北辰科创贷", "北辰ETC卡贷"}),
        ("江岸", {"江岸科创信用贷"}),
        ("北辰农商", {"北辰科创贷", "北辰ETC卡贷"}),  # the institution's short name
        ("商行股份", {"北辰科创贷", "北辰ETC卡贷"}),  # its registered name
        ("科创 北辰", {"北辰科创贷"}),
        ("ｅｔｃ", {"北辰ETC卡贷"}),
        ("信科", set()),  # both characters, but not side by side
        ("创贷科", set()),
        ("不存在的词", set()),
    ],
)
async def test_a_word_finds_products_by_a_part_of_their_name_or_their_banks(
    mart: Mart, text: str, found: set[str]
) -> None:
    bank, other = await mart.settle("江岸银行"), await mart.settle("北辰农商行")
    await mart.publish(bank, name="江岸科创信用贷")
    await mart.publish(other, name="北辰科创贷")
    await mart.publish(other, name="北辰ETC卡贷")
    assert set(await mart.names(text=text)) == found


@pytest.mark.parametrize(
    "text",
    [".*", "(", "[", "\\", "$where", "{$gt:''}", "a" * 60, "\x00", "贷|用", "^贷", "%00", "*"],
)
async def test_signs_of_other_languages_are_only_signs(mart: Mart, text: str) -> None:
    bank = await mart.settle()
    await mart.publish(bank, name="云帆贷")
    found = await mart.names(text=text)
    assert found == (["云帆贷"] if text == "\x00" else [])


async def test_a_sign_in_a_name_is_found(mart: Mart) -> None:
    bank = await mart.settle()
    await mart.publish(bank, name="税e贷(2.0)*")
    assert await mart.names(text="(2.0)*") == ["税e贷(2.0)*"]


@pytest.mark.shows("F087")
@pytest.mark.parametrize(
    ("band", "wan"),
    [
        (AmountBand.UP_TO_100, ["50", "100"]),
        (AmountBand.UP_TO_500, ["101", "500"]),
        (AmountBand.UP_TO_1000, ["501", "1000"]),
        (AmountBand.ABOVE_1000, ["1001", "5000"]),
    ],
)
async def test_an_amount_stands_in_one_band_its_upper_bound_included(
    mart: Mart, band: AmountBand, wan: list[str]
) -> None:
    bank = await mart.settle()
    for amount in (50, 100, 101, 500, 501, 1000, 1001, 5000):
        await mart.publish(bank, name=str(amount), amount_max_fen=amount * WAN)
    assert await mart.names(amount=band, sort=MartSort.AMOUNT) == wan[::-1]


@pytest.mark.shows("F088")
@pytest.mark.parametrize(
    ("band", "months"),
    [
        (TermBand.UP_TO_12, {"6", "12"}),
        (TermBand.UP_TO_24, {"13", "24"}),
        (TermBand.UP_TO_60, {"25", "60"}),
        (TermBand.ABOVE_60, {"61", "120"}),
    ],
)
async def test_a_term_stands_in_one_band_its_upper_bound_included(
    mart: Mart, band: TermBand, months: set[str]
) -> None:
    bank = await mart.settle()
    for term in (6, 12, 13, 24, 25, 60, 61, 120):
        await mart.publish(bank, name=str(term), term_max_months=term)
    assert set(await mart.names(term=band)) == months


async def test_every_filter_narrows(mart: Mart) -> None:
    bank = await mart.settle("江岸银行")
    lender = await mart.settle("麦穗小贷", kind=InstitutionKind.MICROLOAN)
    await mart.publish(bank, name="甲", tags=("科创",), region_codes=("430102",), rate_min_bp=401)
    both = (GuaranteeMethod.PLEDGE, GuaranteeMethod.CREDIT)
    await mart.publish(lender, name="乙", guarantee_methods=both, region_codes=("430104",))
    for query, names in (
        ({"kind": InstitutionKind.BANK}, {"甲"}),
        ({"kind": InstitutionKind.FUND}, set()),
        ({"guarantee": GuaranteeMethod.CREDIT}, {"甲", "乙"}),
        ({"guarantee": GuaranteeMethod.PLEDGE}, {"乙"}),
        ({"guarantee": GuaranteeMethod.PLEDGE, "kind": InstitutionKind.BANK}, set()),
        ({"tag": "科创"}, {"甲"}),
        ({"rate": RateBand.UP_TO_4}, {"乙"}),
        ({"rate": RateBand.UP_TO_6}, {"甲"}),
        ({"institution_id": lender.id}, {"乙"}),
        ({"region_code": "430102"}, {"甲"}),
        ({"region_code": "430100"}, {"甲", "乙"}),
        ({"region_code": "430000"}, {"甲", "乙"}),
        ({"region_code": "430103"}, set()),
        ({"text": "小贷", "tag": "科创"}, set()),
    ):
        assert set(await mart.names(**query)) == names, query


async def _publish_many(mart: Mart, clock: MovableClock) -> None:
    bank = await mart.settle()
    for number, (rate, amount) in enumerate(itertools.product((300, 400, 400), (100, 200, 200))):
        clock.advance(days=number % 3)
        await mart.publish(
            bank,
            name=f"产品{number}",
            rate_min_bp=rate,
            amount_max_fen=amount * WAN,
        )


@pytest.mark.shows("F091")
@pytest.mark.parametrize("sort", MartSort)
async def test_every_order_is_stable_over_pages_and_cursors(
    mart: Mart, clock: MovableClock, sort: MartSort
) -> None:
    await _publish_many(mart, clock)
    whole = await mart.names(sort=sort)
    assert len(set(whole)) == 9
    assert await mart.names(sort=sort) == whole
    by_number = [
        await _names(mart, PageRequest(size=2, number=number), sort=sort) for number in range(1, 6)
    ]
    assert list(itertools.chain(*by_number)) == whole
    assert await _by_cursor(mart, 2, sort=sort) == whole
    assert await _by_cursor(mart, 4, sort=sort, guarantee=GuaranteeMethod.CREDIT) == whole


@pytest.mark.shows("F091")
async def test_orders_are_what_they_are_called(mart: Mart, clock: MovableClock) -> None:
    await _publish_many(mart, clock)
    page = PageRequest(size=50)
    by_rate = (await mart.products.mart(MartQuery(sort=MartSort.RATE), page)).items
    rates = [product.rate_min_bp or 0 for product in by_rate]
    assert rates == sorted(rates)
    by_amount = (await mart.products.mart(MartQuery(sort=MartSort.AMOUNT), page)).items
    amounts = [product.amount_max_fen for product in by_amount]
    assert amounts == sorted(amounts, reverse=True)
    newest = (await mart.products.mart(MartQuery(sort=MartSort.NEWEST), page)).items
    days = [str(product.published_on) for product in newest]
    assert days == sorted(days, reverse=True)
    assert await mart.products.lowest_rate_bp() == 300


@pytest.mark.parametrize(
    "cursor",
    [
        "!!!",
        "贷",
        "AAAA",
        encode_cursor("score", "1"),
        encode_cursor("score", "x", "0" * 26),
        encode_cursor("score", "9" * 40, "0" * 26),
        encode_cursor("rate_min_bp", "1", "0" * 26),  # of another order
        encode_cursor("$where", "1", "0" * 26),
    ],
)
async def test_a_cursor_that_is_not_of_this_list_is_refused(mart: Mart, cursor: str) -> None:
    with pytest.raises(CursorBroken):
        await mart.products.mart(MartQuery(), PageRequest(size=2, cursor=cursor))


async def test_a_draft_is_made_once(mart: Mart) -> None:
    bank = await mart.settle()
    product = await mart.draft(bank)
    again = await mart.products.draft(
        product, product_id=product.id, institution_id=bank.id, actor=None
    )
    assert again == product


async def test_of_two_writers_one_is_told(mart: Mart) -> None:
    bank = await mart.settle()
    product = await mart.draft(bank)
    results = await asyncio.gather(
        *(mart.products.revise(product.id, product, version=1, actor=None) for _ in range(2)),
        return_exceptions=True,
    )
    assert sum(isinstance(one, Exception) for one in results) == 1
    assert (await mart.products.get(product.id)).version == 2
