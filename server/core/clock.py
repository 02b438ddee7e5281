"""Time is handed in: services take a ``Clock``; only main and the command line read the real one."""

from collections.abc import Callable
from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

Clock = Callable[[], datetime]
SHANGHAI = ZoneInfo("Asia/Shanghai")


def utc_now() -> datetime:
    """The real clock, in UTC, cut to milliseconds as MongoDB keeps them."""
    now = datetime.now(UTC)
    return now.replace(microsecond=now.microsecond // 1000 * 1000)


def shanghai(moment: datetime) -> datetime:
    """The same moment as people in China read it."""
    return moment.astimezone(SHANGHAI)


def shanghai_day(moment: datetime) -> date:
    """The calendar day in China at that moment."""
    return shanghai(moment).date()
