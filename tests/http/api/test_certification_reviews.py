"""The review over the API: who may, one at a time, why, and what the applicant is left with."""

import asyncio

import pytest

from server.core.actor import Role
from tests.certifying import (
    enterprise,
    pass_face,
    picture,
    profile,
    reviewer,
    send_licence,
    staff,
    submitted,
    with_profile,
)
from tests.clients import ApiClient
from tests.people import register
from tests.platforms import Running
from tests.waiting import until

REASON = "营业执照图片不清晰，请重新拍摄后提交"


async def state_of(running: Running, case_id: str) -> str:
    found = await running.database["certifications"].find_one({"_id": case_id})
    assert found is not None
    return str(found["state"])


async def inbox(api: ApiClient) -> list[str]:
    answer = await api.get("/messages")
    return [item["kind"] for item in answer.json["items"]]


@pytest.mark.shows("F156")
async def test_the_queue_shows_what_waits_and_finds_by_the_beginning(running: Running) -> None:
    _, first = await submitted(running, enterprise(0))
    _, second = await submitted(running, enterprise(1))
    api = await staff(running)
    page = (await api.get("/reviews")).json
    assert [row["certification_id"] for row in page["items"]] == [second, first]
    assert page["total"] == "2"
    by_name = (await api.get("/reviews", q="云桥市石榴")).json
    assert [row["certification_id"] for row in by_name["items"]] == [second]
    by_code = (await api.get("/reviews", q=enterprise(0).uscc[:14].lower())).json
    assert [row["certification_id"] for row in by_code["items"]] == [first]
    half = (await api.get("/reviews", size="1")).json
    rest = (await api.get("/reviews", size="1", cursor=half["next_cursor"])).json
    assert [row["certification_id"] for row in rest["items"]] == [first]
    assert (await api.get("/reviews/counts")).json == {"waiting": 2, "mine": 0, "overdue": 0}


async def test_a_draft_is_nobodys_business(running: Running) -> None:
    api = await with_profile(running)
    case_id = (await api.get("/certification")).json["certification_id"]
    seen = await (await staff(running)).get(f"/reviews/{case_id}")
    assert (seen.status, seen.code) == (404, "enterprises.certification_not_found")


@pytest.mark.shows("F062", "T41")
async def test_what_was_promised_and_not_done_is_overdue(running: Running) -> None:
    _, case_id = await submitted(running)
    running.clock.advance(days=14)
    api = await staff(running)
    rows = (await api.get("/reviews", filter="overdue")).json["items"]
    assert [(row["certification_id"], row["is_overdue"]) for row in rows] == [(case_id, True)]
    assert (await api.get("/reviews/counts")).json["overdue"] == 1


@pytest.mark.shows("F156")
async def test_only_reviewers_review(running: Running) -> None:
    applicant, case_id = await submitted(running)
    for api in (applicant, await register(running), await staff(running, Role.OFFICER)):
        for path in ("claim", "approve"):
            answer = await api.post(f"/reviews/{case_id}/{path}")
            assert (answer.status, answer.code) == (403, "accounts.permission_missing")
        assert (await api.get(f"/reviews/{case_id}")).status == 403
        assert (await api.get(f"/reviews/{case_id}/licence")).status == 403
    administrator = await staff(running, Role.ADMINISTRATOR)
    assert (await administrator.get(f"/reviews/{case_id}")).status == 200
    assert (await administrator.post(f"/reviews/{case_id}/claim")).status == 403
    assert await state_of(running, case_id) == "reviewing"


@pytest.mark.shows("F156")
async def test_two_reviewers_cannot_take_one_case(running: Running) -> None:
    _, case_id = await submitted(running)
    both = (await reviewer(running), await reviewer(running))
    answers = await asyncio.gather(*(one.claim(case_id) for one in both))
    assert sorted(answer.status for answer in answers) == [200, 409]
    loser = both[0] if answers[0].status == 409 else both[1]
    refused = await loser.api.post(f"/reviews/{case_id}/approve")
    assert (refused.status, refused.code) == (409, "enterprises.case_claimed")
    assert await state_of(running, case_id) == "reviewing"


