"""Progress of an order: its procedures move as the table of `reading.orders.order_state` says, the order with them."""

from __future__ import annotations

from collections.abc import Collection

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from reading.errors import Stale
from reading.orders import order_state, orders
from reading.orders.order_state import CANCELLABLE, Move, OrderState
from reading.tables import imaging_order, procedure


def move(tx: Connection, order_id: str, procedure_ids: Collection[str], made: Move) -> None:
    """Make a move with procedures of an order; the order follows (`order_state.of_procedures`).

    Raises:
        MoveNotAllowed: the table does not have it for one of them.

    """
    lock(tx, order_id)
    asked = sa.select(procedure.c.id, procedure.c.state)
    rows = tx.execute(asked.where(procedure.c.order_id == order_id, procedure.c.id.in_(procedure_ids))).all()
    changed = {row.id: state for row in rows if (state := order_state.after(OrderState(row.state), made)) != row.state}
    for procedure_id, state in changed.items():
        tx.execute(procedure.update().where(procedure.c.id == procedure_id).values(state=state))
    if changed:
        _follow_procedures(tx, order_id)


def cancel(tx: Connection, order_id: str, *, revision: int) -> None:
    """Cancel the procedures of an order that have not begun.

    Raises:
        Stale: somebody changed it since ``revision``, or all of it has begun.

    """
    lock(tx, order_id)
    found = orders.by_id(tx, order_id)
    if found is None or found.revision != revision:
        raise Stale(found.revision if found else None)
    ids = [one.id for one in found.procedures if one.state in CANCELLABLE]
    if not ids:
        raise Stale(revision)
    move(tx, order_id, ids, Move.CANCEL)


def lock(tx: Connection, order_id: str) -> None:
    """Lock an order until the transaction ends, after the case that is joined to it or parted from it.

    Without it two procedures that move at once would each leave the order where the other one was, and two cases
    would answer it that both saw it without images.
    """
    # What only names the order, such as an attribution, goes on meanwhile: it needs its id alone.
    tx.execute(sa.select(imaging_order.c.id).where(imaging_order.c.id == order_id).with_for_update(key_share=True))


def _follow_procedures(tx: Connection, order_id: str) -> None:
    of_each = tx.scalars(sa.select(procedure.c.state).where(procedure.c.order_id == order_id))
    tx.execute(
        imaging_order.update()
        .where(imaging_order.c.id == order_id)
        .values(
            state=order_state.of_procedures([OrderState(one) for one in of_each]),
            revision=imaging_order.c.revision + 1,
        )
    )
