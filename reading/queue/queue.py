"""The queue: hands out the next case as a lease, which is renewed while somebody works and expires when they vanish."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql
from sqlalchemy.engine import Connection

from reading import tables
from reading.access import access
from reading.actions import Action
from reading.cases import cases
from reading.cases.cases import Case
from reading.cases.moves import SIGNS_AS, STEP_OF, WAITING, Move, SigningRole, State, Step, after, only_role
from reading.context import Context, Who, without_door
from reading.errors import MoveNotAllowed, NotAllowed, Stale
from reading.kinds import Priority, Role, Tier
from reading.register import organisations
from reading.reports import drafts
from reading.rules import triage
from reading.viewers import RoleGrant, Staff

LEASE: Final = timedelta(minutes=10)
"""How long a case stays with somebody who is not heard of; the desk renews every minute or two."""

_OF_EACH_SITE: Final = 5
"""More than claims of one moment take from one site."""

_Desks = dict[tuple[Step, Tier], dict[str, RoleGrant]]

ROLES: Final[dict[tuple[Step, Tier], tuple[Role, ...]]] = {
    (Step.READ, Tier.COUNTY): (Role.READER,),
    (Step.VERIFY, Tier.COUNTY): (Role.VERIFIER,),
    # What the county found too hard is read by those who review it otherwise.
    (Step.READ, Tier.CITY): (Role.REVIEWER, Role.READER),
    (Step.VERIFY, Tier.CITY): (Role.REVIEWER, Role.VERIFIER),
    (Step.REVIEW, Tier.CITY): (Role.REVIEWER,),
}
"""Which roles may take a step at a tier, the one whose grant is used first."""


@dataclass(frozen=True, kw_only=True)
class Lease:
    case_id: str
    person_id: str
    grant_id: str
    step: Step
    taken_at: datetime
    expires_at: datetime
    revision: int


@without_door("It chooses among the cases that the person may work on; the look is recorded when they open theirs.")
def claim_next(ctx: Context[Staff], step: Step | None) -> Case | None:
    """The most urgent case that this person may take, now theirs; None when there is none.

    Urgency is the priority, then the due time. One statement chooses and moves: on PostgreSQL it skips
    what others are choosing at the same moment, on SQLite there is one writer at a time. The first cases of
    each site are looked at first, and all only where others are choosing just these.
    """
    desks = {key: sites for key, sites in _desks(ctx.tx, ctx.who, ctx.now).items() if step in {None, key[0]} and sites}
    if not desks:
        return None
    row = _taken(ctx.tx, ctx.who, desks, _heads(ctx.tx, ctx.who, desks)) or _taken(ctx.tx, ctx.who, desks, None)
    if row is None:
        return None
    claimed = cases.from_row(row)
    came_from = cases.moves_of(ctx.tx, claimed.id)[-1].to_state
    return _leased(ctx, claimed, came_from, desks[claimed.step, claimed.tier])


def claim(ctx: Context[Staff], case_id: str) -> Case:
    """A case of their choice, now theirs; one that is theirs already stays so.

    Raises:
        NotThere: no such case, or not one that they may see.
        NotAllowed: no role for it, or they have acted on it in another role.
        MoveNotAllowed: it does not wait.

    """
    access.open_case(ctx, case_id, Action.CASE_OPEN)
    case = cases.lock(ctx.tx, case_id)
    lease = lease_of(ctx.tx, case_id)
    if lease is not None and lease.person_id == ctx.who.person_id:
        return case
    if case.state not in WAITING:
        raise MoveNotAllowed(case.state, Move.CLAIM)
    grant = grant_for(ctx.tx, ctx.who, STEP_OF[case.state], case, case.tier, now=ctx.now)
    not_their_own(ctx.tx, case, STEP_OF[case.state], cases.roles_of(ctx.tx, case_id, ctx.who.person_id))
    claimed = cases.change(ctx.tx, case, state=after(case.state, Move.CLAIM))
    return _leased(ctx, claimed, case.state, {case.site_id: grant})


def renew(ctx: Context[Staff], case_id: str, revision: int) -> Lease:
    """The same lease for longer, under a new revision.

    Raises:
        NotThere: no such case, or not one that they may see.
        Stale: the lease is gone or was renewed elsewhere.

    """
    access.open_case(ctx, case_id, Action.CASE_OPEN)
    lease = tables.lease
    row = ctx.tx.execute(
        sa.update(lease)
        .where(lease.c.case_id == case_id, lease.c.person_id == ctx.who.person_id, lease.c.revision == revision)
        .values(expires_at=ctx.now + LEASE, revision=revision + 1)
        .returning(*lease.c)
    ).one_or_none()
    if row is None:
        raise _lost(ctx, case_id)
    return _lease(row)


def put_back(ctx: Context[Staff], case_id: str, *, revision: int) -> Case:
    """Back into the queue for somebody else; the draft stays with the case.

    Raises:
        NotThere: no such case, or not one that they may see.
        Stale: not theirs any more.

    """
    case, grant = hold(ctx, case_id, None, revision)
    return let_go(ctx, case, Move.PUT_BACK, grant=grant)


def return_to_site(ctx: Context[Staff], case_id: str, *, revision: int, why: str) -> Case:
    """Back to the township for a retake or missing facts.

    Raises:
        NotThere: no such case, or not one that they may see.
        Stale: not theirs any more.
        Invalid: no reason was given.

    """
    case, grant = hold(ctx, case_id, None, revision)
    return let_go(ctx, case, Move.RETURN, grant=grant, why=cases.reason(why))


def escalate(ctx: Context[Staff], case_id: str, *, revision: int, why: str) -> Case:
    """Too hard for the county: the city reads it, or reviews what the county's reader has signed.

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
    case = triage.retriage(ctx.tx, case, escalated=True)
    return let_go(ctx, case, Move.ESCALATE, grant=grant, why=cases.reason(why), tier=Tier.CITY)


