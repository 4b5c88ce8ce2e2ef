"""When an examination began, from what a device wrote in DICOM dates and times (PS3.5 6.2 DA, TM)."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, timezone
from typing import Final
from zoneinfo import ZoneInfo

from reading.dicom_dates import parse_date, parse_time

AHEAD: Final = timedelta(minutes=5)
"""A device's clock that is further ahead than this is not believed."""
EARLIEST: Final = date(1971, 10, 1)
"""The first CT of a patient: an earlier date of an examination is the default of some clock."""
OLDEST_YEARS: Final = 120
"""Nobody examined is older: an earlier birth date is the default of some form."""

_OFFSET: Final = re.compile(r"([+-])(\d{2})(\d{2})", re.ASCII)


@dataclass(frozen=True, kw_only=True)
class ExaminationStart:
    """When an examination began, and whether what the device wrote of it cannot be, so that the receipt counts."""

    at: datetime
    clock_wrong: bool


def start_of_examination(
    *, study_date: str, study_time: str, timezone_offset: str, time_zone: str, received_at: datetime
) -> ExaminationStart:
    """The start of an examination as an aware time.

    ``timezone_offset`` is (0008,0201) as received, ``time_zone`` the site's IANA name for where there is
    none. Without a date that can be it is when we received it; a date without a time counts as the end of
    that day, but never as later than the receipt.
    """
    day, clock = parse_date(study_date), parse_time(study_time)
    if day is None or not EARLIEST <= day <= received_at.date() + timedelta(days=2):
        return ExaminationStart(at=received_at, clock_wrong=bool(study_date.strip()))
    zone = parse_offset(timezone_offset) or ZoneInfo(time_zone)
    if clock is None:
        ends = datetime.combine(day, time.max, tzinfo=zone).astimezone(UTC)
        begins = datetime.combine(day, time.min, tzinfo=zone).astimezone(UTC)
        return ExaminationStart(at=min(ends, received_at), clock_wrong=begins - received_at > AHEAD)
    at = datetime.combine(day, clock, tzinfo=zone).astimezone(UTC)
    if at - received_at > AHEAD:
        return ExaminationStart(at=received_at, clock_wrong=True)
    return ExaminationStart(at=at, clock_wrong=False)


def birth_date_doubtful(birth_date: str, on: date) -> bool:
    """Whether a birth date (DA, as a device wrote it) is none, or cannot be that of somebody examined on a day."""
    born = parse_date(birth_date)
    if born is None:
        return bool(birth_date.strip())
    return years_between(born, on) is None


def day_there(at: datetime, time_zone: str) -> date:
    """The day on which it was then at a site: at night another one than by UTC."""
    return at.astimezone(ZoneInfo(time_zone)).date()


def years_between(born: date, day: date) -> int | None:
    """Whole years; None for a birth date that lies in the future, or further back than anybody lives."""
    years = day.year - born.year - ((day.month, day.day) < (born.month, born.day))
    return years if 0 <= years <= OLDEST_YEARS else None


def parse_offset(value: str) -> timezone | None:
    """Timezone Offset From UTC (PS3.3 C.12.1.1.8): ``&ZZXX`` between -1200 and +1400."""
    found = _OFFSET.fullmatch(value.strip())
    if found is None or int(found[3]) > 59:
        return None
    minutes = int(found[2]) * 60 + int(found[3])
    offset = timedelta(minutes=-minutes if found[1] == "-" else minutes)
    return timezone(offset) if timedelta(hours=-12) <= offset <= timedelta(hours=14) else None
