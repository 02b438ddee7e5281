"""Messages and deliveries in MongoDB. Texts, parameters, cards, phones and openids are sealed.

Ids derive from event and account, so that a repeated reaction finds what the first one made;
both collections can be sharded by ``account_id``, which the id determines.
"""

from datetime import datetime, timedelta
from typing import Any

import orjson

from server.core.paging import Page, PageRequest
from server.messages.delivery import Card, Delivery, Receipt
from server.messages.delivery_states import Channel, DeliveryState, Finish, Problem
from server.messages.kinds import MessageKind
from server.messages.message import Message, MessageNotFound
from server.storage.encryption import FieldCipher
from server.storage.mongo import AFTER, Database, Document, DuplicateKeyError, insert
from server.storage.paging import fetch_page

TEXT = "messages.text"
PARAMS = "deliveries.params"
CARD = "deliveries.card"
ADDRESS = "deliveries.address"
UNREAD_CAP = 1000
FINISH_KEPT = timedelta(days=1)


class MessageRepository:
    """``unread`` is there, and true, only while the message is: its index holds nothing else."""

    def __init__(self, database: Database, cipher: FieldCipher) -> None:
        self._messages = database["messages"]
        self._cipher = cipher

    async def add(self, message: Message) -> None:
        """Insert; the same id again is the same message."""
        document = {
            "_id": message.id,
            "account_id": message.account_id,
            "kind": message.kind,
            "title": message.title,
            "text": self._cipher.seal(message.text, TEXT),
            "link": message.link,
            "created_at": message.created_at,
            "read_at": None,
            "unread": True,
        }
        try:
            await insert(self._messages, document)
        except DuplicateKeyError:
            return

    async def unread(self, account_id: str) -> int:
        """How many are unread, counted up to UNREAD_CAP."""
        query = {"account_id": account_id, "unread": True}
        return int(await self._messages.count_documents(query, limit=UNREAD_CAP))

    async def page(self, account_id: str, request: PageRequest) -> Page[Message]:
        """The account's messages, newest first."""
        query = {"account_id": account_id}
        return await fetch_page(self._messages, query, request, self._from_document)

    async def read(self, message_id: str, account_id: str, now: datetime) -> Message:
        """Mark one's own message as read, keeping the first time. Raises MessageNotFound."""
        document = await self._messages.find_one_and_update(
            {"_id": message_id, "account_id": account_id},
            [{"$set": {"read_at": {"$ifNull": ["$read_at", now]}}}, {"$unset": "unread"}],
            return_document=AFTER,
        )
        if document is None:
            raise MessageNotFound()
        return self._from_document(document)

    async def read_all(self, account_id: str, now: datetime) -> None:
        """Mark everything that is there by now."""
        await self._messages.update_many(
            {"account_id": account_id, "unread": True, "created_at": {"$lte": now}},
            {"$set": {"read_at": now}, "$unset": {"unread": ""}},
        )

    def _from_document(self, document: Document) -> Message:
        return Message(
            id=document["_id"],
            account_id=document["account_id"],
            kind=MessageKind(document["kind"]),
            title=document["title"],
            text=self._cipher.open(document["text"], TEXT),
            link=document["link"],
            created_at=document["created_at"],
            read_at=document["read_at"],
        )


