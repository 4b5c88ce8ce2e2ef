"""The table of what may be decided about each kind of concern."""

from __future__ import annotations

from reading.quality.kinds import Kind
from reading.quality.moves import FOR_GOOD, MOVES, Move


def test_every_kind_has_its_moves_and_none_is_taken_back_by_itself() -> None:
    assert set(MOVES) == set(Kind)
    assert {kind for kind, moves in MOVES.items() if not moves} == {Kind.COMPARING}
    assert not any(Move.UNDO in moves for moves in MOVES.values())
    assert {Move.AGAIN} == FOR_GOOD
