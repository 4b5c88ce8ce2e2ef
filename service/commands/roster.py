"""The commands `roster`: who works in which reading group and when, and what a case weighs."""

from __future__ import annotations

from dataclasses import asdict, replace
from datetime import datetime, timedelta, tzinfo
from pathlib import Path
from typing import Annotated, Any, Final
from zoneinfo import ZoneInfo

import typer

from reading.cases.moves import Step
from reading.errors import Invalid, NotThere
from reading.register import organisations
from reading.roster import at_work, limits, slot_import, slots, terms, weights
from reading.roster.slots import Slot
from reading.roster.weights import Worked
from service.commands.arguments import meant_moment
from service.commands.errors import Refused, cannot_read, sentence_of_invalid
from service.commands.open_registry import open_registry
from service.commands.output import AsJson, answer, answer_rows

commands = typer.Typer(help="Who works in which reading group, and when.", no_args_is_help=True)

COLUMNS: Final = ("id", "org", "step", "username", "name", "since", "until")
AHEAD: Final = timedelta(days=28)


@commands.command("list")
def list_slots(
    org: Annotated[str, typer.Argument(help="Code of the organisation that reads.")],
    *,
    since: Annotated[str | None, typer.Option(help="From this day or moment; now otherwise.")] = None,
    until: Annotated[str | None, typer.Option(help="To this day or moment; four weeks otherwise.")] = None,
    as_json: AsJson = False,
) -> None:
    """List the slots of a roster."""
    with open_registry(writing=False) as ctx:
        place = organisations.in_force(ctx.tx, org)
        zone = ZoneInfo(place.time_zone)
        begin = moment(since, "--since", zone) or ctx.now
        end = moment(until, "--until", zone) or begin + AHEAD
        rows = [_row(one, zone) for one in slots.between(ctx, place.id, begin, end)]
    answer_rows(as_json, rows, COLUMNS)


@commands.command("now")
def now(
    org: Annotated[str, typer.Argument(help="Code of the organisation that reads.")], *, as_json: AsJson = False
) -> None:
    """Say who is on duty, and what stands against handing them a case."""
    with open_registry(writing=False) as ctx:
        place = organisations.in_force(ctx.tx, org)
        rows = [
            {
                **_row(one.slot, ZoneInfo(place.time_zone)),
                "open_cases": one.open_cases,
                "most": one.most,
                "obstacles": " ".join(one.obstacles) or "available",
            }
            for one in at_work.on_duty(ctx.tx, [place.id], ctx.now)
        ]
    answer_rows(as_json, rows, ("step", "username", "name", "until", "open_cases", "most", "obstacles"))


@commands.command("add")
def add(
    username: Annotated[str, typer.Argument(help="Their name at sign-in.")],
    *,
    org: Annotated[str, typer.Option(help="Code of the organisation that reads.")],
    step: Annotated[Step, typer.Option(help="read, verify or review; they hold a role for it there.")] = Step.READ,
    since: Annotated[str | None, typer.Option(help="From this day or moment; now otherwise.")] = None,
    until: Annotated[str, typer.Option(help="To this day or moment.")],
    as_json: AsJson = False,
) -> None:
    """Add a slot to a roster."""
    with open_registry() as ctx:
        zone = ZoneInfo(organisations.in_force(ctx.tx, org).time_zone)
        made = slots.add(
            ctx,
            organisation_code=org,
            username=username,
            step=step,
            since=moment(since, "--since", zone),
            until=moment(until, "--until", zone),
        )
        answer(as_json, _row(made, zone), f"{made.name} works at {made.organisation_name}: {made.id}")


@commands.command("import")
def import_slots(
    file: Annotated[Path, typer.Argument(help="A table with lines of username,step,since,until.")],
    *,
    org: Annotated[str, typer.Option(help="Code of the organisation that reads.")],
    preview: Annotated[bool, typer.Option("--preview", help="Only say what it would add.")] = False,
    as_json: AsJson = False,
) -> None:
    """Add the slots of a table, all or none; each wrong line is named."""
    try:
        text = file.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise cannot_read(file, error) from error
    with open_registry() as ctx:
        lines = slot_import.read(ctx, org, text, to_add=not preview)
        wrong = [(one.number, _problem(one.problem)) for one in lines if one.problem is not None]
        if wrong:
            raise Refused("; ".join(f"line {number}: {what}" for number, what in wrong), "nothing was added")
        added = [] if preview else slot_import.add(ctx, lines)
    said = {"lines": len(lines), "added": len(added)}
    answer(as_json, said, f"{len(lines)} slots {'would be' if preview else 'were'} added")


def _problem(error: Invalid | NotThere) -> str:
    if isinstance(error, NotThere):
        return f"there is no {error.kind} {error.name}"
    return sentence_of_invalid(error.field, error.problem) or "it is not accepted"


