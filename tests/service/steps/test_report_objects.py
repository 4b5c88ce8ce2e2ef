"""Final reports become DICOM objects in their study: found there, superseded with them, and images to nobody."""

from __future__ import annotations

from datetime import timedelta
from uuid import uuid4

import pytest
import sqlalchemy as sa
from pydicom.dataset import Dataset

from reading.access import visibility
from reading.actions import Action
from reading.audit import SYSTEM
from reading.cases import cases
from reading.cases.moves import State
from reading.completeness import account, follow_ups, image_set, ledger
from reading.context import Context
from reading.desk import desk
from reading.errors import Invalid
from reading.intake import case_images, intake
from reading.patients import attribution
from reading.report_objects.moves import State as ObjectState
from reading.report_objects.rows import Kind
from reading.reports.content import Content
from reading.sharing import shares
from reading.signing import withhold
from reading.viewers import Viewer
from service.steps.arrivals import Arrivals
from storage.database import snapshot, transaction
from storage.decisions import placement
from storage.decisions.placement_changes import InstancesMoved, SeriesMade
from storage.index import queries
from tests.builders import DX, image
from tests.dciodvfy import errors_of
from tests.reading.access.test_visibility import machine_of
from tests.reading.clinic import NORMAL, PNEUMONIA, another_image
from tests.reading.region import KEYS
from tests.service.steps.report_object_scene import DRAWN, MEASURED, PDF, SELECTED, SR, STUDY, Here, here
from tests.storage.instances import seen_whole
from viewer.views.consultations import numbered_images

__all__ = ["here"]


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
