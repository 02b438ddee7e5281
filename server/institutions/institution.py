"""An institution and its branches. It is active or suspended; what is suspended is shown nowhere."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

from server.core.errors import Conflict, Invalid, NotFound
from server.core.events import Event
from server.institutions.region import serves


class InstitutionKind(StrEnum):
    """What it is licensed as."""

    BANK = "bank"
    GUARANTEE = "guarantee"
    MICROLOAN = "microloan"
    LEASING = "leasing"
    FACTORING = "factoring"
    INSURANCE = "insurance"
    FUND = "fund"
    EXCHANGE = "exchange"
    INTELLECTUAL_PROPERTY = "intellectual_property"


KIND_NAMES: dict[InstitutionKind, str] = {
    InstitutionKind.BANK: "银行",
    InstitutionKind.GUARANTEE: "担保",
    InstitutionKind.MICROLOAN: "小贷",
    InstitutionKind.LEASING: "融资租赁",
    InstitutionKind.FACTORING: "保理",
    InstitutionKind.INSURANCE: "保险",
    InstitutionKind.FUND: "基金",
    InstitutionKind.EXCHANGE: "交易中心",
    InstitutionKind.INTELLECTUAL_PROPERTY: "知识产权",
}


class InstitutionState(StrEnum):
    """Only active ones are listed and can be applied to."""

    ACTIVE = "active"
    SUSPENDED = "suspended"


MOVES: Mapping[InstitutionState, frozenset[InstitutionState]] = {
    InstitutionState.ACTIVE: frozenset({InstitutionState.SUSPENDED}),
    InstitutionState.SUSPENDED: frozenset({InstitutionState.ACTIVE}),
}


class InstitutionNotFound(NotFound):
    """No such institution."""

    code = "institutions.not_found"
    sentence = "没有找到这家机构，可能已退出平台。"


class InstitutionSuspended(Conflict):
    """It takes no new business for the time being."""

    code = "institutions.suspended"
    sentence = "{institution}暂停受理新的申请，请选择其他机构的产品。"


class InstitutionMoveRefused(Conflict):
    """Not a move of the table, or somebody else was faster."""

    code = "institutions.move_refused"
    sentence = "机构的状态已经变化，请刷新后再操作。"


class BranchNotOfInstitution(Invalid):
    """The branch belongs to another institution, or there is none of that id."""

    code = "institutions.branch_not_of_institution"
    sentence = "所选经办网点不属于{institution}，请重新选择。"


class BranchNotServing(Invalid):
    """The branch doesn't serve where the enterprise is."""

    code = "institutions.branch_not_serving"
    sentence = "{branch}不受理您所在地区的业务，请选择服务当地的经办网点。"


@dataclass(frozen=True, slots=True, kw_only=True)
class Branch:
    """A place of business. ``region_codes``: where its customers are registered."""

    id: str
    name: str
    region_codes: tuple[str, ...]
    address: str
    phone: str

    def serves(self, region_code: str) -> bool:
        """Whether it serves the region, one around it or one within it."""
        return serves(self.region_codes, region_code)


@dataclass(frozen=True, slots=True, kw_only=True)
class Institution:
    """``name`` is the registered one, ``short_name`` the one on cards."""

    id: str
    name: str
    short_name: str
    kind: InstitutionKind
    region_codes: tuple[str, ...]
    created_at: datetime
    branches: tuple[Branch, ...] = ()
    state: InstitutionState = InstitutionState.ACTIVE
    version: int = 1
    pending: tuple[Event, ...] = ()

    @property
    def is_active(self) -> bool:
        """Whether it takes business."""
        return self.state is InstitutionState.ACTIVE

    def moved(self, state: InstitutionState, *, event_id: str, at: datetime) -> "Institution":
        """Suspended or active again, with the news of it. Raises InstitutionMoveRefused."""
        if state not in MOVES[self.state]:
            raise InstitutionMoveRefused(state=self.state.value)
        news = Event(id=event_id, name="institutions.changed", at=at, subject_id=self.id)
        return replace(self, state=state, version=self.version + 1, pending=(news,))

    def must_be_active(self) -> None:
        """Refuse with InstitutionSuspended unless it takes business."""
        if not self.is_active:
            raise InstitutionSuspended(institution=self.short_name)

    def branch(self, branch_id: str) -> Branch:
        """Its branch of that id, or BranchNotOfInstitution."""
        for branch in self.branches:
            if branch.id == branch_id:
                return branch
        raise BranchNotOfInstitution(field="branch_id", institution=self.short_name)

    def serving(self, region_code: str | None) -> tuple[Branch, ...]:
        """The branches that serve the region; all of them when none is named."""
        return tuple(b for b in self.branches if region_code is None or b.serves(region_code))


@dataclass(frozen=True, slots=True, kw_only=True)
class InstitutionCount:
    """What is on the platform and active."""

    institutions: int
    branches: int
