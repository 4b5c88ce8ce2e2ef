"""The backup of the database that the worker makes once a day."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Final

from sqlalchemy.engine import Connection

from service.installation.house import House
from storage.backup import database_dump, schedule
from storage.database import transaction

NAME: Final = "tierread-{:%Y%m%d-%H%M%S}.backup"
NAMES: Final = "tierread-*.backup"


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
