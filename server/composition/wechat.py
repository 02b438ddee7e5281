"""The official account put together: callback, followers, the way in by WeChat."""

from dataclasses import dataclass

from server.composition.ground import Ground
from server.composition.people import People
from server.messages.delivering import Deliveries
from server.official_account.callbacks import Callbacks, TemplateReport
from server.official_account.entrance import Entrance
from server.official_account.envelope import Envelope
from server.official_account.passes import Passes
from server.official_account.repository import PushRepository
from server.official_account.rules import read_rules
from server.official_account.scenes import (
    HAND_OVER_PREFIX,
    LOG_IN_PREFIX,
    SceneReaction,
    Scenes,
    hand_over,
    log_in,
)
from server.official_account.service import Followers
from server.storage.encryption import SealBroken


class DeliveryReports:
    """How template messages ended is for the deliveries to know."""

    def __init__(self, deliveries: Deliveries) -> None:
        self._deliveries = deliveries

    async def take(self, report: TemplateReport, /) -> None:
        await self._deliveries.take_finish(report.msgid, report.status)


@dataclass(frozen=True, slots=True, kw_only=True)
class WeChatServices:
    """What the account needs."""

    callbacks: Callbacks
    entrance: Entrance
    followers: Followers


def assemble_wechat(ground: Ground, people: People) -> WeChatServices:
    """Build them; nothing is sent yet. Raises RulesUnusable for a wechat.yaml that can't be used."""
    followers = people.followers
    return WeChatServices(
        callbacks=_callbacks(ground, people),
        entrance=Entrance(
            official_account=ground.vendors.official_account,
            followers=followers,
            passes=Passes(sealer=ground.cipher, broken=SealBroken, clock=ground.clock),
            site=site_of(ground),
            clock=ground.clock,
        ),
        followers=followers,
    )


def site_of(ground: Ground) -> str:
    """Our public address, without a slash at the end."""
    return ground.settings.server.public_url.rstrip("/")


def _callbacks(ground: Ground, people: People) -> Callbacks:
    account = ground.settings.wechat.official_account
    return Callbacks(
        envelope=Envelope(
            token=account.token.get_secret_value(),
            aes_key=account.aes_key.get_secret_value(),
            app_id=account.app_id,
        ),
        pushes=PushRepository(ground.database, ground.cipher),
        followers=people.followers,
        rules=read_rules(ground.settings.wechat.rules_file),
        scenes=Scenes(_reactions(ground)),
        reports=DeliveryReports(people.deliveries),
        site=site_of(ground),
        clock=ground.clock,
    )


def _reactions(ground: Ground) -> dict[str, SceneReaction]:
    """Prefix of a scene to what follows a scan; a new kind of QR code is a row here."""
    site = site_of(ground)
    return {HAND_OVER_PREFIX: hand_over(site), LOG_IN_PREFIX: log_in(site)}
