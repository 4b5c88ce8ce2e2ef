"""Takings: each claim is kept with how the person came to it, so that choosing is seen in numbers."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Final

import sqlalchemy as sa

from reading.cases.cases import Case
from reading.kinds import Priority
from reading.queue.assignment_end import End
from reading.queue.waiting import PERSON
from reading.tables import assignment, case
from reading.viewers import RoleGrant
from storage.ids import new_id
from storage.prepared import Prepared, Work


class How(StrEnum):
    """How a case came to whoever holds it."""

    ASSIGNED = "assigned"
    """It waited for them."""
    NEXT = "next"
    """It was the next one for them."""
    CHOSEN = "chosen"
    """They chose it before others, or before whom it waited for."""


_KEEP: Final = Prepared(lambda _: sa.insert(assignment))
_END: Final = Prepared(
    lambda _: (
        sa.update(assignment)
        .where(assignment.c.case_id == sa.bindparam("of_case", type_=sa.String), assignment.c.ended_at.is_(None))
        .values(
            ended_at=sa.bindparam("now", type_=assignment.c.ended_at.type),
            ended_as=sa.case((assignment.c.person_id == PERSON, End.TAKEN), else_=End.CHOSEN_BY_ANOTHER),
        )
    )
)
_FREE: Final = Prepared(
    lambda _: (
        sa.update(case)
        .where(case.c.id == sa.bindparam("of_case", type_=sa.String))
        .values(assigned_to=None, assigned_until=None)
    )
)


def kept(
    claimed: Case,
    grant: RoleGrant,
    now: datetime,
    *,
    how: How,
    waited_for: str | None,
    skipped: int = 0,
    why: str = "",
) -> list[Work]:
    """What keeps that somebody took a case: the end of its assignment where it waited for them, else a row."""
    work: list[Work] = []
    if waited_for is not None:
        ended = {"of_case": claimed.id, "now": now, "person": grant.person_id}
        work = [(_END, [ended]), (_FREE, [ended])]
    if waited_for == grant.person_id:
        return work
    row = {
        "id": new_id(),
        "case_id": claimed.id,
        "person_id": grant.person_id,
        "organisation_id": grant.organisation_id,
        "step": claimed.step,
        "tier": claimed.tier,
        "how": how,
        "urgent": is_urgent(claimed),
        "at": now,
        "skipped": skipped,
        "why": why,
        "ended_at": now,
        "ended_as": End.TAKEN,
    }
    return [*work, (_KEEP, [row])]


def is_urgent(one: Case) -> bool:
    """Whether a case goes to whom the moment loads least: what is critical or was ordered before the routine."""
    return one.critical or one.priority is not Priority.ROUTINE
