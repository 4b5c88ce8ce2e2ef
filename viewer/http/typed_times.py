"""Days and times as people type them in forms: within years that a database holds, on the clock of a place."""

from __future__ import annotations

from datetime import date, datetime
from zoneinfo import ZoneInfo

from reading.errors import Invalid
from reading.row_rules import within_years


def typed_day(field: str, typed: str) -> date | None:
    """The day; None where nothing was typed.

    Raises:
        Invalid: it is none, or of a year that nobody means.

    """
    return None if (found := _parsed(field, typed)) is None else found.date()


def typed_moment(field: str, typed: str, zone: ZoneInfo | None) -> datetime | None:
    """A day and hour on the clock of a place, without ``zone`` as they were typed; None where nothing was typed.

    Raises:
        Invalid: it is none, or of a year that nobody means.

    """
    return None if (found := _parsed(field, typed)) is None else found.replace(tzinfo=zone)


def _parsed(field: str, typed: str) -> datetime | None:
    if not typed.strip():
        return None
    try:
        found = datetime.fromisoformat(typed.strip())
    except ValueError as wrong:
        raise Invalid(field, "date") from wrong
    if found.tzinfo is not None:
        raise Invalid(field, "date")
    return within_years(field, found)
