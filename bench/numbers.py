"""Measures how long the figures of a year take, over sums as a province of ten million cases a year makes them.

    python -m bench.numbers URL [--sites 1000] [--cases 10000000]

An empty, migrated PostgreSQL database is filled with sums alone, eleven months and the days of the twelfth: what a
year's page reads. No case lies behind them.
"""

from __future__ import annotations

import argparse
import statistics
import time
from bisect import bisect_left
from collections.abc import Callable, Iterator
from datetime import date, datetime, timedelta
from itertools import islice
from random import Random
from typing import Any, Final
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from sqlalchemy.engine import Connection, Engine

from reading.audit import Audit
from reading.context import Context
from reading.kinds import Level, Role
from reading.numbers import figures
from reading.numbers.bins import BOUNDS, NAMES
from reading.numbers.figures import Asked
from reading.numbers.indicators import INDICATORS
from reading.numbers.measures import MEASURES, Grain
from reading.numbers.periods import Period, Unit
from reading.numbers.sums import By
from reading.register import organisations, people
from reading.tables import number_cell, number_time
from reading.viewers import Staff
from storage.database import connect, snapshot, transaction

NOW: Final = datetime(2026, 12, 31, 12, 0, tzinfo=ZoneInfo("Asia/Shanghai"))
EXAMINED: Final = (("DX", "CHEST"), ("DX", "HAND"), ("DX", "KNEE"), ("DX", "LSPINE"), ("DX", "PELVIS"), ("DX", ""))
EXAMINED_BY_CT: Final = (("CT", "HEAD"), ("CT", "CHEST"), ("CT", "ABDOMEN"))
_AT_ONCE: Final = 2000
Towns = list[tuple[str, str]]
"""Each site with its county."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("url")
    parser.add_argument("--sites", type=int, default=1000)
    parser.add_argument("--cases", type=int, default=10_000_000)
    asked = parser.parse_args()
    engine = connect(asked.url)
    with transaction(engine) as tx:
        staff = _fill_register(tx, asked.sites)
    _fill_sums(engine, asked.sites, asked.cases)
    with engine.connect() as tx, tx.begin():
        tx.exec_driver_sql("ANALYZE number_cell")
        tx.exec_driver_sql("ANALYZE number_time")
        for table in (number_cell, number_time):
            print(f"{table.name}: {tx.scalar(sa.select(sa.func.count()).select_from(table)):,} rows")
    _measure(engine, staff)


def _fill_register(tx: Connection, sites: int) -> Staff:
    now = NOW - timedelta(days=400)
    organisations.add(tx, code="CITY", name="City", level=Level.CITY, parent_code=None, now=now)
    for number in range(sites):
        if number % 30 == 0:
            code = f"C{number}"
            organisations.add(tx, code=code, name=code, level=Level.COUNTY, parent_code="CITY", now=now)
        organisations.add(
            tx, code=f"T{number}", name=f"T{number}", level=Level.TOWNSHIP, parent_code=f"C{number // 30 * 30}", now=now
        )
    top = organisations.in_force(tx, "CITY")
    nobody = "!"
    """No hash, so nobody signs in as her."""
    made = people.add(
        tx, username="mona", name="Mona", title="", password_hash=nobody, now=now, must_change_password=False
    )
    people.grant(tx, made.id, top.id, Role.QUALITY_MANAGER, now)
    grants = tuple(people.grants_of(tx, made.id, NOW))
    return Staff(person_id=made.id, username="mona", name="Mona", title="", grants=grants)


def _fill_sums(engine: Engine, sites: int, cases: int) -> None:
    with snapshot(engine) as tx:
        every = organisations.list_all(tx)
    towns = [(one.id, one.parent_id or "") for one in every if one.level is Level.TOWNSHIP]
    a_day = cases / 365 / sites
    spans = [(Grain.MONTH, date(2026, month, 1), 30) for month in range(1, 12)]
    spans += [(Grain.DAY, date(2026, 12, day), 1) for day in range(1, 32)]
    for table, rows in ((number_cell, _cells), (number_time, _times)):
        made = (row for grain, first, days in spans for row in rows(Random(1), grain, first, days * a_day, towns))
        while batch := list(islice(made, _AT_ONCE)):
            with transaction(engine) as tx:
                tx.execute(sa.insert(table), batch)


def _places(draw: Random, cases: float, towns: Towns) -> Iterator[tuple[dict[str, Any], int]]:
    examined = [*EXAMINED, *EXAMINED_BY_CT]
    for site_id, county_id in towns:
        for modality, body_part in examined:
            count = round(cases / len(examined) * draw.uniform(0.4, 1.6) + draw.random() - 0.5)
            if count > 0:
                place = {"site_id": site_id, "modality": modality, "body_part": body_part, "person_id": ""}
                yield place | {"organisation_id": county_id}, count


def _cells(
    draw: Random, grain: Grain, first: date, cases: float, towns: list[tuple[str, str]]
) -> Iterator[dict[str, Any]]:
    for place, count in _places(draw, cases, towns):
        shares = {name: round(count * draw.random()) for name in MEASURES}
        whole = {one.whole: count for one in INDICATORS.values() if one.whole}
        yield place | {"grain": grain.value, "day": first} | shares | whole


def _times(
    draw: Random, grain: Grain, first: date, cases: float, towns: list[tuple[str, str]]
) -> Iterator[dict[str, Any]]:
    for place, count in _places(draw, cases, towns):
        for measure in ("read", "released", "examined", "verify"):
            bins = dict.fromkeys(NAMES, 0)
            for _ in range(min(count, 60)):
                bins[NAMES[bisect_left(BOUNDS, round(draw.lognormvariate(4, 1)))]] += max(1, count // 60)
            yield place | {"grain": grain.value, "day": first, "measure": measure} | bins


def _measure(engine: Engine, staff: Staff) -> None:
    year = Asked(period=Period(since=date(2026, 1, 1), until=date(2026, 12, 31), unit=Unit.MONTH))
    month = Asked(period=Period(since=date(2026, 12, 1), until=date(2026, 12, 31), unit=Unit.DAY))
    looked: dict[str, Callable[[Context[Staff]], object]] = {
        "a year, every indicator, the year before and the region": lambda ctx: figures.overview(ctx, year),
        **{
            f"a year, times from the examination by {by}": lambda ctx, by=by: figures.parts(ctx, year, "examined", by)
            for by in (By.PERIOD, By.SITE, By.MODALITY, By.BODY_PART, By.ORGANISATION)
        },
        **{
            f"a year, positive rate by {by}": lambda ctx, by=by: figures.parts(ctx, year, "positive", by)
            for by in (By.PERIOD, By.SITE, By.BODY_PART)
        },
        "a month by days, times from the examination": lambda ctx: figures.parts(ctx, month, "examined", By.PERIOD),
        "what can be asked for": lambda ctx: figures.choices(ctx, year.period),
    }
    for name, look in looked.items():
        taken: list[float] = []
        for _ in range(5):
            with snapshot(engine) as tx:
                began = time.perf_counter()
                look(Context(tx, Audit("bench"), NOW, staff))
                taken.append(time.perf_counter() - began)
        print(f"{name}: first {taken[0]:.2f} s, median {statistics.median(taken):.2f} s")


if __name__ == "__main__":
    main()
