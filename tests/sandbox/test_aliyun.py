"""Aliyun SMS on loopback, driven by Aliyun's own SDK: signatures, limits, inbox, receipts."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import pytest
import pytest_asyncio
from aliyunsdkcore.acs_exception.exceptions import ServerException
from tornado.httpserver import HTTPServer
from tornado.netutil import bind_sockets
from tornado.web import Application, RequestHandler

from sandbox.app import listen
from sandbox.sms import SHANGHAI
from sandbox.state import State, new_state
from sandbox.world import World
from tests.sandbox.vendors import aliyun, aliyun_of, aliyun_request, call, http, own, send_sms

PHONE = "19900001001"


async def test_a_code_reaches_the_inbox_as_a_full_sentence(state: State) -> None:
    answer = await send_sms(state, PHONE, out_id="out-1")
    assert answer["Code"] == "OK" and answer["BizId"]
    inbox = (await own(state, "GET", f"/sms?phone={PHONE}"))["messages"]
    assert [one["text"] for one in inbox] == [
        "【融桥】验证码 482913，10 分钟内有效。请勿告诉他人。"
    ]
    assert inbox[0]["out_id"] == "out-1"


@pytest.mark.parametrize(
    ("key", "secret", "code"),
    [
        ("LTAIsandbox", "another", "SignatureDoesNotMatch"),
        ("LTAInobody", "sandbox-aliyun-secret", "InvalidAccessKeyId.NotFound"),
    ],
)
async def test_wrong_credentials_are_refused_and_nothing_is_sent(
    state: State, key: str, secret: str, code: str
) -> None:
    with pytest.raises(ServerException) as raised:
        await send_sms(state, PHONE, client=aliyun_of(state, key=key, secret=secret))
    # The SDK renames a mismatch when the server's string to sign equals its own.
    assert raised.value.get_error_code() in {code, "InvalidAccessKeySecret"}
    assert state.sms.inbox(PHONE) == []


async def signed_address(state: State) -> str:
    request = aliyun_request(
        "SendSms",
        PhoneNumbers=PHONE,
        SignName="融桥",
        TemplateCode="SMS_CODE",
        TemplateParam='{"code": "1 *~+"}',
    )
    request.trans_to_acs_request()
    _, address = aliyun_of(state)._signer.sign("cn-hangzhou", request)
    return str(address)


async def test_a_changed_number_is_refused(state: State) -> None:
    address = await signed_address(state)
    changed = address.replace(PHONE, "19900001002")
    response = await http(state, "POST", changed)
    assert response.code == 400
    assert json.loads(response.body)["Code"] == "SignatureDoesNotMatch"
    assert state.sms.inbox("19900001002") == []


async def test_a_replayed_request_is_refused(state: State) -> None:
    address = await signed_address(state)
    first, again = [await http(state, "POST", address) for _ in range(2)]
    assert json.loads(first.body)["Code"] == "OK"
    assert json.loads(again.body)["Code"] == "SignatureNonceUsed"
    assert len(state.sms.inbox(PHONE)) == 1


async def test_an_old_time_stamp_is_refused(state: State, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        "aliyunsdkcore.utils.parameter_helper.get_iso_8061_date", lambda: "2020-01-01T00:00:00Z"
    )
    response = await http(state, "POST", await signed_address(state))
    assert json.loads(response.body)["Code"] == "InvalidTimeStamp.Expired"
    assert state.sms.inbox(PHONE) == []


async def test_codes_are_limited_to_one_a_minute_five_an_hour_ten_a_day(state: State) -> None:
    assert (await send_sms(state, PHONE))["Code"] == "OK"
    again = await send_sms(state, PHONE)
    assert again["Code"] == "isv.BUSINESS_LIMIT_CONTROL"
    assert again["Message"] == "触发分钟级流控Permits:1"
    for _ in range(4):
        await own(state, "POST", "/clock", {"advance_seconds": 61})
        assert (await send_sms(state, PHONE))["Code"] == "OK"
    await own(state, "POST", "/clock", {"advance_seconds": 61})
    assert (await send_sms(state, PHONE))["Message"] == "触发小时级流控Permits:5"
    for _ in range(5):
        state.clock.advance(3601)
        assert (await send_sms(state, PHONE))["Code"] == "OK"
    state.clock.advance(3601)
    assert (await send_sms(state, PHONE))["Message"] == "触发天级流控Permits:10"
    assert (await send_sms(state, "19900001002"))["Code"] == "OK"
    state.clock.advance(86400)
    assert (await send_sms(state, PHONE))["Code"] == "OK"
    assert len(state.sms.inbox(PHONE)) == 11


async def test_notices_do_not_fall_under_the_limits_for_codes(state: State) -> None:
    for _ in range(3):
        answer = await send_sms(state, PHONE, "SMS_CERT_APPROVED", params={})
        assert answer["Code"] == "OK"


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"phone": "12345"}, "isv.MOBILE_NUMBER_ILLEGAL"),
        ({"template": "SMS_UNKNOWN"}, "isv.SMS_TEMPLATE_ILLEGAL"),
        ({"sign_name": "别家"}, "isv.SMS_SIGNATURE_ILLEGAL"),
        ({"params": {}}, "isv.TEMPLATE_MISSING_PARAMETERS"),
        ({"params": "not json"}, "isv.INVALID_JSON_PARAM"),
        ({"params": {"code": "9" * 36}}, "isv.PARAM_LENGTH_LIMIT"),
        ({"params": {"code": "http://x"}}, "isv.PARAM_NOT_SUPPORT_URL"),
    ],
)
async def test_what_aliyun_refuses_is_refused_and_not_sent(
    state: State, change: dict[str, Any], code: str
) -> None:
    answer = await send_sms(state, **{"phone": PHONE, **change})
    assert answer["Code"] == code
    assert state.sms.inbox(PHONE) == []


async def test_a_message_is_found_by_number_day_and_out_id(state: State) -> None:
    await send_sms(state, PHONE, out_id="out-7")
    day = state.clock.now().astimezone(SHANGHAI)
    query = {"PhoneNumber": PHONE, "PageSize": "10", "CurrentPage": "1"}
    client = aliyun_of(state)
    found = await aliyun(client, "QuerySendDetails", SendDate=f"{day:%Y%m%d}", **query)
    (detail,) = found["SmsSendDetailDTOs"]["SmsSendDetailDTO"]
    assert (detail["OutId"], detail["SendStatus"]) == ("out-7", 3)
    before = f"{day - timedelta(days=1):%Y%m%d}"
    nothing = await aliyun(client, "QuerySendDetails", SendDate=before, **query)
    assert (nothing["Code"], nothing["TotalCount"]) == ("OK", "0")


async def test_an_unknown_action_is_not_found(state: State) -> None:
    with pytest.raises(ServerException) as raised:
        await call(aliyun_of(state).do_action_with_exception, aliyun_request("SendFax"))
    assert raised.value.get_error_code() == "InvalidAction.NotFound"


class ReceiptSink:
    """A place that takes receipts, after refusing the first `refusing` of them."""

    def __init__(self, refusing: int) -> None:
        self.refusing = refusing
        self.taken: asyncio.Queue[tuple[bool, Any]] = asyncio.Queue()
        self.url = ""

    def start(self) -> HTTPServer:
        sink = self

        class Receive(RequestHandler):
            def post(self) -> None:
                accepted = sink.refusing <= 0
                sink.refusing -= 1
                sink.taken.put_nowait((accepted, json.loads(self.request.body)))
                if not accepted:
                    self.set_status(503)
                    return
                self.write({"code": 0, "msg": "接收成功"})

        server = HTTPServer(Application([(r"/receipts", Receive)]))
        sockets = bind_sockets(0, "127.0.0.1")
        server.add_sockets(sockets)
        self.url = f"http://127.0.0.1:{sockets[0].getsockname()[1]}/receipts"
        return server


@pytest_asyncio.fixture
async def sink() -> AsyncIterator[ReceiptSink]:
    place = ReceiptSink(refusing=1)
    server = place.start()
    yield place
    server.stop()


async def test_receipts_are_pushed_and_pushed_again_a_minute_later(
    world: World, sink: ReceiptSink
) -> None:
    state = new_state(world, receipt_url=sink.url)
    server = listen(state, 0)
    try:
        answer = await send_sms(state, PHONE, out_id="out-9")
        accepted, _ = await asyncio.wait_for(sink.taken.get(), 10)
        assert not accepted
        state.clock.advance(60)
        accepted, (report,) = await asyncio.wait_for(sink.taken.get(), 10)
        assert accepted and report["success"] is True
        assert (report["biz_id"], report["out_id"]) == (answer["BizId"], "out-9")
    finally:
        server.stop()
