"""Working days of mainland China: holidays, made-up weekends, and what the operator entered.

The published calendar ends with the year that the State Council last announced. Beyond it weekends
and the holidays that the law fixes by date are free, and the operator's table says the rest.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta

import chinese_calendar

from server.core.clock import SHANGHAI

CLOSING_TIME = time(17, 30)

_FIXED_HOLIDAYS = frozenset({(1, 1), (5, 1), (5, 2), (10, 1), (10, 2), (10, 3)})
_ONE_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class WorkingCalendar:
    """overrides: days that the operator declared working (True) or free (False)."""

    overrides: Mapping[date, bool] = field(default_factory=dict)

    def is_working(self, day: date) -> bool:
        declared = self.overrides.get(day)
        return _is_published_working_day(day) if declared is None else declared

    def add(self, start: date, days: int) -> date:
        """The day that is `days` working days after `start`; `start` itself never counts."""
        if days < 0:
            raise ValueError("working days are counted forward only")
        day = start
        while days:
            day += _ONE_DAY
            days -= self.is_working(day)
        return day

    def due(self, at: datetime, days: int) -> datetime:
        """Closing time in Shanghai, as UTC, of the day `days` working days after the moment `at`."""
        day = self.add(at.astimezone(SHANGHAI).date(), days)
        return datetime.combine(day, CLOSING_TIME, SHANGHAI).astimezone(UTC)


def _is_published_working_day(day: date) -> bool:
    try:
        return bool(chinese_calendar.is_workday(day))
    except NotImplementedError:
        return day.weekday() < 5 and (day.month, day.day) not in _FIXED_HOLIDAYS
