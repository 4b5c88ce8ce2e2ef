"""The command `rebuild-index`: the index made again from segments and journal, or only compared with them."""

from __future__ import annotations

import json
import os
from contextlib import ExitStack
from dataclasses import asdict
from datetime import timedelta
from typing import Annotated, Final

import typer
from sqlalchemy.engine import Engine

from reading.intake.replay import REPLAYS
from reading.register import organisations
from service.commands.output import AsJson
from service.commands.progress import progress
from service.installation.heartbeat import Role
from service.installation.house import now
from service.installation.installation import CannotStart, make_folders, only_one, open_database
from service.installation.load_settings import load
from service.installation.stores import anchor_places, object_store_of
from service.steps.anchor import note_restore, settle_restore_here
from storage.database import snapshot
from storage.index import queries
from storage.nodes.other_nodes import alive
from storage.objects.store import StoreAway, StoreRefuses
from storage.rebuild import rebuild
from storage.rebuild.outcome import RebuildOutcome
from storage.rebuild.rebuild_check import lacking
from storage.segments.spool import Spool

SILENT: Final = timedelta(seconds=30)
"""Silence after which a node, which announces itself every two seconds, is taken to be stopped."""
LEFT: Final = 1
"""Exit code: something could not be read, or a check found something that the index lacks."""


commands = typer.Typer()


@commands.command("rebuild-index")
def command(
    *,
    check: Annotated[
        bool, typer.Option("--check", help="Change nothing: say what is missing. TierRead may run meanwhile.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Make the index of images again from the object store and this node's spool, with what people decided.

    TierRead must not run meanwhile, on any node. It can be interrupted and run again: what is there already is passed
    over. Exit code 1: something cannot be read; with --check, something is missing.
    """
    settings = load(os.environ)
    folders = make_folders(settings, demo=None, founds=True)
    with ExitStack() as alone:
        if not check:
            # Half an index shows what somebody has hidden: nothing is served before the journal was read to its end.
            for what in ("serve", *Role):
                alone.enter_context(only_one(folders, what))
        engine = open_database(settings)
        alone.callback(engine.dispose)
        spool = Spool(folders.spool, node=settings.node, engine=engine)
        store = object_store_of(settings)
        if not check:
            _refuse_beside(engine, settings.node)
        try:
            segments = rebuild.count(store, spool)
            with snapshot(engine) as tx:
                knows_images = queries.has_instances(tx)
            if not segments and knows_images:
                raise CannotStart(
                    "the index knows images, and there is no segment in the object store or the spool",
                    "see that TIERREAD_OBJECT_STORE and TIERREAD_DATA_DIR name the right ones; nothing was changed",
                )
            with progress("comparing" if check else "rebuilding", "segments", segments) as bar:
                if check:
                    found = lacking(spool, store, bar.advance)
                else:
                    found = rebuild.rebuild(spool, store, REPLAYS, now(), bar.advance)
            if not check:  # whatever restored the database, its anchors may be ahead of it
                where = anchor_places(settings, folders, engine)
                note_restore(where)
                settle_restore_here(where, folders, settings.node, now())
        except (StoreAway, StoreRefuses) as refused:
            raise CannotStart(
                "the object store does not answer, or not to us",
                "mend it and run this again: what was done stays done",
            ) from refused
        with snapshot(engine) as tx:
            without_people = not organisations.list_all(tx)
    typer.echo(
        json.dumps({**asdict(found), "check": check, "without_people": without_people})
        if as_json
        else _words(found, check=check, without_people=without_people)
    )
    raise typer.Exit(LEFT if not found.whole or (check and _adds(found)) else 0)


def _refuse_beside(engine: Engine, node: str) -> None:
    """Raises: CannotStart, while another node serves from this database; our own is known by its locks."""
    with snapshot(engine) as tx:
        others = [name for name in alive(tx, now() - SILENT) if name != node]
    if others:
        raise CannotStart(f"TierRead runs on {', '.join(others)}", "stop it on every node first, and wait a minute")


def _adds(found: RebuildOutcome) -> bool:
    return any((found.instances, found.holdings, found.held, found.decisions))


def _words(found: RebuildOutcome, *, check: bool, without_people: bool) -> str:
    would = "would be" if check else "were"
    lines = [
        f"{found.segments} segments tell of {found.entries} instances;",
        f"{found.instances} instances, {found.holdings} holdings, {found.held} rows of the quarantine {would} added,",
        f"{found.decisions} decisions {would} made again.",
    ]
    lines += [f"segment {one} has no readable end: its members were asked one by one" for one in found.mended]
    lines += [f"segment {one} tells nothing: restore it from the other copy" for one in found.unreadable]
    lines += [f"decision {one} is about something that is not here" for one in found.incomplete]
    if found.differing:
        lines.append(f"{found.differing} rows say something else than the segments")
    if without_people:
        lines.append(
            "The database has no organisations, devices, people, orders, cases, reports and no audit: these are in no "
            "segment. They come from a backup: restore it into an empty database, then run this again."
        )
    return "\n".join(lines)
