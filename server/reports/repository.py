"""Read models in MongoDB: figures by day, kept up by events; and queues read off the cases' own fields."""

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Any

from server.reports.figures import Entry, Figure, Reach, Sums
from server.reports.work import WorkItem, WorkKind
from server.storage.mongo import (
    ASCENDING,
    Database,
    Document,
    DuplicateKeyError,
    Session,
    insert,
)

REMEMBERED = timedelta(days=60)
"""Longer than the outbox may tell an event again."""


class FigureRepository:
    """``daily_figures`` by day, institution and branch; ``counted_events`` are those in them."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._figures = database["daily_figures"]
        self._counted = database["counted_events"]

    async def add(self, entry: Entry, now: datetime) -> None:
        """Count the event, once however often it is told."""
        mark = {"_id": entry.event_id, "expires_at": now + REMEMBERED}
        place = {"institution_id": entry.institution_id, "branch_id": entry.branch_id}
        day = entry.day.isoformat()

        async def both(session: Session) -> None:
            await insert(self._counted, dict(mark), session=session)
            await self._figures.update_one(
                {"_id": f"{day}:{entry.institution_id}:{entry.branch_id}"},
                {
                    "$inc": {f"sums.{figure}": number for figure, number in entry.sums.items()},
                    "$setOnInsert": {"day": day, **place},
                },
                upsert=True,
                session=session,
            )

        try:
            await self._database.transaction(both)
        except DuplicateKeyError:
            if await self._counted.find_one({"_id": entry.event_id}, {"_id": 1}) is None:
                raise

    async def by_day(self, reach: Reach, first: date, last: date) -> dict[str, Sums]:
        """ISO day to sums, of days with any."""
        return await self._grouped(reach, first, last, "$day")

    async def by_month(self, reach: Reach, first: date, last: date) -> dict[str, Sums]:
        """``2026-11`` to sums, of months with any."""
        return await self._grouped(reach, first, last, {"$substrBytes": ["$day", 0, 7]})

    async def by_institution(self, reach: Reach, first: date, last: date) -> dict[str, Sums]:
        """Institution id to sums."""
        return await self._grouped(reach, first, last, "$institution_id")

    async def total(self, reach: Reach, first: date, last: date) -> Sums:
        """The sums of the days, first and last included."""
        found = await self._grouped(reach, first, last, None)
        return next(iter(found.values()), Counter())

    async def _grouped(self, reach: Reach, first: date, last: date, key: Any) -> dict[str, Sums]:
        wanted: Document = {"day": {"$gte": first.isoformat(), "$lte": last.isoformat()}}
        if reach.institution_id is not None:
            wanted["institution_id"] = reach.institution_id
        if reach.branch_id is not None:
            wanted["branch_id"] = reach.branch_id
        sums = {figure.value: {"$sum": f"$sums.{figure}"} for figure in Figure}
        pipeline: list[Document] = [{"$match": wanted}, {"$group": {"_id": key, **sums}}]
        return {
            str(found["_id"]): Counter({figure: found[figure] for figure in Figure})
            async for found in self._figures.aggregate(pipeline)
        }


class QueueRepository:
    """What waits longest, straight from the cases: only fields that name no person are read."""

    def __init__(self, database: Database) -> None:
        self._certifications = database["certifications"]
        self._applications = database["applications"]
        self._enterprises = database["enterprises"]

    async def certifications(self, limit: int) -> list[WorkItem]:
        """Those in review, the soonest due first."""
        fields = {"name": 1, "uscc": 1, "state": 1, "due_at": 1, "claim": 1}
        found = self._certifications.find({"state": "reviewing"}, fields)
        documents = await found.sort([("due_at", ASCENDING)]).limit(limit).to_list(limit)
        return [_certification(document) for document in documents]

    async def applications(self, reach: Reach, states: Sequence[str], limit: int) -> list[WorkItem]:
        """Those in one of the states, the soonest due first."""
        wanted: Document = {"state": {"$in": list(states)}}
        if reach.institution_id is not None:
            wanted["institution_id"] = reach.institution_id
        if reach.branch_id is not None:
            wanted["branch_id"] = reach.branch_id
        fields = {
            "case_no": 1,
            "enterprise_name": 1,
            "terms.name": 1,
            "form.amount_fen": 1,
            "state": 1,
            "due_at": 1,
        }
        found = self._applications.find(wanted, fields)
        documents = await found.sort([("due_at", ASCENDING)]).limit(limit).to_list(limit)
        return [_application(document) for document in documents]

    async def certified(self, cap: int) -> int:
        """How many enterprises are certified, counted up to ``cap``."""
        return int(await self._enterprises.count_documents({"state": "certified"}, limit=cap))


def _certification(document: Mapping[str, Any]) -> WorkItem:
    claim = document["claim"]
    return WorkItem(
        id=document["_id"],
        kind=WorkKind.CERTIFICATION,
        title=document["name"],
        state=document["state"],
        due_at=document["due_at"],
        claimed_by=claim["account_id"] if claim else None,
        claimed_until=claim["until"] if claim else None,
    )


def _application(document: Mapping[str, Any]) -> WorkItem:
    return WorkItem(
        id=document["_id"],
        kind=WorkKind.APPLICATION,
        title=document["enterprise_name"],
        state=document["state"],
        due_at=document["due_at"],
        number=document["case_no"],
        product=document["terms"]["name"],
        amount_fen=document["form"]["amount_fen"],
    )
