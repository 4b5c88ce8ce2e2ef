"""What happens to the objects of reports when something comes between: a power cut, a second worker, a correction."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

import pytest
import sqlalchemy as sa

from pacs.authoring.document import Written
from pacs.authoring.keeping import Keeper
from reading.audit import SYSTEM
from reading.completeness import ledger
from reading.context import Context
from reading.intake import rejection_record, rejections
from reading.intake.rejection_record import Title
from reading.intake.rejections import Note
from reading.report_objects.moves import State as ObjectState
from reading.report_objects.rows import AGAIN_AFTER, HELD, Kind
from reading.retention import retention
from reading.signing import papers, withhold
from reading.tables import report_object, report_version, seal_alarm
from service.steps.report_objects import write_next
from storage.database import snapshot, transaction
from storage.index import queries
from storage.index.queries import Entered
from storage.tables import instance, tombstone
from tests.reading.anchors.anchored import tamper
from tests.reading.clinic import NORMAL, PNEUMONIA
from tests.reading.region import KEYS
from tests.reading.signing.test_papers import HOLDER, asked
from tests.service.steps.report_object_scene import PDF, SR, STUDY, Here, here

__all__ = ["here"]


class PowerCut(BaseException):
    """The worker stops, whatever it would have caught."""


def nothing() -> None:
    pass


@dataclass(frozen=True, kw_only=True)
class Meanwhile(Keeper):
    """The real one, in a world in which something happens just before an object is kept, or just after."""

    before: Callable[[], object] = nothing
    after: Callable[[], object] = nothing

    def keep(self, made: Written, *, site_id: str, received: Mapping[str, str], now: datetime) -> Entered:
        self.before()
        entered = super().keep(made, site_id=site_id, received=received, now=now)
        self.after()
        return entered


def power_cut() -> None:
    raise PowerCut


def worker(here: Here, *, before: Callable[[], object] = nothing, after: Callable[[], object] = nothing) -> None:
    """A worker makes the object that is due: the sheet comes first."""
    keeper = Meanwhile(spool=here.archive.spool, index=here.archive.index, before=before, after=after)
    here.clock.now += timedelta(seconds=1)
    assert write_next(here.house, here.bytes_, keeper) == 1


def test_after_a_crash_it_is_not_made_twice_and_its_file_is_known_as_ours(here: Here) -> None:
    version = here.read()
    with pytest.raises(PowerCut):
        worker(here, after=power_cut)
    assert here.seen() == {}  # stored, and shown only when it is known what its version counts
    here.work()
    assert here.states()[version.id, Kind.PDF] == ObjectState.WAITING  # nobody else makes what a worker holds
    here.clock.now += HELD
    here.work()
    given = bytes(here.dataset(here.seen()[PDF]).EncapsulatedDocument)
    said = []
    with transaction(here.engine) as tx:
        for file in {given, given.removesuffix(b"\0")}:  # an odd number of bytes is filled up (PS3.5 8.2)
            ctx = asked(tx, here.clinic, here.clock.now)
            said.append(papers.check_file(ctx, KEYS, hashlib.sha256(file).digest(), HOLDER))

    assert here.states() == {(version.id, kind): ObjectState.STORED for kind in (Kind.SR, Kind.PDF)}
    assert here.archive.quarantined() == []
    assert [one.version_id for one in said if isinstance(one, papers.Paper)] == [version.id]


@pytest.mark.parametrize("how", ["corrected", "withheld"])
def test_what_counts_no_longer_when_it_is_stored_is_not_seen_even_if_the_worker_stops_there(
    here: Here, how: str
) -> None:
    first = here.read()

    def meanwhile() -> None:
        if how == "corrected":
            here.correct(first, PNEUMONIA)
        else:
            with transaction(here.engine) as tx:
                tang = Context(tx, here.clinic.audit, here.clock.now, here.clinic.tang)
                withhold.withhold(tang, here.case.id, why="拍错人")
                queries.unhide(tx, STUDY, here.clock.now)  # the objects are hidden by themselves, not with the study

    with pytest.raises(PowerCut):
        worker(here, before=meanwhile, after=power_cut)
    stopped = here.seen()
    here.clock.now += HELD
    here.work()

    assert stopped == {}
    assert {one.instance_number for one in here.seen().values()} == ({2} if how == "corrected" else set())
    assert here.states()[first.id, Kind.PDF] == ObjectState.STORED
    assert here.states()[first.id, Kind.SR] == ObjectState.LEFT_OUT


@pytest.mark.parametrize("late", [False, True], ids=["in time", "later than its hold"])
def test_of_two_workers_none_disturbs_the_other_when_a_report_is_corrected_between(here: Here, late: bool) -> None:
    first = here.read()

    def the_other() -> None:
        here.correct(first, PNEUMONIA)
        here.clock.now += HELD if late else timedelta()
        here.work()

    worker(here, before=the_other)
    between = here.states()[first.id, Kind.PDF], {one.instance_number for one in here.seen().values()}
    here.work()

    # The objects of the correction name those before them, and wait for them.
    assert between == (ObjectState.STORED, {2} if late else set())
    assert {(uid, one.instance_number) for uid, one in here.seen().items()} == {(SR, 2), (PDF, 2)}
    assert here.states()[first.id, Kind.SR] == ObjectState.LEFT_OUT
    assert here.failures() == 0


def test_what_is_stored_after_its_study_was_erased_is_erased_too(here: Here) -> None:
    version = here.read()

    def erased() -> None:
        with transaction(here.engine) as tx:
            study = queries.study_of(tx, STUDY)
            assert study is not None
            system = Context(tx, here.clinic.audit, here.clock.now, SYSTEM)
            retention.erase(system, study, "保存期满", request_id="")

    worker(here, before=erased)
    here.work()
    with snapshot(here.engine) as tx:
        study = queries.study_of(tx, STUDY)
        left = tx.scalar(sa.select(sa.func.count()).select_from(instance))
        graves = tx.scalar(sa.select(sa.func.count()).select_from(tombstone).where(tombstone.c.made_here))

    assert study is not None
    assert (left, graves, study.made_here, study.instances) == (0, 1, 0, 0)
    assert set(here.states().values()) == {ObjectState.LEFT_OUT}
    assert {version_id for version_id, _ in here.states()} == {version.id}


def test_what_was_left_out_for_want_of_images_is_made_when_they_are_shown_again(here: Here) -> None:
    version = here.read()
    with transaction(here.engine) as tx:
        system = Context(tx, here.clinic.audit, here.clock.now, SYSTEM)
        [uid] = version.images["instances"]
        image_ = queries.instance_of(tx, uid)
        assert image_ is not None
        note = Note(
            note_uid="1.2.9",
            title=Title.QUALITY,
            site_id=image_.site_id,
            device_id=image_.device_id,
            received_at=here.clock.now,
            sop_instance_uids=(uid,),
        )
        rejections.take(system, KEYS, note)
    here.work()
    left_out = set(here.states().values())
    with transaction(here.engine) as tx:
        [made] = rejection_record.about(tx, [uid])
        tang = Context(tx, here.clinic.audit, here.clock.now, here.clinic.tang)
        rejections.lift(tang, KEYS, here.case.id, made.id, why="可以用")
    here.work()

    assert left_out == {ObjectState.LEFT_OUT}
    assert set(here.seen()) == {SR, PDF}


def test_what_cannot_be_made_is_tried_ever_later(here: Here) -> None:
    here.read()

    def unreadable() -> None:
        raise OSError

    for _ in range(2):
        worker(here, before=unreadable)  # the sheet, then the text
    assert here.failures() == 2
    here.clock.now += AGAIN_AFTER
    for _ in range(2):
        worker(here, before=unreadable)
    here.clock.now += AGAIN_AFTER
    assert here.work() == 0
    here.clock.now += AGAIN_AFTER
    assert here.work() == 2
    assert set(here.seen()) == {SR, PDF}


def test_a_report_that_was_superseded_or_whose_images_were_erased_first_makes_none(here: Here) -> None:
    first = here.read()
    second = here.correct(first, PNEUMONIA)
    here.work()
    assert {one.instance_number for one in here.seen().values()} == {second.number}
    assert "PredecessorDocumentsSequence" not in here.dataset(here.seen()[SR])
    with transaction(here.engine) as tx:
        study = queries.study_of(tx, STUDY)
        assert study is not None
        system = Context(tx, here.clinic.audit, here.clock.now, SYSTEM)
        erased = retention.erase(system, study, "保存期满", request_id="")
        assert erased.instances == 1  # images
        assert ledger.arrived(tx, [STUDY]) == 1
        tx.execute(sa.update(report_object).values(state=ObjectState.WAITING))
    here.work()

    assert here.seen() == {}
    assert here.states()[first.id, Kind.SR] == here.states()[second.id, Kind.PDF] == ObjectState.LEFT_OUT


def test_of_a_version_that_is_not_what_was_signed_nothing_is_made(here: Here) -> None:
    version = here.read()
    said = {**NORMAL.to_json(), "impression": "另一个意见"}
    tamper(here.engine, sa.update(report_version).where(report_version.c.id == version.id).values(content=said))
    here.work()

    assert here.seen() == {}
    with snapshot(here.engine) as tx:
        assert tx.scalar(sa.select(seal_alarm.c.version_id)) == version.id
