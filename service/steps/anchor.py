"""Anchors of the audit and of signatures: written every so many minutes, at a clean stop, and after a restore."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy.engine import Connection
from sqlalchemy.exc import OperationalError

from reading.anchors import places, writing
from reading.anchors.anchor import Forged
from reading.anchors.places import Places
from reading.anchors.writing import Behind
from reading.audit_chains import Break
from reading.reports.seal import Seal
from service.installation.house import House
from service.installation.installation import KEY_FILES, Folders
from service.telemetry.logs import logger
from service.telemetry.metrics import DAMAGES
from storage.objects.store import StoreAway, StoreRefuses


class Anchoring:
    """The step of one worker; each thing that is wrong is told once."""

    def __init__(self, house: House) -> None:
        self._house = house
        self._where = places_of(house)
        self._told: set[Break | str] = set()

    def run(self) -> int:
        """Write the next anchor when it is due.

        Raises:
            StoreAway, StoreRefuses: of an object store: it is done again later.

        """
        return self._write(timedelta(minutes=self._house.settings.anchor_minutes))

    def at_stop(self) -> None:
        """Write a last anchor, so that nothing of this process is left without one."""
        try:
            self._write(timedelta(0))
        except (StoreAway, StoreRefuses, OperationalError) as away:
            logger().warning("no anchor was written at the stop", reason=type(away).__name__)

    def _write(self, interval: timedelta) -> int:
        house = self._house
        try:
            written = writing.write(self._where, house.seal, house.settings.node, house.clock(), interval=interval)
        except Behind as behind:
            if self._new(f"behind {behind.written}"):
                logger().error("the database is behind its anchors", known=behind.number, written=behind.written)
            return 0
        except Forged:
            if self._new("forged"):
                logger().error("the newest anchor in the database is not of this installation")
            return 0
        for broken in written.breaks:
            if self._new(broken):
                logger().error("an audit chain breaks", writer=broken.writer, number=broken.number, flaw=broken.flaw)
        return int(written.more)

    def _new(self, wrong: Break | str) -> bool:
        if wrong in self._told:
            return False
        self._told.add(wrong)
        DAMAGES.labels("audit", "false").inc()
        return True


def places_of(house: House) -> Places:
    return Places(engine=house.engine, store=house.object_store, copy=house.copy_store, folder=house.folders.data)


def note_restore(where: Places) -> None:
    """Note in the data folder that the database may be older than its anchors; `settle_restore` takes the note away."""
    where.restore_note.write_text("A backup was restored, or the index was made again.\n", "utf-8")


def settle_restore(where: Places, seal: Seal, node: str, now: datetime) -> None:
    """Where a restore is noted: write the anchor that says what is lost, unless the database knows all anchors.

    Raises:
        Forged: the newest anchor outside was not written by this installation.
        StoreAway, StoreRefuses: of an object store; the note stays.

    """
    if not where.restore_note.exists():
        return
    if writing.is_behind(where):
        restored = writing.write_restored(where, seal, node, now)
        logger().warning("a backup was restored", lost_events=restored.events, newest_anchor=restored.from_number)
    where.restore_note.unlink()


def settle_restore_here(where: Places, folders: Folders, node: str, now: datetime) -> None:
    """As `settle_restore` for a command; without keys or store the note stays for the start of TierRead."""
    if not all((folders.keys / name).exists() for name in KEY_FILES):
        return
    try:
        settle_restore(where, Seal.from_folder(folders.keys), node, now)
    except (StoreAway, StoreRefuses) as away:
        logger().warning("the start of TierRead anchors what was restored", reason=type(away).__name__)


def age_seconds(tx: Connection, at: datetime) -> dict[str, float]:
    """For the metrics: of the newest anchor, nothing where there is none."""
    anchored = places.newest_at(tx)
    return {} if anchored is None else {"newest": (at - anchored).total_seconds()}
