"""Claiming: the queue hands out the most urgent case that a person may take, or the one that they choose."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from functools import cache, partial
from typing import Any, Final

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
from reading.queue import fitness, leases, takings
from reading.queue.fitness import PERSON, Fitness
from reading.queue.takings import How
from reading.queue.waiting import NOW, SKILLS, Key, heads, is_among, is_free, sites_name, waiting_for
from reading.register import organisations
from reading.roster.groups import READS, ROLES
from reading.rules import case_rule
from reading.rules.staffing import MayChoose
from reading.viewers import RoleGrant, Staff

_OF_EACH_SITE: Final = 5
"""The cases of a site that a claim considers first: more than simultaneous claims take from one site."""

_Desks = dict[Key, dict[str, RoleGrant]]


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
    desks = {key: sites for key, sites in _desks(ctx.tx, ctx.who, ctx.now).items() if step in {None, key[0]}}
    if not desks:
        return None
    fit = _fit(ctx)
    taken = partial(_taken, ctx, desks, fit)
    row = taken(heads_only=True) or taken(heads_only=False)
    if row is None:
        if fit.at_limit:
            raise NotAllowed("limit_of_open_cases")
        return None
    claimed = cases.from_row(row)
    grant = desks[claimed.step, claimed.tier][claimed.site_id]
    leases.give(ctx, claimed, grant)
    takings.keep(ctx, claimed, grant, how=How.NEXT, waited_for=row.assigned_to)
    return claimed


def claim(ctx: Context[Staff], case_id: str, *, why: str = "") -> Case:
    """Claim a case of their choice; nothing changes when they hold it already.

    ``why`` is kept with the case where it is not the one that they would be handed.

    Raises:
        NotThere: no such case, or not one that they may see.
        NotAllowed: no role or skill for it, or they have acted on it in another role, were told what its first blind
            reader flagged, have as many cases open as their limit says and it is no emergency, or its rule lets nobody
            choose.
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
    desks = _desks(ctx.tx, ctx.who, ctx.now)
    grant = _grant(desks, step, case, case.tier)
    not_their_own(ctx.tx, case, step, cases.roles_of(ctx.tx, case_id, ctx.who.person_id))
    not_told(ctx.tx, case, step, ctx.who, ctx.now)
    fit = _fit(ctx)
    if fit.at_limit and case.priority is not Priority.EMERGENCY:
        raise NotAllowed("limit_of_open_cases")
    if step in READS and case.skills not in fit.skill_sets:
        raise NotAllowed("skills_are_asked_for")
    how, skipped, waited_for = _how(ctx, case, (step, case.tier), desks, fit)
    said = _reason(ctx.tx, case, why) if how is How.CHOSEN else ""
    claimed = cases.change(ctx.tx, case, state=after(case.state, Move.CLAIM))
    leases.give(ctx, claimed, grant, why=said)
    takings.keep(ctx, claimed, grant, how=how, waited_for=waited_for, skipped=skipped, why=said)
    return claimed


def _fit(ctx: Context[Staff]) -> Fitness:
    """What they may be given; whoever has a limit claims at one desk after the other, and each counts anew."""
    fit = fitness.fitness_of(ctx.tx, ctx.who.person_id, ctx.now)
    if not fit.is_limited:
        return fit
    leases.in_turn(ctx)
    return fitness.fitness_of(ctx.tx, ctx.who.person_id, ctx.now)


def _reason(tx: Connection, case: Case, why: str) -> str:
    """The reason of whoever chooses, as the case's rule asks for one."""
    may = case_rule.rule_of(tx, case).may_choose
    if may is MayChoose.NO:
        raise NotAllowed("cases_are_handed_out")
    return cases.reason(why) if why.strip() or may is MayChoose.WITH_REASON else ""


def _how(ctx: Context[Staff], case: Case, key: Key, desks: _Desks, fit: Fitness) -> tuple[How, int, str | None]:
    """How somebody comes to a case that they name, how many they pass over, and whom it waited for."""
    row = ctx.tx.execute(
        sa.select(tables.case.c.assigned_to, tables.case.c.assigned_until).where(tables.case.c.id == case.id)
    ).one()
    if row.assigned_to == ctx.who.person_id:
        return How.ASSIGNED, 0, row.assigned_to
    waits_for_another = row.assigned_to is not None and row.assigned_until > ctx.now
    asked = {
        **_parameters(ctx, {key: desks[key]}, fit),
        "of_rank": cases.queue_rank(case.priority, critical=case.critical),
        "of_due": case.due_at,
    }
    skipped: int = ctx.tx.execute(_before(ctx.tx.dialect.name, key), asked).scalar_one()
    return (How.CHOSEN if skipped or waits_for_another else How.NEXT), skipped, row.assigned_to


def grant_for(tx: Connection, staff: Staff, step: Step, case: Case, tier: Tier, *, now: datetime) -> RoleGrant:
    """The grant under which this person may take a step of a case at a tier.

    Raises:
        NotAllowed: they have none.

    """
    return _grant(_desks(tx, staff, now), step, case, tier)


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


