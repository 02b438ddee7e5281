"""By WeChat first, then by SMS: once each at most, whatever WeChat does and whenever a process ends."""

import asyncio

import bson
import pytest

from server.core.events import Event
from server.messages.delivery import Delivery
from server.messages.delivery_states import Channel, DeliveryState, Finish, Problem
from server.messages.kinds import MessageKind
from tests.domain.messages.office import Opener
from tests.domain.messages.wechat_office import AS_SET, SETTING, Desk
from tests.waiting import until

BLOCKED = "failed:user block"
BROKEN = "failed: system failed"


@pytest.mark.shows("T27")
async def test_a_follower_gets_a_card_that_opens_the_case_and_no_sms(desk: Desk) -> None:
    event = await desk.tell()
    sent = await desk.delivery(event)
    assert (sent.channel, sent.state) == (Channel.WECHAT, DeliveryState.SENT)
    assert [sent.msg_id] == await desk.wechat.msg_ids()
    [card] = await desk.wechat.cards()
    assert card["template_id"] == "WX_APPLICATION_PROGRESS"
    assert card["url"].startswith("http://127.0.0.1:")
    assert card["url"].endswith(f"/applications/{event.subject_id}")
    assert "RQ20261120000001" in str(card["rows"])
    await desk.finish("success")
    ended = await desk.delivery(event)
    assert (ended.state, ended.finish) == (DeliveryState.DELIVERED, Finish.DELIVERED)
    assert await desk.pass_by(hours=25) == 0
    assert await desk.counts() == (1, 0)
    assert await desk.office.services.messages.unread(desk.person.actor) == 1


async def test_the_same_news_again_sends_nothing_again(desk: Desk) -> None:
    event = await desk.tell()
    await desk.office.tell(desk.person, event)
    await desk.finish("success")
    await desk.office.tell(desk.person, event)
    assert await desk.pass_by(hours=1) == 0
    assert await desk.counts() == (1, 0)


async def test_who_is_bound_to_nobody_in_wechat_gets_an_sms_at_once(desk: Desk) -> None:
    await desk.office.services.followers.unbind(desk.person.actor)
    event = await desk.tell()
    delivery = await desk.delivery(event)
    assert (delivery.channel, delivery.state) == (Channel.SMS, DeliveryState.SENT)
    assert delivery.wechat_problem is Problem.NOT_FOLLOWING
    assert await desk.counts() == (0, 1)
    assert await desk.wechat.sends() == []
    assert await desk.office.services.messages.unread(desk.person.actor) == 1


async def test_a_kind_without_a_template_goes_by_sms(desk: Desk, open_office: Opener) -> None:
    settings = f"{{{MessageKind.APPLICATION_LENT}: WX_APPLICATION_AMOUNT}}"
    office = open_office(**{SETTING: settings})
    event = await office.tell(desk.person)
    await office.run()
    delivery = await desk.delivery(event)
    assert (delivery.channel, delivery.wechat_problem) == (Channel.SMS, None)
    assert await desk.counts() == (0, 1)


async def test_a_template_that_is_taken_away_meanwhile_leaves_an_sms(
    desk: Desk, open_office: Opener
) -> None:
    without = open_office()
    event = await desk.office.tell(desk.person)
    await without.run()
    assert (await desk.delivery(event)).wechat_problem is Problem.CONTENT
    assert await desk.counts() == (0, 1)


@pytest.mark.parametrize("status", [BLOCKED, BROKEN])
@pytest.mark.shows("T27")
async def test_what_wechat_could_not_bring_goes_by_sms_once(desk: Desk, status: str) -> None:
    if status == BLOCKED:
        await desk.wechat.block()
    event = await desk.tell()
    for _ in range(3):
        await desk.finish(status)
        await desk.pass_by(minutes=6)
    await desk.finish("success")
    delivery = await desk.delivery(event)
    assert (delivery.channel, delivery.state) == (Channel.SMS, DeliveryState.SENT)
    is_blocked = status == BLOCKED
    assert delivery.wechat_problem is (Problem.BLOCKED if is_blocked else Problem.UNDELIVERED)
    assert delivery.finish is (Finish.BLOCKED if is_blocked else Finish.FAILED)
    assert await desk.counts() == (0 if is_blocked else 1, 1)


async def test_without_word_of_the_end_for_ten_minutes_an_sms_goes_once(desk: Desk) -> None:
    event = await desk.tell()
    assert await desk.pass_by(minutes=9, seconds=59) == 0
    assert await desk.pass_by(seconds=2) == 1
    late = await desk.delivery(event)
    assert (late.channel, late.wechat_problem) == (Channel.SMS, Problem.UNFINISHED)
    await desk.finish("success")
    assert await desk.pass_by(hours=1) == 0
    noted = await desk.delivery(event)
    assert (noted.state, noted.finish) == (DeliveryState.SENT, Finish.DELIVERED)
    assert await desk.counts() == (1, 1)


