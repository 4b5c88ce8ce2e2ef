"""What stands beside the list of a case that nobody has opened: on record, and without a reading."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from sqlalchemy.engine import Engine

from reading import audit
from reading.actions import Action
from reading.context import Context
from reading.desk.clinical_request import Told
from reading.desk.preview import MOST_PRIORS, preview
from reading.errors import NotThere
from reading.queue import leases
from reading.rules import policy
from storage.database import transaction
from tests.reading.clinic import arrive, open_clinic, read, take
from tests.reading.double_reading.twice import mammogram, rules


def test_it_shows_reasons_and_earlier_examinations_and_is_on_record(engine: Engine, now: datetime) -> None:
    with transaction(engine) as tx:
        clinic = open_clinic(tx, now)
        person = {"patient_id": "P1", "patient_name": "Pia", "sex": "F"}
        for day in range(1, MOST_PRIORS + 2):
            before = arrive(tx, clinic, f"1.{day}", now - timedelta(days=day), **person)
            read(tx, clinic, clinic.rosa, before.id, now)
        case = arrive(tx, clinic, "1.9", now, **person)
        held = take(tx, clinic, clinic.ada, case.id, now)
        ctx = Context(tx, clinic.audit, now, clinic.ada)
        leases.escalate(ctx, case.id, revision=held, why="两侧不对称")

        found = preview(ctx, case.id)
        looks = [one for one in audit.events_about(tx, "case", case.id) if one.action == Action.CASE_PREVIEW]
        with pytest.raises(NotThere):
            preview(Context(tx, clinic.audit, now, clinic.quinn), case.id)

    assert found.request.told is Told.NO_ORDER
    assert found.why is not None
    assert (found.why.move, found.why.words) == ("escalate", "两侧不对称")
    assert len(found.priors) == MOST_PRIORS
    assert found.priors[0].examined_at > found.priors[-1].examined_at
    assert found.study_uid == "1.9"
    assert [one.actor.id for one in looks] == [clinic.ada.person_id]


def test_a_second_reader_does_not_learn_why_the_first_one_gave_it_back(engine: Engine, now: datetime) -> None:
    with transaction(engine) as tx:
        clinic = open_clinic(tx, now)
        policy.install(tx, rules(), None, now, version=2)
        case = mammogram(tx, clinic, "1.1", now)
        held = take(tx, clinic, clinic.ada, case.id, now)
        ada, rosa = (Context(tx, clinic.audit, now, who) for who in (clinic.ada, clinic.rosa))
        leases.return_to_site(ada, case.id, revision=held, why="右乳占位，请加拍")

        own, others = preview(ada, case.id), preview(rosa, case.id)

    assert own.why is not None
    assert own.why.words == "右乳占位，请加拍"
    assert others.why is None
