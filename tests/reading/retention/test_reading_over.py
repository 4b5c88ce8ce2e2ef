"""The reading of a study is over when nobody is expected to do anything about it."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy.engine import Engine

from reading.audit import SYSTEM
from reading.context import Context
from reading.intake import intake
from reading.retention import reading_over
from storage.database import transaction
from tests.reading.clinic import another_image, arrive, open_clinic, read
from tests.reading.region import KEYS

STUDY = "1.1"


def test_it_is_over_with_the_final_report_until_late_images_come(engine: Engine, now: datetime) -> None:
    with transaction(engine) as tx:
        clinic = open_clinic(tx, now)
        nothing = reading_over.of_studies(tx, {STUDY})
        case = arrive(tx, clinic, STUDY, now)
        waiting = reading_over.of_studies(tx, {STUDY})
        read(tx, clinic, clinic.ada, case.id, now + timedelta(minutes=5))
        final = reading_over.of_studies(tx, {STUDY})
        intake.take_in(Context(tx, clinic.audit, now, SYSTEM), KEYS, another_image(tx, clinic, STUDY, 2, now))
        late = reading_over.of_studies(tx, {STUDY})

    assert (nothing.over, nothing.since) == (True, None)
    assert (waiting.over, final.over, late.over) == (False, True, False)
    assert final.since is not None
    assert final.since > now


def test_all_the_studies_in_which_images_are_shown_have_to_be_over(engine: Engine, now: datetime) -> None:
    with transaction(engine) as tx:
        clinic = open_clinic(tx, now)
        read(tx, clinic, clinic.ada, arrive(tx, clinic, STUDY, now).id, now)
        arrive(tx, clinic, "1.2", now)
        one, both = reading_over.of_studies(tx, {STUDY}), reading_over.of_studies(tx, {STUDY, "1.2"})

    assert (one.over, both.over) == (True, False)