@pytest.mark.parametrize(
    ("errcode", "problem"),
    [
        ("43004", Problem.NOT_FOLLOWING),
        ("43101", Problem.NOT_FOLLOWING),
        ("47003", Problem.CONTENT),
        ("40037", Problem.CONTENT),
        ("48001", Problem.ACCOUNT),
        ("45065", Problem.REFUSED),
    ],
)
async def test_what_wechat_refuses_goes_by_sms_at_once(
    desk: Desk, errcode: str, problem: Problem
) -> None:
    await desk.wechat.fault("refuse", code=errcode)
    event = await desk.tell()
    delivery = await desk.delivery(event)
    assert (delivery.channel, delivery.state) == (Channel.SMS, DeliveryState.SENT)
    assert delivery.wechat_problem is problem
    assert await desk.pass_by(hours=1) == 0
    assert await desk.counts() == (0, 1)


async def test_who_left_without_our_knowing_gets_an_sms(desk: Desk) -> None:
    await desk.wechat.leave()
    event = await desk.tell()
    assert (await desk.delivery(event)).wechat_problem is Problem.NOT_FOLLOWING
    assert await desk.counts() == (0, 1)


async def test_an_outage_of_wechat_delays_a_card(desk: Desk) -> None:
    await desk.wechat.fault("refuse", times=2, code="45009")
    event = await desk.tell()
    waiting = await desk.delivery(event)
    assert (waiting.channel, waiting.state) == (Channel.WECHAT, DeliveryState.WAITING)
    assert waiting.address is None
    assert await desk.pass_by(seconds=9) == 0
    assert await desk.pass_by(seconds=1) == 1
    assert await desk.pass_by(seconds=20) == 1
    await desk.finish("success")
    assert await desk.pass_by(hours=1) == 0
    assert await desk.counts() == (1, 0)


async def test_an_outage_of_wechat_ends_in_an_sms_within_ten_minutes(desk: Desk) -> None:
    await desk.wechat.fault("refuse", times=50, code="45009")
    event = await desk.tell()
    for _ in range(60):
        await desk.pass_by(seconds=10)
    delivery = await desk.delivery(event)
    assert (delivery.state, delivery.wechat_problem) == (
        DeliveryState.SENT,
        Problem.UNAVAILABLE,
    )
    assert await desk.counts() == (0, 1)
    assert 3 <= len(await desk.wechat.sends()) <= 10


async def test_a_card_that_was_sent_but_not_answered_is_not_doubled(desk: Desk) -> None:
    await desk.wechat.fault("cut", after=True)
    event = await desk.tell()
    doubtful = await desk.delivery(event)
    assert (doubtful.state, doubtful.msg_id) == (DeliveryState.UNKNOWN, None)
    assert await desk.pass_by(seconds=10) == 1
    assert (await desk.delivery(event)).state is DeliveryState.SENT
    await desk.finish("success")
    assert await desk.pass_by(hours=1) == 0
    assert await desk.counts() == (1, 0)
    assert len(await desk.wechat.sends()) == 2


async def test_a_card_that_got_lost_on_the_way_is_sent_again(desk: Desk) -> None:
    await desk.wechat.fault("status", status=502)
    event = await desk.tell()
    await desk.pass_by(seconds=10)
    assert (await desk.delivery(event)).state is DeliveryState.SENT
    assert await desk.counts() == (1, 0)


async def test_an_outage_after_a_doubt_does_not_take_the_doubt_away(desk: Desk) -> None:
    await desk.wechat.fault("cut", after=True)
    event = await desk.tell()
    await desk.wechat.fault("refuse", code="45009")
    await desk.pass_by(seconds=10)
    doubtful = await desk.delivery(event)
    assert (doubtful.state, doubtful.is_doubtful) == (DeliveryState.UNKNOWN, True)
    await desk.pass_by(seconds=20)
    assert (await desk.delivery(event)).state is DeliveryState.SENT
    assert await desk.counts() == (1, 0)


async def test_what_is_never_answered_goes_by_sms_in_the_end_and_once(desk: Desk) -> None:
    await desk.wechat.fault("cut", times=50)
    event = await desk.tell()
    for _ in range(50):
        await desk.pass_by(seconds=10)
    delivery = await desk.delivery(event)
    assert (delivery.state, delivery.wechat_problem) == (DeliveryState.SENT, Problem.UNANSWERED)
    assert await desk.counts() == (0, 1)


async def test_what_is_in_doubt_is_not_repeated_to_another_person(desk: Desk) -> None:
    await desk.wechat.fault("cut", after=True)
    event = await desk.tell()
    followers, other = desk.office.services.followers, await desk.wechat.follow("lin")
    await followers.unbind(desk.person.actor)
    await followers.follow(other, at=desk.office.clock(), scene="")
    await followers.bind(other, desk.person.account_id, address="127.0.0.1")
    await desk.pass_by(seconds=10)
    assert (await desk.delivery(event)).wechat_problem is Problem.NOT_FOLLOWING
    assert await desk.wechat.cards("lin") == []
    assert await desk.counts() == (1, 1)


