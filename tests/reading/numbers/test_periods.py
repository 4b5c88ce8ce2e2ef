"""Periods, their pieces and the period before."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reading.errors import Invalid
from reading.numbers.periods import LONGEST, Period, Unit, piece_of

DAYS = st.dates(date(2001, 1, 1), date(2030, 12, 31))


@given(DAYS, st.integers(0, 90), st.sampled_from(Unit))
def test_every_day_of_a_period_is_in_one_of_its_pieces(since: date, days: int, unit: Unit) -> None:
    period = Period(since=since, until=since + timedelta(days=days), unit=unit)
    pieces = list(period.pieces())

    assert {piece_of(since + timedelta(days=number), unit) for number in range(days + 1)} == set(pieces)
    assert pieces == sorted(pieces)
    before = period.before()
    assert before.until == since - timedelta(days=1)


@pytest.mark.parametrize(
    ("since", "until", "before"),
    [
        ("2026-03-01", "2026-03-31", "2026-02-01"),
        ("2026-01-01", "2026-12-31", "2025-01-01"),
        ("2026-03-09", "2026-03-15", "2026-03-02"),
    ],
)
def test_before_whole_months_come_whole_months(since: str, until: str, before: str) -> None:
    period = Period(since=date.fromisoformat(since), until=date.fromisoformat(until), unit=Unit.MONTH)

    assert period.before().since == date.fromisoformat(before)


def test_a_period_that_ends_before_it_begins_or_is_too_long_is_refused() -> None:
    day = date(2026, 3, 1)

    with pytest.raises(Invalid):
        Period(since=day, until=day - timedelta(days=1), unit=Unit.DAY)
    with pytest.raises(Invalid):
        Period(since=day, until=day + timedelta(days=LONGEST[Unit.DAY]), unit=Unit.DAY)
