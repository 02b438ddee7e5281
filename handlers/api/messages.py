"""The inbox over the API."""

from datetime import datetime
from typing import Annotated

from pydantic import BaseModel, Field

from handlers.access import signed_in
from handlers.api.base import ApiHandler, page_request
from handlers.forms import Form
from server.messages.kinds import MessageKind
from server.messages.message import Message


class MessagesQuery(Form):
    """Which part of the list; ``cursor`` is the last answer's ``next_cursor``."""

    size: Annotated[int, Field(title="每页条数", ge=1, le=50)] = 20
    cursor: Annotated[str, Field(title="翻页标记", max_length=200)] | None = None


class MessageAnswer(BaseModel):
    """``link`` is an address of the portal."""

    message_id: str
    kind: MessageKind
    title: str
    text: str
    link: str
    created_at: datetime
    is_read: bool


class MessagesAnswer(BaseModel):
    """Newest first; no ``next_cursor`` on the last part."""

    items: list[MessageAnswer]
    next_cursor: str | None


class UnreadAnswer(BaseModel):
    """Counted up to 1000."""

    unread: int


class MessageCollection(ApiHandler):
    @signed_in
    async def get(self) -> None:
        query = self.read_query(MessagesQuery)
        page = await self.services.messages.page(self.actor, page_request(query.size, query.cursor))
        items = [_answer(message) for message in page.items]
        self.reply(MessagesAnswer(items=items, next_cursor=page.next_cursor))


class UnreadCount(ApiHandler):
    @signed_in
    async def get(self) -> None:
        self.reply(UnreadAnswer(unread=await self.services.messages.unread(self.actor)))


class MessageReading(ApiHandler):
    @signed_in
    async def post(self, message_id: str) -> None:
        await self.services.messages.open(message_id, self.actor)
        self.set_status(204)


class ReadingOfAll(ApiHandler):
    @signed_in
    async def post(self) -> None:
        await self.services.messages.read_all(self.actor)
        self.set_status(204)


def _answer(message: Message) -> MessageAnswer:
    return MessageAnswer(
        message_id=message.id,
        kind=message.kind,
        title=message.title,
        text=message.text,
        link=message.link,
        created_at=message.created_at,
        is_read=not message.is_unread,
    )
