"""Applying over the API and following one's cases."""

import asyncio
import re
from typing import Any

import pytest

from server.products.bands import WAN
from tests.borrowing import (
    CITY,
    apply,
    branch,
    case,
    certified,
    counter,
    enterprise,
    officer,
    wanted,
)
from tests.marts import content, mart_on
from tests.people import register
from tests.platforms import Running
from tests.waiting import until

REQUIRED = set(wanted()) - {"note"} | {"branch_id", "consent_version"}


def told(field: str, value: int) -> dict[str, Any]:
    return {field: value}


@pytest.mark.shows("F108")
async def test_applying_answers_with_a_case_number_and_the_time_of_the_answer(
    running: Running,
) -> None:
    first = (await case(running)).first
    assert re.fullmatch(r"RQ\d{8}000001", first["case_no"])
    assert first["state"] == "submitted"
    assert first["submitted_at"] < first["answer_due_at"]


@pytest.mark.shows("F099")
async def test_everything_that_is_required_is_asked_for_by_name(running: Running) -> None:
    at = await counter(running)
    api = await certified(running)
    answer = await api.post(f"/products/{at.product.id}/applications", {})
    assert (answer.status, answer.code) == (422, "core.fields_invalid")
    assert set(answer.json["problems"]) == REQUIRED
    assert await running.database["applications"].count_documents({}) == 0


@pytest.mark.shows("F099")
async def test_what_was_told_is_kept_and_told_back(running: Running) -> None:
    one = await case(running, was_overdue=True, total_loans_fen=80 * WAN + 1)
    told = await one.now()
    for name, value in wanted(was_overdue=True, total_loans_fen=80 * WAN + 1).items():
        assert told[name] == value, name
    document = await running.database["applications"].find_one({"_id": one.id})
    assert document is not None
    for secret in ("沈一舟", "19900009001", "采购原材料"):
        assert secret.encode() not in str(document).encode()


@pytest.mark.shows("F101")
@pytest.mark.parametrize(
    ("field", "fitting", "unfitting", "code"),
    [
        ("amount_fen", (10 * WAN, 300 * WAN), (10 * WAN - 1, 300 * WAN + 1), "amount"),
        ("term_months", (3, 12), (2, 13), "term"),
        ("expected_rate_bp", (400, 600), (399, 601), "rate"),
    ],
)
async def test_the_bounds_of_the_product_are_inside_and_the_next_number_is_not(
    running: Running, field: str, fitting: tuple[int, ...], unfitting: tuple[int, ...], code: str
) -> None:
    at, api = await counter(running), await certified(running)
    for value in unfitting:
        answer = await apply(api, at, **told(field, value))
        assert (answer.status, answer.code) == (422, f"applications.{code}_out_of_range")
        assert answer.json["field"] == field
    assert await running.database["applications"].count_documents({}) == 0
    assert await running.database["consents"].count_documents({"kind": "application"}) == 0
    for value in fitting:
        answer = await apply(api, at, **told(field, value))
        assert answer.status == 201, answer.text
        await api.post(f"/applications/{answer.json['application_id']}/withdraw")


@pytest.mark.shows("F101")
@pytest.mark.parametrize("amount", [1_500_000.5, "150", "150万", True, None, 1e30, -1, 0])
async def test_an_amount_in_another_unit_or_shape_is_refused(
    running: Running, amount: object
) -> None:
    at, api = await counter(running), await certified(running)
    answer = await apply(api, at, amount_fen=amount)
    assert (answer.status, answer.code) == (422, "core.fields_invalid")
    assert list(answer.json["problems"]) == ["amount_fen"]
    assert await running.database["applications"].count_documents({}) == 0


@pytest.mark.shows("F101")
async def test_all_that_does_not_fit_is_said_at_once(running: Running) -> None:
    at, api = await counter(running), await certified(running)
    answer = await apply(api, at, amount_fen=1, term_months=600, expected_rate_bp=1)
    assert (answer.status, answer.code) == (422, "core.fields_invalid")
    assert set(answer.json["problems"]) == {"amount_fen", "term_months", "expected_rate_bp"}


@pytest.mark.shows("F098")
async def test_an_application_goes_to_a_branch_of_the_institution_that_serves_the_region(
    running: Running,
) -> None:
    api = await certified(running, enterprise(0))  # registered in 430111
    far, near = branch("望江支行", "430104"), branch("麓谷支行", "430111")
    at = await counter(running, far, near)
    other = await counter(running, name="溪山银行")
    for wrong, code in ((far, "not_serving"), (other.branch, "not_of_institution")):
        answer = await apply(api, at, branch_id=wrong.id)
        assert (answer.status, answer.code) == (422, f"institutions.branch_{code}")
        assert answer.json["field"] == "branch_id"
    assert await running.database["applications"].count_documents({}) == 0
    answer = await apply(api, at, branch_id=near.id)
    assert (answer.status, answer.json["branch_name"]) == (201, "麓谷支行")


