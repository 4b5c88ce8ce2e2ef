"""Discrepancies: a clinician raises one, a third person judges it, the author learns from it, and it is counted."""

from __future__ import annotations

from datetime import datetime, timedelta
from itertools import product

import pytest
from sqlalchemy.engine import Connection, Engine

from reading.cases.cases import Case
from reading.context import Context
from reading.desk import case_record
from reading.double_reading import figures
from reading.double_reading.figures import Group, Stratum
from reading.errors import Invalid, MoveNotAllowed, NotAllowed, NotThere, Stale
from reading.kinds import Role
from reading.reports.versions import ReportVersion
from reading.review import discrepancies
from reading.review.discrepancies import Discrepancy
from reading.review.discrepancy_moves import MOVES, Move, Reason, State, after, move_of
from reading.review.scores import GIVEN, Score
from reading.signing import withhold
from reading.viewers import Staff
from storage.database import transaction
from tests.reading.clinic import Clinic, arrive, messages, open_clinic, read
from tests.reading.region import hire

LATER = timedelta(hours=1)
WORDS = "术中见阑尾穿孔"


def clinician(tx: Connection, clinic: Clinic, now: datetime) -> Staff:
    return hire(tx, "cleo", now, (Role.CLINICIAN, clinic.region.hills))


def final(tx: Connection, clinic: Clinic, now: datetime) -> tuple[Case, ReportVersion]:
    case = arrive(tx, clinic, "1.1", now)
    return case, read(tx, clinic, clinic.ada, case.id, now)


def raised(tx: Connection, clinic: Clinic, who: Staff, version: ReportVersion, now: datetime) -> Discrepancy:
    ctx = Context(tx, clinic.audit, now, who)
    return discrepancies.raise_discrepancy(
        ctx, version.case_id, reason=Reason.OPERATION, words=WORDS, evidence="手术记录", seen=version.id
    )


def judged(  # noqa: PLR0917
    tx: Connection,
    clinic: Clinic,
    who: Staff,
    one: Discrepancy,
    score: Score,
    now: datetime,
    *,
    comment: str = "见游离气体",
) -> None:
    ctx = Context(tx, clinic.audit, now, who)
    discrepancies.judge(ctx, one.id, score=score, comment=comment, seen=one.revision)


@pytest.mark.parametrize(("state", "move"), list(product(State, Move)))
def test_only_what_is_open_ends_and_it_ends_once(state: State, move: Move) -> None:
    if state is State.OPEN:
        assert after(state, move) is MOVES[state, move]
        return
    with pytest.raises(MoveNotAllowed):
        after(state, move)


def test_a_score_of_one_says_that_the_report_fits() -> None:
    assert {score: move_of(score) for score in Score} == {
        score: Move.REJECT if score is Score.CONCUR else Move.CONFIRM for score in Score
    }


def test_it_goes_from_the_clinician_through_a_third_person_to_the_author(engine: Engine, now: datetime) -> None:
    with transaction(engine) as tx:
        clinic = open_clinic(tx, now)
        cleo, (case, version) = clinician(tx, clinic, now), final(tx, clinic, now)
        one = raised(tx, clinic, cleo, version, now)

        def listed(who: Staff) -> list[bool]:
            return [each.may_judge for each in discrepancies.waiting(Context(tx, clinic.audit, now, who))]

        def reaches_author() -> list[Score | None]:
            return [each.found.score for each in discrepancies.to_author(Context(tx, clinic.audit, now, clinic.ada))]

        waits = {
            who.username: listed(who) for who in (clinic.ben, clinic.mona, clinic.ada, clinic.vera, clinic.quinn, cleo)
        }
        before = reaches_author()
        judged(tx, clinic, clinic.ben, one, Score.UNDERSTANDABLE_MISS_THAT_MATTERS, now + LATER)
        after_that = reaches_author()
        as_ada = Context(tx, clinic.audit, now + LATER, clinic.ada)
        discrepancies.mark_read(as_ada, one.id)
        with pytest.raises(NotThere):
            discrepancies.mark_read(Context(tx, clinic.audit, now, clinic.vera), one.id)
        [found] = discrepancies.of_case(tx, case.id)
        record = [each.action for each in case_record.besides(Context(tx, clinic.audit, now, clinic.tang), case)]

        assert waits == {"ben": [True], "mona": [False], "ada": [], "vera": [], "quinn": [], "cleo": []}
        assert (before, after_that) == ([], [Score.UNDERSTANDABLE_MISS_THAT_MATTERS])
        assert (found.state, found.author_id, found.judged_by) == (
            State.CONFIRMED,
            clinic.ada.person_id,
            clinic.ben.person_id,
        )
        assert found.read_at == now + LATER
        assert [each for each in record if each.startswith("discrepancy.")] == [
            "discrepancy.raise",
            "discrepancy.judge",
        ]
        told = [row for row in messages(tx) if row.kind.startswith("discrepancy.")]
        assert [(row.kind, set(row.payload)) for row in told] == [
            ("discrepancy.raised", {"case_id"}),
            ("discrepancy.confirmed", {"case_id"}),
        ]


def test_who_raises_what_of_which_report(engine: Engine, now: datetime) -> None:
    with transaction(engine) as tx:
        clinic = open_clinic(tx, now)
        cleo, open_case = clinician(tx, clinic, now), arrive(tx, clinic, "1.2", now)
        _, version = final(tx, clinic, now)

        def raises(who: Staff, case_id: str = version.case_id, words: str = "x", seen: str = version.id) -> None:
            ctx = Context(tx, clinic.audit, now, who)
            discrepancies.raise_discrepancy(ctx, case_id, reason=Reason.COURSE, words=words, seen=seen)

        for who in (clinic.tang, clinic.ada, clinic.mona):
            with pytest.raises(NotAllowed):
                raises(who)
        with pytest.raises(NotThere):
            raises(clinic.quinn)
        with pytest.raises(MoveNotAllowed):
            raises(cleo, open_case.id)
        with pytest.raises(Stale):
            raises(cleo, seen="0" * 26)
        with pytest.raises(Invalid, match="words"):
            raises(cleo, words=" ")
        raises(cleo)
        with pytest.raises(Invalid) as twice:
            raises(cleo)

        assert (twice.value.field, twice.value.problem) == ("words", "raised_already")


