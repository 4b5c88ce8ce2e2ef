"""Times, ages, sides and codes as people read them."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import date, datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from reading.alerts.class_list import ResultClass
from reading.desk.entries import EntryStudy
from reading.rules.examination_time import years_between
from viewer.words.catalogue import Language, catalogue, text

HOUR: Final = timedelta(hours=1)
DAY: Final = timedelta(days=1)


def coded(language: Language, group: str, code: str) -> str:
    """The word for a code of the catalogue (``modality.CT``); a code that it does not know stands for itself."""
    return catalogue(language).get(f"{group}.{code}", code)


def changed_side(language: Language, before: str, after: str) -> str:
    """What the side of images was, and what it became."""
    was, now = (coded(language, "side", one) if one else text(language, "correct.no-side") for one in (before, after))
    return text(language, "record.side", before=was, after=now)


def code_list(language: Language, group: str, codes: Iterable[str]) -> list[tuple[str, str]]:
    """Codes with their names, as a form offers them."""
    return [(code, coded(language, group, code)) for code in codes]


def zone_name(language: Language, zone: str) -> str:
    """What people call a clock: Beijing time; one without a name stands for itself."""
    return coded(language, "zone", zone)


def moment(at: datetime, zone: str, *, seconds: bool = False) -> str:
    """A time at the site as whoever is at work reads it, in either language: 2026-03-02 16:05."""
    return at.astimezone(ZoneInfo(zone)).strftime("%Y-%m-%d %H:%M:%S" if seconds else "%Y-%m-%d %H:%M")


def day(at: datetime, zone: str) -> str:
    """The day of `moment`."""
    return moment(at, zone)[:10]


def told_moment(language: Language, at: datetime, zone: str) -> str:
    """A time as patients read it: 2 March 2026, 16:05."""
    time = at.astimezone(ZoneInfo(zone)).strftime("%H:%M")
    return text(language, "told.moment", day=told_day(language, at, zone), time=time)


def told_day(language: Language, at: datetime, zone: str) -> str:
    """The day of `told_moment`."""
    local = at.astimezone(ZoneInfo(zone))
    month = text(language, f"told.month.{local.month}")
    return text(language, "told.day", year=local.year, month=month, day=local.day)


def erased_at(studies: Iterable[EntryStudy], zone: str, worded: Callable[[datetime, str], str] = moment) -> str:
    """When the last images of a case were erased; empty while it has images, and where none were erased."""
    whole = list(studies)
    times = [study.erased_at for study in whole if study.erased_at is not None]
    return worded(max(times), zone) if times and not any(study.instances for study in whole) else ""


def moment_today(at: datetime, zone: str, now: datetime) -> str:
    """As `moment`; of today the time alone."""
    said = moment(at, zone)
    return said.removeprefix(f"{day(now, zone)} ")


def until(language: Language, due_at: datetime, now: datetime) -> str:
    """How much time is left, or how long the time has been over: in 2 h 5 min, 3 min overdue, in less than a minute."""
    left = due_at - now
    part = "in" if left >= timedelta(0) else "over"
    minutes = int(abs(left).total_seconds() // 60)
    if abs(left) >= DAY:
        days, rest = divmod(minutes, 24 * 60)
        return text(language, f"due.{part}-days", days=days, hours=rest // 60)
    if abs(left) >= HOUR:
        return text(language, f"due.{part}-hours", hours=minutes // 60, minutes=minutes % 60)
    return text(language, f"due.{part}-minutes", n=minutes) if minutes else text(language, f"due.{part}-less")


def age(language: Language, born: date | None, on: date) -> str:
    """Age in years; under three years in months, under two months in days; empty where nobody is that old."""
    if born is None or years_between(born, on) is None:
        return ""
    months = (on.year - born.year) * 12 + on.month - born.month - (on.day < born.day)
    if months >= 36:
        return text(language, "age.years", n=months // 12)
    if months >= 2:
        return text(language, "age.months", n=months)
    return text(language, "age.days", n=(on - born).days)


def images(language: Language, arrived: int, expected: int | None, *, arriving: bool, held: int = 0) -> str:
    """How many images arrived, of how many; without an announced number those that arrived count as all.

    While some are held nobody says that all are there: only how many can be seen.
    """
    if held and not arriving and arrived >= (expected or 0):
        return text(language, "images.can-be-seen", n=arrived)
    if not arriving:
        return text(language, "images.arrived", arrived=arrived, expected=max(expected or 0, arrived))
    if expected is None:
        return text(language, "images.arriving", arrived=arrived)
    return text(language, "images.arriving-of", arrived=arrived, expected=expected)


def class_name(named: ResultClass, language: Language) -> str:
    """What a class of results is called."""
    return named.name_zh if language is Language.ZH else named.name_en


def iso_moment(at: str, zone: ZoneInfo) -> str:
    """A time that was kept as text (ISO 8601), on a clock: 2026-03-02 16:05."""
    return moment(datetime.fromisoformat(at), zone.key)
