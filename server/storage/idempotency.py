"""Idempotency keys: the same request twice is done once and answered twice.

The id of whatever a request creates derives from (account, route, key), so a retry after a crash
finds what the first try made even when no answer was recorded.
"""

import json
from collections.abc import Sequence
from datetime import timedelta

from server.core.clock import Clock
from server.core.errors import Conflict, Invalid
from server.core.ids import derived_id, new_secret
from server.core.once import Fresh, Replay
from server.storage.encryption import FieldCipher
from server.storage.mongo import Database, Document, DuplicateKeyError, insert

LEASE_SECONDS = 60
KEPT = timedelta(hours=24)
_HEADERS_PLACE = "idempotency.headers"
_BODY_PLACE = "idempotency.body"
_MARK_PLACE = "idempotency.body_mark"


class KeyReused(Invalid):
    """The key was used before with another body."""

    code = "idempotency.key_reused"
    sentence = "这次提交的内容与之前的不一致，请刷新页面后重新提交。"


class KeyRunning(Conflict):
    """The first request with this key is still being worked on."""

    code = "idempotency.key_running"
    sentence = "您的提交正在处理，请稍候查看结果，无需重复提交。"


class IdempotencyKeys:
    """Answers are kept sealed for a day."""

    def __init__(self, db: Database, cipher: FieldCipher, clock: Clock) -> None:
        self._keys = db["idempotency"]
        self._cipher = cipher
        self._clock = clock

    async def begin(
        self, *, account_id: str, route: str, key: str, body_digest: str
    ) -> Fresh | Replay:
        """Claim the key for a minute. Raises KeyReused, KeyRunning."""
        created_id = derived_id(account_id, route, key)
        # Keyed, because a plain digest of a short form with a phone number can be guessed back.
        mark = self._cipher.index(body_digest, _MARK_PLACE)
        while True:
            claimed = await self._claim(created_id, mark)
            if claimed is not None:
                return claimed
            found = await self._keys.find_one({"_id": created_id})
            if found is None or found["expires_at"] <= self._clock():
                await self._keys.delete_one(
                    {"_id": created_id, "expires_at": {"$lte": self._clock()}}
                )
                continue
            if found["body_mark"] != mark:
                raise KeyReused()
            if "status" in found:
                return self._replay(found)
            if found["running_until_at"] > self._clock():
                raise KeyRunning()

    async def finish(
        self, fresh: Fresh, *, status: int, body: bytes, headers: Sequence[tuple[str, str]] = ()
    ) -> None:
        """Keep the answer for whoever asks again; nothing happens when the claim had passed on."""
        answer = {
            "status": status,
            "body": self._cipher.seal_bytes(body, _BODY_PLACE),
            "headers": self._cipher.seal(json.dumps(list(headers)), _HEADERS_PLACE),
        }
        await self._keys.update_one(_running(fresh), {"$set": answer})

    async def abandon(self, fresh: Fresh) -> None:
        """Nothing was done (a refusal, a failure of ours): the key may be used again at once."""
        await self._keys.delete_one(_running(fresh))

    async def _claim(self, created_id: str, mark: str) -> Fresh | None:
        """The claim, when the key is new or its claimant's minute is over without an answer."""
        now = self._clock()
        secret = new_secret()
        claim: Document = {
            "claim": secret,
            "running_until_at": now + timedelta(seconds=LEASE_SECONDS),
            "expires_at": now + KEPT,
        }
        fresh = Fresh(created_id=created_id, token=secret)
        left_behind = {
            "_id": created_id,
            "body_mark": mark,
            "status": {"$exists": False},
            "running_until_at": {"$lte": now},
            "expires_at": {"$gt": now},
        }
        try:
            await insert(self._keys, {"_id": created_id, "body_mark": mark, **claim})
            return fresh
        except DuplicateKeyError:
            taken = await self._keys.update_one(left_behind, {"$set": claim})
            return fresh if taken.matched_count else None

    def _replay(self, found: Document) -> Replay:
        headers = self._cipher.open(found["headers"], _HEADERS_PLACE)
        return Replay(
            status=found["status"],
            body=self._cipher.open_bytes(found["body"], _BODY_PLACE),
            headers=[(name, value) for name, value in json.loads(headers)],
        )


def _running(fresh: Fresh) -> Document:
    return {"_id": fresh.created_id, "claim": fresh.token, "status": {"$exists": False}}
