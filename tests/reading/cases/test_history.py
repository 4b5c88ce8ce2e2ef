"""Each move of a case is a row, with who made it, when and why."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.engine import Engine

from reading.audit import SYSTEM
from reading.cases import cases, history
from reading.cases.moves import Move, State
from reading.context import Context
from storage.database import transaction
from tests.reading.clinic import arrive, open_clinic


def test_a_move_is_a_row_with_who_when_and_why(engine: Engine, now: datetime) -> None:
    with transaction(engine) as tx:
        clinic = open_clinic(tx, now)
        case = arrive(tx, clinic, "1.1", now)
        grant = clinic.tang.grants[0]
        moved = cases.move(Context(tx, clinic.audit, now, SYSTEM), case, Move.WITHHOLD, grant=grant, why="拍错人")
        rows = history.moves_of(tx, case.id)

        assert moved == cases.by_id(tx, case.id)
        assert [row.number for row in rows] == [1, 2]
        assert (rows[1].from_state, rows[1].to_state) == (State.WAITING_READ, State.WITHHELD)
        assert (rows[1].person_name, rows[1].at, rows[1].why) == ("Tang", now, "拍错人")
        assert rows[0].person_name is None
        assert history.was_moved(tx, case.id, Move.WITHHOLD)
        assert not history.was_moved(tx, case.id, Move.CLAIM)