@commands.command("end")
def end(
    slot_id: Annotated[str, typer.Argument(metavar="ID", help="The slot's id, as `roster list` says it.")],
    *,
    as_json: AsJson = False,
) -> None:
    """End a slot now; one that has not begun never does."""
    with open_registry() as ctx:
        ended = slots.end(ctx, slot_id)
        place = organisations.by_code(ctx.tx, ended.organisation_code)
        zone = ZoneInfo(place.time_zone if place else "UTC")
        answer(as_json, _row(ended, zone), f"{ended.name} has left the roster of {ended.organisation_name}")


@commands.command("limit")
def limit(
    username: Annotated[str, typer.Argument(help="Their name at sign-in.")],
    *,
    most: Annotated[int | None, typer.Option(help="Most cases open at once; without it there is no limit.")] = None,
    as_json: AsJson = False,
) -> None:
    """Set, or end, the limit of somebody's open cases."""
    with open_registry() as ctx:
        limits.say(ctx, username=username, most=most)
    answer(as_json, {"username": username, "most": most}, f"{username}: {'no limit' if most is None else most}")


@commands.command("terms")
def say_terms(
    org: Annotated[str, typer.Argument(help="Code of the organisation that reads.")],
    *,
    take_minutes: Annotated[int | None, typer.Option(help="So long a routine case waits for its person.")] = None,
    urgent_minutes: Annotated[int | None, typer.Option(help="So long an urgent one does.")] = None,
    away_minutes: Annotated[int | None, typer.Option(help="After so long signed out, it is passed on.")] = None,
    ahead: Annotated[int | None, typer.Option(help="Most cases that wait for somebody at once.")] = None,
    as_json: AsJson = False,
) -> None:
    """Show, or set, how long an assigned case waits for its person."""
    said = {
        "take_minutes": take_minutes,
        "urgent_minutes": urgent_minutes,
        "away_minutes": away_minutes,
        "ahead": ahead,
    }
    changes = {name: value for name, value in said.items() if value is not None}
    with open_registry() as ctx:
        place = organisations.in_force(ctx.tx, org)
        standing = replace(terms.of_organisations(ctx.tx, [place.id], ctx.now)[place.id], **changes)
        if changes:
            terms.say(ctx, organisation_code=org, terms=standing)
    answer(as_json, asdict(standing), ", ".join(f"{name} {value}" for name, value in asdict(standing).items()))


@commands.command("weights")
def list_weights(*, as_json: AsJson = False) -> None:
    """List what kinds of cases weigh; 1 is a case that nothing is said of."""
    with open_registry(writing=False) as ctx:
        rows = [
            {
                "modality": one.modality,
                "body_part": one.body_part,
                "contrast": one.contrast,
                "views": one.views,
                "weight": one.hundredths / 100,
            }
            for one in weights.in_force(ctx.tx, ctx.now)
        ]
    answer_rows(as_json, rows, ("modality", "body_part", "contrast", "views", "weight"))


@commands.command("weight")
def weigh(
    modality: Annotated[str, typer.Argument(help="As DICOM has it, such as CT.")],
    *,
    body_part: Annotated[str, typer.Option(help="As DICOM has it, such as HEAD; all otherwise.")] = "",
    contrast: Annotated[bool | None, typer.Option("--contrast/--plain", help="Either otherwise.")] = None,
    views: Annotated[int | None, typer.Option(help="For so many images or more.")] = None,
    weight: Annotated[float | None, typer.Option(help="Such as 0.83; without it the shipped weight.")] = None,
    as_json: AsJson = False,
) -> None:
    """Set what a kind of case weighs."""
    hundredths = None if weight is None else round(weight * 100)
    with open_registry() as ctx:
        weights.say(ctx, modality=modality, body_part=body_part, contrast=contrast, views=views, hundredths=hundredths)
        case = Worked(modality=modality.upper(), body_part=body_part.upper(), contrast=contrast, views=views or 1)
        weighs = weights.weight_of(weights.in_force(ctx.tx, ctx.now), case) / 100
    kind = " ".join(part for part in (case.modality, case.body_part) if part)
    answer(as_json, {"kind": kind, "weight": weighs}, f"{kind} weighs {weighs}")


def moment(text: str | None, option: str, zone: tzinfo | None = None) -> datetime | None:
    """The day or moment of an option, by the clock of ``zone`` where it names none; without one, of this machine."""
    if text is None:
        return None
    try:
        found = datetime.fromisoformat(text)
        return meant_moment(option, found if found.tzinfo else found.replace(tzinfo=zone).astimezone(zone))
    except ValueError:
        raise typer.BadParameter("expected a day or a moment such as 2026-03-31T18:00", param_hint=option) from None


def _row(one: Slot, zone: tzinfo) -> dict[str, Any]:
    return {
        "id": one.id,
        "org": one.organisation_code,
        "step": str(one.step),
        "username": one.username,
        "name": one.name,
        "since": one.since.astimezone(zone).isoformat(timespec="minutes"),
        "until": one.until.astimezone(zone).isoformat(timespec="minutes"),
    }
