"""Leases: a person holds a case while they renew their lease; it returns to the queue when the lease expires."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from reading import tables
from reading.access import door
from reading.actions import Action
from reading.cases import cases
from reading.cases.cases import Case
from reading.cases.moves import Move, State, Step
from reading.context import Context, Who, without_door
from reading.errors import MoveNotAllowed, NotAllowed, Stale
from reading.kinds import Priority, Tier
from reading.queue.screen_state import ScreenState
from reading.reports import drafts, releases, versions
from reading.row_rules import valid_at
from reading.rules import case_rule, flags
from reading.viewers import RoleGrant, Staff
from storage.prepared import Prepared, Work

LEASE: Final = timedelta(minutes=10)
"""The length of a lease; the desk renews it every minute or two."""


@dataclass(frozen=True, kw_only=True)
class Lease:
    case_id: str
    person_id: str
    grant_id: str
    step: Step
    taken_at: datetime
    expires_at: datetime
    revision: int
    parked_at: datetime | None = None
    """When they put it aside (`reading.queue.parking`); None while they work at it."""
    screen: ScreenState | None = None
    """What was on their screen when they last put it aside."""


_GIVE: Final = Prepared(lambda _: sa.insert(tables.lease))


def given(case: Case, grant: RoleGrant, now: datetime) -> Work:
    """The lease of a case that was just claimed, to be written together with its move."""
    row = {
        "case_id": case.id,
        "person_id": grant.person_id,
        "grant_id": grant.id,
        "step": case.step,
        "taken_at": now,
        "expires_at": now + LEASE,
        "revision": 1,
    }
    return _GIVE, [row]


def drop_blind(tx: Connection, case: Case, person_id: str) -> None:
    """Of two blind readers neither goes on with what another one typed; what is no blind reading is handed on."""
    if case.step is Step.SECOND or (case.step is Step.READ and case_rule.is_read_by_two(tx, case)):
        drafts.drop_of_others(tx, case.id, person_id)


def renew(ctx: Context[Staff], case_id: str, revision: int) -> Lease:
    """Extend a lease, under a new revision.

    Raises:
        NotThere: no such case, or not one that they may see.
        Stale: the lease is gone, lies aside, or was renewed elsewhere.
        NotAllowed: the grant has ended in the meantime.

    """
    door.open_case(ctx, case_id, Action.CASE_OPEN)
    lease, held = tables.lease, lease_of(ctx.tx, case_id)
    if held is not None and held.person_id == ctx.who.person_id:
        _grant_of(ctx, held)
    row = ctx.tx.execute(
        sa.update(lease)
        .where(lease.c.case_id == case_id, lease.c.person_id == ctx.who.person_id, lease.c.revision == revision)
        .where(lease.c.parked_at.is_(None))
        .values(expires_at=ctx.now + LEASE, revision=revision + 1)
        .returning(*lease.c)
    ).one_or_none()
    if row is None:
        raise _lost(ctx, case_id)
    return from_row(row)


def put_back(ctx: Context[Staff], case_id: str, *, revision: int) -> Case:
    """Put a case back into the queue for somebody else; the draft stays with it.

    Raises:
        NotThere: no such case, or not one that they may see.
        Stale: not theirs any more.

    """
    case, grant = hold(ctx, case_id, None, revision)
    return let_go(ctx, case, Move.PUT_BACK, grant=grant)


def return_to_site(ctx: Context[Staff], case_id: str, *, revision: int, why: str) -> Case:
    """Return a case to the township for a retake or missing facts.

    Raises:
        NotThere: no such case, or not one that they may see.
        Stale: not theirs any more.
        Invalid: no reason was given.

    """
    case, grant = hold(ctx, case_id, None, revision)
    return let_go(ctx, case, Move.RETURN, grant=grant, why=cases.reason(why))


def escalate(ctx: Context[Staff], case_id: str, *, revision: int, why: str) -> Case:
    """Escalate a case to the city, which reads it or reviews what the county's reader has signed.

    Raises:
        NotThere: no such case, or not one that they may see.
        Stale: not theirs any more.
        NotAllowed: it is at the city already, or an emergency that is signed would have to wait.
        Invalid: no reason was given.

    """
    case, grant = hold(ctx, case_id, None, revision)
    if case.tier is Tier.CITY:
        raise NotAllowed("at_the_city_already")
    if case.state is State.VERIFYING and case.priority is Priority.EMERGENCY:
        raise NotAllowed("emergencies_never_wait")
    case = case_rule.retriage(ctx.tx, case, escalated=True)
    return let_go(ctx, case, Move.ESCALATE, grant=grant, why=cases.reason(why), tier=Tier.CITY)


@without_door("The worker's step ends the leases of every site.")
def expire(ctx: Context[Who]) -> int:
    """Put back the cases whose lease or whose holder's role has ended, and what lies aside that may not; how many."""
    case, lease, grant = tables.case, tables.lease, tables.role_grant
    holds = sa.exists().where(grant.c.id == lease.c.grant_id, valid_at(grant, ctx.now)).correlate(lease)
    aside = lease.c.parked_at.is_not(None) & _cannot_lie_aside(ctx)
    rows = ctx.tx.execute(
        sa.select(case)
        .join(lease, lease.c.case_id == case.c.id)
        .where((lease.c.expires_at <= ctx.now) | aside | ~holds)
        .limit(100)
        .with_for_update(skip_locked=True, of=case)
    ).all()
    for row in rows:
        let_go(ctx, cases.from_row(row), Move.EXPIRE, grant=None)
    return len(rows)