@pytest.mark.shows("F156")
async def test_a_claim_lasts_half_an_hour_and_can_be_given_back(running: Running) -> None:
    _, case_id = await submitted(running)
    first, second = await reviewer(running), await reviewer(running)
    await first.claim(case_id)
    assert (await second.claim(case_id)).status == 409
    running.clock.advance(minutes=31)
    late = await first.api.post(f"/reviews/{case_id}/approve")
    assert (late.status, late.code) == (409, "enterprises.case_not_claimed")
    assert (await second.claim(case_id)).status == 200
    assert (await second.api.get("/reviews", filter="mine")).json["total"] == "1"
    assert (await second.api.post(f"/reviews/{case_id}/release")).status == 200
    assert (await first.claim(case_id)).status == 200


async def test_a_decision_needs_a_claim(running: Running) -> None:
    _, case_id = await submitted(running)
    one = await reviewer(running)
    for word, body in (("approve", {}), ("reject", {"reason": REASON})):
        answer = await one.api.post(f"/reviews/{case_id}/{word}", body)
        assert (answer.status, answer.code) == (409, "enterprises.case_not_claimed")
    assert await state_of(running, case_id) == "reviewing"


@pytest.mark.shows("F174")
async def test_of_two_approvals_at_once_one_wins_and_the_other_is_told(running: Running) -> None:
    _, case_id = await submitted(running)
    one = await reviewer(running)
    await one.claim(case_id)
    answers = await asyncio.gather(*(one.api.post(f"/reviews/{case_id}/approve") for _ in range(2)))
    assert sorted(answer.status for answer in answers) == [200, 409]
    loser = next(answer for answer in answers if answer.status == 409)
    assert loser.code == "enterprises.move_illegal"
    news = running.database["events"]

    async def is_out() -> bool:
        name = "enterprises.certification_approved"
        return await news.count_documents({"name": name, "done": True}) == 1

    await until(is_out)


@pytest.mark.shows("F174")
async def test_an_approval_and_a_rejection_at_once_leave_one_decision(running: Running) -> None:
    api, case_id = await submitted(running)
    one = await reviewer(running)
    await one.claim(case_id)
    answers = await asyncio.gather(
        one.api.post(f"/reviews/{case_id}/approve"),
        one.api.post(f"/reviews/{case_id}/reject", {"reason": REASON}),
    )
    assert sorted(answer.status for answer in answers) == [200, 409]
    state = await state_of(running, case_id)
    certified = await running.database["enterprises"].count_documents({"state": "certified"})
    assert (state, certified) in (("approved", 1), ("rejected", 0))
    assert (await api.get("/certification")).json["state"] == state


@pytest.mark.shows("F063")
@pytest.mark.parametrize("reason", ["", "  ", "不行", "不 不 不 不", "长" * 201])
@pytest.mark.parametrize("word", ["reject", "return"])
async def test_a_refusal_says_why(running: Running, word: str, reason: str) -> None:
    _, case_id = await submitted(running)
    answer = await (await reviewer(running)).decide(case_id, word, reason)
    assert answer.status == 422
    assert answer.code in ("enterprises.reason_too_short", "enterprises.reason_too_long")
    assert answer.json["field"] == "reason"
    assert await state_of(running, case_id) == "reviewing"


@pytest.mark.shows("F063")
async def test_a_rejected_applicant_corrects_and_the_reviewer_sees_what_changed(
    running: Running,
) -> None:
    one = enterprise()
    api, case_id = await submitted(running, one)
    judge = await reviewer(running)
    assert (await judge.decide(case_id, "reject", REASON)).status == 200
    mine = (await api.get("/certification")).json
    assert (mine["state"], mine["decision"]["reason"]) == ("rejected", REASON)
    assert mine["profile"]["name"] == one.name
    assert mine["face"] is None
    await send_licence(api, picture(one))
    await api.post("/certification/profile", profile(one, contact_name="沈二舟"))
    early = await api.post("/certification/submission")
    assert early.code == "enterprises.face_needed"
    await pass_face(running, api, one.legal_rep.key)
    assert (await api.post("/certification/submission")).json["round"] == 2
    seen = (await judge.api.get(f"/reviews/{case_id}")).json
    assert {change["field"] for change in seen["changes"]} == {"contact_name", "licence"}
    assert "沈二舟" not in str(seen)
    assert [one["decision"] for one in seen["rounds"]] == ["reject", None]
    assert seen["rounds"][0]["reason"] == REASON


