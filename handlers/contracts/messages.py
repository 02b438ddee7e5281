"""The inbox."""

from handlers.api import messages
from handlers.route import Operation, Route
from server.core.paging import CursorBroken
from server.messages.message import MessageNotFound

ROUTES = (
    Route(
        r"/api/v1/messages",
        messages.MessageCollection,
        "api_messages",
        operations={
            "get": Operation(
                summary="我的消息",
                query=messages.MessagesQuery,
                answer=messages.MessagesAnswer,
                refusals=(CursorBroken,),
            )
        },
    ),
    Route(
        r"/api/v1/messages/unread",
        messages.UnreadCount,
        "api_messages_unread",
        operations={"get": Operation(summary="未读消息数", answer=messages.UnreadAnswer)},
    ),
    Route(
        r"/api/v1/messages/([0-9a-z]{26})/read",
        messages.MessageReading,
        "api_message_reading",
        operations={"post": Operation(summary="消息已读", status=204, refusals=(MessageNotFound,))},
    ),
    Route(
        r"/api/v1/messages/read-all",
        messages.ReadingOfAll,
        "api_messages_reading",
        operations={"post": Operation(summary="全部消息已读", status=204)},
    ),
)
