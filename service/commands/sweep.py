"""The command `sweep`: a progress bar over `storage.upkeep.sweep`, and its outcome in words or JSON."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from itertools import chain
from typing import Final

import rich.progress
import typer
from rich.console import Console

from service.installation.house import copy_store_of, now, object_store_of
from service.installation.installation import CannotStart, make_folders, open_database
from service.installation.settings import Settings
from storage.objects.store import StoreAway, StoreRefuses
from storage.upkeep.litter import REMOVABLE, Kind, Litter, dispose
from storage.upkeep.sweep import Sweeper

LOOK: Final = 1
_MOST_NAMED: Final = 5000

_SAID: Final = {
    Kind.DRAFT: "draft of a writer that died",
    Kind.UPLOAD: "upload that never came to its end",
    Kind.SPOOL_COPY: "copy in the spool of what is stored",
    Kind.EMPTY_FOLDER: "empty folder",
    Kind.ORPHAN: "object that nothing leads to, all of it is stored elsewhere",
    Kind.QUARANTINE_FILE: "file of the quarantine that no row names",
    Kind.NOTED_FILE: "file of the quarantine that lost its row: run `tierread rebuild-index`",
    Kind.UNKNOWN_INSTANCES: "object with images that the index does not know: run `tierread rebuild-index`",
    Kind.LOST: "segment whose file is gone before it was stored",
    Kind.ABSENT_NODE: "segment in the spool of a node that is away: start it, or adopt its spool",
    Kind.NOT_IN_STORE: "segment that only the spool has: run `tierread verify --repair`",
}


def run(settings: Settings, *, remove: bool, as_json: bool) -> int:
    """Answer the exit code.

    Raises:
        CannotStart: a store does not answer, or refuses.

    """
    folders = make_folders(settings, demo=None)
    engine = open_database(settings)
    columns = (
        rich.progress.TextColumn("sweeping"),
        rich.progress.BarColumn(),
        rich.progress.TextColumn("{task.completed:.0f} objects"),
    )
    try:
        sweeper = Sweeper(
            engine,
            spool_dir=folders.spool,
            node=settings.node,
            store=object_store_of(settings),
            copy=copy_store_of(settings),
            now=now(),
        )
        with rich.progress.Progress(*columns, console=Console(stderr=True)) as bar:
            task = bar.add_task("", total=None)
            litter: Iterator[Litter] = chain(
                sweeper.in_spool(), sweeper.in_stores(lambda objects: bar.advance(task, objects))
            )
            found = list(dispose(litter) if remove else litter)
    except (StoreAway, StoreRefuses) as away:
        raise CannotStart("the object store does not answer", "mend it and sweep again") from away
    finally:
        engine.dispose()
    typer.echo(_as_json(found, removed=remove) if as_json else _in_words(found, removed=remove))
    return LOOK if any(one.kind not in REMOVABLE for one in found) else 0


def _as_json(found: Sequence[Litter], *, removed: bool) -> str:
    return json.dumps(
        [
            {"kind": one.kind, "name": one.name, "size": one.size, "removed": removed and one.kind in REMOVABLE}
            for one in found
        ]
    )


def _in_words(found: Sequence[Litter], *, removed: bool) -> str:
    lines = [f"{_SAID[one.kind]}: {one.name}" for one in found[:_MOST_NAMED]]
    if len(found) > _MOST_NAMED:
        lines.append(f"and {len(found) - _MOST_NAMED} more")
    may_go = [one for one in found if one.kind in REMOVABLE]
    size = f"{sum(one.size for one in may_go) / 1e6:.1f} MB"
    if not found:
        lines.append("there is nothing to sweep")
    elif may_go:
        lines.append(f"removed {len(may_go)}, {size}" if removed else f"{len(may_go)} may go, {size}: add --remove")
    if len(may_go) < len(found):
        lines.append(f"{len(found) - len(may_go)} are for a person to LOOK AT; nothing of them is ever removed")
    return "\n".join(lines)
