"""Cases in front of an officer: the queue, the forms in 万元 and %, and two officers at one case."""

import re
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import pytest

from server.core.actor import Role
from server.core.clock import shanghai_day
from tests.borrowing import Case, branch, case, counter
from tests.clients import Answer, PageClient, visible
from tests.http.console.desks import at_work
from tests.platforms import Running

CREDIT = {"credit_amount": "80.5", "credit_rate": "4.35%", "credit_term": "12"}


def version_on(page: Answer) -> str:
    """What the forms of the page carry."""
    found = re.search(r'name="version" value="(\d+)"', page.text)
    assert found, visible(page)[:500]
    return found[1]


async def do(
    browser: PageClient, case_id: str, deed: str, fields: Mapping[str, Any] | None = None
) -> Answer:
    """Open the case and post one of its forms."""
    address = f"/console/applications/{case_id}"
    page = await browser.get(address)
    seen = {} if deed == "loans" else {"version": version_on(page)}
    return await browser.post(f"{address}/{deed}", {**seen, **(fields or {})})


async def officer_of(one: Case) -> PageClient:
    """Another officer of the same branch, in front of a browser."""
    member = await at_work(one.running, Role.OFFICER, one.at.institution, one.at.branch)
    return member.browser


def loan(running: Running, **changes: str) -> dict[str, str]:
    today = shanghai_day(running.clock())
    fields = {
        "contract_no": "HT-2026-001",
        "loan_amount": "50",
        "loan_rate": "4.35",
        "lent_on": today.isoformat(),
        "due_on": (today + timedelta(days=180)).isoformat(),
    }
    return {**fields, **changes}


async def document(running: Running, case_id: str) -> dict[str, Any]:
    found = await running.database["applications"].find_one({"_id": case_id})
    assert found is not None
    return found


async def test_an_officer_finds_a_case_by_state_name_and_number(running: Running) -> None:
    one = await case(running)
    browser = await officer_of(one)
    page = await browser.get("/console/applications")
    number, name = one.first["case_no"], one.first["enterprise_name"]
    assert number in page.text and name in page.text and "待受理" in visible(page)
    assert number not in (await browser.get("/console/applications?state=lent")).text
    assert number in (await browser.get(f"/console/applications?q={name[2:6]}")).text
    assert number in (await browser.get(f"/console/applications?q={number.lower()}")).text
    assert number not in (await browser.get("/console/applications?q=没有这家")).text


async def test_htmx_gets_the_table_alone(running: Running) -> None:
    one = await case(running)
    browser = await officer_of(one)
    answer = await browser.get("/console/applications", headers={"HX-Request": "true"})
    assert answer.text.lstrip().startswith('<section class="rq-panel rq-loading" id="queue"')


@pytest.mark.shows("F079")
async def test_the_contact_is_shown_in_the_opened_case_only_and_the_view_is_on_record(
    running: Running,
) -> None:
    one = await case(running)
    browser = await officer_of(one)
    listed = await browser.get("/console/applications")
    assert "19900009001" not in listed.text and "沈一舟" not in listed.text
    opened = await browser.get(f"/console/applications/{one.id}")
    assert "19900009001" in opened.text and "沈一舟" in opened.text
    rows = await running.platform.services.audit.of_subject(one.id)
    assert "applications.viewed" in [row.deed for row in rows]
    administrator = await at_work(running, Role.ADMINISTRATOR)
    looked = await administrator.browser.get(f"/console/applications/{one.id}")
    assert looked.status == 200
    assert "199****9001" in looked.text and "19900009001" not in looked.text


@pytest.mark.shows("F116")
async def test_accepting_says_what_was_done_once(running: Running) -> None:
    one = await case(running)
    browser = await officer_of(one)
    answer = await do(browser, one.id, "accept")
    assert (answer.status, answer.headers["Location"]) == (303, f"/console/applications/{one.id}")
    assert "已受理，企业会收到短信" in visible(await browser.follow(answer))
    assert "已受理，企业会收到短信" not in visible(await browser.follow(answer))
    assert (await document(running, one.id))["state"] == "accepted"


