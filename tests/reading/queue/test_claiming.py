"""The queue hands out each case once, the most urgent first, to those who may take it."""

from __future__ import annotations

import threading
from datetime import datetime, timedelta

import pytest
import sqlalchemy as sa
from sqlalchemy.engine import Engine

from reading import tables
from reading.audit import SYSTEM, Audit
from reading.cases import cases, history
from reading.cases.moves import Move, State, Step
from reading.context import Context
from reading.errors import MoveNotAllowed, NotAllowed, NotThere, Stale
from reading.intake import intake
from reading.kinds import Priority, Role, Tier
from reading.queue import claiming, leases, next_case
from reading.queue.leases import LEASE
from reading.register import people
from reading.review.review import Outcome
from reading.roster import limits
from reading.rules import case_rule
from storage.database import transaction
from tests.reading.clinic import (
    arrive,
    open_clinic,
    read,
    review_as,
    send,
    state,
    take,
    verify,
)
from tests.reading.region import KEYS, hire, staff_of


def test_the_most_urgent_case_comes_first_then_the_one_that_is_due_first(engine: Engine, now: datetime) -> None:
    with transaction(engine) as tx:
        clinic = open_clinic(tx, now)
        later = arrive(tx, clinic, "1.1", now)
        sooner = arrive(tx, clinic, "1.2", now - timedelta(minutes=5))
        emergency = arrive(tx, clinic, "1.3", now)
        cases.change(tx, emergency, priority=Priority.EMERGENCY)
        critical = case_rule.retriage(tx, arrive(tx, clinic, "1.4", now + timedelta(hours=2)), critical=True)
        claimed = [claiming.claim_next(Context(tx, clinic.audit, now, clinic.ada), None) for _ in range(5)]

    assert [case.id if case else None for case in claimed] == [emergency.id, critical.id, sooner.id, later.id, None]
    assert claimed[0] is not None
    assert claimed[0].state is State.READING


def test_the_next_case_is_foreseen_and_stays_where_it_waits(engine: Engine, now: datetime) -> None:
    with transaction(engine) as tx:
        clinic = open_clinic(tx, now)
        limits.say(Context(tx, clinic.audit, now, SYSTEM), username="ada", most=1)
        here = Context(tx, clinic.audit, now, clinic.ada)
        for uid in ("1.1", "1.2"):
            arrive(tx, clinic, uid, now)
        in_hand = claiming.claim_next(here, Step.READ)  # as many as she may have: the next one comes when it is signed
        foreseen = claiming.foresee(here, Step.READ)
        nobodys = [
            claiming.foresee(Context(tx, clinic.audit, now, staff), step)
            for staff, step in ((clinic.ada, Step.VERIFY), (clinic.tang, None), (clinic.quinn, None))
        ]
        assert foreseen is not None
        untouched = cases.by_id(tx, foreseen), leases.lease_of(tx, foreseen)
        claimed = claiming.claim_next(Context(tx, clinic.audit, now, clinic.rosa), Step.READ)
        after = claiming.foresee(here, Step.READ)

    assert in_hand is not None
    assert claimed is not None
    assert foreseen == claimed.id != in_hand.id
    assert (untouched[0].state, untouched[1]) == (State.WAITING_READ, None)
    assert nobodys == [None, None, None]
    assert after is None


def test_those_who_read_from_one_queue_foresee_another_case_each(engine: Engine, now: datetime) -> None:
    """Whoever took theirs first is expected to be done first; what waits for one person is nobody else's."""
    with transaction(engine) as tx:
        clinic = open_clinic(tx, now)
        waiting = [arrive(tx, clinic, f"1.{number}", now + timedelta(minutes=number)).id for number in range(1, 6)]
        readers = (clinic.ada, clinic.rosa)
        for minutes, staff in enumerate(readers):
            claiming.claim_next(Context(tx, clinic.audit, now + timedelta(minutes=minutes), staff), Step.READ)
        later = now + timedelta(minutes=2)

        def foreseen() -> list[str | None]:
            return [claiming.foresee(Context(tx, clinic.audit, later, staff), Step.READ) for staff in readers]

        by_turn = foreseen()
        tx.execute(
            sa.update(tables.case)
            .where(tables.case.c.id == waiting[2])
            .values(assigned_to=clinic.rosa.person_id, assigned_until=later + timedelta(hours=1))
        )
        assigned = foreseen()
        tx.execute(sa.update(tables.lease).where(tables.lease.c.case_id == waiting[0]).values(parked_at=later))
        put_aside = foreseen()

    assert by_turn == waiting[2:4]
    assert assigned == [waiting[3], waiting[2]]
    assert put_aside == [waiting[4], waiting[2]]


