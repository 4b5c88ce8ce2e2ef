"""The commands `numbers`: the check of what is kept against the raw rows."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Annotated, Final

import typer
from sqlalchemy.engine import Engine

from reading.numbers import check, keeping
from reading.numbers.check import Difference
from reading.numbers.measures import Grain
from reading.numbers.rollup import Place
from service.commands.output import AsJson, answer_rows
from service.installation.installation import make_folders, open_database
from service.installation.load_settings import load
from storage.database import snapshot, transaction

DIFFERS: Final = 1
_AT_ONCE: Final = 100

commands = typer.Typer(help="Numbers of what was done, checked against the raw rows.", no_args_is_help=True)


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
