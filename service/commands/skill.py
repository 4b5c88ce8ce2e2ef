"""The commands `skill`: what somebody reads, for rules that ask for it."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from reading.register import roles
from reading.roster import skills
from reading.roster.skills import Skill, SkillKind
from service.commands.open_registry import open_registry
from service.commands.output import AsJson, answer, answer_rows

commands = typer.Typer(help="Skills of people, which rules of the policy ask for.", no_args_is_help=True)


@commands.command("list")
def list_skills(
    *, username: Annotated[str, typer.Option(help="Of one person; everybody otherwise.")] = "", as_json: AsJson = False
) -> None:
    """List who has which skill."""
    with open_registry(writing=False) as ctx:
        theirs = [roles.person_of(ctx.tx, username).id] if username else None
        rows = [_row(one) for one in skills.list_of(ctx.tx, theirs, ctx.now)]
    answer_rows(as_json, rows, ("id", "username", "name", "kind", "skill", "since"))


@commands.command("add")
def add(
    username: Annotated[str, typer.Argument(help="Their name at sign-in.")],
    skill: Annotated[str, typer.Argument(help="Such as CT, HEAD or 儿科.")],
    *,
    kind: Annotated[SkillKind, typer.Option(help="What it is about.")] = SkillKind.MODALITY,
    as_json: AsJson = False,
) -> None:
    """Say that somebody has a skill."""
    with open_registry() as ctx:
        made = skills.add(ctx, username=username, kind=kind, code=skill)
        answer(as_json, _row(made), f"{made.name} reads {made.code}: {made.id}")


@commands.command("end")
def end(
    skill_id: Annotated[str, typer.Argument(metavar="ID", help="The skill's id, as `skill list` says it.")],
    *,
    as_json: AsJson = False,
) -> None:
    """Say that somebody has a skill no longer."""
    with open_registry() as ctx:
        ended = skills.end(ctx, skill_id)
        answer(as_json, _row(ended), f"{ended.name} reads {ended.code} no longer")


def _row(one: Skill) -> dict[str, Any]:
    return {
        "id": one.id,
        "username": one.username,
        "name": one.name,
        "kind": str(one.kind),
        "skill": one.code,
        "since": one.since,
    }
