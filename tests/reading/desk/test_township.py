"""The township's desk: the list with what may be printed, and what waits for an answer, for its own sites alone."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from sqlalchemy.engine import Connection, Engine

from reading import audit
from reading.actions import Action
from reading.alerts import critical
from reading.context import Context
from reading.desk import township
from reading.errors import NotThere
from reading.signing import change_notices
from reading.viewers import Staff
from storage.database import transaction
from tests.reading.clinic import PNEUMONIA, Clinic, arrive, open_clinic, read, verify


def _ctx(tx: Connection, clinic: Clinic, staff: Staff, now: datetime) -> Context[Staff]:
    return Context(tx, clinic.audit, now, staff)


def test_the_list_names_the_valid_version_and_leaves_out_another_region(engine: Engine, now: datetime) -> None:
    with transaction(engine) as tx:
        clinic = open_clinic(tx, now)
        reported, waiting = arrive(tx, clinic, "1.1", now), arrive(tx, clinic, "1.2", now)
        version = read(tx, clinic, clinic.rosa, reported.id, now)

        since = now - timedelta(days=1)
        hills = township.examinations(_ctx(tx, clinic, clinic.tang, now), text="", since=since)
        moor = township.examinations(_ctx(tx, clinic, clinic.quinn, now), text="", since=since)

    printable = {each.entry.case.id: each.printable and each.printable.id for each in hills.listed}
    assert printable == {reported.id: version.id, waiting.id: None}
    assert {each.time_zone for each in hills.listed} == {"Asia/Shanghai"}
    assert (hills.total, moor.total) == (2, 0)


def test_a_critical_result_waits_for_the_township_that_sent_the_images(engine: Engine, now: datetime) -> None:
    with transaction(engine) as tx:
        clinic = open_clinic(tx, now)
        case = arrive(tx, clinic, "1.1", now)
        raised = critical.raise_alert(
            _ctx(tx, clinic, clinic.ada, now), case.id, critical_class="stroke", finding="出血"
        )

        hills = township.pending(_ctx(tx, clinic, clinic.tang, now))
        moor = township.pending(_ctx(tx, clinic, clinic.quinn, now))

    assert [(each.alert.id, each.raised_by) for each in hills.alerts] == [(raised.id, "Ada")]
    assert moor == township.Pending(alerts=(), returns=(), changes=(), images=())


def test_a_changed_report_waits_until_its_own_township_acknowledges_it(engine: Engine, now: datetime) -> None:
    with transaction(engine) as tx:
        clinic = open_clinic(tx, now)
        case = arrive(tx, clinic, "1.1", now)
        read(tx, clinic, clinic.rosa, case.id, now)
        verify(tx, clinic, clinic.vera, case.id, now, PNEUMONIA)
        tang = _ctx(tx, clinic, clinic.tang, now)
        (change,) = township.pending(tang).changes
        with pytest.raises(NotThere):
            change_notices.acknowledge(_ctx(tx, clinic, clinic.quinn, now), change.notice_id)

        change_notices.acknowledge(tang, change.notice_id)

        assert township.pending(tang).changes == ()
        (event,) = [one for one in audit.events_about(tx, "case", case.id) if one.action == Action.CHANGE_ACKNOWLEDGE]
        assert (event.action, event.actor.id) == (Action.CHANGE_ACKNOWLEDGE, clinic.tang.person_id)
        with pytest.raises(NotThere):
            change_notices.acknowledge(tang, change.notice_id)
