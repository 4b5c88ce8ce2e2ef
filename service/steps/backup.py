"""The commands `backup` and `restore`, and the backup that the worker makes once a day."""

from __future__ import annotations

import json
from collections.abc import Callable, Generator
from contextlib import ExitStack, contextmanager
from datetime import datetime
from pathlib import Path
from typing import Final

import rich.progress
import typer
from rich.console import Console
from sqlalchemy.engine import Connection
from sqlalchemy.exc import OperationalError

from service.installation.heartbeat import Role
from service.installation.house import House, now
from service.installation.installation import CannotStart, Folders, make_folders, only_one, open_database
from service.installation.settings import Settings
from storage.backup import database_dump, schedule
from storage.backup.archive import BrokenBackup, Contents
from storage.backup.database_dump import NotEmpty
from storage.database import connect, transaction
from storage.schema import SchemaTooNew

NAME: Final = "tierread-{:%Y%m%d-%H%M%S}.backup"
NAMES: Final = "tierread-*.backup"


def run(settings: Settings, target: Path, *, with_index: bool, as_json: bool) -> int:
    """Write a backup to a file, or into a folder under the time's name; answer the exit code.

    Raises:
        CannotStart: it cannot be written, or the file is there already.

    """
    folders = make_folders(settings, demo=None)
    engine = open_database(settings)
    started = now()
    path = target / NAME.format(started) if target.is_dir() else target
    try:
        if path.exists():
            raise CannotStart(f"{path} is there already, and nothing is written over", "name another file, or a folder")
        with _progress("writing", "tables", database_dump.count(engine)) as advance:
            contents = database_dump.write(engine, path, started, with_index=with_index, tell=advance)
        size = path.stat().st_size
        with transaction(engine) as tx:
            schedule.note(tx, settings.node, size, started, now())
    except OSError as refused:
        raise CannotStart(
            f"the backup cannot be written to {path}: {refused.strerror}", "name another folder, or make room there"
        ) from refused
    finally:
        engine.dispose()
    told = {"file": str(path), "bytes": size, "rows": contents.rows, "with_index": contents.whole}
    typer.echo(json.dumps({**told, "keys": str(folders.keys)}) if as_json else _written(path, size, contents, folders))
    return 0


def restore(settings: Settings, path: Path, *, as_json: bool) -> int:
    """Read a backup into the empty database of the settings; answer the exit code.

    Raises:
        CannotStart: the file is not whole, or the database is not empty, or it does not answer.

    """
    folders = make_folders(settings, demo=None)
    with ExitStack() as alone:
        for what in ("serve", *Role):
            alone.enter_context(only_one(folders, what))
        engine = connect(settings.database_url)
        alone.callback(engine.dispose)
        try:
            with _progress("restoring", "parts", None) as advance:
                contents = database_dump.restore(engine, path, now(), advance)
        except (BrokenBackup, SchemaTooNew, NotEmpty, OperationalError, OSError) as refused:
            raise _cannot(refused, path) from refused
    told = {"rows": contents.rows, "made_at": contents.made_at.isoformat(), "with_index": contents.whole}
    typer.echo(json.dumps({**told, "keys": str(folders.keys)}) if as_json else _restored(contents, folders))
    return 0


def daily(house: House) -> Callable[[], int]:
    """A step that makes the backup of the day after its hour, on whichever node comes first."""
    folder, settings = house.settings.backup_dir, house.settings

    def run_() -> int:
        here = house.clock().astimezone()  # the hour is that of the machine's clock
        if folder is None or here.hour < settings.backup_hour:
            return 0
        with transaction(house.engine) as tx:
            claimed = schedule.claim(tx, here.date(), settings.node, house.clock())
        if claimed is None:
            return 0
        for draft in folder.glob(f".{NAMES}.new"):  # of one that died over it
            draft.unlink(missing_ok=True)
        path = folder / NAME.format(house.clock())
        database_dump.write(house.engine, path, house.clock())
        with transaction(house.engine) as tx:
            schedule.finish(tx, claimed, path.stat().st_size, house.clock())
        _forget(folder, settings.backup_keep)
        return 1

    return run_


def age_seconds(tx: Connection, at: datetime) -> dict[str, float]:
    """For the metrics: of the newest backup, nothing where there is none."""
    newest = schedule.newest(tx)
    return {} if newest is None else {"newest": (at - newest).total_seconds()}


def _forget(folder: Path, keep: int) -> None:
    """Remove all but the newest; their names sort by time."""
    for path in sorted(folder.glob(NAMES))[:-keep]:
        path.unlink(missing_ok=True)


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


@contextmanager
def _progress(doing: str, what: str, total: int | None) -> Generator[Callable[[], None]]:
    columns = (
        rich.progress.TextColumn(doing),
        rich.progress.BarColumn(),
        rich.progress.MofNCompleteColumn(),
        rich.progress.TextColumn(what),
        rich.progress.TimeElapsedColumn(),
    )
    with rich.progress.Progress(*columns, console=Console(stderr=True)) as bar:
        task = bar.add_task("", total=total)
        yield lambda: bar.advance(task)


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
