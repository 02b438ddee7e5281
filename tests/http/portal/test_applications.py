"""Applying and following a case as people do it, without scripts."""

import asyncio
import re
from typing import Any

import pytest

from handlers.portal.application_form import ORDER
from server.consents.consent import TITLES, ConsentKind
from tests.borrowing import (
    VERSION,
    Counter,
    apply,
    branch,
    browser_of,
    case,
    certified,
    counter,
    enterprise,
)
from tests.clients import Answer, PageClient, visible
from tests.people import register
from tests.platforms import Running

BOSS = enterprise(0).legal_rep


def typed(at: Counter, **changes: Any) -> dict[str, Any]:
    """What somebody types into the form."""
    return {
        "branch_id": at.branch.id,
        "purpose": "purchase",
        "amount_wan": "150.5",
        "term_months": "12",
        "rate_percent": "4.5",
        "annual_revenue_wan": "2,000",
        "total_loans_wan": "0",
        "is_enforced": "no",
        "was_overdue": "yes",
        "contact_name": "沈一舟",
        "contact_phone": "199 0000 9001",
        "note": "采购原材料",
        "accept_application": VERSION,
        **changes,
    }


async def fill_in(browser: PageClient, at: Counter, **changes: Any) -> Answer:
    return await browser.post(f"/products/{at.product.id}/apply", typed(at, **changes))


async def test_whoever_is_not_certified_is_shown_the_way(running: Running) -> None:
    at = await counter(running)
    browser = await browser_of(running, await register(running))
    page = await browser.get(f"/products/{at.product.id}/apply")
    assert page.status == 403
    assert 'href="/certification"' in page.text
    assert "请先完成企业认证" in visible(page)
    stranger = await running.browser().get(f"/products/{at.product.id}/apply")
    assert stranger.headers["Location"] == f"/login?next=/products/{at.product.id}/apply"


@pytest.mark.shows("F099")
async def test_the_form_knows_the_enterprise_and_shows_its_head_masked(running: Running) -> None:
    at = await counter(running)
    browser = await browser_of(running, await certified(running))
    page = await browser.get(f"/products/{at.product.id}/apply")
    words = visible(page)
    assert enterprise(0).name in words and enterprise(0).uscc in words
    assert BOSS.id_number not in page.text
    assert f"{BOSS.id_number[:6]}********{BOSS.id_number[-4:]}" in words
    assert "10—300 万元" in words and "3—12 个月" in words and "4.00%—6.00%" in words
    starred = re.findall(
        r'is-required[^>]*><(?:label for|span class="rq-label" id)="(\w+)', page.text
    )
    assert {name.removesuffix("-label") for name in starred} | {"accept_application"} == set(
        typed(at)
    ) - {"note"}


@pytest.mark.shows("F098")
async def test_only_branches_that_serve_the_region_are_offered_and_a_single_one_is_chosen(
    running: Running,
) -> None:
    near, far = branch("麓谷支行", "430111"), branch("望江支行", "430104")
    at = await counter(running, near, far)
    browser = await browser_of(running, await certified(running, enterprise(0)))
    page = await browser.get(f"/products/{at.product.id}/apply")
    assert f'<option value="{near.id}" selected>' in page.text
    assert far.id not in page.text
    nowhere = await counter(running, branch("望江二支行", "430104"), name="溪山银行")
    page = await browser.get(f"/products/{nowhere.product.id}/apply")
    assert "暂时没有网点受理您所在地区的申请" in visible(page)


@pytest.mark.shows("F108", "F113")
async def test_handing_it_in_leads_to_the_case_with_its_number_and_the_time_of_the_answer(
    running: Running,
) -> None:
    at, api = await counter(running), await certified(running)
    browser = await browser_of(running, api)
    answer = await fill_in(browser, at)
    assert answer.status == 303, visible(answer)
    page = await browser.follow(answer)
    words = visible(page)
    case_no = (await api.get("/applications")).json["items"][0]["case_no"]
    assert f"申请已提交，案号 {case_no}" in words
    assert re.search(r"预计 \d{4}-\d\d-\d\d 17:30 前答复", words)
    assert "150.5 万元" in words and "我方 · 提交申请" in words
    assert "19900009001" not in page.text and "沈一舟" not in page.text
    listed = await browser.get("/applications")
    assert case_no in visible(listed) and "待受理" in visible(listed)


