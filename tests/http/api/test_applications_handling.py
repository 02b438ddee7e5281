"""What an institution's officers do with cases, over the API."""

import asyncio
from datetime import datetime, timedelta
from typing import Any

import pytest

from server.core.actor import Role
from server.core.clock import shanghai_day
from server.core.working_days import WorkingCalendar
from server.products.bands import WAN
from tests.borrowing import (
    REASON,
    Case,
    branch,
    case,
    certified,
    counter,
    enterprise,
    officer,
)
from tests.clients import ApiClient
from tests.platforms import Running


def at_of(text: str) -> datetime:
    return datetime.fromisoformat(text)


async def stored(one: Case) -> dict[str, Any]:
    found = await one.running.database["applications"].find_one({"_id": one.id}, {"pending": 0})
    assert found is not None
    return found


@pytest.mark.shows("F116")
async def test_only_the_handling_branch_sees_and_accepts(running: Running) -> None:
    near, far = branch("麓谷支行", "430111"), branch("望江支行", "430104")
    at = await counter(running, near, far)
    one = await case(running, at=at)
    before = await stored(one)
    stranger = await counter(running, name="溪山银行")
    for other in (
        await officer(running, at.institution, far),
        await officer(running, stranger.institution, stranger.branch),
        await officer(running, None, None),
    ):
        assert (await other.get("/cases")).json["items"] == []
        for answer in (
            await other.get(f"/cases/{one.id}"),
            await other.post(f"/cases/{one.id}/accept"),
            await other.post(f"/cases/{one.id}/decline", {"reason": REASON}),
        ):
            assert (answer.status, answer.code) == (404, "applications.not_found")
    assert await stored(one) == before
    accepted = await one.do("accept")
    assert (accepted.status, accepted.json["state"]) == (200, "accepted")


@pytest.mark.shows("F116")
async def test_head_office_handles_every_branch_and_administrators_only_look(
    running: Running,
) -> None:
    one = await case(running)
    platform = await officer(running, None, None, Role.ADMINISTRATOR)
    assert [each["application_id"] for each in (await platform.get("/cases")).json["items"]] == [
        one.id
    ]
    refused = await platform.post(f"/cases/{one.id}/accept")
    assert (refused.status, refused.code) == (403, "accounts.permission_missing")
    reviewer = await officer(running, None, None, Role.REVIEWER)
    assert (await reviewer.get("/cases")).status == 403
    assert (await one.now())["state"] == "submitted"
    head = await officer(running, one.at.institution, None)
    assert (await head.post(f"/cases/{one.id}/accept")).status == 200


async def test_applicants_have_no_business_at_the_institutions_doors(running: Running) -> None:
    one = await case(running)
    assert (await one.applicant.get(f"/cases/{one.id}")).status == 403
    assert (await one.applicant.post(f"/cases/{one.id}/accept")).status == 403
    assert (await one.officer.get(f"/applications/{one.id}")).status == 403
    assert (await one.now())["state"] == "submitted"


@pytest.mark.shows("F116")
async def test_accepting_sets_the_clock_for_the_decision(running: Running) -> None:
    one = await case(running)
    running.clock.advance(days=4)
    later = await officer(running, one.at.institution, one.at.branch)
    accepted = (await later.post(f"/cases/{one.id}/accept")).json
    days = running.settings.applications.answer_working_days
    expected = WorkingCalendar().due(at_of(accepted["steps"][-1]["at"]), days)
    assert at_of(accepted["answer_due_at"]) == expected
    assert at_of(one.first["answer_due_at"]) < expected


async def test_what_is_owed_and_late_is_listed_as_overdue(running: Running) -> None:
    one = await case(running)

    async def overdue_a_fortnight_later() -> tuple[ApiClient, list[str]]:
        running.clock.advance(days=15)
        api = await officer(running, one.at.institution, one.at.branch)
        items = (await api.get("/cases", overdue="true")).json["items"]
        return api, [each["application_id"] for each in items]

    assert (await one.officer.get("/cases", overdue="true")).json["items"] == []
    api, found = await overdue_a_fortnight_later()
    assert found == [one.id]
    assert (await api.post(f"/cases/{one.id}/accept")).status == 200
    assert (await api.get("/cases", overdue="true")).json["items"] == []
    api, found = await overdue_a_fortnight_later()
    assert found == [one.id]
    assert (await api.post(f"/cases/{one.id}/credit", one.right("credit"))).status == 200
    assert (await overdue_a_fortnight_later())[1] == []


