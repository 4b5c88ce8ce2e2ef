"""A message that went out, was spared or given up moves no more."""

from __future__ import annotations

import pytest

from reading.errors import MoveNotAllowed
from reading.messages.moves import MOVES, OPEN, Move, State, after


@pytest.mark.parametrize("move", Move)
@pytest.mark.parametrize("state", sorted(set(State) - OPEN))
def test_what_is_over_stays_over(state: State, move: Move) -> None:
    with pytest.raises(MoveNotAllowed):
        after(state, move)


def test_what_is_open_can_be_tried_again_and_given_up() -> None:
    assert {after(state, Move.RETRY) for state in OPEN} == {State.WAITING}
    assert {after(state, Move.GIVE_UP) for state in OPEN} == {State.GIVEN_UP}
    assert {state for state, _ in MOVES} == set(OPEN)
