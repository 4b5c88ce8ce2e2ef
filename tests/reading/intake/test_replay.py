"""Corrections, rejections and surgery come back out of the journal as they were written, and twice is once."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection, Engine

from reading import tables
from reading.context import Context
from reading.intake import rejection_record, rejections, surgery_record
from reading.intake.replay import REPLAYS
from reading.patients import attribution
from storage.database import transaction
from storage.decisions.placement import KIND as PLACEMENT
from storage.index import queries
from tests.journalled import journalled
from tests.reading.clinic import Clinic, open_clinic
from tests.reading.intake.test_rejections import note, take
from tests.reading.intake.test_surgery import split, two_images, undo
from tests.reading.region import KEYS

WRITTEN = (tables.attribution, tables.rejection, tables.rejected_instance, tables.surgery)


def written(tx: Connection) -> list[list[dict[str, Any]]]:
    return [sorted((dict(row) for row in tx.execute(sa.select(of)).mappings()), key=repr) for of in WRITTEN]


def at_work(tx: Connection, clinic: Clinic, now: datetime) -> None:
    case = two_images(tx, clinic, "1.1", now)
    undo(tx, clinic, split(tx, clinic, case.id, "1.1.1.2", now=now), now=now)
    split(tx, clinic, case.id, "1.1.1.2", now=now)
    for name in ("皮^亚", "皮^雅"):
        attribution.correct(tx, "1.1", {"PatientName": name}, reason="登记错误", made_by=clinic.tang.person_id, now=now)
    take(tx, clinic, note(clinic.region.hills, now, "1.1.1.1", "1.1.1.7"), now)
    take(tx, clinic, note(clinic.region.moor, now, "1.1.1.1", note_uid="9.2"), now)
    hidden = rejections.hide(
        Context(tx, clinic.audit, now, clinic.mona), KEYS, case.id, sop_instance_uids=["1.1.1.1"], why="糊"
    )
    rejections.lift(Context(tx, clinic.audit, now, clinic.tang), KEYS, case.id, hidden, why="可以")


def test_what_was_written_is_written_again(engine: Engine, now: datetime) -> None:
    with transaction(engine) as tx:
        clinic = open_clinic(tx, now)
        at_work(tx, clinic, now)
        before = written(tx)
        decided = [(kind, payload) for kind, payload in journalled(tx) if kind != PLACEMENT]
        for of in reversed(WRITTEN):
            tx.execute(sa.delete(of))
        once = [REPLAYS[kind](tx, payload, now) for kind, payload in decided]
        first = written(tx)
        for kind, payload in decided:
            REPLAYS[kind](tx, payload, now)

        assert [len(rows) for rows in before] == [2, 3, 4, 2]
        assert first == before
        assert written(tx) == before
        assert all(once)


def test_what_refers_to_people_who_are_gone_is_kept_without_them(engine: Engine, now: datetime) -> None:
    with transaction(engine) as tx:
        clinic = open_clinic(tx, now)
        at_work(tx, clinic, now)
        decided = journalled(tx)
        for of in reversed(WRITTEN):
            tx.execute(sa.delete(of))
        for kind, payload in decided:
            if kind in {attribution.KIND, rejection_record.MADE, rejection_record.LIFTED, surgery_record.MADE}:
                nobody = dict.fromkeys(("made_by", "lifted_by"), "01KNOBODY00000000000000000")
                known = {name: nobody.get(name, value) if value else value for name, value in payload.items()}
                assert REPLAYS[kind](tx, known, now)
        attributions, rejected, _, steps = written(tx)

        assert [one["made_by"] for one in attributions] == [None, None]
        assert {one["lifted_by"] for one in rejected} == {None}
        assert steps == []


def test_a_correction_of_a_study_that_is_not_here_says_so(engine: Engine, now: datetime) -> None:
    with transaction(engine) as tx:
        clinic = open_clinic(tx, now)
        at_work(tx, clinic, now)
        (payload, *_) = [payload for kind, payload in journalled(tx) if kind == attribution.KIND]

        assert not attribution.replay(tx, {**payload, "study_uid": "1.9", "id": "01KOTHER000000000000000000"}, now)
        assert queries.study_of(tx, "1.9") is None
