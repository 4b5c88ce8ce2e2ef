"""The command `verify`: a progress bar over `service.verifying`, and its outcome in words or JSON."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import Final

import rich.progress
import typer
from rich.console import Console

from service import verifying
from service.installation import make_folders, open_database
from service.settings import Settings
from service.stores import object_store_of
from service.verifying import Verified
from storage.reader import Bytes

DAMAGED: Final = 1


def run(settings: Settings, *, as_json: bool) -> int:
    """Answer the exit code."""
    folders = make_folders(settings, demo=None)
    engine = open_database(settings)
    bytes_ = Bytes(folders.spool, object_store_of(settings), engine)
    columns = (
        rich.progress.TextColumn("verifying"),
        rich.progress.BarColumn(),
        rich.progress.MofNCompleteColumn(),
        rich.progress.TimeRemainingColumn(),
    )
    try:
        with rich.progress.Progress(*columns, console=Console(stderr=True)) as bar:
            task = bar.add_task("", total=verifying.count(engine))
            found = verifying.verify(engine, bytes_, lambda _: bar.advance(task))
    finally:
        engine.dispose()
    typer.echo(json.dumps(asdict(found)) if as_json else _in_words(found))
    return 0 if found.sound else DAMAGED


def _in_words(found: Verified) -> str:
    lines = [f"{found.instances} instances, {found.bytes_read / 1e6:.1f} MB read"]
    lines += [f"{each.finding}: segment {each.segment_id} at byte {each.offset}" for each in found.damages]
    lines += [f"audit chain {each.writer} breaks at event {each.number}: {each.flaw}" for each in found.breaks]
    return "\n".join([*lines, "everything is as it came" if found.sound else "DAMAGE was found"])
