"""What every capability is built on: settings, clock, database, cipher, vendors."""

from dataclasses import dataclass
from pathlib import Path

from server.config import Settings
from server.core.clock import Clock, utc_now
from server.providers.ports import OfficialAccount
from server.providers.vendors import Vendors, open_official_account, open_vendors
from server.storage.changes import ChangeFeed
from server.storage.embedded import Embedded
from server.storage.encryption import FieldCipher
from server.storage.leases import Leases
from server.storage.limits import RateLimits
from server.storage.mongo import Database, connect
from server.storage.tokens import SharedToken


@dataclass(frozen=True, slots=True, kw_only=True)
class Ground:
    """What every capability is built on."""

    settings: Settings
    clock: Clock
    database: Database
    cipher: FieldCipher
    changes: ChangeFeed
    leases: Leases
    limits: RateLimits
    vendors: Vendors


def start_embedded(settings: Settings) -> Embedded | None:
    """The mongod of our own, when configured; call it from the main thread, before the loop."""
    if settings.storage.uri.get_secret_value() != "embedded":
        return None
    assert settings.storage.data_dir is not None
    embedded = Embedded(Path(settings.storage.data_dir))
    embedded.start()
    return embedded


def lay_ground(settings: Settings, mongodb_uri: str, clock: Clock = utc_now) -> Ground:
    """Connections, ciphers and clients; nothing is sent yet."""
    database = connect(
        mongodb_uri,
        settings.storage.database,
        server_selection_timeout_ms=settings.storage.server_selection_timeout_ms,
    )
    keys = settings.encryption
    cipher = FieldCipher(
        {number: bytes.fromhex(key.get_secret_value()) for number, key in keys.keys.items()},
        keys.active_key,
        bytes.fromhex(keys.index_key.get_secret_value()),
    )
    changes = ChangeFeed(database)
    return Ground(
        settings=settings,
        clock=clock,
        database=database,
        cipher=cipher,
        changes=changes,
        leases=Leases(database, clock),
        limits=RateLimits(database, clock),
        vendors=open_vendors(
            tencent=settings.tencent,
            aliyun=settings.aliyun,
            official_account=_official_account(settings, database, cipher, clock, changes),
            clock=clock,
        ),
    )


def _official_account(
    settings: Settings, database: Database, cipher: FieldCipher, clock: Clock, changes: ChangeFeed
) -> OfficialAccount:
    app_id = settings.wechat.official_account.app_id
    token, ticket = (
        SharedToken(database, cipher, clock, changes, f"wechat.{kind}:{app_id}")
        for kind in ("access_token", "jsapi_ticket")
    )
    return open_official_account(settings.wechat, token=token, ticket=ticket)