def _cannot_lie_aside(ctx: Context[Who]) -> sa.ColumnElement[bool]:
    """The condition of what was flagged, ordered as an emergency or given another rule after it was put aside."""
    case = tables.case
    late = (case.c.due_at <= ctx.now) & ~releases.was_released(case.c.id)
    return case.c.critical | (case.c.priority == Priority.EMERGENCY) | late


@without_door("A part of an act that opens a case or chooses one.")
def in_turn(ctx: Context[Staff]) -> None:
    """Let one person's acts at two desks wait for each other, so that each counts what the other takes."""
    person = tables.person
    ctx.tx.execute(sa.select(person.c.id).where(person.c.id == ctx.who.person_id).with_for_update(key_share=True))


def lease_of(tx: Connection, case_id: str) -> Lease | None:
    row = tx.execute(sa.select(tables.lease).where(tables.lease.c.case_id == case_id)).one_or_none()
    return None if row is None else from_row(row)


def hold(ctx: Context[Staff], case_id: str, step: Step | None, revision: int) -> tuple[Case, RoleGrant]:
    """Open and lock a case that this person holds; answers it with their grant (``step`` None: any step).

    Raises:
        NotThere: no such case, or not one that they may see.
        Stale: the lease is not theirs, or not of this revision.
        MoveNotAllowed: they hold it for another step.
        NotAllowed: the grant has ended in the meantime.

    """
    door.open_case(ctx, case_id, Action.CASE_OPEN)
    case = cases.lock(ctx.tx, case_id)
    lease = lease_of(ctx.tx, case_id)
    if lease is None or lease.person_id != ctx.who.person_id or lease.revision != revision:
        raise _lost(ctx, case_id)
    if step is not None and lease.step is not step:
        raise MoveNotAllowed(case.state, step)
    return case, _grant_of(ctx, lease)


@without_door("A part of an act that has opened the case, or of the system's step.")
def let_go(
    ctx: Context[Who],
    case: Case,
    made: Move,
    *,
    grant: RoleGrant | None,
    why: str = "",
    tier: Tier | None = None,
    countersign_at: str | None = None,
) -> Case:
    """Move a case and end its lease; the draft stays only where the next person takes the same step."""
    end_lease(ctx.tx, case.id)
    moved = cases.move(ctx, case, made, grant=grant, why=why, tier=tier, countersign_at=countersign_at)
    if case.step is not Step.READ and moved.step is Step.READ:
        versions.withdraw_blind(ctx.tx, case.id)
    if moved.step is not case.step or moved.state is State.FINAL:
        drafts.drop(ctx.tx, case.id)
        if case.step in {Step.SECOND, Step.ARBITRATE}:
            moved = flags.follow(ctx.tx, moved)
    return moved


def end_lease(tx: Connection, case_id: str) -> None:
    # The moves keep who held a case and when.
    tx.execute(sa.delete(tables.lease).where(tables.lease.c.case_id == case_id))


def _grant_of(ctx: Context[Staff], lease: Lease) -> RoleGrant:
    """The grant with which they took a case that they hold."""
    grant = next((grant for grant in ctx.who.grants if grant.id == lease.grant_id), None)
    if grant is None:
        raise NotAllowed("grant_has_ended")
    return grant


def _lost(ctx: Context[Staff], case_id: str) -> Stale:
    """The error for somebody who may see a case but does not hold it."""
    lease = lease_of(ctx.tx, case_id)
    return Stale(lease.revision if lease is not None and lease.person_id == ctx.who.person_id else None)


def from_row(row: sa.Row[Any]) -> Lease:
    return Lease(
        case_id=row.case_id,
        person_id=row.person_id,
        grant_id=row.grant_id,
        step=Step(row.step),
        taken_at=row.taken_at,
        expires_at=row.expires_at,
        revision=row.revision,
        parked_at=row.parked_at,
        screen=None if row.screen is None else ScreenState.model_validate(row.screen),
    )