def grant_for(tx: Connection, staff: Staff, step: Step, case: Case, tier: Tier, *, now: datetime) -> RoleGrant:
    """The grant under which this person may take a step of a case at a tier.

    Raises:
        NotAllowed: they have none.

    """
    grant = _desks(tx, staff, now).get((step, tier), {}).get(case.site_id)
    if grant is None:
        raise NotAllowed("no_role_for_this_step")
    return grant


def not_their_own(tx: Connection, case: Case, step: Step, roles: frozenset[SigningRole]) -> None:
    """Make sure that somebody who acted on a case in ``roles`` may take this step of it.

    Raises:
        NotAllowed: they acted in another role, or their own review is disputed.

    """
    only_role(SIGNS_AS[step], roles)
    if SigningRole.REVIEWER in roles and cases.was_moved(tx, case.id, Move.DISPUTE):
        raise NotAllowed("a_third_person_decides")


@without_door("The worker's step ends the leases of every site.")
def expire(ctx: Context[Who]) -> int:
    """Put back what was leased by people who vanished; how many."""
    case, lease = tables.case, tables.lease
    rows = ctx.tx.execute(
        sa.select(case)
        .join(lease, lease.c.case_id == case.c.id)
        .where(lease.c.expires_at <= ctx.now)
        .limit(100)
        .with_for_update(skip_locked=True, of=case)
    ).all()
    for row in rows:
        let_go(ctx, cases.from_row(row), Move.EXPIRE, grant=None)
    return len(rows)


def lease_of(tx: Connection, case_id: str) -> Lease | None:
    row = tx.execute(sa.select(tables.lease).where(tables.lease.c.case_id == case_id)).one_or_none()
    return None if row is None else _lease(row)


def hold(ctx: Context[Staff], case_id: str, step: Step | None, revision: int) -> tuple[Case, RoleGrant]:
    """Open and lock a case that this person holds; the grant under which they do (``step`` None: for any step).

    Raises:
        NotThere: no such case, or not one that they may see.
        Stale: the lease is not theirs, or not of this revision.
        MoveNotAllowed: they hold it for another step.
        NotAllowed: the grant has ended in the meantime.

    """
    access.open_case(ctx, case_id, Action.CASE_OPEN)
    case = cases.lock(ctx.tx, case_id)
    lease = lease_of(ctx.tx, case_id)
    if lease is None or lease.person_id != ctx.who.person_id or lease.revision != revision:
        raise _lost(ctx, case_id)
    if step is not None and lease.step is not step:
        raise MoveNotAllowed(case.state, step)
    grant = next((grant for grant in ctx.who.grants if grant.id == lease.grant_id), None)
    if grant is None:
        raise NotAllowed("grant_has_ended")
    return case, grant


@without_door("A part of an act that has opened the case, or of the system's step.")
def let_go(
    ctx: Context[Who], case: Case, made: Move, *, grant: RoleGrant | None, why: str = "", tier: Tier | None = None
) -> Case:
    """Move a case that is held and end its lease; the draft stays only for the next person at the same step."""
    end_lease(ctx.tx, case.id)
    moved = cases.move(ctx, case, made, grant=grant, why=why, tier=tier)
    if moved.step is not case.step or moved.state is State.FINAL:
        drafts.drop(ctx.tx, case.id)
    return moved


def end_lease(tx: Connection, case_id: str) -> None:
    # A lease is not history: who held a case and when stands in its moves.
    tx.execute(sa.delete(tables.lease).where(tables.lease.c.case_id == case_id))


def _desks(tx: Connection, staff: Staff, now: datetime) -> _Desks:
    """For each step and tier the sites that this person may work for, with the grant that lets them."""
    found: _Desks = {}
    for (step, tier), roles in ROLES.items():
        sites = found.setdefault((step, tier), {})
        for role in roles:
            for grant in staff.grants:
                if grant.role is role:
                    for site_id in organisations.sites_read_by(tx, {grant.organisation_id}, tier, now):
                        sites.setdefault(site_id, grant)
    return found


