"""A person in WeChat as the account knows him: does he follow, where did he come from, who is he here.

Unfollowing changes nothing about the account that he is bound to: it is his way in, and only he,
or WeChat on his behalf, ends it.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from server.core.errors import Conflict, Invalid, NotFound

CHANNEL = r"[0-9A-Za-z_-]{1,40}"


class WeChatTaken(Conflict):
    """This openid is bound to another account."""

    code = "official_account.wechat_taken"
    sentence = "这个微信已绑定其他账号。请先在原账号的“我的—微信绑定”中解除，再重新绑定。"


class AccountTaken(Conflict):
    """This account is bound to another openid."""

    code = "official_account.account_taken"
    sentence = (
        "这个账号已绑定其他微信。请先用手机号登录，在“我的—微信绑定”中解除原来的绑定，再重新绑定。"
    )


class NotBound(NotFound):
    """There is nothing to unbind."""

    code = "official_account.not_bound"
    sentence = "您的账号没有绑定微信，或已经解除绑定。"


class ChannelUnknown(Invalid):
    """A channel's name that no QR code can carry."""

    code = "official_account.channel_unknown"
    sentence = "渠道代码只能用 1 到 40 个字母、数字、下划线或短横线。"


@dataclass(frozen=True, slots=True, kw_only=True)
class Follower:
    """``channel``: of the QR code that he followed by the first time. ``account_id``: who he is here."""

    openid: str = field(repr=False)
    following: bool
    channel: str | None = None
    account_id: str | None = None
    followed_at: datetime | None = None
    unfollowed_at: datetime | None = None
    bound_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ChannelCount:
    """What a channel brought: people who followed, those who still do, accounts."""

    channel: str
    followed: int
    following: int
    accounts: int


def counts_of(
    followers: Mapping[str, tuple[int, int]], accounts: Mapping[str, int]
) -> tuple[ChannelCount, ...]:
    """Channels by name; followers: (all, still following)."""
    return tuple(
        ChannelCount(
            channel=channel,
            followed=followers.get(channel, (0, 0))[0],
            following=followers.get(channel, (0, 0))[1],
            accounts=accounts.get(channel, 0),
        )
        for channel in sorted({*followers, *accounts})
    )
