"""The board of open alerts, the log with its rows, and the share that was acknowledged within ten minutes."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from sqlalchemy.engine import Engine

from reading.alerts import climbing, corrections, critical, disposal, duty
from reading.alerts.corrections import Said
from reading.alerts.disposal import Disposal
from reading.audit import SYSTEM
from reading.context import Context
from reading.desk import alert_board
from reading.kinds import Role
from reading.viewers import Staff
from storage.database import transaction
from tests.reading.alerts.test_corrections import OTHER, STROKE
from tests.reading.clinic import acknowledge, arrive, open_clinic
from viewer.views.alert_log import as_csv
from viewer.words.catalogue import Language

MINUTE = timedelta(minutes=1)


def test_the_board_holds_what_is_open_and_the_log_every_row_with_both_names(engine: Engine, now: datetime) -> None:
    with transaction(engine) as tx:
        clinic = open_clinic(tx, now)

        def ctx(staff: Staff, at: datetime = now) -> Context[Staff]:
            return Context(tx, clinic.audit, at, staff)

        duty.add(ctx(clinic.tang), organisation_code="hills", username="tang", role=Role.TECHNICIAN, telephone="661")
        alerts = [
            critical.raise_alert(
                ctx(clinic.ada), arrive(tx, clinic, uid, now).id, critical_class="stroke", finding="左侧"
            )
            for uid in ("1.1", "1.2", "1.3", "1.4")
        ]
        acknowledge(tx, clinic, clinic.tang, alerts[0].id, now + MINUTE * 3)
        acknowledge(tx, clinic, clinic.tang, alerts[1].id, now + MINUTE * 4)
        tang = ctx(clinic.tang, now + MINUTE * 30)
        disposal.dispose(tang, alerts[1].id, disposal=Disposal.TRANSFERRED, text="120 转诊")
        critical.withdraw(ctx(clinic.ada, now + MINUTE * 5), alerts[2].case_id, why="误选")
        climbing.climb(Context(tx, clinic.audit, now + MINUTE * 10, SYSTEM))
        later = now + MINUTE * 31
        mona, quinn = ctx(clinic.mona, later), ctx(clinic.quinn, later)
        boards = [[one.alert.id for one in alert_board.board(who)] for who in (mona, quinn)]
        log = alert_board.log(mona, since=now, until=later)
        before = alert_board.log(mona, since=now - MINUTE, until=now)
        rows = {
            one.alert.id: [(r.row, r.by, r.to or r.organisation) for r in alert_board.rows_of(one)]
            for one in log.alerts
        }
        said = {one.alert.id: [(r.content, r.code) for r in alert_board.rows_of(one)] for one in log.alerts}

    assert boards == [[alerts[3].id, alerts[0].id], []]
    assert rows[alerts[1].id] == [("notified", "Ada", "Tang"), ("confirmed", "Tang", "Ada"), ("disposal", "Tang", "")]
    assert said[alerts[1].id] == [("左侧", ""), ("急性脑卒中，已告知", "telephone"), ("120 转诊", "transferred")]
    assert rows[alerts[2].id] == [("notified", "Ada", "Tang"), ("withdrawn", "Ada", "")]
    assert rows[alerts[3].id] == [("notified", "Ada", "Tang"), ("climbed", "", "Hills")]
    assert (log.in_time, log.of, before.alerts) == (2, 3, ())


def test_a_result_is_in_time_that_was_acknowledged_within_ten_minutes(now: datetime) -> None:
    ten, over = now + MINUTE * 10, now + MINUTE * 10 + timedelta(seconds=1)

    assert [alert_board.was_in_time(now, at, None, over) for at in (ten, over)] == [True, False]
    assert [alert_board.was_in_time(now, None, None, at) for at in (ten, over)] == [None, False]
    assert [alert_board.was_in_time(now, None, ended, now + MINUTE * 60) for ended in (ten, over)] == [None, False]


def test_the_share_counts_all_of_a_time_and_a_reset_result_from_its_first_alert(
    engine: Engine, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(alert_board, "MOST", 1)
    with transaction(engine) as tx:
        clinic = open_clinic(tx, now)
        one, other = arrive(tx, clinic, "1.1", now), arrive(tx, clinic, "1.2", now)
        for minutes, named, before in ((0, Said(1, STROKE), None), (8, Said(2, OTHER), Said(1, STROKE))):
            ctx = Context(tx, clinic.audit, now + MINUTE * minutes, clinic.ada)
            corrections.raise_of(ctx, one.id, named, before)
        second = critical.raise_alert(
            Context(tx, clinic.audit, now + MINUTE * 9, clinic.ada), other.id, critical_class="stroke", finding="!"
        )
        acknowledge(tx, clinic, clinic.tang, second.id, now + MINUTE * 10)
        mona = Context(tx, clinic.audit, now + MINUTE * 11, clinic.mona)
        log = alert_board.log(mona, since=now, until=now + MINUTE * 30)
        lines = as_csv(log, Language.EN).splitlines()

    assert (len(log.alerts), log.cut, log.in_time, log.of) == (1, True, 1, 2)
    assert "Only the first" in lines[-1]
