"""Questions wait for a person, or for those on duty where that person is away; who reads blind cannot be asked."""

from __future__ import annotations

import itertools
from datetime import datetime, timedelta

import pytest
import sqlalchemy as sa
from sqlalchemy.engine import Connection, Engine

from reading import tables
from reading.cases import cases
from reading.cases.moves import State as CaseState
from reading.context import Context
from reading.errors import Invalid, MoveNotAllowed, NotAllowed, NotThere
from reading.kinds import Role
from reading.questions import addressees, questions
from reading.questions.moves import MOVES, Move, State, after
from reading.questions.questions import Question
from reading.register import people
from reading.viewers import Staff
from storage.database import transaction
from tests.reading.clinic import Clinic, arrive, messages, open_clinic, read
from tests.reading.overdue.test_rerouting import sign_in


def as_(tx: Connection, clinic: Clinic, staff: Staff, now: datetime) -> Context[Staff]:
    return Context(tx, clinic.audit, now, staff)


def asked_of_ada(tx: Connection, clinic: Clinic, now: datetime) -> Question:
    """Vera asks Ada about what Ada has read."""
    case = arrive(tx, clinic, "1.1", now)
    read(tx, clinic, clinic.ada, case.id, now)
    vera = as_(tx, clinic, clinic.vera, now)
    return questions.ask(vera, case.id, whom=clinic.ada.person_id, words="左肺结节？")


def test_a_question_waits_in_the_list_of_whoever_is_there(engine: Engine, now: datetime) -> None:
    with transaction(engine) as tx:
        clinic = open_clinic(tx, now)
        sign_in(tx, clinic, now, clinic.ada)
        made = asked_of_ada(tx, clinic, now)
        ada, rosa, vera = (as_(tx, clinic, one, now) for one in (clinic.ada, clinic.rosa, clinic.vera))
        waiting = questions.waiting_for(ada), questions.waiting_for(rosa), questions.waiting_for(vera)
        with pytest.raises(NotThere):
            questions.answer(rosa, made.id, "是")
        answered = questions.answer(ada, made.id, " 是，随访 ")
        with pytest.raises(MoveNotAllowed):
            questions.answer(ada, made.id, "又")

        assert (made.person, made.meant_for) == ("Ada", "")
        assert [[one.id for one in each] for each in waiting] == [[made.id], [], []]
        assert (answered.answer, answered.answered_by, answered.state) == ("是，随访", "Ada", State.ANSWERED)
        assert questions.count(ada) == 0
        assert [one.answer for one in questions.asked_by(vera)] == ["是，随访"]
        kinds = [row.kind for row in messages(tx) if row.kind.startswith("question.")]
        assert kinds == ["question.asked", "question.answered"]


def test_a_question_about_somebody_who_is_away_goes_to_those_on_duty_at_once(engine: Engine, now: datetime) -> None:
    with transaction(engine) as tx:
        clinic = open_clinic(tx, now)
        sign_in(tx, clinic, now - timedelta(hours=2), clinic.ada)
        made = asked_of_ada(tx, clinic, now)
        rosa, ben, quinn = (as_(tx, clinic, one, now) for one in (clinic.rosa, clinic.ben, clinic.quinn))
        counts = [questions.count(one) for one in (rosa, ben, quinn)]
        answered = questions.answer(rosa, made.id, "我看过，良性")

        assert (made.person_id, made.meant_for, made.role) == (None, "Ada", Role.READER)
        assert made.organisation_id == clinic.region.oak.id
        assert counts == [1, 0, 0]
        assert answered.answered_by == "Rosa"


def test_a_question_waits_for_whoever_is_away_where_nobody_but_the_asker_has_their_role(
    engine: Engine, now: datetime
) -> None:
    with transaction(engine) as tx:
        clinic = open_clinic(tx, now)
        for other in (clinic.rosa, clinic.vera):
            held = (tables.role_grant.c.person_id == other.person_id) & (tables.role_grant.c.role == Role.READER)
            tx.execute(sa.update(tables.role_grant).where(held).values(until=now))
        made = asked_of_ada(tx, clinic, now)
        case_id = made.case_id
        vera = as_(tx, clinic, clinic.vera, now)
        roles = addressees.of_case(tx, cases.by_id(tx, case_id), but=clinic.ada.person_id, now=now)

        assert (made.person, made.meant_for) == ("Ada", "")
        assert [one for one in roles if one.person_id is None and one.role is Role.READER] == []
        assert questions.count(vera) == 0


