"""Rate limits over sliding windows, shared by all processes, one document a key.

Judging and counting are one atomic operation, so that two requests at once can't both take the
last place.
"""

import math
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from server.core.clock import Clock
from server.storage.mongo import AFTER, Database, Document


class RateLimits:
    """Only what was allowed is counted: asking again doesn't make the wait longer."""

    def __init__(self, db: Database, clock: Clock) -> None:
        self._limits = db["rate_limits"]
        self._clock = clock

    async def take(self, key: str, rules: Sequence[tuple[int, int]]) -> int:
        """``rules``: (count, seconds) each. 0: allowed and counted; else the seconds to wait.

        ``key`` is kept in clear: no phone or ID number in it, but their blind index.
        """
        now = self._clock()
        document = await self._limits.find_one_and_update(
            {"_id": key}, _take(now, rules), upsert=True, return_document=AFTER
        )
        return math.ceil(int(document["wait_ms"]) / 1000)

    async def forget(self, key: str) -> None:
        """Start counting anew, as after a log-in that succeeded."""
        await self._limits.delete_one({"_id": key})


def _take(now: datetime, rules: Sequence[tuple[int, int]]) -> list[Document]:
    """The update: drop old hits, find the longest wait of any rule, add this hit if there is none."""
    longest = timedelta(seconds=max(seconds for _, seconds in rules))
    allowed = {"$eq": ["$wait_ms", 0]}
    return [
        {"$set": {"hits": _hits_since(now - longest)}},
        {"$set": {"wait_ms": {"$max": [_wait_ms(now, *rule) for rule in rules]}}},
        {
            "$set": {
                "hits": {"$cond": [allowed, {"$concatArrays": ["$hits", [now]]}, "$hits"]},
                "expires_at": now + longest,
            }
        },
    ]


def _wait_ms(now: datetime, count: int, seconds: int) -> Document:
    """Milliseconds until fewer than ``count`` hits lie in the window: 0 when so now."""
    window = timedelta(seconds=seconds)
    # The count-th hit from the end must leave the window; there is none while there are fewer.
    blocking: dict[str, Any] = {"$arrayElemAt": ["$$recent", -count]}
    free_in = {"$subtract": [{"$add": [blocking, int(window.total_seconds() * 1000)]}, now]}
    full = {"$gte": [{"$size": "$$recent"}, count]}
    return {
        "$let": {
            "vars": {"recent": _hits_since(now - window)},
            "in": {"$cond": [full, {"$max": [free_in, 1]}, 0]},
        }
    }


def _hits_since(moment: datetime) -> Document:
    hits = {"$ifNull": ["$hits", []]}
    return {"$filter": {"input": hits, "as": "hit", "cond": {"$gt": ["$$hit", moment]}}}
