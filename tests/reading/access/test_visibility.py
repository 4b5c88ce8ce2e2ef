"""Whoever may not see a thing gets the answer of a thing that does not exist."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Final

import pytest
import sqlalchemy as sa
from sqlalchemy.engine import Connection, Engine

from reading import audit
from reading.access import door, visibility
from reading.actions import Action
from reading.cases import cases
from reading.cases.cases import Case
from reading.context import Context, Guess
from reading.errors import NotThere
from reading.kinds import DeviceRight, IdentifierKind, Priority, Role
from reading.orders import orders
from reading.orders.orders import Asked
from reading.patients.patient_identifiers import Identifier
from reading.patients.patients import Patient
from reading.register import device_rights, devices
from reading.reports import versions
from reading.reports.versions import Status
from reading.signing import withhold
from reading.tables import case, patient, report_version
from reading.viewers import Machine, PatientViewer, Viewer
from storage.database import snapshot, transaction
from storage.index.queries import search_studies
from storage.tables import holding
from tests.reading.clinic import Clinic, arrive, open_clinic, read
from tests.reading.region import KEYS, PIA_CARD, hire, pia

STUDY: Final = "1.2.840.1"


def pias_case(tx: Connection, clinic: Clinic, now: datetime) -> tuple[Patient, Case]:
    """A radiograph of Pia from Hills."""
    patient_ = pia(tx, now)
    return patient_, arrive(tx, clinic, STUDY, now, patient_id="P1")


def released(tx: Connection, clinic: Clinic, now: datetime) -> tuple[PatientViewer, Case]:
    """Pia's radiograph with a final report, and Pia with her receipt."""
    patient_, made = pias_case(tx, clinic, now)
    version = read(tx, clinic, clinic.ada, made.id, now)
    versions.set_released(tx, version, now)
    return PatientViewer(patient_id=patient_.id, case_id=None), cases.by_id(tx, made.id)


def machine_of(tx: Connection, clinic: Clinic, site: str, now: datetime) -> Machine:
    """A device of a site that may query and retrieve."""
    site_id = getattr(clinic.region, site).id
    own = f"10.0.{len(devices.list_all(tx))}.9"
    made = devices.add(tx, ae_title="WS", network=own, port=None, site_id=site_id, issuer=site.upper(), now=now)
    device_rights.give(tx, made.id, {DeviceRight.QUERY, DeviceRight.RETRIEVE}, now, given_by=None)
    return Machine(device_id=made.id, site_id=site_id, issuer=site.upper())


def sees_study(tx: Connection, clinic: Clinic, viewer: Viewer, now: datetime, study_uid: str = STUDY) -> bool:
    """By opening it; the list must say the same."""
    listed = search_studies(tx, visibility.scope(tx, viewer, now, Action.STUDY_SEARCH), [], limit=10)
    try:
        opened = (
            door.open_study(Context(tx, clinic.audit, now, viewer), study_uid, Action.STUDY_METADATA).study_uid
            == study_uid
        )
    except NotThere:
        opened = False
    assert opened == (study_uid in [study.study_uid for study in listed])
    return opened


def sees_case(tx: Connection, clinic: Clinic, viewer: Viewer, case_id: str, now: datetime) -> bool:
    listed = tx.scalars(sa.select(case.c.id).where(visibility.visible_cases(tx, viewer, now))).all()
    try:
        opened = door.open_case(Context(tx, clinic.audit, now, viewer), case_id, "case.view").id == case_id
    except NotThere:
        opened = False
    assert opened == (case_id in listed)
    return opened


def sees_version(tx: Connection, clinic: Clinic, viewer: Viewer, version_id: str, now: datetime) -> bool:
    listed = tx.scalars(
        sa.select(report_version.c.id)
        .join(case, case.c.id == report_version.c.case_id)
        .where(visibility.visible_versions(tx, viewer, now))
    ).all()
    try:
        opened = door.open_report(Context(tx, clinic.audit, now, viewer), version_id, "report.read").id == version_id
    except NotThere:
        opened = False
    assert opened == (version_id in listed)
    return opened


