"""Months begin and end at midnight of the region's clock, whatever its clock does."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from reading.errors import Invalid
from reading.statements.months import before, first_of, month_of


@pytest.mark.parametrize(
    ("zone", "first", "starts", "hours"),
    [
        ("Asia/Shanghai", date(2026, 3, 1), datetime(2026, 2, 28, 16, tzinfo=UTC), 31 * 24),
        ("Asia/Shanghai", date(2026, 2, 1), datetime(2026, 1, 31, 16, tzinfo=UTC), 28 * 24),
        ("Europe/Berlin", date(2026, 3, 1), datetime(2026, 2, 28, 23, tzinfo=UTC), 31 * 24 - 1),
        ("Europe/Berlin", date(2026, 10, 1), datetime(2026, 9, 30, 22, tzinfo=UTC), 31 * 24 + 1),
        ("UTC", date(2026, 12, 1), datetime(2026, 12, 1, tzinfo=UTC), 31 * 24),
    ],
)
def test_a_month_on_a_clock(zone: str, first: date, starts: datetime, hours: int) -> None:
    month = month_of(first, ZoneInfo(zone))

    assert (month.starts_at, month.ends_at - month.starts_at) == (starts, timedelta(hours=hours))


def test_months_follow_each_other() -> None:
    assert [before(date(2026, month, 1)).isoformat()[:7] for month in (1, 3, 12)] == ["2025-12", "2026-02", "2026-11"]
    assert first_of(" 2026-11 ") == date(2026, 11, 1)


@pytest.mark.parametrize(
    "said", ["", "2026", "2026-13", "2026-11-01", "1999-12", "2300-01", "2026-W1", "二零二六", "２０２６-11"]
)
def test_what_is_no_month_is_refused(said: str) -> None:
    with pytest.raises(Invalid):
        first_of(said)
