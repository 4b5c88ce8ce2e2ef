"""The board of open alerts, the log with its rows, and the share that was acknowledged within ten minutes."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

from sqlalchemy.engine import Engine

from reading.alerts import alert_rows, climbing, critical, disposal, duty
from reading.alerts.alert_rows import Kind
from reading.alerts.disposal import Disposal
from reading.audit import SYSTEM
from reading.context import Context
from reading.desk import alert_board
from reading.kinds import Role
from reading.viewers import Staff
from storage.database import transaction
from tests.reading.clinic import Clinic, acknowledge, arrive, open_clinic

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
        critical.withdraw(ctx(clinic.ada, now + MINUTE * 5), alerts[2].case_id)
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
    assert said[alerts[1].id] == [("左侧", ""), ("急性脑卒中，左侧", "telephone"), ("120 转诊", "transferred")]
    assert rows[alerts[2].id] == [("notified", "Ada", "Tang"), ("withdrawn", "Ada", "")]
    assert rows[alerts[3].id] == [("notified", "Ada", "Tang"), ("climbed", "", "Hills")]
    assert (log.in_time, log.of, before.alerts) == (2, 3, ())


def test_the_share_counts_critical_results_whose_time_is_over_or_answered(engine: Engine, now: datetime) -> None:
    with transaction(engine) as tx:
        clinic: Clinic = open_clinic(tx, now)
        ada = Context(tx, clinic.audit, now, clinic.ada)
        raised = critical.raise_alert(ada, arrive(tx, clinic, "1.1", now).id, critical_class="stroke", finding="!")
        fresh = alert_rows.by_id(tx, raised.id)
    at_ten = replace(fresh, acknowledged_at=now + MINUTE * 10)
    late = replace(fresh, acknowledged_at=now + MINUTE * 10 + timedelta(seconds=1))
    withdrawn = replace(fresh, ended_at=now + MINUTE * 30, ended_as="withdrawn")
    lifted_soon = replace(fresh, ended_at=now + MINUTE, ended_as="lifted")
    rule = replace(fresh, kind=Kind.NOTICE, acknowledged_at=now)

    def share(*alerts: alert_rows.Alert, after: int) -> tuple[int, int]:
        return alert_board.share_in_time(alerts, now + MINUTE * after)

    assert share(fresh, withdrawn, lifted_soon, rule, after=10) == (0, 0)
    assert share(fresh, withdrawn, lifted_soon, rule, after=11) == (0, 1)
    assert share(at_ten, late, after=11) == (1, 2)
