"""Choosing in numbers: of each person and month, how much they chose, how heavy it was, and what they passed over."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

import sqlalchemy as sa

from reading.context import Context, without_door
from reading.errors import NotThere
from reading.kinds import Role
from reading.queue.assignment_end import End
from reading.queue.takings import How
from reading.register.grants import may_act
from reading.tables import assignment, person
from reading.viewers import Staff


@dataclass(frozen=True, kw_only=True)
class Chosen:
    """What somebody took in a period at an organisation."""

    name: str = field(repr=False)
    handed: int
    """Cases that waited for them, or were the next one."""
    chosen: int
    handed_weight: float | None
    """Mean weight, 1 is an ordinary case; None where nothing was weighed."""
    chosen_weight: float | None
    skipped: int
    """Cases that were passed over by choosing."""
    not_taken: int
    """Cases that waited for them until their minutes were over."""

    @property
    def share(self) -> float:
        """The share of chosen cases, from 0 to 1."""
        return self.chosen / (self.handed + self.chosen) if self.handed + self.chosen else 0.0


@without_door("Numbers of staff; nothing of a patient is in them.")
def may_see(ctx: Context[Staff], organisation_id: str) -> bool:
    """Whether somebody manages the quality of an organisation: those numbers are about people."""
    return may_act(ctx.tx, ctx.who, Role.QUALITY_MANAGER, organisation_id, ctx.now) is not None


@without_door("Numbers of staff; nothing of a patient is in them.")
def numbers(ctx: Context[Staff], organisation_id: str, since: datetime, until: datetime) -> list[Chosen]:
    """What each person of an organisation took from ``since`` until before ``until``, by name.

    Raises:
        NotThere: they do not manage its quality.

    """
    if not may_see(ctx, organisation_id):
        raise NotThere
    taken = assignment.c.ended_as == End.TAKEN
    chosen, handed = taken & (assignment.c.how == How.CHOSEN), taken & (assignment.c.how != How.CHOSEN)
    rows = ctx.tx.execute(
        sa.select(
            person.c.name,
            _count(handed).label("handed"),
            _count(chosen).label("chosen"),
            sa.func.avg(sa.case((handed, assignment.c.weight))).label("handed_weight"),
            sa.func.avg(sa.case((chosen, assignment.c.weight))).label("chosen_weight"),
            sa.func.sum(sa.case((chosen, assignment.c.skipped), else_=0)).label("skipped"),
            _count(assignment.c.ended_as == End.NOT_TAKEN).label("not_taken"),
        )
        .join(person, person.c.id == assignment.c.person_id)
        .where(assignment.c.organisation_id == organisation_id, assignment.c.at >= since, assignment.c.at < until)
        .group_by(person.c.id, person.c.name)
        .order_by(person.c.name, person.c.id)
    )
    return [
        Chosen(
            name=row.name,
            handed=int(row.handed),
            chosen=int(row.chosen),
            handed_weight=None if row.handed_weight is None else float(row.handed_weight) / 100,
            chosen_weight=None if row.chosen_weight is None else float(row.chosen_weight) / 100,
            skipped=int(row.skipped),
            not_taken=int(row.not_taken),
        )
        for row in rows
    ]


def _count(condition: sa.ColumnElement[bool]) -> sa.ColumnElement[int]:
    return sa.func.sum(sa.case((condition, 1), else_=0))
