"""By when the institution is expected to answer: apart because both sides' deeds set it."""

from dataclasses import dataclass
from datetime import datetime

from server.core.working_days import WorkingCalendar


@dataclass(frozen=True, slots=True, kw_only=True)
class AnswerTime:
    """So many working days after the application came, came again or was accepted."""

    calendar: WorkingCalendar
    working_days: int

    def due(self, at: datetime) -> datetime:
        """Closing time of the last of the days."""
        return self.calendar.due(at, self.working_days)
