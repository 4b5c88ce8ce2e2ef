"""What may become of the question whose images a case holds: the table, and nothing beside it."""

from __future__ import annotations

from itertools import product

import pytest

from reading.cases.identity_moves import (
    DECIDED,
    MOVES,
    OPEN_TO_THE_PATIENT,
    Identity,
    QuestionMove,
    QuestionState,
    after,
)
from reading.errors import MoveNotAllowed


@pytest.mark.parametrize(("state", "move"), list(product(QuestionState, QuestionMove)))
def test_only_what_the_table_has_can_happen(state: QuestionState, move: QuestionMove) -> None:
    if (state, move) in MOVES:
        assert after(state, move) is MOVES[state, move]
    else:
        with pytest.raises(MoveNotAllowed):
            after(state, move)


def test_a_decision_can_be_taken_back_and_opens_the_question_again() -> None:
    assert {after(state, QuestionMove.UNDO) for state in DECIDED} == {QuestionState.OPEN}
    assert {MOVES[state, QuestionMove.ASK] for state in QuestionState} == {QuestionState.OPEN}


def test_a_patient_sees_only_what_is_known_to_be_theirs() -> None:
    assert frozenset(Identity) - OPEN_TO_THE_PATIENT == {Identity.UNCHECKED, Identity.SILENT, Identity.DIFFERS}
