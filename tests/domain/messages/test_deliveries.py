"""An SMS leaves once: through repeated news, crashes, time-outs, outages and several processes."""

import asyncio

import bson

from server.core.events import Event
from server.messages.delivery_states import DeliveryState, Problem
from server.messages.kinds import MessageKind
from tests.domain.messages.office import Office, Opener, Person
from tests.waiting import until


async def test_one_event_is_one_message_and_one_sms_however_often_it_is_told(
    office: Office, person: Person
) -> None:
    event = await office.tell(person)
    await office.run()
    await office.tell(person, event)
    await office.run()
    assert await office.services.messages.unread(person.actor) == 1
    [sms] = await office.inbox(person)
    assert "RQ20261120000001" in sms["text"]
    assert (await office.delivery(event, person)).state is DeliveryState.SENT


async def test_two_processes_at_once_send_each_sms_once(
    open_office: Opener, office: Office, person: Person
) -> None:
    other = open_office()
    for _ in range(6):
        await office.tell(person)
    done = await asyncio.gather(office.run(), other.run(), office.run(), other.run())
    assert sum(done) == 6
    assert len(await office.inbox(person)) == await office.sends() == 6


async def test_a_process_that_ends_before_the_gateway_took_the_sms_leaves_it_to_the_next(
    open_office: Opener, office: Office, person: Person
) -> None:
    event = await _killed_while_sending(office, person)
    after = open_office()
    assert await after.run() == 0
    office.clock.advance(seconds=119)
    assert await after.run() == 0
    office.clock.advance(seconds=2)
    assert await after.run() == 1
    assert await after.inbox(person) == []
    await after.run()
    assert len(await after.inbox(person)) == 1
    assert len(await after.sandbox.calls("QuerySendDetails")) >= 1
    assert (await after.delivery(event, person)).state is DeliveryState.SENT


async def test_a_process_that_ends_after_the_gateway_took_the_sms_does_not_double_it(
    open_office: Opener, office: Office, person: Person
) -> None:
    event = await _killed_while_sending(office, person, after=True)
    after = open_office()
    office.clock.advance(seconds=121)
    assert await after.run() == 1
    assert (await after.delivery(event, person)).state is DeliveryState.SENT
    office.clock.advance(hours=1)
    assert await after.run() == 0
    assert len(await after.inbox(person)) == await after.sends() == 1


async def test_an_sms_that_was_taken_but_not_answered_in_time_is_not_sent_again(
    office: Office, person: Person
) -> None:
    await office.sandbox.fault("aliyun.SendSms", "timeout", after=True)
    event = await office.tell(person)
    await office.run()
    assert (await office.delivery(event, person)).state is DeliveryState.UNKNOWN
    office.clock.advance(seconds=10)
    await office.run()
    assert (await office.delivery(event, person)).state is DeliveryState.SENT
    office.clock.advance(hours=1)
    assert await office.run() == 0
    assert len(await office.inbox(person)) == await office.sends() == 1


async def test_an_sms_that_got_lost_on_the_way_is_sent_again_after_two_minutes(
    office: Office, person: Person
) -> None:
    await office.sandbox.fault("aliyun.SendSms", "cut")
    event = await office.tell(person)
    await office.run()
    office.clock.advance(seconds=10)
    await office.run()
    assert (await office.delivery(event, person)).state is DeliveryState.UNKNOWN
    office.clock.advance(seconds=100)
    assert await office.run() == 0
    office.clock.advance(seconds=15)
    await office.run()
    await office.run()
    assert (await office.delivery(event, person)).state is DeliveryState.SENT
    assert len(await office.inbox(person)) == 1
    assert await office.sends() == 2


async def test_an_outage_of_the_gateway_delays_an_sms_and_sends_it_once(
    office: Office, person: Person
) -> None:
    await office.sandbox.fault("aliyun.SendSms", "status", times=3)
    event = await office.tell(person)
    for wait in (10, 20, 40):
        assert await office.run() == 1
        waiting = await office.delivery(event, person)
        assert (waiting.state, waiting.problem) == (DeliveryState.WAITING, Problem.UNAVAILABLE)
        assert await office.run() == 0
        office.clock.advance(seconds=wait)
    await office.run()
    office.clock.advance(hours=1)
    assert await office.run() == 0
    assert len(await office.inbox(person)) == 1


async def test_a_limit_of_the_carrier_is_waited_for(office: Office, person: Person) -> None:
    code = "isv.BUSINESS_LIMIT_CONTROL"
    await office.sandbox.fault("aliyun.SendSms", "refuse", code=code)
    event = await office.tell(person)
    await office.run()
    limited = await office.delivery(event, person)
    assert (limited.state, limited.problem) == (DeliveryState.WAITING, Problem.LIMIT)
    office.clock.advance(seconds=58)
    assert await office.run() == 0
    office.clock.advance(seconds=2)
    await office.run()
    assert len(await office.inbox(person)) == 1


