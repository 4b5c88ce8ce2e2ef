"""Sums of a period: read from months that are over, and from days where a month is not, or is not up to date."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Hashable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from enum import StrEnum
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from reading.numbers.bins import EMPTY, NAMES, Bins, added
from reading.numbers.measures import Grain
from reading.numbers.periods import Period, Unit, piece_of
from reading.numbers.rollup import closed_before, next_month
from reading.tables import number_cell, number_ratio_cell, number_stale, number_time
from reading.tables.numbers import NOBODY

_DAY: Final = timedelta(days=1)


class By(StrEnum):
    """By what sums are set apart."""

    ALL = "all"
    PERIOD = "period"
    SITE = "site"
    MODALITY = "modality"
    BODY_PART = "body_part"
    ORGANISATION = "organisation"
    """That read."""
    PERSON = "person"


_COLUMN: Final[Mapping[By, str]] = {
    By.PERIOD: "day",
    By.SITE: "site_id",
    By.MODALITY: "modality",
    By.BODY_PART: "body_part",
    By.ORGANISATION: "organisation_id",
    By.PERSON: "person_id",
}


@dataclass(frozen=True, kw_only=True)
class Which:
    """What is summed: the period, and which sites and examinations."""

    period: Period
    sites: frozenset[str] | None = None
    """None: those of the whole region."""
    modality: str = ""
    body_part: str = ""
    organisation_id: str = ""
    person_id: str = ""
    """Only what this person did."""


@dataclass(frozen=True, kw_only=True)
class Sums:
    """Counts by the names of `measures.MEASURES`, times by those of `measures.TIMES`; what is not there is none."""

    counts: Mapping[str, int] = field(default_factory=dict[str, int])
    times: Mapping[str, Bins] = field(default_factory=dict[str, Bins])

    def __getitem__(self, name: str) -> int:
        return self.counts.get(name, 0)

    def time(self, measure: str) -> Bins:
        return self.times.get(measure, EMPTY)


NOTHING: Final = Sums()


def sums(
    tx: Connection, which: Which, today: date, *, by: By, counts: Collection[str], times: Collection[str]
) -> dict[Any, Sums]:
    """The sums, by the first day of each piece, by an id or by a word; with `By.ALL` by None.

    Without people where it is not `By.PERSON` or one person's; with people only what has a person.
    """
    counted: defaultdict[Hashable, defaultdict[str, int]] = defaultdict(lambda: defaultdict(int))
    timed: defaultdict[Hashable, defaultdict[str, list[Bins]]] = defaultdict(lambda: defaultdict(list))
    for grain, since, until in _stretches(tx, which.period, today):
        if counts:
            for row in tx.execute(_asked(number_cell, which, grain, since, until, by, sorted(counts))).mappings():
                for name in counts:
                    counted[_key(row["key"], by, which.period.unit)][name] += row[name] or 0
        if times:
            asked = _asked(number_time, which, grain, since, until, by, NAMES, measures=times)
            for row in tx.execute(asked).mappings():
                bins = tuple(row[name] for name in NAMES)
                timed[_key(row["key"], by, which.period.unit)][row["measure"]].append(bins)
    return {
        key: Sums(
            counts={name: number for name, number in counted[key].items() if number},
            times={measure: added(each) for measure, each in timed[key].items()},
        )
        for key in counted.keys() | timed.keys()
    }


def ratio_sums(tx: Connection, ratio_id: str, which: Which, today: date, *, by: By) -> dict[Any, Sums]:
    """The sums ``part`` and ``whole`` of a ratio that a manager defined; see `sums`."""
    found: defaultdict[Hashable, defaultdict[str, int]] = defaultdict(lambda: defaultdict(int))
    names = ("part", "whole")
    for grain, since, until in _stretches(tx, which.period, today):
        asked = _asked(number_ratio_cell, which, grain, since, until, by, names)
        for row in tx.execute(asked.where(number_ratio_cell.c.ratio_id == ratio_id)).mappings():
            for name in names:
                found[_key(row["key"], by, which.period.unit)][name] += row[name] or 0
    return {key: Sums(counts=dict(each)) for key, each in found.items()}


def kinds(tx: Connection, which: Which, today: date) -> set[tuple[str, str, str]]:
    """Modality, body part and reading organisation of what was counted."""
    c = number_cell.c
    found: set[tuple[str, str, str]] = set()
    for grain, since, until in _stretches(tx, which.period, today):
        asked = sa.select(c.modality, c.body_part, c.organisation_id).distinct()
        asked = asked.where(c.grain == grain, c.person_id == NOBODY, c.day >= since, c.day <= until)
        if which.sites is not None:
            asked = asked.where(c.site_id.in_(which.sites))
        found |= {(row.modality, row.body_part, row.organisation_id) for row in tx.execute(asked)}
    return found


def _key(found: Any, by: By, unit: Unit) -> Hashable:
    return piece_of(found, unit) if by is By.PERIOD else found


def _stretches(tx: Connection, period: Period, today: date) -> Iterator[tuple[Grain, date, date]]:
    """The stretches of a period, both ends included, each with the sums that say it best."""
    if period.unit in {Unit.DAY, Unit.WEEK}:
        yield Grain.DAY, period.since, period.until
        return
    stale = set(tx.scalars(sa.select(number_stale.c.day).where(number_stale.c.grain == Grain.MONTH).distinct()))
    last: list[Any] = []
    at = period.since
    while at <= period.until:
        end = min(next_month(at) - _DAY, period.until)
        whole = at.day == 1 and end == next_month(at) - _DAY
        grain = Grain.MONTH if whole and at < closed_before(today) and at not in stale else Grain.DAY
        if last and last[0] is grain:
            last[2] = end
        else:
            if last:
                yield last[0], last[1], last[2]
            last = [grain, at, end]
        at = end + _DAY
    yield last[0], last[1], last[2]


def _asked(  # noqa: PLR0917
    table: sa.Table,
    which: Which,
    grain: Grain,
    since: date,
    until: date,
    by: By,
    names: Sequence[str],
    *,
    measures: Collection[str] = (),
) -> sa.Select[Any]:
    c = table.c
    extra = (c.measure,) if measures else ()
    key: sa.ColumnElement[Any] = sa.null() if by is By.ALL else c[_COLUMN[by]]
    asked = sa.select(key.label("key"), *extra, *(sa.func.sum(c[name]).label(name) for name in names)).where(
        c.grain == grain, c.day >= since, c.day <= until
    )
    if which.person_id:
        asked = asked.where(c.person_id == which.person_id)
    else:
        asked = asked.where(c.person_id != NOBODY if by is By.PERSON else c.person_id == NOBODY)
    if which.sites is not None:
        asked = asked.where(c.site_id.in_(which.sites))
    for name in ("modality", "body_part", "organisation_id"):
        if getattr(which, name):
            asked = asked.where(c[name] == getattr(which, name))
    if measures:
        asked = asked.where(c.measure.in_(sorted(measures)))
    groups = ([] if by is By.ALL else [key]) + list(extra)
    return asked.group_by(*groups) if groups else asked