@pytest.mark.shows("F116")
async def test_officers_of_other_branches_and_institutions_find_nothing(running: Running) -> None:
    here, there = branch("雨花支行"), branch("岳麓支行")
    one = await case(running, at=await counter(running, here, there))
    stranger = await counter(running, name="北辰银行")
    for institution, place in (
        (one.at.institution, there),
        (stranger.institution, stranger.branch),
    ):
        member = await at_work(running, Role.OFFICER, institution, place)
        address = f"/console/applications/{one.id}"
        assert (await member.browser.get(address)).status == 404
        answer = await member.browser.post(f"{address}/accept", {"version": "1"})
        assert answer.status == 404
        assert (
            one.first["case_no"]
            not in (await member.browser.get("/console/applications?state=all")).text
        )
    assert (await document(running, one.id))["state"] == "submitted"


@pytest.mark.shows("F117")
async def test_credit_is_typed_in_wan_and_percent_and_kept_exactly(running: Running) -> None:
    one = await (await case(running)).up_to("accept")
    browser = await officer_of(one)
    answer = await do(browser, one.id, "credit", CREDIT)
    assert answer.status == 303, visible(answer)
    credit = (await document(running, one.id))["credit"]
    assert (credit["amount_fen"], credit["annual_rate_bp"]) == (80_500_000, 435)
    page = visible(await browser.follow(answer))
    assert "80.5 万元" in page and "4.35%" in page and "还可放款 80.5" in page


@pytest.mark.shows("F117")
async def test_credit_above_the_products_maximum_needs_a_reason(running: Running) -> None:
    one = await (await case(running)).up_to("accept")
    browser = await officer_of(one)
    most = one.at.product.terms.amount_max_fen // 1_000_000
    above = {**CREDIT, "credit_amount": str(most + 1)}
    answer = await do(browser, one.id, "credit", above)
    assert answer.status == 422
    assert "超过产品最高额度" in visible(answer) and f'value="{most + 1}"' in answer.text
    assert (await document(running, one.id))["state"] == "accepted"
    answer = await do(browser, one.id, "credit", {**above, "credit_reason": "有足值抵押，总行批复"})
    assert answer.status == 303
    assert "有足值抵押，总行批复" in visible(await browser.follow(answer))


@pytest.mark.parametrize(
    ("field", "value", "sentence"),
    [
        ("credit_amount", "八十", "请输入金额（万元）"),
        ("credit_amount", "0", "授信金额必须大于 0"),
        ("credit_rate", "4.355", "最多 2 位小数"),
        ("credit_term", "0", "授信期限太小"),
        ("credit_term", "", "请填写授信期限"),
    ],
)
async def test_a_refused_credit_keeps_what_was_typed_and_says_what_is_wrong(
    running: Running, field: str, value: str, sentence: str
) -> None:
    one = await (await case(running)).up_to("accept")
    browser = await officer_of(one)
    answer = await do(browser, one.id, "credit", {**CREDIT, field: value})
    assert answer.status == 422
    assert sentence in visible(answer)
    for name, typed in {**CREDIT, field: value}.items():
        assert re.search(f'name="{name}"[^>]*value="{typed}"', answer.text), name
    assert (await document(running, one.id))["credit"] is None


@pytest.mark.shows("F118")
async def test_loans_are_recorded_until_the_line_is_used_up(running: Running) -> None:
    one = await (await case(running)).up_to("accept", "credit")
    browser = await officer_of(one)
    answer = await do(browser, one.id, "loans", loan(running))
    assert answer.status == 303, visible(answer)
    page = visible(await browser.follow(answer))
    assert "HT-2026-001" in page and "180 天" in page and "还可放款 50 万元" in page
    over = loan(running, contract_no="HT-2026-002", loan_amount="50.01")
    answer = await do(browser, one.id, "loans", over)
    assert answer.status == 422 and "当前还可放款 50 万元" in visible(answer)
    answer = await do(browser, one.id, "loans", loan(running, loan_amount="50"))
    assert answer.status == 422 and "合同编号已经登记过" in visible(answer)
    rest = loan(running, contract_no="HT-2026-003", loan_amount="50")
    answer = await do(browser, one.id, "loans", rest)
    assert answer.status == 303
    assert "登记放款" not in visible(await browser.follow(answer))
    assert len((await document(running, one.id))["loans"]) == 2


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"contract_no": ""}, "请填写放款合同编号"),
        ({"loan_amount": "-5"}, "请输入金额（万元）"),
        ({"due_on": "2020-01-01"}, "到期日必须晚于放款日"),
        ({"lent_on": "2099-01-01", "due_on": "2099-02-01"}, "放款日不能晚于今天"),
        ({"lent_on": "昨天"}, "放款日填写有误"),
    ],
)
async def test_a_refused_loan_says_what_is_wrong(
    running: Running, changes: dict[str, str], sentence: str
) -> None:
    one = await (await case(running)).up_to("accept", "credit")
    answer = await do(await officer_of(one), one.id, "loans", loan(running, **changes))
    assert answer.status == 422
    assert sentence in visible(answer)
    assert (await document(running, one.id))["loans"] == []


