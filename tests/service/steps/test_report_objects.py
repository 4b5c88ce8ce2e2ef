"""Final reports become DICOM objects in their study: found there, superseded with them, and images to nobody."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from io import BytesIO
from pathlib import Path
from uuid import uuid4

import pytest
import sqlalchemy as sa
from pydicom import dcmread
from pydicom.dataset import Dataset, FileDataset
from sqlalchemy.engine import Engine

from pacs.authoring.document import Written
from pacs.authoring.keeping import Keeper
from reading.access import visibility
from reading.actions import Action
from reading.audit import SYSTEM
from reading.cases import cases
from reading.cases.cases import Case
from reading.cases.moves import State
from reading.completeness import account, follow_ups, image_set, ledger
from reading.context import Context
from reading.desk import desk
from reading.errors import Invalid
from reading.intake import arrival_end, case_images, intake, rejection_record, rejections
from reading.intake.rejection_record import Title
from reading.intake.rejections import Note
from reading.patients import attribution
from reading.report_objects.moves import State as ObjectState
from reading.report_objects.rows import AGAIN_AFTER, HELD, Kind
from reading.reports.content import Content
from reading.reports.versions import ReportVersion
from reading.retention import retention
from reading.sharing import shares
from reading.signing import papers, signatures, withhold
from reading.tables import report_object, report_version, seal_alarm
from reading.viewers import Viewer
from service.installation.house import House
from service.installation.installation import Folders
from service.installation.load_settings import load
from service.steps.arrivals import Arrivals
from service.steps.report_objects import write_next
from storage.database import snapshot, transaction
from storage.decisions import placement
from storage.decisions.placement_changes import InstancesMoved, SeriesMade
from storage.index import queries
from storage.index.queries import Entered, Instance
from storage.nodes.reader import Bytes
from storage.objects.store import FolderObjectStore
from storage.tables import instance, tombstone
from tests.archive import TOWNSHIP, Archive, archive
from tests.builders import DX, image, thing
from tests.dciodvfy import errors_of
from tests.reading.access.test_visibility import machine_of
from tests.reading.anchors.anchored import tamper
from tests.reading.clinic import NORMAL, PNEUMONIA, Clinic, another_image, arrive, open_clinic, read, shown
from tests.reading.region import KEYS
from tests.reading.signing.test_papers import HOLDER, asked
from tests.storage.instances import seen_whole
from viewer.views.consultations import numbered_images

STUDY = "1.2.840.1"
SR, PDF = "1.2.840.10008.5.1.4.1.1.88.11", "1.2.840.10008.5.1.4.1.1.104.1"
MEASURED, SELECTED = "1.2.840.10008.5.1.4.1.1.88.33", "1.2.840.10008.5.1.4.1.1.88.59"
DRAWN = "1.2.840.10008.5.1.4.1.1.11.1"


@dataclass
class Clock:
    now: datetime

    def __call__(self) -> datetime:
        return self.now


@dataclass
class Here:
    """A clinic, its worker, and where the worker keeps what it writes."""

    clinic: Clinic
    house: House
    archive: Archive
    clock: Clock
    case: Case
    keeper: Keeper = field(init=False)

    def __post_init__(self) -> None:
        self.keeper = Keeper(spool=self.archive.spool, index=self.archive.index)

    @property
    def engine(self) -> Engine:
        return self.house.engine

    def read(self, content: Content = NORMAL) -> ReportVersion:
        with transaction(self.engine) as tx:
            return read(tx, self.clinic, self.clinic.ada, self.case.id, self.clock.now, content)

    def correct(self, version: ReportVersion, content: Content) -> ReportVersion:
        with transaction(self.engine) as tx:
            ada = Context(tx, self.clinic.audit, self.clock.now, self.clinic.ada)
            said = shown(tx, self.case.id)
            return signatures.addendum(ada, self.clinic.seal, version.id, content=content, screen=said)

    def work(self) -> int:
        """What the worker does until nothing waits."""
        self.clock.now += timedelta(seconds=1)
        done = 0
        while write_next(self.house, self.bytes_, self.keeper):
            done += 1
        return done

    @property
    def bytes_(self) -> Bytes:
        return Bytes(self.archive.spool.directory, self.house.object_store, self.engine)

    def seen(self, study_uid: str = STUDY) -> dict[str, Instance]:
        """The objects of ours that a search finds, by SOP class."""
        with snapshot(self.engine) as tx:
            found = queries.instances_in(tx, seen_whole(study_uid), study_uid)
        return {one.sop_class_uid: one for one in found if one.made_here}

    def dataset(self, one: Instance) -> FileDataset:
        return dcmread(BytesIO(self.file(one)))

    def file(self, one: Instance) -> bytes:
        return b"".join(self.bytes_.stream(one))

    def take(self, one: Dataset) -> None:
        """A picture comes from the device, and with it, or before, its case."""
        hills = self.clinic.region.hills.id
        assert self.archive.take(thing(one), replace(TOWNSHIP, site_id=hills)).accepted
        with transaction(self.engine) as tx:
            study = queries.study_of(tx, str(one.StudyInstanceUID))
            assert study is not None
            self.case = intake.take_in(Context(tx, self.clinic.audit, self.clock.now, SYSTEM), KEYS, study)
            arrival_end.end_arriving(tx, datetime.now(UTC) + timedelta(hours=1), 60)

    def failures(self) -> int:
        with snapshot(self.engine) as tx:
            return tx.scalar(sa.select(sa.func.sum(report_object.c.failures))) or 0

    def states(self) -> dict[tuple[str, str], str]:
        row = report_object.c
        with snapshot(self.engine) as tx:
            rows = tx.execute(sa.select(row.version_id, row.kind, row.state).where(row.case_id == self.case.id))
            return {(row.version_id, row.kind): row.state for row in rows}


@pytest.fixture
def here(engine: Engine, database_url: str, now: datetime, tmp_path: Path) -> Iterator[Here]:
    clock = Clock(now)
    with transaction(engine) as tx:
        clinic = open_clinic(tx, now)
        case = arrive(tx, clinic, STUDY, now, patient_name="Wang^Xiaoming=王^小明")
    with archive(engine, database_url, tmp_path) as stored:
        house = House(
            settings=load({"TIERREAD_DATA_DIR": str(tmp_path), "TIERREAD_PUBLIC_ORIGIN": "https://reports.example"}),
            folders=Folders(data=tmp_path),
            clock=clock,
            engine=engine,
            keys=KEYS,
            seal=clinic.seal,
            audit=clinic.audit,
            object_store=FolderObjectStore(tmp_path / "objects"),
        )
        yield Here(clinic, house, stored, clock, case)


def test_a_final_report_lies_in_its_study_and_a_correction_takes_its_place(here: Here) -> None:
    first = here.read()
    assert here.seen() == {}  # nothing waits for the worker, and nothing is seen before it has come
    assert here.work() == 2
    written = here.seen()
    second = here.correct(first, PNEUMONIA)
    between = here.seen()
    here.work()
    corrected = here.seen()

    assert set(written) == set(corrected) == {SR, PDF}
    assert between == {}  # never two that count, nor the one that does not
    for kind, one in corrected.items():
        assert errors_of(here.file(one)) == set()
        before = here.dataset(one).PredecessorDocumentsSequence[0].ReferencedSeriesSequence[0]
        assert before.ReferencedSOPSequence[0].ReferencedSOPInstanceUID == written[kind].sop_instance_uid
        assert before.SeriesInstanceUID == one.series_uid == written[kind].series_uid
    said = here.dataset(corrected[SR])
    assert (said.PatientName, said.InstanceNumber, said.VerificationFlag) == ("Wang^Xiaoming=王^小明", 2, "VERIFIED")
    assert PNEUMONIA.impression in str(said)
    assert set(here.states().values()) == {ObjectState.STORED}
    assert {version for version, _ in here.states()} == {first.id, second.id}
    assert here.work() == 0


def test_they_are_no_images_to_anybody(here: Here) -> None:
    before = sums(here)
    version = here.read()
    with transaction(here.engine) as tx:
        signed = image_set.image_set(tx, [STUDY])
        jobs_before = queries.study_of(tx, STUDY)
    here.work()
    assert len(here.seen()) == 2
    here.clock.now += timedelta(hours=1)
    with transaction(here.engine) as tx:
        study = queries.study_of(tx, STUDY)
        assert study is not None
        assert jobs_before is not None
        intake.take_in(Context(tx, here.clinic.audit, here.clock.now, SYSTEM), KEYS, study)
        case = cases.by_id(tx, here.case.id)
        detail = desk.detail(Context(tx, here.clinic.audit, here.clock.now, here.clinic.ada), here.case.id)

        assert (case.state, case.arriving, case.modality) == (State.FINAL, False, "DX")
        assert (study.instances, study.made_here, study.last_received_at) == (1, 2, jobs_before.last_received_at)
        assert image_set.image_set(tx, [STUDY]) == signed
        assert follow_ups.open_of(tx, here.case.id) is None
        assert detail.to_see == signed.to_see
        assert detail.entry.studies[0].modality == "DX"
        assert {
            one.sop_instance_uid for _, inside in case_images.images_of(tx, case.id).series for one in inside
        } == set(version.images["instances"])
        assert not Arrivals().waiting(tx, here.clock.now)
        with pytest.raises(Invalid, match="key_images"):
            numbered_images(Context(tx, here.clinic.audit, here.clock.now, here.clinic.ada), [STUDY], "9001/1")
    assert sums(here) == before

    # An image that does come late opens the follow-up, and the next version is read from images alone.
    with transaction(here.engine) as tx:
        study = another_image(tx, here.clinic, STUDY, 2, here.clock.now)
        intake.take_in(Context(tx, here.clinic.audit, here.clock.now, SYSTEM), KEYS, study)
        assert follow_ups.open_of(tx, here.case.id) is not None
    again = here.correct(version, NORMAL)
    assert set(again.images["instances"]) == {*version.images["instances"], f"{STUDY}.1.2"}


def sums(here: Here) -> tuple[object, ...]:
    with snapshot(here.engine) as tx:
        found = account.of_case(tx, cases.by_id(tx, here.case.id))
        return (
            found.progress.arrived,
            found.progress.expected,
            found.missing,
            found.seems_missing,
            image_set.counts(tx, [STUDY]),
            ledger.hidden_of_each(tx, [STUDY]),
        )


def test_a_site_with_which_the_study_is_shared_finds_the_images_alone(here: Here) -> None:
    here.read()
    here.work()
    with transaction(here.engine) as tx:
        mona = Context(tx, here.clinic.audit, here.clock.now, here.clinic.mona)
        shares.share_study(mona, STUDY, site_code="moor", until=here.clock.now + timedelta(days=7), reason="转诊")
        moor: list[Viewer] = [here.clinic.quinn, machine_of(tx, here.clinic, "moor", here.clock.now)]
        hills: list[Viewer] = [here.clinic.tang, machine_of(tx, here.clinic, "hills", here.clock.now)]
        seen = {
            place: [
                [one.made_here for one in queries.instances_in(tx, scope, STUDY)]
                for viewer in viewers
                for scope in [visibility.scope(tx, viewer, here.clock.now, Action.STUDY_SEARCH)]
            ]
            for place, viewers in (("moor", moor), ("hills", hills))
        }

    assert [sorted(one) for one in seen["moor"]] == [[False]] * 2
    assert [sorted(one) for one in seen["hills"]] == [[False, True, True]] * 2


def test_what_is_withheld_takes_its_objects_along_and_a_report_read_anew_does_not_bring_them_back(here: Here) -> None:
    first = here.read()
    here.work()
    written = here.seen()
    with transaction(here.engine) as tx:
        withhold.withhold(Context(tx, here.clinic.audit, here.clock.now, here.clinic.tang), here.case.id, why="拍错人")
    assert here.seen() == {}
    with transaction(here.engine) as tx:
        mona = Context(tx, here.clinic.audit, here.clock.now, here.clinic.mona)
        withhold.restore(mona, here.clinic.seal, here.case.id, why="没有错")
    assert here.seen() == written
    with transaction(here.engine) as tx:
        tang = Context(tx, here.clinic.audit, here.clock.now, here.clinic.tang)
        withhold.withhold(tang, here.case.id, why="还是拍错人")
        withhold.read_again(tang.by(here.clinic.mona), here.case.id, why="重新诊断")
        assert queries.instances_in(tx, seen_whole(STUDY), STUDY)  # the images are seen again
    assert here.seen() == {}
    second = here.read(PNEUMONIA)
    here.work()

    assert {one.instance_number for one in here.seen().values()} == {second.number}
    assert first.number != second.number


def test_an_object_bears_the_corrected_name_and_stays_with_its_study(here: Here) -> None:
    with transaction(here.engine) as tx:
        attribution.correct(
            tx,
            STUDY,
            {"PatientName": "Li^Na=李^娜", "PatientID": "P-9", "PatientSex": "F"},
            reason="wrong worklist entry",
            made_by=here.clinic.mona.person_id,
            now=here.clock.now,
        )
    here.read()
    here.work()
    made = here.dataset(here.seen()[SR])
    with snapshot(here.engine) as tx:
        odd = [one for one in tx.scalars(sa.text("select other_person from instance")) if one]

    assert (str(made.PatientName), made.PatientID, made.PatientSex) == ("Li^Na=李^娜", "P-9", "F")
    assert odd == []  # it names nobody else than the study does
    assert here.archive.quarantined() == []


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


def test_marks_are_measurements_key_images_and_drawings_beside_the_pictures(here: Here) -> None:
    chest = {"SOPClassUID": DX, "Modality": "DX", "BodyPartExamined": "CHEST"}
    grey = image(rows=64, columns=32, WindowCenter=40, WindowWidth=400, RescaleSlope=1, RescaleIntercept=-1024, **chest)
    other = image(PhotometricInterpretation="PALETTE COLOR", InstanceNumber=2, **chest)  # no state fits a coloured one
    other.StudyInstanceUID, other.SeriesInstanceUID = grey.StudyInstanceUID, grey.SeriesInstanceUID
    study_uid = str(grey.StudyInstanceUID)
    here.take(grey)
    here.take(other)
    measured = mark(grey, "length", [[1, 2], [5, 2]], values=[{"name": "length", "value": 4.0, "unit": "mm"}])
    marks = [measured, mark(grey, "key", [], text="最大层面"), mark(other, "arrow", [[1, 1], [4, 4]])]
    content = {**PNEUMONIA.to_json(), "marks": marks}
    version = here.read(Content.from_json(content))
    here.work()
    written = here.seen(study_uid)
    here.correct(version, NORMAL)
    here.work()

    assert set(written) == {SR, PDF, MEASURED, SELECTED, DRAWN}
    assert [errors_of(here.file(one)) for one in written.values()] == [set()] * 5
    assert "Numeric Value" in str(here.dataset(written[MEASURED]))
    drawn = here.dataset(written[DRAWN])
    [on] = drawn.ReferencedSeriesSequence[0].ReferencedImageSequence
    assert on.ReferencedSOPInstanceUID == grey.SOPInstanceUID
    assert (drawn.SoftcopyVOILUTSequence[0].WindowWidth, drawn.RescaleIntercept) == (400, -1024)
    assert here.states()[version.id, Kind.KEYS] == ObjectState.STORED
    assert set(here.seen(study_uid)) == {SR, PDF}  # what the corrected report no longer says


def test_a_mark_whose_picture_was_moved_meanwhile_stands_in_no_object(here: Here) -> None:
    grey = image(SOPClassUID=DX, Modality="DX")
    study_uid, series_uid, uid = str(grey.StudyInstanceUID), str(grey.SeriesInstanceUID), str(grey.SOPInstanceUID)
    here.take(grey)
    marks = [mark(grey, "arrow", [[1, 1], [4, 4]]), mark(grey, "key", [])]
    here.read(Content.from_json({**NORMAL.to_json(), "marks": marks}))
    with transaction(here.engine) as tx:
        moved = InstancesMoved(
            sop_instance_uids=(uid,),
            from_study=study_uid,
            from_series=series_uid,
            to_study=study_uid,
            to_series="1.2.77",
        )
        placement.apply(
            tx, [SeriesMade(series_uid="1.2.77", study_uid=study_uid, like=series_uid), moved], here.clock.now
        )
    here.work()

    assert set(here.seen(study_uid)) == {SR, PDF}


def mark(on: Dataset, kind: str, points: list[list[int]], **known: object) -> dict[str, object]:
    return {
        "id": str(uuid4()),
        "kind": kind,
        "study_uid": str(on.StudyInstanceUID),
        "series_uid": str(on.SeriesInstanceUID),
        "instance_uid": str(on.SOPInstanceUID),
        "frame": 1,
        "points": points,
    } | known
