"""The table of moves, tested exhaustively."""

from __future__ import annotations

from itertools import product

import pytest

from reading.cases.moves import (
    HELD,
    HIDDEN,
    MOVES,
    STEP_OF,
    WAITING,
    Move,
    SigningRole,
    State,
    after,
    move_after_signing,
    move_after_verifying,
    only_role,
)
from reading.errors import MoveNotAllowed, NotAllowed

EVERY = list(product(State, Move))


def test_what_is_not_in_the_table_cannot_happen() -> None:
    for state, move in [pair for pair in EVERY if pair not in MOVES]:
        with pytest.raises(MoveNotAllowed) as refused:
            after(state, move)

        assert (refused.value.state, refused.value.move) == (state, move)


def test_every_state_can_be_reached_from_the_first() -> None:
    reached = {State.WAITING_READ}
    while True:
        further = reached | {to for (state, _), to in MOVES.items() if state in reached}
        if further == reached:
            break
        reached = further

    assert reached == set(State)


def test_only_withdrawn_is_an_end() -> None:
    ends = {state for state in State if not any(start is state for start, _ in MOVES)}

    assert ends == {State.WITHDRAWN}


def test_a_case_is_claimed_exactly_where_it_waits() -> None:
    assert {state for state, move in MOVES if move is Move.CLAIM} == WAITING
    assert {MOVES[state, Move.CLAIM] for state in WAITING} == HELD


@pytest.mark.parametrize("state", sorted(HELD))
def test_whoever_vanishes_loses_the_case_at_the_same_step(state: State) -> None:
    back = after(state, Move.EXPIRE)

    assert back is after(state, Move.PUT_BACK)
    assert back in WAITING
    assert STEP_OF[back] is STEP_OF[state]


@pytest.mark.parametrize("state", sorted(frozenset(State) - HIDDEN))
def test_anything_can_be_withheld_at_any_time(state: State) -> None:
    assert after(state, Move.WITHHOLD) is State.WITHHELD


def test_nothing_becomes_final_without_a_signature_at_that_very_move() -> None:
    to_final = {move for (_, move), to in MOVES.items() if to is State.FINAL}

    assert to_final == {
        Move.SIGN_AS_FINAL,
        Move.VERIFY_AS_FINAL,
        Move.CONCUR,
        Move.RECALL,
        Move.ACCORD,
        Move.ARBITRATE,
        Move.AGREE,
        Move.AMEND,
        Move.RESTORE,
    }


@pytest.mark.parametrize(("role", "before"), [(a, b) for a, b in product(SigningRole, SigningRole) if a is not b])
def test_nobody_signs_in_a_second_role(role: SigningRole, before: SigningRole) -> None:
    with pytest.raises(NotAllowed):
        only_role(role, {before})


@pytest.mark.parametrize("role", list(SigningRole))
def test_the_same_role_again_is_no_second_one(role: SigningRole) -> None:
    only_role(role, {role})
    only_role(role, set())


@pytest.mark.parametrize(
    ("needs_verifier", "needs_review", "move"),
    [
        (True, True, Move.SIGN),
        (True, False, Move.SIGN),
        (False, True, Move.SIGN_FOR_REVIEW),
        (False, False, Move.SIGN_AS_FINAL),
    ],
)
def test_the_verifier_comes_before_the_reviewer(needs_verifier: bool, needs_review: bool, move: Move) -> None:
    assert move_after_signing(needs_verifier=needs_verifier, needs_review=needs_review) is move


def test_after_the_verifier_comes_the_reviewer_or_the_release() -> None:
    assert move_after_verifying(needs_review=True) is Move.VERIFY_FOR_REVIEW
    assert move_after_verifying(needs_review=False) is Move.VERIFY_AS_FINAL
