"""Parking: somebody puts a case aside with draft and screen, to take a more urgent one, and goes on with it later."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from reading import tables
from reading.access import door
from reading.actions import Action
from reading.cases import cases, history
from reading.cases.cases import Case
from reading.cases.moves import Move, after
from reading.context import Context
from reading.errors import NotAllowed, Stale
from reading.kinds import Priority
from reading.queue import leases, standing
from reading.queue.leases import LEASE, Lease
from reading.queue.screen_state import ScreenState
from reading.reports import releases
from reading.rules import case_rule
from reading.viewers import Staff

MOST: Final = 3
"""Cases that one person may have aside at once."""


def park(ctx: Context[Staff], case_id: str, *, revision: int, screen: ScreenState) -> Lease:
    """Put a case aside: it stays theirs for the time that its rule gives, and goes back to the queue after it.

    It does so before, where it is critical or due by then (`leases.expire`).

    Raises:
        NotThere: no such case, or not one that they may see.
        Stale: it is not theirs any more, or lies aside already.
        NotAllowed: it is an emergency, critical or overdue, its rule lets nobody put it aside, or they have enough
            aside.

    """
    case, grant = leases.hold(ctx, case_id, None, revision)
    until = aside_until(ctx.tx, case, ctx.now)
    if until is None:
        raise NotAllowed("never_put_aside")
    leases.in_turn(ctx)
    lease = tables.lease
    theirs = sa.select(sa.func.count()).where(lease.c.person_id == ctx.who.person_id, lease.c.parked_at.is_not(None))
    if (ctx.tx.scalar(theirs) or 0) >= MOST:
        raise NotAllowed("enough_put_aside")
    row = ctx.tx.execute(
        sa.update(lease)
        .where(lease.c.case_id == case_id, lease.c.revision == revision, lease.c.parked_at.is_(None))
        .values(
            parked_at=ctx.now,
            screen=screen.model_dump(mode="json"),
            expires_at=until,
            revision=revision + 1,
        )
        .returning(*lease.c)
    ).one_or_none()
    if row is None:
        raise Stale(revision)
    after(case.state, Move.PARK)
    history.record_move(ctx, case_id, Move.PARK, case.state, grant=grant)
    return leases.from_row(row)


def resume(ctx: Context[Staff], case_id: str) -> Lease:
    """Go on with a case that they put aside; nothing changes where it does not lie aside.

    Raises:
        NotThere: no such case, or not one that they may see.
        Stale: it is not theirs any more: its time was over.
        NotAllowed: the grant has ended in the meantime; or they work at as many cases as their limit says.

    """
    door.open_case(ctx, case_id, Action.CASE_OPEN)
    cases.lock(ctx.tx, case_id)
    found = leases.lease_of(ctx.tx, case_id)
    if found is None or found.person_id != ctx.who.person_id:
        raise Stale(None)
    if found.parked_at is None:
        return found
    case, grant = leases.hold(ctx, case_id, None, found.revision)
    leases.in_turn(ctx)
    if standing.standing_of(ctx.tx, ctx.who, ctx.now).at_limit:
        raise NotAllowed("limit_of_open_cases")
    lease = tables.lease
    row = ctx.tx.execute(
        sa.update(lease)
        .where(lease.c.case_id == case_id)
        .values(parked_at=None, expires_at=ctx.now + LEASE, revision=found.revision + 1)
        .returning(*lease.c)
    ).one()
    after(case.state, Move.RESUME)
    history.record_move(ctx, case_id, Move.RESUME, case.state, grant=grant)
    return leases.from_row(row)


def aside_until(tx: Connection, case: Case, now: datetime) -> datetime | None:
    """Until when a case may lie aside: in all as long as its rule says, and until it is released not past its due time.

    None: not at all. An emergency and a critical case never lie aside.
    """
    if case.priority is Priority.EMERGENCY or case.critical:
        return None
    until = now + timedelta(minutes=case_rule.rule_of(tx, case).park_minutes) - _was_aside(tx, case)
    if releases.newest(tx, case.id) is None:
        until = min(until, case.due_at)
    return until if until > now else None


def _was_aside(tx: Connection, case: Case) -> timedelta:
    """How long whoever holds a case has had it aside before; it does not lie aside now."""
    found, resumed_at = timedelta(), None
    for one in reversed(history.moves_of(tx, case.id)):
        if one.move is Move.CLAIM:
            break
        if one.move is Move.RESUME:
            resumed_at = one.at
        elif one.move is Move.PARK and resumed_at is not None:
            found += resumed_at - one.at
    return found
