"""One step of a delivery by SMS. Sending is not idempotent there: what may have left is asked after,
and sent again only when the gateway does not know it two minutes later.
"""

from collections.abc import Mapping
from datetime import timedelta

from server.core.clock import Clock
from server.messages.address_book import AddressBook
from server.messages.delivery import Delivery
from server.messages.delivery_states import Problem
from server.messages.moving import move
from server.messages.repository import DeliveryRepository
from server.providers.ports.sms import SmsGateway, SmsLimited, SmsRefusal, SmsRefused
from server.providers.ports.unavailable import ProviderAmbiguous, ProviderUnavailable

# The carrier's windows roll: a place may come free long before a whole day has passed.
LONGEST_LIMIT_WAIT = timedelta(hours=1)
_FOR_GOOD = {SmsRefusal.NUMBER: Problem.NUMBER, SmsRefusal.CONTENT: Problem.CONTENT}


class BySms:
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

    async def step(self, delivery: Delivery) -> Delivery | None:
        """As it was left; None when another process has it."""
        if delivery.may_have_left:
            return await move(self._deliveries, delivery, await self._asked(delivery))
        return await self._send(delivery)

    async def _send(self, delivery: Delivery) -> Delivery | None:
        phone = await self._address_book.phone_of(delivery.account_id)
        now = self._clock()
        if phone is None:
            return await move(self._deliveries, delivery, delivery.failed(Problem.NO_PHONE, now))
        marked = await move(self._deliveries, delivery, delivery.sending(address=phone, now=now))
        if marked is None:
            return None
        if not marked.is_held(self._clock()):
            held_up = marked.later(Problem.UNAVAILABLE, self._clock(), timedelta())
            return await move(self._deliveries, marked, held_up)
        return await move(self._deliveries, marked, await self._called(marked, phone))

    async def _called(self, marked: Delivery, phone: str) -> Delivery:
        """The delivery as the gateway's answer leaves it."""
        try:
            await self._sms.send(
                phone=phone,
                template=self._templates[marked.kind],
                params=marked.params or {},
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
        phone = delivery.address
        assert phone is not None
        try:
            for day in delivery.days():
                fate = await self._sms.find(phone=phone, sent_on=day, out_id=delivery.id)
                if fate is not None:
                    return delivery.sent(self._clock())
        except ProviderUnavailable:
            return delivery.unasked(self._clock())
        return delivery.unseen(self._clock())
