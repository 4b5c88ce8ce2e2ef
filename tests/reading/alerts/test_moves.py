"""The table of an alert's moves, and the rows of real alerts, which follow it."""

from __future__ import annotations

from datetime import datetime
from itertools import count, product

import pytest
import sqlalchemy as sa
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy.engine import Engine

from reading.alerts import climbing, critical
from reading.alerts.moves import MOVES, STANDING, UNANSWERED, Move, State, after
from reading.audit import SYSTEM
from reading.context import Context
from reading.errors import MoveNotAllowed, NotThere
from reading.tables import critical_alert
from storage.database import transaction
from tests.reading.clinic import arrive, open_clinic


@pytest.mark.parametrize(("state", "move"), [pair for pair in product(State, Move) if pair not in MOVES])
def test_what_is_not_in_the_table_cannot_happen(state: State, move: Move) -> None:
    with pytest.raises(MoveNotAllowed) as refused:
        after(state, move)

    assert (refused.value.state, refused.value.move) == (state, move)


def test_what_nobody_has_answered_can_be_and_climbs_until_then() -> None:
    assert {state for state, move in MOVES if move is Move.CLIMB} == UNANSWERED
    assert {state for state, move in MOVES if move is Move.ACKNOWLEDGE} == UNANSWERED
    assert {state for state, move in MOVES if move is Move.WITHDRAW} == STANDING


def test_alerts_move_as_the_table_says(engine: Engine, now: datetime) -> None:
    numbers = count()

    @settings(max_examples=15, deadline=None)
    @given(st.lists(st.sampled_from(Move), max_size=5))
    def drive(moves: list[Move]) -> None:
        case = arrive(tx, clinic, f"1.{next(numbers)}", now)
        ada = Context(tx, clinic.audit, now, clinic.ada)
        alert = critical.raise_alert(ada, case.id, critical_class="stroke", finding="!")
        state = State.RAISED
        for move in moves:
            try:
                match move:
                    case Move.CLIMB:
                        due_at = critical.by_id(tx, alert.id).due_at
                        climbing.climb(Context(tx, clinic.audit, due_at, SYSTEM))
                    case Move.ACKNOWLEDGE:
                        critical.acknowledge(Context(tx, clinic.audit, now, clinic.tang), alert.id, "收到")
                    case Move.WITHDRAW:
                        critical.withdraw(ada, case.id)
            except (MoveNotAllowed, NotThere):
                assert (state, move) not in MOVES
            state = MOVES.get((state, move), state)

            assert critical.by_id(tx, alert.id).state is state
            for condition, states in ((critical.unanswered(), UNANSWERED), (critical.standing(), STANDING)):
                found = tx.scalar(sa.select(critical_alert.c.id).where(critical_alert.c.id == alert.id, condition))
                assert (found is not None) is (state in states)

    with transaction(engine) as tx:
        clinic = open_clinic(tx, now)
        drive()
