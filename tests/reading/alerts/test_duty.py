"""The duty list: who is told at an organisation at a time, and who keeps it."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from threading import Barrier

import pytest
from sqlalchemy.engine import Engine

from reading.alerts import duty
from reading.audit import SYSTEM, Audit
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
        add(clinic.tang, until=now + HOUR)
        add(clinic.mona, since=now + HOUR, until=now + HOUR * 2)
        add(SYSTEM, since=now + HOUR * 2)

        assert len(duty.list_of(tx, None, now)) == 3
        for since, until in ((None, None), (now + HOUR, None), (now, now + HOUR), (now + HOUR * 9, None)):
            with pytest.raises(Invalid, match="on_duty_then"):
                add(clinic.tang, since=since, until=until)
        for field in ("since", "until"):
            with pytest.raises(Invalid, match="date"):
                add(clinic.mona, **{field: datetime(9999, 12, 31, 23, 59, tzinfo=UTC)})
        people.end(tx, clinic.tang.person_id, now)

        assert duty.list_of(tx, None, now) == []


def test_of_many_who_are_put_on_duty_at_once_each_is_once(engine: Engine, now: datetime) -> None:
    with transaction(engine) as tx:
        clinic = open_clinic(tx, now)
    together = Barrier(4)

    def add(number: int) -> bool:
        together.wait()
        try:
            with transaction(engine) as tx:
                ctx = Context(tx, Audit(f"web-{number}"), now, clinic.mona)
                duty.add(ctx, organisation_code="hills", username="tang", role=Role.TECHNICIAN, telephone="1")
        except Invalid:
            return False
        return True

    with ThreadPoolExecutor(4) as pool:
        added = list(pool.map(add, range(4)))

    assert added.count(True) == 1
