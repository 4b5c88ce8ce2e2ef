"""A roster: who keeps it, what a slot may be, and that nobody is in two slots at once."""

from __future__ import annotations

import threading
from datetime import datetime, timedelta

import pytest
from sqlalchemy.engine import Connection, Engine

from reading.audit import SYSTEM, Audit
from reading.cases.moves import Step
from reading.context import Context
from reading.errors import Invalid, NotAllowed, NotThere
from reading.kinds import Role
from reading.roster import slots
from reading.roster.slots import Slot
from storage.database import transaction
from tests.reading.clinic import Clinic, open_clinic
from tests.reading.crossing import cross
from tests.reading.region import hire

HOUR = timedelta(hours=1)


def add(tx: Connection, clinic: Clinic, now: datetime, who: object, **said: object) -> Slot:
    given = {"organisation_code": "oak", "username": "ada", "step": Step.READ, "since": now, "until": now + HOUR}
    return slots.add(Context(tx, clinic.audit, now, who), **(given | said))  # type: ignore[arg-type]


def test_a_roster_is_kept_by_those_who_manage_or_administer_the_organisation_or_one_above(
    engine: Engine, now: datetime
) -> None:
    with transaction(engine) as tx:
        clinic = open_clinic(tx, now)
        above = hire(tx, "above", now, (Role.SYSTEM_ADMINISTRATOR, clinic.region.city))
        beside = hire(tx, "beside", now, (Role.SYSTEM_ADMINISTRATOR, clinic.region.elm))
        for who in (clinic.ada, clinic.tang, clinic.ben, clinic.quinn, beside):
            with pytest.raises(NotAllowed):
                add(tx, clinic, now, who)
        for number, who in enumerate((clinic.mona, above, SYSTEM)):
            add(tx, clinic, now, who, since=now + HOUR * number, until=now + HOUR * (number + 1))
        listed = slots.between(Context(tx, clinic.audit, now, clinic.ada), clinic.region.oak.id, now, now + HOUR * 9)

        assert [one.since for one in listed] == [now, now + HOUR, now + HOUR * 2]
        with pytest.raises(NotAllowed):
            slots.between(Context(tx, clinic.audit, now, clinic.quinn), clinic.region.oak.id, now, now + HOUR)
        with pytest.raises(NotAllowed):
            slots.end(Context(tx, clinic.audit, now, clinic.ada), listed[0].id)


def test_a_slot_is_of_somebody_who_may_take_the_step_there_and_ends_once(engine: Engine, now: datetime) -> None:
    with transaction(engine) as tx:
        clinic = open_clinic(tx, now)
        for wrong in (
            {"username": "tang"},
            {"step": Step.VERIFY},
            {"organisation_code": "elm"},
            {"until": None},
            {"until": now},
            {"until": now + HOUR * 37},
        ):
            with pytest.raises(Invalid):
                add(tx, clinic, now, SYSTEM, **wrong)
        with pytest.raises(NotThere):
            add(tx, clinic, now, SYSTEM, username="nobody")
        standing = add(tx, clinic, now, SYSTEM)
        for begins, ends in ((-1, 1), (0, 1), (0.5, 2), (0.2, 0.5)):
            with pytest.raises(Invalid):
                add(tx, clinic, now, SYSTEM, since=now + HOUR * begins, until=now + HOUR * ends)
        later = add(tx, clinic, now, SYSTEM, since=now + HOUR, until=now + HOUR * 2)
        system = Context(tx, clinic.audit, now + HOUR / 2, SYSTEM)
        slots.end(system, standing.id)
        slots.end(system, later.id)
        whole = slots.between(system, clinic.region.oak.id, now, now + HOUR * 9)

        assert [(one.since, one.until) for one in whole] == [(now, now + HOUR / 2)]
        assert slots.current(tx, [clinic.region.oak.id], now + HOUR / 2) == []
        with pytest.raises(NotThere):
            slots.end(system, later.id)
        add(tx, clinic, now, SYSTEM, since=now + HOUR / 2)


def test_whoever_adds_slots_of_several_people_locks_them_in_one_order(engine: Engine, now: datetime) -> None:
    with transaction(engine) as tx:
        clinic = open_clinic(tx, now)
    ids = {one.person_id: one.username for one in (clinic.ada, clinic.rosa)}
    first, last = (ids[each] for each in sorted(ids))

    def lock(tx: Connection, *usernames: str) -> None:
        slots.lock_people(Context(tx, Audit("test"), now, SYSTEM), usernames)

    cross(
        engine,
        begins=lambda tx: lock(tx, first),
        other=lambda tx: lock(tx, last, first),
        goes_on=lambda tx: lock(tx, last),
    )


def test_of_two_slots_that_overlap_and_are_added_at_once_one_stands(engine: Engine, now: datetime) -> None:
    with transaction(engine) as tx:
        clinic = open_clinic(tx, now)
    together, said = threading.Barrier(2), []

    def work(number: int) -> None:
        together.wait()
        try:
            with transaction(engine) as tx:
                slots.add(
                    Context(tx, Audit(f"test/{number}"), now, SYSTEM),
                    organisation_code="oak",
                    username="ada",
                    step=Step.READ,
                    since=now,
                    until=now + HOUR,
                )
        except Invalid as refused:
            said.append(refused.problem)
        else:
            said.append("added")

    threads = [threading.Thread(target=work, args=(number,)) for number in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with transaction(engine) as tx:
        standing = slots.current(tx, [clinic.region.oak.id], now)

    assert sorted(said) == ["added", "overlap"]
    assert len(standing) == 1