async def test_a_loan_sent_twice_with_one_key_is_one_loan(running: Running) -> None:
    one = await (await case(running)).up_to("accept", "credit")
    browser = await officer_of(one)
    for _ in range(2):
        answer = await browser.post(
            f"/console/applications/{one.id}/loans", loan(running), key="one-tap-and-another"
        )
        assert answer.status == 303
    assert len((await document(running, one.id))["loans"]) == 1


@pytest.mark.parametrize(
    ("deed", "note", "state"),
    [("refer-back", "refer_note", "referred_back"), ("decline", "decline_note", "declined")],
)
async def test_saying_no_takes_a_reason(running: Running, deed: str, note: str, state: str) -> None:
    one = await case(running)
    browser = await officer_of(one)
    answer = await do(browser, one.id, deed, {note: "不行"})
    assert answer.status == 422
    assert "请写明原因（至少 5 个字）" in visible(answer) and "不行" in answer.text
    assert (await document(running, one.id))["state"] == "submitted"
    answer = await do(browser, one.id, deed, {note: "暂时不符合准入条件"})
    assert answer.status == 303
    assert (await one.now())["state"] == state
    assert "暂时不符合准入条件" in (await one.now())["steps"][-1]["note"]


async def test_a_frequent_reason_is_enough(running: Running) -> None:
    one = await case(running)
    answer = await do(await officer_of(one), one.id, "decline", {"decline_reason": "criteria"})
    assert answer.status == 303
    assert (await one.now())["steps"][-1]["note"] == "不符合产品的准入条件"


async def test_a_closed_case_takes_no_more_loans(running: Running) -> None:
    one = await (await case(running)).up_to("accept", "credit")
    browser = await officer_of(one)
    assert (await do(browser, one.id, "close")).status == 303
    answer = await browser.post(f"/console/applications/{one.id}/loans", loan(running))
    assert answer.status == 409
    assert (await document(running, one.id))["loans"] == []


@pytest.mark.shows("F174")
async def test_the_second_of_two_officers_is_told_and_sees_the_case_as_it_is(
    running: Running,
) -> None:
    one = await case(running)
    first, second = await officer_of(one), await officer_of(one)
    address = f"/console/applications/{one.id}"
    seen = version_on(await second.get(address))
    assert (await do(first, one.id, "accept")).status == 303
    answer = await second.post(
        f"{address}/decline", {"version": seen, "decline_note": "暂时不符合准入条件"}
    )
    assert answer.status == 409
    page = visible(answer)
    assert "申请刚刚被更新过" in page and "已受理" in page and "登记授信" in page
    assert "暂时不符合准入条件" in answer.text
    assert (await document(running, one.id))["state"] == "accepted"


async def test_an_overdue_case_is_marked_and_has_its_tab(running: Running) -> None:
    one = await case(running)
    browser = await officer_of(one)
    assert one.id not in (await browser.get("/console/applications?state=overdue")).text
    running.clock.advance(days=20)
    browser = await officer_of(one)
    page = await browser.get("/console/applications?state=overdue")
    assert one.id in page.text and "已超时" in visible(page)


async def test_a_form_without_its_token_changes_nothing(running: Running) -> None:
    one = await case(running)
    browser = await officer_of(one)
    answer = await browser.post(
        f"/console/applications/{one.id}/accept", {"version": "1"}, xsrf=False
    )
    assert answer.status == 403
    assert (await document(running, one.id))["state"] == "submitted"
