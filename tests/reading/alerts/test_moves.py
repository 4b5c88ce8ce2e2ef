"""The table of an alert's moves, the rows of real alerts, which follow it, and what no interleaving breaks."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from itertools import count, product

import pytest
import sqlalchemy as sa
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy.engine import Connection, Engine

from reading.alerts import (
    alert_rows,
    clarification,
    climbing,
    corrections,
    critical,
    disposal,
    findings,
    moved_images,
)
from reading.alerts.alert_rows import Alert
from reading.alerts.corrections import Said
from reading.alerts.disposal import Disposal
from reading.alerts.moves import DIFFERING, ENDS, MOVES, STANDING, UNANSWERED, UNDISPOSED, Move, State, after
from reading.alerts.read_back import Means
from reading.audit import SYSTEM
from reading.context import Context
from reading.errors import MoveNotAllowed, NotThere, Stale
from reading.rules import flags
from reading.tables import case, critical_alert
from storage.database import transaction
from tests.reading.clinic import PNEUMONIA, Clinic, acknowledge, arrive, open_clinic


@pytest.mark.parametrize(("state", "move"), [pair for pair in product(State, Move) if pair not in MOVES])
def test_what_is_not_in_the_table_cannot_happen(state: State, move: Move) -> None:
    with pytest.raises(MoveNotAllowed) as refused:
        after(state, move)

    assert (refused.value.state, refused.value.move) == (state, move)


def test_the_loop_is_told_acknowledged_disposed_and_only_an_end_leaves_it() -> None:
    assert {state for state, move in MOVES if move is Move.CLIMB} == UNANSWERED
    for move in (Move.ACKNOWLEDGE, Move.ACKNOWLEDGE_OTHERWISE):
        assert {state for state, made in MOVES if made is move} == UNANSWERED
    for move in (Move.REMIND, Move.DISPOSE):
        assert {state for state, made in MOVES if made is move} == UNDISPOSED
    for move in (Move.ASK, Move.CLARIFY):
        assert {state for state, made in MOVES if made is move} == DIFFERING
    for move in ENDS:
        assert {state for state, made in MOVES if made is move} == STANDING
    assert {state for state in State if state not in STANDING} == set(ENDS.values())


@pytest.mark.parametrize("first", [Move.DISPOSE, Move.CLARIFY])
def test_what_was_read_back_otherwise_is_settled_by_both_answers_in_either_order(first: Move) -> None:
    state = after(State.RAISED, Move.ACKNOWLEDGE_OTHERWISE)
    other = Move.CLARIFY if first is Move.DISPOSE else Move.DISPOSE

    assert after(state, first) is not State.DISPOSED
    assert after(after(state, first), other) is State.DISPOSED


def do(tx: Connection, clinic: Clinic, alert: Alert, move: Move, now: datetime) -> None:
    """The act behind a move; of the worker's, at the time when they are due."""
    ada, tang = Context(tx, clinic.audit, now, clinic.ada), Context(tx, clinic.audit, now, clinic.tang)
    found = alert_rows.by_id(tx, alert.id)
    stroke = Said(1, replace(PNEUMONIA, critical_class="stroke"))
    match move:
        case Move.CLIMB:
            climbing.climb(Context(tx, clinic.audit, found.next_climb_at, SYSTEM))
        case Move.REMIND:
            climbing.remind(Context(tx, clinic.audit, found.remind_at or now, SYSTEM))
        case Move.ACKNOWLEDGE:
            acknowledge(tx, clinic, clinic.tang, alert.id, now)
        case Move.ACKNOWLEDGE_OTHERWISE:
            said = "未见脑卒中"
            critical.acknowledge(tang, alert.id, said=said, spoken_with="Ada", means=Means.TELEPHONE, said_so=said)
        case Move.ASK:
            climbing.ask(Context(tx, clinic.audit, found.ask_at or now, SYSTEM))
        case Move.CLARIFY:
            clarification.clarify(ada, alert.id, spoken_with="Tang", agreed="双方核对为右侧")
        case Move.DISPOSE:
            disposal.dispose(tang, alert.id, disposal=Disposal.TREATED, text="")
        case Move.WITHDRAW:
            critical.withdraw(ada, found.case_id, seen=alert.id, why="!")
        case Move.LIFT:
            corrections.lift(ada, found.case_id, Said(2, PNEUMONIA), [stroke])
        case Move.CARRY:
            other = arrive(tx, clinic, f"3.{tx.scalar(sa.select(sa.func.count(case.c.id)))}", now)
            moved_images.go_on_at(ada, found.case_id, other.id)
        case Move.RESET:
            corrections.raise_of(ada, found.case_id, Said(2, replace(PNEUMONIA, critical_class="other")), stroke)


