"""The commands `critical`: the classes of results that must be told, with their minutes."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from reading.alerts import classes
from reading.alerts.class_list import ResultClass, When
from reading.register import organisations
from service.commands.open_registry import open_registry
from service.commands.output import AsJson, answer, answer_rows

commands = typer.Typer(help="Classes of critical results (危急值项目) and rules of what is told.", no_args_is_help=True)

Code = Annotated[str, typer.Argument(help="The class, such as tension_pneumothorax.")]
Org = Annotated[str, typer.Option(help="Code of the organisation whose list it is; everybody's otherwise.")]


@commands.command("list")
def list_classes(
    *,
    org: Annotated[str, typer.Option(help="Code of the site whose list is shown; everybody's otherwise.")] = "",
    as_json: AsJson = False,
) -> None:
    """List the classes that are in force, with the minutes until somebody must have acknowledged one."""
    with open_registry(writing=False) as ctx:
        site_id = organisations.in_force(ctx.tx, org).id if org else None
        rows = [_row(one) for one in classes.in_force(ctx.tx, site_id, ctx.now).values()]
    answer_rows(
        as_json,
        rows,
        ("code", "name_zh", "name_en", "minutes", "disposal_minutes", "when", "modalities", "body_parts", "priority"),
    )


@commands.command("add")
def add(
    code: Code,
    *,
    minutes: Annotated[int, typer.Option(help="Until somebody must have acknowledged it, at each level.")],
    org: Org = "",
    name_zh: Annotated[str, typer.Option(help="Its Chinese name; needed for a new class.")] = "",
    name_en: Annotated[str, typer.Option(help="Its English name; needed for a new class.")] = "",
    disposal_minutes: Annotated[
        int | None, typer.Option(help="From the acknowledgement until the township is asked what was done.")
    ] = None,
    when: Annotated[
        When | None,
        typer.Option(help="flag: a reader names it. negative, signed: told when such a report is signed."),
    ] = None,
    modality: Annotated[str | None, typer.Option(help="Modalities, by commas; empty: all.")] = None,
    body_part: Annotated[str | None, typer.Option(help="Body parts, by commas; empty: all.")] = None,
    priority: Annotated[
        str | None, typer.Option(help="The least urgent priority that a rule tells; empty: all.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Add a class or a rule, or say something else of one; what is not given stays as it is."""
    with open_registry() as ctx:
        made = classes.add(
            ctx,
            code,
            organisation_code=org,
            minutes=minutes,
            disposal_minutes=disposal_minutes,
            name_zh=name_zh,
            name_en=name_en,
            when=when,
            modalities=modality,
            body_parts=body_part,
            priority=priority,
        )
        answer(as_json, _row(made), f"{made.name_en}: {made.minutes} minutes{f' at {org}' if org else ''}")


@commands.command("end")
def end(code: Code, *, org: Org = "", as_json: AsJson = False) -> None:
    """Take back what an organisation says of a class; where it says nothing, take the class out of its list."""
    with open_registry() as ctx:
        classes.end(ctx, code, organisation_code=org)
        site_id = organisations.in_force(ctx.tx, org).id if org else None
        now = classes.in_force(ctx.tx, site_id, ctx.now).get(code)
    words = f"{code} is not in the list any longer" if now is None else f"{code}: {now.minutes} minutes, as above it"
    answer(as_json, {"code": code, "listed": now is not None}, words)


def _row(one: ResultClass) -> dict[str, Any]:
    return {
        "code": one.code,
        "name_zh": one.name_zh,
        "name_en": one.name_en,
        "minutes": one.minutes,
        "disposal_minutes": one.disposal_minutes,
        "when": str(one.when),
        "modalities": ",".join(one.modalities),
        "body_parts": ",".join(one.body_parts),
        "priority": one.priority,
    }
