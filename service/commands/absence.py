"""The commands `absence`: who is on leave, ill or in training, and is handed nothing."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from reading.register import roles
from reading.roster import absences
from reading.roster.absences import Absence, AbsenceKind
from service.commands.open_registry import open_registry
from service.commands.output import AsJson, answer, answer_rows
from service.commands.roster import moment

commands = typer.Typer(help="Who is absent, whatever the roster says.", no_args_is_help=True)


@commands.command("list")
def list_absences(
    *, username: Annotated[str, typer.Option(help="Of one person; everybody otherwise.")] = "", as_json: AsJson = False
) -> None:
    """List who is absent now or later."""
    with open_registry(writing=False) as ctx:
        theirs = [roles.person_of(ctx.tx, username).id] if username else None
        rows = [_row(one) for one in absences.list_of(ctx.tx, theirs, ctx.now)]
    answer_rows(as_json, rows, ("id", "username", "name", "kind", "since", "until"))


@commands.command("add")
def add(
    username: Annotated[str, typer.Argument(help="Their name at sign-in.")],
    *,
    kind: Annotated[AbsenceKind, typer.Option(help="Why.")] = AbsenceKind.LEAVE,
    since: Annotated[str | None, typer.Option(help="From this day or moment; now otherwise.")] = None,
    until: Annotated[str | None, typer.Option(help="To this day or moment; until it is ended otherwise.")] = None,
    as_json: AsJson = False,
) -> None:
    """Say that somebody is absent."""
    with open_registry() as ctx:
        made = absences.add(
            ctx, username=username, kind=kind, since=moment(since, "--since"), until=moment(until, "--until")
        )
        answer(as_json, _row(made), f"{made.name} is absent: {made.id}")


@commands.command("end")
def end(
    absence_id: Annotated[str, typer.Argument(metavar="ID", help="The absence's id, as `absence list` says it.")],
    *,
    as_json: AsJson = False,
) -> None:
    """End an absence now; one that has not begun never does."""
    with open_registry() as ctx:
        ended = absences.end(ctx, absence_id)
        answer(as_json, _row(ended), f"{ended.name} is back")


def _row(one: Absence) -> dict[str, Any]:
    return {
        "id": one.id,
        "username": one.username,
        "name": one.name,
        "kind": str(one.kind),
        "since": one.since,
        "until": one.until,
    }
