"""Messages and deliveries in MongoDB. Texts, parameters and phones are sealed.

Ids derive from event and account, so that a repeated reaction finds what the first one made;
both collections can be sharded by ``account_id``, which the id determines.
"""

from datetime import datetime
from typing import Any

import orjson

from server.core.paging import Page, PageRequest
from server.messages.delivery import Delivery, DeliveryState, Problem, Receipt
from server.messages.kinds import MessageKind
from server.messages.message import Message, MessageNotFound
from server.storage.encryption import FieldCipher
from server.storage.mongo import AFTER, Database, Document, DuplicateKeyError, insert
from server.storage.paging import fetch_page

TEXT = "messages.text"
PARAMS = "deliveries.params"
PHONE = "deliveries.phone"
UNREAD_CAP = 1000


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
        seal, phone = self._cipher.seal, delivery.phone
        return {
            "state": delivery.state,
            "params": seal(orjson.dumps(dict(delivery.params)).decode(), PARAMS),
            "due_at": delivery.due_at,
            "done": delivery.due_at is None,
            "tries": delivery.tries,
            "phone": seal(phone, PHONE) if phone is not None else None,
            "sending_at": delivery.sending_at,
            "problem": delivery.problem,
            "ended_at": delivery.ended_at,
        }

    def _from_document(self, document: Document) -> Delivery:
        phone = document["phone"]
        return Delivery(
            id=document["_id"],
            account_id=document["account_id"],
            kind=MessageKind(document["kind"]),
            params=orjson.loads(self._cipher.open(document["params"], PARAMS)),
            created_at=document["created_at"],
            due_at=document["due_at"],
            state=DeliveryState(document["state"]),
            version=document["version"],
            tries=document["tries"],
            phone=self._cipher.open(phone, PHONE) if phone is not None else None,
            sending_at=document["sending_at"],
            problem=Problem(document["problem"]) if document["problem"] else None,
            ended_at=document["ended_at"],
            is_delivered=document.get("is_delivered"),
        )
