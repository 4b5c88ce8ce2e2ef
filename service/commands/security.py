"""`tierread security`: what the security administrator looks at."""

from __future__ import annotations

import os
from typing import Any, Final

import typer

from reading.administrators import security as security_acts
from reading.audit import SYSTEM, Audit
from reading.context import Context
from reading.sessions.failed_proofs import Kind
from service.commands.output import AsJson, answer_rows, to_json
from service.installation.house import now
from service.installation.installation import keys_of, make_folders, open_database
from service.installation.load_settings import load
from storage.database import snapshot
from viewer.views.security import failures_json

COLUMNS: Final = ("kind", "about", "failures", "since", "last_failed_at", "closed_until")

commands = typer.Typer(help="What the security administrator looks at.", no_args_is_help=True)


@commands.callback()
def security() -> None:
    """What the security administrator looks at."""


@commands.command("failures")
def list_failures(*, as_json: AsJson = False) -> None:
    """List failed attempts to sign in or to name patients: against whom, from where, how many, and who has to wait."""
    settings = load(os.environ)
    folders = make_folders(settings, demo=None)
    engine = open_database(settings)
    try:
        keys, _ = keys_of(folders, engine)
        with snapshot(engine) as tx:
            ctx = Context(tx, Audit(f"{settings.node}/cli"), now(), SYSTEM)
            found = failures_json(security_acts.failed_attempts(ctx, keys))
    finally:
        engine.dispose()
    if as_json:
        typer.echo(to_json(found))
        return
    if found["brake_is_on"]:
        typer.echo("the brake is on: each address may try little")
    answer_rows(False, [each | {"about": _about(each)} for each in found["failures"]], COLUMNS)


def _about(line: dict[str, Any]) -> str:
    return line["about"] or ("a username that is nobody's" if line["kind"] == Kind.ACCOUNT else "")
