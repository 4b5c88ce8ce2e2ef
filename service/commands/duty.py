"""The commands `duty`: who is told of a critical result at an organisation, and under which telephone."""

from __future__ import annotations

from typing import Annotated, Any
from zoneinfo import ZoneInfo

import typer

from reading.alerts import duty
from reading.alerts.duty import OnDuty
from reading.kinds import Role
from reading.register import organisations
from service.commands.open_registry import open_registry
from service.commands.output import AsJson, answer, answer_rows
from service.commands.roster import moment

commands = typer.Typer(help="Who is on duty where, in which role and under which telephone.", no_args_is_help=True)


@commands.command("list")
def list_duties(
    *, org: Annotated[str, typer.Option(help="Code of the organisation; all otherwise.")] = "", as_json: AsJson = False
) -> None:
    """List who is on duty now or later."""
    with open_registry(writing=False) as ctx:
        theirs = [organisations.in_force(ctx.tx, org).id] if org else None
        rows = [_row(one) for one in duty.list_of(ctx.tx, theirs, ctx.now)]
    answer_rows(as_json, rows, ("id", "org", "role", "name", "telephone", "since", "until"))


@commands.command("add")
def add(
    username: Annotated[str, typer.Argument(help="Their name at sign-in.")],
    *,
    org: Annotated[str, typer.Option(help="Code of the organisation.")],
    role: Annotated[Role, typer.Option(help="clinician, technician, reviewer or quality_manager; they hold it there.")],
    telephone: Annotated[str, typer.Option(help="Where they are reached while on duty.")],
    since: Annotated[str | None, typer.Option(help="From this day or moment; now otherwise.")] = None,
    until: Annotated[str | None, typer.Option(help="To this day or moment; until it is ended otherwise.")] = None,
    as_json: AsJson = False,
) -> None:
    """Put somebody on duty: critical results are told to them by name."""
    with open_registry() as ctx:
        zone = ZoneInfo(organisations.in_force(ctx.tx, org).time_zone)
        made = duty.add(
            ctx,
            organisation_code=org,
            username=username,
            role=role,
            telephone=telephone,
            since=moment(since, "--since", zone),
            until=moment(until, "--until", zone),
        )
        answer(as_json, _row(made), f"{made.name} is on duty at {made.organisation_name}: {made.id}")


@commands.command("end")
def end(
    duty_id: Annotated[str, typer.Argument(metavar="ID", help="The duty's id, as `duty list` says it.")],
    *,
    as_json: AsJson = False,
) -> None:
    """Take somebody off duty now."""
    with open_registry() as ctx:
        ended = duty.end(ctx, duty_id)
        answer(as_json, _row(ended), f"{ended.name} is off duty at {ended.organisation_name}")


def _row(one: OnDuty) -> dict[str, Any]:
    return {
        "id": one.id,
        "org": one.organisation_code,
        "role": str(one.role),
        "name": one.name,
        "telephone": one.telephone,
        "since": one.since,
        "until": one.until,
    }
