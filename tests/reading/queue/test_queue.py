"""The queue: one case for one person, by urgency, within the agreements, and back when somebody vanishes."""

from __future__ import annotations

import threading
from datetime import datetime, timedelta

import pytest
import sqlalchemy as sa
from sqlalchemy.engine import Engine

from reading import tables
from reading.audit import SYSTEM, Audit
from reading.cases import cases
from reading.cases.moves import Move, State, Step
from reading.context import Context
from reading.errors import Invalid, MoveNotAllowed, NotAllowed, NotThere, Stale
from reading.intake import intake
from reading.kinds import Priority, Role, Tier
from reading.queue import queue
from reading.queue.queue import LEASE
from reading.register import people
from reading.review.review import Outcome
from reading.signing import signatures
from storage.database import transaction
from tests.reading.clinic import (
    PNEUMONIA,
    another_image,
    arrive,
    open_clinic,
    read,
    review_as,
    send,
    shown,
    state,
    take,
    verify,
)
from tests.reading.region import KEYS, hire


def test_the_most_urgent_case_comes_first_then_the_one_that_is_due_first(engine: Engine, now: datetime) -> None:
    with transaction(engine) as tx:
        clinic = open_clinic(tx, now)
        later = arrive(tx, clinic, "1.1", now)
        sooner = arrive(tx, clinic, "1.2", now - timedelta(minutes=5))
        emergency = arrive(tx, clinic, "1.3", now)
        cases.change(tx, emergency, priority=Priority.EMERGENCY)
        claimed = [queue.claim_next(Context(tx, clinic.audit, now, clinic.ada), None) for _ in range(4)]

    assert [case.id if case else None for case in claimed] == [emergency.id, sooner.id, later.id, None]
    assert claimed[0] is not None
    assert claimed[0].state is State.READING


def test_a_claim_is_a_lease_a_move_and_an_event(engine: Engine, now: datetime) -> None:
    with transaction(engine) as tx:
        clinic = open_clinic(tx, now)
        case = arrive(tx, clinic, "1.1", now)
        queue.claim_next(Context(tx, clinic.audit, now, clinic.ada), Step.READ)
        lease = queue.lease_of(tx, case.id)
        last = cases.moves_of(tx, case.id)[-1]
        events = tx.scalar(
            sa.select(sa.func.count())
            .select_from(tables.audit_event)
            .where(tables.audit_event.c.action == "case.claim", tables.audit_event.c.subject_id == case.id)
        )

    assert lease is not None
    assert (lease.person_id, lease.expires_at) == (clinic.ada.person_id, now + LEASE)
    assert (last.move, last.from_state, last.to_state) == (Move.CLAIM, State.WAITING_READ, State.READING)
    assert last.person_id == clinic.ada.person_id
    assert events == 1


def test_nobody_is_given_a_case_outside_their_agreements(engine: Engine, now: datetime) -> None:
    with transaction(engine) as tx:
        clinic = open_clinic(tx, now)
        case = arrive(tx, clinic, "1.1", now)

        for staff in (clinic.quinn, clinic.ben, clinic.tang, clinic.mona):
            assert queue.claim_next(Context(tx, clinic.audit, now, staff), None) is None
        with pytest.raises(NotThere):
            queue.claim(Context(tx, clinic.audit, now, clinic.quinn), case.id)
        with pytest.raises(NotAllowed):
            queue.claim(Context(tx, clinic.audit, now, clinic.tang), case.id)


def test_an_agreement_that_has_ended_gives_nothing(engine: Engine, now: datetime) -> None:
    with transaction(engine) as tx:
        clinic = open_clinic(tx, now)
        case = arrive(tx, clinic, "1.1", now)
        tx.execute(sa.update(tables.agreement).values(until=now))

        assert queue.claim_next(Context(tx, clinic.audit, now, clinic.ada), None) is None
        with pytest.raises(NotThere):
            queue.claim(Context(tx, clinic.audit, now, clinic.ada), case.id)


def test_a_case_that_somebody_holds_is_nobody_elses(engine: Engine, now: datetime) -> None:
    with transaction(engine) as tx:
        clinic = open_clinic(tx, now)
        case = arrive(tx, clinic, "1.1", now)
        revision = take(tx, clinic, clinic.ada, case.id, now)

        with pytest.raises(MoveNotAllowed):
            queue.claim(Context(tx, clinic.audit, now, clinic.rosa), case.id)
        with pytest.raises(Stale):
            queue.renew(Context(tx, clinic.audit, now, clinic.rosa), case.id, revision)
        with pytest.raises(Stale):
            queue.put_back(Context(tx, clinic.audit, now, clinic.rosa), case.id, revision=revision)
        assert take(tx, clinic, clinic.ada, case.id, now) == revision


