"""A score of 2b to 3b counts, and reaches the author, when a third reviewer has looked at it."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

import pytest
from sqlalchemy.engine import Connection, Engine

from reading.context import Context
from reading.errors import Invalid, NotAllowed, NotThere, Stale
from reading.kinds import Role
from reading.review import arbitration, feedback
from reading.review.review import Outcome, Review
from reading.review.scores import Score
from reading.viewers import Staff
from storage.database import transaction
from storage.ids import new_id
from tests.reading.clinic import ATTENDING, PNEUMONIA, Clinic, arrive, open_clinic, read, review_as, verify
from tests.reading.region import hire


def _amended(tx: Connection, clinic: Clinic, study_uid: str, now: datetime, score: Score) -> Review:
    """Ada's report of a CT, which Ben amends."""
    case = arrive(tx, clinic, study_uid, now, modality="CT")
    read(tx, clinic, clinic.ada, case.id, now)
    return review_as(tx, clinic, clinic.ben, case.id, now, outcome=Outcome.AMEND, content=PNEUMONIA, score=score)


def _ctx(tx: Connection, clinic: Clinic, who: Staff, now: datetime) -> Context[Staff]:
    return Context(tx, clinic.audit, now, who)


def _feedback(tx: Connection, clinic: Clinic, now: datetime) -> dict[str, Score | None]:
    return {one.review.id: one.score for one in feedback.to_author(_ctx(tx, clinic, clinic.ada, now))}


def test_a_third_reviewer_settles_it_and_nobody_else_can(engine: Engine, now: datetime) -> None:
    with transaction(engine) as tx:
        clinic = open_clinic(tx, now)
        light = _amended(tx, clinic, "1.1", now, Score.UNDERSTANDABLE_MISS)
        grave = _amended(tx, clinic, "1.2", now, Score.SHOULD_BE_MADE_MOST_OF_THE_TIME_AND_MATTERS)

        assert _feedback(tx, clinic, now) == {light.id: Score.UNDERSTANDABLE_MISS, grave.id: None}
        for who in (clinic.ada, clinic.ben, clinic.rosa, clinic.mona, clinic.quinn):
            assert arbitration.waiting(_ctx(tx, clinic, who, now)) == []
            with pytest.raises((NotAllowed, NotThere)):
                arbitration.arbitrate(
                    _ctx(tx, clinic, who, now), grave.id, score=grave.score or Score.CONCUR, comment=""
                )
        bea = _ctx(tx, clinic, clinic.bea, now)
        assert [one.review.id for one in arbitration.waiting(bea)] == [grave.id]

        arbitration.arbitrate(bea, grave.id, score=Score.UNDERSTANDABLE_MISS_THAT_MATTERS, comment="层厚 5 mm")

        assert arbitration.waiting(bea) == []
        assert _feedback(tx, clinic, now)[grave.id] is Score.UNDERSTANDABLE_MISS_THAT_MATTERS


def test_who_verified_the_report_does_not_arbitrate_its_score(engine: Engine, now: datetime) -> None:
    with transaction(engine) as tx:
        clinic = open_clinic(tx, now)
        case = arrive(tx, clinic, "1.1", now, modality="CT")
        read(tx, clinic, clinic.rosa, case.id, now)
        city = clinic.region.city
        both = replace(hire(tx, "bo", now, (Role.VERIFIER, clinic.region.oak), (Role.REVIEWER, city)), title=ATTENDING)
        verify(tx, clinic, both, case.id, now)
        score = Score.SHOULD_BE_MADE_MOST_OF_THE_TIME
        made = review_as(tx, clinic, clinic.ben, case.id, now, outcome=Outcome.AMEND, content=PNEUMONIA, score=score)

        assert arbitration.waiting(_ctx(tx, clinic, both, now)) == []
        with pytest.raises(NotAllowed):
            arbitration.arbitrate(_ctx(tx, clinic, both, now), made.id, score=score, comment="")
        assert len(arbitration.waiting(_ctx(tx, clinic, clinic.bea, now))) == 1


def test_bad_input_and_a_second_word_change_nothing(engine: Engine, now: datetime) -> None:
    with transaction(engine) as tx:
        clinic = open_clinic(tx, now)
        made = _amended(tx, clinic, "1.1", now, Score.UNDERSTANDABLE_MISS_THAT_MATTERS)
        light = _amended(tx, clinic, "1.2", now, Score.UNDERSTANDABLE_MISS)
        bea = _ctx(tx, clinic, clinic.bea, now)

        with pytest.raises(Invalid, match="required"):
            arbitration.arbitrate(bea, made.id, score=Score.CONCUR, comment=" ")
        with pytest.raises(Invalid, match="unknown"):
            arbitration.arbitrate(bea, made.id, score=Score.RECORDED_AS_4, comment="?")
        with pytest.raises(Invalid, match="too_long"):
            arbitration.arbitrate(bea, made.id, score=Score.CONCUR, comment="x" * 1001)
        with pytest.raises(Stale):
            arbitration.arbitrate(bea, light.id, score=Score.CONCUR, comment="?")
        with pytest.raises(NotThere):
            arbitration.arbitrate(bea, new_id(), score=Score.CONCUR, comment="?")
        arbitration.arbitrate(bea, made.id, score=Score.UNDERSTANDABLE_MISS_THAT_MATTERS, comment="")
        with pytest.raises(Stale):
            arbitration.arbitrate(bea, made.id, score=Score.CONCUR, comment="anders")

        assert _feedback(tx, clinic, now)[made.id] is Score.UNDERSTANDABLE_MISS_THAT_MATTERS


def test_feedback_is_read_by_its_author_alone_and_once(engine: Engine, now: datetime) -> None:
    with transaction(engine) as tx:
        clinic = open_clinic(tx, now)
        made = _amended(tx, clinic, "1.1", now, Score.UNDERSTANDABLE_MISS)
        ada = _ctx(tx, clinic, clinic.ada, now)

        with pytest.raises(NotThere):
            feedback.mark_read(_ctx(tx, clinic, clinic.vera, now), made.id)
        assert feedback.to_author(ada)[0].read_at is None
        feedback.mark_read(ada, made.id)
        feedback.mark_read(_ctx(tx, clinic, clinic.ada, now.replace(hour=23)), made.id)

        assert feedback.to_author(ada)[0].read_at == now
        assert feedback.to_author(ada)[0].review.difference["positive"] == {"from": False, "to": True}