async def test_an_enterprise_that_is_not_certified_is_sent_to_certification(
    running: Running,
) -> None:
    at, api = await counter(running), await register(running)
    answer = await apply(api, at)
    assert (answer.status, answer.code) == (403, "enterprises.need_cert")
    assert answer.json["facts"]["go_to"] == "/certification"
    assert await running.database["applications"].count_documents({}) == 0
    listed = await api.get("/applications")
    assert (listed.status, listed.json["items"]) == (200, [])


async def test_consent_to_an_old_text_is_refused_and_to_the_present_one_is_kept(
    running: Running,
) -> None:
    at, api = await counter(running), await certified(running)
    old = await apply(api, at, consent_version="2020-01-01")
    assert (old.status, old.code) == (422, "consents.outdated")
    assert await running.database["applications"].count_documents({}) == 0
    good = await apply(api, at)
    given = await running.database["consents"].find_one({"kind": "application"})
    assert given is not None
    assert given["subject_id"] == good.json["application_id"]


@pytest.mark.shows("F173")
async def test_a_double_tap_makes_one_case_with_one_number(running: Running) -> None:
    at, api = await counter(running), await certified(running)
    answers = await asyncio.gather(*(apply(api, at, key="one-and-the-same") for _ in range(4)))
    assert {answer.status for answer in answers} <= {201, 409}
    assert 201 in {answer.status for answer in answers}
    again = await apply(api, at, key="one-and-the-same")
    assert (again.status, again.headers["Idempotent-Replay"]) == (201, "true")
    items = (await api.get("/applications")).json["items"]
    assert [one["case_no"] for one in items] == [again.json["case_no"]]


async def test_two_applications_to_one_product_at_once_are_one(running: Running) -> None:
    at, api = await counter(running), await certified(running)
    answers = await asyncio.gather(*(apply(api, at) for _ in range(4)))
    assert sorted(answer.status for answer in answers) == [201, 409, 409, 409]
    refused = next(answer for answer in answers if answer.status == 409)
    assert refused.code == "applications.already_open"
    assert await running.database["applications"].count_documents({}) == 1


async def test_after_taking_it_back_one_may_apply_again(running: Running) -> None:
    one = await case(running)
    refused = await apply(one.applicant, one.at)
    assert (refused.status, refused.code) == (409, "applications.already_open")
    assert refused.json["facts"]["application_id"] == one.id
    withdrawn = await one.applicant.post(f"/applications/{one.id}/withdraw")
    assert (withdrawn.status, withdrawn.json["state"]) == (200, "withdrawn")
    assert withdrawn.json["answer_due_at"] is None
    again = await apply(one.applicant, one.at)
    assert again.status == 201
    assert again.json["case_no"] != one.first["case_no"]


async def test_a_try_that_ended_after_the_consent_is_finished_by_the_same_key(
    running: Running,
) -> None:
    at, api = await counter(running), await certified(running)
    applications = running.database["applications"]
    # The database itself refuses the insert that follows the consent.
    await applications.database.command("collMod", "applications", validator={"_id": "nothing"})
    try:
        broken = await apply(api, at, key="the-key-of-this-try")
        assert broken.status == 500
        assert await running.database["consents"].count_documents({"kind": "application"}) == 1
        assert await applications.count_documents({}) == 0
    finally:
        await applications.database.command("collMod", "applications", validator={})
    mended = await apply(api, at, key="the-key-of-this-try")
    assert mended.status == 201, mended.text
    given = await running.database["consents"].find({"kind": "application"}).to_list(9)
    assert [one["subject_id"] for one in given] == [mended.json["application_id"]]
    assert len((await api.get("/applications")).json["items"]) == 1


async def test_a_product_off_the_shelf_takes_no_applications(running: Running) -> None:
    at, api = await counter(running), await certified(running)
    await mart_on(running.database, running.clock).products.take_off_shelf(
        at.product.id, actor=None
    )
    answer = await apply(api, at)
    assert (answer.status, answer.code) == (404, "products.not_found")
    assert await running.database["applications"].count_documents({}) == 0