def test_who_may_not_see_a_case_hears_that_it_is_not_there(engine: Engine, now: datetime) -> None:
    with transaction(engine) as tx:
        clinic = open_clinic(tx, now)
        case = arrive(tx, clinic, "1.1", now)
        take(tx, clinic, clinic.ada, case.id, now)

        for case_id in (case.id, "01K00000000000000000000000"):
            with pytest.raises(NotThere):
                queue.renew(Context(tx, clinic.audit, now, clinic.quinn), case_id, 1)
            with pytest.raises(NotThere):
                queue.put_back(Context(tx, clinic.audit, now, clinic.quinn), case_id, revision=1)
            with pytest.raises(NotThere):
                signatures.save_draft(
                    Context(tx, clinic.audit, now, clinic.quinn), case_id, PNEUMONIA, revision=0, lease_revision=1
                )


def test_each_renewal_has_a_new_revision_and_the_old_one_is_stale(engine: Engine, now: datetime) -> None:
    later = now + timedelta(minutes=5)
    with transaction(engine) as tx:
        clinic = open_clinic(tx, now)
        case = arrive(tx, clinic, "1.1", now)
        first = take(tx, clinic, clinic.ada, case.id, now)
        renewed = queue.renew(Context(tx, clinic.audit, later, clinic.ada), case.id, first)

        assert renewed.revision == first + 1
        assert renewed.expires_at == later + LEASE
        with pytest.raises(Stale) as stale:
            queue.renew(Context(tx, clinic.audit, later, clinic.ada), case.id, first)
        assert stale.value.expected == renewed.revision


def test_a_lease_that_is_not_renewed_goes_back_and_its_holder_notices(engine: Engine, now: datetime) -> None:
    with transaction(engine) as tx:
        clinic = open_clinic(tx, now)
        case = arrive(tx, clinic, "1.1", now)
        revision = take(tx, clinic, clinic.ada, case.id, now)
        too_soon = queue.expire(Context(tx, clinic.audit, now + LEASE - timedelta(seconds=1), SYSTEM))
        expired = queue.expire(Context(tx, clinic.audit, now + LEASE, SYSTEM))

        assert (too_soon, expired) == (0, 1)
        assert state(tx, case.id) is State.WAITING_READ
        assert cases.moves_of(tx, case.id)[-1].person_id is None
        with pytest.raises(Stale):
            queue.renew(Context(tx, clinic.audit, now + LEASE, clinic.ada), case.id, revision)
        assert queue.claim_next(Context(tx, clinic.audit, now + LEASE, clinic.rosa), None) is not None


def test_a_draft_stays_with_the_case_that_is_put_back(engine: Engine, now: datetime) -> None:
    with transaction(engine) as tx:
        clinic = open_clinic(tx, now)
        case = arrive(tx, clinic, "1.1", now)
        revision = take(tx, clinic, clinic.ada, case.id, now)
        draft = signatures.save_draft(
            Context(tx, clinic.audit, now, clinic.ada), case.id, PNEUMONIA, revision=0, lease_revision=revision
        )
        queue.put_back(Context(tx, clinic.audit, now, clinic.ada), case.id, revision=revision)
        other = take(tx, clinic, clinic.rosa, case.id, now)
        again = signatures.save_draft(
            Context(tx, clinic.audit, now, clinic.rosa),
            case.id,
            PNEUMONIA,
            revision=draft.revision,
            lease_revision=other,
        )

    assert (draft.revision, again.revision) == (1, 2)


def test_whoever_acted_in_one_role_is_not_offered_another(engine: Engine, now: datetime) -> None:
    with transaction(engine) as tx:
        clinic = open_clinic(tx, now)
        both = people.staff_of(tx, clinic.rosa.person_id, now)
        people.grant(tx, both.person_id, clinic.region.oak.id, Role.VERIFIER, now)
        people.grant(tx, both.person_id, clinic.region.city.id, Role.REVIEWER, now)
        both = people.staff_of(tx, both.person_id, now)
        case = arrive(tx, clinic, "1.1", now, modality="CT")
        read(tx, clinic, both, case.id, now)

        assert state(tx, case.id) is State.WAITING_VERIFY
        assert queue.claim_next(Context(tx, clinic.audit, now, both), None) is None
        with pytest.raises(NotAllowed):
            queue.claim(Context(tx, clinic.audit, now, both), case.id)
        verify(tx, clinic, clinic.vera, case.id, now)
        assert state(tx, case.id) is State.WAITING_REVIEW
        assert queue.claim_next(Context(tx, clinic.audit, now, both), None) is None
        assert queue.claim_next(Context(tx, clinic.audit, now, clinic.ben), None) is not None


