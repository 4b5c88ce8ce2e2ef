"""The kept numbers are those that another program counts from the raw rows of months with every awkward case."""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter
from datetime import date, datetime

import sqlalchemy as sa
from sqlalchemy.engine import Connection, Engine

from reading.numbers import check
from reading.numbers.bins import BOUNDS, NAMES
from reading.numbers.measures import MEASURES, Grain
from reading.tables import number_cell, number_time
from storage.database import transaction
from tests.reading.clinic import open_clinic
from tests.reading.numbers import independent, months
from tests.reading.numbers.independent import Key
from tests.reading.numbers.test_keeping import keep

LATER = date(2026, 5, 5)


def test_another_program_counts_the_same(engine: Engine, now: datetime) -> None:
    with transaction(engine) as tx:
        months.write(tx, open_clinic(tx, now), 1, 100)
    keep(engine, LATER)

    with transaction(engine) as tx:
        found = independent.count(tx)
        counts, bins = _kept(tx, Grain.DAY)
        by_month, bins_by_month = _kept(tx, Grain.MONTH)
    told = {key[0] for key in found.counts}
    assert len(set(MEASURES) - told) <= 4  # of the rarest
    assert counts == {key: number for key, number in found.counts.items() if number}
    assert bins == _binned(found)
    assert by_month == _by_month(counts)
    assert bins_by_month == _bins_by_month(bins)


def test_the_check_names_what_differs_and_mends_it(engine: Engine, now: datetime) -> None:
    with transaction(engine) as tx:
        months.write(tx, open_clinic(tx, now), 7, 20)
    keep(engine, LATER)
    with transaction(engine) as tx:
        before = _differences(tx)
        broken = sa.update(number_cell).where(number_cell.c.grain == Grain.DAY, number_cell.c.received > 0)
        tx.execute(broken.values(received=number_cell.c.received + 1))
        case_id = tx.scalar(sa.select(check.number_fact.c.case_id).order_by(check.number_fact.c.case_id).limit(1))
        tx.execute(sa.delete(check.number_fact).where(check.number_fact.c.case_id == case_id))
        found = _differences(tx)
        check.mend(tx, found)
    keep(engine, LATER)

    with transaction(engine) as tx:
        after = _differences(tx)
    assert before == []
    assert {one.part for one in found} == {check.Part.FACTS, check.Part.DAY, check.Part.MONTH}
    assert (found[0].subject, found[0].kept) == (case_id, 0)
    assert after == []


def _differences(tx: Connection) -> list[check.Difference]:
    ids = check.cases_after(tx, "")
    days, firsts = (check.places_after(tx, grain, None) for grain in Grain)
    return [
        *check.fact_differences(tx, ids),
        *check.day_differences(tx, days),
        *check.month_differences(tx, firsts),
    ]


def _kept(tx: Connection, grain: Grain) -> tuple[dict[Key, int], Counter[tuple[Key, int]]]:
    counts: dict[Key, int] = {}
    bins: Counter[tuple[Key, int]] = Counter()
    for table in (number_cell, number_time):
        for row in tx.execute(sa.select(table).where(table.c.grain == grain)):
            place = (row.day.isoformat(), row.site_id, row.modality, row.body_part, row.organisation_id, row.person_id)
            if table is number_cell:
                counts |= {(name, *place): getattr(row, name) for name in MEASURES if getattr(row, name)}
            else:
                for number, name in enumerate(NAMES):
                    if getattr(row, name):
                        bins[(row.measure, *place), number] += getattr(row, name)
    return counts, bins


def _binned(found: independent.Count) -> Counter[tuple[Key, int]]:
    return Counter((key, bisect_left(BOUNDS, one)) for key, each in found.times.items() for one in each)


def _by_month(counts: dict[Key, int]) -> dict[Key, int]:
    found: Counter[Key] = Counter()
    for (name, day, *place), number in counts.items():
        found[(name, f"{day[:7]}-01", *place)] += number  # type: ignore[index]
    return dict(found)


def _bins_by_month(bins: Counter[tuple[Key, int]]) -> Counter[tuple[Key, int]]:
    found: Counter[tuple[Key, int]] = Counter()
    for ((name, day, *place), number), count in bins.items():
        found[(name, f"{day[:7]}-01", *place), number] += count  # type: ignore[index]
    return found
