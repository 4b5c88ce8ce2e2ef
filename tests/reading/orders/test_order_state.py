"""The table of moves of procedures, and the state of the order that follows from them."""

from __future__ import annotations

import pytest

from reading.errors import MoveNotAllowed
from reading.orders.order_state import CANCELLABLE, MOVES, Move, OrderState, after, of_procedures

P, B, C, D, A, X = OrderState  # placed, begun, completed, discontinued, arrived, cancelled


@pytest.mark.parametrize(
    ("states", "order"),
    [
        ([P], P),
        ([P, P], P),
        ([P, X], P),
        ([X, X], X),
        ([B], B),
        ([P, A], B),
        ([P, C], B),
        ([D, B], B),
        ([C, C], C),
        ([C, D], C),
        ([C, A], A),
        ([D, X], D),
        ([A, X], A),
    ],
)
def test_the_order_follows_its_procedures(states: list[OrderState], order: OrderState) -> None:
    assert of_procedures(states) is order
    assert of_procedures(states[::-1]) is order


@pytest.mark.parametrize("state", OrderState)
@pytest.mark.parametrize("move", Move)
def test_what_the_table_does_not_have_cannot_happen(state: OrderState, move: Move) -> None:
    if (state, move) in MOVES:
        assert after(state, move) is MOVES[state, move]
    else:
        with pytest.raises(MoveNotAllowed):
            after(state, move)


def test_a_device_and_images_can_speak_at_any_time() -> None:
    anytime = {Move.BEGIN, Move.COMPLETE, Move.DISCONTINUE, Move.ARRIVE}

    assert {(state, move) for state in OrderState for move in anytime} <= MOVES.keys()


def test_images_that_came_stay_until_they_are_parted_from_the_order() -> None:
    leaving = {move for (state, move), after in MOVES.items() if state is A and after is not A}

    assert leaving == {Move.PART}


def test_only_what_has_not_begun_is_cancelled() -> None:
    assert {P} == CANCELLABLE