def test_a_reviewer_never_gets_a_case_to_read_that_they_sent_back(engine: Engine, now: datetime) -> None:
    with transaction(engine) as tx:
        clinic = open_clinic(tx, now)
        ben = clinic.ben
        people.grant(tx, ben.person_id, clinic.region.oak.id, Role.READER, now)
        ben = people.staff_of(tx, ben.person_id, now)
        case = arrive(tx, clinic, "1.1", now, modality="CT")
        read(tx, clinic, clinic.ada, case.id, now)
        review_as(tx, clinic, ben, case.id, now, outcome=Outcome.SEND_BACK, comment="看左肺")

        assert state(tx, case.id) is State.WAITING_READ
        assert cases.by_id(tx, case.id).tier is Tier.COUNTY
        assert queue.claim_next(Context(tx, clinic.audit, now, ben), None) is None
        with pytest.raises(NotAllowed):
            queue.claim(Context(tx, clinic.audit, now, ben), case.id)


def test_a_return_asks_for_a_reason_and_new_images_bring_the_case_back(engine: Engine, now: datetime) -> None:
    later = now + timedelta(hours=1)
    with transaction(engine) as tx:
        clinic = open_clinic(tx, now)
        case = arrive(tx, clinic, "1.1", now)
        revision = take(tx, clinic, clinic.ada, case.id, now)
        with pytest.raises(Invalid):
            queue.return_to_site(Context(tx, clinic.audit, now, clinic.ada), case.id, revision=revision, why=" ")
        queue.return_to_site(Context(tx, clinic.audit, now, clinic.ada), case.id, revision=revision, why="侧位缺失")
        returned = state(tx, case.id)
        intake.take_in(Context(tx, clinic.audit, later, SYSTEM), KEYS, another_image(tx, clinic, "1.1", 2, later))

        assert returned is State.RETURNED
        assert state(tx, case.id) is State.WAITING_READ
        assert cases.by_id(tx, case.id).arriving


def test_the_township_answers_a_returned_case_with_facts(engine: Engine, now: datetime) -> None:
    with transaction(engine) as tx:
        clinic = open_clinic(tx, now)
        case = arrive(tx, clinic, "1.1", now)
        revision = take(tx, clinic, clinic.ada, case.id, now)
        queue.return_to_site(Context(tx, clinic.audit, now, clinic.ada), case.id, revision=revision, why="病史?")

        with pytest.raises(NotAllowed):
            intake.resubmit(Context(tx, clinic.audit, now, clinic.ada), case.id, why="咳嗽三天")
        answered = intake.resubmit(Context(tx, clinic.audit, now, clinic.tang), case.id, why="咳嗽三天")
        assert answered.state is State.WAITING_READ
        with pytest.raises(MoveNotAllowed):
            intake.resubmit(Context(tx, clinic.audit, now, clinic.tang), case.id, why="咳嗽三天")


def test_an_escalated_case_is_read_at_the_city_and_reviewed_by_another(engine: Engine, now: datetime) -> None:
    with transaction(engine) as tx:
        clinic = open_clinic(tx, now)
        case = arrive(tx, clinic, "1.1", now)
        revision = take(tx, clinic, clinic.ada, case.id, now)
        escalated = queue.escalate(Context(tx, clinic.audit, now, clinic.ada), case.id, revision=revision, why="疑难")

        assert (escalated.state, escalated.tier, escalated.rule) == (State.WAITING_READ, Tier.CITY, "escalated")
        assert queue.claim_next(Context(tx, clinic.audit, now, clinic.rosa), None) is None
        read(tx, clinic, clinic.ben, case.id, now)
        assert state(tx, case.id) is State.WAITING_REVIEW
        assert queue.claim_next(Context(tx, clinic.audit, now, clinic.ben), None) is None
        review_as(tx, clinic, clinic.bea, case.id, now)
        assert state(tx, case.id) is State.FINAL


