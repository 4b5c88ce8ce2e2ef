"""Images that come after a report is final wait for a word from a reader."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from itertools import count
from typing import Any

import pytest
import sqlalchemy as sa
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy.engine import Connection, Engine

from reading import tables
from reading.audit import SYSTEM, events_about
from reading.cases import cases
from reading.cases.cases import Case
from reading.cases.moves import State
from reading.completeness import follow_ups
from reading.completeness.follow_up_moves import MOVES, UNANSWERED, Move
from reading.completeness.follow_up_moves import State as FollowUpState
from reading.completeness.follow_ups import FollowUp
from reading.context import Context
from reading.desk import desk, worklist
from reading.desk.acts import Act
from reading.desk.worklist import Filters, Tab
from reading.errors import MoveNotAllowed, NotAllowed, NotThere, ReadingError, Stale
from reading.intake import arrival_end, intake
from reading.kinds import Priority
from reading.reports import versions
from reading.signing import follow_up_answer, signatures, withhold
from reading.viewers import Staff
from storage.database import transaction
from tests.reading.clinic import (
    NORMAL,
    PNEUMONIA,
    Clinic,
    another_image,
    arrive,
    open_clinic,
    read,
    review_as,
    send,
    shown,
    state,
    verify,
)
from tests.reading.region import KEYS

STUDY = "1.1"


def final(tx: Connection, clinic: Clinic, now: datetime) -> Case:
    """A radiograph that Ada has read."""
    case = arrive(tx, clinic, STUDY, now)
    read(tx, clinic, clinic.ada, case.id, now)
    return case


def one_more(tx: Connection, clinic: Clinic, number: int, now: datetime) -> None:
    intake.take_in(Context(tx, clinic.audit, now, SYSTEM), KEYS, another_image(tx, clinic, STUDY, number, now))


def found(tx: Connection, case: Case) -> FollowUp:
    one = follow_ups.open_of(tx, case.id)
    assert one is not None
    return one


def rows_of(tx: Connection, case: Case) -> Sequence[sa.Row[Any]]:
    """The follow-ups of a case, closed ones too, the oldest first."""
    follow_up = tables.follow_up
    order = (follow_up.c.opened_at, follow_up.c.id)
    return tx.execute(sa.select(follow_up).where(follow_up.c.case_id == case.id).order_by(*order)).all()


def say_no_change(tx: Connection, clinic: Clinic, staff: Staff, case: Case, now: datetime) -> None:
    taken = follow_up_answer.claim(Context(tx, clinic.audit, now, staff), case.id)
    follow_up_answer.no_change(
        Context(tx, clinic.audit, now, staff),
        case.id,
        screen=shown(tx, case.id, "?"),
        comment="同一体位",
        revision=taken.revision,
    )


def add(tx: Connection, clinic: Clinic, staff: Staff, case: Case, now: datetime) -> None:
    standing = versions.final(tx, case.id)
    assert standing is not None
    signatures.addendum(
        Context(tx, clinic.audit, now, staff),
        clinic.seal,
        standing.id,
        content=PNEUMONIA,
        screen=shown(tx, case.id, "?"),
    )


def test_one_follow_up_opens_however_many_come_and_the_report_stays_final(engine: Engine, now: datetime) -> None:
    with transaction(engine) as tx:
        clinic = open_clinic(tx, now)
        case = final(tx, clinic, now)
        for number in (2, 3):
            one_more(tx, clinic, number, now + timedelta(minutes=number))
        one = found(tx, case)
        entry = worklist.list_cases(tx, clinic.ada, Filters(tab=Tab.LATE), limit=9, offset=0, now=now).entries[0]

        assert len(rows_of(tx, case)) == 1
        assert one.opened_at == now + timedelta(minutes=2)
        assert one.due_at == now + timedelta(minutes=2, hours=2)
        assert len(follow_ups.late_pictures(tx, case.id)) == 2
        assert state(tx, case.id) is State.FINAL
        assert (entry.case.id, entry.follow_up, entry.released) == (case.id, one, True)
        assert "follow_up.open" in {event.action for event in events_about(tx, "case", case.id)}


def test_a_released_emergency_that_waits_for_its_review_has_a_follow_up_that_a_reader_or_the_review_answers(
    engine: Engine, now: datetime
) -> None:
    with transaction(engine) as tx:
        clinic = open_clinic(tx, now)
        case = arrive(tx, clinic, STUDY, now)
        cases.change(tx, case, priority=Priority.EMERGENCY, rule="emergency")
        read(tx, clinic, clinic.ada, case.id, now)
        one_more(tx, clinic, 2, now)
        waiting = state(tx, case.id)
        say_no_change(tx, clinic, clinic.vera, case, now)
        one_more(tx, clinic, 3, now)
        arrival_end.end_arriving(tx, now + timedelta(minutes=2), 60)
        review_as(tx, clinic, clinic.ben, case.id, now)

        assert waiting is State.WAITING_REVIEW
        assert [one.outcome for one in rows_of(tx, case)] == [
            FollowUpState.NO_CHANGE,
            FollowUpState.NO_CHANGE,
        ]


def test_a_report_of_the_dose_opens_none(engine: Engine, now: datetime) -> None:
    with transaction(engine) as tx:
        clinic = open_clinic(tx, now)
        case = final(tx, clinic, now)
        report = send(
            tx, clinic, STUDY, now, modality="SR", frames=0, series_uid=f"{STUDY}.9", sop_instance_uid=f"{STUDY}.9.1"
        )
        intake.take_in(Context(tx, clinic.audit, now, SYSTEM), KEYS, report)

        assert follow_ups.open_of(tx, case.id) is None


def test_no_change_closes_it_until_still_more_comes(engine: Engine, now: datetime) -> None:
    with transaction(engine) as tx:
        clinic = open_clinic(tx, now)
        case = final(tx, clinic, now)
        one_more(tx, clinic, 2, now)
        say_no_change(tx, clinic, clinic.vera, case, now)
        closed = rows_of(tx, case)[0]
        one_more(tx, clinic, 2, now)
        quiet = follow_ups.open_of(tx, case.id)
        one_more(tx, clinic, 3, now)

        assert (closed.outcome, closed.comment, closed.closed_at) == (FollowUpState.NO_CHANGE, "同一体位", now)
        assert quiet is None
        assert found(tx, case).id != closed.id
        assert len(versions.of_case(tx, case.id)) == 1


def test_an_addendum_closes_it_when_it_is_released(engine: Engine, now: datetime) -> None:
    with transaction(engine) as tx:
        clinic = open_clinic(tx, now)
        case = final(tx, clinic, now)
        one_more(tx, clinic, 2, now)
        add(tx, clinic, clinic.rosa, case, now)
        waiting = follow_ups.open_of(tx, case.id)
        verify(tx, clinic, clinic.vera, case.id, now)
        (closed,) = rows_of(tx, case)

        assert waiting is not None
        assert closed.outcome == FollowUpState.ADDENDUM
        assert state(tx, case.id) is State.FINAL


def test_one_reader_has_it_at_a_time_until_they_vanish(engine: Engine, now: datetime) -> None:
    with transaction(engine) as tx:
        clinic = open_clinic(tx, now)
        case = final(tx, clinic, now)
        one_more(tx, clinic, 2, now)
        taken = follow_up_answer.claim(Context(tx, clinic.audit, now, clinic.ada), case.id)

        for act in (
            lambda: follow_up_answer.claim(Context(tx, clinic.audit, now, clinic.vera), case.id),
            lambda: add(tx, clinic, clinic.vera, case, now),
        ):
            with pytest.raises(NotAllowed) as refused:
                act()
            assert refused.value.rule == "held_by_another"
        later = now + follow_ups.HELD
        again = follow_up_answer.claim(Context(tx, clinic.audit, later, clinic.vera), case.id)
        with pytest.raises(Stale):
            follow_up_answer.put_back(Context(tx, clinic.audit, later, clinic.ada), case.id, revision=taken.revision)
        follow_up_answer.put_back(Context(tx, clinic.audit, later, clinic.vera), case.id, revision=again.revision)

        assert found(tx, case).held_by is None


def test_whose_word_needs_a_verifier_cannot_say_alone_that_nothing_changes(engine: Engine, now: datetime) -> None:
    with transaction(engine) as tx:
        clinic = open_clinic(tx, now)
        case = final(tx, clinic, now)
        one_more(tx, clinic, 2, now)

        with pytest.raises(NotAllowed) as refused:
            say_no_change(tx, clinic, clinic.rosa, case, now)
        assert refused.value.rule == "needs_verifier"


def test_it_needs_sight_of_everything_that_is_there(engine: Engine, now: datetime) -> None:
    with transaction(engine) as tx:
        clinic = open_clinic(tx, now)
        case = final(tx, clinic, now)
        one_more(tx, clinic, 2, now)
        taken = follow_up_answer.claim(Context(tx, clinic.audit, now, clinic.ada), case.id)
        before = shown(tx, case.id, "?")
        one_more(tx, clinic, 3, now)

        with pytest.raises(Stale):
            follow_up_answer.no_change(
                Context(tx, clinic.audit, now, clinic.ada), case.id, screen=before, comment="", revision=taken.revision
            )


@pytest.mark.parametrize(("name", "error"), [("quinn", NotThere), ("tang", NotAllowed), ("ben", NotAllowed)])
def test_only_who_reads_for_the_site_takes_it(engine: Engine, now: datetime, name: str, error: type[Exception]) -> None:
    with transaction(engine) as tx:
        clinic = open_clinic(tx, now)
        case = final(tx, clinic, now)
        one_more(tx, clinic, 2, now)

        with pytest.raises(error):
            follow_up_answer.claim(Context(tx, clinic.audit, now, getattr(clinic, name)), case.id)


def test_without_late_images_there_is_nothing_to_take(engine: Engine, now: datetime) -> None:
    with transaction(engine) as tx:
        clinic = open_clinic(tx, now)
        case = final(tx, clinic, now)

        with pytest.raises(MoveNotAllowed):
            follow_up_answer.claim(Context(tx, clinic.audit, now, clinic.ada), case.id)


def test_a_case_that_never_should_have_been_takes_its_follow_up_along(engine: Engine, now: datetime) -> None:
    with transaction(engine) as tx:
        clinic = open_clinic(tx, now)
        case = final(tx, clinic, now)
        one_more(tx, clinic, 2, now)
        withhold.withhold(Context(tx, clinic.audit, now, clinic.mona), case.id, why="?")
        withhold.enter_in_error(Context(tx, clinic.audit, now, clinic.mona), case.id, why="?")

        assert [one.outcome for one in rows_of(tx, case)] == [FollowUpState.VOID]


def test_the_desk_offers_what_this_person_may_do_with_it(engine: Engine, now: datetime) -> None:
    with transaction(engine) as tx:
        clinic = open_clinic(tx, now)
        case = final(tx, clinic, now)
        one_more(tx, clinic, 2, now)
        offered = {
            name: desk.detail(Context(tx, clinic.audit, now, getattr(clinic, name)), case.id).allowed
            for name in ("ada", "rosa", "tang")
        }
        follow_up_answer.claim(Context(tx, clinic.audit, now, clinic.ada), case.id)
        mine = desk.detail(Context(tx, clinic.audit, now, clinic.ada), case.id)
        theirs = desk.detail(Context(tx, clinic.audit, now, clinic.vera), case.id)

    assert Act.FOLLOW_UP in offered["ada"] & offered["rosa"]
    assert Act.FOLLOW_UP not in offered["tang"]
    assert Act.NO_CHANGE in mine.allowed
    assert mine.late == 1
    assert not {Act.FOLLOW_UP, Act.NO_CHANGE} & theirs.allowed


def test_follow_ups_move_as_the_table_says(engine: Engine, now: datetime) -> None:
    numbers = count()

    @settings(max_examples=15, deadline=None)
    @given(st.lists(st.sampled_from(Move), max_size=4))
    def drive(moves: list[Move]) -> None:
        study_uid = f"9.{next(numbers)}"
        case = arrive(tx, clinic, study_uid, now)
        read(tx, clinic, clinic.ada, case.id, now)
        late = another_image(tx, clinic, study_uid, 2, now)
        intake.take_in(Context(tx, clinic.audit, now, SYSTEM), KEYS, late)
        expected = FollowUpState.OPEN
        for move in moves:
            try:
                make(move, case)
            except ReadingError:
                assert (expected, move) not in MOVES
            expected = MOVES.get((expected, move), expected)
            (row,), open_one = rows_of(tx, case), follow_ups.open_of(tx, case.id)

            assert (open_one is not None) is (expected in UNANSWERED)
            assert expected == (row.outcome if open_one is None else open_one.state)

    def make(move: Move, case: Case) -> None:
        ada, mona = Context(tx, clinic.audit, now, clinic.ada), Context(tx, clinic.audit, now, clinic.mona)
        standing, open_one = versions.final(tx, case.id), follow_ups.open_of(tx, case.id)
        revision, everything = open_one.revision if open_one else 0, shown(tx, case.id, "?")
        match move:
            case Move.CLAIM:
                follow_up_answer.claim(ada, case.id)
            case Move.PUT_BACK:
                follow_up_answer.put_back(ada, case.id, revision=revision)
            case Move.CONFIRM:
                follow_up_answer.no_change(ada, case.id, screen=everything, comment="", revision=revision)
            case Move.RELEASE_SAME | Move.RELEASE_OTHER:
                said = NORMAL if move is Move.RELEASE_SAME else PNEUMONIA
                version_id = standing.id if standing else ""
                signatures.addendum(ada, clinic.seal, version_id, content=said, screen=everything)
            case Move.ENTER_IN_ERROR:
                withhold.withhold(mona, case.id, why="?")
                withhold.enter_in_error(mona, case.id, why="?")

    with transaction(engine) as tx:
        clinic = open_clinic(tx, now)
        drive()


def test_two_open_ones_of_a_case_cannot_be_written(engine: Engine, now: datetime) -> None:
    with transaction(engine) as tx:
        clinic = open_clinic(tx, now)
        case = final(tx, clinic, now)
        one_more(tx, clinic, 2, now)
        row = tx.execute(sa.select(tables.follow_up)).one()._asdict()
        with pytest.raises(sa.exc.IntegrityError), tx.begin_nested():
            tx.execute(tables.follow_up.insert().values({**row, "id": "01KZZZZZZZZZZZZZZZZZZZZZZF"}))

        assert len(rows_of(tx, case)) == 1
