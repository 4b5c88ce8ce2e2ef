"""Changes of a patient's record: each a revision with its reason, and the values before and after."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from reading.errors import NotThere, Stale
from reading.tables import patient, patient_change
from reading.texts import checked
from storage.ids import new_id


class What(StrEnum):
    """What was changed."""

    CORRECTED = "corrected"
    CARD_ADDED = "card_added"
    CARD_ENDED = "card_ended"


@dataclass(frozen=True, kw_only=True)
class Change:
    """A change that somebody made."""

    patient_id: str
    revision: int
    what: What
    before: Mapping[str, str] = field(repr=False)
    after: Mapping[str, str] = field(repr=False)
    reason: str = field(repr=False)
    made_by: str
    made_at: datetime


def write(
    tx: Connection,
    patient_id: str,
    *,
    seen_revision: int,
    what: What,
    before: Mapping[str, str],
    after: Mapping[str, str],
    reason: str,
    made_by: str,
    now: datetime,
    values: Mapping[str, object] | None = None,
) -> int:
    """Take the next revision of a record and write the change down; ``values`` are columns of ``patient``.

    Returns the new revision.

    Raises:
        NotThere: no such record.
        Stale: somebody changed it since ``seen_revision``.
        Invalid: no reason.

    """
    why = checked("reason", reason, longest=1000, required=True, lines=True)
    taken = tx.execute(
        patient.update()
        .where(patient.c.id == patient_id, patient.c.revision == seen_revision)
        .values({**(values or {}), "revision": seen_revision + 1})
    )
    if taken.rowcount != 1:
        standing = tx.scalar(sa.select(patient.c.revision).where(patient.c.id == patient_id))
        raise NotThere if standing is None else Stale(standing)
    tx.execute(
        patient_change.insert(),
        {
            "id": new_id(),
            "patient_id": patient_id,
            "revision": seen_revision + 1,
            "what": what,
            "before": dict(before),
            "after": dict(after),
            "reason": why,
            "made_by": made_by,
            "made_at": now,
        },
    )
    return seen_revision + 1


def history(tx: Connection, patient_ids: Sequence[str]) -> list[Change]:
    """Every change of these records, the newest first."""
    rows = tx.execute(
        sa.select(patient_change)
        .where(patient_change.c.patient_id.in_(patient_ids))
        .order_by(patient_change.c.made_at.desc(), patient_change.c.id.desc())
    )
    return [
        Change(
            patient_id=row.patient_id,
            revision=row.revision,
            what=What(row.what),
            before=row.before,
            after=row.after,
            reason=row.reason,
            made_by=row.made_by,
            made_at=row.made_at,
        )
        for row in rows
    ]
