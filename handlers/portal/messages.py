"""消息: what I was told, by day, and the way from a message to its case."""

from collections.abc import Sequence
from datetime import date, timedelta
from itertools import groupby
from typing import Annotated

from pydantic import Field

from handlers.access import signed_in
from handlers.forms import Form
from handlers.pages import PageHandler
from server.core.clock import shanghai_day
from server.core.paging import PageRequest
from server.messages.message import Message


class MessagesQuery(Form):
    """Which page."""

    page: Annotated[int, Field(title="页码", ge=1, le=1000)] = 1


class Messages(PageHandler):
    """The list, newest first. ``days``: (label, messages of that day)."""

    @signed_in
    async def get(self) -> None:
        query, _ = self.read_filters(MessagesQuery)
        page = await self.services.messages.page(
            self.actor, PageRequest(size=20, number=query.page)
        )
        unread = await self.services.messages.unread(self.actor)
        days = by_day(page.items, shanghai_day(self.services.clock()))
        await self.show(
            "portal/messages/list.html",
            centre_key="messages",
            page=page,
            days=days,
            unread=unread,
        )


class MessageItem(PageHandler):
    """Opening a message is reading it and going where it leads."""

    @signed_in
    async def get(self, message_id: str) -> None:
        self.go(await self.services.messages.open(message_id, self.actor))


class ReadingOfAll(PageHandler):
    """All dots go out."""

    @signed_in
    async def post(self) -> None:
        await self.services.messages.read_all(self.actor)
        self.go("/messages")


def by_day(messages: Sequence[Message], today: date) -> list[tuple[str, list[Message]]]:
    """The messages under the day in China on which each was written."""
    words = {today: "今天", today - timedelta(days=1): "昨天"}
    grouped = groupby(messages, key=lambda message: shanghai_day(message.created_at))
    return [(words.get(day, day.isoformat()), list(those)) for day, those in grouped]
