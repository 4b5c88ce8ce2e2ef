"""A note of the same site hides what it rejects, whichever comes first, until somebody shows it again."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
import sqlalchemy as sa
from sqlalchemy.engine import Connection, Engine

from reading import tables
from reading.audit import SYSTEM
from reading.cases import cases, history
from reading.cases.moves import Move, State
from reading.completeness import ledger
from reading.completeness.image_set import KEY_OBJECTS
from reading.context import Context
from reading.errors import Invalid, NotAllowed, NotThere
from reading.intake import intake, rejection_record, rejections, surgery
from reading.intake.rejection_record import Standing, Title
from reading.intake.rejections import Note
from reading.kinds import DeviceRight
from reading.register import device_rights, devices
from reading.register.organisations import Organisation
from reading.reports import versions
from storage.database import transaction
from storage.index import queries
from tests.reading.clinic import Clinic, arrive, open_clinic, read, send, state
from tests.reading.crossing import cross
from tests.reading.intake.test_surgery import two_images
from tests.reading.region import KEYS
from tests.storage.instances import DEVICE, seen_whole


def note(
    site: Organisation,
    now: datetime,
    *uids: str,
    note_uid: str = "9.1",
    title: Title = Title.QUALITY,
    device_id: str = DEVICE,
) -> Note:
    return Note(
        note_uid=note_uid,
        title=title,
        site_id=site.id,
        device_id=device_id,
        received_at=now,
        sop_instance_uids=uids,
    )


def take(tx: Connection, clinic: Clinic, made: Note, now: datetime) -> None:
    rejections.take(Context(tx, clinic.audit, now, SYSTEM), KEYS, made)


def shown(tx: Connection, study_uid: str) -> list[str]:
    return sorted(one.sop_instance_uid for one in queries.instances_in(tx, seen_whole(study_uid), study_uid))


@pytest.mark.parametrize("title", [title for title in Title if title is not Title.PERSON])
def test_a_note_hides_what_it_names_and_lifted_it_is_shown_again(title: Title, engine: Engine, now: datetime) -> None:
    with transaction(engine) as tx:
        clinic = open_clinic(tx, now)
        case = two_images(tx, clinic, "1.1", now)
        made = note(clinic.region.hills, now, "1.1.1.1", title=title)
        for _ in range(2):
            take(tx, clinic, made, now)
        (told,) = rejection_record.about(tx, ["1.1.1.1", "1.1.1.2"])

        assert shown(tx, "1.1") == ["1.1.1.2"]
        assert (ledger.arrived(tx, ["1.1"]), ledger.hidden_of_each(tx, ["1.1"])) == (2, {"1.1": 1})
        assert (told.title, told.made_by, told.instances) == (title, None, {"1.1.1.1": Standing.HIDDEN})
        again = rejections.lift(Context(tx, clinic.audit, now, clinic.tang), KEYS, case.id, told.id, why="可以用")
        (lifted,) = rejection_record.about(tx, ["1.1.1.1"])

        assert again == ("1.1.1.1",)
        assert shown(tx, "1.1") == ["1.1.1.1", "1.1.1.2"]
        assert (lifted.lifted_by, lifted.lifted_why, lifted.instances) == (
            "Tang",
            "可以用",
            {"1.1.1.1": Standing.LIFTED},
        )
        assert state(tx, case.id) is State.WAITING_READ
        with pytest.raises(NotAllowed, match="undone_before"):
            rejections.lift(Context(tx, clinic.audit, now, clinic.tang), KEYS, case.id, told.id, why="x")


def test_a_note_that_comes_first_hides_what_follows(engine: Engine, now: datetime) -> None:
    with transaction(engine) as tx:
        clinic = open_clinic(tx, now)
        take(tx, clinic, note(clinic.region.hills, now, "1.1.1.1", "1.1.1.9"), now)
        case = two_images(tx, clinic, "1.1", now)
        rejections.catch_up(Context(tx, clinic.audit, now, SYSTEM), KEYS, "1.1")
        (told,) = rejection_record.about(tx, ["1.1.1.1", "1.1.1.9"])

        assert shown(tx, "1.1") == ["1.1.1.2"]
        assert told.instances == {"1.1.1.1": Standing.HIDDEN, "1.1.1.9": Standing.WAITING}
        assert state(tx, case.id) is State.WAITING_READ
        rejections.lift(Context(tx, clinic.audit, now, clinic.mona), KEYS, case.id, told.id, why="x")
        send(tx, clinic, "1.1", now, sop_instance_uid="1.1.1.9", received_digest=b"9" * 32)
        rejections.catch_up(Context(tx, clinic.audit, now, SYSTEM), KEYS, "1.1")
        assert shown(tx, "1.1") == ["1.1.1.1", "1.1.1.2", "1.1.1.9"]


def test_a_note_of_another_site_rejects_nothing_and_is_told(engine: Engine, now: datetime) -> None:
    with transaction(engine) as tx:
        clinic = open_clinic(tx, now)
        case = two_images(tx, clinic, "1.1", now)
        take(tx, clinic, note(clinic.region.lake, now, "1.1.1.1"), now)
        (told,) = rejection_record.about(tx, ["1.1.1.1"])

        assert shown(tx, "1.1") == ["1.1.1.1", "1.1.1.2"]
        assert told.instances == {"1.1.1.1": Standing.FOREIGN}
        with pytest.raises(NotThere):
            rejections.lift(Context(tx, clinic.audit, now, clinic.tang), KEYS, case.id, told.id, why="x")


def test_a_case_without_images_goes_back_to_the_township_and_a_retake_brings_it_on(
    engine: Engine, now: datetime
) -> None:
    with transaction(engine) as tx:
        clinic = open_clinic(tx, now)
        case = arrive(tx, clinic, "1.1", now)
        send(  # the note lies in the study that it rejects
            tx,
            clinic,
            "1.1",
            now,
            series_uid="1.1.9",
            sop_instance_uid="9.1",
            sop_class_uid=KEY_OBJECTS,
            modality="KO",
            received_digest=b"9" * 32,
            frames=0,
        )
        take(tx, clinic, note(clinic.region.hills, now, "1.1.1.1"), now + timedelta(minutes=5))
        returned, move = state(tx, case.id), history.moves_of(tx, case.id)[-1]
        study = send(tx, clinic, "1.1", now, sop_instance_uid="1.1.1.2", received_digest=b"2" * 32)
        intake.take_in(Context(tx, clinic.audit, now, SYSTEM), KEYS, study)

        assert (returned, move.move, move.person_id) == (State.RETURNED, Move.REJECT, None)
        assert state(tx, case.id) is State.WAITING_READ


def test_showing_them_again_brings_a_case_on_too(engine: Engine, now: datetime) -> None:
    with transaction(engine) as tx:
        clinic = open_clinic(tx, now)
        case = arrive(tx, clinic, "1.1", now)
        made = rejections.hide(
            Context(tx, clinic.audit, now, clinic.tang), KEYS, case.id, sop_instance_uids=["1.1.1.1"], why="误拍"
        )
        returned, move = state(tx, case.id), history.moves_of(tx, case.id)[-1]
        with pytest.raises(NotAllowed, match="no_image_is_shown"):
            intake.resubmit(Context(tx, clinic.audit, now, clinic.tang), case.id, why="已补充")
        rejections.lift(Context(tx, clinic.audit, now, clinic.mona), KEYS, case.id, made, why="是好的")

        assert (returned, move.why, move.person_id) == (State.RETURNED, "误拍", clinic.tang.person_id)
        assert state(tx, case.id) is State.WAITING_READ


def test_two_reasons_are_lifted_one_by_one(engine: Engine, now: datetime) -> None:
    with transaction(engine) as tx:
        clinic = open_clinic(tx, now)
        case = two_images(tx, clinic, "1.1", now)
        by_hand = rejections.hide(
            Context(tx, clinic.audit, now, clinic.mona), KEYS, case.id, sop_instance_uids=["1.1.1.1"], why="误拍"
        )
        take(tx, clinic, note(clinic.region.hills, now, "1.1.1.1"), now)
        told = rejection_record.about(tx, ["1.1.1.1"])
        first = rejections.lift(Context(tx, clinic.audit, now, clinic.mona), KEYS, case.id, by_hand, why="x")
        still = shown(tx, "1.1")
        by_note = next(one.id for one in told if one.id != by_hand)
        second = rejections.lift(Context(tx, clinic.audit, now, clinic.mona), KEYS, case.id, by_note, why="x")

        assert {(one.title, one.made_by) for one in told} == {(Title.PERSON, "Mona"), (Title.QUALITY, None)}
        assert (first, still, second) == ((), ["1.1.1.2"], ("1.1.1.1",))
        assert shown(tx, "1.1") == ["1.1.1.1", "1.1.1.2"]


def test_a_device_rejects_what_a_report_stands_on_and_it_is_told(engine: Engine, now: datetime) -> None:
    with transaction(engine) as tx:
        clinic = open_clinic(tx, now)
        case = two_images(tx, clinic, "1.1", now)
        read(tx, clinic, clinic.ada, case.id, now)
        with pytest.raises(NotAllowed, match="withhold_first"):
            rejections.hide(
                Context(tx, clinic.audit, now, clinic.tang), KEYS, case.id, sop_instance_uids=["1.1.1.1"], why="误拍"
            )
        take(tx, clinic, note(clinic.region.hills, now, "1.1.1.1", title=Title.PATIENT_SAFETY), now)
        standing = versions.current(tx, case.id)
        kinds = list(tx.scalars(sa.select(tables.outbox.c.kind)))

        assert shown(tx, "1.1") == ["1.1.1.2"]
        assert standing is not None
        assert set(standing.images["instances"]) == {"1.1.1.1", "1.1.1.2"}
        assert "case.images_rejected" in kinds


def test_rejected_images_that_were_moved_stay_rejected(engine: Engine, now: datetime) -> None:
    with transaction(engine) as tx:
        clinic = open_clinic(tx, now)
        case, other = two_images(tx, clinic, "1.1", now), arrive(tx, clinic, "1.2", now)
        take(tx, clinic, note(clinic.region.hills, now, "1.1.1.1"), now)
        surgery.split(
            Context(tx, clinic.audit, now, clinic.mona),
            KEYS,
            case.id,
            sop_instance_uids=["1.1.1.1"],
            into_case=other.id,
            why="x",
        )
        (told,) = rejection_record.about(tx, ["1.1.1.1"])
        before = shown(tx, "1.2")
        rejections.lift(Context(tx, clinic.audit, now, clinic.mona), KEYS, other.id, told.id, why="x")

        assert before == ["1.2.1.1"]
        assert shown(tx, "1.2") == ["1.1.1.1", "1.2.1.1"]


def test_who_may_not_hide_does_not(engine: Engine, now: datetime) -> None:
    with transaction(engine) as tx:
        clinic = open_clinic(tx, now)
        case = two_images(tx, clinic, "1.1", now)
        for staff, uids, why, refusal in (
            (clinic.ada, ["1.1.1.1"], "x", NotAllowed),
            (clinic.quinn, ["1.1.1.1"], "x", NotThere),
            (clinic.tang, ["1.1.1.1"], " ", Invalid),
            (clinic.tang, [], "x", Invalid),
            (clinic.tang, ["1.1.1.1", "7.7"], "x", Invalid),
        ):
            with pytest.raises(refusal):
                rejections.hide(Context(tx, clinic.audit, now, staff), KEYS, case.id, sop_instance_uids=uids, why=why)

        assert shown(tx, "1.1") == ["1.1.1.1", "1.1.1.2"]


@pytest.mark.parametrize(
    ("may", "hidden"),
    [(frozenset(), False), ({DeviceRight.QUERY, DeviceRight.RETRIEVE}, False), ({DeviceRight.REJECT}, True)],
    ids=["no right", "other rights", "the right"],
)
def test_a_device_hides_what_another_device_of_its_site_sent_only_with_the_right_to(
    may: set[DeviceRight], hidden: bool, engine: Engine, now: datetime
) -> None:
    with transaction(engine) as tx:
        clinic = open_clinic(tx, now)
        hills = clinic.region.hills
        made = devices.add(tx, ae_title="WS", network="10.0.0.9", port=None, site_id=hills.id, issuer="", now=now)
        device_rights.give(tx, made.id, may, now, given_by=None)
        two_images(tx, clinic, "1.1", now)
        take(tx, clinic, note(hills, now, "1.1.1.1", "1.1.1.9", device_id=made.id), now)
        send(tx, clinic, "1.1", now, sop_instance_uid="1.1.1.9", received_digest=b"9" * 32)
        device_rights.end(tx, made.id, may, now, ended_by=None)  # what the note may was said when it came
        rejections.catch_up(Context(tx, clinic.audit, now, SYSTEM), KEYS, "1.1")
        (told,) = rejection_record.about(tx, ["1.1.1.1", "1.1.1.9"])

        assert shown(tx, "1.1") == (["1.1.1.2"] if hidden else ["1.1.1.1", "1.1.1.2", "1.1.1.9"])
        assert set(told.instances.values()) == {Standing.HIDDEN if hidden else Standing.FOREIGN}


@pytest.mark.parametrize("lifts", [False, True], ids=["a note catches up", "a note is lifted"])
def test_who_hides_an_image_while_a_note_about_it_moves_waits_in_no_ring(
    lifts: bool, engine: Engine, now: datetime
) -> None:
    with transaction(engine) as tx:
        clinic = open_clinic(tx, now)
        arrive(tx, clinic, "1.1", now)
        take(tx, clinic, note(clinic.region.hills, now, "1.1.1.1", "1.1.1.2"), now)
        case = two_images(tx, clinic, "1.1", now)
        (told,) = rejection_record.about(tx, ["1.1.1.2"])

    def note_moves(tx: Connection) -> None:
        if lifts:
            rejections.lift(Context(tx, clinic.audit, now, clinic.mona), KEYS, case.id, told.id, why="可以用")
        else:
            rejections.catch_up(Context(tx, clinic.audit, now, SYSTEM), KEYS, "1.1")

    def tang_hides(tx: Connection) -> None:
        rejections.hide(
            Context(tx, clinic.audit, now, clinic.tang), KEYS, case.id, sop_instance_uids=["1.1.1.2"], why="重拍"
        )

    cross(engine, lambda tx: cases.lock(tx, case.id), note_moves, tang_hides)
    with transaction(engine) as tx:
        assert shown(tx, "1.1") == (["1.1.1.1"] if lifts else [])
