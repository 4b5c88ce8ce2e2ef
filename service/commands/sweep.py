"""The command `sweep`: finds what is stored without being needed, and removes it when it is told to."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Sequence
from itertools import chain
from typing import Annotated, Final

import typer

from service.commands.output import AsJson
from service.commands.progress import progress
from service.installation.house import copy_store_of, now, object_store_of
from service.installation.installation import CannotStart, make_folders, open_database
from service.installation.load_settings import load
from storage.objects.store import StoreAway, StoreRefuses
from storage.upkeep.litter import REMOVABLE, Kind, Litter, dispose
from storage.upkeep.sweep import Sweeper

LOOK: Final = 1
_MOST_NAMED: Final = 5000

SENTENCES: Final = {
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


commands = typer.Typer()


@commands.command("sweep")
def command(
    *,
    remove: Annotated[bool, typer.Option(help="Remove what may be removed; without it nothing is changed.")] = False,
    as_json: AsJson = False,
) -> None:
    """Find what nobody needs: orphans, drafts of dead writers, copies that should have gone. Exit 1: look at it."""
    settings = load(os.environ)
    folders = make_folders(settings, demo=None)
    engine = open_database(settings)
    try:
        sweeper = Sweeper(
            engine,
            spool_dir=folders.spool,
            node=settings.node,
            store=object_store_of(settings),
            copy=copy_store_of(settings),
            now=now(),
        )
        with progress("sweeping", "objects", total=None) as bar:
            litter: Iterator[Litter] = chain(sweeper.in_spool(), sweeper.in_stores(bar.advance))
            found = list(dispose(litter) if remove else litter)
    except (StoreAway, StoreRefuses) as away:
        raise CannotStart("the object store does not answer", "mend it and sweep again") from away
    finally:
        engine.dispose()
    typer.echo(_as_json(found, removed=remove) if as_json else _words(found, removed=remove))
    raise typer.Exit(LOOK if any(one.kind not in REMOVABLE for one in found) else 0)


def _as_json(found: Sequence[Litter], *, removed: bool) -> str:
    return json.dumps(
        [
            {"kind": one.kind, "name": one.name, "size": one.size, "removed": removed and one.kind in REMOVABLE}
            for one in found
        ]
    )


def _words(found: Sequence[Litter], *, removed: bool) -> str:
    lines = [f"{SENTENCES[one.kind]}: {one.name}" for one in found[:_MOST_NAMED]]
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
