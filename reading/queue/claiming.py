"""Claiming: the queue hands out the most urgent case that a person may take, or the one that they choose."""

from __future__ import annotations

from datetime import datetime
from functools import cache
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql
from sqlalchemy.engine import Connection

from reading import tables
from reading.access import door
from reading.actions import Action
from reading.cases import cases, history
from reading.cases.cases import Case
from reading.cases.moves import SIGNS_AS, STEP_OF, WAITING, Move, SigningRole, State, Step, after, only_role
from reading.context import Context, without_door
from reading.errors import MoveNotAllowed, NotAllowed
from reading.kinds import Tier
from reading.queue import leases
from reading.register import organisations
from reading.roster.groups import ROLES
from reading.viewers import RoleGrant, Staff

_OF_EACH_SITE: Final = 5
"""The cases of a site that a claim considers first: more than simultaneous claims take from one site."""

_Key = tuple[Step, Tier]
_Desks = dict[_Key, dict[str, RoleGrant]]
_PERSON: Final = sa.bindparam("person", type_=sa.String)
"""The id of the person who claims, in the statements that are made once."""


@without_door("It chooses among the cases that the person may work on; the look is recorded when they open theirs.")
def claim_next(ctx: Context[Staff], step: Step | None) -> Case | None:
    """Claim the most urgent case that this person may take; None when there is none.

    Urgency is the priority, then the due time. One statement chooses and moves: on PostgreSQL it skips
    what others are choosing at the same moment, on SQLite there is one writer at a time. The first cases of
    each site are looked at first, and all only where others are choosing just these.
    """
    desks = {key: sites for key, sites in _desks(ctx.tx, ctx.who, ctx.now).items() if step in {None, key[0]}}
    if not desks:
        return None
    row = _taken(ctx.tx, ctx.who, desks, heads=True) or _taken(ctx.tx, ctx.who, desks, heads=False)
    if row is None:
        return None
    claimed = cases.from_row(row)
    leases.give(ctx, claimed, desks[claimed.step, claimed.tier][claimed.site_id])
    return claimed


def claim(ctx: Context[Staff], case_id: str) -> Case:
    """Claim a case of their choice; nothing changes when they hold it already.

    Raises:
        NotThere: no such case, or not one that they may see.
        NotAllowed: no role for it, or they have acted on it in another role.
        MoveNotAllowed: it does not wait.

    """
    door.open_case(ctx, case_id, Action.CASE_OPEN)
    case = cases.lock(ctx.tx, case_id)
    lease = leases.lease_of(ctx.tx, case_id)
    if lease is not None and lease.person_id == ctx.who.person_id:
        return case
    if case.state not in WAITING:
        raise MoveNotAllowed(case.state, Move.CLAIM)
    grant = grant_for(ctx.tx, ctx.who, STEP_OF[case.state], case, case.tier, now=ctx.now)
    not_their_own(ctx.tx, case, STEP_OF[case.state], cases.roles_of(ctx.tx, case_id, ctx.who.person_id))
    claimed = cases.change(ctx.tx, case, state=after(case.state, Move.CLAIM))
    leases.give(ctx, claimed, grant)
    return claimed


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
    """Check that somebody who acted on a case in ``roles`` may take this step of it.

    Raises:
        NotAllowed: they acted in another role, or their own review is disputed.

    """
    only_role(SIGNS_AS[step], roles)
    if SigningRole.REVIEWER in roles and history.was_moved(tx, case.id, Move.DISPUTE):
        raise NotAllowed("a_third_person_decides")


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


def _taken(tx: Connection, staff: Staff, desks: _Desks, *, heads: bool) -> sa.Row[Any] | None:
    """The row of the most urgent claimable case, moved to its held state; ``heads``: among the first of each site."""
    keys = tuple(sorted(desks))
    statement = _taking(tx.dialect.name, keys, heads=heads)
    sites = {_sites_name(number): sorted(desks[key]) for number, key in enumerate(keys)}
    return tx.execute(statement, {"person": staff.person_id, **sites}).one_or_none()


