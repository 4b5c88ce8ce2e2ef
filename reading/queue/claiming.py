"""Claiming: the queue hands out the most urgent case that a person may take, or the one that they choose."""

from __future__ import annotations

from datetime import datetime
from functools import partial

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from reading import tables
from reading.access import blindness, door
from reading.actions import Action
from reading.cases import cases, history
from reading.cases.cases import Case
from reading.cases.moves import SIGNS_AS, STEP_OF, WAITING, Move, SigningRole, Step, after, only_role
from reading.context import Context, without_door
from reading.errors import MoveNotAllowed, NotAllowed
from reading.kinds import Priority, Tier
from reading.queue import leases, next_case, standing, takings, training
from reading.queue.standing import Desks, Standing
from reading.queue.takings import How
from reading.queue.waiting import Key
from reading.roster.groups import READS
from reading.rules import case_rule
from reading.rules.staffing import MayChoose
from reading.viewers import RoleGrant, Staff
from storage.prepared import write


@without_door("It chooses among the cases that the person may work on; the look is recorded when they open theirs.")
def claim_next(ctx: Context[Staff], step: Step | None) -> Case | None:
    """Claim the most urgent case that this person may take; None when there is none.

    Urgency is the priority; then what waits for them, then the due time. What waits for somebody else is left out.
    One statement chooses and moves: on PostgreSQL it skips what others are choosing at the same moment, on SQLite
    there is one writer at a time. The first cases of each site are looked at first, and all only where others are
    choosing just these. An emergency is for whoever has as many cases open as their limit says, too.

    Raises:
        NotAllowed: they have as many, and there is no emergency.

    """
    theirs = _standing(ctx)
    desks = {key: sites for key, sites in theirs.desks.items() if step in {None, key[0]}}
    if not desks:
        return None
    taken = partial(next_case.take, ctx, desks, theirs)
    row = taken(heads_only=True) or taken(heads_only=False)
    if row is None:
        if theirs.at_limit:
            raise NotAllowed("limit_of_open_cases")
        return None
    claimed = cases.from_row(row)
    grant = training.grant_of(ctx.who, claimed, desks[claimed.step, claimed.tier][claimed.site_id])
    _keep(ctx, claimed, grant, How.NEXT, waited_for=row.assigned_to)
    return claimed


@without_door("It names a case that waits, to whoever it would be handed to; its pictures are opened through the door.")
def foresee(ctx: Context[Staff], step: Step | None) -> str | None:
    """The id of the case that `claim_next` would claim once the present one is done; it stays where it waits.

    It is another one for each of those who read from one queue, as far as their turns can be told; None for whoever has
    too many before them. Somebody else may be handed it meanwhile.
    """
    theirs = standing.standing_of(ctx.tx, ctx.who, ctx.now)
    desks = {key: sites for key, sites in theirs.desks.items() if step in {None, key[0]}}
    return next_case.foreseen(ctx, desks, theirs) if desks else None


def claim(ctx: Context[Staff], case_id: str, *, why: str = "") -> Case:
    """Claim a case of their choice; nothing changes when they hold it already.

    ``why`` is kept with the case where it is not the one that they would be handed.

    Raises:
        NotThere: no such case, or not one that they may see.
        NotAllowed: no role or skill for it, or they have acted on it in another role, were told what its first blind
            reader flagged, are in training and it is read blind, are no attending of the resident who signed it, have
            as many cases open as their limit says and it is no emergency, or its rule lets nobody choose.
        MoveNotAllowed: it does not wait.
        Invalid: its rule wants a reason of whoever chooses.

    """
    door.open_case(ctx, case_id, Action.CASE_OPEN)
    case = cases.lock(ctx.tx, case_id)
    lease = leases.lease_of(ctx.tx, case_id)
    if lease is not None and lease.person_id == ctx.who.person_id:
        return case
    if case.state not in WAITING:
        raise MoveNotAllowed(case.state, Move.CLAIM)
    step = STEP_OF[case.state]
    theirs = _standing(ctx)
    grant = training.grant_of(ctx.who, case, _grant(theirs.desks, step, case, case.tier))
    not_their_own(ctx.tx, case, step, cases.roles_of(ctx.tx, case_id, ctx.who.person_id))
    not_told(ctx.tx, case, step, ctx.who, ctx.now)
    training.check(ctx.tx, case, step, ctx.who, ctx.now)
    if theirs.at_limit and case.priority is not Priority.EMERGENCY:
        raise NotAllowed("limit_of_open_cases")
    if step in READS and case.skills not in theirs.skill_sets:
        raise NotAllowed("skills_are_asked_for")
    how, skipped, waited_for = _how(ctx, case, (step, case.tier), theirs)
    said = _reason(ctx.tx, case, why) if how is How.CHOSEN else ""
    claimed = cases.change(ctx.tx, case, state=after(case.state, Move.CLAIM))
    _keep(ctx, claimed, grant, how, waited_for=waited_for, skipped=skipped, why=said)
    return claimed


