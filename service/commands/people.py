"""The commands `org` and `person`: who takes part, from the command line."""

from __future__ import annotations

import json
import os
from collections.abc import Generator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Final

import typer
from rich.console import Console
from rich.table import Table
from sqlalchemy.engine import Connection

from reading.audit import Audit
from reading.errors import Invalid
from reading.kinds import Level, Role
from reading.register import organisations, people
from reading.register.organisations import Organisation
from reading.register.people import Person
from reading.register.registry import Registry
from service.installation.installation import make_folders, open_database
from service.installation.settings import load
from storage.database import transaction

org = typer.Typer(help="Organisations: who takes pictures, who reads for whom.", no_args_is_help=True)
person = typer.Typer(help="People and the roles that they hold in organisations.", no_args_is_help=True)

WIDE: Final = 160

AsJson = Annotated[bool, typer.Option("--json", help="Answer in JSON, for scripts.")]


@contextmanager
def opened() -> Generator[tuple[Connection, Registry, datetime]]:
    settings = load(os.environ)
    make_folders(settings, demo=None)
    engine = open_database(settings)
    try:
        with transaction(engine) as tx:
            yield tx, Registry(Audit(f"{settings.node}/cli")), datetime.now(UTC)
    finally:
        engine.dispose()


@org.command("add")
def add_org(
    code: Annotated[str, typer.Argument(help="A short code of yours, such as T01; it stays for ever.")],
    name: Annotated[str, typer.Argument(help="Its name as it stands on reports.")],
    *,
    level: Annotated[Level, typer.Option(help="Where it stands in the region.")],
    parent: Annotated[
        str | None,
        typer.Option(help="Code of the organisation above it; by default the county above reads, the city reviews."),
    ] = None,
    region: Annotated[str | None, typer.Option(help="GB/T 2260 code of its region.")] = None,
    as_json: AsJson = False,
) -> None:
    """Add an organisation."""
    with opened() as (tx, registry, now):
        made = registry.add_organisation(
            tx, code=code, name=name, level=level, parent_code=parent, region_code=region, now=now
        )
        answer(as_json, _of_organisation(tx, made), f"added {made.level} {made.code} {made.name}")


@org.command("list")
def list_orgs(*, as_json: AsJson = False) -> None:
    """List the organisations."""
    with opened() as (tx, _, __):
        rows = [_of_organisation(tx, one) for one in organisations.list_all(tx)]
    answer_rows(as_json, rows, ("code", "name", "level", "parent", "region", "since", "until"))


@org.command("end")
def end_org(code: Annotated[str, typer.Argument(help="Its code.")], *, as_json: AsJson = False) -> None:
    """End an organisation and its agreements; what it sent and read stays."""
    with opened() as (tx, registry, now):
        registry.end_organisation(tx, code, now)
        ended = organisations.by_code(tx, code)
        answer(as_json, _of_organisation(tx, ended) if ended else {}, f"ended {code}")


@person.command("add")
def add_person(
    name: Annotated[str, typer.Argument(help="Their name as it stands under reports.")],
    *,
    org: Annotated[str, typer.Option(help="Code of the organisation that they work at.")],
    role: Annotated[Role, typer.Option(help="What they may do there.")],
    title: Annotated[str, typer.Option(help="Professional title, such as 主治医师.")] = "",
    username: Annotated[str | None, typer.Option(help="Their name at sign-in; made of the name otherwise.")] = None,
    password_file: Annotated[
        Path | None,
        typer.Option(help="File that holds a lasting password; otherwise a first one is made and printed once."),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Add a person with one role; `person grant` gives further ones."""
    password = None if password_file is None else _password_in(password_file)
    with opened() as (tx, registry, now):
        made = registry.add_person(
            tx, name=name, organisation_code=org, role=role, title=title, username=username, password=password, now=now
        )
        said = f"added {made.person.username}"
        if made.password:
            said += f"\nfirst password (shown once, changed at sign-in): {made.password}"
        told = _of_person(tx, made.person, now) | ({"password": made.password} if made.password else {})
        answer(as_json, told, said)


@person.command("grant")
def grant(
    username: Annotated[str, typer.Argument(help="Their name at sign-in.")],
    *,
    org: Annotated[str, typer.Option(help="Code of the organisation.")],
    role: Annotated[Role, typer.Option(help="What they may do there.")],
    as_json: AsJson = False,
) -> None:
    """Give a person a further role."""
    with opened() as (tx, registry, now):
        one = registry.grant(tx, username, org, role, now)
        answer(as_json, _of_person(tx, one, now), f"{username} is now {role} at {org}")


@person.command("list")
def list_people(*, as_json: AsJson = False) -> None:
    """List the people with their roles."""
    with opened() as (tx, _, now):
        rows = [_of_person(tx, one, now) for one in people.list_all(tx)]
    answer_rows(as_json, rows, ("username", "name", "title", "roles", "since", "until"))


@person.command("end")
def end_person(
    username: Annotated[str, typer.Argument(help="Their name at sign-in.")], *, as_json: AsJson = False
) -> None:
    """End a person's roles and sign-in; what they signed stays theirs."""
    with opened() as (tx, registry, now):
        registry.end_person(tx, username, now)
        ended = people.by_username(tx, username)
        answer(as_json, _of_person(tx, ended, now) if ended else {}, f"ended {username}")


def _password_in(path: Path) -> str:
    try:
        return path.read_text("utf-8").rstrip("\r\n")
    except (OSError, UnicodeDecodeError) as unreadable:
        raise Invalid("password_file", "unreadable") from unreadable


def _of_organisation(tx: Connection, one: Organisation) -> dict[str, object]:
    parent = organisations.by_id(tx, one.parent_id) if one.parent_id else None
    return {
        "id": one.id,
        "code": one.code,
        "name": one.name,
        "level": one.level,
        "parent": parent.code if parent else None,
        "region": one.region_code,
        "since": one.since,
        "until": one.until,
    }


def _of_person(tx: Connection, one: Person, now: datetime) -> dict[str, object]:
    roles: list[dict[str, str]] = []
    for held in people.grants_of(tx, one.id, now):
        where = organisations.by_id(tx, held.organisation_id)
        roles.append({"role": held.role, "org": where.code if where else ""})
    return {
        "id": one.id,
        "username": one.username,
        "name": one.name,
        "title": one.title,
        "roles": roles,
        "since": one.since,
        "until": one.until,
    }


def answer(
    as_json: bool,  # noqa: FBT001 what the option said
    told: Mapping[str, object],
    said: str,
) -> None:
    typer.echo(to_json(told) if as_json else said)


def answer_rows(
    as_json: bool,  # noqa: FBT001
    rows: Sequence[Mapping[str, object]],
    columns: Sequence[str],
) -> None:
    if as_json:
        typer.echo(to_json(rows))
        return
    table = Table(*columns, box=None)
    for row in rows:
        table.add_row(*(_cell(row[column]) for column in columns))
    console = Console(soft_wrap=True)
    console.width = max(console.width, WIDE)  # a cell that is cut short helps nobody
    console.print(table)


def to_json(told: object) -> str:
    return json.dumps(told, ensure_ascii=False, default=str)


def _cell(value: object) -> str:
    if isinstance(value, datetime):
        return value.astimezone().strftime("%Y-%m-%d %H:%M")
    if isinstance(value, list):
        return ", ".join(" ".join(str(part) for part in each.values()) for each in value)
    return "" if value is None else str(value)
