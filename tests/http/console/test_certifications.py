"""The review of certifications by people: the queue, the comparison, the claim and the three words."""

import re
from collections.abc import Mapping
from typing import Any

import pytest

from server.core.actor import Role
from tests.certifying import (
    enterprise,
    pass_face,
    profile,
    submitted,
    with_licence,
    with_profile,
)
from tests.clients import Answer, PageClient, visible
from tests.http.console.desks import Member, at_work
from tests.platforms import Running

QUEUE = "/console/certifications"
DRAWER = {"HX-Request": "true"}


async def reviewer(running: Running, name: str = "沈知微") -> Member:
    return await at_work(running, Role.REVIEWER, name=name)


async def decide(
    browser: PageClient, case_id: str, verdict: str, fields: Mapping[str, Any] | None = None
) -> Answer:
    """Claim and say the word."""
    claimed = await browser.post(f"{QUEUE}/{case_id}/claim")
    assert claimed.status == 303, visible(claimed)
    return await browser.post(f"{QUEUE}/{case_id}", {"verdict": verdict, **(fields or {})})


async def state_of(running: Running, case_id: str) -> str:
    found = await running.database["certifications"].find_one({"_id": case_id})
    assert found is not None
    return str(found["state"])


@pytest.mark.shows("F156", "F079")
async def test_a_submitted_case_waits_in_the_queue_with_persons_masked(running: Running) -> None:
    one = enterprise()
    _, case_id = await submitted(running, one)
    browser = (await reviewer(running)).browser
    page = await browser.get(QUEUE)
    assert one.name in page.text and "待审核" in visible(page) and "四要素一致" in visible(page)
    for secret in (one.legal_rep.name, one.legal_rep.id_number, one.legal_rep.phone, one.uscc):
        assert secret not in page.text
    assert case_id not in (await browser.get(f"{QUEUE}?state=approved")).text
    assert case_id in (await browser.get(f"{QUEUE}?q={one.name[:4]}")).text
    assert case_id in (await browser.get(f"{QUEUE}?q={one.uscc[:10]}")).text
    assert case_id not in (await browser.get(f"{QUEUE}?q=没有这家")).text


async def test_htmx_gets_the_table_and_the_drawers_fragment_alone(running: Running) -> None:
    _, case_id = await submitted(running)
    browser = (await reviewer(running)).browser
    table = await browser.get(QUEUE, headers=DRAWER)
    assert table.text.lstrip().startswith('<section class="rq-panel rq-loading" id="queue"')
    fragment = await browser.get(f"{QUEUE}/{case_id}", headers=DRAWER)
    assert "<html" not in fragment.text and 'data-drawer-title="企业认证审核"' in fragment.text


@pytest.mark.shows("F046")
async def test_the_page_compares_what_was_typed_with_licence_and_register(running: Running) -> None:
    one = enterprise()
    _, case_id = await submitted(running, one)
    page = await (await reviewer(running)).browser.get(f"{QUEUE}/{case_id}")
    assert page.status == 200
    text = visible(page)
    assert one.uscc in text and "四项一致" in text and "E证通核验通过" in text
    assert "与执照识别不一致" in text or "填写内容与执照、登记信息一致" in text
    assert f'src="{QUEUE}/{case_id}/licence"' in page.text
    assert one.legal_rep.id_number not in page.text and one.legal_rep.name not in page.text


async def test_what_differs_is_marked(running: Running) -> None:
    one = enterprise()
    api = await with_profile(running, one, registered_address="云桥市别处路 9 号")
    await pass_face(running, api, one.legal_rep.key)
    case_id = (await api.post("/certification/submission")).json["certification_id"]
    page = await (await reviewer(running)).browser.get(f"{QUEUE}/{case_id}")
    assert "<mark>云桥市别处路 9 号</mark>" in page.text and one.address in page.text


async def test_the_licence_is_a_picture_and_the_view_is_on_record(running: Running) -> None:
    _, case_id = await submitted(running)
    member = await reviewer(running)
    answer = await member.browser.get(f"{QUEUE}/{case_id}/licence")
    assert (answer.status, answer.headers["Content-Type"]) == (200, "image/jpeg")
    assert answer.body.startswith(b"\xff\xd8")
    assert answer.headers["Cache-Control"] == "no-store"
    rows = await running.platform.services.audit.of_subject(case_id)
    viewed = [row for row in rows if row.deed == "enterprises.licence_viewed"]
    assert [row.account_id for row in viewed] == [member.account_id]


