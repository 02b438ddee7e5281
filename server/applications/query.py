"""What a list of applications can be asked for."""

from dataclasses import dataclass
from datetime import datetime

from server.applications.state import ApplicationState


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseQuery:
    """None and empty mean any. ``text``: part of the enterprise's or product's name, or a case number.

    ``overdue_at``: only those whose answer was due by then.
    """

    enterprise_id: str | None = None
    institution_id: str | None = None
    branch_id: str | None = None
    states: frozenset[ApplicationState] = frozenset()
    text: str = ""
    overdue_at: datetime | None = None