def sees_patient(tx: Connection, clinic: Clinic, viewer: Viewer, patient_id: str, now: datetime) -> bool:
    listed = tx.scalars(sa.select(patient.c.id).where(visibility.visible_patients(tx, viewer, now))).all()
    try:
        opened = door.open_patient(Context(tx, clinic.audit, now, viewer), patient_id, "patient.view").id == patient_id
    except NotThere:
        opened = False
    assert opened == (patient_id in listed)
    return opened


# -- studies


def test_those_who_work_on_it_see_a_study_and_quinn_does_not(engine: Engine, now: datetime) -> None:
    with transaction(engine) as tx:
        clinic = open_clinic(tx, now)
        pias_case(tx, clinic, now)
        clerk = hire(tx, "clerk", now, (Role.SYSTEM_ADMINISTRATOR, clinic.region.hills))

        assert [
            sees_study(tx, clinic, viewer, now)
            for viewer in (
                clinic.tang,
                clinic.ada,
                clinic.vera,
                clinic.ben,
                clinic.mona,
                machine_of(tx, clinic, "hills", now),
            )
        ] == [True] * 6
        assert [
            sees_study(tx, clinic, viewer, now) for viewer in (clinic.quinn, clerk, machine_of(tx, clinic, "moor", now))
        ] == [False] * 3


def test_quinn_gets_the_answer_of_a_thing_that_does_not_exist(engine: Engine, now: datetime) -> None:
    with transaction(engine) as tx:
        clinic = open_clinic(tx, now)
        patient_, made = pias_case(tx, clinic, now)
        version = read(tx, clinic, clinic.ada, made.id, now)
    opened: list[tuple[Callable[..., object], str]] = [
        (door.open_study, STUDY),
        (door.open_case, made.id),
        (door.open_report, version.id),
        (door.open_reports, made.id),
        (door.open_patient, patient_.id),
    ]

    for open_one, hers in opened:
        answers: list[NotThere] = []
        for asked in (hers, "01KNOTHING0000000000000000"):
            with pytest.raises(NotThere) as refused, transaction(engine) as tx:
                open_one(Context(tx, clinic.audit, now, clinic.quinn), asked, Action.CASE_OPEN)
            answers.append(refused.value)
        assert [(type(one), one.kind, one.name, str(one)) for one in answers] == [(NotThere, "", "", "")] * 2


def test_what_is_no_uid_is_not_there(engine: Engine, now: datetime) -> None:
    with transaction(engine) as tx:
        clinic = open_clinic(tx, now)
        for odd in ("", "1." + "2" * 63, "1.2\0", "../1", "' or 1=1"):
            with pytest.raises(NotThere):
                door.open_study(Context(tx, clinic.audit, now, clinic.ada), odd, "study.view")


def test_a_second_site_sees_what_it_holds_as_well(engine: Engine, now: datetime) -> None:
    with transaction(engine) as tx:
        clinic = open_clinic(tx, now)
        _, made = pias_case(tx, clinic, now)
        tx.execute(
            holding.insert().values(
                study_uid=STUDY,
                sop_instance_uid=f"{STUDY}.1.1",
                site_id=clinic.region.moor.id,
                device_id="01KDEVICE00000000000000000",
                received_at=now,
                shared=True,
            )
        )

        assert sees_study(tx, clinic, clinic.quinn, now)
        assert not sees_case(tx, clinic, clinic.quinn, made.id, now)


