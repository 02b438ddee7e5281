"""Who follows the account and who is bound to which of our accounts."""

import re
from datetime import datetime

from server.accounts.account import Account
from server.accounts.service import Accounts
from server.audit.service import SYSTEM, Audit
from server.core.actor import Actor
from server.core.clock import Clock
from server.official_account.follower import (
    CHANNEL,
    ChannelCount,
    ChannelUnknown,
    Follower,
    NotBound,
    counts_of,
)
from server.official_account.repository import FollowerRepository
from server.official_account.scenes import CHANNEL_PREFIX, channel_of
from server.providers.ports.wechat import OfficialAccount, WeChatQr

DEED = "official_account"


class Followers:
    """One openid, one account."""

    def __init__(
        self,
        *,
        followers: FollowerRepository,
        accounts: Accounts,
        audit: Audit,
        official_account: OfficialAccount,
        clock: Clock,
    ) -> None:
        self._followers = followers
        self._accounts = accounts
        self._audit = audit
        self._official_account = official_account
        self._clock = clock

    async def follow(self, openid: str, *, at: datetime, scene: str) -> Follower:
        """He follows. The channel of his first scene is his, and his account's."""
        follower = await self._followers.follow(openid, at=at, channel=channel_of(scene))
        await self._attribute(follower)
        return follower

    async def unfollow(self, openid: str, *, at: datetime) -> None:
        """He doesn't follow any more; what he is bound to stays."""
        await self._followers.unfollow(openid, at=at)

    async def find_account(self, openid: str) -> Account | None:
        """Who is bound to the openid."""
        follower = await self._followers.find(openid)
        if follower is None or follower.account_id is None:
            return None
        return await self._accounts.get(follower.account_id)

    async def find_of(self, actor: Actor) -> Follower | None:
        """The actor's own WeChat."""
        return await self._followers.find_of(actor.account_id)

    async def openid_of(self, account_id: str) -> str | None:
        """Where a template message to the account goes; None when it can't be reached in WeChat."""
        follower = await self._followers.find_of(account_id)
        return follower.openid if follower is not None and follower.following else None

    async def bind(self, openid: str, account_id: str, *, address: str) -> None:
        """Raises WeChatTaken, AccountTaken. Binding again what is bound changes nothing."""
        known = await self._followers.find_of(account_id)
        if known is not None and known.openid == openid:
            return
        follower = await self._followers.bind(openid, account_id, now=self._clock())
        await self._attribute(follower)
        await self._record("bound", account_id, account_id=account_id, address=address)

    async def unbind(self, actor: Actor) -> None:
        """The actor's own. Raises NotBound."""
        if not await self._followers.unbind(account_id=actor.account_id):
            raise NotBound()
        account_id = actor.account_id
        await self._record("unbound", account_id, account_id=account_id, address=actor.address)

    async def revoke(self, openid: str) -> None:
        """He took his authorisation back in WeChat: unbound."""
        follower = await self._followers.find(openid)
        if await self._followers.unbind(openid=openid) and follower and follower.account_id:
            await self._record("unbound", follower.account_id, account_id=SYSTEM)

    async def cancel(self, openid: str) -> None:
        """He has left WeChat: what we know of him there is deleted, his account stays."""
        await self.revoke(openid)
        await self._followers.forget(openid)

    async def channel_code(self, channel: str) -> WeChatQr:
        """A code for ever, of which WeChat grants 100,000. Raises ChannelUnknown, WeChatRefused."""
        if not re.fullmatch(CHANNEL, channel):
            raise ChannelUnknown(field="channel")
        return await self._official_account.create_qr(
            scene=f"{CHANNEL_PREFIX}.{channel}", expire_seconds=None
        )

    async def channels(self) -> tuple[ChannelCount, ...]:
        """What each channel brought."""
        return counts_of(
            await self._followers.count_by_channel(), await self._accounts.count_by_channel()
        )

    async def _attribute(self, follower: Follower) -> None:
        if follower.channel is not None and follower.account_id is not None:
            await self._accounts.set_channel(follower.account_id, follower.channel)

    async def _record(
        self, deed: str, subject_id: str, *, account_id: str, address: str = ""
    ) -> None:
        await self._audit.record(
            f"{DEED}.{deed}", account_id=account_id, subject_id=subject_id, address=address
        )
