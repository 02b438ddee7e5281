"""The way in by WeChat: to WeChat and back with an openid, and signatures for its script on our pages.

https://developers.weixin.qq.com/doc/service/guide/h5/auth.html. ``state`` is kept by the browser
in a sealed pass, so that nobody can be sent back to us with somebody else's code.
"""

import hmac
import re
from dataclasses import dataclass, field
from datetime import timedelta

from server.core.clock import Clock
from server.core.errors import Conflict, Invalid
from server.core.ids import new_ticket
from server.official_account.passes import Passes
from server.official_account.service import Followers
from server.providers.ports.wechat import CodeUsed, OfficialAccount, jsapi_signature

ENTRANCE_LIFE = timedelta(minutes=10)
BINDING_LIFE = timedelta(minutes=15)
RETURN_PATH = "/wechat/return"
_UNSET = re.compile(r"wx0{16}")
_ENTRANCE, _BINDING = "entrance", "binding"


class StateWrong(Conflict):
    """Came back with a state that this browser was not sent away with, or long after."""

    code = "official_account.state_wrong"
    sentence = "微信授权已过期，或不是从本页面发起的，请重新打开页面。"


class BindingExpired(Conflict):
    """There is no openid to bind any more."""

    code = "official_account.binding_expired"
    sentence = "微信绑定页面打开太久，已经过期，请重新打开页面。"


class PageForeign(Invalid):
    """WeChat's script is vouched for on our own pages only."""

    code = "official_account.page_foreign"
    sentence = "只能为本平台的页面签名。"


@dataclass(frozen=True, slots=True, kw_only=True)
class Departure:
    """Where the browser goes, and what it keeps meanwhile."""

    url: str
    kept: str = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Arrival:
    """Who came back, and where he wanted to go."""

    openid: str = field(repr=False)
    next: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ScriptConfig:
    """What wx.config takes."""

    app_id: str
    timestamp: int
    nonce: str
    signature: str


class Entrance:
    """``site``: our public address."""

    def __init__(
        self,
        *,
        official_account: OfficialAccount,
        followers: Followers,
        passes: Passes,
        site: str,
        clock: Clock,
    ) -> None:
        self._official_account = official_account
        self._followers = followers
        self._passes = passes
        self._site = site
        self._clock = clock

    @property
    def is_open(self) -> bool:
        """Whether there is an account at all: the AppID as delivered, all zeros, is none."""
        return _UNSET.fullmatch(self._official_account.app_id) is None

    def leave(self, next_path: str) -> Departure:
        """To WeChat, which asks nobody anything for the openid alone."""
        state = new_ticket()
        url = self._official_account.authorize_url(
            redirect_uri=f"{self._site}{RETURN_PATH}", state=state
        )
        values = {"state": state, "next": next_path}
        return Departure(url=url, kept=self._passes.issue(_ENTRANCE, values, ENTRANCE_LIFE))

    async def arrive(self, *, kept: str | None, code: str, state: str) -> Arrival:
        """Back from WeChat. Raises StateWrong, CodeUsed, SnapshotRefused, ProviderUnavailable."""
        values = self._passes.read(_ENTRANCE, kept)
        if values is None or not hmac.compare_digest(values["state"].encode(), state.encode()):
            raise StateWrong()
        if not code:
            raise CodeUsed()
        identity = await self._official_account.openid_of(code=code)
        return Arrival(openid=identity.openid, next=values["next"])

    def destination(self, kept: str | None) -> str:
        """Where he wanted to go, whatever went wrong."""
        values = self._passes.read(_ENTRANCE, kept)
        return values["next"] if values is not None else "/me"

    def wait(self, arrival: Arrival) -> str:
        """What the browser keeps while the person says who he is here."""
        values = {"openid": arrival.openid, "next": arrival.next}
        return self._passes.issue(_BINDING, values, BINDING_LIFE)

    def waiting(self, kept: str | None) -> Arrival:
        """Who waits to be bound. Raises BindingExpired."""
        values = self._passes.read(_BINDING, kept)
        if values is None:
            raise BindingExpired()
        return Arrival(openid=values["openid"], next=values["next"])

    async def bind(self, kept: str | None, account_id: str, *, address: str) -> Arrival:
        """Bind who waits. Raises BindingExpired, WeChatTaken, AccountTaken."""
        arrival = self.waiting(kept)
        await self._followers.bind(arrival.openid, account_id, address=address)
        return arrival

    async def script_config(self, url: str) -> ScriptConfig:
        """For a page of ours. Raises PageForeign, WeChatRefused, ProviderUnavailable."""
        page = url.partition("#")[0]
        if not page.startswith(f"{self._site}/") or not page.isprintable():
            raise PageForeign(field="url")
        ticket = await self._official_account.jsapi_ticket()
        timestamp, nonce = int(self._clock().timestamp()), new_ticket()
        signature = jsapi_signature(ticket=ticket, nonce=nonce, timestamp=timestamp, url=page)
        return ScriptConfig(
            app_id=self._official_account.app_id,
            timestamp=timestamp,
            nonce=nonce,
            signature=signature,
        )
