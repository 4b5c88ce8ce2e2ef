"""A message goes to one worker at a time, again with growing waits, and not at all once nobody needs it."""

from __future__ import annotations

import threading
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.engine import Connection, Engine

from reading import outbox
from reading.context import Context
from reading.intake import correction
from reading.messages import addressing, queue
from reading.messages.addressing import UNREADABLE
from reading.messages.moves import State
from reading.messages.queue import LEASE, LONGEST_WAIT, OTHERS_WAIT, Due, wait_after
from reading.messages.routes import ATTRIBUTED, Audience, Template
from reading.signing import withhold
from reading.tables import case as case_table
from reading.tables import message, organisation, patient, verified_telephone
from reading.tables import outbox as outbox_table
from reading.telephones import codes, numbers
from reading.telephones.codes import Purpose
from storage.database import transaction
from storage.ids import new_id
from tests.reading.clinic import Clinic, acknowledge
from tests.reading.messages.scene import MOBILE, ON_DUTY, patient_with, raised, released
from tests.reading.region import KEYS

OTHER = "13912340000"
SECOND = timedelta(seconds=1)
PEOPLE = (Audience.PATIENT, Audience.STAFF)


def rows(tx: Connection) -> list[sa.Row[Any]]:
    return list(tx.execute(sa.select(message).order_by(message.c.id)))


def claimed(tx: Connection, at: datetime) -> Due:
    found = queue.claim(tx, KEYS, at)
    assert found is not None
    return found


def test_a_released_report_and_an_alert_reach_the_numbers_of_those_whom_they_concern(
    clinic: Clinic, engine: Engine, now: datetime
) -> None:
    with transaction(engine) as tx:
        patient_with(tx, now)
        case = released(tx, clinic, now)
        alert = raised(tx, clinic, now)
        addressing.address(tx, KEYS, PEOPLE, now)
        due = {one.audience: one for one in (claimed(tx, now), claimed(tx, now))}
        (row, *_) = rows(tx)
        waiting = addressing.is_waiting(tx)

    place = due[Audience.PATIENT].organisation
    assert (due[Audience.PATIENT].number, place and place.id) == (MOBILE, case.site_id)
    assert (due[Audience.STAFF].number, due[Audience.STAFF].event.subject_id) == (ON_DUTY, alert.id)
    assert MOBILE.encode() not in row.number_cipher
    assert not waiting


def test_a_system_hears_only_where_one_is_set(clinic: Clinic, engine: Engine, now: datetime) -> None:
    with transaction(engine) as tx:
        patient_with(tx, now, telephone="")
        released(tx, clinic, now)
        addressing.address(tx, KEYS, PEOPLE, now)
        without = rows(tx)
        tx.execute(sa.update(outbox_table).values(addressed_at=None))
        addressing.address(tx, KEYS, (*PEOPLE, Audience.SYSTEM), now)
        with_one = claimed(tx, now)

    assert without == []
    assert (with_one.audience, with_one.number, with_one.event.kind) == (Audience.SYSTEM, "", "report.released")


def test_what_is_no_longer_true_or_too_old_is_settled_and_does_not_go_out(
    clinic: Clinic, engine: Engine, now: datetime
) -> None:
    with transaction(engine) as tx:
        patient_with(tx, now)
        case = released(tx, clinic, now)
        alert = raised(tx, clinic, now)
        addressing.address(tx, KEYS, PEOPLE, now)
        withhold.withhold(Context(tx, clinic.audit, now, clinic.mona), case.id, why="wrong person")
        acknowledge(tx, clinic, clinic.tang, alert.id, now)
        none = queue.claim(tx, KEYS, now)
        spared = [(row.state, row.number_cipher) for row in rows(tx)]
        outbox.post(tx, "emergency.opened", new_id(), {"organisation_id": clinic.region.hills.id}, now)
        outbox.post(
            tx, "critical.lifted", alert.id, {"organisation_id": clinic.region.hills.id}, now - timedelta(days=1)
        )
        addressing.address(tx, KEYS, PEOPLE, now)

    assert none is None
    assert spared == [(State.SPARED, b"")] * 2
    with transaction(engine) as tx:
        assert len(rows(tx)) == 2
        assert not addressing.is_waiting(tx)


