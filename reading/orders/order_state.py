"""How far an order and each of its procedures has come, and what may follow what."""

from __future__ import annotations

from collections.abc import Collection
from enum import StrEnum
from typing import Final


class OrderState(StrEnum):
    """How far an order, or one procedure of it, has come."""

    PLACED = "placed"
    IN_PROGRESS = "in_progress"
    """A device says that it is making it; or some procedures of the order are done and others are not."""
    COMPLETED = "completed"
    """A device says that it was made; no image has come yet."""
    DISCONTINUED = "discontinued"
    """A device says that it was broken off; no image has come."""
    ARRIVED = "arrived"
    """Images have come."""
    CANCELLED = "cancelled"


OPEN: Final = frozenset({OrderState.PLACED, OrderState.IN_PROGRESS})
"""To be made still: what a worklist offers."""
ADVANCES: Final = {
    OrderState.PLACED: frozenset[OrderState](),
    OrderState.IN_PROGRESS: frozenset(OrderState) - {OrderState.IN_PROGRESS, OrderState.ARRIVED},
    OrderState.COMPLETED: frozenset(OrderState) - {OrderState.COMPLETED, OrderState.ARRIVED},
    OrderState.DISCONTINUED: OPEN | {OrderState.CANCELLED},
    OrderState.ARRIVED: frozenset(OrderState) - {OrderState.ARRIVED},
    OrderState.CANCELLED: frozenset({OrderState.PLACED}),
}
"""To each state, those that a procedure may come from: what happened outweighs what was planned."""


def of_procedures(states: Collection[OrderState]) -> OrderState:
    """How far an order has come whose procedures have come so far; cancelled ones count only when all are."""
    live = [state for state in states if state is not OrderState.CANCELLED]
    if not live:
        return OrderState.CANCELLED
    if all(state is OrderState.PLACED for state in live):
        return OrderState.PLACED
    if any(state in OPEN for state in live):
        return OrderState.IN_PROGRESS
    done = (OrderState.ARRIVED, OrderState.COMPLETED, OrderState.DISCONTINUED)
    return next(state for state in done if state in live)
