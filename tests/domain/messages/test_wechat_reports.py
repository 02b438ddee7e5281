"""From an event to the end that WeChat tells: a running platform, and the sandbox's own pushes."""

from collections.abc import AsyncIterator

import pytest

from server.core.events import Event
from server.core.ids import new_id
from server.messages.delivery import Delivery
from server.messages.delivery_states import Channel, DeliveryState, Finish, Problem
from tests.domain.messages.wechat_office import AS_SET, KEY, SETTING, WeChatDoor
from tests.people import new_phone, register
from tests.platforms import Running, Starter
from tests.waiting import until


@pytest.fixture
async def running(start: Starter, wechat: WeChatDoor) -> AsyncIterator[Running]:
    """A platform that WeChat pushes to."""
    running = await start(**{SETTING: AS_SET})
    await _push_to(running, running.url)
    yield running
    await _push_to(running, "")


@pytest.mark.shows("T27")
async def test_wechat_tells_that_a_card_arrived_and_no_sms_follows(
    running: Running, wechat: WeChatDoor
) -> None:
    phone = new_phone()
    delivery = await _ended(running, await _told(running, wechat, phone))
    assert (delivery.channel, delivery.state) == (Channel.WECHAT, DeliveryState.DELIVERED)
    [card] = await wechat.cards()
    assert card["url"] == f"{running.url}/certification"
    assert await _sms(running, phone) == 0


@pytest.mark.shows("T27")
async def test_wechat_tells_that_a_person_takes_no_cards_and_an_sms_follows(
    running: Running, wechat: WeChatDoor
) -> None:
    phone = new_phone()
    delivery = await _ended(running, await _told(running, wechat, phone, blocked=True))
    assert (delivery.channel, delivery.state) == (Channel.SMS, DeliveryState.SENT)
    assert (delivery.wechat_problem, delivery.finish) == (Problem.BLOCKED, Finish.BLOCKED)
    assert await wechat.cards() == []
    assert await _sms(running, phone) == 1


async def _told(
    running: Running, wechat: WeChatDoor, phone: str, *, blocked: bool = False
) -> tuple[str, str]:
    """Event and account of somebody who follows, is bound, and has been certified."""
    await register(running, phone)
    account = await running.database["accounts"].find_one({})
    assert account is not None
    openid = await wechat.follow(KEY)
    followers = running.platform.services.followers
    await followers.bind(openid, account["_id"], address="127.0.0.1")
    assert await followers.openid_of(account["_id"]) == openid
    if blocked:
        await wechat.block()
    event = Event(
        id=new_id(),
        name="enterprises.certification_approved",
        at=running.clock(),
        subject_id=new_id(),
        facts={"account_id": account["_id"]},
    )
    await running.database["certifications"].insert_one(
        {"_id": event.subject_id, "pending": [event.to_document()]}
    )
    return event.id, account["_id"]


async def _ended(running: Running, told: tuple[str, str]) -> Delivery:
    async def ended() -> Delivery | None:
        found = await running.platform.services.deliveries.find(*told)
        return found if found is not None and found.due_at is None else None

    delivery = await until(ended, deadline_seconds=20)
    assert isinstance(delivery, Delivery)
    return delivery


async def _push_to(running: Running, url: str) -> None:
    server = f"http://{running.sandbox.address}/wechat/server"
    async with running.http.put(server, json={"url": url}) as answer:
        assert answer.status == 200


async def _sms(running: Running, phone: str) -> int:
    messages = await running.sandbox.inbox(phone)
    return sum(message["template"] != "SMS_CODE" for message in messages)
