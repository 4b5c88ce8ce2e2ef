"""What is said of a case that waits: for whom, how it came to whoever took it, that nobody on duty has its skill."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
import sqlalchemy as sa
from sqlalchemy.engine import Engine

from reading import tables
from reading.cases import cases
from reading.cases.moves import Step
from reading.errors import Invalid
from reading.queue import assigned, claiming
from reading.queue.assignment_end import End
from reading.queue.takings import How
from reading.roster import skills, slots
from reading.roster.skills import SkillKind
from storage.database import transaction
from tests.reading.clinic import arrive
from tests.reading.queue.test_assigning import MINUTE, on_duty, ruled


def test_whom_a_case_waits_for_and_how_it_was_taken(engine: Engine, now: datetime) -> None:
    with transaction(engine) as tx:
        shift = on_duty(tx, now, "ada")
        case = arrive(tx, shift.clinic, "1.1", now)
        shift.assign()
        waits = assigned.waits_for(tx, [case.id], now)
        over = assigned.waits_for(tx, [case.id], now + 10 * MINUTE)
        claiming.claim(shift.context(shift.clinic.rosa), case.id)
        takings = assigned.takings_of(tx, case.id)

    assert [(one.name, one.until) for one in waits.values()] == [("Ada", now + 10 * MINUTE)]
    assert over == {}
    assert [(one.name, one.how, one.ended_as) for one in takings] == [
        ("Ada", How.ASSIGNED, End.CHOSEN_BY_ANOTHER),
        ("Rosa", How.CHOSEN, End.TAKEN),
    ]


def test_a_skill_that_nobody_on_duty_has_is_said(engine: Engine, now: datetime) -> None:
    with transaction(engine) as tx:
        shift = on_duty(tx, now, "ada", rules=ruled(skills=["DX"]))
        case = arrive(tx, shift.clinic, "1.1", now)

        def lacking() -> set[str]:
            return assigned.without_skill(tx, [cases.by_id(tx, case.id)], now)

        nobody = lacking()
        skills.add(shift.context(), username="rosa", kind=SkillKind.MODALITY, code="dx")
        off_duty = lacking()
        tx.execute(sa.update(tables.roster_slot).values(until=now - timedelta(1), since=now - timedelta(2)))
        without_roster = lacking()
        with pytest.raises(Invalid):
            slots.add(
                shift.context(),
                organisation_code="oak",
                username="ada",
                step=Step.SECOND,
                since=now,
                until=now + MINUTE,
            )

    assert nobody == off_duty == {case.id}
    assert without_roster == set()
