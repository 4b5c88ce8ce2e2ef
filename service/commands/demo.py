"""The command `demo`: TierRead with an invented region, for a first look."""

from __future__ import annotations

import os

import typer

from service.commands.errors import exit_code_of
from service.demo import running
from service.installation.load_settings import load

commands = typer.Typer()


@commands.command("demo")
def demo() -> None:
    """Run TierRead on an invented region in ./data-demo, on this machine alone, and send it pictures.

    TIERREAD_HTTP_PORT, TIERREAD_DICOM_PORT and TIERREAD_DATA_DIR choose other ports and another folder.
    """
    for name, value in running.settings_of_a_demonstration(os.environ).items():
        os.environ[name] = value  # for the processes that are started
    raise typer.Exit(running.run(load(os.environ), exit_code_of))
