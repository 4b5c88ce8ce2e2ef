"""The command `tierread`: its subcommands, grouped by what people do."""

from __future__ import annotations

import gc
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from importlib import import_module
from importlib.metadata import version
from typing import Annotated, Any, Final, cast

import typer
from typer.core import TyperCommand, TyperGroup

from reading.texts import NUMBERS, plain_code
from service.commands.errors import exit_code_of

CODES: Final = frozenset(("org", "site", "parent", "reader", "device", "to", "month", "modality", "body_part"))
"""Parameters that are codes at the command line alone, besides `NUMBERS`."""
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
        _take_as_typed(found)
        return found


def _take_as_typed(command: Any) -> None:
    """Numbers, days and codes of a command are taken from any keyboard; texts and paths stay as they are."""
    for inner in getattr(command, "commands", {}).values():
        _take_as_typed(inner)
    for each in command.params:
        if each.name in NUMBERS | CODES or each.bare_type() in {int, float, datetime}:
            each.process_value = _plain_first(each.process_value)


def _plain_first(process: Callable[[Any, Any], Any]) -> Callable[[Any, Any], Any]:
    def processed(ctx: Any, value: Any) -> Any:
        if isinstance(value, list | tuple):
            return process(ctx, [plain_code(one) if isinstance(one, str) else one for one in cast("list[Any]", value)])
        return process(ctx, plain_code(value) if isinstance(value, str) else value)

    return processed


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
    sys.exit(exit_code_of(app))


if __name__ == "__main__":
    main()
