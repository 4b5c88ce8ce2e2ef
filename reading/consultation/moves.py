"""What may happen to a consultation and to an invitation: their states and their moves."""

from __future__ import annotations

from enum import StrEnum
from typing import Final

from reading.errors import MoveNotAllowed


class State(StrEnum):
    OPEN = "open"
    CONCLUDED = "concluded"
    """Whoever asked wrote the conclusion, which the report quotes (会诊意见)."""
    WITHDRAWN = "withdrawn"
    """The question fell away."""


class Move(StrEnum):
    INVITE = "invite"
    SPEAK = "speak"
    CONCLUDE = "conclude"
    WITHDRAW = "withdraw"


MOVES: Final[dict[tuple[State, Move], State]] = {
    (State.OPEN, Move.INVITE): State.OPEN,
    (State.OPEN, Move.SPEAK): State.OPEN,
    (State.OPEN, Move.CONCLUDE): State.CONCLUDED,
    (State.OPEN, Move.WITHDRAW): State.WITHDRAWN,
}


class InvitationState(StrEnum):
    INVITED = "invited"
    ANSWERED = "answered"
    """They gave an opinion, and may give more."""
    DECLINED = "declined"
    REMOVED = "removed"
    """Whoever asked took the invitation back."""


class InvitationMove(StrEnum):
    ANSWER = "answer"
    DECLINE = "decline"
    REMOVE = "remove"


INVITATION_MOVES: Final[dict[tuple[InvitationState, InvitationMove], InvitationState]] = {
    (InvitationState.INVITED, InvitationMove.ANSWER): InvitationState.ANSWERED,
    (InvitationState.ANSWERED, InvitationMove.ANSWER): InvitationState.ANSWERED,
    (InvitationState.INVITED, InvitationMove.DECLINE): InvitationState.DECLINED,
    (InvitationState.INVITED, InvitationMove.REMOVE): InvitationState.REMOVED,
    (InvitationState.ANSWERED, InvitationMove.REMOVE): InvitationState.REMOVED,
}
ENDED: Final = frozenset({InvitationState.DECLINED, InvitationState.REMOVED})
"""The states in which somebody asked sees the case no longer; their rows have an end."""


def after(state: State, move: Move) -> State:
    """The state that a move of a consultation leads to.

    Raises:
        MoveNotAllowed: the table does not have it.

    """
    try:
        return MOVES[state, move]
    except KeyError:
        raise MoveNotAllowed(state, move) from None


def invitation_after(state: InvitationState, move: InvitationMove) -> InvitationState:
    """The state that a move of an invitation leads to.

    Raises:
        MoveNotAllowed: the table does not have it.

    """
    try:
        return INVITATION_MOVES[state, move]
    except KeyError:
        raise MoveNotAllowed(state, move) from None
