"""When somebody comes of age: the day from which no guardian's card stands for them."""

from __future__ import annotations

from datetime import date, datetime, time
from typing import Final
from zoneinfo import ZoneInfo

YEARS: Final = 18
"""Civil Code of the People's Republic of China, article 17."""
ZONE: Final = ZoneInfo("Asia/Shanghai")
"""Whose midnight the birthday begins at."""


def comes_of_age(birth_date: date) -> datetime:
    """The moment at which the 18th birthday begins; whoever was born on 29 February has it on 1 March."""
    year = min(birth_date.year + YEARS, date.max.year)
    leap = (birth_date.month, birth_date.day) == (2, 29) and not _is_leap(year)
    day = date(year, 3, 1) if leap else birth_date.replace(year=year)
    return datetime.combine(day, time.min, tzinfo=ZONE)


def _is_leap(year: int) -> bool:
    return year % 4 == 0 and (year % 100 != 0 or year % 400 == 0)