@pytest.mark.shows("F063")
async def test_a_returned_case_keeps_the_face_while_the_legal_representative_is_the_same(
    running: Running,
) -> None:
    one = enterprise()
    api, case_id = await submitted(running, one)
    judge = await reviewer(running)
    assert (await judge.decide(case_id, "return", "请补充联系人职务信息")).status == 200
    saved = await api.post("/certification/profile", profile(one, contact_title="财务经理"))
    assert saved.json["step"] == "submit"
    assert (await api.post("/certification/submission")).json["round"] == 2
    assert (await judge.decide(case_id, "approve")).json["state"] == "approved"


@pytest.mark.shows("F062")
async def test_the_applicant_is_told_once_over_each_channel(running: Running) -> None:
    phone = None
    api, case_id = await submitted(running)
    account = await running.database["accounts"].find_one({"enterprise_id": {"$ne": None}})
    assert account is not None
    found = await running.platform.services.accounts.get(account["_id"])
    phone = found.phone
    await (await reviewer(running)).decide(case_id, "reject", REASON)

    async def has_arrived() -> bool:
        sms = await running.sandbox.inbox(phone)
        return len([one for one in sms if "reason" in one["params"]]) == 1

    await until(has_arrived, 10)
    assert (await inbox(api)).count("certification_rejected") == 1


async def test_an_approved_case_is_final(running: Running) -> None:
    api, case_id = await submitted(running)
    judge = await reviewer(running)
    await judge.decide(case_id, "approve")
    assert (await judge.claim(case_id)).code == "enterprises.nothing_to_review"
    again = await judge.api.post(f"/reviews/{case_id}/reject", {"reason": REASON})
    assert (again.status, again.code) == (409, "enterprises.move_illegal")
    changed = await api.post("/certification/profile", profile(enterprise()))
    assert (changed.status, changed.code) == (409, "enterprises.move_illegal")
    assert (await api.delete("/certification/licence")).status == 409
    assert (await api.get("/certification/licence")).status == 200


async def test_of_two_cases_for_one_enterprise_the_first_approval_wins(running: Running) -> None:
    _, first = await submitted(running, enterprise(1))
    other, second = await submitted(running, enterprise(1))
    judge = await reviewer(running)
    assert (await judge.decide(first, "approve")).status == 200
    late = await judge.decide(second, "approve")
    assert (late.status, late.code) == (409, "enterprises.uscc_claimed")
    assert await state_of(running, second) == "reviewing"
    assert await running.database["enterprises"].count_documents({"state": "certified"}) == 1
    assert (await other.get("/certification")).json["state"] == "reviewing"


@pytest.mark.shows("T15")
async def test_a_reveal_says_why_and_is_on_record(running: Running) -> None:
    _, case_id = await submitted(running)
    api = await staff(running)
    bare = await api.post(f"/reviews/{case_id}/reveal", {"reason": "看看"})
    assert (bare.status, bare.code) == (422, "enterprises.reason_too_short")
    audit = running.database["audit"]
    deed = {"deed": "enterprises.id_number_revealed", "subject_id": case_id}
    assert await audit.count_documents(deed) == 0
    answer = await api.post(f"/reviews/{case_id}/reveal", {"reason": "核对身份证复印件"})
    assert answer.json["legal_rep_id_number"] == enterprise().legal_rep.id_number
    row = await audit.find_one(deed)
    assert row is not None and row["facts"]["reason"] == "核对身份证复印件"
    assert enterprise().legal_rep.id_number not in str(row)
    assert (
        await (await staff(running, Role.ADMINISTRATOR)).post(
            f"/reviews/{case_id}/reveal", {"reason": "核对身份证复印件"}
        )
    ).status == 403


async def test_a_view_of_the_licence_is_on_record(running: Running) -> None:
    _, case_id = await submitted(running)
    api = await staff(running)
    answer = await api.get(f"/reviews/{case_id}/licence")
    assert (answer.status, answer.headers["Content-Type"]) == (200, "image/jpeg")
    assert answer.body[:2] == b"\xff\xd8"
    deed = {"deed": "enterprises.licence_viewed", "subject_id": case_id}
    assert await running.database["audit"].count_documents(deed) == 1