async def test_officers_find_cases_by_names_and_codes(running: Running) -> None:
    at = await counter(running)
    first = await case(running, await certified(running, enterprise(0)), at)
    second = await case(running, await certified(running, enterprise(1)), at)
    for text, expected in (
        (enterprise(0).name[3:5], [first.id]),
        (enterprise(1).uscc.lower(), [second.id]),
        (second.first["case_no"], [second.id]),
        ("云帆", [second.id, first.id]),
        ("没有这一家", []),
    ):
        items = (await first.officer.get("/cases", q=text)).json["items"]
        assert [each["application_id"] for each in items] == expected, text
    by_state = (await first.officer.get("/cases", state="accepted")).json
    assert (by_state["items"], by_state["total"]) == ([], 0)


async def test_whoever_opens_a_case_is_on_record(running: Running) -> None:
    one = await case(running)
    await one.officer.get(f"/cases/{one.id}")
    await one.up_to("accept")
    rows = await running.platform.services.audit.of_subject(one.id)
    assert [row.deed for row in rows] == ["applications.viewed", "applications.accepted"]
    assert len({row.account_id for row in rows}) == 1


@pytest.mark.shows("F115")
@pytest.mark.parametrize("deed", ["refer-back", "decline"])
async def test_a_refusal_says_why(running: Running, deed: str) -> None:
    one = await case(running)
    before = await stored(one)
    for reason in ("不行", "    x    "):
        answer = await one.do(deed, reason=reason)
        assert (answer.status, answer.code) == (422, "applications.reason_missing")
    assert await stored(one) == before
    assert (await one.do(deed)).json["steps"][-1]["note"] == REASON


@pytest.mark.shows("F117")
async def test_credit_above_the_products_maximum_needs_a_reason(running: Running) -> None:
    one = await (await case(running)).up_to("accept")
    before = await stored(one)
    for amount, reason in ((300 * WAN + 1, ""), (301 * WAN, "特批")):
        answer = await one.do("credit", amount_fen=amount, reason=reason)
        assert (answer.status, answer.code) == (422, "loans.credit_too_high")
        assert answer.json["field"] == "amount_fen"
    assert (await one.do("credit", amount_fen=0)).status == 422
    assert await stored(one) == before
    answer = await one.do("credit", amount_fen=300 * WAN + 1, reason="总行特批客户")
    assert (answer.status, answer.json["state"]) == (200, "credited")
    assert answer.json["credit_fen"] == 300 * WAN + 1


@pytest.mark.shows("F117")
async def test_credit_up_to_the_maximum_is_recorded_as_it_is(running: Running) -> None:
    one = await (await case(running)).up_to("accept")
    answer = await one.do("credit", amount_fen=300 * WAN, annual_rate_bp=399, term_months=18)
    credit = answer.json["credit"]
    assert (credit["amount_fen"], credit["annual_rate_bp"]) == (300 * WAN, 399)
    assert credit["term_months"] == 18


@pytest.mark.shows("F114", "F118")
async def test_several_loans_fit_into_one_line_and_no_fen_more(running: Running) -> None:
    one = await (await case(running)).up_to("accept", "credit")  # 100 万元
    first = (await one.do("loans", amount_fen=60 * WAN)).json
    assert (first["state"], first["loans"][0]["term_days"]) == ("lent", 365)
    before = await stored(one)
    too_much = await one.do("loans", amount_fen=40 * WAN + 1)
    assert (too_much.status, too_much.code) == (422, "loans.line_exceeded")
    assert too_much.json["facts"] == {"left_wan": "40"}
    assert await stored(one) == before
    rest = await one.do("loans", amount_fen=40 * WAN)
    assert (rest.status, rest.json["lent_fen"]) == (201, 100 * WAN)
    assert [loan["amount_fen"] for loan in rest.json["loans"]] == [60 * WAN, 40 * WAN]
    assert (await one.do("loans", amount_fen=1)).code == "loans.line_exceeded"


