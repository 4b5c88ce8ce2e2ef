"""A critical result reaches a named person at once, and climbs until somebody answers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.engine import Connection, Engine

from reading import tables
from reading.alerts import alert_rows, climbing, critical
from reading.alerts.alert_rows import Alert
from reading.alerts.moves import Move
from reading.alerts.read_back import Means
from reading.audit import SYSTEM
from reading.cases import cases
from reading.cases.moves import State
from reading.context import Context
from reading.desk import alert_board
from reading.desk.alert_board import Row
from reading.errors import Invalid, MoveNotAllowed, NotAllowed, NotThere
from reading.kinds import Role
from reading.viewers import Staff
from storage.database import transaction
from tests.reading.clinic import PNEUMONIA, acknowledge, arrive, messages, open_clinic, read, review_as, state, take
from tests.reading.region import hire

TEN = timedelta(minutes=10)


def notices_of(tx: Connection, alert_id: str) -> Sequence[sa.Row[Any]]:
    """Whom an alert has notified, level by level."""
    notice = tables.critical_notice
    return tx.execute(sa.select(notice).where(notice.c.alert_id == alert_id).order_by(notice.c.level)).all()


def test_the_alert_goes_out_while_the_report_is_still_being_written(engine: Engine, now: datetime) -> None:
    with transaction(engine) as tx:
        clinic = open_clinic(tx, now)
        case = arrive(tx, clinic, "1.1", now)
        lease = take(tx, clinic, clinic.ada, case.id, now)
        alert = critical.raise_alert(
            Context(tx, clinic.audit, now, clinic.ada), case.id, critical_class="stroke", finding="左侧大脑中动脉高密度"
        )
        notices = notices_of(tx, alert.id)
        found = cases.by_id(tx, case.id)

        assert alert.due_at == now + TEN
        assert [(notice.person_id, notice.level) for notice in notices] == [(clinic.tang.person_id, 0)]
        assert [one.kind for one in messages(tx)] == ["critical.raised"]
        assert (found.state, found.critical, found.rule) == (State.READING, True, "critical")
        assert found.due_at <= case.due_at
        assert lease == 1


def test_a_clinician_is_named_before_a_technician(engine: Engine, now: datetime) -> None:
    with transaction(engine) as tx:
        clinic = open_clinic(tx, now)
        doctor = hire(tx, "doctor", now, (Role.CLINICIAN, clinic.region.hills))
        hire(tx, "stranger", now, (Role.CLINICIAN, clinic.region.lake))
        case = arrive(tx, clinic, "1.1", now)
        alert = critical.raise_alert(
            Context(tx, clinic.audit, now, clinic.ada), case.id, critical_class="stroke", finding="!"
        )

        assert notices_of(tx, alert.id)[0].person_id == doctor.person_id


def test_a_site_where_nobody_is_granted_is_told_as_a_whole(engine: Engine, now: datetime) -> None:
    with transaction(engine) as tx:
        clinic = open_clinic(tx, now)
        case = arrive(tx, clinic, "1.1", now, site=clinic.region.lake)
        alert = critical.raise_alert(
            Context(tx, clinic.audit, now, clinic.ada), case.id, critical_class="stroke", finding="!"
        )
        notice = notices_of(tx, alert.id)[0]

    assert (notice.person_id, notice.organisation_id) == (None, clinic.region.lake.id)


def test_pressed_twice_the_clock_runs_from_the_first_time(engine: Engine, now: datetime) -> None:
    with transaction(engine) as tx:
        clinic = open_clinic(tx, now)
        case = arrive(tx, clinic, "1.1", now)
        alerts = [
            critical.raise_alert(
                Context(tx, clinic.audit, at, clinic.ada), case.id, critical_class="stroke", finding="!"
            )
            for at in (now, now + timedelta(minutes=3))
        ]

    assert alerts[0] == alerts[1]


def test_read_back_by_the_township_it_climbs_no_more(engine: Engine, now: datetime) -> None:
    with transaction(engine) as tx:
        clinic = open_clinic(tx, now)
        case = arrive(tx, clinic, "1.1", now)
        alert = critical.raise_alert(
            Context(tx, clinic.audit, now, clinic.ada), case.id, critical_class="stroke", finding="!"
        )

        def answer(
            staff: Staff, said: str = "左侧急性脑卒中", spoken_with: str = "Ada", alert_id: str = alert.id
        ) -> Alert:
            ctx = Context(tx, clinic.audit, now, staff)
            return critical.acknowledge(ctx, alert_id, said=said, spoken_with=spoken_with, means=Means.TELEPHONE)

        with pytest.raises(NotThere):
            answer(clinic.quinn)
        with pytest.raises(NotAllowed, match="not_their_site"):
            answer(clinic.ada)
        for said, spoken_with, field in (
            (" ", "Ada", "read_back"),
            ("收到", "Ada", "read_back"),
            ("急性脑卒中", " ", "spoken_with"),
            ("急性脑卒中", "tang ", "spoken_with"),
        ):
            with pytest.raises(Invalid) as wrong:
                answer(clinic.tang, said, spoken_with)
            assert wrong.value.field == field
        answered = answer(clinic.tang)

        assert (answered.acknowledged_by, answered.read_back, answered.spoken_with, answered.means) == (
            clinic.tang.person_id,
            "左侧急性脑卒中",
            "Ada",
            "telephone",
        )
        assert climbing.climb(Context(tx, clinic.audit, now + TEN, SYSTEM)) == 0
        with pytest.raises(MoveNotAllowed):
            answer(clinic.tang)
        with pytest.raises(NotThere):
            answer(clinic.tang, alert_id="01K00000000000000000000000")


def test_each_class_has_its_minutes(engine: Engine, now: datetime) -> None:
    with transaction(engine) as tx:
        clinic = open_clinic(tx, now)
        due = [
            critical.raise_alert(
                Context(tx, clinic.audit, now, clinic.ada),
                arrive(tx, clinic, f"1.{number}", now).id,
                critical_class=name,
                finding="!",
            ).due_at
            - now
            for number, name in enumerate(["tension_pneumothorax", "stroke", "other"])
        ]

    assert due == [timedelta(minutes=5), TEN, TEN]


def test_withdrawn_the_case_is_as_it_was_and_whoever_was_told_hears_of_it(engine: Engine, now: datetime) -> None:
    with transaction(engine) as tx:
        clinic = open_clinic(tx, now)
        case = arrive(tx, clinic, "1.1", now)
        critical.raise_alert(Context(tx, clinic.audit, now, clinic.ada), case.id, critical_class="stroke", finding="!")
        with pytest.raises(NotAllowed):
            critical.withdraw(Context(tx, clinic.audit, now, clinic.tang), case.id, why="误选")
        critical.withdraw(Context(tx, clinic.audit, now, clinic.ada), case.id, why="误选")
        found = cases.by_id(tx, case.id)

        assert (found.critical, found.rule) == (False, "plain-xray")
        assert alert_rows.newest_standing(tx, case.id) is None
        assert climbing.climb(Context(tx, clinic.audit, now + TEN, SYSTEM)) == 0
        assert [one.kind for one in messages(tx)] == ["critical.raised", "critical.withdrawn"]
        with pytest.raises(NotThere):
            critical.withdraw(Context(tx, clinic.audit, now, clinic.ada), case.id, why="误选")


def test_what_the_report_names_is_not_withdrawn_and_the_reason_stays_on_record(engine: Engine, now: datetime) -> None:
    with transaction(engine) as tx:
        clinic = open_clinic(tx, now)
        case = arrive(tx, clinic, "1.1", now)
        read(tx, clinic, clinic.ada, case.id, now, replace(PNEUMONIA, critical_class="stroke"))
        rosa, ben = Context(tx, clinic.audit, now, clinic.rosa), Context(tx, clinic.audit, now, clinic.ben)
        with pytest.raises(NotAllowed, match="report_names_it"):
            critical.withdraw(rosa, case.id, why="误选")
        flagged = critical.raise_alert(ben, case.id, critical_class="other", finding="!")
        with pytest.raises(Invalid):
            critical.withdraw(rosa, case.id, why=" ")
        critical.withdraw(rosa, case.id, why="误选")
        [told] = [one for one in alert_board.of_case(ben, case.id) if one.alert.id == flagged.id]
        heard = [one.name for one in told.told if one.kind == "withdrawn"]
        [ended] = [row for row in alert_board.rows_of(told) if row.row is Row.WITHDRAWN]

    assert (ended.by, ended.content) == ("Rosa", "误选")
    assert heard == ["Tang", "Ben"]


def test_whoever_signs_a_critical_report_unchanged_raises_the_alert_that_is_missing(
    engine: Engine, now: datetime
) -> None:
    with transaction(engine) as tx:
        clinic = open_clinic(tx, now)
        case = arrive(tx, clinic, "1.1", now)
        read(tx, clinic, clinic.ada, case.id, now, replace(PNEUMONIA, critical_class="stroke"))
        raised = alert_rows.newest_standing(tx, case.id)
        assert raised is not None
        ada = Context(tx, clinic.audit, now, clinic.ada)
        critical.take_back(ada, case, raised, Move.WITHDRAW)  # as it could be before a report stopped it
        review_as(tx, clinic, clinic.ben, case.id, now)
        again = alert_rows.newest_standing(tx, case.id)

        assert again is not None
        assert (again.id != raised.id, again.raised_by) == (True, clinic.ben.person_id)


def test_whoever_found_it_does_not_acknowledge_it(engine: Engine, now: datetime) -> None:
    with transaction(engine) as tx:
        clinic = open_clinic(tx, now)
        case = arrive(tx, clinic, "1.1", now)
        ada, ben = Context(tx, clinic.audit, now, clinic.ada), Context(tx, clinic.audit, now, clinic.ben)
        alert = critical.raise_alert(ada, case.id, critical_class="stroke", finding="!")
        critical.raise_alert(ben, case.id, critical_class="stroke", finding="脑疝")
        with pytest.raises(NotAllowed, match="found_it_themselves"):
            acknowledge(tx, clinic, clinic.ben, alert.id, now)

        assert acknowledge(tx, clinic, clinic.bea, alert.id, now).acknowledged_by == clinic.bea.person_id


def test_only_those_who_read_for_the_site_raise_it(engine: Engine, now: datetime) -> None:
    with transaction(engine) as tx:
        clinic = open_clinic(tx, now)
        case = arrive(tx, clinic, "1.1", now)

        def press(staff: object, name: str = "stroke", finding: str = "!") -> None:
            critical.raise_alert(Context(tx, clinic.audit, now, staff), case.id, critical_class=name, finding=finding)

        with pytest.raises(NotThere):
            press(clinic.quinn)
        with pytest.raises(NotAllowed):
            press(clinic.tang)
        with pytest.raises(Invalid):
            press(clinic.ada, name=" ")
        with pytest.raises(Invalid):
            press(clinic.ada, name="something else")
        with pytest.raises(Invalid):
            press(clinic.ada, finding="")


def test_set_after_the_release_it_still_goes_out(engine: Engine, now: datetime) -> None:
    with transaction(engine) as tx:
        clinic = open_clinic(tx, now)
        case = arrive(tx, clinic, "1.1", now)
        read(tx, clinic, clinic.ada, case.id, now)
        critical.raise_alert(Context(tx, clinic.audit, now, clinic.ben), case.id, critical_class="stroke", finding="!")

        assert state(tx, case.id) is State.FINAL
        assert alert_rows.newest_standing(tx, case.id) is not None
        events = tx.scalar(
            sa.select(sa.func.count())
            .select_from(tables.audit_event)
            .where(tables.audit_event.c.action == "critical.raise")
        )
        assert events == 1