def _desks(tx: Connection, staff: Staff, now: datetime) -> _Desks:
    """For each step and tier the sites that this person may work for, with the grant that allows it."""
    read = organisations.read_by(tx, {grant.organisation_id for grant in staff.grants}, now)
    found: _Desks = {}
    for (step, tier), roles in ROLES.items():
        for role in roles:
            for grant in staff.grants:
                if grant.role is role:
                    for site_id in read.get((tier, grant.organisation_id), ()):
                        found.setdefault((step, tier), {}).setdefault(site_id, grant)
    return found


def _grant(desks: _Desks, step: Step, case: Case, tier: Tier) -> RoleGrant:
    grant = desks.get((step, tier), {}).get(case.site_id)
    if grant is None:
        raise NotAllowed("no_role_for_this_step")
    return grant


def _parameters(ctx: Context[Staff], desks: _Desks, fit: Fitness) -> dict[str, Any]:
    sites = {sites_name(number): sorted(desks[key]) for number, key in enumerate(sorted(desks))}
    return {"person": ctx.who.person_id, "now": ctx.now, SKILLS: list(fit.skill_sets), **sites}


def _taken(ctx: Context[Staff], desks: _Desks, fit: Fitness, *, heads_only: bool) -> sa.Row[Any] | None:
    """The row of the most urgent claimable case, moved to its held state; ``heads_only``: of the first of each site."""
    dialect, keys = ctx.tx.dialect.name, tuple(sorted(desks))
    statement = _taking(dialect, keys, heads_only=heads_only, emergencies_only=fit.at_limit)
    return ctx.tx.execute(statement, _parameters(ctx, desks, fit)).one_or_none()


@cache
def _taking(dialect: str, keys: tuple[Key, ...], *, heads_only: bool, emergencies_only: bool) -> sa.UpdateBase:
    """The statement of `_taken`: putting it together takes longer than the database takes to run it."""
    case = tables.case
    chosen = sa.select(case.c.id).where(
        sa.or_(
            *(
                sa.and_(
                    case.c.state.in_(waiting_for(step)),
                    case.c.tier == tier,
                    is_among(dialect, case.c.site_id, sites_name(number)),
                    _claimable(case, step),
                    is_among(dialect, case.c.skills, SKILLS) if step in READS else sa.true(),
                )
                for number, (step, tier) in enumerate(keys)
            )
        )
    )
    if heads_only:
        chosen = chosen.where(case.c.id.in_(_first(dialect, keys)))
    if emergencies_only:
        chosen = chosen.where(case.c.rank == Priority.EMERGENCY.rank)
    mine = sa.case((case.c.assigned_to == PERSON, 0), else_=1)
    chosen = chosen.order_by(case.c.rank, mine, case.c.due_at, case.c.id).limit(1)
    held = sa.case({state: after(state, Move.CLAIM) for state in WAITING}, value=case.c.state)
    return (
        sa.update(case)
        .where(case.c.id == chosen.with_for_update(skip_locked=True, of=case).scalar_subquery())
        .values(state=held, revision=case.c.revision + 1)
        .returning(*case.c)
    )


@cache
def _before(dialect: str, key: Key) -> sa.Select[Any]:
    """How many of the first cases of each site somebody would be handed before one of a rank and a due time."""
    case = tables.case
    rank, due = sa.bindparam("of_rank", type_=sa.Integer), sa.bindparam("of_due", type_=case.c.due_at.type)
    mine = case.c.assigned_to == PERSON
    return (
        sa.select(sa.func.count())
        .select_from(case)
        .where(case.c.id.in_(_first(dialect, [key])))
        .where(sa.or_(case.c.rank < rank, (case.c.rank == rank) & (mine | (case.c.due_at < due))))
    )


def _first(dialect: str, keys: Sequence[Key]) -> sa.CompoundSelect[Any]:
    """The ids of the first claimable cases of each site, and of those that wait for this person."""
    case = tables.case.alias()
    theirs = sa.select(case.c.id).where(case.c.assigned_to == PERSON)
    return sa.union_all(*heads(dialect, keys, _claimable, of_each_site=_OF_EACH_SITE), theirs)


def _claimable(case: sa.FromClause, step: Step) -> sa.ColumnElement[bool]:
    return _theirs_to_take(case, step) & is_free(case, PERSON)


def _theirs_to_take(case: sa.FromClause, step: Step) -> sa.ColumnElement[bool]:
    """The condition that this person's earlier acts on a case do not bar them from this step of it."""
    review, moved = tables.review, tables.case_move
    reviewed = sa.exists().where(review.c.case_id == case.c.id, review.c.reviewer_id == PERSON)
    disputed = sa.exists().where(moved.c.case_id == case.c.id, moved.c.move == Move.DISPUTE)
    barred = (reviewed & disputed) if step is Step.REVIEW else reviewed
    if step is Step.SECOND:
        barred |= blindness.told_of_another(case, PERSON, NOW)
    return ~_signed_as_another(case, SIGNS_AS[step]) & ~barred


def _signed_as_another(case: sa.FromClause, role: SigningRole) -> sa.Exists:
    version, signature = tables.report_version, tables.signature
    return (
        sa.exists()
        .where(version.c.case_id == case.c.id)
        .where(signature.c.version_id == version.c.id)
        .where(signature.c.person_id == PERSON, signature.c.role != role)
    )
