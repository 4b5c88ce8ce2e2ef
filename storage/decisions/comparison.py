"""Notes what a machine found about a held newcomer: a duplicate of the stored instance, or a conflict with it."""

from __future__ import annotations

from datetime import datetime
from typing import Final

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from storage import tables
from storage.database import insert_new
from storage.index import quarantine_rows
from storage.index.queries import instance_of, study_of
from storage.instance_row import InstanceRow
from storage.quarantine_moves import QuarantineMove, Reason
from storage.records import Held

_QUARANTINE: Final = tables.quarantine
_SERIES: Final = tables.series
_STUDY: Final = tables.study


def conflict_of(tx: Connection, newcomer: Held) -> Reason:
    """What a held newcomer contradicts, the gravest first."""
    if newcomer.row is None:
        return Reason.CONFLICT_CONTENT
    row = InstanceRow.from_json(newcomer.row)
    if instance_of(tx, row.sop_instance_uid) is not None:
        return Reason.CONFLICT_CONTENT
    study = study_of(tx, row.study_uid)
    if study is not None and study.received_patient_id != row.patient_id:
        return Reason.CONFLICT_PATIENT
    if study is not None and study.site_id != newcomer.site_id:
        return Reason.CONFLICT_SITE
    if study is not None and study.received_issuer != row.issuer:
        return Reason.CONFLICT_ISSUER
    if study_of_series(tx, row.series_uid) not in (None, row.study_uid):
        return Reason.CONFLICT_SERIES
    return Reason.CONFLICT_CONTENT


def note_conflict(tx: Connection, quarantine_id: str, conflict: Reason) -> bool:
    """The newcomer is another instance, and waits for a person. False when it had been compared before."""
    this = _QUARANTINE.c.id == quarantine_id
    return quarantine_rows.change(tx, this, QuarantineMove.FIND_CONFLICT, None, reason=conflict) == 1


def note_duplicate(tx: Connection, newcomer: Held, now: datetime) -> bool:
    """The newcomer is the stored instance in other bytes: its site has a holding of it.

    False when it had been compared before.
    """
    this = _QUARANTINE.c.id == newcomer.id
    if quarantine_rows.change(tx, this, QuarantineMove.FIND_DUPLICATE, now) == 0:
        return False
    holding = tables.holding
    owner = sa.select(
        _STUDY.c.study_uid,
        sa.literal(newcomer.sop_instance_uid),
        sa.literal(newcomer.site_id),
        sa.literal(newcomer.device_id),
        sa.literal(newcomer.received_at, holding.c.received_at.type),
        _STUDY.c.site_id != newcomer.site_id,
    ).where(_STUDY.c.study_uid == newcomer.study_uid)
    columns = ["study_uid", "sop_instance_uid", "site_id", "device_id", "received_at", "shared"]
    tx.execute(insert_new(tx, holding).from_select(columns, owner))
    return True


def study_of_series(tx: Connection, series_uid: str) -> str | None:
    """The study that the instances of a series name."""
    named = sa.func.coalesce(_SERIES.c.received_study_uid, _SERIES.c.study_uid)
    return tx.execute(sa.select(named).where(_SERIES.c.series_uid == series_uid)).scalar_one_or_none()
