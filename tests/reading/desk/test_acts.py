"""The desk offers each person the acts that the rules allow them."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.engine import Engine

from reading.alerts import critical
from reading.cases import cases
from reading.context import Context
from reading.desk import desk
from reading.desk.acts import Act
from reading.kinds import Priority
from reading.queue import leases
from reading.review.review import Outcome
from reading.signing import withhold
from storage.database import transaction
from tests.reading.clinic import PNEUMONIA, arrive, open_clinic, read, review_as, take, verify


def test_each_is_offered_only_what_the_rules_let_them(engine: Engine, now: datetime) -> None:
    with transaction(engine) as tx:
        clinic = open_clinic(tx, now)
        case = arrive(tx, clinic, "1.1", now, modality="CT")
        read(tx, clinic, clinic.rosa, case.id, now)

        def offered(name: str) -> set[Act]:
            return set(desk.detail(Context(tx, clinic.audit, now, getattr(clinic, name)), case.id).allowed)

        assert Act.CLAIM not in offered("rosa")
        assert Act.CLAIM in offered("vera")
        assert offered("tang") == {Act.WITHHOLD, Act.PRINT}
        take(tx, clinic, clinic.vera, case.id, now)
        assert {Act.VERIFY, Act.SEND_BACK, Act.ESCALATE} <= offered("vera")
        leases.put_back(Context(tx, clinic.audit, now, clinic.vera), case.id, revision=1)
        verify(tx, clinic, clinic.vera, case.id, now)
        assert Act.CLAIM not in offered("vera")
        review_as(tx, clinic, clinic.ben, case.id, now, outcome=Outcome.AMEND, content=PNEUMONIA)
        assert {Act.ADDENDUM, Act.DISPUTE, Act.PRINT} <= offered("rosa")
        assert Act.DISPUTE not in offered("ada")
        assert Act.ADDENDUM not in offered("vera")
        withhold.withhold(Context(tx, clinic.audit, now, clinic.tang), case.id, why="?")
        assert offered("mona") == {Act.RESTORE, Act.READ_AGAIN, Act.ENTER_IN_ERROR}


def test_a_returned_case_asks_the_township_and_an_alert_asks_for_an_answer(engine: Engine, now: datetime) -> None:
    with transaction(engine) as tx:
        clinic = open_clinic(tx, now)
        case = arrive(tx, clinic, "1.1", now)
        lease = take(tx, clinic, clinic.ada, case.id, now)
        leases.return_to_site(Context(tx, clinic.audit, now, clinic.ada), case.id, revision=lease, why="病史?")
        critical.raise_alert(Context(tx, clinic.audit, now, clinic.ada), case.id, critical_class="stroke", finding="!")
        tang = desk.detail(Context(tx, clinic.audit, now, clinic.tang), case.id)

    assert tang.allowed == {Act.RESUBMIT, Act.ACKNOWLEDGE}


def test_an_emergency_is_not_escalated_by_its_verifier(engine: Engine, now: datetime) -> None:
    with transaction(engine) as tx:
        clinic = open_clinic(tx, now)
        case = arrive(tx, clinic, "1.1", now)
        cases.change(tx, case, priority=Priority.EMERGENCY, rule="emergency")
        read(tx, clinic, clinic.rosa, case.id, now)
        take(tx, clinic, clinic.vera, case.id, now)
        allowed = desk.detail(Context(tx, clinic.audit, now, clinic.vera), case.id).allowed

    assert Act.ESCALATE not in allowed
    assert Act.VERIFY in allowed