def test_alerts_move_as_the_table_says(engine: Engine, now: datetime) -> None:
    numbers = count()

    @settings(max_examples=20, deadline=None)
    @given(st.lists(st.sampled_from(Move), max_size=6))
    def drive(moves: list[Move]) -> None:
        case = arrive(tx, clinic, f"1.{next(numbers)}", now)
        ada = Context(tx, clinic.audit, now, clinic.ada)
        alert = critical.raise_alert(ada, case.id, critical_class="stroke", finding="!")
        state = State.RAISED
        for move in moves:
            if state not in STANDING and move in ENDS:
                continue  # nothing is there to take back; `raise_of` would begin another one
            try:
                do(tx, clinic, alert, move, now)
            except (MoveNotAllowed, NotThere):
                assert (state, move) not in MOVES
            state = MOVES.get((state, move), state)

            assert alert_rows.by_id(tx, alert.id).state is state
            for condition, states in (
                (alert_rows.unanswered(), UNANSWERED),
                (alert_rows.differing(), DIFFERING),
                (flags.standing(), STANDING),
            ):
                found = tx.scalar(sa.select(critical_alert.c.id).where(critical_alert.c.id == alert.id, condition))
                assert (found is not None) is (state in states)

    with transaction(engine) as tx:
        clinic = open_clinic(tx, now)
        drive()


def test_every_alert_is_acknowledged_taken_back_or_climbing_at_any_interleaving(engine: Engine, now: datetime) -> None:
    numbers = count()
    steps = st.one_of(
        st.sampled_from([*Move, "again", "other words", "worker"]), st.integers(min_value=1, max_value=25)
    )

    @settings(max_examples=20, deadline=None)
    @given(st.lists(steps, min_size=1, max_size=10))
    def live(acts: list[Move | str | int]) -> None:
        case = arrive(tx, clinic, f"1.{next(numbers)}", now)
        at, ticked = now, now
        alert = critical.raise_alert(
            Context(tx, clinic.audit, at, clinic.ada), case.id, critical_class="stroke", finding="!"
        )
        for act in acts:
            if isinstance(act, int):
                at += timedelta(minutes=act)
            elif act == "worker":
                worker = Context(tx, clinic.audit, at, SYSTEM)
                climbing.climb(worker)
                climbing.ask(worker)
                climbing.remind(worker)
                ticked = at
            elif act == "again":
                ada = Context(tx, clinic.audit, at, clinic.ada)
                critical.raise_alert(ada, case.id, critical_class="stroke", finding="!")
            elif act == "other words":
                ada = Context(tx, clinic.audit, at, clinic.ada)
                words = f"finding {at}"
                told = critical.raise_alert(ada, case.id, critical_class="stroke", finding=words)

                assert words in findings.of_alerts(tx, [told])[told.id]
                assert told.state in UNANSWERED or told.finding == words
            elif act not in {Move.CLIMB, Move.REMIND, Move.ASK}:
                try:
                    do(tx, clinic, alert, Move(act), at)
                except (MoveNotAllowed, NotThere, Stale):
                    continue
            for one in alert_rows.select(tx, critical_alert.c.case_id == case.id):
                if one.state in UNANSWERED:
                    # Nothing makes a clock longer than its minutes, and the worker leaves none that is over.
                    assert one.next_climb_at > ticked
                    assert one.next_climb_at <= max(at, ticked) + timedelta(minutes=one.minutes)
                    assert one.due_at <= one.raised_at + timedelta(minutes=one.minutes)
                if one.state in DIFFERING:
                    assert one.ask_at is not None
                    assert one.ask_at > ticked
                if one.state in UNDISPOSED:
                    assert one.acknowledged_by is not None
                    assert one.remind_at is not None
                    assert one.remind_at > ticked

    with transaction(engine) as tx:
        clinic = open_clinic(tx, now)
        live()
