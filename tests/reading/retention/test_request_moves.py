"""The life of a request to erase, exhaustively: nothing is confirmed twice, alone, or taken back afterwards."""

from __future__ import annotations

from itertools import product

import pytest

from reading.errors import MoveNotAllowed
from reading.retention.request_moves import OPEN, Move, State, after, may_make

ALLOWED = {
    ("asked", "confirm"): "confirmed",
    ("asked", "refuse"): "refused",
    ("asked", "withdraw"): "withdrawn",
    ("confirmed", "begin"): "running",
    ("running", "finish"): "done",
}


@pytest.mark.parametrize(("state", "move"), list(product(State, Move)))
def test_what_is_not_in_the_table_cannot_happen(state: State, move: Move) -> None:
    if (state, move) in ALLOWED:
        assert after(state, move) == ALLOWED[state, move]
        assert state in OPEN
    else:
        with pytest.raises(MoveNotAllowed):
            after(state, move)


def test_another_one_decides_and_only_the_asker_takes_back() -> None:
    may = {(move, who): may_make(move, who, "sam") for move in Move for who in ("sam", "sid", None)}

    assert {one for one, allowed in may.items() if not allowed} == {
        (Move.CONFIRM, "sam"),
        (Move.REFUSE, "sam"),
        *((move, "sid") for move in (Move.WITHDRAW, Move.BEGIN, Move.FINISH)),
    }
