"""Followers, and pushes being dealt with, in MongoDB. Openids are sealed; a keyed hash finds them."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from server.official_account.follower import AccountTaken, Follower, WeChatTaken
from server.storage.encryption import FieldCipher
from server.storage.mongo import Database, Document, DuplicateKeyError, duplicated_fields

OPENID = "wechat_followers.openid"
KEY = "wechat_pushes.key"
REPLY = "wechat_pushes.reply"
BIND_TRIES = 3  # news about the same person may come in between


class FollowerRepository:
    """The collection ``wechat_followers``; ``_id`` is the openid's keyed hash."""

    def __init__(self, database: Database, cipher: FieldCipher) -> None:
        self._followers = database["wechat_followers"]
        self._cipher = cipher

    async def follow(self, openid: str, *, at: datetime, channel: str | None) -> Follower:
        """From now on he follows, unless something newer is known.

        The channel is that of the first time; what is written again changes nothing.
        """
        is_first = {"$eq": [{"$ifNull": ["$followed_at", None]}, None]}
        kept = {"$ifNull": ["$channel", None]}
        return await self._move(
            openid,
            at,
            {
                "following": True,
                "channel": {"$cond": [is_first, channel, kept]},
                "followed_at": {"$ifNull": ["$followed_at", at]},
                "unfollowed_at": None,
            },
        )

    async def unfollow(self, openid: str, *, at: datetime) -> Follower:
        """From now on he doesn't, unless something newer is known. The binding stays."""
        return await self._move(openid, at, {"following": False, "unfollowed_at": at})

    async def find(self, openid: str) -> Follower | None:
        """By openid."""
        return self._or_none(await self._followers.find_one({"_id": self._index(openid)}))

    async def find_of(self, account_id: str) -> Follower | None:
        """The one bound to the account."""
        return self._or_none(await self._followers.find_one({"account_id": account_id}))

    async def bind(self, openid: str, account_id: str, *, now: datetime) -> Follower:
        """One openid, one account. Raises WeChatTaken, AccountTaken."""
        free = {"_id": self._index(openid), "account_id": {"$in": [None, account_id]}}
        bound = {"account_id": account_id, "bound_at": now}
        first = {"openid": self._cipher.seal(openid, OPENID), "following": False}
        for _ in range(BIND_TRIES):
            try:
                await self._followers.update_one(
                    free, {"$set": bound, "$setOnInsert": first}, upsert=True
                )
            except DuplicateKeyError as error:
                if duplicated_fields(error) == ("account_id",):
                    raise AccountTaken() from None
            found = await self.find(openid)
            if found is not None and found.account_id == account_id:
                return found
            if found is not None and found.account_id is not None:
                break
        raise WeChatTaken()

    async def unbind(self, *, account_id: str | None = None, openid: str | None = None) -> bool:
        """By one of both; whether there was a binding."""
        who: Document = {"account_id": account_id} if account_id else {"_id": self._index(openid)}
        gone = await self._followers.update_one(
            {**who, "account_id": who.get("account_id", {"$type": "string"})},
            {"$unset": {"account_id": "", "bound_at": ""}},
        )
        return gone.modified_count == 1

    async def forget(self, openid: str) -> None:
        """The person has left WeChat: nothing is kept."""
        await self._followers.delete_one({"_id": self._index(openid)})

    async def count_by_channel(self) -> dict[str, tuple[int, int]]:
        """Channel to how many followed by it, and how many of them still do."""
        pipeline: list[Document] = [
            {"$match": {"channel": {"$type": "string"}}},
            {
                "$group": {
                    "_id": "$channel",
                    "followed": {"$sum": 1},
                    "following": {"$sum": {"$cond": ["$following", 1, 0]}},
                }
            },
        ]
        found = self._followers.aggregate(pipeline)
        return {one["_id"]: (one["followed"], one["following"]) async for one in found}

    async def _move(self, openid: str, at: datetime, changed: Document) -> Follower:
        """WeChat's news may come late: older than what is known, it changes nothing."""
        values = {
            **changed,
            "openid": {"$ifNull": ["$openid", self._cipher.seal(openid, OPENID)]},
            "told_at": at,
        }
        not_newer = {"_id": self._index(openid), "told_at": {"$not": {"$gt": at}}}
        try:
            await self._followers.update_one(not_newer, [{"$set": values}], upsert=True)
        except DuplicateKeyError:
            pass  # what is known is newer
        found = await self.find(openid)
        assert found is not None
        return found

    def _index(self, openid: str | None) -> str:
        assert openid
        return self._cipher.index(openid, OPENID)

    def _or_none(self, document: Document | None) -> Follower | None:
        if document is None:
            return None
        return Follower(
            openid=self._cipher.open(document["openid"], OPENID),
            following=document["following"],
            channel=document.get("channel"),
            account_id=document.get("account_id"),
            followed_at=document.get("followed_at"),
            unfollowed_at=document.get("unfollowed_at"),
            bound_at=document.get("bound_at"),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """``is_ours``: do it now. Otherwise ``is_done`` with its reply, or another is at it."""

    is_ours: bool
    is_done: bool = False
    reply: str | None = None


class PushRepository:
    """The collection ``wechat_pushes``: what was done already, for longer than WeChat's window."""

    def __init__(self, database: Database, cipher: FieldCipher) -> None:
        self._pushes = database["wechat_pushes"]
        self._cipher = cipher

    async def claim(
        self, key: str, holder: str, *, now: datetime, lease: timedelta, kept: timedelta
    ) -> Claim:
        """Take it if it is not done and nobody holds it."""
        push_id = self._cipher.index(key, KEY)
        free = {"_id": push_id, "done": {"$ne": True}, "lease_until_at": {"$not": {"$gt": now}}}
        held = {"lease_by": holder, "lease_until_at": now + lease, "expires_at": now + kept}
        try:
            await self._pushes.update_one(free, {"$set": held}, upsert=True)
            return Claim(is_ours=True)
        except DuplicateKeyError:
            pass
        found: dict[str, Any] | None = await self._pushes.find_one({"_id": push_id, "done": True})
        if found is None:
            return Claim(is_ours=False)
        sealed = found.get("reply")
        reply = self._cipher.open(sealed, REPLY) if sealed is not None else None
        return Claim(is_ours=False, is_done=True, reply=reply)

    async def done(self, key: str, *, reply: str | None) -> None:
        """It has happened; a retry gets the same reply."""
        values: Document = {"done": True}
        if reply is not None:
            values["reply"] = self._cipher.seal(reply, REPLY)
        await self._pushes.update_one(
            {"_id": self._cipher.index(key, KEY), "done": {"$ne": True}}, {"$set": values}
        )

    async def release(self, key: str, holder: str) -> None:
        """It failed: a retry need not wait for the lease's end."""
        await self._pushes.update_one(
            {"_id": self._cipher.index(key, KEY), "lease_by": holder, "done": {"$ne": True}},
            {"$unset": {"lease_until_at": ""}},
        )