def _standing(ctx: Context[Staff]) -> Standing:
    """What they may be given; whoever has a limit claims at one desk after the other, and each counts anew."""
    theirs = standing.standing_of(ctx.tx, ctx.who, ctx.now)
    if not theirs.is_limited:
        return theirs
    leases.in_turn(ctx)
    return standing.standing_of(ctx.tx, ctx.who, ctx.now)


def _keep(
    ctx: Context[Staff],
    claimed: Case,
    grant: RoleGrant,
    how: How,
    *,
    waited_for: str | None,
    skipped: int = 0,
    why: str = "",
) -> None:
    """Write what a claim leaves, in one go: the lease, the move, how the person came to the case, and the event."""
    leases.drop_blind(ctx.tx, claimed, grant.person_id)
    work = [
        leases.given(claimed, grant, ctx.now),
        *history.moved(ctx, claimed.id, Move.CLAIM, claimed.state, grant=grant, why=why),
        *takings.kept(claimed, grant, ctx.now, how=how, waited_for=waited_for, skipped=skipped, why=why),
    ]
    write(ctx.tx, work)


def _reason(tx: Connection, case: Case, why: str) -> str:
    """The reason of whoever chooses, as the case's rule asks for one."""
    may = case_rule.rule_of(tx, case).may_choose
    if may is MayChoose.NO:
        raise NotAllowed("cases_are_handed_out")
    return cases.reason(why) if why.strip() or may is MayChoose.WITH_REASON else ""


def _how(ctx: Context[Staff], case: Case, key: Key, theirs: Standing) -> tuple[How, int, str | None]:
    """How somebody comes to a case that they name, how many they pass over, and whom it waited for."""
    row = ctx.tx.execute(
        sa.select(tables.case.c.assigned_to, tables.case.c.assigned_until).where(tables.case.c.id == case.id)
    ).one()
    if row.assigned_to == ctx.who.person_id:
        return How.ASSIGNED, 0, row.assigned_to
    waits_for_another = row.assigned_to is not None and row.assigned_until > ctx.now
    skipped = next_case.count_before(ctx, {key: theirs.desks[key]}, theirs, case)
    return (How.CHOSEN if skipped or waits_for_another else How.NEXT), skipped, row.assigned_to


def grant_for(tx: Connection, staff: Staff, step: Step, case: Case, tier: Tier, *, now: datetime) -> RoleGrant:
    """The grant under which this person may take a step of a case at a tier.

    Raises:
        NotAllowed: they have none.

    """
    return _grant(standing.desks_of(tx, staff, now), step, case, tier)


def not_their_own(tx: Connection, case: Case, step: Step, roles: frozenset[SigningRole]) -> None:
    """Check that somebody who acted on a case in ``roles`` may take this step of it.

    Raises:
        NotAllowed: they acted in another role, or their own review is disputed.

    """
    only_role(SIGNS_AS[step], roles)
    if SigningRole.REVIEWER in roles and history.was_moved(tx, case.id, Move.DISPUTE):
        raise NotAllowed("a_third_person_decides")


def not_told(tx: Connection, case: Case, step: Step, staff: Staff, now: datetime) -> None:
    """Check that a second reader knows nothing of the first reading.

    Raises:
        NotAllowed: they were told what the first reader flagged.

    """
    told = blindness.told_of_another(tables.case, staff.person_id, now)
    if step is Step.SECOND and cases.is_one_of(tx, case.id, told):
        raise NotAllowed("told_of_the_flag")


def _grant(desks: Desks, step: Step, case: Case, tier: Tier) -> RoleGrant:
    grant = desks.get((step, tier), {}).get(case.site_id)
    if grant is None:
        raise NotAllowed("no_role_for_this_step")
    return grant
