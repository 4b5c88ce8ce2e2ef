"""Every pair of a state and a move of a referral, and which side makes it."""

from __future__ import annotations

from itertools import product

import pytest

from reading.errors import MoveNotAllowed
from reading.referral.moves import ENDS, Move, Side, State, after, side_of

BY_ITSELF = {Move.LAPSE: State.LAPSED}
ALLOWED = {
    State.SENT: {
        Move.ACCEPT: State.ACCEPTED,
        Move.DECLINE: State.DECLINED,
        Move.WITHDRAW: State.WITHDRAWN,
        **BY_ITSELF,
    },
    State.ACCEPTED: {Move.ARRIVE: State.ARRIVED, Move.MISS: State.ABSENT, Move.WITHDRAW: State.WITHDRAWN, **BY_ITSELF},
    State.ABSENT: {Move.ARRIVE: State.ARRIVED, Move.CLOSE: State.CLOSED, **BY_ITSELF},
    State.ARRIVED: {Move.REFER_BACK: State.RETURNED, Move.CLOSE: State.CLOSED, **BY_ITSELF},
    State.RETURNED: {Move.CLOSE: State.CLOSED},
}


def test_only_the_moves_of_the_table() -> None:
    for state, move in product(State, Move):
        if move in ALLOWED.get(state, {}):
            assert after(state, move) is ALLOWED[state][move]
            continue
        with pytest.raises(MoveNotAllowed):
            after(state, move)


@pytest.mark.parametrize("state", list(ALLOWED))
def test_the_sender_withdraws_and_takes_back_and_the_receiver_does_the_rest(state: State) -> None:
    senders = {move for move in ALLOWED[state] if side_of(state, move) is Side.SENDER}

    assert senders == (ALLOWED[state].keys() & {Move.WITHDRAW}) | ({Move.CLOSE} if state is State.RETURNED else set())
    assert not (state in ENDS and senders != set(ALLOWED[state]))  # whoever sees the case no longer moves nothing
