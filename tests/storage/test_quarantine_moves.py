"""Bytes in quarantine make the moves of their table, and no other."""

from __future__ import annotations

from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from storage.errors import MoveNotAllowed
from storage.quarantine_moves import (
    BY_MACHINE,
    MOVES,
    TARGET,
    UNSETTLED,
    QuarantineMove,
    QuarantineState,
    Reason,
    after,
    state_of,
)

UNDEFINED = [pair for pair in product([None, *QuarantineState], QuarantineMove) if pair not in MOVES]


@given(st.lists(st.sampled_from(QuarantineMove)))
def test_however_moves_follow_each_other_a_row_is_in_a_state_of_the_table(moves: list[QuarantineMove]) -> None:
    state: QuarantineState | None = None
    for move in moves:
        if (state, move) in MOVES:
            state = after(state, move)
            assert state is TARGET[move]

    assert state is None or state in set(QuarantineState)


def test_a_move_that_the_table_does_not_have_raises() -> None:
    for state, move in UNDEFINED:
        with pytest.raises(MoveNotAllowed):
            after(state, move)


def test_every_state_can_be_reached() -> None:
    reached: set[QuarantineState | None] = {None}
    while more := {after for (before, _), after in MOVES.items() if before in reached} - reached:
        reached |= more

    assert reached == {None, *QuarantineState}


def test_a_move_leads_to_the_same_state_from_wherever() -> None:
    assert {(move, state) for (_, move), state in MOVES.items()} == set(TARGET.items())
    assert set(TARGET) == set(QuarantineMove)


def test_what_a_person_decides_can_be_taken_back() -> None:
    """But for what was received again: that is an image like any other by now."""
    decided = {state for state in QuarantineState if MOVES.get((QuarantineState.WAITING, _to(state))) is state}

    assert decided - BY_MACHINE - _back() == {QuarantineState.RECEIVED}


@pytest.mark.parametrize(
    ("reason", "settled_as", "state"),
    [
        (Reason.HELD, None, QuarantineState.COMPARING),
        (Reason.CONFLICT_SITE, None, QuarantineState.WAITING),
        (Reason.TORN, None, QuarantineState.WAITING),
        (Reason.HELD, "duplicate", QuarantineState.DUPLICATE),
        *((Reason.CONFLICT_CONTENT, str(state), state) for state in QuarantineState if state not in UNSETTLED),
    ],
)
def test_the_columns_of_a_row_say_its_state(reason: Reason, settled_as: str | None, state: QuarantineState) -> None:
    assert state_of(reason, settled_as) is state


def _to(state: QuarantineState) -> QuarantineMove:
    return next(move for move, target in TARGET.items() if target is state)


def _back() -> set[QuarantineState | None]:
    return {before for (before, _), state in MOVES.items() if state is QuarantineState.WAITING}