@pytest.mark.shows("F101")
async def test_a_refused_form_keeps_everything_and_says_what_is_wrong(running: Running) -> None:
    at = await counter(running)
    browser = await browser_of(running, await certified(running))
    wrong = {"amount_wan": "300.000001", "rate_percent": "6.01", "contact_name": "欧阳静·阿依"}
    page = await fill_in(browser, at, **wrong)
    assert page.status == 422
    words = visible(page)
    assert "这款产品的融资金额为 10—300 万元" in words and "年化利率为 4%—6%" in words
    for value in ("300.000001", "6.01", "欧阳静·阿依", "199 0000 9001", "2,000"):
        assert f'value="{value}"' in page.text, value
    assert '<option value="purchase" selected>' in page.text
    assert re.search(r'name="was_overdue" value="yes" checked', page.text)
    assert re.search(r'name="accept_application" value="\S+" checked', page.text)
    assert 'href="#amount_wan"' in page.text and ">采购原材料<" in page.text
    assert await running.database["applications"].count_documents({}) == 0


@pytest.mark.shows("F101")
@pytest.mark.parametrize(
    ("written", "fen"),
    [("10", 10_000_000), ("３００", 300_000_000), ("150.000001", 150_000_001), ("1e2", None),
     ("-20", None), ("150万", None), ("10.0000001", None), ("9.999999", None)],
)  # fmt: skip
async def test_amounts_are_read_in_wan_to_the_last_fen(
    running: Running, written: str, fen: int | None
) -> None:
    at, api = await counter(running), await certified(running)
    browser = await browser_of(running, api)
    answer = await fill_in(browser, at, amount_wan=written)
    assert answer.status == (303 if fen else 422)
    items = (await api.get("/applications")).json["items"]
    assert [one["amount_fen"] for one in items] == ([fen] if fen else [])


@pytest.mark.shows("F099")
async def test_all_that_is_missing_is_said_at_once_in_the_order_of_the_form(
    running: Running,
) -> None:
    at = await counter(running)
    browser = await browser_of(running, await certified(running))
    page = await browser.post(f"/products/{at.product.id}/apply", {"note": "只写了这一句"})
    named = re.findall(r'href="#(\w+)"', page.text)
    assert page.status == 422
    assert named == ["main", *(name for name in ORDER if name != "note")]
    assert "请选择经办网点" in visible(page) and "请填写融资金额" in visible(page)
    assert "只写了这一句" in page.text


async def test_without_the_tick_nothing_is_handed_in(running: Running) -> None:
    at = await counter(running)
    browser = await browser_of(running, await certified(running))
    page = await fill_in(browser, at, accept_application="")
    assert page.status == 422
    assert f"请阅读并同意《{TITLES[ConsentKind.APPLICATION]}》" in visible(page)
    old = await fill_in(browser, at, accept_application="2020-01-01")
    assert old.status == 422 and 'id="accept_application-error"' in old.text
    assert await running.database["applications"].count_documents({}) == 0
    assert await running.database["consents"].count_documents({"kind": "application"}) == 0


@pytest.mark.shows("F173")
async def test_a_double_tap_is_one_case(running: Running) -> None:
    at, api = await counter(running), await certified(running)
    browser = await browser_of(running, api)
    path, form = f"/products/{at.product.id}/apply", typed(at)
    answers = await asyncio.gather(*(browser.post(path, form, key="two-taps") for _ in range(2)))
    again = await browser.post(path, form, key="two-taps")
    assert {answer.status for answer in answers} <= {303, 409}
    page = await browser.follow(again)
    assert (again.headers["Idempotent-Replay"], page.status) == ("true", 200)
    listed = visible(await browser.get("/applications"))
    assert len(re.findall(r"RQ\d{14}", listed)) == 1
    assert "共 1 条" in listed


async def test_a_second_application_to_the_same_product_leads_to_the_first(
    running: Running,
) -> None:
    one = await case(running)
    browser = await browser_of(running, one.applicant)
    led = await browser.get(f"/products/{one.at.product.id}/apply")
    assert (led.status, led.headers["Location"]) == (303, f"/applications/{one.id}?done=open")
    assert "已有一笔正在办理的申请" in visible(await browser.follow(led))
    refused = await fill_in(browser, one.at)
    assert refused.status == 409
    assert f'href="/applications/{one.id}"' in refused.text and 'value="150.5"' in refused.text
    assert await running.database["applications"].count_documents({}) == 1


