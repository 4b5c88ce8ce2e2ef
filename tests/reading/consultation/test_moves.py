"""Every pair of a state and a move, for consultations and for invitations: what the tables do not name is refused."""

from __future__ import annotations

from itertools import product

import pytest

from reading.consultation.moves import (
    ENDED,
    InvitationMove,
    InvitationState,
    Move,
    State,
    after,
    invitation_after,
)
from reading.errors import MoveNotAllowed

OPEN = {
    Move.INVITE: State.OPEN,
    Move.SPEAK: State.OPEN,
    Move.CONCLUDE: State.CONCLUDED,
    Move.WITHDRAW: State.WITHDRAWN,
}
OF_INVITATION = {
    (InvitationState.INVITED, InvitationMove.ANSWER): InvitationState.ANSWERED,
    (InvitationState.INVITED, InvitationMove.DECLINE): InvitationState.DECLINED,
    (InvitationState.INVITED, InvitationMove.REMOVE): InvitationState.REMOVED,
    (InvitationState.ANSWERED, InvitationMove.ANSWER): InvitationState.ANSWERED,
    (InvitationState.ANSWERED, InvitationMove.REMOVE): InvitationState.REMOVED,
}


@pytest.mark.parametrize(("state", "move"), list(product(State, Move)))
def test_only_an_open_consultation_moves(state: State, move: Move) -> None:
    if state is State.OPEN:
        assert after(state, move) is OPEN[move]
        return
    with pytest.raises(MoveNotAllowed):
        after(state, move)


@pytest.mark.parametrize(("state", "move"), list(product(InvitationState, InvitationMove)))
def test_whoever_gave_an_opinion_no_longer_declines_and_an_ended_invitation_stays_ended(
    state: InvitationState, move: InvitationMove
) -> None:
    if (state, move) in OF_INVITATION:
        assert state not in ENDED
        assert invitation_after(state, move) is OF_INVITATION[state, move]
        return
    with pytest.raises(MoveNotAllowed):
        invitation_after(state, move)
