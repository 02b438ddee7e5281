"""消息 of staff: what they were told, and the way from a message to its case."""

from typing import Annotated

from pydantic import Field

from handlers.access import staff
from handlers.console.base import HOME, ConsolePage
from handlers.forms import Form
from handlers.once import once
from server.core.actor import Permission
from server.core.paging import PageRequest

INBOX = "/console/messages"


class StaffMessagesQuery(Form):
    """Which page."""

    page: Annotated[int, Field(title="页码", ge=1, le=1000)] = 1


class StaffMessages(ConsolePage):
    """The list, newest first."""

    @staff(Permission.DASHBOARD_READ)
    async def get(self) -> None:
        query, _ = self.read_filters(StaffMessagesQuery)
        request = PageRequest(size=20, number=query.page)
        page = await self.services.messages.page(self.actor, request)
        unread = await self.services.messages.unread(self.actor)
        await self.show("console/messages/list.html", page=page, unread=unread)


class StaffMessage(ConsolePage):
    """Opening a message is reading it and going where it leads, as far as that is in here."""

    @staff(Permission.DASHBOARD_READ)
    async def get(self, message_id: str) -> None:
        link = await self.services.messages.open(message_id, self.actor)
        self.go(link if link.startswith(f"{HOME}/") else INBOX)


class StaffMessageReading(ConsolePage):
    """All dots go out."""

    @staff(Permission.DASHBOARD_READ)
    @once
    async def post(self) -> None:
        await self.services.messages.read_all(self.actor)
        self.done("messages_read", INBOX)
