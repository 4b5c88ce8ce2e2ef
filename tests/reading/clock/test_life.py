"""The clocks in the moves of a case."""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reading.cases.moves import HELD, MOVES, STEP_OF, Move, State, Step
from reading.clock import life
from reading.clock.clock import Pause, Reason

NOON = datetime(2026, 9, 28, 12, tzinfo=UTC)


@dataclass(frozen=True)
class Row:
    number: int
    move: Move
    from_state: State
    to_state: State
    at: datetime


def lived(*moves: Move) -> list[Row]:
    """A case that arrived at noon and was moved once a minute."""
    rows = [Row(1, Move.ARRIVE, State.WAITING_READ, State.WAITING_READ, NOON)]
    for number, move in enumerate(moves, 2):
        state = rows[-1].to_state
        rows.append(Row(number, move, state, MOVES[state, move], minute(number - 1)))
    return rows


def minute(number: int) -> datetime:
    return NOON + timedelta(minutes=number)


@st.composite
def lives(draw: st.DrawFn) -> list[Row]:
    """Any life that the table of moves allows."""
    moves: list[Move] = []
    state = State.WAITING_READ
    for _ in range(draw(st.integers(0, 25))):
        possible = sorted(move for from_state, move in MOVES if from_state is state)
        if not possible:
            break
        moves.append(draw(st.sampled_from(possible)))
        state = MOVES[state, moves[-1]]
    return lived(*moves)


@pytest.mark.parametrize(
    ("moves", "pauses"),
    [
        ([Move.CLAIM, Move.SIGN], []),
        ([Move.CLAIM, Move.RETURN], [(Reason.RETURNED, 2, None)]),
        ([Move.CLAIM, Move.RETURN, Move.RESUBMIT, Move.CLAIM], [(Reason.RETURNED, 2, 3)]),
        ([Move.CLAIM, Move.RETURN, Move.WITHHOLD, Move.READ_AGAIN], [(Reason.RETURNED, 2, 3), (Reason.WITHHELD, 3, 4)]),
        ([Move.REJECT, Move.EMPTY, Move.REFILL], [(Reason.RETURNED, 1, 2), (Reason.EMPTIED, 2, 3)]),
    ],
)
def test_pauses_are_the_times_in_which_nobody_can_read(
    moves: list[Move], pauses: list[tuple[Reason, int, int | None]]
) -> None:
    assert list(life.pauses(lived(*moves))) == [
        Pause(reason=reason, since=minute(since), until=None if until is None else minute(until))
        for reason, since, until in pauses
    ]


@pytest.mark.parametrize(
    ("moves", "stops"),
    [
        ([Move.CLAIM, Move.SIGN], []),
        ([Move.CLAIM, Move.RETURN, Move.WITHHOLD, Move.READ_AGAIN], [(Reason.RETURNED, 2, 4)]),
        ([Move.REJECT, Move.EMPTY, Move.REFILL, Move.REJECT], [(Reason.RETURNED, 1, 3), (Reason.RETURNED, 4, None)]),
    ],
)
def test_pauses_that_follow_on_each_other_are_one_stop(
    moves: list[Move], stops: list[tuple[Reason, int, int | None]]
) -> None:
    assert list(life.stops(lived(*moves))) == [
        Pause(reason=reason, since=minute(since), until=None if until is None else minute(until))
        for reason, since, until in stops
    ]


@pytest.mark.parametrize(
    ("moves", "step", "number"),
    [
        ([], Step.READ, 1),
        ([Move.CLAIM, Move.PUT_BACK, Move.CLAIM, Move.EXPIRE], Step.READ, 1),
        ([Move.REROUTE, Move.CLAIM, Move.ESCALATE], Step.READ, 1),
        ([Move.CLAIM, Move.RETURN, Move.RESUBMIT], Step.READ, 1),
        ([Move.WITHHOLD, Move.READ_AGAIN], Step.READ, 1),
        ([Move.CLAIM, Move.SIGN, Move.CLAIM], Step.VERIFY, 3),
        ([Move.CLAIM, Move.SIGN, Move.CLAIM, Move.SEND_BACK], Step.READ, 5),
        ([Move.CLAIM, Move.SIGN, Move.CLAIM, Move.RETURN, Move.RESUBMIT], Step.READ, 5),
        ([Move.CLAIM, Move.SIGN_AS_FINAL, Move.DRAW, Move.REROUTE], Step.REVIEW, 4),
        ([Move.CLAIM, Move.SIGN_AS_FINAL, Move.DRAW, Move.CLAIM, Move.AGREE, Move.DISPUTE], Step.REVIEW, 7),
    ],
)
def test_a_step_begins_when_the_case_comes_to_it(moves: list[Move], step: Step, number: int) -> None:
    began = life.step_began(lived(*moves))

    assert began is not None
    assert (began.step, began.number, began.at) == (step, number, minute(number - 1))


def test_a_final_case_stands_in_no_step() -> None:
    assert life.step_began(lived(Move.CLAIM, Move.SIGN_AS_FINAL)) is None


@given(lives())
def test_a_life_replayed_says_whether_the_clock_runs_and_which_step_it_is(rows: list[Row]) -> None:
    pauses, began, state = life.pauses(rows), life.step_began(rows), rows[-1].to_state

    assert [one for one in pauses if one.until is None] == ([pauses[-1]] if state in life.REASON_OF else [])
    assert all(one.until is None or one.until <= after.since for one, after in itertools.pairwise(pauses))
    assert (began is None) == (state not in STEP_OF)
    if began is not None:
        assert began.step is STEP_OF[state]
        assert STEP_OF[rows[began.number - 1].to_state] is began.step
        assert all(one.to_state not in HELD or STEP_OF[one.to_state] is began.step for one in rows[began.number - 1 :])
