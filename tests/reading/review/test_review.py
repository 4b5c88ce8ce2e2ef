"""The city agrees, amends or sends back, before the release or after it; and the author may object."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.engine import Connection, Engine

from reading import tables
from reading.cases import cases
from reading.cases.moves import SigningRole, State
from reading.context import Context
from reading.errors import Invalid, MoveNotAllowed, NotAllowed, NotThere
from reading.kinds import Priority
from reading.queue import claiming, leases
from reading.reports import versions
from reading.reports.content import Content
from reading.reports.versions import Status
from reading.review import review
from reading.review.review import Outcome, difference
from reading.review.scores import Score
from reading.signing import withhold
from storage.database import transaction
from tests.reading.clinic import (
    NORMAL,
    PNEUMONIA,
    Clinic,
    arrive,
    open_clinic,
    read,
    review_as,
    shown,
    state,
    take,
    verify,
)


def _emergency(tx: Connection, clinic: Clinic, study_uid: str, now: datetime) -> str:
    """A case that is always reviewed after its release."""
    case = arrive(tx, clinic, study_uid, now)
    return cases.change(tx, case, priority=Priority.EMERGENCY, rule="emergency").id


def _notices(tx: Connection, case_id: str) -> int:
    notice, version = tables.change_notice, tables.report_version
    statement = sa.select(sa.func.count()).select_from(notice).join(version, version.c.id == notice.c.version_id)
    return tx.scalar(statement.where(version.c.case_id == case_id)) or 0


def test_agreement_before_the_release_signs_and_releases(engine: Engine, now: datetime) -> None:
    with transaction(engine) as tx:
        clinic = open_clinic(tx, now)
        case = arrive(tx, clinic, "1.1", now, modality="CT")
        version = read(tx, clinic, clinic.ada, case.id, now)
        made = review_as(tx, clinic, clinic.ben, case.id, now)

        assert made.review_version_id == made.read_version_id == version.id
        assert made.author_id == clinic.ada.person_id
        assert made.difference == {}
        assert versions.by_id(tx, version.id).status is Status.FINAL
        assert state(tx, case.id) is State.FINAL
        assert _notices(tx, case.id) == 0


def test_an_amendment_is_a_new_version_a_difference_and_a_notice_to_the_township(engine: Engine, now: datetime) -> None:
    with transaction(engine) as tx:
        clinic = open_clinic(tx, now)
        case = arrive(tx, clinic, "1.1", now, modality="CT")
        read(tx, clinic, clinic.rosa, case.id, now)
        preliminary = verify(tx, clinic, clinic.vera, case.id, now)
        made = review_as(tx, clinic, clinic.ben, case.id, now, outcome=Outcome.AMEND, content=PNEUMONIA)
        final = versions.final(tx, case.id)

        assert final is not None
        assert final.content == PNEUMONIA
        assert made.difference["positive"] == {"from": False, "to": True}
        assert made.difference.keys() == {"findings", "impression", "positive"}
        assert versions.by_id(tx, preliminary.id).status is Status.SUPERSEDED
        assert {one.role for one in versions.signatures_for(tx, final)} == {
            SigningRole.AUTHOR,
            SigningRole.VERIFIER,
            SigningRole.REVIEWER,
        }
        assert _notices(tx, case.id) == 1
        assert review.of_case(tx, case.id) == [made]
        assert made.author_id == clinic.rosa.person_id


def test_a_change_of_words_that_means_the_same_is_no_notice(engine: Engine, now: datetime) -> None:
    with transaction(engine) as tx:
        clinic = open_clinic(tx, now)
        case = arrive(tx, clinic, "1.1", now, modality="CT")
        read(tx, clinic, clinic.ada, case.id, now)
        longer = Content(findings="两肺清晰", impression=NORMAL.impression + "\n", positive=False)
        review_as(tx, clinic, clinic.ben, case.id, now, outcome=Outcome.AMEND, content=longer)

        assert _notices(tx, case.id) == 0


def test_sent_back_before_the_release_it_is_read_again(engine: Engine, now: datetime) -> None:
    with transaction(engine) as tx:
        clinic = open_clinic(tx, now)
        case = arrive(tx, clinic, "1.1", now, modality="CT")
        first = read(tx, clinic, clinic.ada, case.id, now)
        made = review_as(tx, clinic, clinic.ben, case.id, now, outcome=Outcome.SEND_BACK, comment="漏诊右下肺")
        second = read(tx, clinic, clinic.ada, case.id, now, PNEUMONIA)
        review_as(tx, clinic, clinic.ben, case.id, now)

        assert made.review_version_id is None
        assert versions.by_id(tx, first.id).status is Status.SUPERSEDED
        assert versions.by_id(tx, second.id).status is Status.FINAL
        assert [one.outcome for one in review.of_case(tx, case.id)] == [Outcome.SEND_BACK, Outcome.AGREE]


def test_an_emergency_is_released_first_and_reviewed_after(engine: Engine, now: datetime) -> None:
    with transaction(engine) as tx:
        clinic = open_clinic(tx, now)
        case_id = _emergency(tx, clinic, "1.1", now)
        version = read(tx, clinic, clinic.ada, case_id, now)
        released = versions.by_id(tx, version.id)
        waits = state(tx, case_id)
        review_as(tx, clinic, clinic.ben, case_id, now, outcome=Outcome.AMEND, content=PNEUMONIA)
        final = versions.final(tx, case_id)

        assert (released.status, waits) == (Status.FINAL, State.WAITING_REVIEW)
        assert final is not None
        assert final.content == PNEUMONIA
        assert versions.by_id(tx, version.id).status is Status.SUPERSEDED
        assert state(tx, case_id) is State.FINAL
        assert _notices(tx, case_id) == 1


def test_sent_back_after_the_release_the_report_stands_until_the_new_one_does(engine: Engine, now: datetime) -> None:
    with transaction(engine) as tx:
        clinic = open_clinic(tx, now)
        case_id = _emergency(tx, clinic, "1.1", now)
        first = read(tx, clinic, clinic.ada, case_id, now)
        review_as(tx, clinic, clinic.ben, case_id, now, outcome=Outcome.SEND_BACK, comment="重看")
        standing = versions.final(tx, case_id)
        second = read(tx, clinic, clinic.rosa, case_id, now, PNEUMONIA)
        meanwhile = (versions.by_id(tx, first.id).status, versions.by_id(tx, second.id).status)
        verify(tx, clinic, clinic.vera, case_id, now)

        assert standing is not None
        assert standing.id == first.id
        assert meanwhile == (Status.FINAL, Status.PENDING)
        assert versions.by_id(tx, first.id).status is Status.SUPERSEDED
        assert versions.by_id(tx, second.id).status is Status.FINAL
        assert state(tx, case_id) is State.WAITING_REVIEW


@pytest.mark.parametrize(
    ("known", "problem"),
    [
        ({"outcome": Outcome.AMEND, "content": None}, "amendment_changes_something"),
        ({"outcome": Outcome.AMEND, "content": NORMAL}, "amendment_changes_something"),
        ({"outcome": Outcome.AGREE, "content": PNEUMONIA}, "agreement_changes_nothing"),
        ({"outcome": Outcome.AGREE}, "agreement_misses_nothing"),
        ({"outcome": Outcome.AMEND, "content": PNEUMONIA, "score": None}, "required"),
        ({"outcome": Outcome.SEND_BACK, "comment": " "}, "required"),
        ({"outcome": Outcome.SEND_BACK, "comment": "x" * 1001}, "too_long"),
    ],
)
def test_a_review_that_contradicts_itself_is_refused(
    engine: Engine, now: datetime, known: dict[str, Any], problem: str
) -> None:
    whole: dict[str, Any] = {"score": Score.UNDERSTANDABLE_MISS, "comment": "", "content": None} | known
    with transaction(engine) as tx:
        clinic = open_clinic(tx, now)
        case = arrive(tx, clinic, "1.1", now, modality="CT")
        read(tx, clinic, clinic.ada, case.id, now)
        lease = take(tx, clinic, clinic.ben, case.id, now)

        with pytest.raises(Invalid) as refused:
            review.review(
                Context(tx, clinic.audit, now, clinic.ben),
                clinic.seal,
                case.id,
                screen=shown(tx, case.id),
                lease_revision=lease,
                **whole,
            )
        assert refused.value.problem == problem


def test_the_author_disputes_an_amendment_and_a_third_person_decides(engine: Engine, now: datetime) -> None:
    with transaction(engine) as tx:
        clinic = open_clinic(tx, now)
        case = arrive(tx, clinic, "1.1", now, modality="CT")
        read(tx, clinic, clinic.ada, case.id, now)
        review_as(tx, clinic, clinic.ben, case.id, now, outcome=Outcome.AMEND, content=PNEUMONIA)
        with pytest.raises(NotAllowed):
            review.dispute(Context(tx, clinic.audit, now, clinic.rosa), case.id, why="不同意")
        with pytest.raises(NotThere):
            review.dispute(Context(tx, clinic.audit, now, clinic.quinn), case.id, why="不同意")
        review.dispute(Context(tx, clinic.audit, now, clinic.ada), case.id, why="不同意")
        disputed = state(tx, case.id)

        assert claiming.claim_next(Context(tx, clinic.audit, now, clinic.ben), None) is None
        with pytest.raises(NotAllowed):
            claiming.claim(Context(tx, clinic.audit, now, clinic.ben), case.id)
        lease = take(tx, clinic, clinic.bea, case.id, now)
        leases.put_back(Context(tx, clinic.audit, now, clinic.bea), case.id, revision=lease)
        assert claiming.claim_next(Context(tx, clinic.audit, now, clinic.ben), None) is None
        decided = review_as(tx, clinic, clinic.bea, case.id, now)
        assert disputed is State.DISPUTED
        assert state(tx, case.id) is State.FINAL
        assert decided.reviewer_id == clinic.bea.person_id
        with pytest.raises(NotAllowed):
            review.dispute(Context(tx, clinic.audit, now, clinic.ada), case.id, why="不同意")


def test_what_a_third_person_decided_is_disputed_no_more(engine: Engine, now: datetime) -> None:
    otherwise = replace(PNEUMONIA, impression="右下肺炎症")
    with transaction(engine) as tx:
        clinic = open_clinic(tx, now)
        case = arrive(tx, clinic, "1.1", now, modality="CT")
        read(tx, clinic, clinic.ada, case.id, now)
        ada = Context(tx, clinic.audit, now, clinic.ada)
        review_as(tx, clinic, clinic.ben, case.id, now, outcome=Outcome.AMEND, content=PNEUMONIA)
        offered = review.is_disputable(tx, clinic.ada, cases.by_id(tx, case.id), review.of_case(tx, case.id))
        review.dispute(ada, case.id, why="不同意")
        review_as(tx, clinic, clinic.bea, case.id, now, outcome=Outcome.AMEND, content=otherwise)
        again = review.is_disputable(tx, clinic.ada, cases.by_id(tx, case.id), review.of_case(tx, case.id))
        with pytest.raises(NotAllowed) as refused:
            review.dispute(ada, case.id, why="不同意")

    assert (offered, again) == (True, False)
    assert refused.value.rule == "a_dispute_is_decided_once"


def test_what_was_disputed_withheld_and_read_anew_can_be_disputed(engine: Engine, now: datetime) -> None:
    with transaction(engine) as tx:
        clinic = open_clinic(tx, now)
        case = arrive(tx, clinic, "1.1", now, modality="CT")
        read(tx, clinic, clinic.ada, case.id, now)
        ada, mona = (Context(tx, clinic.audit, now, who) for who in (clinic.ada, clinic.mona))
        review_as(tx, clinic, clinic.ben, case.id, now, outcome=Outcome.AMEND, content=PNEUMONIA)
        review.dispute(ada, case.id, why="不同意")
        withhold.withhold(mona, case.id, why="患者有误")
        withhold.read_again(mona, case.id, why="重新诊断")
        read(tx, clinic, clinic.rosa, case.id, now)
        verify(tx, clinic, clinic.vera, case.id, now)
        review_as(tx, clinic, clinic.bea, case.id, now, outcome=Outcome.AMEND, content=PNEUMONIA)
        rosa = Context(tx, clinic.audit, now, clinic.rosa)
        offered = review.is_disputable(tx, clinic.rosa, cases.by_id(tx, case.id), review.of_case(tx, case.id))
        review.dispute(rosa, case.id, why="不同意")

        assert offered
        assert state(tx, case.id) is State.DISPUTED


def test_only_what_is_final_is_disputed(engine: Engine, now: datetime) -> None:
    with transaction(engine) as tx:
        clinic = open_clinic(tx, now)
        case = arrive(tx, clinic, "1.1", now)

        with pytest.raises(MoveNotAllowed):
            review.dispute(Context(tx, clinic.audit, now, clinic.ada), case.id, why="不同意")


def test_a_difference_names_the_fields_that_changed() -> None:
    assert difference(NORMAL, NORMAL) == {}
    assert difference(NORMAL, PNEUMONIA)["impression"] == {"from": NORMAL.impression, "to": PNEUMONIA.impression}
