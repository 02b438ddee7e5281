"""SmsReport as Aliyun pushes it."""

import json
from typing import Any

import aiohttp
import pytest

from server.core.events import Event
from server.core.ids import new_id
from server.messages.delivery import Delivery
from server.messages.delivery_states import DeliveryState
from server.messages.kinds import MessageKind
from tests.people import register
from tests.platforms import Running
from tests.waiting import until

SECRET = "receipt-secret-of-the-tests"


def report(out_id: str, *, success: bool = True, code: str = "DELIVERED") -> dict[str, Any]:
    """One report in the documented shape; the number is nobody's."""
    return {
        "phone_number": "19900000000",
        "send_time": "2026-11-20 11:00:00",
        "report_time": "2026-11-20 11:00:03",
        "success": success,
        "err_code": code,
        "err_msg": "用户接收成功",
        "sms_size": "1",
        "biz_id": "900619746936498440^0",
        "out_id": out_id,
    }


async def push(running: Running, body: bytes, secret: str = SECRET) -> tuple[int, Any]:
    """Push as the vendor does: no session, no token."""
    async with aiohttp.ClientSession() as vendor:
        headers = {"Content-Type": "application/json"}
        url = f"{running.url}/receipts/sms/{secret}"
        async with vendor.post(url, data=body, headers=headers) as answer:
            return answer.status, json.loads(await answer.read() or b"null")


async def sent(running: Running) -> tuple[Event, str, Delivery]:
    """An SMS that has left."""
    client = await register(running)
    account_id = str((await client.get("/me")).json["account_id"])
    event = Event(id=new_id(), name="made.up", at=running.clock(), subject_id=new_id())
    services = running.platform.services
    kind, facts = MessageKind.APPLICATION_SUBMITTED, {"case_no": "RQ20261120000001"}
    await services.messages.notify(event, kind, account_id, facts)

    async def delivery() -> Delivery | None:
        found = await services.deliveries.find(event.id, account_id)
        return found if found and found.state is DeliveryState.SENT else None

    return event, account_id, await until(delivery)


async def test_a_receipt_is_noted_and_the_same_again_changes_nothing(running: Running) -> None:
    event, account_id, delivery = await sent(running)
    assert delivery.is_delivered is None
    deliveries = running.platform.services.deliveries
    for success in (True, True, False):
        body = json.dumps([report(delivery.id, success=success)]).encode()
        assert await push(running, body) == (200, {"code": 0, "msg": "接收成功"})
        noted = await deliveries.find(event.id, account_id)
        assert noted is not None
        assert (noted.is_delivered, noted.state) == (True, DeliveryState.SENT)


async def test_what_was_not_received_is_noted_too(running: Running) -> None:
    event, account_id, delivery = await sent(running)
    body = json.dumps([report(delivery.id, success=False, code="MK:0001")]).encode()
    assert (await push(running, body))[0] == 200
    noted = await running.platform.services.deliveries.find(event.id, account_id)
    assert noted is not None
    assert (noted.is_delivered, noted.state) == (False, DeliveryState.SENT)


async def test_receipts_of_messages_that_are_not_ours_go_nowhere(running: Running) -> None:
    _, _, delivery = await sent(running)
    before = await running.database["deliveries"].find_one({"_id": delivery.id})
    reports = [report("0" * 26), report(""), report("; drop")]
    assert (await push(running, json.dumps(reports).encode()))[0] == 200
    assert await running.database["deliveries"].find_one({"_id": delivery.id}) == before
    assert await running.database["deliveries"].count_documents({}) == 1


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"not json",
        b"{}",
        b'[{"out_id": "x"}]',
        b'[{"out_id": 7, "success": true}]',
        b'[{"out_id": "x", "success": "yes"}]',
        json.dumps([report("x")] * 1001).encode(),
        b"\xff\xfe",
    ],
)
async def test_a_body_that_is_no_report_is_refused(running: Running, body: bytes) -> None:
    status, answer = await push(running, body[: 256 * 1024])
    assert (status, answer["code"]) == (422, "core.request_malformed")
    assert await running.database["deliveries"].count_documents({}) == 0


async def test_a_body_too_large_is_refused_before_it_is_read(running: Running) -> None:
    status, answer = await push(running, b"[" + b" " * 256 * 1024 + b"]")
    assert (status, answer["code"]) == (413, "core.body_too_large")


@pytest.mark.parametrize("secret", ["wrong", SECRET + "x", SECRET[:-1], "%E4%B8%AD"])
async def test_with_a_wrong_secret_there_is_no_such_address(running: Running, secret: str) -> None:
    _, _, delivery = await sent(running)
    status, answer = await push(running, json.dumps([report(delivery.id)]).encode(), secret)
    assert (status, answer["code"]) == (404, "core.address_unknown")
    kept = await running.database["deliveries"].find_one({"_id": delivery.id})
    assert kept is not None
    assert kept.get("is_delivered") is None
