"""Sums of facts: the cells of a day and site made anew from its facts, those of a month from its days."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import date, timedelta
from functools import cache, lru_cache
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from reading.numbers import ratio_rows
from reading.numbers.bins import NAMES, edges
from reading.numbers.measures import MEASURES, TIMES, Grain
from reading.numbers.ratio_document import Ratio
from reading.tables import number_cell, number_fact, number_ratio_cell, number_stale, number_time, organisation
from reading.tables.numbers import NOBODY
from storage.database import insert_new, insert_or_change

Place = tuple[str, date]
"""A site and a day."""
LATE_DAYS: Final = timedelta(days=2)
"""A month is summed once it is over by the clock of every site, and whatever comes late to a day has mostly come."""
_OF: Final[Mapping[str, tuple[tuple[str, ...], tuple[str, ...]]]] = {
    "number_cell": ((), tuple(MEASURES)),
    "number_time": (("measure",), NAMES),
    "number_ratio_cell": (("ratio_id",), ("part", "whole")),
}
"""What else is in the key of a table of sums, and what is summed."""
_LOCK: Final = 7221905
_SITE: Final = "S"
"""Stands in `number_stale` for the grain where a site is marked, and not yet its days."""
_RATIOS_KEPT: Final = 1000
_ANY_DAY: Final = date(1900, 1, 1)
SUMS: Final = (number_cell, number_time, number_ratio_cell)
"""The tables of sums."""
_KEY: Final = ("site_id", "modality", "body_part", "organisation_id")


def one_at_a_time(tx: Connection) -> None:
    """Let no other process write sums until this transaction ends; SQLite has one writer anyway."""
    if tx.dialect.name == "postgresql":
        tx.execute(sa.select(sa.func.pg_advisory_xact_lock(_LOCK)))


def mark(tx: Connection, grain: Grain, places: Collection[Place]) -> None:
    """Have the sums of these days, or of their months, made anew."""
    if places:
        rows = [{"grain": grain, "site_id": site_id, "day": day} for site_id, day in sorted(places)]
        tx.execute(insert_new(tx, number_stale), rows)


def stale(tx: Connection, grain: Grain, limit: int, before: date | None = None) -> list[Place]:
    """Days or months whose sums are to be made anew, the oldest first; ``before``: whose first day is earlier."""
    asked = sa.select(number_stale.c.site_id, number_stale.c.day).where(number_stale.c.grain == grain)
    if before is not None:
        asked = asked.where(number_stale.c.day < before)
    rows = tx.execute(asked.order_by(number_stale.c.day, number_stale.c.site_id).limit(limit))
    return [(row.site_id, row.day) for row in rows]


def sum_days(tx: Connection, places: Sequence[Place]) -> None:
    """Make the sums of these days anew, and have those of their months made anew later."""
    _forget(tx, Grain.DAY, places)
    for statement in _day_inserts():
        tx.execute(statement, {"places": places})
    for table, rows in ratio_days(tx):
        tx.execute(_ratio_insert(table, rows), {"places": places})
    mark(tx, Grain.MONTH, {(site_id, day.replace(day=1)) for site_id, day in places})


@cache
def _day_inserts() -> tuple[sa.Insert, ...]:
    return tuple(_insert(table, rows) for table, rows in days_of())


@cache
def _month_insert(table: sa.Table) -> sa.Insert:
    return _insert(table, month_of(table))


@cache
def days_of() -> tuple[tuple[sa.Table, sa.Select[Any]], ...]:
    """What makes the rows of days out of facts, with the parameter ``places``: everybody's together, and each person's.

    Made once: to build these statements takes longer than to run them.
    """
    return tuple(
        (table, rows)
        for with_person in (False, True)
        for table, rows in (
            (number_cell, _cells_of(with_person=with_person)),
            *((number_time, _times_of(name, with_person=with_person)) for name in TIMES),
        )
    )


def sum_months(tx: Connection, places: Sequence[Place]) -> None:
    """Make the sums of these months, named by their first day, anew from those of their days."""
    _forget(tx, Grain.MONTH, places)
    for site_id, first in places:
        for table in SUMS:
            tx.execute(_month_insert(table), month_values(site_id, first))


def month_values(site_id: str, first: date) -> dict[str, object]:
    """The parameters of `month_of`."""
    return {"site": site_id, "first": first, "next": next_month(first)}


@cache
def month_of(table: sa.Table) -> sa.Select[Any]:
    """What makes the rows of a month in one of `SUMS` out of those of its days."""
    extra, names = _OF[table.name]
    key = ("person_id", *_KEY, *extra)
    return (
        sa.select(
            sa.literal(Grain.MONTH.value, sa.String).label("grain"),
            sa.bindparam("first", type_=sa.Date).label("day"),
            *(table.c[name] for name in key),
            *(sa.func.sum(table.c[name]).label(name) for name in names),
        )
        .where(
            table.c.grain == Grain.DAY,
            table.c.site_id == sa.bindparam("site", type_=sa.String),
            table.c.day >= sa.bindparam("first", type_=sa.Date),
            table.c.day < sa.bindparam("next", type_=sa.Date),
        )
        .group_by(*(table.c[name] for name in key))
    )


def next_month(day: date) -> date:
    return (day.replace(day=1) + timedelta(days=32)).replace(day=1)


def closed_before(today: date) -> date:
    """The months that begin before this day are over."""
    return (today - LATE_DAYS).replace(day=1)


def ratio_days(tx: Connection) -> Iterator[tuple[sa.Table, sa.Select[Any]]]:
    """As `days_of`, of the ratios in force that managers define."""
    for one in ratio_rows.in_force(tx):
        yield number_ratio_cell, _ratio_rows(one.id, one.ratio.model_dump_json())


@lru_cache(_RATIOS_KEPT)
def _ratio_rows(ratio_id: str, document: str) -> sa.Select[Any]:
    """Made once for a version of a ratio, as `days_of` is: there may be many, and other writers wait meanwhile."""
    ratio = Ratio.model_validate_json(document)
    part, whole = (sa.func.sum(sa.case((each.holds(), 1), else_=0)) for each in (ratio.part(), ratio.whole()))
    return (
        _grouped(with_person=False)
        .add_columns(sa.literal(ratio_id, sa.String).label("ratio_id"), part.label("part"), whole.label("whole"))
        .where(ratio.whole().holds())
    )


@lru_cache(_RATIOS_KEPT)
def _ratio_insert(table: sa.Table, rows: sa.Select[Any]) -> sa.Insert:
    return _insert(table, rows)


def mark_all(tx: Connection) -> None:
    """Have the sums of every day made anew: each site is marked, and `spread` marks its days.

    A site that is marked already is marked again: its row is locked, so that nobody spreads it before this commits.
    """
    summed = sa.exists().where(number_cell.c.site_id == organisation.c.id, number_cell.c.grain == Grain.DAY)
    sites = sa.select(sa.literal(_SITE, sa.String), sa.literal(_ANY_DAY, sa.Date), organisation.c.id).where(summed)
    marks = insert_or_change(tx, number_stale).from_select(
        ["grain", "day", "site_id"], sites.order_by(organisation.c.id)
    )
    key = [number_stale.c.grain, number_stale.c.day, number_stale.c.site_id]
    tx.execute(marks.on_conflict_do_update(index_elements=key, set_={"day": marks.excluded.day}))


def spread(tx: Connection) -> bool:
    """Mark every day of one of the sites that `mark_all` marked; whether there was one."""
    row = number_stale.c
    site_id = tx.scalar(sa.select(row.site_id).where(row.grain == _SITE).order_by(row.site_id).limit(1))
    if site_id is None:
        return False
    tx.execute(sa.delete(number_stale).where(row.grain == _SITE, row.site_id == site_id))
    days = sa.select(sa.literal(Grain.DAY.value, sa.String), number_cell.c.day, number_cell.c.site_id).distinct()
    theirs = (number_cell.c.grain == Grain.DAY) & (number_cell.c.site_id == site_id)
    tx.execute(insert_new(tx, number_stale).from_select(["grain", "day", "site_id"], days.where(theirs)))
    return True


def spreading(tx: Connection) -> frozenset[str]:
    """The ids of the sites whose days are to be marked."""
    return frozenset(tx.scalars(sa.select(number_stale.c.site_id).where(number_stale.c.grain == _SITE)))


def waiting(tx: Connection) -> int:
    """How many days of sites are to be summed anew; a site whose days are to be marked still is one."""
    days = sa.select(sa.func.count()).select_from(number_stale).where(number_stale.c.grain != Grain.MONTH)
    return tx.scalar(days) or 0


def _cells_of(*, with_person: bool) -> sa.Select[Any]:
    sums = [
        sa.func.coalesce(
            sa.func.sum(sa.case((one.holds(), one.amount if one.amount is not None else 1), else_=0)), 0
        ).label(name)
        for name, one in MEASURES.items()
    ]
    return _grouped(with_person=with_person).add_columns(*sums)


def _times_of(name: str, *, with_person: bool) -> sa.Select[Any]:
    kind, minutes = TIMES[name]
    columns: list[sa.ColumnElement[Any]] = [sa.literal(name, sa.String).label("measure")]
    for number, column in enumerate(NAMES):
        begins, ends = edges(number)
        inside = minutes > begins if number else minutes >= 0
        if ends is not None:
            inside &= minutes <= ends
        columns.append(sa.func.sum(sa.case((inside, 1), else_=0)).label(column))
    grouped = _grouped(with_person=with_person).add_columns(*columns)
    return grouped.where(number_fact.c.kind == kind, minutes.is_not(None))


def _grouped(*, with_person: bool) -> sa.Select[Any]:
    f = number_fact.c
    person = f.person_id if with_person else sa.literal(NOBODY, sa.String)
    asked = (
        sa.select(
            sa.literal(Grain.DAY.value, sa.String).label("grain"),
            f.day.label("day"),
            person.label("person_id"),
            *(f[name].label(name) for name in _KEY),
        )
        .where(sa.tuple_(f.site_id, f.day).in_(sa.bindparam("places", expanding=True)))
        .group_by(f.day, *(f[name] for name in _KEY))
    )
    return asked.group_by(f.person_id).where(f.person_id != NOBODY) if with_person else asked


def _insert(table: sa.Table, rows: sa.Select[Any]) -> sa.Insert:
    return sa.insert(table).from_select([column.name for column in rows.selected_columns], rows)


def _forget(tx: Connection, grain: Grain, places: Sequence[Place]) -> None:
    for table in (*SUMS, number_stale):
        tx.execute(sa.delete(table).where(table.c.grain == grain, at(table, places)))


def at(table: sa.Table, places: Sequence[Place]) -> sa.ColumnElement[bool]:
    """The condition on a table for the rows of these sites and days."""
    return sa.tuple_(table.c.site_id, table.c.day).in_(places)
