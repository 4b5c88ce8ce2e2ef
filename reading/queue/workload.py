"""Workload: the weights of cases, and what each of those on duty carries, at the moment and over the shift."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from reading.cases import cases
from reading.cases.cases import Case
from reading.cases.moves import Move
from reading.context import Context, Who, without_door
from reading.queue.assignment_end import End
from reading.roster import weights
from reading.roster.balance import Candidate
from reading.roster.slots import Slot
from reading.roster.weights import Worked
from reading.tables import (
    assignment,
    case_move,
    case_procedure,
    case_study,
    imaging_order,
    lease,
    procedure,
    roster_slot,
)
from storage.tables import study

AT_ONCE: Final = 200


@dataclass(frozen=True, kw_only=True)
class Carried:
    candidate: Candidate
    pending: int
    """Cases that wait for them."""


def carried(tx: Connection, slots: Sequence[Slot], now: datetime) -> dict[str, Carried]:
    """What each person carries in their slot, by person.

    A case counts for the shift where it waits for them or they took it; not where it was passed on, or they put it
    back. What they took counts at the moment until they let go of it.
    """
    put_back = sa.exists().where(
        case_move.c.case_id == assignment.c.case_id,
        case_move.c.person_id == assignment.c.person_id,
        case_move.c.move == Move.PUT_BACK,
        case_move.c.at >= assignment.c.at,
    )
    held = sa.exists().where(lease.c.case_id == assignment.c.case_id, lease.c.person_id == assignment.c.person_id)
    waits = assignment.c.ended_at.is_(None)
    weight = sa.func.coalesce(assignment.c.weight, weights.ORDINARY)
    rows = tx.execute(
        sa.select(
            roster_slot.c.person_id,
            sa.func.sum(sa.case((waits | ~put_back, weight), else_=0)).label("shift"),
            sa.func.sum(sa.case((waits | held, weight), else_=0)).label("moment"),
            sa.func.sum(sa.case((waits, 1), else_=0)).label("pending"),
        )
        .join(
            assignment,
            (assignment.c.person_id == roster_slot.c.person_id)
            & (assignment.c.at >= roster_slot.c.since)
            & (assignment.c.at <= now)
            & (waits | (assignment.c.ended_as == End.TAKEN)),
        )
        .where(roster_slot.c.id.in_([one.id for one in slots]))
        .group_by(roster_slot.c.person_id)
    )
    found = {row.person_id: row for row in rows}
    return {
        one.person_id: Carried(
            candidate=Candidate(
                person_id=one.person_id,
                moment=int(found[one.person_id].moment) if one.person_id in found else 0,
                shift=int(found[one.person_id].shift) if one.person_id in found else 0,
            ),
            pending=int(found[one.person_id].pending) if one.person_id in found else 0,
        )
        for one in slots
    }


def weights_of(tx: Connection, found: Sequence[Case], now: datetime) -> dict[str, int]:
    """The weight of each case now, in hundredths, by id."""
    ids = [one.id for one in found]
    said, views, contrast = weights.in_force(tx, now), _views(tx, ids), _contrast(tx, ids)
    return {
        one.id: weights.weight_of(
            said,
            Worked(
                modality=one.modality,
                body_part=one.body_part,
                contrast=contrast.get(one.id),
                views=views.get(one.id, 0),
            ),
        )
        for one in found
    }


@without_door("The worker's step weighs what was claimed anywhere.")
def weigh(ctx: Context[Who]) -> int:
    """Weigh what was taken without having waited for its person; the claim itself has no time for it."""
    rows = ctx.tx.execute(
        sa.select(assignment.c.id, assignment.c.case_id)
        .where(assignment.c.weight.is_(None))
        .order_by(assignment.c.at)
        .limit(AT_ONCE)
        .with_for_update(skip_locked=True)
    ).all()
    if not rows:
        return 0
    weighed = weights_of(ctx.tx, list(cases.by_ids(ctx.tx, {row.case_id for row in rows}).values()), ctx.now)
    ctx.tx.execute(
        sa.update(assignment)
        .where(assignment.c.id == sa.bindparam("of_id"))
        .values(weight=sa.bindparam("weighs", type_=sa.Integer)),
        [{"of_id": row.id, "weighs": weighed[row.case_id]} for row in rows],
    )
    return len(rows)


def _views(tx: Connection, case_ids: Collection[str]) -> dict[str, int]:
    rows = tx.execute(
        sa.select(case_study.c.case_id, sa.func.sum(study.c.instances).label("views"))
        .join(study, study.c.study_uid == case_study.c.study_uid)
        .where(case_study.c.case_id.in_(case_ids))
        .group_by(case_study.c.case_id)
    )
    return {row.case_id: int(row.views) for row in rows}


def _contrast(tx: Connection, case_ids: Collection[str]) -> dict[str, bool]:
    """Whether contrast was ordered, by case, where an order says it."""
    rows = tx.execute(
        sa.select(case_procedure.c.case_id, imaging_order.c.contrast)
        .join(procedure, procedure.c.id == case_procedure.c.procedure_id)
        .join(imaging_order, imaging_order.c.id == procedure.c.order_id)
        .where(case_procedure.c.case_id.in_(case_ids), imaging_order.c.contrast.is_not(None))
    )
    said: defaultdict[str, list[bool]] = defaultdict(list)
    for row in rows:
        said[row.case_id].append(row.contrast)
    return {case_id: any(each) for case_id, each in said.items()}
