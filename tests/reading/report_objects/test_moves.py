"""What lies in the study stays stored, whatever a slower worker says; a version that is final again needs objects."""

from __future__ import annotations

import pytest

from reading.report_objects.moves import MOVES, Move, State, after


def test_no_worker_is_refused_for_what_another_did_meanwhile() -> None:
    assert set(MOVES) == {(state, move) for state in State for move in Move}


@pytest.mark.parametrize("move", Move)
def test_what_is_stored_stays_so(move: Move) -> None:
    assert after(State.STORED, move) is State.STORED


@pytest.mark.parametrize("state", State)
def test_what_is_stored_late_is_stored(state: State) -> None:
    assert after(state, Move.STORE) is State.STORED


def test_what_was_left_out_is_made_when_its_version_is_final_again() -> None:
    assert after(State.WAITING, Move.LEAVE_OUT) is State.LEFT_OUT
    assert after(State.LEFT_OUT, Move.NEED) is State.WAITING
