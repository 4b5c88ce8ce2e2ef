"""What people wrote to each other about a case stands at the desk in the order of time, as far as each may read it."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

from sqlalchemy.engine import Engine

from reading.cases.moves import Move
from reading.context import Context
from reading.desk import desk
from reading.desk.correspondence import Kind
from reading.intake import intake
from reading.questions import questions
from reading.queue import leases
from reading.review.review import Outcome
from storage.database import transaction
from tests.reading.clinic import NORMAL, arrive, open_clinic, read, review_as, take


def test_reasons_answers_reviews_and_changes_stand_in_the_order_of_time(engine: Engine, now: datetime) -> None:
    moments = [now + timedelta(minutes=minute) for minute in range(6)]
    with transaction(engine) as tx:
        clinic = open_clinic(tx, now)
        case = arrive(tx, clinic, "1.1", now, modality="CT")

        def by(staff: str, minute: int) -> Context:
            return Context(tx, clinic.audit, moments[minute], getattr(clinic, staff), clinic.seal.public_key)

        lease = take(tx, clinic, clinic.ada, case.id, now)
        leases.return_to_site(by("ada", 1), case.id, revision=lease, why="病史?")
        intake.resubmit(by("tang", 2), case.id, why="咳嗽三天")
        whom = questions.askable(by("ada", 3), case)[0].key
        asked = questions.ask(by("ada", 3), case.id, whom=whom, words="有旧片吗？")
        read(tx, clinic, clinic.ada, case.id, moments[4])
        changed = replace(NORMAL, impression="右下肺炎", positive=True)
        review_as(
            tx, clinic, clinic.ben, case.id, moments[5], outcome=Outcome.AMEND, content=changed, comment="看右下肺"
        )
        found = desk.detail(by("ada", 5), case.id).correspondence
        at_the_township = desk.detail(by("tang", 5), case.id).correspondence

    assert asked.case_id == case.id
    said = [(line.what, line.who, line.words) for line in found]
    assert said[:3] == [
        (Move.RETURN, clinic.ada.name, "病史?"),
        (Move.RESUBMIT, clinic.tang.name, "咳嗽三天"),
        (Kind.QUESTION, clinic.ada.name, "有旧片吗？"),
    ]
    assert set(said[3:]) == {
        (Kind.REVIEW, clinic.ben.name, "看右下肺"),
        (Kind.VERSION, clinic.ben.name, "右下肺炎"),
    }
    assert Kind.REVIEW not in {line.what for line in at_the_township}
