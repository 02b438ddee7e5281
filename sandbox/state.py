"""All that one running sandbox holds. Every handler receives it; nothing is global."""

from __future__ import annotations

from dataclasses import dataclass, field

from sandbox.clock import SandboxClock
from sandbox.eid import EidTokens
from sandbox.faults import Faults
from sandbox.ledger import Ledger
from sandbox.sms import Sms
from sandbox.wechat.account import Identity, WeChat
from sandbox.wechat.deeds import Deeds
from sandbox.wechat.pushing import Pushes
from sandbox.world import World


@dataclass(frozen=True, slots=True, kw_only=True)
class Credentials:
    """What the application must sign with; invented, worth nothing outside.

    `wechat_oauth_domain`: the host that web authorisation comes back to besides the server's.
    """

    tencent_secret_id: str = "AKIDsandbox"
    tencent_secret_key: str = "sandbox-tencent-key"
    eid_merchant_id: str = "0NSJ-sandbox"
    aliyun_access_key_id: str = "LTAIsandbox"
    aliyun_access_key_secret: str = "sandbox-aliyun-secret"
    sms_sign_name: str = "融桥"
    wechat_app_id: str = "wx0sandbox00000001"
    wechat_secret: str = "sandbox-wechat-secret"
    wechat_token: str = "sandboxtoken"
    wechat_aes_key: str = "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG"
    wechat_original_id: str = "gh_0sandbox0001"
    wechat_name: str = "融桥"
    wechat_oauth_domain: str = ""


@dataclass(slots=True, kw_only=True)
class State:
    """`server_url`: the application's own address, for the phone; empty when there is none.

    `port` is 0 until the sandbox listens. `receipt_url`: where SMS receipts are pushed.
    """

    world: World
    clock: SandboxClock
    ledger: Ledger
    faults: Faults
    eid: EidTokens
    sms: Sms
    wechat: WeChat
    pushes: Pushes
    wechat_deeds: Deeds
    server_url: str = ""
    port: int = 0
    receipt_url: str = ""
    credentials: Credentials = field(default_factory=Credentials)

    @property
    def base_url(self) -> str:
        return f"http://127.0.0.1:{self.port}"


def new_state(
    world: World,
    *,
    server_url: str = "",
    port: int = 0,
    receipt_url: str = "",
    credentials: Credentials | None = None,
) -> State:
    credentials = credentials or Credentials()
    clock = SandboxClock()
    state: State
    eid = EidTokens(clock, world, lambda: state.base_url)
    ledger = Ledger(clock)
    wechat = WeChat(clock, world, _identity(credentials))
    pushes = Pushes(wechat, ledger, lambda: state.server_url)
    state = State(
        world=world,
        clock=clock,
        ledger=ledger,
        faults=Faults(),
        eid=eid,
        sms=Sms(clock, sign_names=(credentials.sms_sign_name,)),
        wechat=wechat,
        pushes=pushes,
        wechat_deeds=Deeds(wechat, pushes),
        server_url=server_url,
        port=port,
        receipt_url=receipt_url,
        credentials=credentials,
    )
    return state


def _identity(credentials: Credentials) -> Identity:
    return Identity(
        app_id=credentials.wechat_app_id,
        secret=credentials.wechat_secret,
        token=credentials.wechat_token,
        aes_key=credentials.wechat_aes_key,
        original_id=credentials.wechat_original_id,
        name=credentials.wechat_name,
    )
