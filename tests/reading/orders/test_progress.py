"""Orders follow their procedures, and procedures the table of moves."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy.engine import Engine

from reading.errors import MoveNotAllowed, Stale
from reading.orders import orders, progress
from reading.orders.order_state import MOVES, Move, OrderState, of_procedures
from storage.database import snapshot, transaction
from tests.reading.orders.test_orders import place
from tests.reading.region import make_region


def test_an_order_arrives_once_and_is_then_not_cancelled(engine: Engine, now: datetime) -> None:
    with transaction(engine) as tx:
        region = make_region(tx, now)
        arriving = place(tx, region, now)
        ids = [one.id for one in arriving.procedures]
        other = place(tx, region, now - timedelta(hours=1), patient_id=arriving.patient_id)
        progress.move(tx, arriving.id, ids, Move.ARRIVE)
        progress.move(tx, arriving.id, ids, Move.ARRIVE)
        progress.cancel(tx, other.id, revision=1)
        with pytest.raises(Stale) as refused:
            progress.cancel(tx, arriving.id, revision=2)
        with pytest.raises(Stale) as seen_before:
            progress.cancel(tx, arriving.id, revision=1)
        with pytest.raises(Stale) as nothing:
            progress.cancel(tx, "nothing", revision=1)

    with snapshot(engine) as tx:
        assert [one.state for one in orders.list_of(tx, region.hills.id)] == [OrderState.ARRIVED, OrderState.CANCELLED]
        assert [one.id for one in orders.list_of(tx, region.hills.id, states={OrderState.CANCELLED})] == [other.id]
        assert [one.id for one in orders.list_of(tx, region.hills.id, since=now)] == [arriving.id]
        assert [one.id for one in orders.list_of(tx, region.hills.id, until=now)] == [other.id]
        assert [one.id for one in orders.list_of(tx, region.hills.id, newest_first=False)] == [other.id, arriving.id]
    assert (refused.value.expected, seen_before.value.expected, nothing.value.expected) == (2, 2, None)


def test_each_procedure_comes_by_itself_and_the_order_with_them(engine: Engine, now: datetime) -> None:
    seen: list[OrderState] = []
    with transaction(engine) as tx:
        made = place(tx, make_region(tx, now), now)
        chest, hand = (one.id for one in made.procedures)

        def come(procedure_id: str, move: Move) -> None:
            progress.move(tx, made.id, [procedure_id], move)
            found = orders.by_id(tx, made.id)
            assert found is not None
            seen.append(found.state)

        come(chest, Move.BEGIN)
        come(chest, Move.COMPLETE)
        come(chest, Move.ARRIVE)
        come(chest, Move.DISCONTINUE)  # images outweigh it
        come(hand, Move.CANCEL)
        come(hand, Move.BEGIN)  # a console had it still
        come(hand, Move.DISCONTINUE)
        progress.move(tx, made.id, [chest], Move.PART)
        found = orders.by_id(tx, made.id)

    assert seen == [OrderState.IN_PROGRESS] * 4 + [OrderState.ARRIVED, OrderState.IN_PROGRESS, OrderState.ARRIVED]
    assert found is not None
    assert [one.state for one in found.procedures] == [OrderState.PLACED, OrderState.DISCONTINUED]
    assert found.state is OrderState.IN_PROGRESS


STEPS = st.lists(st.tuples(st.integers(0, 1), st.sampled_from(Move)), max_size=12)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=STEPS)
def test_whatever_happens_every_row_is_where_the_table_says(
    engine: Engine, now: datetime, steps: list[tuple[int, Move]]
) -> None:
    with engine.connect() as tx:
        made = place(tx, make_region(tx, now), now)
        states = [OrderState.PLACED, OrderState.PLACED]
        for at, move in steps:
            before = orders.by_id(tx, made.id)
            if (states[at], move) in MOVES:
                progress.move(tx, made.id, [made.procedures[at].id], move)
                states[at] = MOVES[states[at], move]
            else:
                with pytest.raises(MoveNotAllowed):
                    progress.move(tx, made.id, [made.procedures[at].id], move)
            found = orders.by_id(tx, made.id)

            assert before is not None
            assert found is not None
            assert [one.state for one in found.procedures] == states
            assert found.state is of_procedures(states)
            assert found.revision - before.revision == (before.procedures != found.procedures)
        tx.rollback()
