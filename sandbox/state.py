"""All that one running sandbox holds. Every handler receives it; nothing is global."""

from __future__ import annotations

from dataclasses import dataclass, field

from sandbox.clock import SandboxClock
from sandbox.eid import EidTokens
from sandbox.faults import Faults
from sandbox.ledger import Ledger
from sandbox.sms import Sms
from sandbox.world import World


@dataclass(frozen=True, slots=True, kw_only=True)
class Credentials:
    """What the application must sign with; invented, worth nothing outside."""

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
    state = State(
        world=world,
        clock=clock,
        ledger=Ledger(clock),
        faults=Faults(),
        eid=eid,
        sms=Sms(clock, sign_names=(credentials.sms_sign_name,)),
        server_url=server_url,
        port=port,
        receipt_url=receipt_url,
        credentials=credentials,
    )
    return state
