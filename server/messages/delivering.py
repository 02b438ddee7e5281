"""Sending what waits to be sent, in any number of processes, each SMS once.

Every step is a guarded write before or after a call, never a decision kept in memory: a process
may end anywhere, and another goes on from what is written.
"""

import asyncio
import logging
from collections.abc import Mapping, Sequence
from datetime import timedelta

from server.core.clock import Clock
from server.messages.address_book import AddressBook
from server.messages.delivery import Delivery, Problem, Receipt, delivery_id
from server.messages.repository import DeliveryRepository
from server.providers.ports.sms import SmsGateway, SmsLimited, SmsRefusal, SmsRefused
from server.providers.ports.unavailable import ProviderAmbiguous, ProviderUnavailable

LOG = logging.getLogger("rongqiao.messages")
BATCH = 20
# Half of the gateway's workers: a code that somebody waits for must always find a free one.
AT_ONCE = 2
# The carrier's windows roll: a place may come free long before a whole day has passed.
LONGEST_LIMIT_WAIT = timedelta(hours=1)
PUT_ASIDE = timedelta(minutes=5)
_FOR_GOOD = {SmsRefusal.NUMBER: Problem.NUMBER, SmsRefusal.CONTENT: Problem.CONTENT}


class Deliveries:
    """``templates``: the vendor's template code by kind of message."""

    def __init__(
        self,
        *,
        deliveries: DeliveryRepository,
        sms: SmsGateway,
        address_book: AddressBook,
        clock: Clock,
        templates: Mapping[str, str],
    ) -> None:
        self._deliveries = deliveries
        self._sms = sms
        self._address_book = address_book
        self._clock = clock
        self._templates = templates

    async def find(self, event_id: str, account_id: str) -> Delivery | None:
        """What became of the SMS about an event to a person."""
        return await self._deliveries.find(delivery_id(event_id, account_id))

    async def send_due(self) -> int:
        """Take the next step of whatever is due; how many took one. A job of the relay."""
        due = await self._deliveries.due(self._clock(), BATCH)
        gate = asyncio.Semaphore(AT_ONCE)
        return sum(await asyncio.gather(*(self._step(each, gate) for each in due)))

    async def take_receipts(self, receipts: Sequence[Receipt]) -> None:
        """Note what the carrier reports; the same again, or about others' messages, changes nothing."""
        now = self._clock()
        for receipt in receipts:
            await self._deliveries.note_receipt(receipt, now)

    async def _step(self, each: str, gate: asyncio.Semaphore) -> bool:
        async with gate:
            try:
                delivery = await self._deliveries.find(each)
                if delivery is None or not delivery.is_due(self._clock()):
                    return False
                if delivery.may_have_left:
                    return await self._move(delivery, await self._asked(delivery))
                return await self._send(delivery)
            except Exception as error:
                LOG.warning("delivery=%s raised=%s", each, type(error).__name__)
                now = self._clock()
                await self._deliveries.postpone(each, now, now + PUT_ASIDE)
                return False

    async def _send(self, delivery: Delivery) -> bool:
        phone = await self._address_book.phone_of(delivery.account_id)
        now = self._clock()
        if phone is None:
            return await self._move(delivery, delivery.failed(Problem.NO_PHONE, now))
        marked = await self._deliveries.move(delivery, delivery.sending(phone=phone, now=now))
        if marked is None:
            return False
        if not marked.is_held(self._clock()):
            held_up = marked.later(Problem.UNAVAILABLE, self._clock(), timedelta())
            return await self._move(marked, held_up)
        return await self._move(marked, await self._called(marked, phone))

    async def _called(self, marked: Delivery, phone: str) -> Delivery:
        """The delivery as the gateway's answer leaves it."""
        try:
            await self._sms.send(
                phone=phone,
                template=self._templates[marked.kind],
                params=marked.params,
                out_id=marked.id,
            )
        except SmsLimited as refused:
            wait = min(timedelta(seconds=refused.wait_seconds), LONGEST_LIMIT_WAIT)
            return marked.later(Problem.LIMIT, self._clock(), wait)
        except SmsRefused as refused:
            if refused.reason in _FOR_GOOD:
                return marked.failed(_FOR_GOOD[refused.reason], self._clock())
            return marked.later(Problem.ACCOUNT, self._clock())
        except ProviderUnavailable:
            return marked.later(Problem.UNAVAILABLE, self._clock())
        except ProviderAmbiguous:
            return marked.unanswered(self._clock())
        return marked.sent(self._clock())

    async def _asked(self, delivery: Delivery) -> Delivery:
        """The delivery as the gateway's list of sent messages leaves it."""
        assert delivery.phone is not None
        try:
            for day in delivery.days():
                fate = await self._sms.find(phone=delivery.phone, sent_on=day, out_id=delivery.id)
                if fate is not None:
                    return delivery.sent(self._clock())
        except ProviderUnavailable:
            return delivery.unasked(self._clock())
        return delivery.unseen(self._clock())

    async def _move(self, before: Delivery, after: Delivery) -> bool:
        moved = await self._deliveries.move(before, after)
        if moved is not None and moved.problem is not None:
            level = logging.WARNING if moved.due_at is None else logging.INFO
            LOG.log(
                level,
                "delivery=%s kind=%s state=%s problem=%s tries=%d",
                moved.id,
                moved.kind,
                moved.state,
                moved.problem,
                moved.tries,
            )
        return moved is not None
