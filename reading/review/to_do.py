"""How much of the reviews waits for somebody: what was said of their reports and not read, and what they may judge."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

from reading.access import visibility
from reading.context import Context, without_door
from reading.kinds import Role
from reading.review import arbitration, discrepancies, third_person
from reading.tables import case, discrepancy, review
from reading.viewers import Staff


@without_door("It counts, and names neither cases nor people.")
def count(ctx: Context[Staff]) -> int:
    """Feedback that they have not read, with scores and discrepancies for which they may be the third person."""
    said = _of_sites(ctx, review, (review.c.author_id == ctx.who.person_id) & review.c.seen_at.is_(None))
    judged = _of_sites(ctx, discrepancy, discrepancies.judged_of(ctx.who) & discrepancy.c.read_at.is_(None))
    total = sum(row.number for row in ctx.tx.execute(said.union_all(judged)))
    if not ctx.who.holds(Role.REVIEWER):
        return total
    scores = _of_sites(ctx, review, arbitration.open_to(ctx.who))
    doubts = _of_sites(
        ctx, discrepancy, discrepancies.open_to(ctx.who) & (discrepancy.c.raised_by != ctx.who.person_id)
    )
    open_ = ctx.tx.execute(scores.union_all(doubts)).all()
    theirs = third_person.sites_for(ctx, Role.REVIEWER, {row.site_id for row in open_})
    return total + sum(row.number for row in open_ if row.site_id in theirs)


def _of_sites(ctx: Context[Staff], table: sa.Table, condition: sa.ColumnElement[bool]) -> sa.Select[Any, int]:
    """How many rows of each site meet a condition, of cases that they may see."""
    return (
        sa.select(case.c.site_id, sa.func.count().label("number"))
        .select_from(table)
        .join(case, case.c.id == table.c.case_id)
        .where(condition, visibility.visible_cases(ctx.tx, ctx.who, ctx.now))
        .group_by(case.c.site_id)
    )