async def test_a_number_that_can_not_be_reached_is_not_tried_again(
    office: Office, person: Person
) -> None:
    await office.sandbox.fault("aliyun.SendSms", "refuse", code="isv.MOBILE_NUMBER_ILLEGAL")
    event = await office.tell(person)
    await office.run()
    failed = await office.delivery(event, person)
    assert (failed.state, failed.problem) == (DeliveryState.FAILED, Problem.NUMBER)
    assert (failed.address, failed.params) == (None, {})
    office.clock.advance(hours=2)
    assert await office.run() == 0
    assert await office.sends() == 1


async def test_an_sms_that_can_not_be_sent_for_a_day_has_failed_and_says_why(
    office: Office, person: Person
) -> None:
    await office.sandbox.fault("aliyun.SendSms", "status", times=2)
    event = await office.tell(person)
    await office.run()
    office.clock.advance(hours=24)
    await office.run()
    failed = await office.delivery(event, person)
    assert (failed.state, failed.problem) == (DeliveryState.FAILED, Problem.UNAVAILABLE)
    office.clock.advance(hours=24)
    assert await office.run() == 0
    assert await office.inbox(person) == []


async def test_an_sms_that_can_not_be_asked_after_for_a_day_stays_unknown_and_is_not_doubled(
    office: Office, person: Person
) -> None:
    await office.sandbox.fault("aliyun.SendSms", "cut", after=True)
    event = await office.tell(person)
    await office.run()
    await office.sandbox.fault(
        "aliyun.QuerySendDetails", "refuse", times=2, code="isv.OUT_OF_SERVICE"
    )
    office.clock.advance(seconds=10)
    await office.run()
    office.clock.advance(hours=24)
    await office.run()
    given_up = await office.delivery(event, person)
    assert (given_up.state, given_up.due_at) == (DeliveryState.UNKNOWN, None)
    office.clock.advance(hours=24)
    assert await office.run() == 0
    assert len(await office.inbox(person)) == await office.sends() == 1


async def test_nothing_is_sent_to_an_account_that_is_gone(office: Office, person: Person) -> None:
    event = office.event()
    kind, facts = MessageKind.APPLICATION_SUBMITTED, {"case_no": "RQ20261120000001"}
    await office.services.messages.notify(event, kind, "0" * 26, facts)
    await office.run()
    failed = await office.services.deliveries.find(event.id, "0" * 26)
    assert failed is not None
    assert (failed.state, failed.problem) == (DeliveryState.FAILED, Problem.NO_PHONE)
    assert await office.sends() == 0


async def test_one_delivery_that_can_not_be_read_holds_no_other_back(
    office: Office, person: Person
) -> None:
    broken, sound = await office.tell(person), await office.tell(person)
    broken_id = (await office.delivery(broken, person)).id
    await office.database["deliveries"].update_one(
        {"_id": broken_id}, {"$set": {"params": b"not what was sealed"}}
    )
    assert await office.run() == 1
    assert (await office.delivery(sound, person)).state is DeliveryState.SENT
    assert await office.run() == 0


async def test_neither_the_text_nor_the_number_is_in_clear_in_the_database(
    office: Office, person: Person
) -> None:
    reason = f"请补充法定代表人赵晓岚的身份证明，联系电话{person.phone}"
    secrets = [person.phone.encode(), "赵晓岚".encode()]
    event = office.event("enterprises.certification_returned")
    kind = MessageKind.CERTIFICATION_RETURNED
    await office.services.messages.notify(event, kind, person.account_id, {"reason": reason})
    assert not await _leaked(office, secrets)
    await office.sandbox.fault("aliyun.SendSms", "cut", after=True)
    await office.run()
    assert (await office.delivery(event, person)).address == person.phone
    assert not await _leaked(office, secrets)
    office.clock.advance(seconds=10)
    await office.run()
    assert (await office.delivery(event, person)).address is None
    assert not await _leaked(office, secrets)
    assert len(await office.inbox(person)) == 1


async def _killed_while_sending(office: Office, person: Person, *, after: bool = False) -> Event:
    await office.sandbox.fault("aliyun.SendSms", "timeout", after=after)
    event = await office.tell(person)
    process = asyncio.create_task(office.run())
    await until(office.sends)
    process.cancel()
    await asyncio.gather(process, return_exceptions=True)
    assert (await office.delivery(event, person)).state is DeliveryState.SENDING
    return event


async def _leaked(office: Office, secrets: list[bytes]) -> bool:
    found = False
    for name in ("messages", "deliveries"):
        async for document in office.database[name].find({}):
            found = found or any(secret in bson.encode(document) for secret in secrets)
    return found
