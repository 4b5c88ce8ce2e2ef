"""A desk fetches the next case ahead, and of the earlier ones the nearest."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy.engine import Engine

from reading.cases.moves import Step
from reading.context import Context
from reading.desk.ahead import ahead
from storage.database import transaction
from tests.reading.clinic import arrive, open_clinic, read

PIA: Final[dict[str, Any]] = {"patient_id": "P7", "patient_name": "Pia^Park", "sex": "F", "birth_date": "19700102"}

EARLIER: Final[list[tuple[str, int, dict[str, Any]]]] = [
    ("1.1", 90, {"modality": "DX", "body_part": "CHEST"}),
    ("1.2", 60, {"modality": "DX", "body_part": "HAND"}),
    ("1.3", 30, {"modality": "CT", "body_part": "CHEST"}),
]


def test_the_earlier_case_that_was_taken_in_the_same_way_of_the_same_part_comes_with_the_next(
    engine: Engine, now: datetime
) -> None:
    with transaction(engine) as tx:
        clinic = open_clinic(tx, now)
        for uid, days, known in EARLIER:
            then = now - timedelta(days=days)
            earlier = arrive(tx, clinic, uid, then, **PIA, **known)
            read(tx, clinic, clinic.vera, earlier.id, now)
        arrive(tx, clinic, "1.4", now, **PIA, modality="DX", body_part="CHEST")
        found = ahead(Context(tx, clinic.audit, now, clinic.ada), Step.READ)
        nobodys = ahead(Context(tx, clinic.audit, now, clinic.quinn), None)

    assert found is not None
    assert (tuple(found.study_uids), tuple(found.earlier_study_uids)) == (("1.4",), ("1.1",))
    assert nobodys is None


def test_beside_a_first_examination_nothing_is_fetched(engine: Engine, now: datetime) -> None:
    with transaction(engine) as tx:
        clinic = open_clinic(tx, now)
        arrive(tx, clinic, "1.1", now)
        found = ahead(Context(tx, clinic.audit, now, clinic.ada), None)

    assert found is not None
    assert tuple(found.earlier_study_uids) == ()
