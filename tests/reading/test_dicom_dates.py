"""Dates and times are read as devices write them; what is none is none."""

from __future__ import annotations

from datetime import date, time

import pytest

from reading.dicom_dates import parse_date, parse_time


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("20260302", date(2026, 3, 2)),
        ("2026.03.02", date(2026, 3, 2)),
        (" 20260302 ", date(2026, 3, 2)),
        ("0", None),
        ("", None),
        ("00000000", None),
        ("2026312", None),
    ],
)
def test_dates_are_read_in_both_spellings(value: str, expected: date | None) -> None:
    assert parse_date(value) == expected


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("07", time(7)),
        ("0730", time(7, 30)),
        ("073015", time(7, 30, 15)),
        ("07:30:15", time(7, 30, 15)),
        ("073015.5", time(7, 30, 15, 500000)),
        ("073060", time(7, 30, 59)),
        ("240000", None),
        ("7", None),
        ("073", None),
        ("", None),
    ],
)
def test_times_are_read_to_the_part_that_is_there(value: str, expected: time | None) -> None:
    assert parse_time(value) == expected
