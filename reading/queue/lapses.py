"""Lapses: what somebody cannot take or did not take in time is open again, and so is what waited for a skill."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime, timedelta
from typing import Any, Final

import sqlalchemy as sa

from reading.cases.moves import STEP_OF, WAITING, State
from reading.context import Context, Who, without_door
from reading.queue.assignment_end import End, Standing, end_of
from reading.roster import terms
from reading.roster.groups import GROUP_OF
from reading.row_rules import valid_at
from reading.sessions.staff_sessions import IDLE, LONGEST
from reading.tables import absence, assignment, case, roster_slot, staff_session

AT_ONCE: Final = 500
_OPENED: Final = WAITING | {State.FINAL, State.WITHDRAWN}


@without_door("The worker's step passes on the cases of every site.")
def pass_on(ctx: Context[Who]) -> int:
    """End the assignments that no longer hold, each once; answers how many."""
    rows = ctx.tx.execute(
        sa.select(assignment, case.c.state, case.c.tier.label("case_tier"), case.c.assigned_to)
        .join(case, case.c.id == assignment.c.case_id)
        .where(assignment.c.ended_at.is_(None))
        .order_by(assignment.c.at)
        .limit(AT_ONCE)
    ).all()
    if not rows:
        return 0
    people = {row.person_id for row in rows}
    said = terms.of_organisations(ctx.tx, {row.organisation_id for row in rows}, ctx.now)
    absent, working = _absent(ctx, people), _working(ctx, people)
    signed_in_until = _signed_in_until(ctx, people)
    ended = 0
    for row in rows:
        gone_at = signed_in_until.get(row.person_id)
        away = timedelta(minutes=said[row.organisation_id].away_minutes)
        end = end_of(
            Standing(
                waits=_waits(row),
                absent=row.person_id in absent,
                in_slot=(row.person_id, row.organisation_id, GROUP_OF[row.step]) in working,
                away=gone_at is None or gone_at <= ctx.now - away,
                over=row.take_by <= ctx.now,
            )
        )
        if end is not None:
            ended += _ended(ctx, row.id, row.case_id, end)
    return ended


@without_door("The worker's step opens the cases of every site.")
def open_for_all(ctx: Context[Who]) -> int:
    """Cases that waited half of their time for a skill wait for it no longer: whoever reads there may take them.

    What is held, withheld or at the township keeps its skills. What is over loses them, so that it is looked at once.
    """
    due = (
        sa.select(case.c.id)
        .where(case.c.skills != "", case.c.skills_until <= ctx.now, case.c.state.in_(_OPENED))
        .limit(AT_ONCE)
        .with_for_update(skip_locked=True)
    )
    # Whoever has the case on the screen has seen nothing else of it, so it keeps its revision.
    return ctx.tx.execute(sa.update(case).where(case.c.id.in_(due)).values(skills="")).rowcount


def _waits(row: sa.Row[Any]) -> bool:
    there = row.state in WAITING and STEP_OF[row.state] == row.step and row.case_tier == row.tier
    return there and row.assigned_to == row.person_id


def _ended(ctx: Context[Who], assignment_id: str, case_id: str, end: End) -> int:
    """End an assignment; nothing is done where somebody claims its case at this moment."""
    locked = ctx.tx.scalar(sa.select(case.c.id).where(case.c.id == case_id).with_for_update(skip_locked=True))
    if locked is None:
        return 0
    done = ctx.tx.execute(
        sa.update(assignment)
        .where(assignment.c.id == assignment_id, assignment.c.ended_at.is_(None))
        .values(ended_at=ctx.now, ended_as=end)
        .returning(assignment.c.person_id)
    ).one_or_none()
    if done is None:
        return 0
    theirs = (case.c.id == case_id) & (case.c.assigned_to == done.person_id)
    ctx.tx.execute(sa.update(case).where(theirs).values(assigned_to=None, assigned_until=None))
    return 1


def _absent(ctx: Context[Who], people: Collection[str]) -> set[str]:
    asked = sa.select(absence.c.person_id).where(absence.c.person_id.in_(people), valid_at(absence, ctx.now))
    return set(ctx.tx.scalars(asked))


def _working(ctx: Context[Who], people: Collection[str]) -> set[tuple[str, str, str]]:
    """Who is in a slot now, where and in which step."""
    slot = roster_slot.c
    asked = sa.select(slot.person_id, slot.organisation_id, slot.step)
    rows = ctx.tx.execute(asked.where(slot.person_id.in_(people), valid_at(roster_slot, ctx.now)))
    return {(row.person_id, row.organisation_id, row.step) for row in rows}


def _signed_in_until(ctx: Context[Who], people: Collection[str]) -> dict[str, datetime]:
    """Until when each was signed in, or will be if they do nothing more: the latest of their sessions."""
    session = staff_session.c
    asked = sa.select(session.person_id, session.created_at, session.active_at, session.ended_at)
    lately = ctx.now - IDLE - timedelta(minutes=terms.LONGEST_MINUTES)
    found: dict[str, datetime] = {}
    for row in ctx.tx.execute(asked.where(session.person_id.in_(people), session.active_at > lately)):
        until = min(row.ended_at or ctx.now + LONGEST, row.active_at + IDLE, row.created_at + LONGEST)
        found[row.person_id] = max(until, found.get(row.person_id, until))
    return found
