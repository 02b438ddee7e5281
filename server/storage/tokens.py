"""Tokens that a vendor gives to us all at once: one process fetches, every process uses.

One sealed document a token. Who fetches holds the lease in it; the others wait for the document,
or go on with the old token while it lives. A process keeps what it read until the token is due
or refused, or the change stream tells of another; should it miss that, the vendor's refusal does.
"""

import asyncio
import contextvars
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from server.core.clock import Clock
from server.core.ids import new_id
from server.storage.changes import ChangeFeed
from server.storage.encryption import FieldCipher, SealBroken
from server.storage.mongo import AFTER, Database, Document, DuplicateKeyError

PLACE = "tokens.value"
# WeChat's stable_token hands out the next token only in the last 300 seconds of the old one:
# a margin above that would fetch at every call.
MARGIN_SECONDS = 240
LEASE_SECONDS = 15
FETCH_SECONDS = LEASE_SECONDS - 3
FORCE_GAP_SECONDS = 35  # WeChat refuses the next forced one for 30 seconds
GRACE_SECONDS = 30  # how long the old token is used on after a fetch that failed
PAUSE_SECONDS = 0.05

Fetch = Callable[[bool], Awaitable[tuple[str, int]]]
"""Asks the vendor, forced or not; the token and the seconds that it lives."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Token:
    value: str = field(repr=False)
    version: str
    renew_at: datetime
    expires_at: datetime


class SharedToken:
    """One token by name."""

    def __init__(
        self, db: Database, cipher: FieldCipher, clock: Clock, changes: ChangeFeed, name: str
    ) -> None:
        self._tokens = db["tokens"]
        self._cipher = cipher
        self._clock = clock
        self._name = name
        self._cached: _Token | None = None
        self._flights: dict[str | None, asyncio.Task[_Token]] = {}
        changes.subscribe("tokens", self._follow)

    async def get(self, fetch: Fetch) -> str:
        """A token that is not due. Raises what fetch raises, and TimeoutError."""
        cached = self._cached
        if cached is not None and self._clock() < cached.renew_at:
            return cached.value
        return (await self._share(None, fetch)).value

    async def replace(self, refused: str, fetch: Fetch) -> str:
        """Another than the refused one; the same again when the vendor insists on it.

        Only this one is given up: what another process fetched meanwhile is used.
        """
        if self._cached is not None and self._cached.value == refused:
            self._cached = None
        return (await self._share(refused, fetch)).value

    async def _share(self, refused: str | None, fetch: Fetch) -> _Token:
        """All who ask in this process wait for one renewal; a caller that leaves doesn't end it.

        It runs outside of the caller's context, whose deadline for the database is not ours.
        """
        flight = self._flights.get(refused)
        if flight is None:
            flight = asyncio.get_running_loop().create_task(
                self._renew(refused, fetch), context=contextvars.Context()
            )
            self._flights[refused] = flight
            flight.add_done_callback(lambda ended: self._land(refused, ended))
        return await asyncio.shield(flight)

    def _land(self, refused: str | None, flight: asyncio.Task[_Token]) -> None:
        del self._flights[refused]
        if not flight.cancelled():
            flight.exception()  # told to those who waited; nobody may be left

    async def _renew(self, refused: str | None, fetch: Fetch) -> _Token:
        holder = new_id()
        async with asyncio.timeout(LEASE_SECONDS):
            while (document := await self._take(holder)) is None:
                found = self._read(await self._tokens.find_one({"_id": self._name}))
                if found and found.value != refused and self._clock() < found.expires_at:
                    return self._keep(found)
                await asyncio.sleep(PAUSE_SECONDS)
        found = None
        try:
            found = self._read(document)
            if found and found.value != refused and self._clock() < found.renew_at:
                return self._keep(found)
            async with asyncio.timeout(FETCH_SECONDS):
                return self._keep(await self._fetch(document, holder, refused, fetch))
        except Exception:
            if found is None or found.value == refused or self._clock() >= found.expires_at:
                raise
            later = self._clock() + timedelta(seconds=GRACE_SECONDS)
            return self._keep(replace(found, renew_at=min(later, found.expires_at)))
        finally:
            await self._tokens.update_one(
                {"_id": self._name, "lease_by": holder},
                {"$unset": {"lease_by": "", "lease_until_at": ""}},
            )

    async def _take(self, holder: str) -> Document | None:
        """The document with our lease in it; None while another's lasts."""
        now = self._clock()
        try:
            taken: Document = await self._tokens.find_one_and_update(
                {"_id": self._name, "lease_until_at": {"$not": {"$gt": now}}},
                {
                    "$set": {
                        "lease_by": holder,
                        "lease_until_at": now + timedelta(seconds=LEASE_SECONDS),
                    }
                },
                upsert=True,
                return_document=AFTER,
            )
        except DuplicateKeyError:
            return None
        return taken

    async def _fetch(
        self, document: Document, holder: str, refused: str | None, fetch: Fetch
    ) -> _Token:
        """Unforced first: the vendor has a newer one more often than it has forgotten its own."""
        value, seconds = await fetch(False)
        if value == refused:
            forced_at, now = document.get("forced_at"), self._clock()
            if forced_at is None or now >= forced_at + timedelta(seconds=FORCE_GAP_SECONDS):
                await self._write(holder, {"forced_at": now})
                value, seconds = await fetch(True)
        now = self._clock()
        token = _Token(
            value=value,
            version=new_id(),
            renew_at=now + timedelta(seconds=max(seconds - MARGIN_SECONDS, seconds / 2)),
            expires_at=now + timedelta(seconds=seconds),
        )
        sealed = self._cipher.seal(value, PLACE)
        await self._write(
            holder,
            {
                "value": sealed,
                "version": token.version,
                "renew_at": token.renew_at,
                "expires_at": token.expires_at,
            },
        )
        return token

    async def _write(self, holder: str, changed: Document) -> None:
        """Under our own lease only: one that was overtaken leaves the newer token alone."""
        await self._tokens.update_one({"_id": self._name, "lease_by": holder}, {"$set": changed})

    def _read(self, document: Document | None) -> _Token | None:
        if document is None or "value" not in document:
            return None
        try:
            value = self._cipher.open(document["value"], PLACE)
        except SealBroken:  # sealed with a key that is gone: fetch another
            return None
        return _Token(
            value=value,
            version=document["version"],
            renew_at=document["renew_at"],
            expires_at=document["expires_at"],
        )

    def _keep(self, token: _Token) -> _Token:
        self._cached = token
        return token

    def _follow(self, name: str, operation: str, document: Document | None) -> None:
        """Another process has a newer one; the lease alone coming and going is no news."""
        if self._cached is None or name != self._name:
            return
        if document is None or document.get("version") != self._cached.version:
            self._cached = None