@pytest.mark.shows("F156")
async def test_a_claimed_case_can_be_approved_and_leaves_the_queue(running: Running) -> None:
    api, case_id = await submitted(running)
    browser = (await reviewer(running)).browser
    unclaimed = await browser.post(f"{QUEUE}/{case_id}", {"verdict": "approve"})
    assert unclaimed.status == 409 and "请先领取" in visible(unclaimed)
    assert await state_of(running, case_id) == "reviewing"
    answer = await decide(browser, case_id, "approve")
    assert (answer.status, answer.headers["Location"]) == (303, QUEUE)
    queue = await browser.follow(answer)
    assert "认证已通过" in visible(queue) and case_id not in queue.text
    assert case_id in (await browser.get(f"{QUEUE}?state=approved")).text
    assert (await api.get("/certification")).json["state"] == "approved"


@pytest.mark.shows("F063")
async def test_a_rejection_takes_a_reason_of_five_characters_which_the_applicant_reads(
    running: Running,
) -> None:
    api, case_id = await submitted(running)
    browser = (await reviewer(running)).browser
    refused = await decide(browser, case_id, "reject", {"opinion": "不行"})
    assert refused.status == 422
    assert "至少 5 个字" in visible(refused) and re.search(r"<textarea[^>]*>\s*不行<", refused.text)
    assert await state_of(running, case_id) == "reviewing"
    words = {"reason": "blurred", "opinion": "右下角看不清"}
    answer = await decide(browser, case_id, "reject", words)
    assert answer.status == 303
    assert await state_of(running, case_id) == "rejected"
    assert "营业执照不清晰，请重新拍摄上传；右下角看不清" in (await api.get("/certification")).text


@pytest.mark.shows("F063")
async def test_a_returned_case_comes_back_with_what_was_changed(running: Running) -> None:
    one = enterprise()
    api, case_id = await submitted(running, one)
    browser = (await reviewer(running)).browser
    assert (await decide(browser, case_id, "return", {"reason": "contact"})).status == 303
    assert await state_of(running, case_id) == "returned"
    body = profile(one, contact_email="new.office@example.cn")
    assert (await api.post("/certification/profile", body)).status == 200
    assert (await api.post("/certification/submission")).status == 201
    page = await browser.get(f"{QUEUE}/{case_id}")
    text = visible(page)
    assert "与上一次提交相比" in text and "联系人邮箱" in text and "第 2 次提交" in text
    assert "联系方式无法核实" in text and "沈知微" in text
    assert "new.office@example.cn" not in page.text


@pytest.mark.shows("F156")
async def test_two_reviewers_cannot_take_the_same_case(running: Running) -> None:
    _, case_id = await submitted(running)
    first, second = await reviewer(running), await reviewer(running, "陆行舟")
    assert (await first.browser.post(f"{QUEUE}/{case_id}/claim")).status == 303
    page = await second.browser.get(f"{QUEUE}/{case_id}")
    assert "沈知微 正在审核这份认证" in visible(page) and "认领审核" not in visible(page)
    taken = await second.browser.post(f"{QUEUE}/{case_id}/claim")
    assert taken.status == 409 and "正由其他审核员处理" in visible(taken)
    decided = await second.browser.post(f"{QUEUE}/{case_id}", {"verdict": "approve"})
    assert decided.status == 409
    assert await state_of(running, case_id) == "reviewing"
    assert case_id in (await first.browser.get(f"{QUEUE}?state=mine")).text
    assert case_id not in (await second.browser.get(f"{QUEUE}?state=mine")).text


async def test_a_released_or_forgotten_claim_lets_the_others_on(running: Running) -> None:
    _, case_id = await submitted(running)
    first, second = await reviewer(running), await reviewer(running, "陆行舟")
    await first.browser.post(f"{QUEUE}/{case_id}/claim")
    assert (await first.browser.post(f"{QUEUE}/{case_id}/release")).status == 303
    assert (await second.browser.post(f"{QUEUE}/{case_id}/claim")).status == 303
    running.clock.advance(minutes=31)
    assert (await first.browser.post(f"{QUEUE}/{case_id}/claim")).status == 303


