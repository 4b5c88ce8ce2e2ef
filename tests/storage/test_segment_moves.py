"""A segment makes the moves of its table, and no other."""

from __future__ import annotations

from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from storage.errors import MoveNotAllowed
from storage.segment_moves import (
    ENDED,
    MOVES,
    NOT_YET_STORED,
    READABLE,
    SOURCES,
    TARGET,
    UNSTORED,
    SegmentMove,
    SegmentState,
    after,
)

UNDEFINED = [pair for pair in product([None, *SegmentState], SegmentMove) if pair not in MOVES]


@given(st.lists(st.sampled_from(SegmentMove)))
def test_however_moves_follow_each_other_a_segment_is_in_a_state_of_the_table(moves: list[SegmentMove]) -> None:
    state: SegmentState | None = None
    for move in moves:
        if (state, move) in MOVES:
            state = after(state, move)
            assert state is TARGET[move]

    assert state is None or state in set(SegmentState)


def test_a_move_that_the_table_does_not_have_raises() -> None:
    for state, move in UNDEFINED:
        with pytest.raises(MoveNotAllowed):
            after(state, move)


def test_every_state_can_be_reached_and_gone_is_the_end() -> None:
    reached: set[SegmentState | None] = {None}
    while more := {after for (before, _), after in MOVES.items() if before in reached} - reached:
        reached |= more

    assert reached == {None, *SegmentState}
    assert {state for state in SegmentState if not any(state in sources for sources in SOURCES.values())} == {
        SegmentState.GONE
    }


def test_a_move_leads_to_the_same_state_from_wherever() -> None:
    assert {(move, state) for (_, move), state in MOVES.items()} == set(TARGET.items())
    assert set(TARGET) == set(SegmentMove)


def test_what_has_ended_is_never_readable_again() -> None:
    assert {after for (before, _), after in MOVES.items() if before in ENDED} <= ENDED
    assert ENDED.isdisjoint(READABLE | NOT_YET_STORED)
    assert UNSTORED < READABLE
