"""Orders of which a device is told by its worklist: a look at each of their patients, on record before the answer."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from reading.access.looks import AGAIN
from reading.actions import Action
from reading.audit import actor_of
from reading.context import Context
from reading.tables import audit_event
from reading.viewers import Machine


def open_orders(ctx: Context[Machine], order_ids: Sequence[str]) -> None:
    """Record that a device is told of these orders and their patients: one event for those that are not on record."""
    known = on_record(ctx.tx, ctx.who, ctx.now)
    fresh = [order_id for order_id in dict.fromkeys(order_ids) if order_id not in known]
    if fresh:
        ctx.record(
            action=Action.WORKLIST_ANSWER, subject_kind="list", subject_id="", details={"orders": " ".join(fresh)}
        )


def on_record(tx: Connection, machine: Machine, now: datetime) -> set[str]:
    """The orders of which a device was told lately, so that `open_orders` has nothing to write for them."""
    row, actor = audit_event.c, actor_of(machine)
    lately = (
        (row.subject_kind == "list")
        & (row.subject_id == "")
        & (row.at > now - AGAIN)
        & (row.at <= now)
        & (row.actor_kind == actor.kind)
        & (row.actor_id == actor.id)
        & (row.action == Action.WORKLIST_ANSWER)
    )
    return {each for details in tx.scalars(sa.select(row.details).where(lately)) for each in details["orders"].split()}