def test_what_is_withheld_is_seen_from_above_its_site_alone(engine: Engine, now: datetime) -> None:
    with transaction(engine) as tx:
        clinic = open_clinic(tx, now)
        pia_, made = released(tx, clinic, now)
        version = versions.of_case(tx, made.id)[0]
        region = clinic.region
        city_manager = hire(tx, "max", now, (Role.QUALITY_MANAGER, region.city))
        own_manager = hire(tx, "mia", now, (Role.QUALITY_MANAGER, region.hills))
        both = hire(tx, "bo", now, (Role.READER, region.oak), (Role.QUALITY_MANAGER, region.elm))
        machine = machine_of(tx, clinic, "hills", now)
        everybody: list[Viewer] = [clinic.tang, clinic.ada, clinic.ben, own_manager, both, pia_, machine]
        before = [sees_study(tx, clinic, viewer, now) for viewer in everybody]
        withhold.withhold(Context(tx, clinic.audit, now, clinic.ada), made.id, why="wrong person")

        assert before == [True] * 7
        for viewer in everybody:
            assert not sees_study(tx, clinic, viewer, now)
            assert not sees_case(tx, clinic, viewer, made.id, now)
            assert not sees_version(tx, clinic, viewer, version.id, now)
        for manager in (clinic.mona, city_manager):
            assert sees_study(tx, clinic, manager, now)
            assert sees_case(tx, clinic, manager, made.id, now)
            assert sees_version(tx, clinic, manager, version.id, now)
        assert not sees_study(tx, clinic, clinic.quinn, now)


def test_a_patient_sees_the_pictures_of_a_final_report_and_no_others(engine: Engine, now: datetime) -> None:
    with transaction(engine) as tx:
        clinic = open_clinic(tx, now)
        patient_, made = pias_case(tx, clinic, now)
        arrive(tx, clinic, "1.2.840.2", now, patient_id="P1")
        arrive(tx, clinic, "1.2.840.3", now, patient_id="P3")
        viewer = PatientViewer(patient_id=patient_.id, case_id=None)
        assert not sees_study(tx, clinic, viewer, now)
        version = read(tx, clinic, clinic.ada, made.id, now)
        versions.set_status(tx, version.id, Status.PRELIMINARY)
        assert not sees_study(tx, clinic, viewer, now)
        versions.set_released(tx, version, now)

        assert sees_study(tx, clinic, viewer, now)
        assert not sees_study(tx, clinic, viewer, now, "1.2.840.2")
        assert not sees_study(tx, clinic, viewer, now, "1.2.840.3")


# -- cases and reports


def test_those_who_work_on_it_see_a_case_and_machines_never_do(engine: Engine, now: datetime) -> None:
    with transaction(engine) as tx:
        clinic = open_clinic(tx, now)
        pia_, made = released(tx, clinic, now)
        stranger = PatientViewer(patient_id="somebody", case_id=None)
        allowed: list[Viewer] = [clinic.tang, clinic.ada, clinic.vera, clinic.ben, clinic.mona, pia_]
        refused: list[Viewer] = [clinic.quinn, stranger, machine_of(tx, clinic, "hills", now)]

        assert [sees_case(tx, clinic, viewer, made.id, now) for viewer in allowed] == [True] * 6
        assert [sees_case(tx, clinic, viewer, made.id, now) for viewer in refused] == [False] * 3


SEEN: Final = {
    # status: by the site that asked, by those who work on it, by those above, by the patient
    Status.PENDING: (False, True, True, False),
    Status.PRELIMINARY: (True, True, True, False),
    Status.FINAL: (True, True, True, True),
    Status.SUPERSEDED: (True, True, True, False),
    Status.REPLACED: (False, True, True, False),
    Status.WITHHELD: (False, False, True, False),
    Status.ENTERED_IN_ERROR: (False, False, True, False),
    Status.BLIND: (False, False, False, False),
    Status.PROPOSED: (False, False, False, False),
    Status.WITHDRAWN: (False, False, False, False),
}


