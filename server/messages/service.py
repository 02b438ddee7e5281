"""Telling somebody something once, and his inbox."""

from collections.abc import Collection, Mapping
from dataclasses import replace

from server.core.actor import Actor
from server.core.clock import Clock
from server.core.events import Event
from server.core.paging import Page, PageRequest
from server.messages.delivery import Card, Delivery, delivery_id
from server.messages.delivery_states import Channel
from server.messages.kinds import WORDINGS, MessageKind
from server.messages.message import Message, message_id
from server.messages.repository import DeliveryRepository, MessageRepository
from server.messages.wechat_fields import FIELDS


class Messages:
    """The inbox of every account, of applicants and of staff alike.

    ``wechat_kinds``: those for which the official account has a template.
    """

    def __init__(
        self,
        *,
        messages: MessageRepository,
        deliveries: DeliveryRepository,
        clock: Clock,
        wechat_kinds: Collection[str] = (),
    ) -> None:
        self._messages = messages
        self._deliveries = deliveries
        self._clock = clock
        self._wechat_kinds = wechat_kinds

    async def notify(
        self, event: Event, kind: MessageKind, account_id: str, facts: Mapping[str, str]
    ) -> None:
        """Put the message into the inbox and plan what is sent; the same event again changes nothing.

        KeyError when a fact of the wording is not given. It leaves with the next run of
        ``Deliveries.send_due``.
        """
        wording, now = WORDINGS[kind], self._clock()
        message = Message(
            id=message_id(event.id, account_id, kind),
            account_id=account_id,
            kind=kind,
            title=wording.title,
            text=wording.text_with(facts),
            link=wording.link_to(event.subject_id),
            created_at=now,
        )
        await self._messages.add(message)
        delivery = Delivery(
            id=delivery_id(event.id, account_id),
            account_id=account_id,
            kind=kind,
            params=wording.sms_with(facts),
            created_at=now,
            due_at=now,
        )
        if kind in self._wechat_kinds:
            card = Card(fields=FIELDS[kind](facts, event.at), link=message.link)
            await self._deliveries.add(replace(delivery, channel=Channel.WECHAT, card=card))
        elif delivery.params is not None:
            await self._deliveries.add(delivery)

    async def unread(self, actor: Actor) -> int:
        """How many the actor has not read, counted up to 1000."""
        return await self.unread_count(actor.account_id)

    async def unread_count(self, account_id: str) -> int:
        """The same for a page's head."""
        return await self._messages.unread(account_id)

    async def page(self, actor: Actor, request: PageRequest) -> Page[Message]:
        """The actor's messages, newest first."""
        return await self._messages.page(actor.account_id, request)

    async def open(self, message_id: str, actor: Actor) -> str:
        """Mark as read and say where it leads. Raises MessageNotFound."""
        message = await self._messages.read(message_id, actor.account_id, self._clock())
        return message.link

    async def read_all(self, actor: Actor) -> None:
        """Mark all of the actor's messages as read."""
        await self._messages.read_all(actor.account_id, self._clock())
