"""Builders: whole instances of which a test names only what matters to it."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy.engine import Connection, Engine

from storage.database import Durability
from storage.decisions.comparison import conflict_of, note_conflict
from storage.index.quarantine_rows import unsettled
from storage.index.queries import Entered, Index, Scope
from storage.instance_row import InstanceRow, Place, Provenance
from storage.quarantine_moves import Reason
from storage.records import Held
from storage.segments.spool import Spool
from tests import engines

TOWNSHIP = "01KTOWNSHIP000000000000000"
OTHER_TOWNSHIP = "01KOTHERTOWNSHIP0000000000"
DEVICE = "01KDEVICE00000000000000000"
NOON = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
HEAD = bytes(128) + b"DICM" + b"file meta information"


def seen_whole(study_uid: str) -> Scope:
    """The scope of somebody who sees all of one study."""
    return Scope(study_uids=frozenset({study_uid}))


def provenance(*, site_id: str = TOWNSHIP, received_at: datetime = NOON) -> Provenance:
    return Provenance(site_id=site_id, device_id=DEVICE, received_at=received_at, source="dimse")


def row(number: int = 1, *, data: bytes = b"", **known: object) -> InstanceRow:
    """Instance ``number`` of the first series of the first study, with the digest of ``data``."""
    made = InstanceRow(
        sop_instance_uid=f"1.2.3.{number}",
        sop_class_uid="1.2.840.10008.5.1.4.1.1.2",
        series_uid="1.2.3.1",
        study_uid="1.2.3",
        transfer_syntax_uid="1.2.840.10008.1.2.1",
        dataset_offset=len(HEAD),
        received_digest=hashlib.sha256(data).digest(),
        instance_number=number,
        patient_id="P1",
        issuer="TOWN",
        patient_name="Pia^Pan",
        modality="CT",
        study_date="20260302",
    )
    return replace(made, **known)  # type: ignore[arg-type]


def place(number: int = 1) -> Place:
    return Place(segment_id=f"01KSEGMENT{number:016}", offset=4096, size=100)


def write(spool: Spool, instance: InstanceRow, data: bytes, came: Provenance | None = None) -> Place:
    """Write and flush one instance, as a receiver does."""
    with spool.borrow(instance.study_uid) as segment:
        member = segment.begin(f"{instance.study_uid}/{instance.series_uid}/{instance.sop_instance_uid}.dcm", HEAD)
        member.write(data)
        return member.finish(replace(instance, received_digest=member.digest()), came or provenance())


def store(spool: Spool, index: Index, instance: InstanceRow, data: bytes, came: Provenance | None = None) -> Entered:
    """Write, flush and enter one instance."""
    instance = replace(instance, received_digest=hashlib.sha256(data).digest())
    return index.enter(instance, write(spool, instance, data, came), came or provenance())


def compared(tx: Connection) -> list[Held]:
    """What waits in quarantine once the machine has compared the newcomers, and found each to be another instance."""
    for one in unsettled(tx, 99, reason=Reason.HELD):
        note_conflict(tx, one.id, conflict_of(tx, one))
    return unsettled(tx, 99)


@contextmanager
def opened(database_url: str, folder: Path) -> Iterator[tuple[Spool, Index, Engine]]:
    """A spool and an index as one process of the service has them."""
    with engines.pointed(database_url) as engine, engines.pointed(database_url, Durability.ASYNCHRONOUS) as quick:
        spool = Spool(folder, node="here", engine=engine)
        index = Index(quick)
        try:
            yield spool, index, engine
        finally:
            spool.close()
            index.close()
