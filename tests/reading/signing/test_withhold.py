"""A wrong person: hidden at once from everybody, put right, and shown again under the right name."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy.engine import Connection, Engine

from reading.access import door
from reading.alerts import alert_rows, notices
from reading.audit import SYSTEM
from reading.cases import cases
from reading.cases.cases import Case
from reading.cases.identity_moves import Identity
from reading.cases.moves import SigningRole, State
from reading.context import Context
from reading.desk import desk
from reading.desk.acts import Act
from reading.errors import Invalid, MoveNotAllowed, NotAllowed, NotThere, ReadingError, Stale
from reading.intake import correction, intake, putting_right
from reading.kinds import Priority, Role
from reading.patients import attribution
from reading.queue import leases
from reading.reports import releases, versions
from reading.reports.seal import holds
from reading.reports.versions import CURRENT, Status
from reading.signing import signatures, withhold
from reading.viewers import PatientViewer
from storage.database import transaction
from storage.index import queries
from tests.reading.clinic import (
    NORMAL,
    PNEUMONIA,
    Clinic,
    another_image,
    arrive,
    messages,
    open_clinic,
    read,
    send,
    shown,
    state,
    take,
    verify,
)
from tests.reading.region import KEYS, hire, pia


def test_whoever_sees_the_mistake_hides_it_from_everybody_at_once(engine: Engine, now: datetime) -> None:
    with transaction(engine) as tx:
        clinic = open_clinic(tx, now)
        patient = pia(tx, now)
        case = arrive(tx, clinic, "1.1", now, patient_id="P1")
        version = read(tx, clinic, clinic.ada, case.id, now)
        on_the_phone = PatientViewer(patient_id=patient.id, case_id=None)
        door.open_report(Context(tx, clinic.audit, now, on_the_phone), version.id, "report.open")
        withhold.withhold(Context(tx, clinic.audit, now, clinic.tang), case.id, why="拍错人")
        study = queries.study_of(tx, "1.1")

        assert state(tx, case.id) is State.WITHHELD
        assert versions.by_id(tx, version.id).status is Status.WITHHELD
        assert study is not None
        assert study.hidden
        for viewer in (on_the_phone, clinic.tang, clinic.ada, clinic.ben):
            with pytest.raises(NotThere):
                door.open_report(Context(tx, clinic.audit, now, viewer), version.id, "report.open")
        looks = withhold.who_saw(Context(tx, clinic.audit, now, clinic.mona), case.id)
        assert patient.id in {look.actor.id for look in looks}


def test_who_read_it_beside_a_later_case_saw_it_too(engine: Engine, now: datetime) -> None:
    with transaction(engine) as tx:
        clinic = open_clinic(tx, now)
        pia(tx, now)
        prior = arrive(tx, clinic, "1.1", now, patient_id="P1")
        read(tx, clinic, clinic.ada, prior.id, now, PNEUMONIA)
        later = arrive(tx, clinic, "1.2", now, patient_id="P1")
        shown = desk.detail(Context(tx, clinic.audit, now, clinic.vera), later.id)
        looks = withhold.who_saw(Context(tx, clinic.audit, now, clinic.mona), prior.id)

        assert [one.impression for one in shown.priors] == [PNEUMONIA.impression]
        assert clinic.vera.person_id in {look.actor.id for look in looks}


def test_a_reader_loses_the_case_that_is_withheld_under_their_hands(engine: Engine, now: datetime) -> None:
    with transaction(engine) as tx:
        clinic = open_clinic(tx, now)
        case = arrive(tx, clinic, "1.1", now)
        lease = take(tx, clinic, clinic.ada, case.id, now)
        withhold.withhold(Context(tx, clinic.audit, now, clinic.tang), case.id, why="拍错人")

        with pytest.raises(ReadingError):
            leases.renew(Context(tx, clinic.audit, now, clinic.ada), case.id, lease)
        assert withhold.restore(Context(tx, clinic.audit, now, clinic.mona), clinic.seal, case.id, why="已更正") is None
        assert state(tx, case.id) is State.WAITING_READ
        read(tx, clinic, clinic.ada, case.id, now)
        assert state(tx, case.id) is State.FINAL


def test_put_right_it_is_shown_again_under_the_right_name_with_who_answers_for_it(
    engine: Engine, now: datetime
) -> None:
    with transaction(engine) as tx:
        clinic = open_clinic(tx, now)
        right = pia(tx, now)
        case = arrive(tx, clinic, "1.1", now, patient_name="Paul^Pan")
        old = read(tx, clinic, clinic.ada, case.id, now, PNEUMONIA)
        withhold.withhold(Context(tx, clinic.audit, now, clinic.ben), case.id, why="姓名错误")
        attribution.correct(
            tx, "1.1", {"PatientName": "Pia^Pan"}, reason="核对身份证", made_by=None, now=now, patient_id=right.id
        )
        correction.follow_attribution(Context(tx, clinic.audit, now, clinic.mona), "1.1")
        made = withhold.restore(Context(tx, clinic.audit, now, clinic.mona), clinic.seal, case.id, why="已更正")
        assert made is not None
        study = queries.study_of(tx, "1.1")
        signatures = versions.signatures_for(tx, made)

        assert made.status is Status.FINAL
        assert made.content == PNEUMONIA
        assert made.identity["studies"][0]["patient_name"] == "Pia^Pan"
        assert made.identity["patient_id"] == right.id
        assert versions.by_id(tx, old.id).status is Status.WITHHELD
        assert {one.role: one.version_id for one in signatures} == {
            SigningRole.AUTHOR: old.id,
            SigningRole.CORRECTOR: made.id,
        }
        assert holds(versions.signatures_on(tx, [made.id])[0], made, clinic.seal.public_key)
        assert study is not None
        assert not study.hidden
        on_the_phone = PatientViewer(patient_id=right.id, case_id=None)
        assert door.open_report(Context(tx, clinic.audit, now, on_the_phone), made.id, "report.open").id == made.id
        with pytest.raises(NotThere):
            door.open_report(Context(tx, clinic.audit, now, on_the_phone), old.id, "report.open")


def test_a_report_whose_sides_were_swapped_is_read_again(engine: Engine, now: datetime) -> None:
    with transaction(engine) as tx:
        clinic = open_clinic(tx, now)
        send(tx, clinic, "1.1", now, laterality="L")
        other: dict[str, Any] = {"series_uid": "1.1.2", "sop_instance_uid": "1.1.2.1", "received_digest": b"2" * 32}
        case = arrive(tx, clinic, "1.1", now, laterality="R", **other)
        old = read(tx, clinic, clinic.ada, case.id, now)
        mona = Context(tx, clinic.audit, now, clinic.mona)
        withhold.withhold(mona, case.id, why="左右写反")
        swapped = {"1.1.1": "R", "1.1.2": "L"}
        putting_right.correct_case(mona, case.id, {}, sides=swapped, reason="左右写反")

        assert cases.by_id(tx, case.id).laterality == old.identity["laterality"] == "B"
        with pytest.raises(NotAllowed, match="side_has_changed"):
            withhold.restore(mona, clinic.seal, case.id, why="已更正")
        putting_right.correct_case(mona, case.id, {}, sides={"1.1.1": "L", "1.1.2": "L"}, reason="只有左侧")
        with pytest.raises(NotAllowed, match="side_has_changed"):
            withhold.restore(mona, clinic.seal, case.id, why="已更正")
        assert versions.by_id(tx, old.id).status is Status.WITHHELD
        withhold.read_again(mona, case.id, why="左右写反")
        assert state(tx, case.id) is State.WAITING_READ


def test_what_was_withheld_by_mistake_is_the_same_version_again(engine: Engine, now: datetime) -> None:
    with transaction(engine) as tx:
        clinic = open_clinic(tx, now)
        case = arrive(tx, clinic, "1.1", now)
        version = read(tx, clinic, clinic.ada, case.id, now)
        withhold.withhold(Context(tx, clinic.audit, now, clinic.tang), case.id, why="?")
        later = now + timedelta(days=1)
        restored = withhold.restore(Context(tx, clinic.audit, later, clinic.mona), clinic.seal, case.id, why="无误")
        released = versions.by_id(tx, version.id)
        told = [one.kind for one in messages(tx)]

        assert restored == released
        assert (released.status, released.released_at) == (Status.FINAL, now)
        assert told == ["report.released", "case.withheld", "report.restored", "case.restored"]


def test_what_waited_beside_a_report_and_was_withheld_with_it_waits_again(engine: Engine, now: datetime) -> None:
    with transaction(engine) as tx:
        clinic = open_clinic(tx, now)
        zoe = hire(tx, "zoe", now, (Role.RESIDENT, clinic.region.oak))
        case = arrive(tx, clinic, "1.1", now)
        version = read(tx, clinic, clinic.ada, case.id, now)
        ctx = Context(tx, clinic.audit, now, zoe)
        signatures.addendum(ctx, clinic.seal, version.id, content=PNEUMONIA, screen=shown(tx, case.id))
        withhold.withhold(Context(tx, clinic.audit, now, clinic.tang), case.id, why="?")
        hidden = releases.newest(tx, case.id)
        withhold.restore(Context(tx, clinic.audit, now, clinic.mona), clinic.seal, case.id, why="无误")
        shown_again = releases.newest(tx, case.id)

        assert [one.status for one in versions.of_case(tx, case.id)] == [Status.FINAL, Status.PENDING]
        assert (state(tx, case.id), cases.by_id(tx, case.id).countersign_at) == (
            State.WAITING_VERIFY,
            clinic.region.oak.id,
        )
        assert hidden is None
        assert shown_again is not None
        assert shown_again.id == version.id


def test_words_that_could_not_stand_never_come_back_with_a_later_withholding(engine: Engine, now: datetime) -> None:
    with transaction(engine) as tx:
        clinic = open_clinic(tx, now)
        case = arrive(tx, clinic, "1.1", now)
        wrong = read(tx, clinic, clinic.ada, case.id, now, NORMAL)
        withhold.withhold(Context(tx, clinic.audit, now, clinic.tang), case.id, why="?")
        withhold.read_again(Context(tx, clinic.audit, now, clinic.mona), case.id, why="漏诊")
        read(tx, clinic, clinic.rosa, case.id, now, PNEUMONIA)
        withhold.withhold(Context(tx, clinic.audit, now, clinic.tang), case.id, why="?")

        back = withhold.restore(Context(tx, clinic.audit, now, clinic.mona), clinic.seal, case.id, why="无误")
        assert back is not None
        assert (back.content, back.status, state(tx, case.id)) == (PNEUMONIA, Status.PRELIMINARY, State.WAITING_VERIFY)
        assert versions.by_id(tx, wrong.id).status is Status.WITHHELD
        withhold.withhold(Context(tx, clinic.audit, now, clinic.tang), case.id, why="?")
        withhold.read_again(Context(tx, clinic.audit, now, clinic.mona), case.id, why="无误")
        right = read(tx, clinic, clinic.ada, case.id, now, PNEUMONIA)
        withhold.withhold(Context(tx, clinic.audit, now, clinic.tang), case.id, why="?")
        restored = withhold.restore(Context(tx, clinic.audit, now, clinic.mona), clinic.seal, case.id, why="无误")
        assert restored is not None
        assert (restored.id, restored.status) == (right.id, Status.FINAL)


CRITICAL = replace(PNEUMONIA, critical_class="tension_pneumothorax")


def _critical_addendum(tx: Connection, clinic: Clinic, case: Case, now: datetime) -> None:
    """One that takes the place of the final report before somebody verifies it."""
    final = read(tx, clinic, clinic.rosa, case.id, now)
    verify(tx, clinic, clinic.vera, case.id, now)
    ctx = Context(tx, clinic.audit, now, clinic.rosa)
    signatures.addendum(ctx, clinic.seal, final.id, content=CRITICAL, screen=shown(tx, case.id))


MADE: dict[State, tuple[Callable[[Connection, Clinic, Case, datetime], object], State]] = {
    State.WAITING_READ: (lambda _tx, _clinic, _case, _now: None, State.WAITING_READ),
    State.READING: (lambda tx, clinic, case, now: take(tx, clinic, clinic.ada, case.id, now), State.WAITING_READ),
    State.WAITING_VERIFY: (_critical_addendum, State.WAITING_VERIFY),
    State.VERIFYING: (
        lambda tx, clinic, case, now: (
            read(tx, clinic, clinic.rosa, case.id, now),
            take(tx, clinic, clinic.vera, case.id, now),
        ),
        State.WAITING_VERIFY,
    ),
    State.FINAL: (lambda tx, clinic, case, now: read(tx, clinic, clinic.ada, case.id, now), State.FINAL),
}
"""How a case comes to a state, and where it stands again after a mistake; blind states: test_double_reading."""


@pytest.mark.parametrize("stood", MADE)
def test_withheld_by_mistake_everything_stands_again_as_it_stood(engine: Engine, now: datetime, stood: State) -> None:
    bring, back = MADE[stood]
    with transaction(engine) as tx:
        clinic = open_clinic(tx, now)
        pia(tx, now)
        case = arrive(tx, clinic, "1.1", now, patient_id="P1")
        bring(tx, clinic, case, now)
        before = [(one.id, one.status, one.released_at) for one in versions.of_case(tx, case.id)]
        released = releases.newest(tx, case.id)
        standing, was = state(tx, case.id), cases.by_id(tx, case.id)
        withhold.withhold(Context(tx, clinic.audit, now, clinic.tang), case.id, why="?")
        hidden = [one.status for one in versions.of_case(tx, case.id)]
        later = now + timedelta(hours=1)
        mona = Context(tx, clinic.audit, later, clinic.mona, clinic.seal.public_key)
        assert Act.RESTORE in desk.detail(mona, case.id).allowed
        restored = withhold.restore(Context(tx, clinic.audit, later, clinic.mona), clinic.seal, case.id, why="无误")
        after = [(one.id, one.status, one.released_at) for one in versions.of_case(tx, case.id)]
        now_is, study = cases.by_id(tx, case.id), queries.study_of(tx, "1.1")

        assert standing is stood
        assert set(hidden).isdisjoint(CURRENT)
        assert (now_is.state, after, releases.newest(tx, case.id)) == (back, before, released)
        assert (now_is.tier, now_is.step) == (was.tier, was.step)
        assert now_is.due_at == was.due_at + (timedelta(0) if back is State.FINAL else timedelta(hours=1))
        assert (restored.id if restored else None) == (before[-1][0] if before else None)
        assert study is not None
        assert not study.hidden
        with pytest.raises(MoveNotAllowed):
            withhold.restore(Context(tx, clinic.audit, later, clinic.mona), clinic.seal, case.id, why="无误")


def test_what_was_not_final_is_not_restored_under_another_identity(engine: Engine, now: datetime) -> None:
    with transaction(engine) as tx:
        clinic = open_clinic(tx, now)
        case = arrive(tx, clinic, "1.1", now)
        _critical_addendum(tx, clinic, case, now)
        withhold.withhold(Context(tx, clinic.audit, now, clinic.tang), case.id, why="?")
        mona = Context(tx, clinic.audit, now, clinic.mona)
        attribution.correct(tx, "1.1", {"PatientName": "Paul^Pan"}, reason="?", made_by=None, now=now)
        correction.follow_attribution(mona, "1.1")

        with pytest.raises(MoveNotAllowed):
            withhold.restore(mona, clinic.seal, case.id, why="无误")
        offered = desk.detail(replace(mona, seal_key=clinic.seal.public_key), case.id).allowed
        assert (Act.RESTORE in offered, Act.READ_AGAIN in offered) == (False, True)
        withhold.read_again(mona, case.id, why="姓名错误")
        assert state(tx, case.id) is State.WAITING_READ


@pytest.mark.parametrize("stood", [State.WAITING_READ, State.FINAL])
def test_what_is_judged_to_be_of_somebody_else_since_is_not_restored(
    engine: Engine, now: datetime, stood: State
) -> None:
    with transaction(engine) as tx:
        clinic = open_clinic(tx, now)
        case = arrive(tx, clinic, "1.1", now)
        MADE[stood][0](tx, clinic, case, now)
        withhold.withhold(Context(tx, clinic.audit, now, clinic.tang), case.id, why="?")
        cases.change(tx, cases.by_id(tx, case.id), identity=Identity.DIFFERS)
        mona = Context(tx, clinic.audit, now, clinic.mona, clinic.seal.public_key)
        offered = desk.detail(mona, case.id).allowed
        with pytest.raises(NotAllowed, match="identity_differs"):
            withhold.restore(mona, clinic.seal, case.id, why="无误")
        cases.change(tx, cases.by_id(tx, case.id), identity=Identity.CONFIRMED)
        withhold.restore(mona, clinic.seal, case.id, why="无误")

        assert Act.RESTORE not in offered
        assert state(tx, case.id) is stood


def test_what_was_held_before_it_was_withheld_is_held_again(engine: Engine, now: datetime) -> None:
    with transaction(engine) as tx:
        clinic = open_clinic(tx, now)
        case = arrive(tx, clinic, "1.1", now)
        cases.change(tx, cases.by_id(tx, case.id), identity=Identity.DIFFERS, priority=Priority.EMERGENCY)
        withhold.withhold(Context(tx, clinic.audit, now, clinic.tang), case.id, why="?")
        withhold.restore(Context(tx, clinic.audit, now, clinic.mona), clinic.seal, case.id, why="无误")
        found = cases.by_id(tx, case.id)

        assert (found.state, found.identity) == (State.WAITING_READ, Identity.DIFFERS)
        assert found.priority is Priority.EMERGENCY


def test_an_alert_that_waits_is_told_again_at_the_site(engine: Engine, now: datetime) -> None:
    with transaction(engine) as tx:
        clinic = open_clinic(tx, now)
        case = arrive(tx, clinic, "1.1", now)
        _critical_addendum(tx, clinic, case, now)
        withhold.withhold(Context(tx, clinic.audit, now, clinic.tang), case.id, why="?")
        alert = alert_rows.newest_standing_on_each(tx, [case.id])[case.id]
        before = len(notices.of_alerts(tx, [alert.id])[alert.id])
        withhold.restore(Context(tx, clinic.audit, now, clinic.mona), clinic.seal, case.id, why="无误")
        told = notices.of_alerts(tx, [alert.id])[alert.id]

        assert len(told) > before
        assert clinic.region.hills.name in {one.organisation for one in told[before:]}


def test_words_from_other_images_are_not_restored(engine: Engine, now: datetime) -> None:
    with transaction(engine) as tx:
        clinic = open_clinic(tx, now)
        case = arrive(tx, clinic, "1.1", now)
        read(tx, clinic, clinic.ada, case.id, now)
        withhold.withhold(Context(tx, clinic.audit, now, clinic.tang), case.id, why="?")
        intake.take_in(Context(tx, clinic.audit, now, SYSTEM), KEYS, another_image(tx, clinic, "1.1", 2, now))

        with pytest.raises(NotAllowed):
            withhold.restore(Context(tx, clinic.audit, now, clinic.mona), clinic.seal, case.id, why="无误")


def test_entered_in_error_it_stays_hidden_for_good(engine: Engine, now: datetime) -> None:
    with transaction(engine) as tx:
        clinic = open_clinic(tx, now)
        case = arrive(tx, clinic, "1.1", now)
        version = read(tx, clinic, clinic.ada, case.id, now)
        withhold.withhold(Context(tx, clinic.audit, now, clinic.tang), case.id, why="测试图像")
        withhold.enter_in_error(Context(tx, clinic.audit, now, clinic.mona), case.id, why="测试图像")
        study = queries.study_of(tx, "1.1")

        assert state(tx, case.id) is State.WITHDRAWN
        assert versions.by_id(tx, version.id).status is Status.ENTERED_IN_ERROR
        assert study is not None
        assert study.hidden
        with pytest.raises(MoveNotAllowed):
            withhold.read_again(Context(tx, clinic.audit, now, clinic.mona), case.id, why="?")


def test_who_has_no_part_in_it_neither_withholds_nor_ends_it(engine: Engine, now: datetime) -> None:
    with transaction(engine) as tx:
        clinic = open_clinic(tx, now)
        case = arrive(tx, clinic, "1.1", now)
        read(tx, clinic, clinic.ada, case.id, now)
        with pytest.raises(NotThere):
            withhold.withhold(Context(tx, clinic.audit, now, clinic.quinn), case.id, why="?")
        with pytest.raises(Invalid):
            withhold.withhold(Context(tx, clinic.audit, now, clinic.ada), case.id, why="")
        with pytest.raises(NotAllowed):
            withhold.who_saw(Context(tx, clinic.audit, now, clinic.ada), case.id)
        withhold.withhold(Context(tx, clinic.audit, now, clinic.ada), case.id, why="?")

        for staff in (clinic.ada, clinic.tang, clinic.ben, clinic.quinn):
            with pytest.raises(NotThere):
                withhold.restore(Context(tx, clinic.audit, now, staff), clinic.seal, case.id, why="?")
        with pytest.raises((NotThere, MoveNotAllowed)):
            withhold.withhold(Context(tx, clinic.audit, now, clinic.mona), case.id, why="?")


def test_a_valid_report_under_another_name_is_withheld_before_the_person_is_changed(
    engine: Engine, now: datetime
) -> None:
    later = now + timedelta(hours=1)
    with transaction(engine) as tx:
        clinic = open_clinic(tx, now)
        case = arrive(tx, clinic, "1.1", now)
        read(tx, clinic, clinic.ada, case.id, now)
        attribution.correct(tx, "1.1", {"PatientName": "Paul^Pan"}, reason="?", made_by=None, now=later)

        with pytest.raises(NotAllowed) as refused:
            correction.follow_attribution(Context(tx, clinic.audit, later, clinic.mona), "1.1")
        assert refused.value.rule == "withhold_first"


def test_a_known_person_is_linked_to_a_finished_case_without_any_change_to_it(engine: Engine, now: datetime) -> None:
    with transaction(engine) as tx:
        clinic = open_clinic(tx, now)
        patient = pia(tx, now)
        case = arrive(tx, clinic, "1.1", now)
        version = read(tx, clinic, clinic.ada, case.id, now)
        attribution.correct(tx, "1.1", {}, reason="核对身份证", made_by=None, now=now, patient_id=patient.id)
        linked = correction.follow_attribution(Context(tx, clinic.audit, now, clinic.tang), "1.1")

        assert linked is not None
        assert linked.patient_id == patient.id
        assert versions.by_id(tx, version.id).status is Status.FINAL
        with pytest.raises(NotAllowed):
            correction.follow_attribution(Context(tx, clinic.audit, now, clinic.ada), "1.1")
        with pytest.raises(Stale):
            cases.change(tx, case, arriving=True)
