"""Which time counts: round the clock, and in the working hours of a site."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reading.clock.hours import ROUND_THE_CLOCK, WorkingHours
from reading.rules.calendar import Calendar, DayKind

SHANGHAI = ZoneInfo("Asia/Shanghai")
CALENDAR = Calendar(
    {date(2026, 10, 1): DayKind.HOLIDAY, date(2026, 10, 2): DayKind.HOLIDAY, date(2026, 10, 10): DayKind.WORKING}
)
OFFICE = WorkingHours(begins=time(8), ends=time(17, 30), zone=SHANGHAI, days=CALENDAR)
HOUR = timedelta(hours=1)

moments = st.datetimes(datetime(2026, 9, 1), datetime(2026, 11, 1)).map(lambda at: at.replace(tzinfo=UTC))  # noqa: DTZ001
amounts = st.timedeltas(timedelta(), timedelta(days=20))
either = st.sampled_from([ROUND_THE_CLOCK, OFFICE])


def there(month: int, day: int, hour: int, minute: int = 0) -> datetime:
    """A time by the clock of the site; the 28th of September 2026 is a Monday."""
    return datetime(2026, month, day, hour, minute, tzinfo=SHANGHAI).astimezone(UTC)


@pytest.mark.parametrize(
    ("since", "counted", "ends"),
    [
        (there(9, 28, 9), 4 * HOUR, there(9, 28, 13)),
        (there(9, 28, 16), 4 * HOUR, there(9, 29, 10, 30)),
        (there(9, 28, 13, 30), 4 * HOUR, there(9, 28, 17, 30)),
        (there(9, 28, 6), 4 * HOUR, there(9, 28, 12)),
        (there(9, 26, 10), 4 * HOUR, there(9, 28, 12)),
        (there(9, 30, 16, 30), 4 * HOUR, there(10, 5, 11)),
        (there(10, 9, 17), HOUR, there(10, 10, 8, 30)),
        (there(9, 28, 6), timedelta(), there(9, 28, 6)),
    ],
    ids=["in-hours", "overnight", "to-the-end", "before-work", "weekend", "holidays", "worked-saturday", "nothing"],
)
def test_working_hours_go_on_the_next_working_day(since: datetime, counted: timedelta, ends: datetime) -> None:
    assert OFFICE.after(since, counted) == ends
    assert OFFICE.between(since, ends) == counted


def test_nothing_counts_backwards() -> None:
    assert ROUND_THE_CLOCK.between(there(9, 29, 9), there(9, 28, 9)) == timedelta()
    assert OFFICE.between(there(9, 29, 9), there(9, 28, 9)) == timedelta()


@given(hours=either, since=moments, counted=amounts)
def test_after_so_much_time_so_much_has_counted(hours: WorkingHours, since: datetime, counted: timedelta) -> None:
    ends = hours.after(since, counted)

    assert ends >= since
    assert hours.between(since, ends) == counted
    assert counted == timedelta() or hours.between(since, ends - timedelta(microseconds=1)) < counted


@given(hours=either, three=st.lists(moments, min_size=3, max_size=3).map(sorted))
def test_stretches_add_up(hours: WorkingHours, three: list[datetime]) -> None:
    first, second, third = three

    assert hours.between(first, second) + hours.between(second, third) == hours.between(first, third)
