"""The commands `person`: people and the roles that they hold."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer
from sqlalchemy.engine import Connection

from reading.administrators import accounts, second_factors, security
from reading.kinds import Role
from reading.register import organisations, passwords, people, registry, roles
from reading.register.import_columns import Kind
from reading.register.people import Person
from service.commands.errors import cannot_read
from service.commands.open_registry import open_registry, open_registry_with_keys
from service.commands.output import AsJson, answer, answer_rows
from service.commands.register_import import Preview, Table, import_table
from service.commands.terms import Since, Until, term_at
from viewer.views.security import factors_json

commands = typer.Typer(help="People and the roles that they hold in organisations.", no_args_is_help=True)

Username = Annotated[str, typer.Argument(help="Their name at sign-in.")]


@commands.command("add")
def add_person(
    name: Annotated[str, typer.Argument(help="Their name as it stands under reports.")],
    *,
    org: Annotated[str, typer.Option(help="Code of the organisation that they work at.")],
    role: Annotated[Role, typer.Option(help="What they may do there.")],
    title: Annotated[str, typer.Option(help="Professional title, as it stands on reports.")] = "",
    username: Annotated[str | None, typer.Option(help="Their name at sign-in; made of the name otherwise.")] = None,
    password_file: Annotated[
        Path | None,
        typer.Option(help="File that holds a lasting password; otherwise a first one is made and printed once."),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Add a person with one role; `person grant` gives further ones."""
    password = passwords.first() if password_file is None else passwords.chosen(_password_in(password_file))
    with open_registry() as ctx:
        made = registry.add_person(
            ctx, name=name, organisation_code=org, role=role, title=title, username=username, password=password
        )
        words = f"added {made.person.username}"
        if made.password:
            words += f"\nfirst password (shown once, changed at sign-in): {made.password}"
        values = _of_person(ctx.tx, made.person, ctx.now) | ({"password": made.password} if made.password else {})
        answer(as_json, values, words)


@commands.command("grant")
def grant(
    username: Annotated[str, typer.Argument(help="Their name at sign-in.")],
    *,
    org: Annotated[str, typer.Option(help="Code of the organisation.")],
    role: Annotated[Role, typer.Option(help="What they may do there.")],
    since: Since = None,
    until: Until = None,
    as_json: AsJson = False,
) -> None:
    """Give a person a further role, from now on where no day is named."""
    with open_registry() as ctx:
        begins, ends = term_at(ctx.tx, org, since, until)
        one = roles.grant(ctx, username, org, role, since=begins, until=ends)
        answer(as_json, _of_person(ctx.tx, one, ctx.now), f"{username} is now {role} at {org}")


@commands.command("set")
def set_person(
    username: Username,
    *,
    name: Annotated[str | None, typer.Option(help="Their name as it stands under reports.")] = None,
    title: Annotated[str | None, typer.Option(help="Professional title, as it stands on reports.")] = None,
    as_json: AsJson = False,
) -> None:
    """Change the name or the title of a person, as what they sign from now on bears it."""
    with open_registry() as ctx:
        one = roles.person_of(ctx.tx, username)
        after = registry.change_person(
            ctx,
            username,
            revision=one.revision,
            name=one.name if name is None else name,
            title=one.title if title is None else title,
        )
        answer(as_json, _of_person(ctx.tx, after, ctx.now), f"changed {username}")


@commands.command("reset-password")
def reset_password(username: Username, *, as_json: AsJson = False) -> None:
    """Make a first password anew, printed once and changed at sign-in; the person's sessions end."""
    password = passwords.first()
    with open_registry() as ctx:
        one = roles.person_of(ctx.tx, username)
        accounts.reset_password(ctx, one.id, revision=one.revision, password=password)
        words = f"first password of {username} (shown once, changed at sign-in): {password.text}"
        answer(as_json, {"username": username, "password": password.text}, words)


@commands.command("unlock")
def unlock(username: Username, *, as_json: AsJson = False) -> None:
    """Take back the failed sign-ins for which somebody has to wait."""
    with open_registry() as ctx:
        cleared = accounts.unlock(ctx, roles.person_of(ctx.tx, username).id)
        answer(as_json, {"username": username, "counters": cleared}, f"{username} may try again")


@commands.command("import")
def import_people(file: Table, *, preview: Preview = False, as_json: AsJson = False) -> None:
    """Add the people of a table with their roles, all or none; first passwords are printed once."""
    import_table(Kind.PEOPLE, file, preview=preview, as_json=as_json)


@commands.command("revoke")
def revoke(
    username: Annotated[str, typer.Argument(help="Their name at sign-in.")],
    *,
    org: Annotated[str, typer.Option(help="Code of the organisation.")],
    role: Annotated[Role, typer.Option(help="The role that ends.")],
    as_json: AsJson = False,
) -> None:
    """End one role of a person; their sign-in and their other roles stay."""
    with open_registry() as ctx:
        one = roles.revoke(ctx, username, org, role)
        answer(as_json, _of_person(ctx.tx, one, ctx.now), f"{username} is no longer {role} at {org}")


@commands.command("sign-out")
def sign_out(
    username: Annotated[str, typer.Argument(help="Their name at sign-in.")], *, as_json: AsJson = False
) -> None:
    """End every open session of a person; they may sign in again."""
    with open_registry() as ctx:
        ended = security.sign_out(ctx, username)
    answer(as_json, {"username": username, "sessions": ended}, f"ended {ended} sessions of {username}")


@commands.command("factors")
def list_factors(
    username: Annotated[str, typer.Argument(help="Their name at sign-in.")], *, as_json: AsJson = False
) -> None:
    """Show which second factors a person has, and whether they must have one."""
    with open_registry_with_keys() as (ctx, _, settings):
        found = factors_json(second_factors.holding(ctx, settings.sign_in_terms.requirement, username))
    answer_rows(as_json, [found], tuple(found))


@commands.command("reset-factors")
def reset_factors(
    username: Annotated[str, typer.Argument(help="Their name at sign-in.")], *, as_json: AsJson = False
) -> None:
    """End all second factors of somebody who lost them; prints the slip with which they set up a new one."""
    with open_registry_with_keys() as (ctx, keys, _):
        slip = second_factors.ask_reset(ctx, keys, username)
    words = f"reset the second factors of {username}\nslip (shown once, asked for after the password): {slip}"
    answer(as_json, {"username": username, "slip": slip}, words)


@commands.command("list")
def list_people(*, as_json: AsJson = False) -> None:
    """List the people with their roles."""
    with open_registry() as ctx:
        rows = [_of_person(ctx.tx, one, ctx.now) for one in people.list_all(ctx.tx)]
    answer_rows(as_json, rows, ("username", "name", "title", "roles", "since", "until"))


@commands.command("end")
def end_person(
    username: Annotated[str, typer.Argument(help="Their name at sign-in.")], *, as_json: AsJson = False
) -> None:
    """End a person's roles and sign-in; what they signed stays theirs."""
    with open_registry() as ctx:
        registry.end_person(ctx, username)
        ended = people.by_username(ctx.tx, username)
        answer(as_json, _of_person(ctx.tx, ended, ctx.now) if ended else {}, f"ended {username}")


def _password_in(path: Path) -> str:
    try:
        return path.read_text("utf-8").rstrip("\r\n")
    except (OSError, UnicodeDecodeError) as unreadable:
        raise cannot_read(path, unreadable) from unreadable


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
