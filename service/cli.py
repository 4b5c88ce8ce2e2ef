"""The command `tierread`: its subcommands, grouped by what people do."""

from __future__ import annotations

import gc
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from importlib import import_module
from importlib.metadata import version
from typing import Annotated, Any, Final

import typer
from typer.core import TyperCommand, TyperGroup

from reading.texts import plain_code
from service.commands.errors import exit_code_of

_RUN: Final = "Run"
_PEOPLE: Final = "People and devices"
_IMAGES: Final = "Images in and out"
_CHECK: Final = "Keep and check"
_ERASE: Final = "Erase"


@dataclass(frozen=True, kw_only=True)
class _Entry:
    """Where a subcommand stands: ``commands`` of this module of `service.commands` holds it, or is it."""

    module: str
    panel: str
    group: bool = False
    """Whether the whole of ``commands`` is the subcommand."""
    hidden: bool = False


SUBCOMMANDS: Final[Mapping[str, _Entry]] = {
    "serve": _Entry(module="serve", panel=_RUN),
    "prepare": _Entry(module="serve", panel=_RUN),
    "demo": _Entry(module="demo", panel=_RUN),
    "org": _Entry(module="organisations", panel=_PEOPLE, group=True),
    "person": _Entry(module="people", panel=_PEOPLE, group=True),
    "device": _Entry(module="devices", panel=_PEOPLE, group=True),
    "devices": _Entry(module="devices", panel=_PEOPLE, group=True, hidden=True),
    "policy": _Entry(module="policy", panel=_PEOPLE, group=True),
    "simulate": _Entry(module="simulate", panel=_PEOPLE),
    "calendar": _Entry(module="calendar", panel=_PEOPLE, group=True),
    "critical": _Entry(module="critical", panel=_PEOPLE, group=True),
    "template": _Entry(module="templates", panel=_PEOPLE, group=True),
    "duty": _Entry(module="duty", panel=_PEOPLE, group=True),
    "roster": _Entry(module="roster", panel=_PEOPLE, group=True),
    "skill": _Entry(module="skill", panel=_PEOPLE, group=True),
    "absence": _Entry(module="absence", panel=_PEOPLE, group=True),
    "security": _Entry(module="security", panel=_PEOPLE, group=True),
    "import": _Entry(module="import_files", panel=_IMAGES),
    "forward": _Entry(module="forward", panel=_IMAGES, group=True),
    "messages": _Entry(module="messages", panel=_IMAGES, group=True),
    "share": _Entry(module="shares", panel=_IMAGES, group=True),
    "audit": _Entry(module="audit", panel=_CHECK, group=True),
    "numbers": _Entry(module="numbers", panel=_CHECK, group=True),
    "statement": _Entry(module="statements", panel=_CHECK, group=True),
    "verify": _Entry(module="verify", panel=_CHECK),
    "sweep": _Entry(module="sweep", panel=_CHECK),
    "backup": _Entry(module="backup", panel=_CHECK),
    "restore": _Entry(module="backup", panel=_CHECK),
    "rebuild-index": _Entry(module="rebuild_index", panel=_CHECK),
    "adopt": _Entry(module="adopt", panel=_CHECK),
    "hold": _Entry(module="erase", panel=_ERASE),
    "retention": _Entry(module="erase", panel=_ERASE),
    "erase": _Entry(module="erase", panel=_ERASE),
}


class _Subcommands(TyperGroup):
    """Imports the module of a subcommand when that is called or listed, so that none waits for another's libraries."""

    def list_commands(self, ctx: Any) -> list[str]:
        return list(SUBCOMMANDS)

    def get_command(self, ctx: Any, cmd_name: str) -> TyperCommand | TyperGroup | None:
        entry = SUBCOMMANDS.get(cmd_name)
        if entry is None:
            return None
        gc.disable()  # nothing of what is imported is garbage, and looking for some takes a fifth of the time
        module = import_module(f"service.commands.{entry.module}")
        gc.enable()
        group = typer.main.get_group(module.commands)
        found: Any = group if entry.group else group.commands[cmd_name]
        found.name = cmd_name
        found.rich_help_panel = entry.panel
        found.hidden = entry.hidden
        return found


app = typer.Typer(
    cls=_Subcommands,
    name="tierread",
    no_args_is_help=True,
    pretty_exceptions_enable=False,  # they print local variables, and those hold names
    add_completion=False,
)


def _print_version(wanted: bool) -> None:  # noqa: FBT001 the option's value
    if wanted:
        typer.echo(f"tierread {version('tierread')}")
        raise typer.Exit


@app.callback()
def tierread(
    *,
    _version: Annotated[
        bool, typer.Option("--version", callback=_print_version, is_eager=True, help="Print the version and end.")
    ] = False,
) -> None:
    """DICOM teleradiology in three tiers: the township takes the picture, the county reads it, the city reviews that.

    Settings come from TIERREAD_* variables; docs/settings.md lists them.
    """


def main() -> None:
    """The entry point; an error that is foreseen ends the command with a sentence and an exit code."""
    sys.argv[1:] = map(plain_code, sys.argv[1:])
    sys.exit(exit_code_of(app))


if __name__ == "__main__":
    main()