@pytest.mark.parametrize("went_out", [False, True])
def test_a_patient_hears_of_a_restored_report_once_whether_or_not_it_was_told_before(
    clinic: Clinic, engine: Engine, now: datetime, *, went_out: bool
) -> None:
    with transaction(engine) as tx:
        patient_with(tx, now)
        case = released(tx, clinic, now)
        addressing.address(tx, KEYS, PEOPLE, now)
        if went_out:
            queue.sent(tx, claimed(tx, now), now)
        mona = Context(tx, clinic.audit, now, clinic.mona)
        withhold.withhold(mona, case.id, why="?")
        meanwhile = queue.claim(tx, KEYS, now)
        withhold.restore(mona, clinic.seal, case.id, why="无误")
        addressing.address(tx, KEYS, PEOPLE, now)
        told = queue.claim(tx, KEYS, now)

    assert meanwhile is None
    assert (told is None) is went_out
    assert told is None or told.template is Template.REPORT_NEWS


def test_a_lease_keeps_others_away_and_its_end_lets_another_send_the_same_message(
    clinic: Clinic, engine: Engine, now: datetime
) -> None:
    with transaction(engine) as tx:
        patient_with(tx, now)
        released(tx, clinic, now)
        addressing.address(tx, KEYS, PEOPLE, now)
        first = claimed(tx, now)
        meanwhile = queue.claim(tx, KEYS, now + LEASE)
        second = claimed(tx, now + LEASE + timedelta(seconds=1))
        # The first one comes back late: what it says counts no longer.
        queue.failed(tx, first, "away", now + LEASE, for_good=True, away=False)
        (between,) = rows(tx)
        queue.sent(tx, second, now + LEASE)
        (after,) = rows(tx)

    assert meanwhile is None
    assert (first.id, first.number) == (second.id, second.number)
    assert (between.state, between.failure) == (State.WAITING, "")
    assert (after.state, after.number_cipher, after.leased_until) == (State.SENT, b"", None)


def test_waits_grow_and_have_an_end(clinic: Clinic, engine: Engine, now: datetime) -> None:
    with transaction(engine) as tx:
        patient_with(tx, now)
        released(tx, clinic, now)
        addressing.address(tx, KEYS, PEOPLE, now)
        at, tried = now, 0
        while (due := queue.claim(tx, KEYS, at)) is not None:
            tried += 1
            queue.failed(tx, due, "busy", at, for_good=False, away=False)
            at += wait_after(tried)
        (row,) = rows(tx)

    assert [wait_after(number).total_seconds() for number in (1, 2, 3)] == [5, 10, 20]
    assert wait_after(50) == LONGEST_WAIT
    assert tried == queue.MOST_ATTEMPTS
    assert (row.state, row.failure) == (State.FAILED, "busy")
    # The number stays: a person may try again.
    assert KEYS.open(row.number_cipher, addressing.NUMBER) == MOBILE


def test_what_is_refused_for_good_is_not_tried_again_and_where_nobody_answers_the_others_wait_too(
    clinic: Clinic, engine: Engine, now: datetime
) -> None:
    with transaction(engine) as tx:
        patient_with(tx, now)
        for number in range(3):
            released(tx, clinic, now, f"1.7.{number}0")
        raised(tx, clinic, now)
        addressing.address(tx, KEYS, PEOPLE, now)
        of_staff, *due = [claimed(tx, now) for _ in range(3)]
        queue.failed(tx, due[0], "refused", now, for_good=True, away=False)
        queue.failed(tx, due[1], "away", now, for_good=False, away=True)
        none = queue.claim(tx, KEYS, now)
        later = [claimed(tx, now + timedelta(seconds=6)) for _ in range(2)]

    assert of_staff.audience is Audience.STAFF
    assert none is None
    assert {one.audience for one in later} == {Audience.PATIENT}


def test_a_patient_is_told_under_the_number_of_now_and_not_at_all_where_it_is_no_longer_theirs(
    clinic: Clinic, engine: Engine, now: datetime
) -> None:
    with transaction(engine) as tx:
        one = patient_with(tx, now)
        case = released(tx, clinic, now)
        addressing.address(tx, KEYS, PEOPLE, now)
        tx.execute(sa.update(patient).where(patient.c.id == one.id).values(telephone=OTHER))
        corrected = claimed(tx, now)
        queue.failed(tx, corrected, "busy", now, for_good=False, away=False)
        tx.execute(sa.update(case_table).where(case_table.c.id == case.id).values(patient_id=None))
        of_nobody = queue.claim(tx, KEYS, now + 6 * SECOND)
        (row,) = rows(tx)

    assert corrected.number == OTHER
    assert of_nobody is None
    assert row.state == State.SPARED