@cache
def _taking(dialect: str, keys: tuple[_Key, ...], *, heads: bool) -> sa.UpdateBase:
    """The statement of `_taken`: putting it together takes longer than the database takes to run it."""
    case = tables.case
    chosen = sa.select(case.c.id).where(
        sa.or_(
            *(
                sa.and_(
                    case.c.state.in_(_waiting_for(step)),
                    case.c.tier == tier,
                    _is_among(dialect, case.c.site_id, number),
                    _theirs_to_take(case, step),
                )
                for number, (step, tier) in enumerate(keys)
            )
        )
    )
    if heads:
        chosen = chosen.where(case.c.id.in_(_heads(dialect, keys)))
    chosen = chosen.order_by(case.c.rank, case.c.due_at, case.c.id).limit(1)
    held = sa.case({state: after(state, Move.CLAIM) for state in WAITING}, value=case.c.state)
    return (
        sa.update(case)
        .where(case.c.id == chosen.with_for_update(skip_locked=True, of=case).scalar_subquery())
        .values(state=held, revision=case.c.revision + 1)
        .returning(*case.c)
    )


def _heads(dialect: str, keys: tuple[_Key, ...]) -> sa.CompoundSelect[Any]:
    """The ids of the first claimable cases of each site and state, read from the head of the queue's index."""
    found: list[sa.Select[Any]] = []
    for number, (step, tier) in enumerate(keys):
        for state in _waiting_for(step):
            site, head = _sites(dialect, number), tables.case.alias()
            first = (
                sa.select(head.c.id)
                .where(head.c.site_id == site.c.value, head.c.state == state, head.c.tier == tier)
                .where(_theirs_to_take(head, step))
                .order_by(head.c.rank, head.c.due_at)
                .limit(_OF_EACH_SITE)
            )
            if dialect == "postgresql":
                each = first.lateral()
                found.append(sa.select(each.c.id).select_from(site.join(each, sa.true())))
            else:  # which has no LATERAL, and looks these up by their key
                case = tables.case.alias()
                found.append(sa.select(case.c.id).select_from(site.join(case, case.c.id.in_(first.correlate(site)))))
    return sa.union_all(*found)


def _sites_name(number: int) -> str:
    return f"sites_{number}"


def _sites(dialect: str, number: int) -> sa.TableValuedAlias:
    """The sites of a desk as rows with the column ``value``: one parameter, however many they are."""
    if dialect == "postgresql":
        ids = sa.bindparam(_sites_name(number), type_=postgresql.ARRAY(sa.String))
        return sa.func.unnest(ids).table_valued("value").render_derived()
    return sa.func.json_each(sa.bindparam(_sites_name(number), type_=sa.JSON)).table_valued("value")


def _is_among(dialect: str, column: sa.ColumnElement[Any], number: int) -> sa.ColumnElement[bool]:
    if dialect == "postgresql":
        return column == sa.any_(sa.bindparam(_sites_name(number), type_=postgresql.ARRAY(sa.String)))
    return column.in_(sa.select(_sites(dialect, number).c.value))


def _waiting_for(step: Step) -> list[State]:
    return [state for state in WAITING if STEP_OF[state] is step]


def _theirs_to_take(case: sa.FromClause, step: Step) -> sa.ColumnElement[bool]:
    """The condition that this person's earlier acts on a case do not bar them from this step of it."""
    review, moved = tables.review, tables.case_move
    reviewed = sa.exists().where(review.c.case_id == case.c.id, review.c.reviewer_id == _PERSON)
    disputed = sa.exists().where(moved.c.case_id == case.c.id, moved.c.move == Move.DISPUTE)
    barred = (reviewed & disputed) if step is Step.REVIEW else reviewed
    return ~_signed_as_another(case, SIGNS_AS[step]) & ~barred


def _signed_as_another(case: sa.FromClause, role: SigningRole) -> sa.Exists:
    version, signature = tables.report_version, tables.signature
    return (
        sa.exists()
        .where(version.c.case_id == case.c.id)
        .where(signature.c.version_id == version.c.id)
        .where(signature.c.person_id == _PERSON, signature.c.role != role)
    )
