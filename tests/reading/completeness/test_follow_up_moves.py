"""The table of a follow-up's moves, tested exhaustively; tests/reading/signing drives real ones through it."""

from __future__ import annotations

from itertools import product

import pytest

from reading.completeness.follow_up_moves import CLOSED, MOVES, UNANSWERED, Move, State, after
from reading.errors import MoveNotAllowed


@pytest.mark.parametrize(("state", "move"), [pair for pair in product(State, Move) if pair not in MOVES])
def test_what_is_not_in_the_table_cannot_happen(state: State, move: Move) -> None:
    with pytest.raises(MoveNotAllowed) as refused:
        after(state, move)

    assert (refused.value.state, refused.value.move) == (state, move)


def test_what_is_closed_stays_so_and_every_state_can_be_reached() -> None:
    assert {state for state, _ in MOVES} == UNANSWERED
    assert {State.OPEN} | set(MOVES.values()) == UNANSWERED | CLOSED


def test_only_a_holder_can_say_that_nothing_changes() -> None:
    assert {state for state, move in MOVES if move in {Move.CONFIRM, Move.PUT_BACK}} == {State.HELD}