async def test_the_second_of_two_decisions_is_told_how_the_first_ended(running: Running) -> None:
    _, case_id = await submitted(running)
    browser = (await reviewer(running)).browser
    assert (await decide(browser, case_id, "approve")).status == 303
    late = await browser.post(
        f"{QUEUE}/{case_id}", {"verdict": "reject", "opinion": "营业执照不清晰"}
    )
    assert late.status == 409
    assert "已通过" in visible(late) and "请刷新" in visible(late)
    assert await state_of(running, case_id) == "approved"


async def test_the_drawer_is_told_by_events_and_its_refusals_can_be_shown(running: Running) -> None:
    _, case_id = await submitted(running)
    browser = (await reviewer(running)).browser
    claimed = await browser.post(f"{QUEUE}/{case_id}/claim", headers=DRAWER)
    assert claimed.status == 200 and "rq:queue" in claimed.headers["Hx-Trigger"]
    assert 'value="approve"' in claimed.text
    refused = await browser.post(f"{QUEUE}/{case_id}", {"verdict": "reject"}, headers=DRAWER)
    assert refused.status == 422 and "至少 5 个字" in visible(refused)
    for _ in range(2):
        done = await browser.post(
            f"{QUEUE}/{case_id}", {"verdict": "approve"}, headers=DRAWER, key="one-tap-and-another"
        )
        assert done.status == 204 and done.body == b""
        assert "rq:close-drawer" in done.headers["Hx-Trigger"]
    assert await state_of(running, case_id) == "approved"


@pytest.mark.shows("T16", "F079")
async def test_the_id_number_is_shown_for_a_reason_and_the_look_is_on_record(
    running: Running,
) -> None:
    one = enterprise()
    _, case_id = await submitted(running, one)
    member = await reviewer(running)
    refused = await member.browser.post(f"{QUEUE}/{case_id}/reveal", {"why": "看看"})
    assert refused.status == 422
    assert one.legal_rep.id_number not in refused.text and 'value="看看"' in refused.text
    shown = await member.browser.post(f"{QUEUE}/{case_id}/reveal", {"why": "核对执照与身份证"})
    assert shown.status == 200 and one.legal_rep.id_number in shown.text
    assert one.legal_rep.id_number not in (await member.browser.get(f"{QUEUE}/{case_id}")).text
    rows = await running.platform.services.audit.of_subject(case_id)
    revealed = [row for row in rows if row.deed == "enterprises.id_number_revealed"]
    assert [(row.account_id, row.facts["reason"]) for row in revealed] == [
        (member.account_id, "核对执照与身份证")
    ]
    assert await running.database["idempotency"].count_documents({"route": "review_reveal"}) == 0


@pytest.mark.shows("T41")
async def test_a_case_that_is_late_is_marked_and_has_its_tab(running: Running) -> None:
    _, case_id = await submitted(running)
    running.clock.advance(days=12)
    browser = (await reviewer(running)).browser
    page = await browser.get(f"{QUEUE}?state=overdue")
    assert case_id in page.text and "已超时" in visible(page)


async def test_an_administrator_looks_and_decides_nothing(running: Running) -> None:
    _, case_id = await submitted(running)
    browser = (await at_work(running, Role.ADMINISTRATOR)).browser
    page = await browser.get(f"{QUEUE}/{case_id}")
    assert page.status == 200
    assert "认领审核" not in visible(page) and "查看完整身份证号" not in visible(page)
    assert (await browser.post(f"{QUEUE}/{case_id}/claim")).status == 403
    assert await state_of(running, case_id) == "reviewing"


async def test_a_draft_is_nobodys_business(running: Running) -> None:
    api = await with_licence(running)
    case_id = (await api.get("/certification")).json["certification_id"]
    browser = (await reviewer(running)).browser
    assert (await browser.get(f"{QUEUE}/{case_id}")).status == 404
    assert (await browser.get(f"{QUEUE}/{case_id}/licence")).status == 404
    assert case_id not in (await browser.get(f"{QUEUE}?state=all")).text


async def test_a_form_without_its_token_changes_nothing(running: Running) -> None:
    _, case_id = await submitted(running)
    browser = (await reviewer(running)).browser
    answer = await browser.post(f"{QUEUE}/{case_id}/claim", xsrf=False)
    assert answer.status == 403
    found = await running.database["certifications"].find_one({"_id": case_id})
    assert found is not None and found["claim"] is None
