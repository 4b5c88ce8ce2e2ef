"""Holding a case for earlier images that are on their way: it begins by its rule, and ends by itself or by a person.

On their way are earlier cases of the same person whose images still arrive, and examinations of that day which a device
says it is making or has made, and of which no image has come.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from reading.access import door, priors
from reading.actions import Action
from reading.cases import cases, history
from reading.cases.cases import Case
from reading.cases.identity_moves import Identity
from reading.cases.moves import Move, State, Step
from reading.context import Context, Who, without_door
from reading.errors import NotAllowed
from reading.kinds import Role
from reading.orders import matching
from reading.orders.order_state import OrderState
from reading.patients import persons
from reading.queue import claiming
from reading.register.grants import may_act
from reading.rules import case_clock, case_rule, policy
from reading.rules.hold import ends_by, may_wait
from reading.tables import case as case_table
from reading.tables import case_procedure, imaging_order, procedure
from reading.viewers import RoleGrant, Staff

AT_ONCE: Final = 200
AGAIN_AFTER: Final = timedelta(seconds=15)
"""Until a case that waits is looked at again."""
MADE_WITHIN: Final = timedelta(days=1)
"""An examination for which a device has sent nothing for longer is no longer expected."""
_MADE: Final = (OrderState.IN_PROGRESS, OrderState.COMPLETED)
_ONCE: Final = frozenset({Move.CLAIM, Move.AWAIT_PRIORS})
"""Somebody had it in hand, or it has waited before: it does not wait again."""


@without_door("The system takes in what any site sends.")
def begin(ctx: Context[Who], arrived: Case) -> Case:
    """Hold a case whose images came, and those that wait beside it: its rule waits for earlier images on their way."""
    if arrived.arriving and any(rule.hold for rule in policy.in_force(ctx.tx, ctx.now).rules):
        for later in priors.unread_after(ctx.tx, arrived):
            _hold(ctx, later)
    return _hold(ctx, arrived)


@without_door("The worker's step looks at the cases of every site.")
def look(ctx: Context[Who]) -> int:
    """End the waits that are over; answers how many.

    A case that became urgent, or whose rule no longer waits, goes on at once, whatever policy is in force by now.
    """
    found = ctx.tx.execute(
        sa.select(case_table)
        .where(case_table.c.look_at <= ctx.now, case_table.c.state == State.AWAITING_PRIORS)
        .order_by(case_table.c.look_at, case_table.c.id)
        .limit(AT_ONCE)
        .with_for_update(skip_locked=True)
    ).all()
    ended = 0
    for case in map(cases.from_row, found):
        made = ends_by(
            case_rule.rule_of(ctx.tx, case).hold,
            case.priority,
            critical=case.critical,
            expected=_is_expected(ctx.tx, case),
            since=max(one.at for one in history.moves_of(ctx.tx, case.id) if one.move is Move.AWAIT_PRIORS),
            now=ctx.now,
        )
        if made is None:
            # It is looked at, not changed: whoever has it on the screen keeps its revision.
            again = sa.update(case_table).where(case_table.c.id == case.id)
            ctx.tx.execute(again.values(look_at=ctx.now + AGAIN_AFTER))
            continue
        _go_on(ctx, case, made)
        ended += 1
    return ended


def read_without(ctx: Context[Staff], case_id: str, *, seen: int | None = None) -> Case:
    """Let a case be read although earlier images are on their way.

    Raises:
        NotThere: no such case, or not one that they may see.
        NotAllowed: they neither read for the site nor manage its quality.
        MoveNotAllowed: it waits for no earlier images.
        Stale: the case has changed since its revision ``seen``.

    """
    grant = _grant(ctx.tx, ctx.who, door.open_case(ctx, case_id, Action.CASE_OPEN), ctx.now)
    if grant is None:
        raise NotAllowed("no_role_for_this_step")
    return _go_on(ctx, cases.lock(ctx.tx, case_id, seen=seen), Move.READ_WITHOUT, grant=grant)


def may_read_without(tx: Connection, staff: Staff, case: Case, now: datetime) -> bool:
    """Whether they may let a case be read that waits for earlier images."""
    return case.state is State.AWAITING_PRIORS and _grant(tx, staff, case, now) is not None


def _hold(ctx: Context[Who], found: Case) -> Case:
    hold = case_rule.rule_of(ctx.tx, found).hold if found.state is State.WAITING_READ else None
    if hold is None:
        return found
    case = cases.lock(ctx.tx, found.id)
    if case.state is not State.WAITING_READ or not may_wait(hold, case.priority, critical=case.critical):
        return case
    if any(one.move in _ONCE for one in history.moves_of(ctx.tx, case.id)) or not _is_expected(ctx.tx, case):
        return case
    return cases.move(ctx, case, Move.AWAIT_PRIORS, grant=None)


def _go_on(ctx: Context[Who], case: Case, made: Move, *, grant: RoleGrant | None = None) -> Case:
    tier = case_rule.home_tier(ctx.tx, case)
    return case_clock.go_on(ctx, cases.move(ctx, case, made, grant=grant, tier=tier))


def _grant(tx: Connection, staff: Staff, case: Case, now: datetime) -> RoleGrant | None:
    try:
        return claiming.grant_for(tx, staff, Step.READ, case, case.tier, now=now)
    except NotAllowed:
        return may_act(tx, staff, Role.QUALITY_MANAGER, case.site_id, now)


def _is_expected(tx: Connection, case: Case) -> bool:
    return bool(priors.on_their_way(tx, case)) or _is_made(tx, case)


def _is_made(tx: Connection, case: Case) -> bool:
    """Whether a device has begun or ended another examination of the person of which no image has come.

    Of a case that answers no order yet, what its site was to make with such a device may be itself.
    """
    if case.patient_id is None or case.identity is Identity.DIFFERS:
        return False
    order, own = imaging_order.c, procedure.alias("own")
    own_orders = (
        sa.select(own.c.order_id)
        .join(case_procedure, case_procedure.c.procedure_id == own.c.id)
        .where(case_procedure.c.case_id == case.id)
    )
    itself = sa.false()
    if matching.order_of(tx, case.id) is None:
        itself = (order.site_id == case.site_id) & order.modality.in_(matching.performed_as(case.modality))
    made = (
        sa.select(sa.literal(1))
        .select_from(imaging_order)
        .join(procedure, procedure.c.order_id == order.id)
        .where(
            order.patient_id.in_(persons.records_of(case.patient_id)),
            order.scheduled_at <= case.examined_at,
            order.scheduled_at > case.examined_at - MADE_WITHIN,
            order.id.not_in(own_orders),
            ~itself,
            procedure.c.state.in_(_MADE),
        )
    )
    return tx.scalar(made.limit(1)) is not None
