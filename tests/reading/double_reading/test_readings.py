"""Two people read without knowing of each other, a third one decides, and nobody reads twice."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

import pytest
import sqlalchemy as sa
from sqlalchemy.engine import Connection, Engine

from reading.access import blindness, report_seals
from reading.alerts import alert_rows, critical
from reading.audit import SYSTEM
from reading.cases import cases
from reading.cases.moves import SigningRole, State, Step
from reading.context import Context
from reading.desk import desk, queue_board
from reading.desk.acts import Act
from reading.double_reading import readings
from reading.errors import Invalid, MoveNotAllowed, NotAllowed
from reading.intake import intake
from reading.kinds import Role
from reading.queue import claiming, leases
from reading.reports import drafts, versions
from reading.reports.opinion import Opinion, Result, SideResult
from reading.reports.versions import Status
from reading.review.review import Outcome
from reading.rules import case_rule
from reading.signing import signatures, withhold
from reading.tables import change_notice, double_reading
from reading.viewers import Staff
from storage.database import transaction
from tests.reading.clinic import (
    PNEUMONIA,
    UNSAMPLED,
    Clinic,
    another_image,
    arrive,
    messages,
    open_clinic,
    review_as,
    shown,
    state,
    take,
)
from tests.reading.double_reading.twice import AGAIN, NORMAL, RIGHT, RULE, mammogram, open_screening, read_blind, rules
from tests.reading.region import hire

LEFT = Opinion(result=Result.RECALL, right=SideResult.NORMAL, left=SideResult.RECALL)


def _seen_by(tx: Connection, clinic: Clinic, staff: Staff, case_id: str, now: datetime) -> list[SigningRole]:
    ctx = Context(tx, clinic.audit, now, staff)
    return [one.role for one in blindness.open_readings(ctx, cases.by_id(tx, case_id))]


def _compared(tx: Connection, case_id: str) -> tuple[str | None, str | None]:
    row = double_reading.c
    found = tx.execute(sa.select(row.difference, row.arbitration).where(row.case_id == case_id)).one()
    return found.difference, found.arbitration


def _sign_alone(ctx: Context[Staff], clinic: Clinic, case_id: str, content: versions.Content) -> None:
    signatures.sign(
        ctx,
        clinic.seal,
        case_id,
        content=content,
        screen=shown(ctx.tx, case_id),
        draft_revision=0,
        lease_revision=take(ctx.tx, clinic, ctx.who, case_id, ctx.now),
    )


def test_two_who_say_the_same_release_with_both_signatures(engine: Engine, now: datetime) -> None:
    with transaction(engine) as tx:
        clinic = open_screening(tx, now)
        case = mammogram(tx, clinic, "1.1", now)
        read_blind(tx, clinic, clinic.ada, case.id, now, RIGHT)
        assert state(tx, case.id) is State.WAITING_SECOND
        assert [one.kind for one in messages(tx) if one.kind == "report.released"] == []

        second = read_blind(tx, clinic, clinic.vera, case.id, now, replace(RIGHT, findings="右乳肿块"))
        final = versions.final(tx, case.id)
        assert final is not None
        signed = {one.role: one.person_id for one in versions.signatures_for(tx, final)}

        assert final.id == second.id
        assert signed == {SigningRole.AUTHOR: clinic.ada.person_id, SigningRole.SECOND: clinic.vera.person_id}
        assert _compared(tx, case.id) == (None, None)
        assert tx.scalar(sa.select(sa.func.count()).select_from(change_notice)) == 0  # the site had seen nothing before
        assert report_seals.flaws_of(tx, [final], clinic.seal.public_key) == {final.id: frozenset()}


def test_two_who_differ_are_decided_by_a_third_who_signed_neither(engine: Engine, now: datetime) -> None:
    with transaction(engine) as tx:
        clinic = open_screening(tx, now)
        case = mammogram(tx, clinic, "1.1", now)
        read_blind(tx, clinic, clinic.ada, case.id, now, NORMAL)
        read_blind(tx, clinic, clinic.vera, case.id, now, RIGHT)
        waiting = cases.by_id(tx, case.id)
        decided = read_blind(tx, clinic, clinic.ben, case.id, now, RIGHT)
        statuses = [one.status for one in versions.of_case(tx, case.id)]

        assert (waiting.state, waiting.tier) == (State.WAITING_ARBITRATION, "city")
        assert _compared(tx, case.id) == ("result", "discordant")
        assert tx.scalar(sa.select(double_reading.c.arbiter_version_id)) == decided.id
        assert statuses == [Status.BLIND, Status.BLIND, Status.FINAL]
        assert [one.role for one in versions.signatures_for(tx, decided)] == [
            SigningRole.AUTHOR,
            SigningRole.SECOND,
            SigningRole.ARBITER,
        ]


def test_nobody_reads_twice_and_the_queue_offers_it_to_nobody_who_did(engine: Engine, now: datetime) -> None:
    with transaction(engine) as tx:
        clinic = open_screening(tx, now)
        both = replace(clinic.ada, grants=(*clinic.ada.grants, *clinic.ben.grants))  # as if she arbitrated, too
        case = mammogram(tx, clinic, "1.1", now)
        read_blind(tx, clinic, clinic.ada, case.id, now, NORMAL)
        with pytest.raises(NotAllowed, match="one_person_one_role"):
            claiming.claim(Context(tx, clinic.audit, now, clinic.ada), case.id)
        assert claiming.claim_next(Context(tx, clinic.audit, now, clinic.ada), None) is None
        assert claiming.claim_next(Context(tx, clinic.audit, now, clinic.vera), None) is not None
        leases.put_back(Context(tx, clinic.audit, now, clinic.vera), case.id, revision=1)
        read_blind(tx, clinic, clinic.vera, case.id, now, RIGHT)

        assert claiming.claim_next(Context(tx, clinic.audit, now, both), None) is None
        with pytest.raises(NotAllowed, match="one_person_one_role"):
            claiming.claim(Context(tx, clinic.audit, now, both), case.id)


def test_a_reading_is_its_authors_alone_until_two_stand(engine: Engine, now: datetime) -> None:
    with transaction(engine) as tx:
        clinic = open_screening(tx, now)
        case = mammogram(tx, clinic, "1.1", now)
        read_blind(tx, clinic, clinic.ada, case.id, now, NORMAL)
        others = (clinic.vera, clinic.rosa, clinic.ben, clinic.mona)
        assert _seen_by(tx, clinic, clinic.ada, case.id, now) == [SigningRole.AUTHOR]
        assert [_seen_by(tx, clinic, one, case.id, now) for one in others] == [[], [], [], []]

        take(tx, clinic, clinic.vera, case.id, now)
        assert _seen_by(tx, clinic, clinic.vera, case.id, now) == []
        leases.put_back(Context(tx, clinic.audit, now, clinic.vera), case.id, revision=1)
        read_blind(tx, clinic, clinic.vera, case.id, now, RIGHT)
        two = [SigningRole.AUTHOR, SigningRole.SECOND]
        for one in (clinic.ada, clinic.vera, clinic.ben):
            assert _seen_by(tx, clinic, one, case.id, now) == two
        assert _seen_by(tx, clinic, clinic.tang, case.id, now) == []


def test_until_it_is_decided_nobody_is_told_who_reads_or_read(engine: Engine, now: datetime) -> None:
    with transaction(engine) as tx:
        clinic = open_screening(tx, now)
        vera, ada = (Context(tx, clinic.audit, now, one) for one in (clinic.vera, clinic.ada))
        case = mammogram(tx, clinic, "1.1", now)
        take(tx, clinic, clinic.ada, case.id, now)
        assert desk.detail(vera, case.id).entry.holder is None
        assert desk.detail(ada, case.id).entry.holder is not None
        read_blind(tx, clinic, clinic.ada, case.id, now, NORMAL)

        assert {one.person_name for one in desk.moves(vera, case.id)} == {None, ""}
        assert {one.person_name for one in desk.moves(ada, case.id)} == {None, "Ada"}
        read_blind(tx, clinic, clinic.vera, case.id, now, NORMAL)
        assert {one.person_name for one in desk.moves(vera, case.id)} == {None, "Ada", "Vera"}


def test_a_draft_goes_on_with_nobody_but_who_typed_it(engine: Engine, now: datetime) -> None:
    with transaction(engine) as tx:
        clinic = open_screening(tx, now)
        case = mammogram(tx, clinic, "1.1", now)
        for again in (False, True):
            revision = take(tx, clinic, clinic.ada, case.id, now)
            ctx = Context(tx, clinic.audit, now, clinic.ada)
            draft = drafts.of_case(tx, case.id)
            assert (draft is not None) is again
            if not again:
                signatures.save_draft(ctx, case.id, RIGHT, revision=0, lease_revision=revision)
            leases.put_back(ctx, case.id, revision=revision)
        take(tx, clinic, clinic.vera, case.id, now)

        assert drafts.of_case(tx, case.id) is None


def test_a_second_reading_stays_its_readers_whatever_its_rule_says_now(engine: Engine, now: datetime) -> None:
    with transaction(engine) as tx:
        clinic = open_screening(tx, now)
        case = mammogram(tx, clinic, "1.1", now)
        read_blind(tx, clinic, clinic.ada, case.id, now, NORMAL)
        revision = take(tx, clinic, clinic.vera, case.id, now)
        vera = Context(tx, clinic.audit, now, clinic.vera)
        signatures.save_draft(vera, case.id, RIGHT, revision=0, lease_revision=revision)
        case_rule.retriage(tx, cases.by_id(tx, case.id), modality="CT", body_part="CHEST")
        leases.put_back(vera, case.id, revision=revision)
        take(tx, clinic, clinic.rosa, case.id, now)

        assert drafts.of_case(tx, case.id) is None


def test_what_an_arbiter_typed_is_handed_on_to_the_next_one(engine: Engine, now: datetime) -> None:
    with transaction(engine) as tx:
        clinic = open_screening(tx, now)
        case = mammogram(tx, clinic, "1.1", now)
        read_blind(tx, clinic, clinic.ada, case.id, now, NORMAL)
        read_blind(tx, clinic, clinic.vera, case.id, now, RIGHT)
        revision = take(tx, clinic, clinic.ben, case.id, now)
        ben = Context(tx, clinic.audit, now, clinic.ben)
        signatures.save_draft(ben, case.id, RIGHT, revision=0, lease_revision=revision)
        leases.put_back(ben, case.id, revision=revision)
        take(tx, clinic, hire(tx, "bo", now, (Role.REVIEWER, clinic.region.city)), case.id, now)

        assert drafts.of_case(tx, case.id) is not None


def test_what_two_want_taken_again_goes_back_to_the_site_and_is_read_anew(engine: Engine, now: datetime) -> None:
    with transaction(engine) as tx:
        clinic = open_screening(tx, now)
        case = mammogram(tx, clinic, "1.1", now)
        for one in (clinic.ada, clinic.vera):
            opinion = replace(AGAIN.opinion, comment=f"{one.name}: 患者未屏气") if AGAIN.opinion else None
            read_blind(tx, clinic, one, case.id, now, replace(AGAIN, opinion=opinion))
        why = desk.moves(Context(tx, clinic.audit, now, clinic.tang), case.id)[-1].why
        returned = state(tx, case.id)
        intake.resubmit(Context(tx, clinic.audit, now, clinic.tang), case.id, why="已补摄")

        assert (returned, why) == (State.RETURNED, "LMLO")
        assert {one.status for one in versions.of_case(tx, case.id)} == {Status.WITHDRAWN}
        assert _seen_by(tx, clinic, clinic.rosa, case.id, now) == []
        read_blind(tx, clinic, clinic.ada, case.id, now, NORMAL)
        read_blind(tx, clinic, clinic.vera, case.id, now, NORMAL)
        assert state(tx, case.id) is State.FINAL


@pytest.mark.parametrize(
    ("policy", "content", "because"),
    [("all_recalls", RIGHT, "recall"), ("all_not_normal", AGAIN, "not_normal"), ("all_recalls", NORMAL, None)],
)
def test_the_policy_sends_what_is_the_same_to_a_third(
    engine: Engine, now: datetime, policy: str, content: versions.Content, because: str | None
) -> None:
    with transaction(engine) as tx:
        clinic = open_screening(tx, now, arbitration=policy)
        case = mammogram(tx, clinic, "1.1", now)
        read_blind(tx, clinic, clinic.ada, case.id, now, content)
        read_blind(tx, clinic, clinic.vera, case.id, now, content)

        assert _compared(tx, case.id) == (None, because)
        assert state(tx, case.id) is (State.WAITING_ARBITRATION if because else State.FINAL)


@pytest.mark.parametrize("first_recalls", [True, False])
def test_where_one_recall_is_enough_it_is_released_in_the_words_of_whoever_recalls(
    engine: Engine, now: datetime, first_recalls: bool
) -> None:
    with transaction(engine) as tx:
        clinic = open_screening(tx, now, arbitration="recall_if_either")
        case = mammogram(tx, clinic, "1.1", now)
        first = read_blind(tx, clinic, clinic.ada, case.id, now, RIGHT if first_recalls else NORMAL)
        second = read_blind(tx, clinic, clinic.vera, case.id, now, NORMAL if first_recalls else RIGHT)
        final = versions.final(tx, case.id)
        assert final is not None
        signed = [one.role for one in versions.signatures_for(tx, final)]
        told = [one.subject_id for one in messages(tx) if one.kind == "report.released"]

        assert state(tx, case.id) is State.FINAL
        assert final.id == (first if first_recalls else second).id
        assert signed == [SigningRole.AUTHOR] if first_recalls else [SigningRole.AUTHOR, SigningRole.SECOND]
        assert _compared(tx, case.id) == ("result", None)
        assert told == [final.id]
        assert report_seals.flaws_of(tx, [final], clinic.seal.public_key) == {final.id: frozenset()}
        assert _seen_by(tx, clinic, clinic.ben, case.id, now) == [
            SigningRole.SECOND if first_recalls else SigningRole.AUTHOR
        ]


@pytest.mark.parametrize("other", [AGAIN, replace(RIGHT, opinion=LEFT)])
def test_where_one_recall_is_enough_a_third_decides_what_differs_otherwise(
    engine: Engine, now: datetime, other: versions.Content
) -> None:
    with transaction(engine) as tx:
        clinic = open_screening(tx, now, arbitration="recall_if_either")
        case = mammogram(tx, clinic, "1.1", now)
        read_blind(tx, clinic, clinic.ada, case.id, now, RIGHT)
        read_blind(tx, clinic, clinic.vera, case.id, now, other)

        assert state(tx, case.id) is State.WAITING_ARBITRATION
        assert _compared(tx, case.id)[1] == "discordant"


def test_one_recall_is_not_enough_where_a_flag_put_the_case_under_another_rule(engine: Engine, now: datetime) -> None:
    with transaction(engine) as tx:
        flagged = RULE | {"name": "flagged", "when": {"critical": True}}
        screening = RULE | {"double_reading": {"arbitration": "recall_if_either"}}
        clinic = open_clinic(tx, now, {"rules": [flagged, screening, *UNSAMPLED["rules"]]})
        case = mammogram(tx, clinic, "1.1", now)
        case_rule.retriage(tx, case, critical=True)
        read_blind(tx, clinic, clinic.ada, case.id, now, RIGHT)
        read_blind(tx, clinic, clinic.vera, case.id, now, NORMAL)

        assert cases.by_id(tx, case.id).rule == "flagged"
        assert state(tx, case.id) is State.WAITING_ARBITRATION


def test_readings_of_other_images_are_decided_by_a_third(engine: Engine, now: datetime) -> None:
    with transaction(engine) as tx:
        clinic = open_screening(tx, now)
        case = mammogram(tx, clinic, "1.1", now)
        read_blind(tx, clinic, clinic.ada, case.id, now, NORMAL)
        another_image(tx, clinic, "1.1", 2, now, modality="MG", body_part="BREAST")
        read_blind(tx, clinic, clinic.vera, case.id, now, NORMAL)

        assert _compared(tx, case.id) == (None, "images")


def test_a_provisional_reading_is_taken_back_or_stands_after_its_minutes(engine: Engine, now: datetime) -> None:
    with transaction(engine) as tx:
        clinic = open_screening(tx, now, first_final="after_minutes", minutes=60)
        ada, later = Context(tx, clinic.audit, now, clinic.ada), now + timedelta(minutes=60)
        case = mammogram(tx, clinic, "1.1", now)
        read_blind(tx, clinic, clinic.ada, case.id, now, NORMAL)
        assert state(tx, case.id) is State.PROVISIONAL
        with pytest.raises(MoveNotAllowed):
            claiming.claim(Context(tx, clinic.audit, now, clinic.vera), case.id)
        with pytest.raises(NotAllowed, match="not_their_reading"):
            readings.defer(Context(tx, clinic.audit, now, clinic.rosa), case.id)
        readings.defer(ada, case.id)
        assert state(tx, case.id) is State.WAITING_READ
        assert _seen_by(tx, clinic, clinic.vera, case.id, now) == []

        read_blind(tx, clinic, clinic.vera, case.id, now, NORMAL)
        assert readings.finalise_due(Context(tx, clinic.audit, later - timedelta(seconds=1), SYSTEM)) == 0
        assert readings.finalise_due(Context(tx, clinic.audit, later, SYSTEM)) == 1
        with pytest.raises(NotAllowed, match="one_person_one_role"):  # he took his back, and reads first or not at all
            claiming.claim(ada, case.id)
        read_blind(tx, clinic, clinic.rosa, case.id, later, NORMAL)
        assert state(tx, case.id) is State.FINAL


def test_by_itself_no_reading_stands_where_its_reader_says_so(engine: Engine, now: datetime) -> None:
    with transaction(engine) as tx:
        clinic = open_screening(tx, now, first_final="by_reader")
        case = mammogram(tx, clinic, "1.1", now)
        read_blind(tx, clinic, clinic.ada, case.id, now, NORMAL)
        early = readings.finalise_due(Context(tx, clinic.audit, case.due_at - timedelta(seconds=1), SYSTEM))
        readings.finalise(Context(tx, clinic.audit, now, clinic.ada), case.id)

        assert (early, state(tx, case.id)) == (0, State.WAITING_SECOND)


def test_a_provisional_reading_whose_reader_has_left_keeps_no_case(engine: Engine, now: datetime) -> None:
    with transaction(engine) as tx:
        clinic = open_screening(tx, now, first_final="by_reader")
        mona, vera = (Context(tx, clinic.audit, now, one) for one in (clinic.mona, clinic.vera))
        one, other = (mammogram(tx, clinic, uid, now) for uid in ("1.1", "1.2"))
        for case in (one, other):
            read_blind(tx, clinic, clinic.ada, case.id, now, NORMAL)
        counted = {(each.step, each.waiting) for each in queue_board.board(mona).queues}
        with pytest.raises(NotAllowed, match="not_their_reading"):
            readings.defer(vera, one.id, why="她已离职")
        with pytest.raises(Invalid, match="required"):
            readings.defer(mona, one.id)
        offered = desk.detail(mona, one.id).allowed
        deferred = readings.defer(mona, one.id, why="她已离职")
        due = readings.finalise_due(Context(tx, clinic.audit, other.due_at, SYSTEM))

        assert counted == {(Step.SECOND, 2)}
        assert Act.DEFER in offered
        assert Act.FINALISE not in offered
        assert deferred.state is State.WAITING_READ
        assert [each.status for each in versions.of_case(tx, one.id)] == [Status.WITHDRAWN]
        assert (due, state(tx, other.id)) == (1, State.WAITING_SECOND)


def test_what_a_review_sends_back_keeps_no_blind_reading(engine: Engine, now: datetime) -> None:
    with transaction(engine) as tx:
        sampled = {"when": "after_release", "percent": 100}
        last = UNSAMPLED["rules"][-1]
        clinic = open_clinic(tx, now, {"rules": [RULE | {"double_reading": {}, "review": sampled}, last]})
        case = mammogram(tx, clinic, "1.1", now)
        for one in (clinic.ada, clinic.vera):
            read_blind(tx, clinic, one, case.id, now, NORMAL)
        review_as(tx, clinic, clinic.ben, case.id, now, outcome=Outcome.SEND_BACK, comment="重看")

        assert state(tx, case.id) is State.WAITING_READ
        assert Status.BLIND not in {each.status for each in versions.of_case(tx, case.id)}


def test_a_critical_result_is_signed_by_one_and_waits_for_nobody(engine: Engine, now: datetime) -> None:
    with transaction(engine) as tx:
        clinic = open_screening(tx, now)
        case = mammogram(tx, clinic, "1.1", now)
        read_blind(tx, clinic, clinic.ada, case.id, now, replace(PNEUMONIA, critical_class="tension_pneumothorax"))

        assert cases.by_id(tx, case.id).critical
        assert versions.valid(tx, case.id) is not None


@pytest.mark.parametrize("first", [[], [RULE | {"name": "flagged", "when": {"critical": True}}]])
def test_a_flag_that_the_report_does_not_name_leads_nobody_past_the_second_reader(
    engine: Engine, now: datetime, first: list[dict[str, object]]
) -> None:
    with transaction(engine) as tx:
        clinic = open_clinic(tx, now, {"rules": [*first, *rules()["rules"]]})
        ada = Context(tx, clinic.audit, now, clinic.ada)
        case = mammogram(tx, clinic, "1.1", now)
        critical.raise_alert(ada, case.id, critical_class="other", finding="右乳肿块")
        with pytest.raises(NotAllowed, match="read_by_two"):
            _sign_alone(ada, clinic, case.id, NORMAL)
        read_blind(tx, clinic, clinic.ada, case.id, now, replace(NORMAL, critical_class=" "))
        critical.withdraw(ada, case.id, why="看错了")

        assert state(tx, case.id) is State.WAITING_SECOND


def test_whoever_signed_a_critical_result_alone_does_not_take_it_back_alone(engine: Engine, now: datetime) -> None:
    with transaction(engine) as tx:
        clinic = open_screening(tx, now)
        ada = Context(tx, clinic.audit, now, clinic.ada)
        case = mammogram(tx, clinic, "1.1", now)
        said = replace(PNEUMONIA, critical_class="tension_pneumothorax")
        alone = read_blind(tx, clinic, clinic.ada, case.id, now, said)
        normal = replace(PNEUMONIA, findings="未见异常")
        signatures.addendum(ada, clinic.seal, alone.id, content=normal, screen=shown(tx, case.id))

        assert state(tx, case.id) is State.WAITING_VERIFY
        final = versions.valid(tx, case.id)
        assert final is not None
        assert final.id == alone.id


def test_an_arbiter_who_wants_it_taken_again_tells_what_is_critical_all_the_same(engine: Engine, now: datetime) -> None:
    with transaction(engine) as tx:
        clinic = open_screening(tx, now)
        case = mammogram(tx, clinic, "1.1", now)
        read_blind(tx, clinic, clinic.ada, case.id, now, NORMAL)
        read_blind(tx, clinic, clinic.vera, case.id, now, RIGHT)
        read_blind(tx, clinic, clinic.ben, case.id, now, replace(AGAIN, critical_class="tension_pneumothorax"))
        alert = alert_rows.newest_standing(tx, case.id)
        returned = cases.by_id(tx, case.id)

        assert (returned.state, returned.critical) == (State.RETURNED, True)
        assert alert is not None
        assert (alert.critical_class, alert.raised_by) == ("tension_pneumothorax", clinic.ben.person_id)


def test_an_opinion_is_asked_of_two_readers_and_of_nobody_else(engine: Engine, now: datetime) -> None:
    with transaction(engine) as tx:
        clinic = open_screening(tx, now)
        case, other = mammogram(tx, clinic, "1.1", now), arrive(tx, clinic, "1.2", now)
        with pytest.raises(Invalid, match="required"):
            read_blind(tx, clinic, clinic.ada, case.id, now, PNEUMONIA)
        with pytest.raises(Invalid, match="not_asked"):
            read_blind(tx, clinic, clinic.ada, other.id, now, NORMAL)
        with pytest.raises(NotAllowed, match="read_by_two"):  # the other act leads past the second reader no more
            _sign_alone(Context(tx, clinic.audit, now, clinic.ada), clinic, case.id, NORMAL)


def test_one_person_does_not_change_what_two_decided(engine: Engine, now: datetime) -> None:
    with transaction(engine) as tx:
        clinic = open_screening(tx, now)
        case = mammogram(tx, clinic, "1.1", now)
        read_blind(tx, clinic, clinic.ada, case.id, now, NORMAL)
        final = read_blind(tx, clinic, clinic.vera, case.id, now, NORMAL)
        ada = Context(tx, clinic.audit, now, clinic.ada)
        with pytest.raises(Invalid, match="decided_by_two"):
            signatures.addendum(ada, clinic.seal, final.id, content=RIGHT, screen=shown(tx, case.id))
        signatures.addendum(
            ada, clinic.seal, final.id, content=replace(NORMAL, findings="补充：见旧片"), screen=shown(tx, case.id)
        )

        assert state(tx, case.id) is State.FINAL


def test_a_withheld_case_keeps_no_blind_reading_for_those_who_read_it_again(engine: Engine, now: datetime) -> None:
    with transaction(engine) as tx:
        clinic = open_screening(tx, now)
        case = mammogram(tx, clinic, "1.1", now)
        read_blind(tx, clinic, clinic.ada, case.id, now, RIGHT)
        withhold.withhold(Context(tx, clinic.audit, now, clinic.tang), case.id, why="拿错片")
        withhold.read_again(Context(tx, clinic.audit, now, clinic.mona), case.id, why="已更正")

        assert [one.status for one in versions.of_case(tx, case.id)] == [Status.WITHDRAWN]
        for one in (clinic.mona, clinic.vera):
            assert _seen_by(tx, clinic, one, case.id, now) == []
            assert desk.detail(Context(tx, clinic.audit, now, one, clinic.seal.public_key), case.id).versions == ()


@pytest.mark.parametrize("read_by", [1, 2])
def test_blind_readings_stand_again_where_the_case_was_withheld_by_mistake(
    engine: Engine, now: datetime, read_by: int
) -> None:
    with transaction(engine) as tx:
        clinic = open_screening(tx, now)
        case = mammogram(tx, clinic, "1.1", now)
        for reader, said in ((clinic.ada, NORMAL), (clinic.vera, RIGHT))[:read_by]:
            read_blind(tx, clinic, reader, case.id, now, said)
        before, statuses = state(tx, case.id), [one.status for one in versions.of_case(tx, case.id)]
        withhold.withhold(Context(tx, clinic.audit, now, clinic.mona), case.id, why="拿错片")
        hidden = [one.status for one in versions.of_case(tx, case.id)]
        with pytest.raises(NotAllowed, match="blind_until_decided"):
            withhold.who_saw(Context(tx, clinic.audit, now, clinic.mona), case.id)
        with pytest.raises(NotAllowed, match="another_restores_it"):
            withhold.restore(Context(tx, clinic.audit, now, clinic.mona), clinic.seal, case.id, why="无误")
        other = hire(tx, "molly", now, (Role.QUALITY_MANAGER, clinic.region.oak))
        withhold.restore(Context(tx, clinic.audit, now, other), clinic.seal, case.id, why="无误")

        assert before is (State.WAITING_SECOND if read_by == 1 else State.WAITING_ARBITRATION)
        assert set(hidden) == {Status.WITHDRAWN}
        assert (state(tx, case.id), [one.status for one in versions.of_case(tx, case.id)]) == (before, statuses)
        if read_by == 1:
            assert _seen_by(tx, clinic, other, case.id, now) == []
            read_blind(tx, clinic, clinic.vera, case.id, now, NORMAL)
            assert state(tx, case.id) is State.FINAL