@pytest.mark.shows("F118")
async def test_a_loan_needs_contract_amount_rate_and_sound_dates(running: Running) -> None:
    one = await (await case(running)).up_to("accept", "credit")
    before = await stored(one)
    empty = await one.officer.post(f"/cases/{one.id}/loans", {})
    assert set(empty.json["problems"]) == {
        "contract_no",
        "amount_fen",
        "annual_rate_bp",
        "lent_on",
        "due_on",
    }
    today = shanghai_day(running.clock())
    for changes, code in (
        ({"due_on": today.isoformat()}, "loans.dates_reversed"),
        ({"lent_on": (today + timedelta(days=1)).isoformat()}, "loans.lent_in_future"),
        ({"amount_fen": 0}, "core.fields_invalid"),
        ({"lent_on": "2026-02-30"}, "core.fields_invalid"),
    ):
        answer = await one.do("loans", **changes)
        assert (answer.status, answer.code) == (422, code)
    assert await stored(one) == before


@pytest.mark.shows("F114")
async def test_a_contract_is_recorded_once(running: Running) -> None:
    one = await (await case(running)).up_to("accept", "credit")
    await one.do("loans", contract_no="HT-1")
    again = await one.do("loans", contract_no="HT-1")
    assert (again.status, again.code) == (422, "loans.contract_repeated")
    assert len((await one.now())["loans"]) == 1


@pytest.mark.shows("F173")
async def test_a_loan_sent_twice_with_one_key_is_one_loan(running: Running) -> None:
    one = await (await case(running)).up_to("accept", "credit")
    body = one.right("loans")
    first = await one.officer.post(f"/cases/{one.id}/loans", body, key="one-and-the-same")
    again = await one.officer.post(f"/cases/{one.id}/loans", body, key="one-and-the-same")
    assert (first.status, again.body) == (201, first.body)
    assert len((await one.now())["loans"]) == 1


@pytest.mark.shows("F174")
@pytest.mark.parametrize("deed", ["accept", "decline"])
async def test_of_two_officers_at_once_one_wins_and_the_other_is_told(
    running: Running, deed: str
) -> None:
    one = await case(running)
    colleague = await officer(running, one.at.institution, one.at.branch)
    answers = await asyncio.gather(
        one.do("accept"), colleague.post(f"/cases/{one.id}/{deed}", one.right(deed))
    )
    steps = [step["deed"] for step in (await one.now())["steps"]]
    if steps == ["submitted", "accepted", "declined"]:
        # One after the other, in an order that the table allows: nobody lost.
        assert [answer.status for answer in answers] == [200, 200] and deed == "decline"
        return
    assert sorted(answer.status for answer in answers) == [200, 409]
    loser = next(answer for answer in answers if answer.status == 409)
    assert loser.code in {"applications.changed", "applications.move_refused"}
    assert len(steps) == 2
    events = running.database["events"]
    decided = ["applications.accepted", "applications.declined"]
    pending = (await running.database["applications"].find_one({"_id": one.id}) or {})["pending"]
    waiting = {event["id"] for event in pending if event["name"] in decided}
    out = {event["_id"] async for event in events.find({"name": {"$in": decided}})}
    assert len(waiting | out) == 1


@pytest.mark.shows("F114", "F174")
async def test_two_loans_at_once_never_exceed_the_line(running: Running) -> None:
    one = await (await case(running)).up_to("accept", "credit")
    answers = await asyncio.gather(*(one.do("loans", amount_fen=60 * WAN) for _ in range(3)))
    assert sorted(answer.status for answer in answers)[0] == 201
    assert {answer.status for answer in answers[1:]} <= {201, 409, 422}
    assert (await one.now())["lent_fen"] == 60 * WAN
