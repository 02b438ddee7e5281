"""Registration, log-in and log-out over the API."""

import asyncio

import pytest

from tests.people import VERSIONS, get_code, new_phone, register, wait_for_another_code
from tests.platforms import Running, Starter
from tests.waiting import until


async def test_somebody_registers_with_the_code_that_his_phone_got(running: Running) -> None:
    phone = new_phone()
    code = await get_code(running, phone)
    answer = await running.api().post("/accounts", {"phone": phone, "code": code, **VERSIONS})
    assert answer.status == 201
    me = await running.api(answer.json["token"]).get("/me")
    assert me.json["phone"] == f"{phone[:3]}****{phone[-4:]}"
    assert me.json["privacy_accepted"] is True


@pytest.mark.shows("F021")
async def test_a_second_sign_up_with_the_same_phone_is_refused(running: Running) -> None:
    phone = new_phone()
    await register(running, phone)
    await wait_for_another_code(running)
    body = {"phone": phone, "code": await get_code(running, phone), **VERSIONS}
    answer = await running.api().post("/accounts", body)
    refused = (answer.status, answer.code, answer.json["field"])
    assert refused == (409, "accounts.phone_taken", "phone")
    assert await running.database["accounts"].count_documents({}) == 1


@pytest.mark.shows("F173")
async def test_the_same_registration_sent_twice_makes_one_account_and_one_answer(
    running: Running,
) -> None:
    phone = new_phone()
    body = {"phone": phone, "code": await get_code(running, phone), **VERSIONS}
    first = await running.api().post("/accounts", body, key="a-key-of-mine")
    second = await running.api().post("/accounts", body, key="a-key-of-mine")
    assert (first.status, second.status) == (201, 201)
    assert first.body == second.body
    assert second.headers["Idempotent-Replay"] == "true"
    other = await running.api().post("/accounts", {**body, "code": "000000"}, key="a-key-of-mine")
    assert (other.status, other.code) == (422, "idempotency.key_reused")
    assert await running.database["accounts"].count_documents({}) == 1


async def test_two_taps_at_once_make_one_account(running: Running) -> None:
    phone = new_phone()
    body = {"phone": phone, "code": await get_code(running, phone), **VERSIONS}
    answers = await asyncio.gather(
        *(running.api().post("/accounts", body, key="a-key-of-mine") for _ in range(4))
    )
    assert {answer.status for answer in answers} <= {201, 409}
    assert 201 in {answer.status for answer in answers}
    assert await running.database["accounts"].count_documents({}) == 1


async def test_a_post_that_makes_something_needs_a_key(running: Running) -> None:
    answer = await running.api().post("/sessions", {"phone": "1"}, key="short")
    assert (answer.status, answer.code) == (422, "idempotency.key_missing")


@pytest.mark.shows("F016")
async def test_missing_fields_are_refused_by_name(running: Running) -> None:
    answer = await running.api().post("/accounts", {"phone": new_phone()})
    assert (answer.status, answer.code) == (422, "core.fields_invalid")
    assert set(answer.json["problems"]) == {"code", "terms_version", "privacy_version"}
    assert await running.database["accounts"].count_documents({}) == 0


@pytest.mark.shows("F016")
async def test_the_configuration_says_what_a_registration_must_hold(start: Starter) -> None:
    running = await start(RQ__REGISTRATION__REQUIRED="[enterprise_name, uscc]")
    phone = new_phone()
    body = {"phone": phone, "code": await get_code(running, phone), **VERSIONS}
    answer = await running.api().post("/accounts", body)
    assert set(answer.json["problems"]) == {"enterprise_name", "uscc"}
    assert await running.database["accounts"].count_documents({}) == 0
    more = {**body, "enterprise_name": "云桥市晨光科技有限公司", "uscc": "91430100MA4L0000X0"}
    assert (await running.api().post("/accounts", more)).status == 201


async def test_consent_to_an_old_text_is_refused(running: Running) -> None:
    phone = new_phone()
    body = {"phone": phone, "code": await get_code(running, phone), **VERSIONS}
    answer = await running.api().post("/accounts", {**body, "privacy_version": "2020-01-01"})
    assert (answer.status, answer.code) == (422, "consents.outdated")
    assert await running.database["accounts"].count_documents({}) == 0


@pytest.mark.shows("F022")
async def test_a_second_code_is_refused_while_the_count_down_runs(running: Running) -> None:
    phone = new_phone()
    first = await running.api().post("/sms-codes", {"phone": phone})
    assert first.json["resend_seconds"] == 60
    again = await running.api().post("/sms-codes", {"phone": phone})
    assert (again.status, again.code) == (429, "accounts.code_too_soon")
    assert 0 < again.json["facts"]["retry_after_seconds"] <= 60
    assert int(again.headers["Retry-After"]) <= 60
    assert len(await running.sandbox.inbox(phone)) == 1


@pytest.mark.shows("F022")
async def test_a_code_lives_ten_minutes(running: Running) -> None:
    phone = new_phone()
    code = await get_code(running, phone)
    running.clock.advance(minutes=10, seconds=1)
    answer = await running.api().post("/accounts", {"phone": phone, "code": code, **VERSIONS})
    assert (answer.status, answer.code) == (422, "accounts.code_dead")
    assert await running.database["accounts"].count_documents({}) == 0