def test_only_what_one_sees_is_asked_of_those_who_worked_on_it_and_only_the_asker_takes_it_back(
    engine: Engine, now: datetime
) -> None:
    with transaction(engine) as tx:
        clinic = open_clinic(tx, now)
        made = asked_of_ada(tx, clinic, now)
        vera = as_(tx, clinic, clinic.vera, now)
        found = addressees.of_case(tx, arrive(tx, clinic, "1.2", now), but=clinic.vera.person_id, now=now)

        assert [(one.person_id, one.organisation, one.role) for one in found] == [(None, "Oak", Role.READER)]
        with pytest.raises(NotThere):
            questions.ask(as_(tx, clinic, clinic.quinn, now), made.case_id, whom=found[0].key, words="?")
        with pytest.raises(Invalid):
            questions.ask(vera, made.case_id, whom=clinic.ben.person_id, words="?")
        with pytest.raises(Invalid):
            questions.ask(vera, made.case_id, whom=clinic.ada.person_id, words="  ")
        with pytest.raises(NotThere):
            questions.withdraw(as_(tx, clinic, clinic.ada, now), made.id)
        assert questions.withdraw(vera, made.id).state is State.WITHDRAWN


def test_what_a_reader_asks_is_told_to_no_other_one_who_reads_blind(engine: Engine, now: datetime) -> None:
    with transaction(engine) as tx:
        clinic = open_clinic(tx, now)
        case = arrive(tx, clinic, "1.1", now)
        ada, rosa, tang = (as_(tx, clinic, one, now) for one in (clinic.ada, clinic.rosa, clinic.tang))
        whom = f"{clinic.region.oak.id}.{Role.READER}"
        made = questions.ask(ada, case.id, whom=whom, words="右乳肿块？")
        questions.ask(tang, case.id, whom=whom, words="几点出报告？")
        before = questions.count(rosa)
        cases.change(tx, cases.by_id(tx, case.id), by_two=True)
        waiting = questions.waiting_for(rosa)
        with pytest.raises(NotAllowed, match="nobody_is_asked_while_blind"):
            questions.ask(ada, case.id, whom=whom, words="右乳肿块？")
        with pytest.raises(NotThere):
            questions.answer(rosa, made.id, "是")

        assert before == 2
        assert [one.words for one in waiting] == ["几点出报告？"]
        assert questions.count(rosa) == 1
        assert [one.words for one in questions.asked_by(ada)] == ["右乳肿块？"]


def test_the_list_and_the_number_are_of_the_same_questions_the_oldest_first(
    engine: Engine, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(questions, "MOST", 2)
    with transaction(engine) as tx:
        clinic = open_clinic(tx, now)
        sign_in(tx, clinic, now, clinic.ada)
        hidden = asked_of_ada(tx, clinic, now)
        case = arrive(tx, clinic, "1.2", now)
        for minute in (1, 2, 3):
            whom = f"{clinic.region.oak.id}.{Role.READER}"
            questions.ask(as_(tx, clinic, clinic.vera, now + timedelta(minutes=minute)), case.id, whom=whom, words="?")
        cases.change(tx, cases.by_id(tx, hidden.case_id), state=CaseState.WITHHELD)
        ada = as_(tx, clinic, clinic.ada, now + timedelta(hours=1))

        assert questions.count(ada) == 3
        assert [one.asked_at for one in questions.waiting_for(ada)] == [
            now + timedelta(minutes=1),
            now + timedelta(minutes=2),
        ]


def test_what_waited_for_somebody_who_left_waits_for_those_on_duty(engine: Engine, now: datetime) -> None:
    with transaction(engine) as tx:
        clinic = open_clinic(tx, now)
        sign_in(tx, clinic, now, clinic.ada)
        made = asked_of_ada(tx, clinic, now)
        rosa = as_(tx, clinic, clinic.rosa, now + timedelta(minutes=1))
        before = questions.count(rosa)
        people.end_grant(tx, clinic.ada.grants[0].id, now)

        assert (before, questions.count(rosa)) == (0, 1)
        assert questions.answer(rosa, made.id, "是").answered_by == "Rosa"


@pytest.mark.parametrize(("state", "move"), list(itertools.product(State, Move)))
def test_a_question_ends_once(state: State, move: Move) -> None:
    if state is State.OPEN:
        assert after(state, move) is MOVES[state, move]
    else:
        with pytest.raises(MoveNotAllowed):
            after(state, move)