async def test_a_running_case_keeps_the_terms_of_its_day(running: Running) -> None:
    one = await case(running)
    products = mart_on(running.database, running.clock).products
    product = await products.take_off_shelf(one.at.product.id, actor=None)
    changed = content(name="云帆新贷", amount_min_fen=200 * WAN, amount_max_fen=250 * WAN)
    await products.revise(product.id, changed, version=product.version, actor=None)
    await products.publish(product.id, actor=None)
    now = await one.now()
    assert (now["product_name"], now["terms"]) == ("云帆经营贷", one.first["terms"])
    await one.up_to("refer-back")
    answer = await one.applicant.post(
        f"/applications/{one.id}/resubmit", wanted(amount_fen=10 * WAN)
    )
    assert (answer.status, answer.json["amount_fen"]) == (200, 10 * WAN)


async def test_somebody_elses_case_does_not_exist(running: Running) -> None:
    one = await case(running)
    for stranger in (await certified(running, enterprise(1)), await register(running)):
        assert (await stranger.get("/applications")).json["items"] == []
        for answer in (
            await stranger.get(f"/applications/{one.id}"),
            await stranger.post(f"/applications/{one.id}/withdraw"),
        ):
            assert (answer.status, answer.code) == (404, "applications.not_found")
    assert (await one.now())["state"] == "submitted"


@pytest.mark.shows("F109")
async def test_the_list_is_newest_first_and_goes_on_by_cursor(running: Running) -> None:
    api = await certified(running)
    numbers: list[str] = []
    for name in ("江岸银行", "溪山银行", "长堤银行"):
        answer = await apply(api, await counter(running, name=name))
        numbers.insert(0, answer.json["case_no"])
        running.clock.advance(minutes=1)
    first = (await api.get("/applications", size="2")).json
    rest = (await api.get("/applications", size="2", cursor=first["next_cursor"])).json
    found = [one["case_no"] for one in (*first["items"], *rest["items"])]
    assert (found, first["total"], rest["next_cursor"]) == (numbers, 3, None)


@pytest.mark.shows("F110")
async def test_the_list_says_all_and_is_narrowed_by_state_and_words(running: Running) -> None:
    api = await certified(running)
    one = await case(running, api, await counter(running, name="江岸银行"))
    await one.up_to("accept", "credit", "loans")
    two = await case(running, api, await counter(running, name="溪山银行"))
    row = (await api.get("/applications", q="江岸")).json["items"]
    assert [each["application_id"] for each in row] == [one.id]
    assert (row[0]["credit_fen"], row[0]["lent_fen"]) == (100 * WAN, 40 * WAN)
    assert (row[0]["institution_kind"], row[0]["term_months"]) == ("bank", 12)
    for query, expected in (
        ({"state": "submitted"}, [two.id]),
        ({"q": two.first["case_no"].lower()}, [two.id]),
        ({"q": "青禾"}, []),  # the enterprise's own name finds nothing among its own
        ({"q": "　"}, [two.id, one.id]),
    ):
        items = (await api.get("/applications", **query)).json["items"]
        assert [each["application_id"] for each in items] == expected, query


@pytest.mark.shows("F113")
async def test_the_applicant_sees_who_did_what_from_first_to_last(running: Running) -> None:
    one = await case(running)
    await one.up_to("refer-back")
    await one.applicant.post(f"/applications/{one.id}/resubmit", wanted(amount_fen=120 * WAN))
    await one.up_to("accept")
    await one.do("credit", amount_fen=400 * WAN, reason="总行特批，企业为重点客户")
    await one.up_to("loans", "close")
    now = await one.now()
    assert [(step["deed"], step["by"]) for step in now["steps"]] == [
        ("submitted", "enterprise"),
        ("referred_back", "institution"),
        ("resubmitted", "enterprise"),
        ("accepted", "institution"),
        ("credited", "institution"),
        ("lent", "institution"),
        ("closed", "institution"),
    ]
    assert now["steps"][1]["note"] == "请补充近一年的纳税证明"
    assert now["amount_fen"] == 120 * WAN
    assert "总行特批" not in str(now)  # what the institution notes for itself
    seen = (await one.officer.get(f"/cases/{one.id}")).json
    assert seen["credit"]["reason"] == seen["steps"][4]["note"] == "总行特批，企业为重点客户"


async def test_both_sides_are_told(running: Running) -> None:
    at = await counter(running)
    await officer(running, at.institution, at.branch)
    one = await case(running, at=at)
    await one.up_to("accept")
    messages = running.database["messages"]

    async def told() -> bool:
        kinds = [each["kind"] async for each in messages.find()]
        return set(kinds) == {
            "application_accepted",
            "application_received",
            "application_submitted",
        }

    await until(told, 10)


async def test_a_branch_that_serves_the_whole_city_serves_its_districts(running: Running) -> None:
    at = await counter(running, branch("总部营业部", CITY))
    assert (await apply(await certified(running), at)).status == 201
