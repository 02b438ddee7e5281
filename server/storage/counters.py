"""Counters: the next number of a series, never given twice."""

from server.storage.mongo import AFTER, Database


class Counters:
    """A number may be skipped when its taker dies; put the day in ``name`` to start anew."""

    def __init__(self, db: Database) -> None:
        self._counters = db["counters"]

    async def next(self, name: str) -> int:
        """1, 2, 3 … by name."""
        document = await self._counters.find_one_and_update(
            {"_id": name}, {"$inc": {"value": 1}}, upsert=True, return_document=AFTER
        )
        return int(document["value"])
