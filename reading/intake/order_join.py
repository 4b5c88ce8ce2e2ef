"""A case joins an order: its priority, its rule and its due time follow, and what goes out because of that is told."""

from __future__ import annotations

from typing import Final

from reading.alerts import critical
from reading.cases import cases
from reading.cases.cases import Case
from reading.cases.moves import UNFINISHED
from reading.context import Context, Who, without_door
from reading.orders import matching
from reading.orders.orders import Order
from reading.reports import releases, temporary, versions
from reading.reports.versions import Status
from reading.rules import case_rule

RAISED: Final = UNFINISHED
"""The states in which an order that is more urgent raises the priority of a case that was not released.

Also while somebody reads it: what is urgent is read first, and their desk says at once that it has become so.
"""


@without_door("A part of an act that has opened the case, or of the system's step.")
def join(ctx: Context[Who], case: Case, order: Order) -> Case:
    """Join a case to an order: it is read as urgently as the order says, by the rule that its words ask for.

    What a resident signed and an attending has not yet goes out in an emergency.
    """
    matching.join(ctx.tx, case.id, case.body_part, order, ctx.now)
    standing = cases.lock(ctx.tx, case.id)
    if standing.state not in RAISED or releases.newest(ctx.tx, case.id) is not None:
        return standing
    if order.priority < standing.priority:
        standing = cases.change(ctx.tx, standing, priority=order.priority)
        waits = versions.current(ctx.tx, case.id)
        temporary.follow(ctx.tx, standing)
        if waits is not None and waits.status is Status.PENDING:
            critical.tell_once_out(ctx, waits)
    return case_rule.follow_order(ctx.tx, standing)