def test_many_who_read_from_one_site_foresee_another_case_each(engine: Engine, now: datetime) -> None:
    with transaction(engine) as tx:
        clinic = open_clinic(tx, now)
        waiting = [arrive(tx, clinic, f"1.{number}", now + timedelta(minutes=number)).id for number in range(1, 15)]
        readers = [hire(tx, f"reader-{number}", now, (Role.READER, clinic.region.oak)) for number in range(7)]
        for minutes, staff in enumerate(readers):
            claiming.claim_next(Context(tx, clinic.audit, now + timedelta(minutes=minutes), staff), Step.READ)
        later = now + timedelta(minutes=7)
        foreseen = [claiming.foresee(Context(tx, clinic.audit, later, staff), Step.READ) for staff in readers]

    assert foreseen == waiting[7:]


def test_whoever_has_too_many_before_them_foresees_nothing(engine: Engine, now: datetime) -> None:
    with transaction(engine) as tx:
        clinic = open_clinic(tx, now)
        for number in range(3):
            arrive(tx, clinic, f"1.{number}", now)
        for minutes, staff in enumerate((clinic.ada, clinic.rosa)):
            claiming.claim_next(Context(tx, clinic.audit, now + timedelta(minutes=minutes), staff), Step.READ)

        foreseen = claiming.foresee(Context(tx, clinic.audit, now + timedelta(minutes=2), clinic.rosa), Step.READ)

    assert foreseen is None


def test_a_claim_is_a_lease_a_move_and_an_event(engine: Engine, now: datetime) -> None:
    with transaction(engine) as tx:
        clinic = open_clinic(tx, now)
        case = arrive(tx, clinic, "1.1", now)
        claiming.claim_next(Context(tx, clinic.audit, now, clinic.ada), Step.READ)
        lease = leases.lease_of(tx, case.id)
        last = history.moves_of(tx, case.id)[-1]
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
            assert claiming.claim_next(Context(tx, clinic.audit, now, staff), None) is None
        with pytest.raises(NotThere):
            claiming.claim(Context(tx, clinic.audit, now, clinic.quinn), case.id)
        with pytest.raises(NotAllowed):
            claiming.claim(Context(tx, clinic.audit, now, clinic.tang), case.id)


def test_an_agreement_that_has_ended_gives_nothing(engine: Engine, now: datetime) -> None:
    with transaction(engine) as tx:
        clinic = open_clinic(tx, now)
        case = arrive(tx, clinic, "1.1", now)
        tx.execute(sa.update(tables.agreement).values(until=now))

        assert claiming.claim_next(Context(tx, clinic.audit, now, clinic.ada), None) is None
        with pytest.raises(NotThere):
            claiming.claim(Context(tx, clinic.audit, now, clinic.ada), case.id)


def test_a_case_that_somebody_holds_is_nobody_elses(engine: Engine, now: datetime) -> None:
    with transaction(engine) as tx:
        clinic = open_clinic(tx, now)
        case = arrive(tx, clinic, "1.1", now)
        revision = take(tx, clinic, clinic.ada, case.id, now)

        with pytest.raises(MoveNotAllowed):
            claiming.claim(Context(tx, clinic.audit, now, clinic.rosa), case.id)
        with pytest.raises(Stale):
            leases.renew(Context(tx, clinic.audit, now, clinic.rosa), case.id, revision)
        with pytest.raises(Stale):
            leases.put_back(Context(tx, clinic.audit, now, clinic.rosa), case.id, revision=revision)
        assert take(tx, clinic, clinic.ada, case.id, now) == revision


