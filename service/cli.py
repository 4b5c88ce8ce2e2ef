"""The `tierread` command."""

from __future__ import annotations

import gc
import os
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Annotated, Any, Final

import typer
from rich.console import Console

from reading.errors import Invalid, MoveNotAllowed, NotAllowed, NotThere, ReadingError, Stale
from reading.patients.keys import KeyFileUnfit
from service.commands import devices, erase, organisations_people
from service.commands.forward import forward
from service.installation.heartbeat import Role
from service.installation.installation import CannotStart
from service.installation.settings import WrongSettings, load

WRONG_SETTINGS: Final = 2
"""Also the exit code of wrong usage."""
CANNOT_START: Final = 3
REFUSED: Final = 4

app = typer.Typer(
    name="tierread",
    help=(
        "DICOM teleradiology in three tiers: the township takes the picture, the county reads it, the city reviews "
        "the reading.\n\nSettings come from TIERREAD_* variables; docs/settings.md lists them."
    ),
    no_args_is_help=True,
    pretty_exceptions_enable=False,  # they print local variables, and those hold names
    add_completion=False,
)
app.add_typer(organisations_people.org, name="org")
app.add_typer(organisations_people.person, name="person")
app.add_typer(devices.device, name="device")
app.add_typer(devices.device, name="devices", hidden=True)  # the same, for whoever types it so
app.add_typer(forward, name="forward")
app.command("erase")(erase.erase)
app.command("hold")(erase.hold)
app.command("retention")(erase.keep)


@app.command()
def serve(
    *,
    role: Annotated[Role | None, typer.Option(help="Run one part only, in this process.")] = None,
) -> None:
    """Run TierRead: the DICOM listener, HTTP and the workers, until Ctrl-C or SIGTERM."""
    gc.disable()  # until the roles are imported, by `serve`: nothing of what is imported is garbage
    from service.processes import serve as serving  # noqa: PLC0415 the other commands start faster without the servers

    settings = load(os.environ)
    if role is None:
        raise typer.Exit(serving.supervise(settings, ended))
    raise typer.Exit(serving.run_alone(settings, role, ended))


@app.command()
def prepare() -> None:
    """Make keys, schema and the first administrator, whatever is missing of them, before several nodes start."""
    from service.processes import serve as serving  # noqa: PLC0415

    folders = serving.prepare(load(os.environ))
    if folders.first_password.exists():
        typer.echo(f"first administrator     {folders.first_password}")


@app.command()
def demo() -> None:
    """Run TierRead on an invented region in ./data-demo, on this machine alone, and send it pictures.

    The ports and the folder are settable as ever (TIERREAD_HTTP_PORT, TIERREAD_DICOM_PORT, TIERREAD_DATA_DIR).
    """
    from service.demo import running  # noqa: PLC0415

    for name, value in running.settings_of_a_demonstration(os.environ).items():
        os.environ[name] = value  # for the processes that are started
    raise typer.Exit(running.run(load(os.environ), ended))


@app.command()
def verify(
    *,
    sample: Annotated[
        str | None, typer.Option(help="Read a part alone, drawn by chance: 5% of the instances, or 1000 of them.")
    ] = None,
    since: Annotated[
        str | None, typer.Option(help="Read only what was received since: 2026-03-01, or 2026-03-01T18:00.")
    ] = None,
    repair: Annotated[bool, typer.Option(help="Restore what is damaged where another copy is whole.")] = False,
    as_json: organisations_people.AsJson = False,
) -> None:
    """Read what is stored again and compare its digests; follow the audit's chains. Exit code 1: damage was found."""
    from service.commands import verify as verification  # noqa: PLC0415

    try:
        drawn = verification.sample_of(sample) if sample else {}
    except ValueError:
        raise typer.BadParameter(
            "expected a part such as 5%, or a number of instances", param_hint="--sample"
        ) from None
    try:
        begin = verification.since_of(since) if since else None
    except ValueError:
        raise typer.BadParameter("expected a day or a moment such as 2026-03-01T18:00", param_hint="--since") from None
    scope = verification.Scope(since=begin, **drawn)  # type: ignore[arg-type]
    raise typer.Exit(verification.run(load(os.environ), scope, repair=repair, as_json=as_json))


@app.command()
def backup(
    target: Annotated[Path, typer.Argument(help="A file that is made, or a folder in which one is made.")],
    *,
    without_index: Annotated[
        bool, typer.Option("--without-index", help="Leave out what `rebuild-index` makes again.")
    ] = False,
    as_json: organisations_people.AsJson = False,
) -> None:
    """Write the database into one file while TierRead runs: as it is at one moment, for either kind of database.

    Neither the keys nor the images are in it.
    """
    from service.steps import backup as backing_up  # noqa: PLC0415

    settings = load(os.environ)
    raise typer.Exit(backing_up.run(settings, target.absolute(), with_index=not without_index, as_json=as_json))


@app.command()
def restore(
    file: Annotated[Path, typer.Argument(help="A file that `tierread backup` made.")],
    *,
    as_json: organisations_people.AsJson = False,
) -> None:
    """Read a backup into an empty database. Run `tierread rebuild-index` afterwards, then `tierread serve`."""
    from service.steps import backup as backing_up  # noqa: PLC0415

    raise typer.Exit(backing_up.restore(load(os.environ), file.absolute(), as_json=as_json))


