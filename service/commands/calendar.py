"""The commands `calendar`: holidays, and weekends that are worked instead."""

from __future__ import annotations

from datetime import date, datetime
from pathlib import Path
from typing import Annotated

import typer

from reading.rules import policy_acts
from reading.rules.calendar import DayKind, read_days
from service.commands.errors import cannot_read
from service.commands.open_registry import open_registry
from service.commands.output import AsJson, answer, answer_rows

commands = typer.Typer(help="The calendar of working days, which rules may ask for.", no_args_is_help=True)

Day = Annotated[datetime, typer.Argument(formats=["%Y-%m-%d"], help="The day, as 2026-10-01.")]


@commands.command("list")
def list_days(
    year: Annotated[int | None, typer.Option(min=2000, max=2100, help="By default this year and the next.")] = None,
    *,
    as_json: AsJson = False,
) -> None:
    """List the days that are not as their weekday says."""
    with open_registry() as ctx:
        first = year or ctx.now.year
        last = year or ctx.now.year + 1
        found = policy_acts.days(ctx, date(first, 1, 1), date(last, 12, 31))
    rows = [{"day": one.day.isoformat(), "kind": one.kind.value, "name": one.name} for one in found]
    answer_rows(as_json, rows, ("day", "kind", "name"))


@commands.command("set")
def set_day(
    day: Day,
    kind: Annotated[DayKind, typer.Argument(help="usual takes back what was set.")],
    *,
    name: Annotated[str, typer.Option(help="Why, such as 国庆节.")] = "",
    as_json: AsJson = False,
) -> None:
    """Say what a day is."""
    with open_registry() as ctx:
        policy_acts.set_days(ctx, [(day.date(), kind, name)])
    answer(as_json, {"day": day.date().isoformat(), "kind": kind.value}, f"{day.date().isoformat()} is {kind.value}")


@commands.command("import")
def import_days(
    file: Annotated[Path, typer.Argument(help="Lines of day,kind,name; docs/calendars has the holidays of China.")],
    *,
    as_json: AsJson = False,
) -> None:
    """Set the days of a file."""
    try:
        said = read_days(file.read_text(encoding="utf-8-sig"))
    except (OSError, UnicodeDecodeError) as error:
        raise cannot_read(file, error) from error
    with open_registry() as ctx:
        policy_acts.set_days(ctx, said)
    answer(as_json, {"days": len(said)}, f"{len(said)} days are set")