def _taken(tx: Connection, staff: Staff, desks: _Desks, among: sa.CompoundSelect[Any] | None) -> sa.Row[Any] | None:
    """The most urgent claimable case, of all or of those that ``among`` finds, moved into somebody's hands."""
    case = tables.case
    chosen = sa.select(case.c.id).where(
        sa.or_(
            *(
                sa.and_(
                    case.c.state.in_(_waiting_for(step)),
                    case.c.tier == tier,
                    case.c.site_id.in_(list(sites)),
                    _theirs_to_take(case, step, staff),
                )
                for (step, tier), sites in desks.items()
            )
        )
    )
    if among is not None:
        chosen = chosen.where(case.c.id.in_(among))
    chosen = chosen.order_by(case.c.rank, case.c.due_at, case.c.id).limit(1)
    held = sa.case({state: after(state, Move.CLAIM) for state in WAITING}, value=case.c.state)
    return tx.execute(
        sa.update(case)
        .where(case.c.id == chosen.with_for_update(skip_locked=True, of=case).scalar_subquery())
        .values(state=held, revision=case.c.revision + 1)
        .returning(*case.c)
    ).one_or_none()


def _heads(tx: Connection, staff: Staff, desks: _Desks) -> sa.CompoundSelect[Any]:
    """The ids of the first claimable cases of each site in each state, read from the queue's index and no further."""
    found: list[sa.Select[Any]] = []
    for (step, tier), sites in desks.items():
        for state in _waiting_for(step):
            site, head = _as_rows(tx, list(sites)), tables.case.alias()
            first = (
                sa.select(head.c.id)
                .where(head.c.site_id == site.c.value, head.c.state == state, head.c.tier == tier)
                .where(_theirs_to_take(head, step, staff))
                .order_by(head.c.rank, head.c.due_at)
                .limit(_OF_EACH_SITE)
            )
            if tx.dialect.name == "postgresql":
                each = first.lateral()
                found.append(sa.select(each.c.id).select_from(site.join(each, sa.true())))
            else:  # which has no LATERAL, and looks these up by their key
                case = tables.case.alias()
                found.append(sa.select(case.c.id).select_from(site.join(case, case.c.id.in_(first.correlate(site)))))
    return sa.union_all(*found)


def _as_rows(tx: Connection, ids: list[str]) -> sa.TableValuedAlias:
    """One parameter as rows with the column ``value``, so that the statement is the same for any number."""
    if tx.dialect.name == "postgresql":
        return sa.func.unnest(sa.literal(ids, postgresql.ARRAY(sa.String))).table_valued("value").render_derived()
    return sa.func.json_each(sa.literal(ids, sa.JSON)).table_valued("value")


def _waiting_for(step: Step) -> list[State]:
    return [state for state in WAITING if STEP_OF[state] is step]


def _theirs_to_take(case: sa.FromClause, step: Step, staff: Staff) -> sa.ColumnElement[bool]:
    """Whether nothing that this person did with a case keeps them from this step of it."""
    review, moved = tables.review, tables.case_move
    reviewed = sa.exists().where(review.c.case_id == case.c.id, review.c.reviewer_id == staff.person_id)
    disputed = sa.exists().where(moved.c.case_id == case.c.id, moved.c.move == Move.DISPUTE)
    barred = (reviewed & disputed) if step is Step.REVIEW else reviewed
    return ~_signed_as_another(case, SIGNS_AS[step], staff) & ~barred


def _signed_as_another(case: sa.FromClause, role: SigningRole, staff: Staff) -> sa.Exists:
    version, signature = tables.report_version, tables.signature
    return (
        sa.exists()
        .where(version.c.case_id == case.c.id)
        .where(signature.c.version_id == version.c.id)
        .where(signature.c.person_id == staff.person_id, signature.c.role != role)
    )


def _leased(ctx: Context[Who], case: Case, came_from: State, sites: Mapping[str, RoleGrant]) -> Case:
    grant = sites[case.site_id]
    ctx.tx.execute(
        sa.insert(tables.lease).values(
            case_id=case.id,
            person_id=grant.person_id,
            grant_id=grant.id,
            step=case.step,
            taken_at=ctx.now,
            expires_at=ctx.now + LEASE,
        )
    )
    cases.noted(ctx, case, Move.CLAIM, came_from, grant=grant)
    return case


def _lost(ctx: Context[Staff], case_id: str) -> Stale:
    """What to tell somebody who does not hold a case that they may see."""
    lease = lease_of(ctx.tx, case_id)
    return Stale(lease.revision if lease is not None and lease.person_id == ctx.who.person_id else None)


def _lease(row: sa.Row[Any]) -> Lease:
    return Lease(
        case_id=row.case_id,
        person_id=row.person_id,
        grant_id=row.grant_id,
        step=Step(row.step),
        taken_at=row.taken_at,
        expires_at=row.expires_at,
        revision=row.revision,
    )