def test_who_sees_a_version_of_a_report(engine: Engine, now: datetime) -> None:
    with transaction(engine) as tx:
        clinic = open_clinic(tx, now)
        pia_, made = released(tx, clinic, now)
        version = versions.of_case(tx, made.id)[0]
        viewers: list[Viewer] = [clinic.tang, clinic.ben, clinic.mona, pia_]
        seen: dict[Status, tuple[bool, ...]] = {}
        for status in Status:
            versions.set_status(tx, version.id, status)
            seen[status] = tuple(sees_version(tx, clinic, viewer, version.id, now) for viewer in viewers)
            assert not sees_version(tx, clinic, clinic.quinn, version.id, now)
            assert not sees_version(tx, clinic, machine_of(tx, clinic, "hills", now), version.id, now)

    assert seen == SEEN


def test_a_final_version_that_was_not_released_is_not_the_patients(engine: Engine, now: datetime) -> None:
    with transaction(engine) as tx:
        clinic = open_clinic(tx, now)
        patient_, made = pias_case(tx, clinic, now)
        version = read(tx, clinic, clinic.ada, made.id, now)
        tx.execute(report_version.update().values(status=Status.FINAL, released_at=None))
        viewer = PatientViewer(patient_id=patient_.id, case_id=None)

        assert not sees_version(tx, clinic, viewer, version.id, now)
        assert not sees_case(tx, clinic, viewer, made.id, now)


def test_the_versions_of_a_case_are_those_that_each_may_see(engine: Engine, now: datetime) -> None:
    with transaction(engine) as tx:
        clinic = open_clinic(tx, now)
        pia_, made = released(tx, clinic, now)
        first = versions.of_case(tx, made.id)[0]
        pending = versions.add(
            tx,
            case_id=made.id,
            content=first.content,
            identity=first.identity,
            images=first.images,
            incomplete_reason="",
            supersedes=first,
            now=now,
        )

        def of(viewer: Viewer) -> list[str]:
            found = door.open_reports(Context(tx, clinic.audit, now, viewer), made.id, "case.open")
            return [version.id for version in found]

        assert of(clinic.ada) == [first.id, pending.id]
        assert of(clinic.tang) == [first.id]
        assert of(pia_) == [first.id]


def test_a_receipt_opens_its_one_case_and_a_proven_card_the_whole_history(engine: Engine, now: datetime) -> None:
    with transaction(engine) as tx:
        clinic = open_clinic(tx, now)
        proven, first = released(tx, clinic, now)
        second = arrive(tx, clinic, "1.2.840.2", now, patient_id="P1")
        version = read(tx, clinic, clinic.ada, second.id, now)
        with_receipt = PatientViewer(patient_id=proven.patient_id, case_id=second.id)
        another = PatientViewer(patient_id="somebody", case_id=first.id)
        earlier = versions.of_case(tx, first.id)[0]

        def seen(viewer: Viewer) -> list[bool]:
            return [
                sees_case(tx, clinic, viewer, first.id, now),
                sees_version(tx, clinic, viewer, earlier.id, now),
                sees_study(tx, clinic, viewer, now),
                sees_case(tx, clinic, viewer, second.id, now),
                sees_version(tx, clinic, viewer, version.id, now),
                sees_study(tx, clinic, viewer, now, "1.2.840.2"),
                sees_patient(tx, clinic, viewer, proven.patient_id, now),
            ]

        assert seen(proven) == [True] * 7
        assert seen(with_receipt) == [False] * 3 + [True] * 4
        assert seen(another) == [False] * 7


def test_the_case_of_a_receipt_is_opened_before_its_report_is_ready(engine: Engine, now: datetime) -> None:
    with transaction(engine) as tx:
        clinic = open_clinic(tx, now)
        patient_, made = pias_case(tx, clinic, now)

        def opens(case_id: str | None, patient_id: str = patient_.id) -> bool:
            viewer = PatientViewer(patient_id=patient_id, case_id=case_id)
            try:
                return door.open_awaited_case(Context(tx, clinic.audit, now, viewer), Action.REPORT_AWAIT).id == made.id
            except NotThere:
                return False

        assert opens(made.id)
        assert not opens(None)
        assert not opens(made.id, patient_id="somebody")
        assert not opens("another")
        (event,) = [one for one in audit.events_about(tx, "case", made.id) if one.action == "report.await"]
        assert event.actor.id == patient_.id
        withhold.withhold(Context(tx, clinic.audit, now, clinic.tang), made.id, why="拍错人")
        assert not opens(made.id)


