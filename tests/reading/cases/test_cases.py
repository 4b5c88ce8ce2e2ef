"""Rows of cases: revisions decide who was first, and the roles of each person are known."""

from __future__ import annotations

from datetime import datetime

import pytest
from sqlalchemy.engine import Engine

from reading.audit import SYSTEM
from reading.cases import cases, history
from reading.cases.moves import Move, SigningRole, State
from reading.context import Context
from reading.errors import Invalid, MoveNotAllowed, NotThere, Stale
from reading.kinds import Priority
from storage.database import transaction
from tests.reading.clinic import arrive, open_clinic, read, review_as


def test_of_two_that_saw_the_same_revision_the_second_is_stale(engine: Engine, now: datetime) -> None:
    with transaction(engine) as tx:
        clinic = open_clinic(tx, now)
        case = arrive(tx, clinic, "1.1", now)
        cases.change(tx, case, body_part="HAND")

        with pytest.raises(Stale) as stale:
            cases.move(Context(tx, clinic.audit, now, SYSTEM), case, Move.WITHHOLD, grant=None)
        assert stale.value.expected == case.revision + 1
        assert cases.by_id(tx, case.id).state is State.WAITING_READ


def test_a_move_that_the_table_does_not_have_changes_nothing(engine: Engine, now: datetime) -> None:
    with transaction(engine) as tx:
        clinic = open_clinic(tx, now)
        case = arrive(tx, clinic, "1.1", now)

        with pytest.raises(MoveNotAllowed):
            cases.move(Context(tx, clinic.audit, now, SYSTEM), case, Move.AGREE, grant=None)
        assert cases.by_id(tx, case.id) == case
        assert len(history.moves_of(tx, case.id)) == 1


def test_what_is_not_there_is_not_there(engine: Engine, now: datetime) -> None:
    with transaction(engine) as tx:
        for find in (cases.by_id, cases.lock):
            with pytest.raises(NotThere):
                find(tx, "01K00000000000000000000000")
        assert cases.of_study(tx, "1.2.3") is None
        assert cases.study_uids(tx, "01K00000000000000000000000") == ()


def test_roles_are_those_of_signatures_and_reviews_over_all_versions(engine: Engine, now: datetime) -> None:
    with transaction(engine) as tx:
        clinic = open_clinic(tx, now)
        case = arrive(tx, clinic, "1.1", now, modality="CT")
        read(tx, clinic, clinic.ada, case.id, now)
        review_as(tx, clinic, clinic.ben, case.id, now)

        assert cases.roles_of(tx, case.id, clinic.ada.person_id) == {SigningRole.AUTHOR}
        assert cases.roles_of(tx, case.id, clinic.ben.person_id) == {SigningRole.REVIEWER}
        assert cases.roles_of(tx, case.id, clinic.vera.person_id) == set()


@pytest.mark.parametrize("why", ["", "  ", "x" * 1001])
def test_a_reason_is_said_in_words(why: str) -> None:
    with pytest.raises(Invalid):
        cases.reason(why)


@pytest.mark.parametrize(
    ("priority", "critical", "rank"),
    [
        (Priority.EMERGENCY, False, 0),
        (Priority.EMERGENCY, True, 0),
        (Priority.URGENT, False, 1),
        (Priority.URGENT, True, 1),
        (Priority.ROUTINE, False, 2),
        (Priority.ROUTINE, True, 1),
    ],
)
def test_a_critical_case_stands_with_the_urgent_ones(priority: Priority, critical: bool, rank: int) -> None:
    assert cases.queue_rank(priority, critical=critical) == rank
