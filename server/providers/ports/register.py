"""The business register: what the state has on file about an enterprise."""

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Protocol


class OperatingStatus(StrEnum):
    OPEN = "open"
    MOVED = "moved"
    CANCELLED = "cancelled"
    REVOKED = "revoked"
    WITHDRAWN = "withdrawn"
    SUSPENDED = "suspended"
    REGISTRATION_WITHDRAWN = "registration_withdrawn"
    OTHER = "other"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True, kw_only=True)
class RegisterRecord:
    """As on file; an empty text is not on file. source and fetched_at say where and when it was read."""

    uscc: str
    name: str
    legal_rep_name: str
    operating_status: OperatingStatus
    operating_status_text: str
    kind: str
    capital: str
    address: str
    scope: str
    authority: str
    industry: str
    established_on: date | None
    approved_on: date | None
    period: str
    source: str
    fetched_at: datetime
    request_id: str


class EnterpriseRegister(Protocol):
    async def lookup(self, *, uscc: str) -> RegisterRecord | None:
        """None: the register knows no such code. Billed, so made once. Raises ProviderUnavailable."""

    async def lookup_by_name(self, *, name: str) -> RegisterRecord | None:
        """name is the full registered name; otherwise as ``lookup``."""

    async def warm(self) -> None: ...

    def close(self) -> None: ...