# -- patients


def test_a_patient_is_seen_where_there_is_a_case_or_an_order(engine: Engine, now: datetime) -> None:
    with transaction(engine) as tx:
        clinic = open_clinic(tx, now)
        patient_, _ = pias_case(tx, clinic, now)
        own = PatientViewer(patient_id=patient_.id, case_id=None)
        before = sees_patient(tx, clinic, clinic.quinn, patient_.id, now)
        allowed: list[Viewer] = [clinic.tang, clinic.ada, clinic.ben, clinic.mona, own]

        assert [sees_patient(tx, clinic, viewer, patient_.id, now) for viewer in allowed] == [True] * 5
        assert not before
        assert not sees_patient(tx, clinic, machine_of(tx, clinic, "hills", now), patient_.id, now)
        orders.place(
            tx,
            site_id=clinic.region.moor.id,
            patient_id=patient_.id,
            modality="DX",
            priority=Priority.ROUTINE,
            procedures=[Asked(body_part="HAND", laterality="L")],
            reason="",
            ordered_by=None,
            now=now,
        )
        assert sees_patient(tx, clinic, clinic.quinn, patient_.id, now)


def test_a_card_on_the_desk_finds_a_patient_of_any_site(engine: Engine, now: datetime) -> None:
    card = Identifier(kind=IdentifierKind.IDENTITY_CARD, value=PIA_CARD)
    other = Identifier(kind=IdentifierKind.IDENTITY_CARD, value="11010519491231002X")
    with transaction(engine) as tx:
        clinic = open_clinic(tx, now)
        patient_, _ = pias_case(tx, clinic, now)

        def find(viewer: Viewer, shown: Identifier) -> Patient:
            ctx = Context(tx, clinic.audit, now, viewer, guess=Guess())
            return door.find_patient(ctx, KEYS, shown, action="patient.find")

        found = find(clinic.quinn, card)
        with pytest.raises(NotThere):
            find(clinic.quinn, other)
        for viewer in (clinic.ada, machine_of(tx, clinic, "hills", now)):
            with pytest.raises(NotThere):
                find(viewer, card)

    assert found == patient_
    with snapshot(engine) as tx:
        (event,) = audit.events_about(tx, "patient", patient_.id)
        assert event.actor.id == clinic.quinn.person_id


# -- the record


@pytest.mark.parametrize("right", list(DeviceRight))
def test_a_device_looks_only_with_the_right_to_that_look(right: DeviceRight, engine: Engine, now: datetime) -> None:
    with transaction(engine) as tx:
        clinic = open_clinic(tx, now)
        pias_case(tx, clinic, now)
        hills = clinic.region.hills
        made = devices.add(tx, ae_title="WS", network="10.0.0.9", port=None, site_id=hills.id, issuer="", now=now)
        device_rights.give(tx, made.id, {right}, now, given_by=None)
        machine = Machine(device_id=made.id, site_id=hills.id, issuer="")
        seen: set[Action] = set()
        for action in Action:
            for study_uid in (STUDY, "1.2.3.4"):  # what is not there is refused alike
                try:
                    door.open_study(Context(tx, clinic.audit, now, machine), study_uid, action)
                except visibility.NoRight:
                    continue
                except NotThere:
                    assert study_uid != STUDY
                seen.add(action)

    assert seen - {Action.STUDY_FORWARD} == {one for one, needed in visibility.NEEDED.items() if needed is right}
    assert len(seen) == {DeviceRight.QUERY: 2, DeviceRight.RETRIEVE: 7}.get(right, 1)