@app.command("rebuild-index")
def rebuild_index(
    *,
    check: Annotated[
        bool, typer.Option("--check", help="Change nothing: say what is missing. TierRead may run meanwhile.")
    ] = False,
    as_json: organisations_people.AsJson = False,
) -> None:
    """Make the index of images again from the object store and this node's spool, with what people decided.

    TierRead must not run meanwhile, on any node. It can be interrupted and run again: what is there already is passed
    over. Exit code 1: something cannot be read; with --check, something is missing.
    """
    from service.commands import rebuild_index as rebuilding  # noqa: PLC0415

    raise typer.Exit(rebuilding.run(load(os.environ), check=check, as_json=as_json))


@app.command()
def sweep(
    *,
    remove: Annotated[bool, typer.Option(help="Remove what may be removed; otherwise it is only named.")] = False,
    as_json: organisations_people.AsJson = False,
) -> None:
    """Find what nobody needs: orphans, drafts of dead writers, copies that should have gone. Exit 1: look at it."""
    from service.commands import sweep as sweeping_command  # noqa: PLC0415

    raise typer.Exit(sweeping_command.run(load(os.environ), remove=remove, as_json=as_json))


@app.command("import")
def import_files(
    source: Annotated[
        Path, typer.Argument(metavar="SOURCE", help="A folder, a DICOMDIR, a zip, or one file.", exists=True)
    ],
    *,
    site: Annotated[str, typer.Option(help="Code of the organisation whose images they are.")],
    device: Annotated[str | None, typer.Option(help="AE title of the device of the site that made them.")] = None,
    issuer: Annotated[
        str | None,
        typer.Option(
            help="Issuer of patient numbers whose images name none; by default the device's, or the site's code. "
            "Name another for a CD from another hospital."
        ),
    ] = None,
    afresh: Annotated[bool, typer.Option(help="Read also what an earlier run has finished.")] = False,
    as_json: organisations_people.AsJson = False,
) -> None:
    """Receive files as though a device had sent them. Interrupted and called again, it goes on where it was.

    Exit code 1: something was refused, is held or could not be read.
    """
    from service.commands import import_files as import_command  # noqa: PLC0415

    done = import_command.run(
        load(os.environ), source, site=site, device=device, issuer=issuer, afresh=afresh, as_json=as_json
    )
    raise typer.Exit(done)


@app.command()
def adopt(
    spool: Annotated[Path, typer.Argument(help="The folder `spool` of the node that is gone, mounted here.")],
    *,
    as_json: organisations_people.AsJson = False,
) -> None:
    """Bring the spool of a dead node home: index its instances again and take them to the object store.

    Run it where the other settings of this installation hold. Exit code 1: something is still in that spool only.
    """
    from service.commands import adopt as adoption  # noqa: PLC0415

    raise typer.Exit(adoption.run(load(os.environ), spool.absolute(), as_json=as_json))


# How each error of ours ends the command: exit code, what is wrong, what helps.
ENDS: Final[Mapping[type[Exception], Callable[[Any], tuple[int, str, str]]]] = {
    CannotStart: lambda error: (CANNOT_START, error.problem, error.remedy),
    KeyFileUnfit: lambda error: (
        CANNOT_START,
        f"the key file {error.path} is unfit: {error.problem.replace('_', ' ')}",
        "restore it from the backup of the keys, with mode 0600",
    ),
    NotThere: lambda _: (REFUSED, "there is no such thing, or it has ended", "look at the `list` command"),
    Invalid: lambda error: (REFUSED, f"{error.field.replace('_', ' ')}: {error.problem.replace('_', ' ')}", ""),
    NotAllowed: lambda error: (REFUSED, f"a rule forbids it: {error.rule.replace('-', ' ')}", ""),
    Stale: lambda _: (REFUSED, "somebody changed it at the same time", "try again"),
    MoveNotAllowed: lambda error: (REFUSED, f"a case that is {error.state} cannot {error.move}", ""),
}


def main() -> None:
    """The entry point: runs the command and turns our errors into words and exit codes."""
    sys.exit(ended(app))


def ended(run: Callable[[], int]) -> int:
    """The exit code of what is run; an error of ours is said in words."""
    try:
        return run()
    except WrongSettings as wrong:
        _say("the settings are wrong:", *(f"  {problem.where}: {problem.problem}" for problem in wrong.problems))
        return WRONG_SETTINGS
    except (CannotStart, KeyFileUnfit, ReadingError) as error:
        kind = next(kind for kind in type(error).__mro__ if kind in ENDS)
        code, problem, remedy = ENDS[kind](error)
        _say(problem, *([f"  {remedy}"] if remedy else []))
        return code


def _say(first: str, *more: str) -> None:
    console = Console(stderr=True, highlight=False, soft_wrap=True, markup=False)
    console.print(f"tierread: {first}")
    for line in more:
        console.print(line)


if __name__ == "__main__":
    main()
