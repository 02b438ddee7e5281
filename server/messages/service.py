"""Telling somebody something once, and his inbox."""

from collections.abc import Mapping

from server.core.actor import Actor
from server.core.clock import Clock
from server.core.events import Event
from server.core.paging import Page, PageRequest
from server.messages.delivery import Delivery, delivery_id
from server.messages.kinds import WORDINGS, MessageKind
from server.messages.message import Message, message_id
from server.messages.repository import DeliveryRepository, MessageRepository


class Messages:
    """The inbox of every account, of applicants and of staff alike."""

    def __init__(
        self, *, messages: MessageRepository, deliveries: DeliveryRepository, clock: Clock
    ) -> None:
        self._messages = messages
        self._deliveries = deliveries
        self._clock = clock

    async def notify(
        self, event: Event, kind: MessageKind, account_id: str, facts: Mapping[str, str]
    ) -> None:
        """Put the message into the inbox and plan its SMS; the same event again changes nothing.

        KeyError when a fact of the wording is not given. The SMS leaves with the next run of
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
        params = wording.sms_with(facts)
        if params is not None:
            delivery = Delivery(
                id=delivery_id(event.id, account_id),
                account_id=account_id,
                kind=kind,
                params=params,
                created_at=now,
                due_at=now,
            )
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
