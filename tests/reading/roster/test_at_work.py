"""Who is on duty now, and what stands against handing them a case, from the rows of skills, absences and sessions."""

from __future__ import annotations

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
import sqlalchemy as sa
from sqlalchemy.engine import Connection, Engine

from reading import tables
from reading.audit import SYSTEM
from reading.cases.moves import Step
from reading.context import Context
from reading.errors import Invalid, NotAllowed, NotThere
from reading.kinds import Role
from reading.roster import absences, at_work, limits, skills, slots
from reading.roster.absences import AbsenceKind
from reading.roster.at_work import ACTIVE
from reading.roster.skills import SkillKind
from reading.sessions.staff_sessions import IDLE
from reading.viewers import Staff
from storage.database import transaction
from tests.reading.clinic import arrive, open_clinic, take
from tests.reading.region import hire

HOUR = timedelta(hours=1)


def sign_in(tx: Connection, staff: Staff, now: datetime) -> None:
    """A session as its opening leaves it, without the password."""
    tx.execute(
        sa.insert(tables.staff_session).values(
            token_digest=staff.person_id.encode(),
            person_id=staff.person_id,
            csrf_token="",
            created_at=now,
            active_at=now,
            proved_at=now,
        )
    )


def test_what_stands_against_it_follows_the_rows(engine: Engine, now: datetime) -> None:
    with transaction(engine) as tx:
        clinic = open_clinic(tx, now)
        system = Context(tx, clinic.audit, now, SYSTEM)

        def said(at: datetime) -> list[str]:
            return [" ".join(one.obstacles) for one in at_work.on_duty(tx, [clinic.region.oak.id], at)]

        before = said(now)
        slots.add(system, organisation_code="oak", username="ada", step=Step.READ, since=now, until=now + HOUR)
        signed_out = said(now)
        sign_in(tx, clinic.ada, now)
        there, idle, gone = said(now), said(now + ACTIVE), said(now + IDLE)
        limits.say(system, username="ada", most=1)
        take(tx, clinic, clinic.ada, arrive(tx, clinic, "1.1", now).id, now)
        reading = said(now + ACTIVE)
        limits.say(system, username="ada", most=None)
        leave = absences.add(system, username="ada", kind=AbsenceKind.ILLNESS, since=now + HOUR / 4, until=now + HOUR)
        absent = said(now + HOUR / 4)
        absences.end(system, leave.id)

        assert before == []
        assert (signed_out, there, idle, gone) == (["signed_out"], [""], ["idle"], ["signed_out"])
        assert (reading, absent) == (["at_limit"], ["absent"])
        assert said(now) == [""]
        assert said(now + HOUR) == []


def test_absences_are_said_by_oneself_and_everything_by_whoever_keeps_the_roster(engine: Engine, now: datetime) -> None:
    with transaction(engine) as tx:
        clinic = open_clinic(tx, now)
        ada, mona, quinn = (Context(tx, clinic.audit, now, who) for who in (clinic.ada, clinic.mona, clinic.quinn))
        own = absences.add(ada, username="ada", kind=AbsenceKind.LEAVE, since=now + HOUR, until=now + HOUR * 2)
        absences.end(mona, own.id)
        for act in (
            lambda: absences.add(ada, username="rosa", kind=AbsenceKind.LEAVE),
            lambda: absences.add(ada, username="nobody", kind=AbsenceKind.LEAVE),  # whether there is one is not told
            lambda: skills.add(ada, username="ada", kind=SkillKind.MODALITY, code="CT"),
            lambda: limits.say(ada, username="ada", most=1),
        ):
            with pytest.raises(NotAllowed):
                act()
        for username in ("ada", "nobody"):
            with pytest.raises(NotThere):
                absences.add(quinn, username=username, kind=AbsenceKind.LEAVE)
            with pytest.raises(NotThere):
                skills.add(quinn, username=username, kind=SkillKind.MODALITY, code="CT")
        limits.say(mona, username="ada", most=2)
        limits.say(mona, username="ada", most=3)
        with pytest.raises(Invalid):
            limits.say(mona, username="ada", most=0)

        assert absences.list_of(tx, None, now) == []
        assert limits.of_people(tx, [clinic.ada.person_id], now) == {clinic.ada.person_id: 3}


def test_a_township_keeps_no_roster_of_those_who_take_its_pictures_and_read_elsewhere(
    engine: Engine, now: datetime
) -> None:
    with transaction(engine) as tx:
        clinic = open_clinic(tx, now)
        both = hire(tx, "both", now, (Role.TECHNICIAN, clinic.region.hills), (Role.READER, clinic.region.oak))
        manager = hire(tx, "hana", now, (Role.QUALITY_MANAGER, clinic.region.hills))
        hana, mona = (Context(tx, clinic.audit, now, who) for who in (manager, clinic.mona))
        made = absences.add(mona, username="both", kind=AbsenceKind.LEAVE)
        with pytest.raises(NotThere):
            absences.add(hana, username="both", kind=AbsenceKind.LEAVE)
        with pytest.raises(NotAllowed):
            absences.end(hana, made.id)

        assert [one.id for one in absences.list_of(tx, [both.person_id], now)] == [made.id]


def test_times_are_compared_as_moments_and_not_by_a_clock_that_leaves_an_hour_out(
    engine: Engine, now: datetime
) -> None:
    zone = ZoneInfo("America/New_York")
    begins, ends = (datetime(2026, 3, 8, hour, minute, tzinfo=zone) for hour, minute in ((2, 30), (3, 10)))
    with transaction(engine) as tx:
        clinic = open_clinic(tx, now)
        mona = Context(tx, clinic.audit, now, clinic.mona)
        with pytest.raises(Invalid, match="before_since"):
            absences.add(mona, username="ada", kind=AbsenceKind.LEAVE, since=begins, until=ends)
        with pytest.raises(Invalid, match="before_since"):
            slots.add(mona, organisation_code="oak", username="ada", step=Step.READ, since=begins, until=ends)


def test_a_skill_is_had_once_in_whatever_case_it_is_typed_until_it_ends(engine: Engine, now: datetime) -> None:
    with transaction(engine) as tx:
        clinic = open_clinic(tx, now)
        mona = Context(tx, clinic.audit, now, clinic.mona)
        made = skills.add(mona, username="ada", kind=SkillKind.MODALITY, code=" ct ")
        skills.add(mona, username="ada", kind=SkillKind.SUBSPECIALTY, code="儿科")
        for wrong in ("CT", " ", "x" * 41):
            with pytest.raises(Invalid):
                skills.add(mona, username="ada", kind=SkillKind.MODALITY, code=wrong)
        both = [one.code for one in skills.list_of(tx, [clinic.ada.person_id], now)]
        skills.end(mona, made.id)

        assert both == ["CT", "儿科"]
        assert [one.code for one in skills.list_of(tx, None, now)] == ["儿科"]
        with pytest.raises(NotThere):
            skills.end(mona, made.id)
        skills.add(mona, username="ada", kind=SkillKind.MODALITY, code="CT")
