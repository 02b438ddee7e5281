"""Sending what waits to be sent, in any number of processes, each message once.

Every step is a guarded write before or after a call, never a decision kept in memory: a process
may end anywhere, and another goes on from what is written.
"""

import asyncio
import logging
from collections.abc import Sequence
from datetime import timedelta

from server.core.clock import Clock
from server.messages.by_sms import BySms
from server.messages.by_wechat import ByWeChat
from server.messages.delivery import Delivery, Receipt, delivery_id
from server.messages.delivery_states import Channel, finish_of
from server.messages.repository import DeliveryRepository

LOG = logging.getLogger("rongqiao.messages")
BATCH = 20
# Half of the gateway's workers: a code that somebody waits for must always find a free one.
AT_ONCE = 2
PUT_ASIDE = timedelta(minutes=5)


class Deliveries:
    """Both channels."""

    def __init__(
        self,
        *,
        deliveries: DeliveryRepository,
        by_wechat: ByWeChat,
        by_sms: BySms,
        clock: Clock,
    ) -> None:
        self._deliveries = deliveries
        self._by_wechat = by_wechat
        self._by_sms = by_sms
        self._clock = clock

    async def find(self, event_id: str, account_id: str) -> Delivery | None:
        """What a person is sent about an event, and what became of it."""
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

    async def take_finish(self, msg_id: str, status: str) -> None:
        """Take WeChat's TEMPLATESENDJOBFINISH; the same again, or about others' messages, changes
        nothing.

        It may come before the process that sent the message has written its id: then it is kept
        for a day, and looked up there.
        """
        finish = finish_of(status)
        if await self._by_wechat.take_finish(msg_id, finish):
            return
        await self._deliveries.keep_finish(msg_id, finish, self._clock())
        await self._by_wechat.take_finish(msg_id, finish)

    async def _step(self, each: str, gate: asyncio.Semaphore) -> bool:
        async with gate:
            try:
                delivery = await self._deliveries.find(each)
                if delivery is None or not delivery.is_due(self._clock()):
                    return False
                return await self._stepped(delivery) is not None
            except Exception as error:
                LOG.warning("delivery=%s raised=%s", each, type(error).__name__)
                now = self._clock()
                await self._deliveries.postpone(each, now, now + PUT_ASIDE)
                return False

    async def _stepped(self, delivery: Delivery) -> Delivery | None:
        if delivery.channel is Channel.SMS:
            return await self._by_sms.step(delivery)
        moved = await self._by_wechat.step(delivery)
        if moved is not None and moved.channel is Channel.SMS:
            await self._by_sms.step(moved)
        return moved
