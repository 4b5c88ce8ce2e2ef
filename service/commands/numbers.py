"""The commands `numbers`: figures of a period, and the check of what is kept against the raw rows."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Annotated, Final

import typer
from sqlalchemy.engine import Engine

from reading.numbers import check, figures, keeping
from reading.numbers.check import Difference
from reading.numbers.indicators import Figure, Indicator
from reading.numbers.measures import Grain
from reading.numbers.periods import Period, Unit
from reading.numbers.rollup import Place
from reading.numbers.sums import Which
from reading.register import organisations
from service.commands.open_registry import open_registry
from service.commands.output import AsJson, answer_rows
from service.installation.installation import make_folders, open_database
from service.installation.load_settings import load
from storage.database import snapshot, transaction

DIFFERS: Final = 1
_AT_ONCE: Final = 100

commands = typer.Typer(help="Numbers of what was done, checked against the raw rows.", no_args_is_help=True)


@commands.command("show")
def show(
    *,
    since: Annotated[datetime, typer.Option(formats=["%Y-%m-%d"], help="The first day.")],
    until: Annotated[datetime, typer.Option(formats=["%Y-%m-%d"], help="The last day.")],
    org: Annotated[str, typer.Option(help="Code of a site, or of what is above sites; everything otherwise.")] = "",
    as_json: AsJson = False,
) -> None:
    """Every indicator of a period, as the page shows it; definitions are in docs/numbers.md."""
    with open_registry(writing=False) as ctx:
        sites = None
        if org:
            top = organisations.in_force(ctx.tx, org).id
            sites = frozenset({top, *organisations.below(ctx.tx, {top})})
        period = Period(since=since.date(), until=until.date(), unit=Unit.MONTH)
        found = figures.every(ctx.tx, Which(period=period, sites=sites), ctx.now)
    rows = [_row(indicator, one) for indicator, one in found]
    answer_rows(as_json, rows, ("indicator", "value", "count", "of", "low", "high", "p50", "p90"))


@commands.command("check")
def check_all(
    *,
    mend: Annotated[bool, typer.Option(help="Make what differs anew.")] = False,
    as_json: AsJson = False,
) -> None:
    """Make facts and sums again from the raw rows, and name what is kept otherwise. Exit code 1: something was.

    What changed and was not counted yet is counted first. The service may run meanwhile.
    """
    settings = load(os.environ)
    make_folders(settings, demo=None)
    engine = open_database(settings)
    try:
        _count(engine)
        found = list(_differences(engine, mend=mend))
    finally:
        engine.dispose()
    answer_rows(as_json, [asdict(one) for one in found], ("part", "subject", "kept", "missing"))
    if found:
        raise typer.Exit(DIFFERS)


def _row(indicator: Indicator, one: Figure) -> dict[str, object]:
    value = one.number if one.share is None else round(one.share.value, 4)
    return {
        "indicator": indicator.name,
        "value": value,
        "count": one.count,
        "of": one.of,
        "low": None if one.share is None else round(one.share.low, 4),
        "high": None if one.share is None else round(one.share.high, 4),
        "p50": one.p50,
        "p90": one.p90,
    }


def _count(engine: Engine) -> None:
    done = 1
    while done:
        with transaction(engine) as tx:
            done = keeping.enter(tx, keeping.changed(tx, _AT_ONCE))
            done += keeping.sum_up(tx, datetime.now(UTC).date(), _AT_ONCE)


def _differences(engine: Engine, *, mend: bool) -> Iterator[Difference]:
    """Facts first: what is mended of them marks the days, whose sums are made anew before they are looked at."""
    for part in (_of_cases(engine), _of_sums(engine, Grain.DAY), _of_sums(engine, Grain.MONTH)):
        for found in part:
            if mend and found:
                with transaction(engine) as tx:
                    check.mend(tx, found)
            yield from found
        if mend:
            _count(engine)


def _of_cases(engine: Engine) -> Iterator[list[Difference]]:
    last = ""
    while True:
        with snapshot(engine) as tx:
            case_ids = check.cases_after(tx, last)
            found = list(check.fact_differences(tx, case_ids))
        yield found
        if not case_ids:
            return
        last = case_ids[-1]


def _of_sums(engine: Engine, grain: Grain) -> Iterator[list[Difference]]:
    last: Place | None = None
    differences = check.day_differences if grain is Grain.DAY else check.month_differences
    while True:
        with snapshot(engine) as tx:
            places = check.places_after(tx, grain, last)
            found = list(differences(tx, places))
        yield found
        if not places:
            return
        last = places[-1]
