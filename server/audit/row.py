"""One row of the audit trail."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditRow:
    """``facts`` hold ids and codes only, never a person's data.

    ``number``, ``previous`` and ``hash`` are the sealer's: each row's hash covers the one
    before it (standards T18).
    """

    id: str
    at: datetime
    deed: str
    account_id: str
    subject_id: str
    address: str
    facts: Mapping[str, str] = field(default_factory=dict)
    number: int | None = None
    previous: str | None = None
    hash: str | None = None