def test_nobody_judges_what_they_raised(engine: Engine, now: datetime) -> None:
    with transaction(engine) as tx:
        clinic = open_clinic(tx, now)
        both = ((Role.CLINICIAN, clinic.region.hills), (Role.REVIEWER, clinic.region.city))
        (_, version), cora = final(tx, clinic, now), hire(tx, "cora", now, *both)
        one = raised(tx, clinic, cora, version, now)
        [listed] = discrepancies.waiting(Context(tx, clinic.audit, now, cora))
        with pytest.raises(NotAllowed) as own:
            judged(tx, clinic, cora, one, Score.CONCUR, now)
        judged(tx, clinic, clinic.bea, one, Score.CONCUR, now)

        assert (listed.may_judge, own.value.rule) == (False, "somebody_else_arbitrates")


def test_who_judges_and_takes_back(engine: Engine, now: datetime) -> None:
    with transaction(engine) as tx:
        clinic = open_clinic(tx, now)
        cleo, (_, version) = clinician(tx, clinic, now), final(tx, clinic, now)
        one = raised(tx, clinic, cleo, version, now)
        ada_reviews = hire(tx, "ada2", now, (Role.REVIEWER, clinic.region.city))
        for who in (clinic.ada, clinic.mona, cleo):
            with pytest.raises(NotAllowed):
                judged(tx, clinic, who, one, Score.CONCUR, now)
        with pytest.raises(NotThere):
            judged(tx, clinic, clinic.quinn, one, Score.CONCUR, now)
        with pytest.raises(Invalid, match="comment"):
            judged(tx, clinic, ada_reviews, one, Score.CONCUR, now, comment=" ")
        with pytest.raises(Invalid, match="score"):
            judged(tx, clinic, ada_reviews, one, next(iter(frozenset(Score) - GIVEN)), now)
        with pytest.raises(NotAllowed):
            discrepancies.withdraw(Context(tx, clinic.audit, now, clinic.tang), one.id, why="x", seen=1)
        with pytest.raises(Stale):
            discrepancies.withdraw(Context(tx, clinic.audit, now, cleo), one.id, why="x", seen=2)
        discrepancies.withdraw(Context(tx, clinic.audit, now, cleo), one.id, why="病理更正", seen=1)
        with pytest.raises(MoveNotAllowed):
            judged(tx, clinic, ada_reviews, one, Score.CONCUR, now)
        again = raised(tx, clinic, cleo, version, now + LATER)
        judged(tx, clinic, ada_reviews, again, Score.CONCUR, now + LATER)

        assert [each.state for each in discrepancies.of_case(tx, version.case_id)] == [State.UNFOUNDED, State.WITHDRAWN]


def test_it_is_counted_by_site_modality_and_author_and_what_was_taken_back_is_not(
    engine: Engine, now: datetime
) -> None:
    with transaction(engine) as tx:
        clinic = open_clinic(tx, now)
        cleo = clinician(tx, clinic, now)
        scores = [
            Score.CONCUR,
            *[Score.UNDERSTANDABLE_MISS] * 3,
            Score.SHOULD_BE_MADE_MOST_OF_THE_TIME_AND_MATTERS,
            None,
        ]
        for number, score in enumerate(scores):
            case = arrive(tx, clinic, f"1.{number}", now)
            one = raised(tx, clinic, cleo, read(tx, clinic, clinic.ada, case.id, now), now)
            if score is not None:
                judged(tx, clinic, clinic.ben, one, score, now)
            else:
                discrepancies.withdraw(Context(tx, clinic.audit, now, cleo), one.id, why="x", seen=1)
        ctx = Context(tx, clinic.audit, now, clinic.mona)
        found = figures.figures(ctx, since=now - LATER, until=now + LATER).raised
        total = found[Group(stratum=Stratum.ALL, name="")]

        assert set(found) == {
            Group(stratum=Stratum.ALL, name=""),
            Group(stratum=Stratum.SITE, name="Hills"),
            Group(stratum=Stratum.MODALITY, name="DX"),
            Group(stratum=Stratum.READER, name="Ada"),
        }
        assert (total.raised, total.judged, total.serious) == (5, 5, 1)
        assert total.confirmed is not None
        assert (total.confirmed.count, total.confirmed.of) == (4, 5)


def test_of_a_report_that_is_withheld_nothing_waits_for_whoever_still_sees_the_case(
    engine: Engine, now: datetime
) -> None:
    """Nobody who manages quality alone can judge it, nor can the site take it back: it would wait for ever."""
    with transaction(engine) as tx:
        clinic = open_clinic(tx, now)
        _, version = final(tx, clinic, now)
        raised(tx, clinic, clinician(tx, clinic, now), version, now)
        mona = Context(tx, clinic.audit, now, clinic.mona)
        before = discrepancies.waiting(mona)
        withhold.withhold(Context(tx, clinic.audit, now, clinic.ada), version.case_id, why="别人的图像")
        meanwhile = discrepancies.waiting(mona)
        withhold.restore(mona, clinic.seal, version.case_id, why="已核对")

        assert (len(before), meanwhile) == (1, [])
        assert len(discrepancies.waiting(mona)) == 1
