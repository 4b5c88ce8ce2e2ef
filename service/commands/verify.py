"""The command `verify`: a progress bar over `service.steps.verify`, and its outcome in words or JSON."""

from __future__ import annotations

import json
import re
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import Final

import rich.progress
import typer
from rich.console import Console
from sqlalchemy.engine import Engine

from reading.patients.keys import keys_in
from service.installation.house import now
from service.installation.installation import KEY_FILES, CannotStart, Folders, make_folders, open_database
from service.installation.nodes import holders_of
from service.installation.settings import Settings
from service.installation.stores import copy_store_of, object_store_of
from service.steps import verify
from service.steps.verify import Named, Scope, Verified
from storage.database import snapshot
from storage.nodes.other_nodes import Holders
from storage.objects.store import StoreAway, StoreRefuses
from storage.segments.inspection import Finding
from storage.upkeep.repair import Checker

DAMAGED: Final = 1
_PERCENT: Final = re.compile(r"([0-9]{1,3}(?:\.[0-9]+)?)\s*%")


def sample_of(text: str) -> dict[str, float | int]:
    """What `--sample` says, as fields of a `Scope`.

    Raises:
        ValueError: neither a part such as 5% nor a number of instances.

    """
    percent = _PERCENT.fullmatch(text.strip())
    if percent is not None and 0 < float(percent[1]) <= 100:
        return {"percent": float(percent[1])}
    if text.strip().isascii() and text.strip().isdigit() and int(text) > 0:
        return {"instances": int(text)}
    raise ValueError(text)


def since_of(text: str) -> datetime:
    """A day or a moment; without a zone it is meant as the clock of this machine shows it.

    Raises:
        ValueError: it is none.

    """
    return datetime.fromisoformat(text).astimezone()


def run(settings: Settings, scope: Scope, *, repair: bool, as_json: bool) -> int:
    """Answer the exit code.

    Raises:
        CannotStart: a store does not answer, or refuses.

    """
    folders = make_folders(settings, demo=None)
    engine = open_database(settings)
    try:
        checker = checker_of(settings, folders, engine)
        with snapshot(engine) as tx:
            size = verify.size_of(tx, scope)
        columns = (
            rich.progress.TextColumn("verifying"),
            rich.progress.BarColumn(),
            rich.progress.DownloadColumn(),
            rich.progress.TransferSpeedColumn(),
            rich.progress.TimeRemainingColumn(),
        )
        with rich.progress.Progress(*columns, console=Console(stderr=True)) as bar:
            task = bar.add_task("", total=size.bytes)
            found = verify.verify(engine, checker, scope, now, lambda read: bar.advance(task, read), repair=repair)
            bar.update(task, total=found.bytes_read, completed=found.bytes_read)
    except (StoreAway, StoreRefuses) as away:
        raise CannotStart(
            "the object store does not give what is stored",
            "mend it and verify again; nothing was marked as damaged because of it",
        ) from away
    finally:
        engine.dispose()
    typer.echo(json.dumps(asdict(found) | {"sound": found.sound}) if as_json else _in_words(found))
    return 0 if found.sound else DAMAGED


def checker_of(settings: Settings, folders: Folders, engine: Engine) -> Checker:
    return Checker(
        engine,
        folders.spool,
        object_store_of(settings),
        holders=_holders(folders, engine),
        copy=copy_store_of(settings),
    )


def _holders(folders: Folders, engine: Engine) -> Holders | None:
    """Reads the spools of the other nodes; None where the keys for it are lost, when verifying matters most."""
    if not all((Path(folders.keys) / name).exists() for name in KEY_FILES):
        return None
    return holders_of(engine, keys_in(folders.keys), now)


_SAID: Final = {
    Finding.CHANGED: "changed",
    Finding.MISSING: "missing",
    Finding.AWAY: "away, not known whether it is whole",
    Finding.ASTRAY: "not where the index says",
    Finding.LABEL: "a header or the table of contents is damaged, the images are not",
    Finding.SPOOL_COPY: "the copy in the spool is damaged, what is stored is whole",
    Finding.SECOND_COPY: "the second copy is damaged or missing, what is stored is whole",
}


def _in_words(found: Verified) -> str:
    lines = [f"{found.instances} instances, {found.bytes_read / 1e6:.1f} MB read"]
    lines += [_named(each) for each in found.damages]
    if found.unnamed:
        lines.append(f"and {found.unnamed} more")
    lines += [f"audit chain {each.writer} breaks at event {each.number}: {each.flaw}" for each in found.breaks]
    if found.sound:
        return "\n".join([*lines, "everything is as it came"])
    left = found.unnamed + sum(not each.repaired for each in found.damages)
    if found.damages and not left and not found.breaks:
        return "\n".join([*lines, "DAMAGE was found, and repaired from another copy"])
    lines.append("DAMAGE was found")
    if left:
        lines.append(
            "  --repair restores what another copy has whole; what none has, let the device send again (/quality)"
        )
    return "\n".join(lines)


def _named(one: Named) -> str:
    where = f"segment {one.segment_id} at byte {one.offset}"
    more = f", {one.instances} instances" if one.instances > 1 else ""
    concerned = f", case {', '.join(one.cases)}" if one.cases else ""
    return f"{_SAID[one.finding]}: {where}{more}{concerned}{', repaired' if one.repaired else ''}"
