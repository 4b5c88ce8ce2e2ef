"""An alert names nobody who read blind to their colleagues, until somebody has decided the case."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from sqlalchemy.engine import Engine

from reading.alerts import clarification, critical
from reading.alerts.read_back import Means
from reading.cases import cases
from reading.cases.moves import State
from reading.context import Context
from reading.desk import alert_board, desk
from reading.viewers import Staff
from storage.database import transaction
from tests.reading.clinic import open_clinic
from tests.reading.double_reading.twice import NORMAL, RIGHT, mammogram, read_blind, rules


def test_colleagues_read_no_reader_name_in_an_alert_until_the_case_is_decided(engine: Engine, now: datetime) -> None:
    with transaction(engine) as tx:
        clinic = open_clinic(tx, now, rules())
        case = mammogram(tx, clinic, "1.1", now)

        def by(who: Staff) -> Context[Staff]:
            return Context(tx, clinic.audit, now, who, clinic.seal.public_key)

        def names(who: Staff) -> tuple[bool, list[bool]]:
            """Whether Ada is named in the correspondence of a case, and beside each alert on it."""
            lines = [one.who for one in desk.detail(by(who), case.id).correspondence]
            logged = alert_board.of_case(by(who), case.id)
            rows = [str((row.by, row.to)) for one in logged for row in alert_board.rows_of(one)]
            return any("Ada" in one for one in lines), ["Ada" in one for one in rows]

        alert = critical.raise_alert(by(clinic.ada), case.id, critical_class="other", finding="右乳脓肿")
        left = "左乳脓肿"
        critical.acknowledge(
            by(clinic.tang), alert.id, said=left, spoken_with="Ada", means=Means.TELEPHONE, said_so=left
        )
        clarification.clarify(by(clinic.ada), alert.id, spoken_with="Tang", agreed="右侧")
        read_blind(tx, clinic, clinic.ada, case.id, now, replace(NORMAL, critical_class=" "))
        read_blind(tx, clinic, clinic.vera, case.id, now, replace(RIGHT, critical_class=" "))
        undecided = cases.by_id(tx, case.id).state
        [own] = alert_board.of_case(by(clinic.ada), case.id)
        before = [names(who) for who in (clinic.ben, clinic.vera)]
        ada, tang = names(clinic.ada), names(clinic.tang)
        read_blind(tx, clinic, clinic.ben, case.id, now, replace(RIGHT, critical_class=" "))
        after = names(clinic.vera)

    assert undecided is State.WAITING_ARBITRATION
    assert before == [(False, [False] * len(ada[1]))] * 2
    assert (own.raised_by, own.clarified_by) == ("Ada", "Ada")
    assert (ada[0], sum(ada[1]) > 2, tang[1]) == (True, True, ada[1])
    assert after == ada
