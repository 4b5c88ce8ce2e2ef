"""The duty list: who is told at an organisation at a time, and who keeps it."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from sqlalchemy.engine import Engine

from reading.alerts import duty
from reading.audit import SYSTEM
from reading.context import Context
from reading.errors import Invalid, NotAllowed, NotThere
from reading.kinds import Role
from reading.register import people
from storage.database import transaction
from tests.reading.clinic import open_clinic
from tests.reading.region import hire

HOUR = timedelta(hours=1)


def test_those_on_duty_in_the_first_role_are_told_while_their_duty_lasts(engine: Engine, now: datetime) -> None:
    with transaction(engine) as tx:
        clinic = open_clinic(tx, now)
        hills = clinic.region.hills
        doctor = hire(tx, "doctor", now, (Role.CLINICIAN, hills))
        tang = Context(tx, clinic.audit, now, clinic.tang)

        def told(at: datetime) -> list[str]:
            return [one.telephone for one in duty.told_at(tx, hills.id, at)]

        duty.add(tang, organisation_code="hills", username="tang", role=Role.TECHNICIAN, telephone="1")
        night = duty.add(
            tang,
            organisation_code="hills",
            username="doctor",
            role=Role.CLINICIAN,
            telephone="2",
            since=now + HOUR,
            until=now + HOUR * 3,
        )
        by_hour = [told(now + HOUR * n) for n in range(4)]
        people.end_grant(tx, doctor.grants[0].id, now + HOUR * 2)
        gone = told(now + HOUR * 2)
        duty.end(tang, night.id)
        listed = [one.telephone for one in duty.list_of(tx, [hills.id], now)]

        assert by_hour == [["1"], ["2"], ["2"], ["1"]]
        assert gone == ["1"]
        assert listed == ["1"]
        with pytest.raises(NotThere):
            duty.end(tang, night.id)


def test_the_list_is_kept_by_those_who_work_there_or_manage_its_quality(engine: Engine, now: datetime) -> None:
    with transaction(engine) as tx:
        clinic = open_clinic(tx, now)

        def add(who: object, **said: object) -> None:
            given = {"organisation_code": "hills", "username": "tang", "role": Role.TECHNICIAN, "telephone": "1"}
            duty.add(Context(tx, clinic.audit, now, who), **(given | said))  # type: ignore[arg-type]

        for who in (clinic.ada, clinic.quinn, clinic.ben):
            with pytest.raises(NotAllowed):
                add(who)
        for wrong in ({"role": Role.CLINICIAN}, {"role": Role.READER}, {"telephone": " "}, {"until": now}):
            with pytest.raises(Invalid):
                add(clinic.tang, **wrong)
        with pytest.raises(NotThere):
            add(clinic.tang, username="nobody")
        add(clinic.tang)
        add(clinic.mona)
        add(SYSTEM)

        assert len(duty.list_of(tx, None, now)) == 3
