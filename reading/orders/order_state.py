"""What may happen to a procedure of an order: its states, its moves, and what the order's state follows from."""

from __future__ import annotations

from collections.abc import Collection
from enum import StrEnum
from typing import Final

from reading.cases.move_table import MoveTable


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


class Move(StrEnum):
    """What happens to a procedure."""

    BEGIN = "begin"
    COMPLETE = "complete"
    DISCONTINUE = "discontinue"
    ARRIVE = "arrive"
    CANCEL = "cancel"
    PART = "part"
    """The images that answered it turn out to answer something else."""


MOVES: Final = MoveTable(
    {
        (OrderState.PLACED, Move.BEGIN): OrderState.IN_PROGRESS,
        (OrderState.PLACED, Move.COMPLETE): OrderState.COMPLETED,
        (OrderState.PLACED, Move.DISCONTINUE): OrderState.DISCONTINUED,
        (OrderState.PLACED, Move.ARRIVE): OrderState.ARRIVED,
        (OrderState.PLACED, Move.CANCEL): OrderState.CANCELLED,
        (OrderState.IN_PROGRESS, Move.BEGIN): OrderState.IN_PROGRESS,
        (OrderState.IN_PROGRESS, Move.COMPLETE): OrderState.COMPLETED,
        (OrderState.IN_PROGRESS, Move.DISCONTINUE): OrderState.DISCONTINUED,
        (OrderState.IN_PROGRESS, Move.ARRIVE): OrderState.ARRIVED,
        # A second step of the same procedure may begin; one that is broken off leaves what the first one made.
        (OrderState.COMPLETED, Move.BEGIN): OrderState.IN_PROGRESS,
        (OrderState.COMPLETED, Move.COMPLETE): OrderState.COMPLETED,
        (OrderState.COMPLETED, Move.DISCONTINUE): OrderState.COMPLETED,
        (OrderState.COMPLETED, Move.ARRIVE): OrderState.ARRIVED,
        (OrderState.DISCONTINUED, Move.BEGIN): OrderState.IN_PROGRESS,
        (OrderState.DISCONTINUED, Move.COMPLETE): OrderState.COMPLETED,
        (OrderState.DISCONTINUED, Move.DISCONTINUE): OrderState.DISCONTINUED,
        (OrderState.DISCONTINUED, Move.ARRIVE): OrderState.ARRIVED,
        # Images outweigh what a device says.
        (OrderState.ARRIVED, Move.BEGIN): OrderState.ARRIVED,
        (OrderState.ARRIVED, Move.COMPLETE): OrderState.ARRIVED,
        (OrderState.ARRIVED, Move.DISCONTINUE): OrderState.ARRIVED,
        (OrderState.ARRIVED, Move.ARRIVE): OrderState.ARRIVED,
        (OrderState.ARRIVED, Move.PART): OrderState.PLACED,
        # A console that still had the cancelled order may make it all the same: what happened outweighs the plan.
        (OrderState.CANCELLED, Move.BEGIN): OrderState.IN_PROGRESS,
        (OrderState.CANCELLED, Move.COMPLETE): OrderState.COMPLETED,
        (OrderState.CANCELLED, Move.DISCONTINUE): OrderState.DISCONTINUED,
        (OrderState.CANCELLED, Move.ARRIVE): OrderState.ARRIVED,
    }
)
after: Final = MOVES.after

OPEN: Final = frozenset({OrderState.PLACED, OrderState.IN_PROGRESS})
"""Still to be made: what a worklist offers."""
WITHOUT_IMAGES: Final = frozenset(OrderState) - {OrderState.ARRIVED, OrderState.CANCELLED}
"""Images are missing: what a study without an order can be matched to."""
CANCELLABLE: Final = frozenset(state for state, move in MOVES if move is Move.CANCEL)
"""Not begun."""


def of_procedures(states: Collection[OrderState]) -> OrderState:
    """The state of an order whose procedures are in these states; cancelled ones count only when all are."""
    live = [state for state in states if state is not OrderState.CANCELLED]
    if not live:
        return OrderState.CANCELLED
    if all(state is OrderState.PLACED for state in live):
        return OrderState.PLACED
    if any(state in OPEN for state in live):
        return OrderState.IN_PROGRESS
    done = (OrderState.ARRIVED, OrderState.COMPLETED, OrderState.DISCONTINUED)
    return next(state for state in done if state in live)
