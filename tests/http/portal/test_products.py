"""Home, the mart and a product's page as people meet them, without scripts."""

import re
from html import unescape

import pytest

from server.core.ids import new_id
from server.institutions.institution import InstitutionKind
from server.products.bands import WAN
from server.products.product import GuaranteeMethod
from tests.clients import Answer, PageClient, visible
from tests.marts import Mart, branch
from tests.people import get_code, new_phone
from tests.platforms import Running


@pytest.fixture
def mart(running: Running) -> Mart:
    services = running.platform.services
    return Mart(institutions=services.institutions, products=services.products, clock=running.clock)


def cards(page: Answer) -> list[str]:
    """The names on the cards, in order."""
    return re.findall(r'<article.*?<a href="/products/[0-9a-z]{26}">(.*?)</a>', page.text, re.S)


def link(page: Answer, label: str) -> str:
    """Where the first link with this label leads."""
    found = re.search(rf'<a href="([^"]*)"[^>]*>\s*{re.escape(label)}', page.text)
    assert found, f"no link {label}"
    return unescape(found[1])


async def go(browser: PageClient, address: str) -> Answer:
    page = await browser.get(f"/products{address}" if address.startswith("?") else address)
    assert page.status == 200, visible(page)
    return page


@pytest.mark.shows("F003")
async def test_the_home_page_works_for_a_stranger_on_an_empty_platform(running: Running) -> None:
    page = await running.browser().get("/")
    assert page.status == 200
    words = visible(page)
    assert "手机号登录" in words and "免费注册" in words
    assert "入驻机构 0 家" in words and "在架产品 0 款" in words
    assert "累计" not in words  # nothing is shown that isn't counted yet
    assert "产品正在准备中" in words


@pytest.mark.shows("F003")
async def test_the_home_page_counts_what_is_there_and_leads_to_products(
    running: Running, mart: Mart
) -> None:
    bank = await mart.settle("江岸银行", branch("甲支行"), branch("乙支行"))
    product = await mart.publish(bank, rate_min_bp=365)
    await mart.draft(bank)
    page = await running.browser().get("/")
    words = visible(page)
    assert "入驻机构 1 家" in words and "经办网点 2 个" in words
    assert "在架产品 1 款" in words and "最低参考年利率 3.65 % 起" in words
    assert cards(page) == [product.name]
    assert f'href="/products/{product.id}/apply"' in page.text
    assert f'href="/products?institution_id={bank.id}"' in page.text
    assert 'action="/products"' in page.text


@pytest.mark.shows("F003")
async def test_the_home_page_lets_a_known_visitor_go_on(running: Running) -> None:
    browser, phone = running.browser(), new_phone()
    code = await get_code(running, phone)
    ticks = {"accept_terms": "2026-11-01", "accept_privacy": "2026-11-01"}
    await browser.post("/register", {"phone": phone, "code": code, **ticks})
    words = visible(await browser.get("/"))
    assert f"{phone[:3]}****{phone[-4:]}" in words
    assert "去认证企业" in words and "手机号登录" not in words


@pytest.mark.shows("F081", "F092")
async def test_a_card_says_what_a_loan_costs_and_where_to_apply(
    running: Running, mart: Mart
) -> None:
    bank = await mart.settle("江岸银行")
    product = await mart.publish(bank, rate_min_bp=405)
    page = await running.browser().get("/products")
    words = visible(page)
    assert "参考年利率 4.05% 起" in words
    assert "最高额度 300 万元" in words and "最长期限 12 个月" in words
    assert "江岸银行 · 信用" in words
    assert f'href="/products/{product.id}/apply"' in page.text


@pytest.mark.shows("F092")
async def test_a_products_page_tells_all_about_it(running: Running, mart: Mart) -> None:
    near, far = branch("芙蓉支行", "430102"), branch("外地支行", "440100")
    bank = await mart.settle("江岸银行", near, far)
    both = (GuaranteeMethod.CREDIT, GuaranteeMethod.PLEDGE)
    product = await mart.publish(bank, guarantee_methods=both, region_codes=("430100", "430102"))
    page = await running.browser().get(f"/products/{product.id}")
    words = visible(page)
    for text in (
        product.name,
        product.summary,
        "江岸银行",
        bank.name,
        "参考年利率 4.00–6.00%",
        "融资额度 10–300 万元",
        "融资期限 3–12 个月",
        "担保方式 信用、质押",
        "贷款用途 日常经营周转",
        "服务区域 云桥市、芙蓉区",
        "有效期至 长期有效",
        "额度最高300万元",
        "线上申请",
        product.description,
        f"还款方式 {product.repayment}",
        f"提前还款 {product.prepayment}",
        *product.eligibility,
        *product.materials,
        "芙蓉支行",
        near.address,
        near.phone,
        f"发布于 {product.published_on}",
        "立即申请",
    ):
        assert text in words, text
    assert "外地支行" not in words
    assert f'href="/products/{product.id}/apply"' in page.text


async def test_a_product_off_the_shelf_has_no_page(running: Running, mart: Mart) -> None:
    bank = await mart.settle()
    draft = await mart.draft(bank)
    for product_id in (draft.id, new_id()):
        page = await running.browser().get(f"/products/{product_id}")
        assert page.status == 404
        assert "可能已经下架" in visible(page)


