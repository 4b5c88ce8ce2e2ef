"""The desk: what each person is shown of one case, and what they are offered."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from sqlalchemy.engine import Engine

from reading.alerts import clarification, critical
from reading.alerts.read_back import Means
from reading.cases import cases
from reading.cases.moves import SigningRole
from reading.context import Context
from reading.desk import desk
from reading.desk.acts import Act
from reading.errors import NotThere
from reading.kinds import Priority
from reading.reports.versions import Status
from reading.review.review import Outcome
from reading.signing import signatures
from reading.viewers import Staff
from storage.database import transaction
from tests.reading.clinic import PNEUMONIA, arrive, open_clinic, read, review_as, take


def test_the_holder_has_lease_draft_and_everything_to_do(engine: Engine, now: datetime) -> None:
    with transaction(engine) as tx:
        clinic = open_clinic(tx, now)
        case = arrive(tx, clinic, "1.1", now)
        before = desk.detail(Context(tx, clinic.audit, now, clinic.ada), case.id)
        lease = take(tx, clinic, clinic.ada, case.id, now)
        signatures.save_draft(
            Context(tx, clinic.audit, now, clinic.ada), case.id, PNEUMONIA, revision=0, lease_revision=lease
        )
        own = desk.detail(Context(tx, clinic.audit, now, clinic.ada), case.id)
        others = desk.detail(Context(tx, clinic.audit, now, clinic.rosa), case.id)

    assert before.allowed == {Act.CLAIM, Act.CRITICAL, Act.CONSULT, Act.REFER}
    assert before.lease is None
    assert own.lease is not None
    assert own.draft is not None
    assert own.draft.content == PNEUMONIA
    assert own.allowed == {
        Act.RENEW,
        Act.PUT_BACK,
        Act.PARK,
        Act.SAVE,
        Act.SIGN,
        Act.RETURN,
        Act.ESCALATE,
        Act.CRITICAL,
        Act.CONSULT,
        Act.REFER,
    }
    assert (others.lease, others.draft, others.allowed) == (
        None,
        None,
        {Act.CRITICAL, Act.CONSULT, Act.REFER},
    )
    assert others.entry.holder is not None
    assert len(own.image_set) == 64


def test_a_desk_that_stands_open_follows_the_alerts_on_its_case(engine: Engine, now: datetime) -> None:
    with transaction(engine) as tx:
        clinic = open_clinic(tx, now)
        case = arrive(tx, clinic, "1.1", now)

        def at(staff: Staff) -> Context[Staff]:
            return Context(tx, clinic.audit, now, staff)

        def stands() -> str:
            assert desk.detail(at(clinic.ada), case.id).alerts == desk.standing(at(clinic.ada), case.id).alerts
            return desk.standing(at(clinic.ada), case.id).alerts

        met = [stands()]
        finding, said = "右侧张力性气胸", "左侧张力性气胸"
        alert = critical.raise_alert(at(clinic.ada), case.id, critical_class="tension_pneumothorax", finding=finding)
        met.append(stands())
        critical.acknowledge(
            at(clinic.tang), alert.id, said=said, spoken_with="Ada", means=Means.TELEPHONE, said_so=said
        )
        met.append(stands())
        clarification.clarify(at(clinic.ada), alert.id, spoken_with="Tang", agreed="右侧")
        met.append(stands())

    assert met[0] == ""
    assert len(set(met)) == 4


def test_signatures_are_printed_with_name_title_and_house(engine: Engine, now: datetime) -> None:
    with transaction(engine) as tx:
        clinic = open_clinic(tx, now)
        case = arrive(tx, clinic, "1.1", now, modality="CT")
        read(tx, clinic, clinic.ada, case.id, now)
        review_as(tx, clinic, clinic.ben, case.id, now, outcome=Outcome.AMEND, content=PNEUMONIA)
        detail = desk.detail(Context(tx, clinic.audit, now, clinic.ada), case.id)

    final = detail.versions[-1]
    assert [one.version.status for one in detail.versions] == [Status.SUPERSEDED, Status.FINAL]
    assert [(one.role, one.name, one.organisation) for one in final.signatures] == [
        (SigningRole.AUTHOR, "Ada", "Oak"),
        (SigningRole.REVIEWER, "Ben", "City"),
    ]
    assert [(line.reviewer_name, line.review.outcome) for line in detail.reviews] == [("Ben", Outcome.AMEND)]


def test_the_township_sees_no_reviews_and_no_version_that_is_not_in_force_yet(engine: Engine, now: datetime) -> None:
    with transaction(engine) as tx:
        clinic = open_clinic(tx, now)
        case = arrive(tx, clinic, "1.1", now)
        cases.change(tx, case, priority=Priority.EMERGENCY, rule="emergency")
        read(tx, clinic, clinic.ada, case.id, now)
        review_as(tx, clinic, clinic.ben, case.id, now, outcome=Outcome.SEND_BACK, comment="重看")
        read(tx, clinic, clinic.rosa, case.id, now, PNEUMONIA)
        tang = desk.detail(Context(tx, clinic.audit, now, clinic.tang), case.id)
        vera = desk.detail(Context(tx, clinic.audit, now, clinic.vera), case.id)

    assert tang.reviews == ()
    assert [one.version.status for one in tang.versions] == [Status.FINAL]
    assert [one.version.status for one in vera.versions] == [Status.FINAL, Status.PENDING]
    assert len(vera.reviews) == 1


def test_priors_are_earlier_cases_of_the_same_person_with_what_was_found(engine: Engine, now: datetime) -> None:
    with transaction(engine) as tx:
        clinic = open_clinic(tx, now)
        day = timedelta(days=1)
        first = arrive(tx, clinic, "1.1", now - 2 * day, patient_id="P9", sex="F", study_date="20260228")
        read(tx, clinic, clinic.ada, first.id, now, PNEUMONIA)
        second = arrive(tx, clinic, "1.2", now - day, patient_id="P9", sex="F", study_date="20260301")
        arrive(tx, clinic, "1.3", now - day, patient_id="P9", sex="F", study_date="20260301", site=clinic.region.moor)
        arrive(tx, clinic, "1.4", now - day, patient_id="0", study_date="20260301")
        case = arrive(tx, clinic, "1.5", now, patient_id="P9", sex="F", study_date="20260302", study_time="1500")
        priors = desk.detail(Context(tx, clinic.audit, now, clinic.ada), case.id).priors

    assert [(prior.case.id, prior.study_uids, prior.impression) for prior in priors] == [
        (second.id, ("1.2",), None),
        (first.id, ("1.1",), PNEUMONIA.impression),
    ]


def test_who_may_not_see_it_hears_that_it_is_not_there(engine: Engine, now: datetime) -> None:
    with transaction(engine) as tx:
        clinic = open_clinic(tx, now)
        case = arrive(tx, clinic, "1.1", now)

        for case_id in (case.id, "01K00000000000000000000000"):
            with pytest.raises(NotThere):
                desk.detail(Context(tx, clinic.audit, now, clinic.quinn), case_id)
