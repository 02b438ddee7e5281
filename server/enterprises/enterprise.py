"""An enterprise: what an account acts for, and what every gate asks about."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from server.core.errors import Conflict, Forbidden, NotFound
from server.enterprises.profile import Profile, Source

CERTIFICATION_ADDRESS = "/certification"


class EnterpriseState(StrEnum):
    """Certified once a reviewer has approved."""

    UNCERTIFIED = "uncertified"
    CERTIFIED = "certified"


class MemberRole(StrEnum):
    """What somebody is to the enterprise he acts for."""

    LEGAL_REP = "legal_rep"
    AGENT = "agent"


class CertificationNeeded(Forbidden):
    """Every gated action, by whoever has not certified an enterprise."""

    code = "enterprises.need_cert"
    sentence = "办理这项业务前，请先完成企业认证。"

    def __init__(self) -> None:
        super().__init__(go_to=CERTIFICATION_ADDRESS)


class UsccClaimed(Conflict):
    """The enterprise is certified already, by another account."""

    code = "enterprises.uscc_claimed"
    sentence = (
        "这家企业已由其他账号完成认证。如为本企业人员，请联系企业的认证账号；"
        "如认为被冒用，请拨打平台服务热线申诉。"
    )


class EnterpriseNotFound(NotFound):
    """No such enterprise."""

    code = "enterprises.not_found"
    sentence = "没有找到这家企业。"


@dataclass(frozen=True, slots=True, kw_only=True)
class Member:
    """An account that acts for the enterprise."""

    account_id: str
    role: MemberRole


@dataclass(frozen=True, slots=True, kw_only=True)
class Enterprise:
    """``profile`` and ``sources`` are what was approved; None until then."""

    id: str
    uscc: str
    name: str
    region_code: str
    state: EnterpriseState
    members: tuple[Member, ...]
    created_at: datetime
    certification_id: str
    certified_at: datetime | None = None
    profile: Profile | None = None
    sources: tuple[Source, ...] = ()

    @property
    def is_certified(self) -> bool:
        """Whether the gates are open."""
        return self.state is EnterpriseState.CERTIFIED


@dataclass(frozen=True, slots=True, kw_only=True)
class EnterpriseSummary:
    """What other capabilities show of an enterprise; nothing of a person."""

    id: str
    name: str
    uscc: str
    region_code: str
    state: EnterpriseState
    certified_at: datetime | None
