"""Dates and times as DICOM writes them (PS3.5 6.2 DA, TM), and as ACR-NEMA did, which is seen in the field."""

from __future__ import annotations

import re
from datetime import date, time
from typing import Final

_DATE: Final = re.compile(r"(\d{4})\.?(\d{2})\.?(\d{2})", re.ASCII)
_TIME: Final = re.compile(r"(\d{2})(?::?(\d{2})(?::?(\d{2})(?:\.(\d{1,6}))?)?)?", re.ASCII)


def parse_date(value: str) -> date | None:
    """A DA value (PS3.5 6.2), None if it is not one."""
    found = _DATE.fullmatch(value.strip())
    if found is None:
        return None
    try:
        return date(int(found[1]), int(found[2]), int(found[3]))
    except ValueError:
        return None


def parse_time(value: str) -> time | None:
    """A TM value (PS3.5 6.2), None if it is not one; the leap second 60 counts as 59."""
    found = _TIME.fullmatch(value.strip())
    if found is None:
        return None
    hour, minute, second = (int(part or 0) for part in found.group(1, 2, 3))
    try:
        return time(hour, minute, 59 if second == 60 else second, int((found[4] or "0").ljust(6, "0")))
    except ValueError:
        return None
