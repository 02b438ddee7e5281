"""The sandbox's own addresses: faults of every kind, the ledger, the clock."""

from __future__ import annotations

import asyncio
import time
from datetime import timedelta

import pytest
from aliyunsdkcore.acs_exception.exceptions import ClientException
from tencentcloud.common.exception.tencent_cloud_sdk_exception import TencentCloudSDKException

from sandbox.state import State
from sandbox.world import Person
from tests.sandbox.vendors import (
    aliyun_of,
    call,
    eid_status,
    eid_token,
    faceid_of,
    http,
    own,
    send_sms,
    token_request,
)

PHONE = "19900001001"


async def token_with(state: State, person: Person, read_seconds: float = 10) -> object:
    client = faceid_of(state, read_seconds=read_seconds)
    return await call(client.GetEidToken, token_request(person.name, person.id_number))


@pytest.mark.parametrize(
    ("fault", "code"),
    [
        ({"kind": "status", "status": 502}, "ServerNetworkError"),
        ({"kind": "garbage"}, "JSONDecodeError"),
        ({"kind": "cut"}, "ClientNetworkError"),
        ({"kind": "refuse", "code": "RequestLimitExceeded"}, "RequestLimitExceeded"),
    ],
)
async def test_a_fault_strikes_as_often_as_asked(
    state: State, person: Person, fault: dict[str, object], code: str
) -> None:
    await own(state, "POST", "/faults", {"target": "tencent.faceid", "times": 2, **fault})
    for _ in range(2):
        with pytest.raises(TencentCloudSDKException) as raised:
            await token_with(state, person)
        assert raised.value.get_code() == code
    assert await token_with(state, person)


async def test_a_fault_strikes_its_target_only(state: State, person: Person) -> None:
    await own(state, "POST", "/faults", {"target": "tencent.GetEidResult", "kind": "cut"})
    token = (await eid_token(state, person.name, person.id_number)).EidToken
    assert await eid_status(state, token) == "init"
    assert (await send_sms(state, PHONE))["Code"] == "OK"
    assert len((await own(state, "GET", "/faults"))["faults"]) == 1
    await own(state, "DELETE", "/faults")
    assert (await own(state, "GET", "/faults"))["faults"] == []


async def test_a_timeout_holds_the_answer_until_the_client_gives_up(
    state: State, person: Person
) -> None:
    await own(state, "POST", "/faults", {"target": "tencent.GetEidToken", "kind": "timeout"})
    began = time.monotonic()
    with pytest.raises(TencentCloudSDKException) as raised:
        await token_with(state, person, read_seconds=0.5)
    assert raised.value.get_code() == "ClientNetworkError"
    assert time.monotonic() - began < 5


async def test_a_slow_body_drips_past_a_timeout_per_read(state: State, person: Person) -> None:
    fault = {"target": "tencent.GetEidToken", "kind": "slow", "seconds": 2}
    await own(state, "POST", "/faults", fault)
    began = time.monotonic()
    assert await token_with(state, person, read_seconds=1)
    assert time.monotonic() - began > 1.5


async def test_a_lost_answer_can_hide_a_message_that_was_sent(state: State) -> None:
    fault = {"target": "aliyun.sms", "kind": "timeout", "after": True}
    await own(state, "POST", "/faults", fault)
    with pytest.raises(ClientException):
        await send_sms(state, PHONE, client=aliyun_of(state, read=1))
    assert len(state.sms.inbox(PHONE)) == 1
    await own(state, "POST", "/faults", {"target": "aliyun.sms", "kind": "cut"})
    with pytest.raises(ClientException):
        await send_sms(state, "19900001002")
    assert state.sms.inbox("19900001002") == []


async def test_aliyun_can_be_told_to_refuse(state: State) -> None:
    fault = {"target": "aliyun.SendSms", "kind": "refuse", "code": "isv.AMOUNT_NOT_ENOUGH"}
    await own(state, "POST", "/faults", fault)
    assert (await send_sms(state, PHONE))["Code"] == "isv.AMOUNT_NOT_ENOUGH"
    assert state.sms.inbox(PHONE) == []


@pytest.mark.parametrize(
    "document",
    [
        {"target": "tencent"},
        {"target": "tencent", "kind": "earthquake"},
        {"target": "tencent", "kind": "refuse"},
        {"target": "tencent", "kind": "cut", "times": 0},
        {"target": "tencent", "kind": "cut", "colour": "red"},
        ["not", "an", "object"],
    ],
)
async def test_a_fault_that_makes_no_sense_is_refused(state: State, document: object) -> None:
    response = await http(state, "POST", "/faults", document)
    assert response.code == 400
    assert state.faults.waiting() == []


async def test_the_ledger_tells_calls_by_vendor_and_masks_id_numbers(
    state: State, person: Person
) -> None:
    answer = await eid_token(state, person.name, person.id_number)
    await send_sms(state, PHONE, "SMS_UNKNOWN")
    (entry,) = (await own(state, "GET", "/ledger?vendor=tencent"))["entries"]
    assert (entry["action"], entry["ok"]) == ("GetEidToken", True)
    assert entry["request_id"] == answer.RequestId
    everything = (await http(state, "GET", "/ledger")).body.decode()
    assert person.id_number not in everything
    assert f"{person.id_number[:6]}********{person.id_number[14:]}" in everything
    (refused,) = (await own(state, "GET", "/ledger?vendor=aliyun"))["entries"]
    assert (refused["ok"], refused["code"]) == (False, "isv.SMS_TEMPLATE_ILLEGAL")
    await own(state, "DELETE", "/ledger")
    assert (await own(state, "GET", "/ledger"))["entries"] == []


async def test_the_ledger_is_bounded(state: State) -> None:
    for number in range(2100):
        state.ledger.note(vendor="x", action=str(number), ok=True, request_id="")
    entries = state.ledger.entries()
    assert (len(entries), entries[-1]["action"]) == (2000, "2099")


async def test_the_clock_runs_forwards_and_can_be_reset(state: State) -> None:
    moved = await own(state, "POST", "/clock", {"advance_seconds": 90})
    assert moved["ahead_seconds"] == 90
    for wrong in ({"advance_seconds": -1}, {"advance_seconds": "soon"}):
        assert (await http(state, "POST", "/clock", wrong)).code == 400
    assert (await own(state, "GET", "/clock"))["ahead_seconds"] == 90
    assert (await own(state, "POST", "/clock", {"reset": True}))["ahead_seconds"] == 0


async def test_whoever_waits_for_the_clock_wakes_when_it_is_advanced(state: State) -> None:
    waiting = asyncio.ensure_future(state.clock.reached(state.clock.now() + timedelta(hours=1)))
    await asyncio.sleep(0)
    assert not waiting.done()
    state.clock.advance(3600)
    await asyncio.wait_for(waiting, 5)
