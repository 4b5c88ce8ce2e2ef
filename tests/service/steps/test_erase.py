"""The worker erases what two administrators decided, says when the bytes are gone, and leaves what has to stay."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa
from sqlalchemy.engine import Engine

from reading.administrators import erasures
from reading.administrators.erasures import Wanted
from reading.audit import SYSTEM
from reading.context import Context, Guess
from reading.errors import Invalid, MoveNotAllowed, NotAllowed, NotThere
from reading.kinds import Level, Role
from reading.register import organisations
from reading.retention import holds, requests
from reading.retention.request_moves import State
from reading.retention.requests import NamedBy, Request
from reading.tables import teaching_entry, teaching_picture
from reading.teaching.collections import SeenBy
from reading.viewers import Staff
from service.steps.compact import purge_step, tidy_step
from service.steps.erase import erase_step, finish, take_out
from storage.database import snapshot, transaction
from storage.index.queries import study_of
from storage.tables import instance
from tests.reading.clinic import open_clinic
from tests.reading.region import hire
from tests.reading.teaching.scenes import added, chosen, collection, final
from tests.service.steps.test_compact import STUDY, Here, here

__all__ = ["here"]

OTHER = "1.2.840.2"


def named(uid: str = STUDY) -> Wanted:
    return Wanted(by=NamedBy.STUDY, value=uid)


def decided(here: Here, *uids: str) -> list[Request]:
    """Requests that Sam asked for and Sid confirmed."""
    with transaction(here.house.engine) as tx:
        region = organisations.add(tx, code="REGION", name="全区", level=Level.REGION, now=here.clock.now)
        sam = hire(tx, "sam", here.clock.now, (Role.SYSTEM_ADMINISTRATOR, region))
        sid = hire(tx, "sid", here.clock.now, (Role.SECURITY_ADMINISTRATOR, region))

        def by(who: Staff) -> Context[Staff]:
            return Context(tx, here.house.audit, here.clock.now, who, guess=Guess())

        made = []
        for uid in uids:
            asked = erasures.ask(by(sam), named(uid), "患者书面申请 12 号")
            with pytest.raises(NotAllowed):
                erasures.ask(by(sam), named(uid), "again")
            with pytest.raises(NotAllowed):
                erasures.confirm(by(sam), asked.id, named(uid))
            with pytest.raises((Invalid, NotThere)):
                erasures.confirm(by(sid), asked.id, named(OTHER if uid == STUDY else STUDY))
            erasures.confirm(by(sid), asked.id, named(uid))
            with pytest.raises(MoveNotAllowed):
                erasures.withdraw(by(sam), asked.id)
            made.append(asked)
        return made


def now(here: Here, request: Request) -> Request:
    with snapshot(here.house.engine) as tx:
        return requests.by_id(tx, request.id)


def outcomes(request: Request) -> list[tuple[str, int]]:
    return [(one.outcome, one.instances) for one in request.items]


def test_what_two_decided_goes_with_its_bytes_and_what_is_held_or_came_later_stays(here: Here) -> None:
    for uid in (STUDY, OTHER, "1.2.840.3"):
        here.arrive(1, uid)
    here.arrive(2, STUDY)
    here.read()
    here.clock.now = datetime.now(UTC)  # images are received by the clock of the machine
    gone, held, later = decided(here, STUDY, OTHER, "1.2.840.3")
    here.clock.now += timedelta(minutes=1)
    with transaction(here.house.engine) as tx:
        study = study_of(tx, OTHER)
        assert study is not None
        holds.set_hold(Context(tx, here.house.audit, here.clock.now, SYSTEM), study, "court")
    here.arrive(3, "1.2.840.3")
    here.read()
    run = erase_step(here.house)
    began = run()
    between = now(here, gone)
    while purge_step(here.house)() or tidy_step(here.house)():
        pass
    ended = run()

    assert began >= 3
    assert (between.state, outcomes(between)) == (State.RUNNING, [("erased", 2)])
    assert between.segments
    assert ended >= 1
    assert run() == 0
    assert [now(here, one).state for one in (gone, held, later)] == [State.DONE] * 3
    assert (outcomes(now(here, held)), outcomes(now(here, later))) == ([("under_a_hold", 0)], [("images_came", 0)])
    assert {row["study_uid"] for row in here.archive.instances()} == {OTHER, "1.2.840.3"}


def test_a_worker_that_was_interrupted_goes_on(here: Here) -> None:
    here.arrive(1)
    here.read()
    here.clock.now = datetime.now(UTC)
    (one,) = decided(here, STUDY)
    with transaction(here.house.engine) as tx:
        ctx = Context(tx, here.house.audit, here.clock.now, SYSTEM)
        requests.begin(ctx, requests.by_id(tx, one.id))
        assert requests.erase_one(ctx, requests.by_id(tx, one.id), STUDY) is not None
        assert requests.erase_one(ctx, requests.by_id(tx, one.id), STUDY) is None
    run = erase_step(here.house)
    run()
    while purge_step(here.house)() or tidy_step(here.house)():
        pass
    run()

    assert (now(here, one).state, outcomes(now(here, one))) == (State.DONE, [("erased", 1)])
    assert here.archive.instances() == []


def test_a_command_that_finds_a_worker_has_done_it_all_is_no_failure(here: Here) -> None:
    here.arrive(1)
    here.read()
    here.clock.now = datetime.now(UTC)
    (one,) = decided(here, STUDY)
    house = here.house
    run = erase_step(house)
    run()
    while purge_step(house)() or tidy_step(house)():
        pass
    run()
    done = now(here, one)
    take_out(house.engine, house.audit, house.clock, house.folders.spool, one.id)
    ended_again = finish(house.engine, house.audit, house.clock, one.id)

    assert done.state is State.DONE
    assert not ended_again
    assert now(here, one) == done


def test_what_was_taught_from_erased_images_goes_with_them(engine: Engine, now: datetime, tmp_path: Path) -> None:
    with transaction(engine) as tx:
        clinic = open_clinic(tx, now)
        _, version = final(tx, clinic, now, STUDY)
        into = collection(tx, clinic, clinic.ben, clinic.region.city, now)
        added(tx, clinic, clinic.ben, version, into, now, pictures=(chosen(STUDY),))
        study = study_of(tx, STUDY)
        assert study is not None
        system = Context(tx, clinic.audit, now, SYSTEM)
        asked = requests.add(system, [study], "患者书面申请", named_by=NamedBy.STUDY)

    take_out(engine, clinic.audit, lambda: now, tmp_path, asked.id)

    with snapshot(engine) as tx:
        assert tx.execute(sa.select(teaching_picture)).all() == []
        row = tx.execute(sa.select(teaching_entry)).one()
    assert (row.findings, row.point, row.removed_at, row.removed_by) == ("", "", now, None)


def test_what_was_taught_from_an_image_goes_with_it_from_the_case_that_it_was_moved_to(
    engine: Engine, now: datetime, tmp_path: Path
) -> None:
    with transaction(engine) as tx:
        clinic = open_clinic(tx, now)
        _, version = final(tx, clinic, now, STUDY)
        _, another = final(tx, clinic, now, OTHER)
        into = collection(tx, clinic, clinic.ben, clinic.region.city, now)
        added(tx, clinic, clinic.ben, version, into, now, pictures=(chosen(STUDY),))
        beside = collection(tx, clinic, clinic.ben, clinic.region.city, now, SeenBy.ORGANISATION)
        stays = added(tx, clinic, clinic.ben, version, beside, now, pictures=())
        moved = sa.update(instance).where(instance.c.sop_instance_uid == chosen(STUDY).sop_instance_uid)
        tx.execute(moved.values(study_uid=OTHER, received_study_uid=STUDY))
        study = study_of(tx, OTHER)
        assert study is not None
        system = Context(tx, clinic.audit, now, SYSTEM)
        asked = requests.add(system, [study], "患者书面申请", named_by=NamedBy.STUDY)

    take_out(engine, clinic.audit, lambda: now, tmp_path, asked.id)

    with snapshot(engine) as tx:
        assert tx.execute(sa.select(teaching_picture)).all() == []
        assert tx.scalars(sa.select(teaching_entry.c.id).where(teaching_entry.c.removed_at.is_(None))).all() == [stays]
    assert another.case_id