@pytest.mark.shows("F022")
async def test_a_code_is_dead_after_five_wrong_tries(running: Running) -> None:
    phone = new_phone()
    code = await get_code(running, phone)
    wrong = "000000" if code != "000000" else "111111"
    left = []
    for _ in range(4):
        answer = await running.api().post("/sessions", {"phone": phone, "code": wrong})
        left.append(answer.json["facts"]["tries_left"])
    assert left == [4, 3, 2, 1]
    for attempt in (wrong, code):
        answer = await running.api().post("/sessions", {"phone": phone, "code": attempt})
        assert (answer.status, answer.code) == (422, "accounts.code_dead")


@pytest.mark.shows("F022", "F030")
async def test_a_code_logs_in_once(running: Running) -> None:
    phone = new_phone()
    await register(running, phone)
    await wait_for_another_code(running)
    code = await get_code(running, phone)
    assert (await running.api().post("/sessions", {"phone": phone, "code": code})).status == 201
    again = await running.api().post("/sessions", {"phone": phone, "code": code})
    assert (again.status, again.code) == (422, "accounts.code_dead")


@pytest.mark.shows("F030")
async def test_an_unknown_phone_gets_the_same_answer_as_a_known_one(running: Running) -> None:
    known, unknown = new_phone(), new_phone()
    await register(running, known)
    await wait_for_another_code(running)
    answers = [await running.api().post("/sms-codes", {"phone": p}) for p in (known, unknown)]
    assert [answer.status for answer in answers] == [202, 202]
    assert {frozenset(answer.json) for answer in answers} == {
        frozenset({"expires_at", "resend_seconds"})
    }
    assert len(await running.sandbox.inbox(unknown)) == 1


async def test_who_proves_an_unknown_phone_is_led_to_registration_with_his_code(
    running: Running,
) -> None:
    phone = new_phone()
    code = await get_code(running, phone)
    answer = await running.api().post("/sessions", {"phone": phone, "code": code})
    assert (answer.status, answer.code) == (409, "accounts.not_registered")
    body = {"phone": phone, "code": code, **VERSIONS}
    assert (await running.api().post("/accounts", body)).status == 201


async def test_log_out_kills_the_token(running: Running) -> None:
    me = await register(running)
    assert (await me.delete("/sessions/current")).status == 204
    answer = await me.get("/me")
    assert (answer.status, answer.code) == (401, "accounts.login_needed")


async def test_another_log_in_can_be_ended_and_is_dead_in_every_process(start: Starter) -> None:
    here = await start()
    there = await start()
    phone = new_phone()
    mine = await register(here, phone)
    await wait_for_another_code(here)
    code = await get_code(here, phone)
    other = (await here.api().post("/sessions", {"phone": phone, "code": code})).json["token"]
    assert (await there.api(other).get("/me")).status == 200
    items = (await mine.get("/sessions")).json["items"]
    assert [item["is_current"] for item in items] == [False, True]
    assert (await mine.delete(f"/sessions/{items[0]['session_id']}")).status == 204

    async def is_dead() -> bool:
        return (await there.api(other).get("/me")).status == 401

    await until(is_dead, 1.0)
    assert (await mine.get("/me")).status == 200


async def test_somebody_elses_log_in_cannot_be_ended(running: Running) -> None:
    me, stranger = await register(running), await register(running)
    theirs = (await stranger.get("/sessions")).json["items"][0]["session_id"]
    answer = await me.delete(f"/sessions/{theirs}")
    assert (answer.status, answer.code) == (404, "accounts.session_not_found")
    assert (await stranger.get("/me")).status == 200


@pytest.mark.shows("F041")
async def test_personal_addresses_wait_for_the_privacy_guideline(start: Starter) -> None:
    old = await start()
    phone = new_phone()
    token = (await register(old, phone)).token
    new = await start(RQ__AGREEMENTS__PRIVACY_VERSION='"2026-12-01"')
    me = new.api(token)
    answer = await me.get("/messages")
    assert (answer.status, answer.code) == (403, "consents.privacy_needed")
    given = await me.post("/consents", {"kind": "privacy", "version": "2026-12-01"})
    assert given.status == 204
    assert (await me.get("/messages")).status == 200


async def test_malformed_bodies_are_refused_and_never_a_fault(running: Running) -> None:
    api = running.api()
    json = {"Content-Type": "application/json"}
    for data in (b"", b"{", b"[]", b"\xff\xfe", b"1", b"null", b'{"phone": {"$ne": 1}}'):
        answer = await api.call("POST", "/sms-codes", data=data, headers=json)
        assert answer.status == 422, (data, answer.text)
    answer = await api.call(
        "POST", "/sms-codes", data=b"phone=1", headers={"Content-Type": "text/plain"}
    )
    assert (answer.status, answer.code) == (415, "core.media_type_unknown")


async def test_a_dead_sms_provider_is_said_so(running: Running) -> None:
    await running.sandbox.fault("aliyun.sms", "status", times=9, status=503)
    answer = await running.api().post("/sms-codes", {"phone": new_phone()})
    assert (answer.status, answer.json["code"].split(".")[0]) == (503, "providers")