class DeliveryRepository:
    """``done`` is false while something is to be done: the index of what is due holds only that."""

    def __init__(self, database: Database, cipher: FieldCipher) -> None:
        self._deliveries = database["deliveries"]
        self._finishes = database["template_finishes"]
        self._cipher = cipher

    async def add(self, delivery: Delivery) -> None:
        """Insert; the same id again is the same delivery, however far it got."""
        fixed = {
            "_id": delivery.id,
            "account_id": delivery.account_id,
            "kind": delivery.kind,
            "created_at": delivery.created_at,
            "version": delivery.version,
        }
        try:
            await insert(self._deliveries, {**fixed, **self._moving(delivery)})
        except DuplicateKeyError:
            return

    async def find(self, delivery_id: str) -> Delivery | None:
        """The delivery, if there is one."""
        document = await self._deliveries.find_one({"_id": delivery_id})
        return self._from_document(document) if document else None

    async def find_by_msg_id(self, msg_id: str) -> Delivery | None:
        """The delivery that WeChat knows by this id, if one is written."""
        document = await self._deliveries.find_one({"msg_id": msg_id})
        return self._from_document(document) if document else None

    async def keep_finish(self, msg_id: str, finish: Finish, now: datetime) -> None:
        """Keep how a message ended whose id nobody has written yet; the first word counts."""
        try:
            await self._finishes.insert_one(
                {"_id": msg_id, "finish": finish, "expires_at": now + FINISH_KEPT}
            )
        except DuplicateKeyError:
            return

    async def early_finish(self, msg_id: str) -> Finish | None:
        """What was kept."""
        document = await self._finishes.find_one({"_id": msg_id})
        return Finish(document["finish"]) if document else None

    async def due(self, now: datetime, limit: int) -> list[str]:
        """Ids of those whose time has come, the longest waiting first; nobody has claimed them yet."""
        found = self._deliveries.find({"done": False, "due_at": {"$lte": now}}, {"_id": 1})
        documents = await found.sort([("due_at", 1)]).limit(limit).to_list(limit)
        return [document["_id"] for document in documents]

    async def move(self, before: Delivery, after: Delivery) -> Delivery | None:
        """Write the next value if nobody wrote since ``before``; None when somebody did."""
        document = await self._deliveries.find_one_and_update(
            {"_id": before.id, "version": before.version},
            {"$set": self._moving(after), "$inc": {"version": 1}},
            return_document=AFTER,
        )
        return self._from_document(document) if document else None

    async def postpone(self, delivery_id: str, now: datetime, due_at: datetime) -> None:
        """Put one aside that could not be dealt with, so that it holds nobody back."""
        await self._deliveries.update_one(
            {"_id": delivery_id, "done": False, "due_at": {"$lte": now}},
            {"$set": {"due_at": due_at}},
        )

    async def note_receipt(self, receipt: Receipt, now: datetime) -> None:
        """Keep the first receipt; those of messages we don't know go nowhere."""
        reported = {
            "is_delivered": receipt.is_delivered,
            "receipt_code": receipt.code,
            "reported_at": now,
        }
        await self._deliveries.update_one(
            {"_id": receipt.delivery_id, "is_delivered": None}, {"$set": reported}
        )

    def _moving(self, delivery: Delivery) -> dict[str, Any]:
        moving = {
            "channel": delivery.channel,
            "state": delivery.state,
            "params": self._sealed(delivery.params, PARAMS),
            "card": self._sealed_card(delivery.card),
            "due_at": delivery.due_at,
            "done": delivery.due_at is None,
            "tries": delivery.tries,
            "address": self._sealed(delivery.address, ADDRESS),
            "first_try_at": delivery.first_try_at,
            "sending_at": delivery.sending_at,
            "is_doubtful": delivery.is_doubtful,
            "finish": delivery.finish,
            "problem": delivery.problem,
            "wechat_problem": delivery.wechat_problem,
            "ended_at": delivery.ended_at,
        }
        # Absent until there is one: its index holds nothing else.
        return moving if delivery.msg_id is None else {**moving, "msg_id": delivery.msg_id}

    def _from_document(self, document: Document) -> Delivery:
        card = self._opened(document["card"], CARD)
        return Delivery(
            id=document["_id"],
            account_id=document["account_id"],
            kind=MessageKind(document["kind"]),
            params=self._opened(document["params"], PARAMS),
            card=Card(fields=card["fields"], link=card["link"]) if card else None,
            channel=Channel(document["channel"]),
            created_at=document["created_at"],
            due_at=document["due_at"],
            state=DeliveryState(document["state"]),
            version=document["version"],
            tries=document["tries"],
            address=self._opened(document["address"], ADDRESS),
            first_try_at=document["first_try_at"],
            sending_at=document["sending_at"],
            is_doubtful=document["is_doubtful"],
            msg_id=document.get("msg_id"),
            finish=Finish(document["finish"]) if document["finish"] else None,
            problem=_problem(document["problem"]),
            wechat_problem=_problem(document["wechat_problem"]),
            ended_at=document["ended_at"],
            is_delivered=document.get("is_delivered"),
        )

    def _sealed_card(self, card: Card | None) -> bytes | None:
        return self._sealed(
            {"fields": dict(card.fields), "link": card.link} if card is not None else None, CARD
        )

    def _sealed(self, value: object, place: str) -> bytes | None:
        if value is None:
            return None
        return self._cipher.seal(orjson.dumps(value).decode(), place)

    def _opened(self, sealed: bytes | None, place: str) -> Any:
        return None if sealed is None else orjson.loads(self._cipher.open(sealed, place))


def _problem(word: str | None) -> Problem | None:
    return Problem(word) if word else None
