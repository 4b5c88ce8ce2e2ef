"""Performed procedure steps as devices reported them (MPPS, PS3.4 F)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from reading.completeness.announcements import Named
from reading.orders.order_state import Move
from reading.tables import performed_reference, performed_step


class State(StrEnum):
    """How far a performed step has come; the last two are final (PS3.4 F.7.2.1)."""

    IN_PROGRESS = "in_progress"
    COMPLETED = "completed"
    DISCONTINUED = "discontinued"


MOVE_OF: Final = {
    State.IN_PROGRESS: Move.BEGIN,
    State.COMPLETED: Move.COMPLETE,
    State.DISCONTINUED: Move.DISCONTINUE,
}
"""What each state of a step does to the procedures of the order that it answers."""


@dataclass(frozen=True, kw_only=True)
class Step:
    """A performed step with what its messages said so far."""

    id: str
    sop_instance_uid: str = field(repr=False)
    site_id: str
    device_id: str
    modality: str
    state: State
    instances: Sequence[Named] | None = field(repr=False)
    reason: Mapping[str, str] | None
    attributes: Mapping[str, Any] = field(repr=False)
    created_at: datetime
    changed_at: datetime
    revision: int


def of_procedures(tx: Connection, procedure_ids: Sequence[str]) -> dict[str, Step]:
    """The newest step of each of these procedures that a device has begun, by the procedure's id."""
    reference = performed_reference
    rows = tx.execute(
        sa.select(performed_step, reference.c.procedure_id.label("answered"))
        .join(reference, reference.c.performed_id == performed_step.c.id)
        .where(reference.c.procedure_id.in_(procedure_ids))
        .order_by(performed_step.c.created_at, performed_step.c.id)
    )
    return {row.answered: _step(row) for row in rows}


def of_studies(tx: Connection, study_uids: Sequence[str], site_id: str) -> list[Step]:
    """The steps of the site's devices that name these studies, the oldest first."""
    reference = performed_reference
    named = sa.select(reference.c.performed_id).where(reference.c.study_uid.in_(study_uids))
    rows = tx.execute(
        sa.select(performed_step)
        .where(performed_step.c.id.in_(named), performed_step.c.site_id == site_id)
        .order_by(performed_step.c.created_at, performed_step.c.id)
    )
    return [_step(row) for row in rows]


def _step(row: sa.Row[Any]) -> Step:
    return Step(
        id=row.id,
        sop_instance_uid=row.sop_instance_uid,
        site_id=row.site_id,
        device_id=row.device_id,
        modality=row.modality,
        state=State(row.state),
        instances=None
        if row.series is None
        else [Named(series_uid=series, sop_instance_uid=uid) for series, uid in row.series],
        reason=row.reason,
        attributes=row.attributes,
        created_at=row.created_at,
        changed_at=row.changed_at,
        revision=row.revision,
    )
