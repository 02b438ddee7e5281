"""What a list of applications can be asked for."""

from dataclasses import dataclass
from datetime import datetime

from server.applications.state import ApplicationState

NOBODYS = "none"  # no enterprise and no institution has this id


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseQuery:
    """None and empty mean any. ``text``: part of a name, or a case number or credit code, whole.

    Names are the enterprise's and the product's; to an enterprise the product's and the
    institution's. ``overdue_at``: only those whose answer is owed and was due by then.
    """

    enterprise_id: str | None = None
    institution_id: str | None = None
    branch_id: str | None = None
    states: frozenset[ApplicationState] = frozenset()
    text: str = ""
    overdue_at: datetime | None = None