def test_whoever_acted_in_one_role_is_not_offered_another(engine: Engine, now: datetime) -> None:
    with transaction(engine) as tx:
        clinic = open_clinic(tx, now)
        both = staff_of(tx, clinic.rosa.person_id, now)
        people.grant(tx, both.person_id, clinic.region.oak.id, Role.VERIFIER, now)
        people.grant(tx, both.person_id, clinic.region.city.id, Role.REVIEWER, now)
        both = staff_of(tx, both.person_id, now)
        case = arrive(tx, clinic, "1.1", now, modality="CT")
        read(tx, clinic, both, case.id, now)

        assert state(tx, case.id) is State.WAITING_VERIFY
        assert claiming.claim_next(Context(tx, clinic.audit, now, both), None) is None
        with pytest.raises(NotAllowed):
            claiming.claim(Context(tx, clinic.audit, now, both), case.id)
        verify(tx, clinic, clinic.vera, case.id, now)
        assert state(tx, case.id) is State.WAITING_REVIEW
        assert claiming.claim_next(Context(tx, clinic.audit, now, both), None) is None
        assert claiming.claim_next(Context(tx, clinic.audit, now, clinic.ben), None) is not None


def test_a_reviewer_never_gets_a_case_to_read_that_they_sent_back(engine: Engine, now: datetime) -> None:
    with transaction(engine) as tx:
        clinic = open_clinic(tx, now)
        ben = clinic.ben
        people.grant(tx, ben.person_id, clinic.region.oak.id, Role.READER, now)
        ben = staff_of(tx, ben.person_id, now)
        case = arrive(tx, clinic, "1.1", now, modality="CT")
        read(tx, clinic, clinic.ada, case.id, now)
        review_as(tx, clinic, ben, case.id, now, outcome=Outcome.SEND_BACK, comment="看左肺")

        assert state(tx, case.id) is State.WAITING_READ
        assert cases.by_id(tx, case.id).tier is Tier.COUNTY
        assert claiming.claim_next(Context(tx, clinic.audit, now, ben), None) is None
        with pytest.raises(NotAllowed):
            claiming.claim(Context(tx, clinic.audit, now, ben), case.id)


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
                case = claiming.claim_next(Context(tx, clinic.audit, now, staff[number]), None)
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


def test_one_person_at_several_desks_never_passes_their_limit(engine: Engine, now: datetime) -> None:
    desks = 4
    with transaction(engine) as tx:
        clinic = open_clinic(tx, now)
        limits.say(Context(tx, clinic.audit, now, SYSTEM), username="ada", most=1)
        found = [arrive(tx, clinic, f"1.{number}", now).id for number in range(desks)]
    given: list[str] = []
    together = threading.Barrier(desks)

    def work(number: int) -> None:
        together.wait()
        try:
            with transaction(engine) as tx:
                ada = Context(tx, Audit(f"desk {number}"), now, clinic.ada)
                case = claiming.claim_next(ada, None) if number % 2 else claiming.claim(ada, found[number])
        except NotAllowed:
            return
        given.append(case.id if case else "")

    threads = [threading.Thread(target=work, args=(number,)) for number in range(desks)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len(set(given)) == 1  # a case that one desk took, another one may name


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
                claiming.claim(Context(tx, clinic.audit, now, staff[number]), case.id)
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
    monkeypatch.setattr(next_case, "_OF_EACH_SITE", 1)
    with transaction(engine) as tx:
        clinic = open_clinic(tx, now)
        first, second = arrive(tx, clinic, "1.1", now), arrive(tx, clinic, "1.2", now)
    with transaction(engine) as one, transaction(engine) as other:
        taken = claiming.claim_next(Context(one, clinic.audit, now, clinic.ada), None)
        also_taken = claiming.claim_next(Context(other, Audit("other"), now, clinic.rosa), None)
        nothing = claiming.claim_next(Context(other, Audit("other"), now, clinic.vera), None)

    assert [case and case.id for case in (taken, also_taken, nothing)] == [first.id, second.id, None]
