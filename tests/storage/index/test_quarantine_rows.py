"""A row of the quarantine changes its state by the table of moves."""

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
from storage.index import quarantine_rows
from storage.quarantine_moves import MOVES, SOURCES, UNSETTLED, QuarantineMove, QuarantineState, Reason, after, state_of
from tests.storage.instances import NOON


def held(tx: Connection, reason: Reason = Reason.HELD) -> str:
    quarantine_id = new_id()
    values = {"reason": reason, "key": quarantine_id, "size": 1, "digest": b"d" * 32, "received_at": NOON}
    tx.execute(sa.insert(tables.quarantine).values(id=quarantine_id, **values))
    return quarantine_id


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(moves=st.lists(st.sampled_from([move for move in QuarantineMove if SOURCES[move]]), max_size=10))
def test_a_row_follows_the_table_and_stays_where_a_move_is_not_its_own(
    moves: list[QuarantineMove], engine: Engine
) -> None:
    state = QuarantineState.COMPARING
    with engine.begin() as tx:
        quarantine_id = held(tx)
        for move in moves:
            allowed = (state, move) in MOVES
            reason = {"reason": Reason.CONFLICT_CONTENT} if move is QuarantineMove.FIND_CONFLICT else {}
            changed = quarantine_rows.change(tx, tables.quarantine.c.id == quarantine_id, move, NOON, **reason)
            state = after(state, move) if allowed else state
            row: Any = quarantine_rows.by_id(tx, quarantine_id)

            assert changed == allowed
            assert state_of(row.reason, row.settled_as) is state
            assert (row.settled_at is None) == (state in UNSETTLED)


@pytest.mark.parametrize("move", [move for move in QuarantineMove if not SOURCES[move]])
def test_a_row_that_exists_does_not_begin_again(move: QuarantineMove, engine: Engine) -> None:
    with engine.begin() as tx, pytest.raises(MoveNotAllowed):
        quarantine_rows.change(tx, sa.true(), move, NOON)


def test_a_row_is_settled_once(engine: Engine) -> None:
    with engine.begin() as tx:
        this = tables.quarantine.c.id == held(tx, Reason.TRUNCATED)
        moves = (QuarantineMove.DISMISS, QuarantineMove.RECEIVE)
        changed = [quarantine_rows.change(tx, this, move, NOON) for move in moves]

        assert changed == [1, 0]
        assert quarantine_rows.unsettled(tx, 10) == []


def test_what_waits_is_found_by_its_reason_the_longest_waiting_first(engine: Engine) -> None:
    with engine.begin() as tx:
        first, torn, second = (held(tx, reason) for reason in (Reason.HELD, Reason.TORN, Reason.HELD))
        later = sa.update(tables.quarantine).where(tables.quarantine.c.id == first)
        tx.execute(later.values(received_at=NOON.replace(hour=13)))

        assert [one.id for one in quarantine_rows.unsettled(tx, 10, reason=Reason.HELD)] == [second, first]
        assert {one.id for one in quarantine_rows.unsettled(tx, 10)} == {first, torn, second}
