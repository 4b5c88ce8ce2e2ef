"""An installation whose database is lost: what came, what was decided, and the index that is made again."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from storage import tables
from storage.database import snapshot, transaction
from storage.decisions.placement_changes import (
    Merged,
    SeriesMoved,
)
from storage.index.quarantine_rows import unsettled
from storage.index.queries import Entered, Index
from storage.instance_row import InstanceRow, Provenance
from storage.keeping.shipping import ship
from storage.objects.store import FolderObjectStore, ObjectStore
from storage.rebuild.outcome import RebuildOutcome
from storage.rebuild.rebuild import rebuild
from storage.rebuild.rebuild_check import lacking
from storage.records import Held
from storage.segments.spool import Spool
from tests.storage.instances import DEVICE, HEAD, TOWNSHIP, row

START: Final = datetime.now(UTC).replace(microsecond=0) - timedelta(hours=1)
INDEX: Final = (tables.segment, tables.study, tables.series, tables.instance, tables.holding, tables.quarantine)
OF_THE_MOMENT: Final = frozenset({"node", "stored_at", "sealed_at", "compact_at", "awaited", "description"})


def at(seconds: float) -> datetime:
    return START + timedelta(seconds=seconds)


class Yard:
    def __init__(self, spool: Spool, index_: Index, folder: Path) -> None:
        self.spool, self.index, self.engine = spool, index_, spool.engine
        self.objects = folder
        self.store: ObjectStore = FolderObjectStore(folder)

    def came(
        self, instance: InstanceRow, data: bytes, seconds: float, site_id: str = TOWNSHIP, source: str = "dimse"
    ) -> Entered:
        told = Provenance(site_id=site_id, device_id=DEVICE, received_at=at(seconds), source=source)
        with self.spool.borrow(instance.study_uid) as segment:
            member = segment.begin(f"{instance.study_uid}/{instance.sop_instance_uid}.dcm", HEAD)
            member.write(data)
            instance = replace(instance, received_digest=member.digest())
            entered = self.index.enter(instance, member.finish(instance, told), told)
            if entered is Entered.SAME:
                member.abandon()
        return entered

    def decide(self, seconds: float, what: Callable[[Connection, datetime], object]) -> None:
        with transaction(self.engine) as tx:
            what(tx, at(seconds))

    def conflict(self, sop_instance_uid: str) -> Held:
        with snapshot(self.engine) as tx:
            return next(one for one in unsettled(tx, 99) if one.sop_instance_uid == sop_instance_uid)

    def ship(self) -> None:
        self.spool.close()
        ship(self.engine, self.spool.directory, self.store, at(3000))

    def rows(self) -> dict[str, list[dict[str, Any]]]:
        """The index as it is, without what is of the moment."""
        with snapshot(self.engine) as tx:
            return {
                table.name: sorted(
                    ({name: value for name, value in found.items() if name not in OF_THE_MOMENT}
                     for found in tx.execute(sa.select(table)).mappings()),
                    key=repr,
                )
                for table in INDEX
            }  # fmt: skip

    def lose(self, *also: sa.Table) -> None:
        with transaction(self.engine) as tx:
            for table in (*reversed(INDEX), tables.journal, *also):
                tx.execute(sa.delete(table))

    def rebuild(self) -> RebuildOutcome:
        return rebuild(self.spool, self.store, {}, at(3600), lambda: None)

    def lacking(self) -> RebuildOutcome:
        return lacking(self.spool, self.store, lambda: None)


def of(number: int, study: str = "1.2.3", series: str = "", **known: object) -> InstanceRow:
    uid = series or f"{study}.1"
    return row(number, study_uid=study, series_uid=uid, sop_instance_uid=f"{uid}.{number}", **known)


MERGE: Final = (
    SeriesMoved(series_uid="1.2.4.1", from_study="1.2.4", to_study="1.2.3"),
    Merged(study_uid="1.2.4", from_study=None, to_study="1.2.3"),
)
