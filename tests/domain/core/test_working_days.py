from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.core.working_days import WorkingCalendar

CALENDAR = WorkingCalendar()


@pytest.mark.shows("T41")
@pytest.mark.parametrize(
    ("start", "days", "end"),
    [
        ("2026-09-25", 1, "2026-09-28"),
        ("2026-09-30", 1, "2026-10-08"),
        ("2026-09-30", 3, "2026-10-10"),
        ("2026-02-14", 1, "2026-02-24"),
        ("2026-10-09", 1, "2026-10-10"),
        ("2026-09-26", 0, "2026-09-26"),
    ],
)
def test_holidays_and_made_up_saturdays_are_known(start: str, days: int, end: str) -> None:
    assert CALENDAR.add(date.fromisoformat(start), days) == date.fromisoformat(end)


@pytest.mark.shows("T41")
def test_beyond_the_published_calendar_weekends_and_fixed_holidays_are_free() -> None:
    assert CALENDAR.add(date(2026, 12, 31), 1) == date(2027, 1, 4)
    assert CALENDAR.is_working(date(2035, 3, 1))
    assert not CALENDAR.is_working(date(2035, 3, 3))


@pytest.mark.shows("T41")
def test_what_the_operator_declared_wins() -> None:
    calendar = WorkingCalendar({date(2027, 1, 4): False, date(2027, 1, 9): True})
    assert calendar.add(date(2026, 12, 31), 1) == date(2027, 1, 5)
    assert calendar.add(date(2027, 1, 8), 1) == date(2027, 1, 9)
    assert not WorkingCalendar({date(2026, 9, 28): False}).is_working(date(2026, 9, 28))


def test_an_answer_is_due_at_closing_time_in_shanghai() -> None:
    friday_evening = datetime(2026, 9, 25, 15, 59, tzinfo=UTC)  # 23:59 in Shanghai
    assert CALENDAR.due(friday_evening, 1) == datetime(2026, 9, 28, 9, 30, tzinfo=UTC)
    monday_in_shanghai = datetime(2026, 9, 27, 16, 0, tzinfo=UTC)  # Sunday in UTC
    assert CALENDAR.due(monday_in_shanghai, 1) == datetime(2026, 9, 29, 9, 30, tzinfo=UTC)


def test_days_are_not_counted_backwards() -> None:
    with pytest.raises(ValueError):
        CALENDAR.add(date(2026, 9, 25), -1)


@given(st.dates(date(1990, 1, 1), date(2090, 1, 1)), st.integers(1, 20))
def test_the_end_is_a_working_day_and_the_days_between_are_counted(start: date, days: int) -> None:
    end = CALENDAR.add(start, days)
    passed = [date.fromordinal(n) for n in range(start.toordinal() + 1, end.toordinal() + 1)]
    assert CALENDAR.is_working(end)
    assert sum(map(CALENDAR.is_working, passed)) == days
