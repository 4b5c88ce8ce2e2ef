"""A case joins an order or is parted from it: priority, rule and due time follow; what goes out for that is told."""

from __future__ import annotations

from typing import Final

from reading.alerts import critical
from reading.cases import cases
from reading.cases.cases import Case
from reading.cases.identity_moves import Identity
from reading.cases.moves import UNFINISHED
from reading.context import Context, Who, without_door
from reading.kinds import Priority
from reading.orders import matching
from reading.orders.orders import Order
from reading.reports import releases, temporary, versions
from reading.reports.versions import Status
from reading.rules import case_rule

RAISED: Final = UNFINISHED
"""The states in which a case that was not released follows its orders.

Also while somebody reads it: what is urgent is read first, and their desk says at once that it has become so. What is
withheld follows them when that ends (`follow_shown_again`).
"""


@without_door("A part of an act that has opened the case, or of the system's step.")
def join(ctx: Context[Who], case: Case, order: Order) -> Case:
    """Join a case to an order: it is read as urgently as the order says, by the rule that its words ask for.

    What a resident signed and an attending has not yet goes out in an emergency.
    """
    matching.join(ctx.tx, case.id, case.body_part, order, ctx.now)
    standing = cases.lock(ctx.tx, case.id)
    return _follow(ctx, standing, min(order.priority, standing.priority))


@without_door("A part of an act that has opened the case.")
def part(ctx: Context[Who], case_id: str, order: Order) -> Case:
    """Part a case from an order: it is as urgent as the orders that are left say, under the rule that it meets so.

    Its due time moves no further away, and whoever reads it goes on.
    """
    matching.part(ctx.tx, case_id, order)
    return follow(ctx, case_id)


@without_door("A part of an act that has opened the case.")
def follow(ctx: Context[Who], case_id: str) -> Case:
    """Let a case that lost an order, or got it back, follow the orders that it answers now."""
    return _follow(ctx, cases.lock(ctx.tx, case_id), matching.priority_of(ctx.tx, case_id))


@without_door("A part of the act that ends the withholding, which has opened the case.")
def follow_shown_again(ctx: Context[Who], case_id: str) -> Case:
    """Let a case that was withheld follow the orders that it came to answer meanwhile.

    What is held until somebody decides whose it is, without its order, is no less urgent than it was.
    """
    case = cases.lock(ctx.tx, case_id)
    said = matching.priority_of(ctx.tx, case_id)
    return _follow(ctx, case, min(said, case.priority) if case.identity is Identity.DIFFERS else said)


def _follow(ctx: Context[Who], case: Case, priority: Priority) -> Case:
    if case.state not in RAISED or releases.newest(ctx.tx, case.id) is not None:
        return case
    standing = case if priority is case.priority else cases.change(ctx.tx, case, priority=priority)
    if priority < case.priority:
        waits = versions.current(ctx.tx, case.id)
        temporary.follow(ctx.tx, standing)
        if waits is not None and waits.status is Status.PENDING:
            critical.tell_once_out(ctx, waits)
    return case_rule.follow_order(ctx.tx, standing)
