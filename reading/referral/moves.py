"""What may happen to a referral: its states, its moves, and which side makes each."""

from __future__ import annotations

from enum import StrEnum
from typing import Final

from reading.cases.move_table import MoveTable


class Direction(StrEnum):
    UP = "up"
    """上转: to an institution of a higher level, or of the same one."""
    DOWN = "down"
    """下转: to one of a lower level."""


class State(StrEnum):
    SENT = "sent"
    ACCEPTED = "accepted"
    """The receiver named a bed or a visit, and when."""
    DECLINED = "declined"
    ARRIVED = "arrived"
    ABSENT = "absent"
    """The patient did not come."""
    RETURNED = "returned"
    """The receiver referred the patient back."""
    CLOSED = "closed"
    WITHDRAWN = "withdrawn"
    LAPSED = "lapsed"
    """Its time was over before anybody ended it, or its case was entered in error."""


class Move(StrEnum):
    SEND = "send"
    ACCEPT = "accept"
    DECLINE = "decline"
    WITHDRAW = "withdraw"
    ARRIVE = "arrive"
    MISS = "miss"
    REFER_BACK = "refer_back"
    CLOSE = "close"
    LAPSE = "lapse"


class Side(StrEnum):
    SENDER = "sender"
    RECEIVER = "receiver"
    NOBODY = "nobody"
    """It happens by itself."""


MOVES: Final = MoveTable(
    {
        (State.SENT, Move.ACCEPT): State.ACCEPTED,
        (State.SENT, Move.DECLINE): State.DECLINED,
        (State.SENT, Move.WITHDRAW): State.WITHDRAWN,
        (State.ACCEPTED, Move.ARRIVE): State.ARRIVED,
        (State.ACCEPTED, Move.MISS): State.ABSENT,
        (State.ACCEPTED, Move.WITHDRAW): State.WITHDRAWN,
        (State.ABSENT, Move.ARRIVE): State.ARRIVED,
        (State.ABSENT, Move.CLOSE): State.CLOSED,
        (State.ARRIVED, Move.REFER_BACK): State.RETURNED,
        (State.ARRIVED, Move.CLOSE): State.CLOSED,
        (State.RETURNED, Move.CLOSE): State.CLOSED,
        **{(state, Move.LAPSE): State.LAPSED for state in (State.SENT, State.ACCEPTED, State.ABSENT, State.ARRIVED)},
    }
)
after: Final = MOVES.after

ENDS: Final = frozenset({State.DECLINED, State.WITHDRAWN, State.RETURNED, State.CLOSED, State.LAPSED})
"""The states in which the receiver sees the case no longer."""

REASONED: Final = frozenset({Move.DECLINE, Move.WITHDRAW, Move.REFER_BACK})
"""The moves that need a reason."""


def side_of(state: State, move: Move) -> Side:
    """Who makes a move: the sender withdraws and takes back who was referred back, the receiver does the rest."""
    if move is Move.LAPSE:
        return Side.NOBODY
    is_senders = move is Move.WITHDRAW or (state is State.RETURNED and move is Move.CLOSE)
    return Side.SENDER if is_senders else Side.RECEIVER
