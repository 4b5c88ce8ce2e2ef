"""Takings: each claim is kept with how the person came to it, so that choosing is seen in numbers."""

from __future__ import annotations

from enum import StrEnum
from typing import Final

import sqlalchemy as sa

from reading.cases.cases import Case
from reading.context import Context, without_door
from reading.kinds import Priority
from reading.queue.assignment_end import End
from reading.tables import assignment, case
from reading.viewers import RoleGrant, Staff
from storage.ids import new_id


class How(StrEnum):
    """How a case came to whoever holds it."""

    ASSIGNED = "assigned"
    """It waited for them."""
    NEXT = "next"
    """It was the next one for them."""
    CHOSEN = "chosen"
    """They chose it before others, or before whom it waited for."""


_KEPT: Final = sa.insert(assignment)
_TAKEN: Final = (
    sa.update(assignment)
    .where(assignment.c.case_id == sa.bindparam("of_case", type_=sa.String), assignment.c.ended_at.is_(None))
    .values(
        ended_at=sa.bindparam("now", type_=assignment.c.ended_at.type),
        ended_as=sa.case(
            (assignment.c.person_id == sa.bindparam("person", type_=sa.String), End.TAKEN), else_=End.CHOSEN_BY_ANOTHER
        ),
    )
)
_FREE: Final = (
    sa.update(case)
    .where(case.c.id == sa.bindparam("of_case", type_=sa.String))
    .values(assigned_to=None, assigned_until=None)
)


@without_door("A part of the claim, which has opened or chosen the case.")
def keep(
    ctx: Context[Staff],
    claimed: Case,
    grant: RoleGrant,
    *,
    how: How,
    waited_for: str | None,
    skipped: int = 0,
    why: str = "",
) -> None:
    """Keep that somebody took a case: as the end of its assignment where it waited for them."""
    if waited_for is not None:
        ctx.tx.execute(_TAKEN, {"of_case": claimed.id, "now": ctx.now, "person": grant.person_id})
        ctx.tx.execute(_FREE, {"of_case": claimed.id})
    if waited_for == grant.person_id:
        return
    ctx.tx.execute(
        _KEPT,
        {
            "id": new_id(),
            "case_id": claimed.id,
            "person_id": grant.person_id,
            "organisation_id": grant.organisation_id,
            "step": claimed.step,
            "tier": claimed.tier,
            "how": how,
            "urgent": is_urgent(claimed),
            "at": ctx.now,
            "skipped": skipped,
            "why": why,
            "ended_at": ctx.now,
            "ended_as": End.TAKEN,
        },
    )


def is_urgent(one: Case) -> bool:
    """Whether a case goes to whom the moment loads least: what is critical or was ordered before the routine."""
    return one.critical or one.priority is not Priority.ROUTINE
