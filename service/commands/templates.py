"""The commands `template`: report templates of the region, of an organisation or of a person, in versions."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated, Any, Literal

import typer

from reading.context import Context
from reading.errors import NotThere
from reading.register import organisations, people
from reading.templates import templates
from reading.templates.mrrt import import_mrrt
from reading.templates.mrrt_export import export_mrrt
from reading.templates.owners import REGION
from reading.templates.templates import Template
from service.commands.open_registry import open_registry
from service.commands.output import AsJson, answer, answer_rows

commands = typer.Typer(help="Templates of reports (报告模板), in versions.", no_args_is_help=True)


_Key = Annotated[str, typer.Argument(help="Its name in files and lists; a template of the same key is replaced.")]
_Org = Annotated[str, typer.Option(help="Code of the organisation that it is for; the whole region otherwise.")]
_Person = Annotated[str, typer.Option(help="Name at sign-in of the person that it is for.")]


@commands.command("list")
def list_templates(*, as_json: AsJson = False) -> None:
    """List the templates in use."""
    with open_registry() as ctx:
        rows = [_row(ctx, one) for one in templates.list_of(ctx.tx, ctx.now)]
    answer_rows(as_json, rows, ("id", "key", "version", "title", "owner"))


@commands.command("show")
def show(template_id: Annotated[str, typer.Argument(metavar="ID")]) -> None:
    """Print a template's document, to be changed and added again."""
    with open_registry(writing=False) as ctx:
        found = _found(ctx, template_id)
    typer.echo(found.document.model_dump_json(indent=2, exclude_defaults=True))


@commands.command("add")
def add(
    key: _Key,
    file: Annotated[Path, typer.Argument(exists=True, dir_okay=False, help="The document; see docs/reports.md.")],
    *,
    org: _Org = "",
    person: _Person = "",
    as_json: AsJson = False,
) -> None:
    """Add a template, or the next version of one."""
    try:
        document = json.loads(file.read_text("utf-8"))
    except (ValueError, RecursionError):
        raise typer.BadParameter("is no JSON in UTF-8, or nested too deeply", param_hint="FILE") from None
    with open_registry() as ctx:
        made = templates.add(ctx, key, document, owner=_owner(ctx, org, person))
        answer(as_json, _row(ctx, made), f"{made.key}, version {made.version}: {made.id}")


@commands.command("import")
def import_template(
    key: _Key,
    file: Annotated[Path, typer.Argument(exists=True, dir_okay=False, help="HTML by IHE MRRT, in UTF-8.")],
    *,
    org: _Org = "",
    person: _Person = "",
    as_json: AsJson = False,
) -> None:
    """Add a template that another program made; look at it before it is used."""
    try:
        html = file.read_text("utf-8")
    except UnicodeDecodeError:
        raise typer.BadParameter("is not in UTF-8", param_hint="FILE") from None
    taken = import_mrrt(html)
    with open_registry() as ctx:
        made = templates.add(ctx, key, taken.document, owner=_owner(ctx, org, person))
        lines = [f"{made.key}, version {made.version}: {made.id}"]
        lines += [f"left out, as the request says it: {name}" for name in taken.left_out]
        answer(as_json, _row(ctx, made) | {"left_out": list(taken.left_out)}, "\n".join(lines))


@commands.command("export")
def export_template(
    template_id: Annotated[str, typer.Argument(metavar="ID")],
    *,
    language: Annotated[Literal["zh", "en"], typer.Option(help="Of its words.")] = "zh",
) -> None:
    """Print a template as HTML by IHE MRRT, for other programs."""
    with open_registry(writing=False) as ctx:
        found = _found(ctx, template_id)
    typer.echo(export_mrrt(found.document, language, identifier=found.id), nl=False)


@commands.command("end")
def end(template_id: Annotated[str, typer.Argument(metavar="ID")], *, as_json: AsJson = False) -> None:
    """Take a template out of use; reports that were written with it keep their values."""
    with open_registry() as ctx:
        ended = templates.end(ctx, template_id)
        answer(as_json, _row(ctx, ended), f"{ended.key} is out of use")


def _found(ctx: Context[Any], template_id: str) -> Template:
    found = templates.by_id(ctx.tx, template_id)
    if found is None:
        raise NotThere("template", template_id)
    return found


def _owner(ctx: Context[Any], org: str, person: str) -> str:
    if org and person:
        raise typer.BadParameter("either an organisation or a person", param_hint="--person")
    if org:
        return organisations.in_force(ctx.tx, org).id
    if not person:
        return REGION
    found = people.by_username(ctx.tx, person)
    if found is None:
        raise NotThere("person", person)
    return found.id


def _row(ctx: Context[Any], one: Template) -> dict[str, Any]:
    organisation = organisations.by_id(ctx.tx, one.owner)
    owner = people.by_id(ctx.tx, one.owner) if one.owner and organisation is None else None
    return {
        "id": one.id,
        "key": one.key,
        "version": one.version,
        "title": one.document.title.zh,
        "owner": organisation.code if organisation else owner.username if owner else "",
    }
