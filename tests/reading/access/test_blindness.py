"""Who is told of a flag while two people read a case blind, and who still reads it."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
import sqlalchemy as sa
from sqlalchemy.engine import Connection, Engine

from reading import tables
from reading.access import blindness
from reading.alerts import alert_rows, climbing, critical, disposal
from reading.alerts.disposal import Disposal
from reading.alerts.read_back import Means
from reading.audit import SYSTEM
from reading.cases import cases
from reading.context import Context
from reading.double_reading import readings
from reading.errors import NotThere
from reading.kinds import Role
from reading.viewers import Staff
from storage.database import transaction
from tests.reading.clinic import Clinic
from tests.reading.double_reading.twice import RIGHT, mammogram, open_screening, read_blind
from tests.reading.region import hire


def _flagged(tx: Connection, clinic: Clinic, now: datetime) -> str:
    case = mammogram(tx, clinic, "1.1", now)
    read_blind(tx, clinic, clinic.ada, case.id, now, RIGHT)
    ada = Context(tx, clinic.audit, now, clinic.ada)
    critical.raise_alert(ada, case.id, critical_class="tension_pneumothorax", finding="右侧张力性气胸")
    return case.id


def _barred(tx: Connection, case_id: str, who: Staff, now: datetime) -> bool:
    return cases.is_one_of(tx, case_id, blindness.told_of_another(tables.case, who.person_id, now))


@pytest.mark.parametrize("somebody_else", [True, False])
def test_an_alert_that_climbs_to_a_city_leaves_reviewers_to_read_where_others_answer(
    engine: Engine, now: datetime, *, somebody_else: bool
) -> None:
    with transaction(engine) as tx:
        clinic = open_screening(tx, now)
        if somebody_else:
            hire(tx, "carl", now, (Role.QUALITY_MANAGER, clinic.region.city))
        case_id = _flagged(tx, clinic, now)
        at = now
        for _ in range(4):
            at += timedelta(minutes=30)
            climbing.climb(Context(tx, clinic.audit, at, SYSTEM))
        told = set(tx.scalars(sa.select(tables.critical_notice.c.organisation_id)))

        assert clinic.region.city.id in told
        assert _barred(tx, case_id, clinic.ben, at) is not somebody_else
        assert bool(blindness.hides_alerts(tx, clinic.ben, [case_id], at)) is somebody_else


def test_who_is_not_told_of_an_alert_cannot_answer_it_by_its_id(engine: Engine, now: datetime) -> None:
    with transaction(engine) as tx:
        clinic = open_screening(tx, now)
        case_id = _flagged(tx, clinic, now)
        alert = alert_rows.newest_standing(tx, case_id)
        assert alert is not None
        ben, tang = (Context(tx, clinic.audit, now, one) for one in (clinic.ben, clinic.tang))
        words = {"said": "右侧张力性气胸，已复述", "spoken_with": "王医生"}
        with pytest.raises(NotThere):
            critical.acknowledge(ben, alert.id, **words, means=Means.TELEPHONE)
        critical.acknowledge(tang, alert.id, **words, means=Means.TELEPHONE)
        with pytest.raises(NotThere):
            disposal.dispose(ben, alert.id, disposal=Disposal.TREATED, text="")


def test_provisional_readings_are_made_final_so_many_in_one_go(
    engine: Engine, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(readings, "AT_ONCE", 1)
    with transaction(engine) as tx:
        clinic = open_screening(tx, now, first_final="after_minutes", minutes=60)
        for number in (1, 2):
            case = mammogram(tx, clinic, f"1.{number}", now)
            read_blind(tx, clinic, clinic.ada, case.id, now, RIGHT)
        later = Context(tx, clinic.audit, now + timedelta(minutes=60), SYSTEM)

        assert [readings.finalise_due(later) for _ in range(3)] == [1, 1, 0]
