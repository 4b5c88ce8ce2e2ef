"""The commands `backup` and `restore`: the database written into one file, and read from it."""

from __future__ import annotations

import json
import os
from contextlib import ExitStack
from pathlib import Path
from typing import Annotated

import typer
from sqlalchemy.exc import OperationalError

from service.commands.output import AsJson
from service.commands.progress import progress
from service.installation.heartbeat import Role
from service.installation.house import now
from service.installation.installation import (
    CannotStart,
    Folders,
    make_folders,
    migrate_as_owner,
    only_one,
    open_database,
)
from service.installation.load_settings import load
from service.installation.stores import anchor_places
from service.steps.anchor import note_restore, settle_restore_here
from service.steps.backup import NAME
from storage.backup import database_dump, schedule
from storage.backup.archive import BrokenBackup, Contents
from storage.backup.database_dump import NotEmpty
from storage.database import connect, transaction
from storage.schema import SchemaTooNew

commands = typer.Typer()


@commands.command("backup")
def backup(
    target: Annotated[Path, typer.Argument(help="A file that is made, or a folder in which one is made.")],
    *,
    without_index: Annotated[
        bool, typer.Option("--without-index", help="Leave out what `rebuild-index` makes again.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Write the database into one file while TierRead runs: as it is at one moment, for either kind of database.

    Neither the keys nor the images are in it.
    """
    settings = load(os.environ)
    target = target.absolute()
    folders = make_folders(settings, demo=None)
    engine = open_database(settings)
    started = now()
    path = target / NAME.format(started) if target.is_dir() else target
    try:
        if path.exists():
            raise CannotStart(f"{path} is there already, and nothing is written over", "name another file, or a folder")
        with progress("writing", "tables", database_dump.count(engine)) as bar:
            contents = database_dump.write(engine, path, started, with_index=not without_index, tell=bar.advance)
        size = path.stat().st_size
        with transaction(engine) as tx:
            schedule.note(tx, settings.node, size, started, now())
    except OSError as refused:
        raise CannotStart(
            f"the backup cannot be written to {path}: {refused.strerror}", "name another folder, or make room there"
        ) from refused
    finally:
        engine.dispose()
    if as_json:
        values = {"file": str(path), "bytes": size, "rows": contents.rows, "with_index": contents.whole}
        typer.echo(json.dumps({**values, "keys": str(folders.keys)}))
    else:
        typer.echo(_written(path, size, contents, folders))


@commands.command("restore")
def restore(
    file: Annotated[Path, typer.Argument(help="A file that `tierread backup` made.")],
    *,
    as_json: AsJson = False,
) -> None:
    """Read a backup into an empty database. Run `tierread rebuild-index` afterwards, then `tierread serve`."""
    settings = load(os.environ)
    path = file.absolute()
    folders = make_folders(settings, demo=None, founds=True)
    with ExitStack() as alone:
        for what in ("serve", *Role):
            alone.enter_context(only_one(folders, what))
        engine = connect(settings.database_owner_url or settings.database_url)
        alone.callback(engine.dispose)
        try:
            with progress("restoring", "parts", total=None) as bar:
                contents = database_dump.restore(engine, path, now(), bar.advance)
            migrate_as_owner(settings)
            where = anchor_places(settings, folders, engine)
            note_restore(where)
            settle_restore_here(where, folders, settings.node, now())
        except (BrokenBackup, SchemaTooNew, NotEmpty, OperationalError, OSError) as refused:
            raise _cannot(refused, path) from refused
    if as_json:
        values = {"rows": contents.rows, "made_at": contents.made_at.isoformat(), "with_index": contents.whole}
        typer.echo(json.dumps({**values, "keys": str(folders.keys)}))
    else:
        typer.echo(_restored(contents, folders))


def _cannot(refused: Exception, path: Path) -> CannotStart:
    match refused:
        case BrokenBackup():
            return CannotStart(f"{path} cannot be restored: {refused.reason}", "nothing was written; take another one")
        case SchemaTooNew():
            return CannotStart(
                f"{path} was written at revision {refused.revision}, which this version does not know",
                "restore it with the version of TierRead that wrote it, or a newer one",
            )
        case NotEmpty():
            return CannotStart(
                "the database is not empty, or newer than the backup",
                "name a new one with TIERREAD_DATABASE_URL, or move the file of the old one away",
            )
        case OperationalError():
            return CannotStart(
                "the database does not answer or does not let us in",
                "check TIERREAD_DATABASE_URL, and that the server runs and knows this user",
            )
        case _:
            return CannotStart(f"{path} cannot be read: {refused}", "name a file that this user may read")


def _written(path: Path, size: int, contents: Contents, folders: Folders) -> str:
    lines = [f"{path}: {contents.rows} rows, {size / 1e6:.1f} MB"]
    if not contents.whole:
        lines.append("The index of images is not in it: `tierread rebuild-index` makes that again.")
    lines.append(f"The keys are NOT in it: keep a copy of {folders.keys} apart from it. Without them it is of no use.")
    lines.append("The images are not in it either: they are in the object store and in the spools.")
    return "\n".join(lines)


def _restored(contents: Contents, folders: Folders) -> str:
    return "\n".join(
        (
            f"{contents.rows} rows are as they were at {contents.made_at:%Y-%m-%d %H:%M:%S} UTC.",
            f"The keys were not in it: put their copy into {folders.keys}, mode 0600.",
            "Run `tierread rebuild-index` now: it adds what came and was decided since. TierRead starts after that.",
        )
    )
