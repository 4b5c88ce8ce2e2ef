"""The command `adopt`: takes the spool of a node that is gone into the index and the object store."""

from __future__ import annotations

import json
import os
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Annotated, Final

import typer
from sqlalchemy.engine import Engine

from service.commands.output import AsJson
from service.installation.house import now
from service.installation.installation import CannotStart, Folders, make_folders, open_database
from service.installation.load_settings import load
from service.installation.settings import Settings
from service.installation.stores import object_store_of
from storage.database import Durability, connect
from storage.files import write_file
from storage.index.queries import Index
from storage.keeping.shipping import ship, stored_of
from storage.objects.store import ObjectStore, StoreAway, StoreRefuses
from storage.rebuild.dead_writers import recover
from storage.segments import quarantine_files
from storage.segments.spool import Spool, segment_key

LEFT: Final = 1
"""Exit code: something is still in the spool only."""


@dataclass(frozen=True, kw_only=True)
class Adoption:
    """What became of a spool."""

    instances: int
    """Instances that were entered into the index, most of them again."""
    stored: int
    """Segments that were taken to the object store now."""
    quarantined: int
    """Files of its quarantine that were copied to this node's."""
    damaged: int
    """Members that its disk lost."""
    left: int
    """Segments that are not stored: still written by a node that lives, or unreadable."""


commands = typer.Typer()


@commands.command("adopt")
def command(
    spool: Annotated[Path, typer.Argument(help="The folder `spool` of the node that is gone, mounted here.")],
    *,
    as_json: AsJson = False,
) -> None:
    """Bring the spool of a dead node home: index its instances again and take them to the object store.

    Run it where the other settings of this installation hold. Exit code 1: something is still in that spool only.
    """
    settings = load(os.environ)
    spool_dir = spool.absolute()
    folders = make_folders(settings, demo=None, founds=True)
    if not (spool_dir / "segments").is_dir():
        raise CannotStart(
            f"{spool_dir} is no spool", "name the folder `spool` of the data folder of the node that is gone"
        )
    engine = open_database(settings)
    try:
        with _index(settings) as index:
            adopted = adopt(engine, index, spool_dir, settings.node, folders, object_store_of(settings))
    except (StoreAway, StoreRefuses) as refused:
        raise CannotStart(
            "the object store does not take the segments", "mend it and adopt again: what is stored stays stored"
        ) from refused
    finally:
        engine.dispose()
    typer.echo(json.dumps(asdict(adopted)) if as_json else _words(adopted, spool_dir))
    raise typer.Exit(LEFT if adopted.left else 0)


def adopt(  # noqa: PLR0917 - what it is made of
    engine: Engine, index: Index, spool_dir: Path, node: str, folders: Folders, store: ObjectStore
) -> Adoption:
    """Recover a spool, store its segments, and keep its quarantine; it can be repeated.

    Raises:
        StoreAway, StoreRefuses: of the store.

    """
    spool = Spool(spool_dir, node=node, engine=engine)
    recovered = recover(spool, index)
    quarantined = sum(_keep(file, spool_dir, folders.spool) for file in _quarantined(spool_dir))
    stored = 0
    while shipped := ship(engine, spool_dir, store, now()):
        stored += shipped
    return Adoption(
        instances=recovered.members,
        stored=stored,
        quarantined=quarantined,
        damaged=recovered.damaged,
        left=_unstored(engine, spool_dir),
    )


@contextmanager
def _index(settings: Settings) -> Generator[Index]:
    engine = connect(settings.database_url, Durability.ASYNCHRONOUS)
    index = Index(engine)
    try:
        yield index
    finally:
        index.close()
        engine.dispose()


def _quarantined(spool_dir: Path) -> list[Path]:
    return [path for path in sorted((spool_dir / "quarantine").rglob("*")) if path.is_file()]


def _keep(file: Path, spool_dir: Path, ours: Path) -> int:
    """Copy a quarantined file under the same key; 1 when it was not there already."""
    target = ours / file.relative_to(spool_dir)
    if target.exists() or file.name.startswith("."):
        return 0
    write_file(target, [file.read_bytes()])
    return not file.name.endswith(quarantine_files.NOTE)


def _unstored(engine: Engine, spool_dir: Path) -> int:
    keys = [segment_key(path.stem) for path in (spool_dir / "segments").glob("*/*.tar")]
    return len(set(keys) - stored_of(engine, keys))


def _words(adopted: Adoption, spool_dir: Path) -> str:
    lines = [
        f"{adopted.instances} instances are in the index, {adopted.stored} segments went to the object store now,",
        f"{adopted.quarantined} files of the quarantine were copied to this node.",
    ]
    if adopted.damaged:
        lines.append(f"{adopted.damaged} instances were whole once and are not any more; they lie in quarantine.")
    if adopted.left:
        lines.append(f"{adopted.left} segments are only in {spool_dir}: is the node that writes them still running?")
    else:
        lines.append(f"Nothing is only in {spool_dir} any more; it may be removed.")
    return "\n".join(lines)