@pytest.mark.shows("F082", "F087", "F088")
async def test_filters_are_links_that_keep_what_was_chosen(running: Running, mart: Mart) -> None:
    bank = await mart.settle("江岸银行")
    lender = await mart.settle("麦穗小贷", kind=InstitutionKind.MICROLOAN)
    await mart.publish(bank, name="甲", amount_max_fen=100 * WAN, term_max_months=12)
    await mart.publish(bank, name="乙", amount_max_fen=101 * WAN, term_max_months=12)
    await mart.publish(lender, name="丙", amount_max_fen=100 * WAN, term_max_months=12)
    await mart.publish(bank, name="丁", amount_max_fen=100 * WAN, term_max_months=13)
    browser = running.browser()
    page = await go(browser, "/products?q=江岸")
    assert set(cards(page)) == {"甲", "乙", "丁"}
    page = await go(browser, link(page, "100万以内(含100万)"))
    assert set(cards(page)) == {"甲", "丁"}
    page = await go(browser, link(page, "12个月以内(含12个月)"))
    assert cards(page) == ["甲"]
    words = visible(page)
    assert "共 1 款产品" in words and "江岸" in words
    page = await go(browser, link(page, "利率低"))
    assert cards(page) == ["甲"]
    removed = re.search(r'href="([^"]*)"[^>]*aria-label="移除条件 江岸"', page.text)
    assert removed
    page = await go(browser, unescape(removed[1]))
    assert set(cards(page)) == {"甲", "丙"}


async def test_only_kinds_that_are_there_can_be_chosen(running: Running, mart: Mart) -> None:
    await mart.publish(await mart.settle("江岸银行"))
    words = visible(await running.browser().get("/products"))
    assert "银行" in words and "交易中心" not in words


async def test_an_institutions_own_products_are_named_after_it(
    running: Running, mart: Mart
) -> None:
    bank = await mart.settle("江岸银行")
    other = await mart.settle("北辰农商行")
    await mart.publish(bank, name="甲")
    await mart.publish(other, name="乙")
    page = await running.browser().get(f"/products?institution_id={bank.id}")
    assert cards(page) == ["甲"]
    assert 'aria-label="移除条件 江岸银行"' in page.text
    page = await running.browser().get(f"/products?institution_id={new_id()}")
    assert "未知机构" in visible(page)


@pytest.mark.shows("F091")
async def test_pages_follow_each_other_without_gap_or_repeat(running: Running, mart: Mart) -> None:
    bank = await mart.settle()
    for number in range(14):
        await mart.publish(bank, name=f"贷款{number}")
    browser = running.browser()
    first = await browser.get("/products?guarantee=credit&sort=newest")
    assert len(cards(first)) == 12 and "第 1/2 页" in visible(first)
    following = re.search(r'href="([^"]*)"[^>]*rel="next"', first.text)
    assert following
    second = await go(browser, unescape(following[1]))
    assert "guarantee=credit" in following[1] and "sort=newest" in following[1]
    assert len({*cards(first), *cards(second)}) == 14
    beyond = await browser.get("/products?guarantee=credit&sort=newest&page=1000")
    assert cards(beyond) == cards(second)


async def test_nothing_found_leaves_two_ways_on(running: Running, mart: Mart) -> None:
    await mart.publish(await mart.settle())
    page = await running.browser().get("/products?q=不存在的产品")
    assert page.status == 200
    assert "没有符合条件的产品" in visible(page)
    assert '<a class="btn btn-primary" href="/products">清空条件</a>' in page.text
    assert '<a class="btn rq-btn-line" href="/">回到首页</a>' in page.text


NOT_UNDERSTOOD = (
    "amount=bogus",
    "page=-1",
    "page=0",
    "page=99999999999999999999",
    "sort=popular",
    "region_code=x",
    "q=" + "x" * 10_000,
    "q=%ff",
    "kind=bank&kind=none",
)


async def test_what_is_not_understood_is_left_out_and_said(running: Running, mart: Mart) -> None:
    await mart.publish(await mart.settle(), name="甲")
    for query in NOT_UNDERSTOOD:
        page = await running.browser().get(f"/products?guarantee=credit&{query}&tag=%fe")
        assert page.status == 200, query
        assert cards(page) == ["甲"]
        assert "这些条件没有使用" in visible(page)
        cheapest = link(page, "利率低")
        assert sorted(cheapest[1:].split("&")) == ["guarantee=credit", "sort=rate"]


async def test_a_hostile_word_is_only_a_word(running: Running, mart: Mart) -> None:
    await mart.publish(await mart.settle())
    for query in ("q=(.*)+$[", "q=%00", "tag=$where", "utm_source=x", "q=<b>x"):
        page = await running.browser().get(f"/products?{query}")
        assert page.status == 200, query
        assert "<b>x" not in page.text


async def test_htmx_gets_the_list_alone(running: Running, mart: Mart) -> None:
    await mart.publish(await mart.settle(), name="甲")
    browser = running.browser()
    part = await browser.get("/products?sort=rate", headers={"HX-Request": "true"})
    assert part.text.lstrip().startswith('<section id="products"')
    assert "<html" not in part.text and cards(part) == ["甲"]
    assert "HX-Request" in part.headers["Vary"]
    restored = {"HX-Request": "true", "HX-History-Restore-Request": "true"}
    assert "<html" in (await browser.get("/products", headers=restored)).text