def test_a_final_report_that_gets_its_person_later_is_told_then(clinic: Clinic, engine: Engine, now: datetime) -> None:
    with transaction(engine) as tx:
        released(tx, clinic, now, device_id="")
        addressing.address(tx, KEYS, PEOPLE, now)
        of_nobody = rows(tx)
        one = patient_with(tx, now)
        ctx = Context(tx, clinic.audit, now, clinic.tang)
        correction.correct(ctx, "1.7.1", {}, patient_id=one.id, reason="found", seen_revision=0)
        correction.correct(ctx, "1.7.1", {}, patient_id=one.id, reason="again", seen_revision=1)
        addressing.address(tx, KEYS, PEOPLE, now)
        told = claimed(tx, now)
        another = queue.claim(tx, KEYS, now)

    assert of_nobody == []
    assert (told.event.kind, told.number, told.template) == (ATTRIBUTED, MOBILE, Template.REPORT_NEWS)
    assert another is None


def test_a_landline_on_duty_leaves_the_mobile_number_of_the_institution(
    clinic: Clinic, engine: Engine, now: datetime
) -> None:
    with transaction(engine) as tx:
        tx.execute(sa.update(organisation).values(telephone=OTHER))
        raised(tx, clinic, now, telephone="0563-1234567")
        addressing.address(tx, KEYS, PEOPLE, now)
        due = claimed(tx, now)

    assert due.number == OTHER


def test_what_cannot_be_read_fails_alone(clinic: Clinic, engine: Engine, now: datetime) -> None:
    with transaction(engine) as tx:
        one = patient_with(tx, now)
        numbers.enter(tx, KEYS, one.id, OTHER, made_by=None, now=now)
        released(tx, clinic, now)
        raised(tx, clinic, now)
        tx.execute(sa.update(verified_telephone).values(number_cipher=b"?"))
        addressing.address(tx, KEYS, PEOPLE, now)
        states = {row.audience: (row.state, row.failure) for row in rows(tx)}
        tx.execute(sa.update(message).where(message.c.state == State.WAITING).values(number_cipher=b"?"))
        none = queue.claim(tx, KEYS, now)
        after = {(row.state, row.failure) for row in rows(tx)}

    assert states == {Audience.PATIENT: (State.FAILED, UNREADABLE), Audience.STAFF: (State.WAITING, "")}
    assert none is None
    assert after == {(State.FAILED, UNREADABLE)}


def test_what_is_urgent_goes_first_and_waits_for_no_other(clinic: Clinic, engine: Engine, now: datetime) -> None:
    with transaction(engine) as tx:
        one = patient_with(tx, now)
        for number in range(3):
            released(tx, clinic, now, f"1.7.{number}0")
        addressing.address(tx, KEYS, PEOPLE, now)
        raised(tx, clinic, now)
        numbers.enter(tx, KEYS, one.id, MOBILE, made_by=None, now=now)
        codes.send(tx, KEYS, purpose=Purpose.VERIFY, asked=KEYS.digest("x"), patient_id=one.id, number=MOBILE, now=now)
        addressing.address(tx, KEYS, PEOPLE, now + SECOND)
        at = now + SECOND
        first = [claimed(tx, at) for _ in range(3)]
        # An old message whose own wait is long: nobody answered.
        queue.failed(tx, replace(first[2], attempts=12), "away", at, for_good=False, away=True)
        for due in first[:2]:
            queue.failed(tx, due, "busy", at, for_good=False, away=False)
        nothing = queue.claim(tx, KEYS, at)
        soon = [claimed(tx, at + 5 * SECOND) for _ in range(2)]
        for due in soon:
            queue.sent(tx, due, at)
        others = claimed(tx, at + OTHERS_WAIT)

    assert {due.event.kind for due in first[:2]} == {"critical.raised", "telephone.code"}
    assert first[2].event.kind == others.event.kind == "report.released"
    assert nothing is None
    assert {due.event.kind for due in soon} == {"critical.raised", "telephone.code"}


def test_several_workers_at_once_never_have_the_same_message(clinic: Clinic, engine: Engine, now: datetime) -> None:
    with transaction(engine) as tx:
        patient_with(tx, now)
        released(tx, clinic, now)
        event = tx.scalar(sa.select(outbox_table.c.id).where(outbox_table.c.kind == "report.released"))
        assert event is not None
        for _ in range(11):
            tx.execute(sa.update(outbox_table).where(outbox_table.c.id == event).values(addressed_at=None))
            addressing.address(tx, KEYS, [Audience.PATIENT], now)
    taken: list[str] = []

    def work() -> None:
        while True:
            with transaction(engine) as tx:
                due = queue.claim(tx, KEYS, now)
            if due is None:
                return
            taken.append(due.id)

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len(taken) == len(set(taken)) == 11
