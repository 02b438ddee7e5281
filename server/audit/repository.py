"""Audit rows in MongoDB: inserted freely, chained by the sealer, never updated otherwise."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import orjson

from server.audit.row import AuditRow
from server.core.ids import digest
from server.storage.mongo import Database, Document, insert

GENESIS = "0" * 64


class AuditRepository:
    """The collection ``audit``."""

    def __init__(self, database: Database) -> None:
        self._rows = database["audit"]

    async def add(self, row: AuditRow) -> None:
        """Insert, unsealed."""
        await insert(self._rows, {**_content(row), "_id": row.id, "number": None})

    async def of_subject(self, subject_id: str) -> list[AuditRow]:
        """Everything done to one thing, oldest first."""
        found = self._rows.find({"subject_id": subject_id}).sort([("at", 1), ("_id", 1)])
        return [_row(document) async for document in found.limit(200)]

    async def seal(self, limit: int = 100) -> int:
        """Chain the rows that are not yet sealed; only the holder of the lease may call this."""
        last = await self._rows.find_one({"number": {"$ne": None}}, sort=[("number", -1)])
        number, previous = (last["number"], last["hash"]) if last else (0, GENESIS)
        sealed = 0
        found = self._rows.find({"number": None}).sort([("at", 1), ("_id", 1)]).limit(limit)
        async for document in found:
            number += 1
            link = link_hash(document, number, previous)
            await self._rows.update_one(
                {"_id": document["_id"], "number": None},
                {"$set": {"number": number, "previous": previous, "hash": link}},
            )
            previous, sealed = link, sealed + 1
        return sealed

    async def first_broken(self) -> int | None:
        """The number of the first sealed row that was changed or taken out; None when sound."""
        expected, previous = 0, GENESIS
        async for document in self._rows.find({"number": {"$ne": None}}).sort([("number", 1)]):
            expected += 1
            is_next = document["number"] == expected and document["previous"] == previous
            if not is_next or document["hash"] != link_hash(document, expected, previous):
                return expected
            previous = document["hash"]
        return None


def link_hash(document: Document, number: int, previous: str) -> str:
    """The hash of a row's content, its number and the hash before it."""
    content = [
        number,
        previous,
        document["_id"],
        _milliseconds(document["at"]),
        document["deed"],
        document["account_id"],
        document["subject_id"],
        document["address"],
        sorted(document["facts"].items()),
    ]
    return digest(orjson.dumps(content).decode())


def _milliseconds(moment: datetime) -> int:
    return round(moment.timestamp() * 1000)


def _content(row: AuditRow) -> dict[str, Any]:
    facts: Mapping[str, str] = row.facts
    return {
        "at": row.at,
        "deed": row.deed,
        "account_id": row.account_id,
        "subject_id": row.subject_id,
        "address": row.address,
        "facts": dict(facts),
    }


def _row(document: Document) -> AuditRow:
    return AuditRow(
        id=document["_id"],
        at=document["at"],
        deed=document["deed"],
        account_id=document["account_id"],
        subject_id=document["subject_id"],
        address=document["address"],
        facts=document["facts"],
        number=document["number"],
        previous=document.get("previous"),
        hash=document.get("hash"),
    )
