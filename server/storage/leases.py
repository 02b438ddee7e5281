"""Leases: which of several processes does a job now. Held in the database, ended by time."""

from datetime import timedelta

from server.core.clock import Clock
from server.storage.mongo import Database, DuplicateKeyError


class Leases:
    """A lease is a promise until its end only: renew well before it, stop when that fails."""

    def __init__(self, db: Database, clock: Clock) -> None:
        self._leases = db["leases"]
        self._clock = clock

    async def take(self, name: str, holder: str, seconds: float) -> bool:
        """Take a free or ended lease, or renew one's own; False when another holds it."""
        now = self._clock()
        free = {"$or": [{"holder": holder}, {"until_at": {"$lte": now}}]}
        held = {"holder": holder, "until_at": now + timedelta(seconds=seconds)}
        try:
            await self._leases.update_one({"_id": name, **free}, {"$set": held}, upsert=True)
        except DuplicateKeyError:
            return False
        return True

    async def release(self, name: str, holder: str) -> None:
        """Give one's own lease back early; another's is left alone."""
        await self._leases.delete_one({"_id": name, "holder": holder})
