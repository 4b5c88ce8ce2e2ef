"""The commands `serve` and `prepare`: the service itself, and what it needs before it starts."""

from __future__ import annotations

import os
from typing import Annotated

import typer

from service.commands.errors import exit_code_of
from service.installation.heartbeat import Role
from service.installation.load_settings import load
from service.processes import serve

commands = typer.Typer()


@commands.command("serve")
def run(
    *,
    role: Annotated[Role | None, typer.Option(help="Run one part only, in this process.")] = None,
) -> None:
    """Run TierRead: the DICOM listener, HTTP and the workers, until Ctrl-C or SIGTERM."""
    settings = load(os.environ)
    if role is None:
        raise typer.Exit(serve.supervise(settings, exit_code_of))
    raise typer.Exit(serve.run_alone(settings, role, exit_code_of))


@commands.command("prepare")
def prepare() -> None:
    """Make the keys, the schema and the first administrator where they are missing, before several nodes start."""
    folders = serve.prepare(load(os.environ))
    if folders.first_password.exists():
        typer.echo(f"first administrator     {folders.first_password}")
