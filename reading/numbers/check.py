"""The check of the numbers: facts and sums are made again from the raw rows, and every difference is named."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from reading.numbers import keeping, rollup
from reading.numbers.measures import Grain
from reading.numbers.rollup import Place
from reading.tables import case, number_cell, number_change, number_fact, number_stale

AT_ONCE: Final = 200
"""Cases, or days of a site, that are looked at in one go."""


class Part(StrEnum):
    FACTS = "facts"
    DAY = "day"
    MONTH = "month"


@dataclass(frozen=True, kw_only=True)
class Difference:
    """Something that is kept otherwise than the rows below it say."""

    part: Part
    subject: str
    """The id of a case, or of a site with a day."""
    kept: int
    """Rows that are kept and should not be."""
    missing: int
    """Rows that should be kept and are not."""


def fact_differences(tx: Connection, case_ids: Sequence[str]) -> Iterator[Difference]:
    """Compare the kept facts of cases with those that their rows make; cases with a change not taken up yet wait."""
    waiting = set(tx.scalars(sa.select(number_change.c.case_id).where(number_change.c.case_id.in_(case_ids))))
    asked = [one for one in case_ids if one not in waiting]
    made = keeping.facts_by_case(tx, asked)
    kept: dict[str, set[tuple[Any, ...]]] = {one: set() for one in asked}
    for row in tx.execute(sa.select(number_fact).where(number_fact.c.case_id.in_(asked))):
        kept[row.case_id].add(tuple(row))
    names = [column.name for column in number_fact.columns]
    for case_id in asked:
        found = {tuple(keeping.row_of(one)[name] for name in names) for one in made.get(case_id, ())}
        yield from _difference(Part.FACTS, case_id, kept[case_id], found)


def day_differences(tx: Connection, places: Sequence[Place]) -> Iterator[Difference]:
    """Compare the kept sums of days with those of their facts; days that are to be made anew wait."""
    asked = _settled(tx, Grain.DAY, places)
    if not asked:
        return
    kept, found = _kept(tx, Grain.DAY, asked), _made(tx, asked)
    for place in asked:
        subject = f"{place[0]} {place[1]}"
        yield from _difference(Part.DAY, subject, kept.get(place, set()), found.get(place, set()))


def month_differences(tx: Connection, places: Sequence[Place]) -> Iterator[Difference]:
    """Compare the kept sums of months with those of their days; months that are to be made anew wait."""
    asked = _settled(tx, Grain.MONTH, places)
    kept = _kept(tx, Grain.MONTH, asked)
    for site_id, first in asked:
        found: set[tuple[Any, ...]] = set()
        for table in rollup.SUMS:
            found |= {
                _row(table, row) for row in tx.execute(rollup.month_of(table), rollup.month_values(site_id, first))
            }
        yield from _difference(Part.MONTH, f"{site_id} {first}", kept.get((site_id, first), set()), found)


def cases_after(tx: Connection, case_id: str) -> list[str]:
    """The next cases in the order of their ids."""
    return list(tx.scalars(sa.select(case.c.id).where(case.c.id > case_id).order_by(case.c.id).limit(AT_ONCE)))


def places_after(tx: Connection, grain: Grain, last: Place | None) -> list[Place]:
    """The next days (months) of sites that have facts or sums, in order."""
    asked = sa.select(_places(grain).subquery("places"))
    columns = asked.selected_columns
    if last is not None:
        asked = asked.where(sa.tuple_(*columns) > sa.tuple_(*map(sa.literal, last)))
    return [(row[0], row[1]) for row in tx.execute(asked.order_by(*columns).limit(AT_ONCE))]


def mend(tx: Connection, differences: Sequence[Difference]) -> None:
    """Make what differs anew: facts from their rows, sums from their facts."""
    rollup.one_at_a_time(tx)
    case_ids = [one.subject for one in differences if one.part is Part.FACTS]
    if case_ids:
        facts = keeping.facts_by_case(tx, case_ids)
        keeping.replace(tx, {one: facts.get(one, ()) for one in case_ids})
    for part, grain in ((Part.DAY, Grain.DAY), (Part.MONTH, Grain.MONTH)):
        places = [one.subject.split(" ") for one in differences if one.part is part]
        rollup.mark(tx, grain, {(site_id, date.fromisoformat(day)) for site_id, day in places})


def _places(grain: Grain) -> sa.Select[Any, Any] | sa.CompoundSelect[Any, Any]:
    kept = sa.select(number_cell.c.site_id, number_cell.c.day).where(number_cell.c.grain == grain)
    return kept.union(sa.select(number_fact.c.site_id, number_fact.c.day)) if grain is Grain.DAY else kept.distinct()


def _settled(tx: Connection, grain: Grain, places: Sequence[Place]) -> list[Place]:
    rows = tx.execute(sa.select(number_stale.c.site_id, number_stale.c.day).where(number_stale.c.grain == grain))
    stale = {(row.site_id, row.day) for row in rows}
    spreading = rollup.spreading(tx) if grain is Grain.DAY else frozenset[str]()
    return [place for place in places if place not in stale and place[0] not in spreading]


def _kept(tx: Connection, grain: Grain, places: Sequence[Place]) -> dict[Place, set[tuple[Any, ...]]]:
    found: dict[Place, set[tuple[Any, ...]]] = {}
    for table in rollup.SUMS:
        for row in tx.execute(sa.select(table).where(table.c.grain == grain, rollup.at(table, places))):
            found.setdefault((row.site_id, row.day), set()).add(_row(table, row))
    return found


def _made(tx: Connection, places: Sequence[Place]) -> dict[Place, set[tuple[Any, ...]]]:
    found: dict[Place, set[tuple[Any, ...]]] = {}
    for table, rows in (*rollup.days_of(), *rollup.ratio_days(tx)):
        for row in tx.execute(rows, {"places": places}):
            found.setdefault((row.site_id, row.day), set()).add(_row(table, row))
    return found


def _row(table: sa.Table, row: sa.Row[Any]) -> tuple[Any, ...]:
    return (table.name, *(getattr(row, column.name) for column in table.columns))


def _difference(
    part: Part, subject: str, kept: set[tuple[Any, ...]], found: set[tuple[Any, ...]]
) -> Iterator[Difference]:
    if kept != found:
        yield Difference(part=part, subject=subject, kept=len(kept - found), missing=len(found - kept))
