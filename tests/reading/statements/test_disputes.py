"""One institution disputes, the other one answers; what is open keeps a month open, what is accepted is out."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

import pytest
from sqlalchemy.engine import Connection, Engine

from reading.context import Context
from reading.errors import Invalid, MoveNotAllowed, NotAllowed, NotThere
from reading.kinds import Role
from reading.statements import closing, disputes, prices, statement
from reading.statements.dispute_moves import MOVES, Move, Remedy, State
from reading.statements.lines import Key
from reading.statements.work import Service
from reading.viewers import Staff
from storage.database import transaction
from tests.reading.clinic import Clinic, arrive, open_clinic, read
from tests.reading.numbers.test_keeping import keep
from tests.reading.region import hire
from tests.reading.statements.test_closing import list_prices, mira

MARCH, APRIL = date(2026, 3, 1), date(2026, 4, 1)
LATER = datetime(2026, 6, 20, tzinfo=UTC)


class Scene:
    """Ada of Oak has read three radiographs of Hills, where Hana manages quality."""

    def __init__(self, engine: Engine, now: datetime) -> None:
        with transaction(engine) as tx:
            self.clinic: Clinic = open_clinic(tx, now)
            self.mira = mira(tx, now, self.clinic)
            self.hana = hire(tx, "hana", now, (Role.QUALITY_MANAGER, self.clinic.region.hills))
            list_prices(self.as_(tx, self.mira))
            self.cases = [arrive(tx, self.clinic, f"1.{number}", now).id for number in range(3)]
            for case_id in self.cases:
                read(tx, self.clinic, self.clinic.ada, case_id, now)
        keep(engine, now.date())

    def as_(self, tx: Connection, who: Staff) -> Context[Staff]:
        return Context(tx, self.clinic.audit, LATER, who)

    def key(self, tx: Connection, first: date = MARCH) -> Key:
        return statement.of_month(self.as_(tx, self.mira), first).lines[0].key

    def counts(self, tx: Connection, first: date) -> list[int]:
        return [one.count for one in statement.of_month(self.as_(tx, self.mira), first).lines]

    def answer(  # noqa: PLR0917 -- what an answer says
        self, tx: Connection, who: Staff, dispute_id: str, move: Move, words: str = "", remedy: Remedy = Remedy.LEFT_OUT
    ) -> None:
        (one,) = [each for each in disputes.disputes(self.as_(tx, self.mira)) if each.id == dispute_id]
        disputes.answer(self.as_(tx, who), dispute_id, move, revision=one.revision, words=words, remedy=remedy)


@pytest.fixture
def scene(engine: Engine, now: datetime) -> Scene:
    return Scene(engine, now)


def test_what_is_not_in_the_table_cannot_happen() -> None:
    assert {state for state, _ in MOVES} == {State.OPEN}
    assert len(MOVES) == len(Move)


def test_the_other_institution_answers_and_a_case_is_left_out(engine: Engine, scene: Scene) -> None:
    mona = scene.clinic.mona
    with transaction(engine) as tx:
        hana = scene.as_(tx, scene.hana)
        key = scene.key(tx)
        with pytest.raises(Invalid):
            disputes.raise_dispute(hana, MARCH, key, reason=" ")
        with pytest.raises(NotThere):
            disputes.raise_dispute(hana, MARCH, key, case_id="0" * 26, reason="x")
        with pytest.raises(NotThere):
            disputes.raise_dispute(scene.as_(tx, scene.clinic.quinn), MARCH, key, reason="x")
        made = disputes.raise_dispute(hana, MARCH, key, case_id=scene.cases[0], reason="未阅片")
        with pytest.raises(NotAllowed, match="disputed_already"):
            disputes.raise_dispute(hana, MARCH, key, case_id=scene.cases[0], reason="x")
        for who, move in ((scene.hana, Move.ACCEPT), (mona, Move.WITHDRAW), (mona, Move.POSTPONE)):
            with pytest.raises(NotAllowed, match=f"dispute_{move}"):
                scene.answer(tx, who, made, move)
        with pytest.raises(NotThere):
            scene.answer(tx, scene.clinic.quinn, made, Move.ACCEPT)
        with pytest.raises(NotAllowed, match="disputes_are_open"):
            closing.close(scene.as_(tx, scene.mira), MARCH)
        with pytest.raises(Invalid):
            scene.answer(tx, mona, made, Move.REJECT)
        scene.answer(tx, mona, made, Move.ACCEPT)

        (one,) = disputes.disputes(hana, MARCH)
        assert (one.state, one.remedy, one.answered_by, one.may) == (
            State.ACCEPTED,
            Remedy.LEFT_OUT,
            "Mona",
            frozenset(),
        )
        with pytest.raises(MoveNotAllowed):
            scene.answer(tx, mona, made, Move.REJECT, "x")
        assert scene.counts(tx, MARCH) == [2]
        closing.close(scene.as_(tx, scene.mira), MARCH)
        assert scene.counts(tx, MARCH) == [2]
        assert scene.counts(tx, APRIL) == []


def test_a_dispute_that_is_moved_on_lets_the_month_close_and_ends_as_an_adjustment(
    engine: Engine, scene: Scene
) -> None:
    with transaction(engine) as tx:
        top = scene.as_(tx, scene.mira)
        made = disputes.raise_dispute(scene.as_(tx, scene.clinic.mona), MARCH, scene.key(tx), reason="单价有误")
        scene.answer(tx, scene.mira, made, Move.POSTPONE)
        closing.close(top, MARCH)
        with pytest.raises(NotAllowed, match="disputes_are_open"):
            closing.close(top, APRIL)
        scene.answer(tx, scene.hana, made, Move.ACCEPT)
        before = [(one.key.adjusts, one.count, one.fen) for one in statement.of_month(top, APRIL).lines]
        closing.close(top, APRIL)
        after = [(one.key.adjusts, one.count, one.fen) for one in statement.of_month(top, APRIL).lines]
        late = disputes.raise_dispute(top, MARCH, scene.key(tx), reason="x")
        (last,) = [one for one in disputes.disputes(top) if one.id == late]

    assert before == after == [(True, -3, -720)]
    assert scene_count(engine, scene) == [3]
    assert last.settle_in == date(2026, 5, 1)


def scene_count(engine: Engine, scene: Scene) -> list[int]:
    with transaction(engine) as tx:
        return scene.counts(tx, MARCH)


def test_a_line_that_is_gone_is_not_left_out(engine: Engine, scene: Scene) -> None:
    with transaction(engine) as tx:
        made = disputes.raise_dispute(scene.as_(tx, scene.hana), MARCH, scene.key(tx), reason="单价有误")
        narrower: Any = {"site_code": "hills", "reader_code": "oak", "service": Service.REPORT, "modality": "DX"}
        prices.add(scene.as_(tx, scene.mira), **narrower, fen=900, first_day=MARCH)
        with pytest.raises(NotAllowed, match="disputed_line_is_gone"):
            scene.answer(tx, scene.clinic.mona, made, Move.ACCEPT)
        scene.answer(tx, scene.clinic.mona, made, Move.ACCEPT, remedy=Remedy.CORRECTED)

        assert scene.counts(tx, MARCH) == [3]
