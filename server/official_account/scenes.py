"""QR codes with a meaning: a scene is ``<prefix>.<rest>``, and each prefix has one reaction.

``c.<channel>`` counts where people come from, ``h.<ticket>`` hands a certification over to a
phone, ``l.<ticket>`` logs a PC in. A new kind of code is a new row where the reactions are put
together (server/composition/wechat.py).
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from server.official_account.follower import CHANNEL
from server.official_account.reply import Article, Reply

CHANNEL_PREFIX = "c"
LOG_IN_PREFIX = "l"
HAND_OVER_PREFIX = "h"
_SCENE = re.compile(r"([a-z])\.(.{1,62})")
_TICKET = re.compile(r"[0-9A-Za-z]{22}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Scan:
    """Somebody scanned a code of ours. ``rest``: the scene without its prefix, as scanned.

    ``key`` is the same when WeChat tells of the same scan again: what a reaction does for one
    key it does once, or so that a second time changes nothing. ``account_id``: who is bound to
    the openid, None for a stranger. ``is_new``: he began to follow by this scan.
    """

    rest: str
    key: str = field(repr=False)
    openid: str = field(repr=False)
    account_id: str | None
    is_new: bool
    at: datetime


class SceneReaction(Protocol):
    """At most four seconds. What it raises makes WeChat try again; None: nothing particular to say."""

    async def __call__(self, scan: Scan, /) -> Reply | None: ...


class Scenes:
    """Prefix to reaction."""

    def __init__(self, reactions: Mapping[str, SceneReaction]) -> None:
        self._reactions = dict(reactions)

    async def react(self, scene: str, scan: Scan) -> Reply | None:
        """The reaction to the scene, if its prefix has one."""
        reaction = self._reactions.get(prefix_of(scene))
        return await reaction(scan) if reaction is not None else None


def prefix_of(scene: str) -> str:
    """ "" for a scene that is none of ours."""
    found = _SCENE.fullmatch(scene)
    return found[1] if found else ""


def rest_of(scene: str) -> str:
    """What follows the prefix."""
    found = _SCENE.fullmatch(scene)
    return found[2] if found else ""


def channel_of(scene: str) -> str | None:
    """The channel of a ``c.`` scene."""
    rest = rest_of(scene) if prefix_of(scene) == CHANNEL_PREFIX else ""
    return rest if re.fullmatch(CHANNEL, rest) else None


@dataclass(frozen=True, slots=True, kw_only=True)
class TicketCard:
    """Something that waits on a PC goes on here: a card that opens the ticket's page.

    Nothing is done by the scan itself; the page judges the ticket and asks the person.
    """

    title: str
    description: str
    address: str

    async def __call__(self, scan: Scan, /) -> Reply | None:
        if not _TICKET.fullmatch(scan.rest):
            return None
        url = f"{self.address}/{scan.rest}"
        return Reply(articles=[Article(title=self.title, description=self.description, url=url)])


def hand_over(site: str) -> TicketCard:
    """``h.<ticket>``: a certification's face check."""
    return TicketCard(
        title="继续办理企业认证",
        description="请法定代表人点击进入，核对信息后完成人脸核验。",
        address=f"{site}/h",
    )


def log_in(site: str) -> TicketCard:
    """``l.<ticket>``: a PC that wants to be let in."""
    return TicketCard(
        title="确认登录电脑",
        description="点击进入，核对登录请求的地址和时间后确认。不是您本人操作请勿确认。",
        address=f"{site}/q",
    )