@pytest.mark.shows("F113", "F114")
async def test_the_case_shows_credit_and_every_loan(running: Running) -> None:
    one = await (await case(running)).up_to("accept", "credit", "loans")
    await one.do("loans", contract_no="HT-2026-0002", amount_fen=1_050_000)
    page = visible(await (await browser_of(running, one.applicant)).get(f"/applications/{one.id}"))
    for words in ("授信记录", "100 万元", "HT-2026-0002", "1.05", "365 天", "4.35%", "58.95 万元"):
        assert words in page, words
    for line in ("我方 · 提交申请", "机构 · 受理", "机构 · 授信", "机构 · 放款"):
        assert line in page, line


async def test_a_case_that_was_referred_back_is_corrected_and_handed_in_again(
    running: Running,
) -> None:
    one = await case(running)
    browser = await browser_of(running, one.applicant)
    correct = f"/applications/{one.id}/correct"
    early = await browser.get(correct)
    assert (early.status, early.headers["Location"]) == (303, f"/applications/{one.id}")
    await one.up_to("refer-back")
    seen = await browser.get(f"/applications/{one.id}")
    assert "请补充近一年的纳税证明" in visible(seen) and f'href="{correct}"' in seen.text
    assert f'href="{correct}"' in (await browser.get("/applications?state=referred_back")).text
    form = await browser.get(correct)
    assert 'value="150"' in form.text and 'value="19900009001"' in form.text
    values = typed(one.at, amount_wan="120", note="补充了纳税证明")
    del values["branch_id"], values["accept_application"]
    refused = await browser.post(correct, {**values, "amount_wan": "301"})
    assert refused.status == 422 and 'value="301"' in refused.text
    assert (await one.now())["state"] == "referred_back"
    page = await browser.follow(await browser.post(correct, values))
    assert "已重新提交" in visible(page)
    now = await one.now()
    assert (now["state"], now["amount_fen"], now["note"]) == (
        "submitted",
        120_000_000,
        "补充了纳税证明",
    )


async def test_taking_it_back_and_being_too_late_for_it(running: Running) -> None:
    one = await case(running)
    browser = await browser_of(running, one.applicant)
    page = await browser.follow(await browser.post(f"/applications/{one.id}/withdraw"))
    assert "已撤回" in visible(page) and "撤回申请" not in visible(page).split("已撤回", 1)[0]
    late = await browser.post(f"/applications/{one.id}/withdraw")
    assert late.status == 409
    assert "申请当前是“已撤回”" in visible(late)
    assert len((await one.now())["steps"]) == 2


async def test_somebody_elses_pages_do_not_exist(running: Running) -> None:
    one = await case(running)
    stranger = await browser_of(running, await certified(running, enterprise(1)))
    for path in ("", "/correct"):
        assert (await stranger.get(f"/applications/{one.id}{path}")).status == 404
    for path in ("/withdraw", "/correct"):
        assert (await stranger.post(f"/applications/{one.id}{path}")).status == 404
    assert (await one.now())["state"] == "submitted"


@pytest.mark.shows("F109", "F110")
async def test_the_list_shows_all_columns_tabs_words_and_pages(running: Running) -> None:
    api = await certified(running)
    browser = await browser_of(running, api)
    empty = visible(await browser.get("/applications"))
    assert "还没有申请记录" in empty and "去找产品" in empty
    for number in range(11):
        at = await counter(running, name=f"第{number}银行", term_max_months=12)
        assert (await apply(api, at)).status == 201
        running.clock.advance(minutes=1)
    first = visible(await browser.get("/applications"))
    assert "共 11 条，第 1/2 页" in first
    assert first.index("第10银行") < first.index("第9银行") < first.index("第1银行")
    for word in (
        "序号",
        "申请金额",
        "期限",
        "用途",
        "授信",
        "放款",
        "申请时间",
        "融资状态",
        "操作",
    ):
        assert word in first, word
    for word in ("云帆经营贷", "银行", "150", "12 个月", "采购原材料", "待受理"):
        assert word in first, word
    last = visible(await browser.get("/applications?page=9"))
    assert "第0银行" in last and "第 2/2 页" in last
    found = visible(await browser.get("/applications?q=第7银"))
    assert "第7银行" in found and "共 1 条" in found
    assert "没有符合条件的申请" in visible(await browser.get("/applications?state=lent"))
