"""A row of a segment changes its state by the table of moves."""

from __future__ import annotations

from typing import Any

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy.engine import Connection, Engine

from storage import tables
from storage.errors import MoveNotAllowed
from storage.ids import new_id
from storage.segment_moves import MOVES, SOURCES, SegmentMove, SegmentState, after
from storage.segments import segment_rows
from storage.segments.segment_rows import segment_key

OWN = {"study_uid": "1.2.3", "node": "here"}


def state_of(tx: Connection, segment_id: str) -> str | None:
    return tx.scalar(sa.select(tables.segment.c.state).where(tables.segment.c.id == segment_id))


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(moves=st.lists(st.sampled_from([move for move in SegmentMove if SOURCES[move]]), max_size=8))
def test_a_row_follows_the_table_and_stays_where_a_move_is_not_its_own(
    moves: list[SegmentMove], engine: Engine
) -> None:
    segment_id = new_id()
    state = SegmentState.OPEN
    with engine.begin() as tx:
        segment_rows.begin(tx, SegmentMove.OPEN, segment_id, **OWN)
        for move in moves:
            allowed = (state, move) in MOVES
            changed = segment_rows.change(tx, tables.segment.c.id == segment_id, move)
            state = after(state, move) if allowed else state

            assert changed == allowed
            assert state_of(tx, segment_id) == state


@pytest.mark.parametrize("move", [move for move in SegmentMove if (None, move) not in MOVES])
def test_no_segment_begins_with_a_move_that_the_table_has_for_others(move: SegmentMove, engine: Engine) -> None:
    with engine.begin() as tx, pytest.raises(MoveNotAllowed):
        segment_rows.begin(tx, move, new_id(), **OWN)


@pytest.mark.parametrize("move", [SegmentMove.OPEN, SegmentMove.REWRITE])
def test_a_segment_that_exists_does_not_begin_again(move: SegmentMove, engine: Engine) -> None:
    with engine.begin() as tx, pytest.raises(MoveNotAllowed):
        segment_rows.change(tx, tables.segment.c.state == SegmentState.OPEN, move)


@pytest.mark.parametrize(
    ("move", "state"), [pair for pair in ((move, MOVES.get((None, move))) for move in SegmentMove) if pair[1]]
)
def test_a_lost_row_is_made_again_where_its_bytes_were_found(
    move: SegmentMove, state: SegmentState, engine: Engine
) -> None:
    segment_id = new_id()
    with engine.begin() as tx:
        if SOURCES[move]:
            segment_rows.change_or_begin(tx, segment_id, move, OWN, size=7)
        else:
            segment_rows.begin(tx, move, segment_id, **OWN, size=7)
        row: Any = tx.execute(sa.select(tables.segment).where(tables.segment.c.id == segment_id)).one()

    assert (row.state, row.size, row.node, row.key) == (state, 7, "here", segment_key(segment_id))


def test_a_row_that_is_further_on_is_left_alone(engine: Engine) -> None:
    segment_id = new_id()
    with engine.begin() as tx:
        segment_rows.begin(tx, SegmentMove.OPEN, segment_id, **OWN)
        for move in (SegmentMove.SEAL, SegmentMove.STORE):
            segment_rows.change(tx, tables.segment.c.id == segment_id, move, size=7)
        segment_rows.change_or_begin(tx, segment_id, SegmentMove.SEAL, OWN, size=9)
        row: Any = tx.execute(sa.select(tables.segment)).one()

    assert (row.state, row.size) == (SegmentState.STORED, 7)