async def test_processes_at_once_send_each_card_once(desk: Desk, open_office: Opener) -> None:
    other = open_office(**{SETTING: AS_SET})
    for _ in range(6):
        await desk.office.tell(desk.person)
    await asyncio.gather(desk.office.run(), other.run(), desk.office.run(), other.run())
    assert await desk.counts() == (6, 0)
    assert len(await desk.wechat.sends()) == 6


async def test_processes_at_once_fall_back_once(desk: Desk, open_office: Opener) -> None:
    other = open_office(**{SETTING: AS_SET})
    for _ in range(4):
        await desk.tell()
    desk.office.clock.advance(minutes=11)
    await asyncio.gather(desk.office.run(), other.run(), desk.finish(BROKEN), other.run())
    await desk.pass_by(seconds=0)
    assert await desk.counts() == (4, 4)
    assert await desk.office.sends() == 4


@pytest.mark.parametrize("after", [False, True])
async def test_a_process_that_ends_in_the_middle_of_a_call_doubles_nothing(
    desk: Desk, open_office: Opener, after: bool
) -> None:
    event = await _killed_while_sending(desk, after=after)
    heir = open_office(**{SETTING: AS_SET})
    desk.office.clock.advance(seconds=119)
    assert await heir.run() == 0
    desk.office.clock.advance(seconds=2)
    assert await heir.run() == 1
    assert (await desk.delivery(event)).state is DeliveryState.SENT
    await desk.finish("success", (await desk.wechat.msg_ids())[0])
    assert (await desk.delivery(event)).state is DeliveryState.DELIVERED
    assert await desk.pass_by(hours=1) == 0
    assert await desk.counts() == (1, 0)


async def test_when_nobody_was_there_to_repeat_in_time_an_sms_goes(desk: Desk) -> None:
    event = await _killed_while_sending(desk, after=True)
    assert await desk.pass_by(minutes=8) == 1
    delivery = await desk.delivery(event)
    assert (delivery.channel, delivery.wechat_problem) == (Channel.SMS, Problem.UNANSWERED)
    assert await desk.pass_by(hours=1) == 0
    assert await desk.counts() == (1, 1)
    assert len(await desk.wechat.sends()) == 1


@pytest.mark.parametrize(
    ("status", "state", "sms"),
    [("success", DeliveryState.DELIVERED, 0), (BLOCKED, DeliveryState.SENT, 1)],
)
async def test_an_end_that_is_told_before_the_message_is_known_counts(
    desk: Desk, status: str, state: DeliveryState, sms: int
) -> None:
    event = await _killed_while_sending(desk, after=True)
    [msg_id] = await desk.wechat.msg_ids()
    await desk.finish(status, msg_id)
    assert (await desk.delivery(event)).finish is None
    await desk.pass_by(seconds=121)
    delivery = await desk.delivery(event)
    assert (delivery.state, delivery.msg_id) == (state, msg_id)
    assert await desk.pass_by(hours=1) == 0
    assert (await desk.counts())[1] == sms


async def test_an_end_of_somebody_elses_message_changes_nothing(desk: Desk) -> None:
    event = await desk.tell()
    before = await desk.delivery(event)
    await desk.finish("success", "99999")
    assert await desk.delivery(event) == before


async def test_nothing_is_sent_to_an_account_that_is_switched_off(desk: Desk) -> None:
    await desk.office.database["accounts"].update_one(
        {"_id": desk.person.account_id}, {"$set": {"state": "disabled"}}
    )
    event = await desk.tell()
    failed = await desk.delivery(event)
    assert (failed.state, failed.problem) == (DeliveryState.FAILED, Problem.NO_PHONE)
    assert await desk.counts() == (0, 0)
    assert await desk.wechat.sends() == []


async def test_neither_the_card_nor_the_openid_is_in_clear_in_the_database(desk: Desk) -> None:
    await desk.wechat.fault("cut", after=True)
    event = await desk.tell()
    doubtful = await desk.delivery(event)
    assert doubtful.address is not None and doubtful.card is not None
    secrets = (doubtful.address, *doubtful.card.fields.values())
    document = await desk.office.database["deliveries"].find_one({"_id": doubtful.id})
    assert document is not None
    assert not any(secret.encode() in bson.encode(document) for secret in secrets)
    assert not any(secret in repr(doubtful) for secret in secrets)
    await desk.pass_by(seconds=10)
    await desk.finish("success")
    assert _is_forgotten(await desk.delivery(event))


def _is_forgotten(delivery: Delivery) -> bool:
    return (delivery.params, delivery.card, delivery.address) == ({}, None, None)


async def _killed_while_sending(desk: Desk, *, after: bool) -> Event:
    await desk.wechat.fault("timeout", after=after)
    event = await desk.office.tell(desk.person)
    process = asyncio.create_task(desk.office.run())
    await until(desk.wechat.sends)
    process.cancel()
    await asyncio.gather(process, return_exceptions=True)
    assert (await desk.delivery(event)).state is DeliveryState.SENDING
    return event
