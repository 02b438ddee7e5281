"""The outbox: how news written inside an aggregate's document gets out, at least once.

An aggregate's write carries its events in the same document (``pending``). ``collect`` copies
them to ``events`` under their own ids and clears them; ``take`` hands out what is due, each to
one process at a time. What was done stays for a month, so that an event copied again after a
crash between copying and clearing is known.
"""

from collections.abc import Sequence
from datetime import timedelta

from server.core.clock import Clock
from server.core.events import Event
from server.storage.mongo import (
    ASCENDING,
    Collection,
    Database,
    Document,
    DuplicateKeyError,
    insert,
)

LEASE_SECONDS = 60
LONGEST_WAIT_SECONDS = 300
KEPT = timedelta(days=30)
# An event that fails holds back later news of its subject for about a minute, not for ever.
HOLDING_BACK_TRIES = 5
_BATCH = 200


class Outbox:
    """``sources``: the collections whose documents carry ``pending`` events."""

    def __init__(self, db: Database, clock: Clock, sources: Sequence[str]) -> None:
        self._events = db["events"]
        self._sources = [db[source] for source in sources]
        self._clock = clock

    async def collect(self) -> int:
        """Bring out what is pending, oldest first, and return how many events were new.

        May be killed anywhere and run in several processes at once.
        """
        return sum([await self._collect_from(source) for source in self._sources])

    async def take(self, limit: int) -> list[Event]:
        """Up to ``limit`` due events, one a subject and in its order, ours for a minute."""
        due = {"done": False, "due_at": {"$lte": self._clock()}}
        taken: dict[str, Event] = {}
        cursor = self._events.find(due).sort([("due_at", ASCENDING), ("rank", ASCENDING)])
        while len(taken) < limit and (batch := await cursor.to_list(_BATCH)):
            first = await self._first_ranks({document["subject_id"] for document in batch})
            for document in batch:
                subject_id = document["subject_id"]
                held_back = document["rank"] > first.get(subject_id, document["rank"])
                if held_back or subject_id in taken or len(taken) == limit:
                    continue
                if await self._claim(document["_id"], due):
                    taken[subject_id] = Event.from_document(document)
        return list(taken.values())

    async def done(self, event_id: str) -> None:
        """Every reaction to it happened."""
        done = {"done": True, "expires_at": self._clock() + KEPT}
        await self._events.update_one({"_id": event_id}, {"$set": done})

    async def failed(self, event_id: str) -> None:
        """Due again after 2, 4, 8 … seconds, five minutes at most; never given up."""
        tries = {"$add": ["$tries", 1]}
        wait_seconds = {"$min": [LONGEST_WAIT_SECONDS, {"$pow": [2, {"$min": ["$tries", 20]}]}]}
        due_at = {"$add": [self._clock(), {"$multiply": [wait_seconds, 1000]}]}
        await self._events.update_one(
            {"_id": event_id, "done": False},
            [{"$set": {"tries": tries}}, {"$set": {"due_at": due_at}}],
        )

    async def _collect_from(self, source: Collection) -> int:
        new = 0
        while True:
            waiting = source.find({"pending.0": {"$exists": True}}, {"pending": 1})
            documents = await waiting.sort("pending.at", ASCENDING).limit(_BATCH).to_list(_BATCH)
            for document in documents:
                new += await self._copy(document["pending"])
                ids = [event["id"] for event in document["pending"]]
                await source.update_one(
                    {"_id": document["_id"]}, {"$pull": {"pending": {"id": {"$in": ids}}}}
                )
            if len(documents) < _BATCH:
                return new

    async def _copy(self, pending: list[Document]) -> int:
        new = 0
        for place, event in enumerate(pending):
            state = {"rank": _rank(event, place), "due_at": event["at"], "done": False, "tries": 0}
            try:
                await insert(self._events, {"_id": event["id"], **event, **state})
                new += 1
            except DuplicateKeyError:
                pass
        return new

    async def _first_ranks(self, subject_ids: set[str]) -> dict[str, str]:
        """By subject, the rank of its first event that later ones must wait for."""
        todo = {"done": False, "subject_id": {"$in": list(subject_ids)}}
        pipeline: list[Document] = [
            {"$match": {**todo, "tries": {"$lt": HOLDING_BACK_TRIES}}},
            {"$group": {"_id": "$subject_id", "rank": {"$min": "$rank"}}},
        ]
        return {each["_id"]: each["rank"] async for each in self._events.aggregate(pipeline)}

    async def _claim(self, event_id: str, due: Document) -> bool:
        leased = {"due_at": self._clock() + timedelta(seconds=LEASE_SECONDS)}
        claimed = await self._events.update_one({"_id": event_id, **due}, {"$set": leased})
        return claimed.matched_count == 1


def _rank(event: Document, place: int) -> str:
    """Sorts a subject's events as they happened; those of one write by their place in it."""
    return f"{int(event['at'].timestamp() * 1000):013d}.{place:04d}.{event['id']}"
