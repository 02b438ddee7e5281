"""Whether credit code, name, legal representative and his ID number belong together."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from server.providers.ports.register import OperatingStatus


class FourFactorOutcome(StrEnum):
    MATCH = "match"
    MISMATCH = "mismatch"
    NOT_SYNCED = "not_synced"  # the source has no such enterprise yet: it is refreshed weekly
    PROVIDER_DOWN = "provider_down"


class FourFactorField(StrEnum):
    """Named like the arguments of ``check``."""

    USCC = "uscc"
    ENTERPRISE_NAME = "enterprise_name"
    LEGAL_REP_NAME = "legal_rep_name"
    LEGAL_REP_ID_NUMBER = "legal_rep_id_number"


@dataclass(frozen=True, slots=True, kw_only=True)
class FourFactorResult:
    """mismatched is filled for MISMATCH only. An open enterprise is a matter of policy, not of MATCH."""

    outcome: FourFactorOutcome
    mismatched: tuple[FourFactorField, ...]
    operating_status: OperatingStatus
    request_id: str

    @property
    def matched(self) -> bool:
        return self.outcome is FourFactorOutcome.MATCH


class FourFactorCheck(Protocol):
    async def check(
        self, *, uscc: str, enterprise_name: str, legal_rep_name: str, legal_rep_id_number: str
    ) -> FourFactorResult:
        """Billed, so made once. An outage is not raised: it is the outcome PROVIDER_DOWN."""

    async def warm(self) -> None: ...

    def close(self) -> None: ...