def test_a_verifier_escalates_to_the_review_but_never_an_emergency(engine: Engine, now: datetime) -> None:
    with transaction(engine) as tx:
        clinic = open_clinic(tx, now)
        routine, emergency = arrive(tx, clinic, "1.1", now), arrive(tx, clinic, "1.2", now)
        emergency = cases.change(tx, emergency, priority=Priority.EMERGENCY, rule="emergency")
        for case in (routine, emergency):
            read(tx, clinic, clinic.rosa, case.id, now)
        revision = take(tx, clinic, clinic.vera, routine.id, now)
        escalated = queue.escalate(
            Context(tx, clinic.audit, now, clinic.vera), routine.id, revision=revision, why="疑难"
        )
        revision = take(tx, clinic, clinic.vera, emergency.id, now)

        assert (escalated.state, escalated.tier) == (State.WAITING_REVIEW, Tier.CITY)
        with pytest.raises(NotAllowed):
            queue.escalate(Context(tx, clinic.audit, now, clinic.vera), emergency.id, revision=revision, why="疑难")
        review_as(tx, clinic, clinic.ben, routine.id, now)
        assert state(tx, routine.id) is State.FINAL


def test_a_grant_that_has_ended_signs_nothing(engine: Engine, now: datetime) -> None:
    with transaction(engine) as tx:
        clinic = open_clinic(tx, now)
        case = arrive(tx, clinic, "1.1", now)
        revision = take(tx, clinic, clinic.ada, case.id, now)
        people.end_grant(tx, clinic.ada.grants[0].id, now)
        ada = people.staff_of(tx, clinic.ada.person_id, now)
        people.grant(tx, ada.person_id, clinic.region.oak.id, Role.READER, now + timedelta(seconds=1))
        ada = people.staff_of(tx, ada.person_id, now + timedelta(seconds=2))

        with pytest.raises(NotAllowed):
            signatures.sign(
                Context(tx, clinic.audit, now + timedelta(seconds=2), ada),
                clinic.seal,
                case.id,
                content=PNEUMONIA,
                shown=shown(tx, case.id),
                draft_revision=0,
                lease_revision=revision,
            )


def test_many_readers_at_once_never_get_the_same_case(engine: Engine, now: datetime) -> None:
    readers, amount = 6, 18
    with transaction(engine) as tx:
        clinic = open_clinic(tx, now)
        staff = [hire(tx, f"reader{number}", now, (Role.READER, clinic.region.oak)) for number in range(readers)]
        for number in range(amount):
            intake.take_in(Context(tx, clinic.audit, now, SYSTEM), KEYS, send(tx, clinic, f"1.{number}", now))
    given: list[tuple[str, str]] = []
    together = threading.Barrier(readers)

    def work(number: int) -> None:
        together.wait()
        while True:
            with transaction(engine) as tx:
                case = queue.claim_next(Context(tx, clinic.audit, now, staff[number]), None)
            if case is None:
                return
            given.append((case.id, staff[number].person_id))

    threads = [threading.Thread(target=work, args=(number,)) for number in range(readers)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with transaction(engine) as tx:
        leases = {(row.case_id, row.person_id) for row in tx.execute(sa.select(tables.lease))}

    assert len(given) == amount
    assert set(given) == leases


def test_one_case_claimed_by_all_at_once_goes_to_one(engine: Engine, now: datetime) -> None:
    readers = 6
    with transaction(engine) as tx:
        clinic = open_clinic(tx, now)
        staff = [hire(tx, f"reader{number}", now, (Role.READER, clinic.region.oak)) for number in range(readers)]
        case = arrive(tx, clinic, "1.1", now)
    outcomes: list[str] = []
    together = threading.Barrier(readers)

    def work(number: int) -> None:
        together.wait()
        try:
            with transaction(engine) as tx:
                queue.claim(Context(tx, clinic.audit, now, staff[number]), case.id)
        except MoveNotAllowed:
            outcomes.append("refused")
        else:
            outcomes.append("given")

    threads = [threading.Thread(target=work, args=(number,)) for number in range(readers)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sorted(outcomes) == ["given"] + ["refused"] * (readers - 1)


def test_whoever_finds_the_first_cases_being_taken_gets_the_next(
    engine: Engine, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    if engine.dialect.name == "sqlite":
        pytest.skip("SQLite has one writer at a time")
    monkeypatch.setattr(queue, "_OF_EACH_SITE", 1)
    with transaction(engine) as tx:
        clinic = open_clinic(tx, now)
        first, second = arrive(tx, clinic, "1.1", now), arrive(tx, clinic, "1.2", now)
    with transaction(engine) as one, transaction(engine) as other:
        taken = queue.claim_next(Context(one, clinic.audit, now, clinic.ada), None)
        also_taken = queue.claim_next(Context(other, Audit("other"), now, clinic.rosa), None)
        nothing = queue.claim_next(Context(other, Audit("other"), now, clinic.vera), None)

    assert [case and case.id for case in (taken, also_taken, nothing)] == [first.id, second.id, None]
