"""One thing that waits for somebody, of whatever capability: a line of the dashboard's worklist."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class WorkKind(StrEnum):
    """What it is about."""

    CERTIFICATION = "certification"
    APPLICATION = "application"


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkItem:
    """``title`` is the enterprise's name; ``number``, ``product`` and ``amount_fen`` an application's."""

    id: str
    kind: WorkKind
    title: str
    state: str
    due_at: datetime | None
    claimed_by: str | None = None
    claimed_until: datetime | None = None
    number: str = ""
    product: str = ""
    amount_fen: int | None = None
