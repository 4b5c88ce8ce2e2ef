"""What may happen to a consultation and to an invitation: their states and their moves."""

from __future__ import annotations

from enum import StrEnum
from typing import Final

from reading.cases.move_table import MoveTable


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


MOVES: Final = MoveTable(
    {
        (State.OPEN, Move.INVITE): State.OPEN,
        (State.OPEN, Move.SPEAK): State.OPEN,
        (State.OPEN, Move.CONCLUDE): State.CONCLUDED,
        (State.OPEN, Move.WITHDRAW): State.WITHDRAWN,
    }
)
after: Final = MOVES.after


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


INVITATION_MOVES: Final = MoveTable(
    {
        (InvitationState.INVITED, InvitationMove.ANSWER): InvitationState.ANSWERED,
        (InvitationState.ANSWERED, InvitationMove.ANSWER): InvitationState.ANSWERED,
        (InvitationState.INVITED, InvitationMove.DECLINE): InvitationState.DECLINED,
        (InvitationState.INVITED, InvitationMove.REMOVE): InvitationState.REMOVED,
        (InvitationState.ANSWERED, InvitationMove.REMOVE): InvitationState.REMOVED,
    }
)
invitation_after: Final = INVITATION_MOVES.after
ENDED: Final = frozenset({InvitationState.DECLINED, InvitationState.REMOVED})
"""The states in which somebody asked sees the case no longer; their rows have an end."""
