"""A message in the site, and the refusal when it is not there or another person's."""

from dataclasses import dataclass, field
from datetime import datetime

from server.core.errors import NotFound
from server.core.ids import derived_id
from server.messages.kinds import MessageKind


class MessageNotFound(NotFound):
    """No such message in the inbox of whoever asks."""

    code = "messages.not_found"
    sentence = "没有找到这条消息，请回到消息列表查看。"


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """``link`` is an address of ours; ``read_at`` is None until it was opened."""

    id: str
    account_id: str
    kind: MessageKind
    title: str
    text: str = field(repr=False)
    link: str
    created_at: datetime
    read_at: datetime | None = None

    @property
    def is_unread(self) -> bool:
        """Whether it still has its dot."""
        return self.read_at is None


def message_id(event_id: str, account_id: str, kind: MessageKind) -> str:
    """The same for a reaction that is repeated, so that it makes one message."""
    return derived_id("message", event_id, account_id, kind)
