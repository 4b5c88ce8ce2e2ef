"""Which moves bring a case to a step and end one: every move of whoever holds a case is accounted for."""

from __future__ import annotations

from reading.cases.moves import HELD, MOVES, STEP_OF, WAITING, Move
from reading.desk.queue_rates import COMES, LEAVES

NO_END = {
    Move.PUT_BACK,
    Move.EXPIRE,
    Move.RETURN,
    Move.ESCALATE,
    Move.SEND_BACK,
    Move.WITHHOLD,
    Move.PARK,
    Move.RESUME,
}
"""With these nobody has done a step: the case waits again, or somebody else has to do something first."""


def test_every_move_of_whoever_holds_a_case_ends_their_step_or_ends_none() -> None:
    ends = {(move, STEP_OF[state]) for state, move in MOVES if state in HELD and move not in NO_END}

    assert ends == set(LEAVES.items())


def test_what_comes_to_a_step_waits_for_it() -> None:
    for move, step in COMES.items():
        reached = {to for (_, made), to in MOVES.items() if made is move}
        assert move is Move.ARRIVE or any(STEP_OF.get(to) is step and to in WAITING for to in reached), move
