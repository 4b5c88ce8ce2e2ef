"""Cases that wait too long go where their rule says: once a step, only where there is room, and nothing is lost."""

from __future__ import annotations

import copy
import random
import threading
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.engine import Connection, Engine

from reading import tables
from reading.alerts import duty
from reading.audit import SYSTEM
from reading.cases import cases, history
from reading.cases.moves import HELD, WAITING, Move, State, Step, after
from reading.context import Context
from reading.intake import intake
from reading.kinds import Role, Tier
from reading.overdue import capacity, rerouting
from reading.queue import claiming, leases
from reading.register import organisations
from reading.roster import slots
from reading.rules import case_rule
from reading.rules.first_policy import FIRST_POLICY
from reading.rules.rule import Goal
from reading.signing import withhold
from reading.viewers import Staff
from storage.database import transaction
from tests.reading.clinic import Clinic, arrive, messages, open_clinic, read, state, take

HOUR = timedelta(hours=1)
LATE = 5 * HOUR
"""A radiograph is due after two hours."""


def rules(**fields: Any) -> dict[str, Any]:
    """The first policy with the same clock in all rules, and no sample."""
    document = copy.deepcopy(FIRST_POLICY)
    for rule in document["rules"]:
        rule.update(fields)
        if (rule.get("review") or {}).get("when") == "after_release":
            rule["review"] = None
    return document


def overdue(*goals: Goal, each: int = 10, **fields: Any) -> dict[str, Any]:
    return rules(overdue={"to": [goal.value for goal in goals], "open_per_reader": each}, **fields)


def sign_in(tx: Connection, clinic: Clinic, now: datetime, *people: Staff) -> None:
    """They are at work from now on, until they are idle."""
    for one in people:
        tx.execute(
            sa.insert(tables.staff_session).values(
                token_digest=one.person_id.encode().ljust(32)[:32],
                person_id=one.person_id,
                csrf_token="",
                created_at=now,
                active_at=now,
                proved_at=now,
            )
        )


def step(tx: Connection, clinic: Clinic, now: datetime) -> int:
    return rerouting.reroute(Context(tx, clinic.audit, now, SYSTEM))


def tier(tx: Connection, case_id: str) -> Tier:
    return cases.by_id(tx, case_id).tier


def test_an_overdue_case_goes_to_the_next_tier_once_and_nobody_moves_its_clock(engine: Engine, now: datetime) -> None:
    with transaction(engine) as tx:
        clinic = open_clinic(tx, now, overdue(Goal.NEXT_TIER))
        case = arrive(tx, clinic, "1.1", now)
        sign_in(tx, clinic, now + LATE, clinic.ben)
        early = step(tx, clinic, now + HOUR)
        went = step(tx, clinic, now + LATE)
        again = step(tx, clinic, now + LATE + HOUR)
        moved = cases.by_id(tx, case.id)
        gone = rerouting.of_case(tx, case.id)
        claimed = claiming.claim_next(Context(tx, clinic.audit, now + LATE, clinic.ben), Step.READ)
        last = history.moves_of(tx, case.id)[-2]

        assert (early, went, again) == (0, 1, 0)
        assert (moved.state, moved.tier, moved.due_at) == (State.WAITING_READ, Tier.CITY, case.due_at)
        assert [(one.goal, one.from_tier, one.tier, one.organisation) for one in gone] == [
            (Goal.NEXT_TIER, Tier.COUNTY, Tier.CITY, "City")
        ]
        assert (last.move, last.person_id) == (Move.REROUTE, None)
        told = [row.payload["organisation_id"] for row in messages(tx) if row.kind == "case.rerouted"]
        assert sorted(told) == sorted([clinic.region.oak.id, clinic.region.city.id])
        assert claimed is not None
        assert claimed.id == case.id


def test_a_case_that_somebody_reads_stays_until_it_waits_again(engine: Engine, now: datetime) -> None:
    with transaction(engine) as tx:
        clinic = open_clinic(tx, now, overdue(Goal.NEXT_TIER))
        case = arrive(tx, clinic, "1.1", now)
        sign_in(tx, clinic, now + LATE, clinic.ben)
        revision = take(tx, clinic, clinic.ada, case.id, now + LATE)
        held = step(tx, clinic, now + LATE)
        leases.put_back(Context(tx, clinic.audit, now + LATE, clinic.ada), case.id, revision=revision)

        assert held == 0
        assert step(tx, clinic, now + LATE) == 1
        assert tier(tx, case.id) is Tier.CITY


def test_no_more_go_than_there_is_room_for_and_the_others_follow_later(engine: Engine, now: datetime) -> None:
    with transaction(engine) as tx:
        clinic = open_clinic(tx, now, overdue(Goal.NEXT_TIER, each=1))
        for number in range(3):
            arrive(tx, clinic, f"1.{number}", now)
        nobody = step(tx, clinic, now + LATE)
        later = now + LATE + rerouting.AGAIN_AFTER
        sign_in(tx, clinic, later, clinic.ben, clinic.bea)
        two = step(tx, clinic, later)
        free = capacity.room(tx, clinic.region.city.id, Tier.CITY, Step.READ, open_per_reader=1, now=later)
        claimed = claiming.claim_next(Context(tx, clinic.audit, later, clinic.ben), Step.READ)
        assert claimed is not None
        read(tx, clinic, clinic.ben, claimed.id, later)

        assert (nobody, two, free) == (0, 2, 0)
        assert step(tx, clinic, later) == 0
        assert step(tx, clinic, later + rerouting.AGAIN_AFTER) == 1


def test_a_neighbour_takes_only_what_it_agreed_to_and_while_it_has_agreed(engine: Engine, now: datetime) -> None:
    with transaction(engine) as tx:
        clinic = open_clinic(tx, now, overdue(Goal.NEIGHBOUR, Goal.DUTY))
        region = clinic.region
        agreed = organisations.agree(tx, region.hills.id, region.elm.id, Tier.NEIGHBOUR, now)
        ours = arrive(tx, clinic, "1.1", now)
        arrive(tx, clinic, "1.2", now, site=region.lake)
        sign_in(tx, clinic, now + LATE, clinic.quinn)
        quinn = Context(tx, clinic.audit, now + LATE, clinic.quinn)
        before = claiming.claim_next(quinn, None)
        went = step(tx, clinic, now + LATE)
        claimed = claiming.claim_next(quinn, None)
        assert claimed is not None
        signed = read(tx, clinic, clinic.quinn, claimed.id, now + LATE)
        organisations.end_agreement(tx, agreed.id, now + LATE)
        ada_gets = claiming.claim_next(Context(tx, clinic.audit, now + LATE, clinic.ada), None)

        assert (before, went, claimed.id, claimed.tier) == (None, 1, ours.id, Tier.NEIGHBOUR)
        assert signed.case_id == ours.id
        assert ada_gets is not None
        assert claiming.claim_next(quinn, None) is None


def test_where_nobody_has_room_those_on_duty_are_told(engine: Engine, now: datetime) -> None:
    document = overdue(Goal.NEXT_TIER, Goal.DUTY)
    next(rule for rule in document["rules"] if rule["name"] == "critical")["tier"] = "city"
    with transaction(engine) as tx:
        clinic = open_clinic(tx, now, document)
        duty.add(
            Context(tx, clinic.audit, now, SYSTEM),
            organisation_code="oak",
            username="mona",
            role=Role.QUALITY_MANAGER,
            telephone="0577 1",
        )
        case = arrive(tx, clinic, "1.1", now)
        went = step(tx, clinic, now + LATE)
        gone = rerouting.of_case(tx, case.id)

        assert went == 1
        assert [(one.goal, one.tier, one.person) for one in gone] == [(Goal.DUTY, Tier.COUNTY, "Mona")]
        assert tier(tx, case.id) is Tier.COUNTY
        assert case_rule.retriage(tx, cases.by_id(tx, case.id), critical=True).tier is Tier.CITY


def test_each_step_has_its_own_clock_and_is_sent_on_once(engine: Engine, now: datetime) -> None:
    document = overdue(Goal.NEXT_TIER, step_minutes={"read": 30, "verify": 20}, due_minutes=600)
    with transaction(engine) as tx:
        clinic = open_clinic(tx, now, document)
        case = arrive(tx, clinic, "1.1", now)
        half = now + HOUR / 2
        sign_in(tx, clinic, half + HOUR / 3, clinic.ben)
        early = step(tx, clinic, half - HOUR / 60)
        read(tx, clinic, clinic.rosa, case.id, half)
        waits = step(tx, clinic, half)
        went = step(tx, clinic, half + HOUR / 3)
        gone = rerouting.of_case(tx, case.id)

        assert (early, waits, went) == (0, 0, 1)
        assert state(tx, case.id) is State.WAITING_VERIFY
        assert tier(tx, case.id) is Tier.CITY
        assert [(one.step, one.due_at) for one in gone] == [(Step.VERIFY, half + HOUR / 3)]


def test_what_came_back_from_the_township_has_the_time_that_was_left(engine: Engine, now: datetime) -> None:
    with transaction(engine) as tx:
        clinic = open_clinic(tx, now, overdue(Goal.NEXT_TIER))
        case = arrive(tx, clinic, "1.1", now)
        revision = take(tx, clinic, clinic.ada, case.id, now)
        leases.return_to_site(Context(tx, clinic.audit, now + HOUR, clinic.ada), case.id, revision=revision, why="侧位")
        away = step(tx, clinic, now + LATE)
        back = Context(tx, clinic.audit, now + LATE, clinic.tang)
        resubmitted = intake.resubmit(back, case.id, why="已补")
        event = tx.execute(sa.select(tables.audit_event).where(tables.audit_event.c.action == "case.clock")).one()

        assert away == 0
        assert resubmitted.due_at == case.due_at + LATE - HOUR
        assert event.details["reason"] == "returned"
        assert step(tx, clinic, now + LATE) == 0


def test_pauses_that_follow_on_each_other_all_count_and_no_rule_forgets_them(engine: Engine, now: datetime) -> None:
    with transaction(engine) as tx:
        clinic = open_clinic(tx, now)
        case, half = arrive(tx, clinic, "1.1", now), now + HOUR / 2
        revision = take(tx, clinic, clinic.ada, case.id, now)
        leases.return_to_site(Context(tx, clinic.audit, half, clinic.ada), case.id, revision=revision, why="侧位")
        withhold.withhold(Context(tx, clinic.audit, now + 50 * HOUR, clinic.mona), case.id, why="拍错人")
        while_it_stands = case_rule.retriage(tx, cases.by_id(tx, case.id))
        back = Context(tx, clinic.audit, half + 72 * HOUR, clinic.mona)
        again = withhold.read_again(back, case.id, why="已更正")
        same = case_rule.retriage(tx, cases.by_id(tx, case.id))
        nearer = case_rule.retriage(tx, same, critical=True)

        assert while_it_stands.due_at == case.due_at
        assert again.due_at == same.due_at == case.due_at + 72 * HOUR
        assert (nearer.rule, nearer.due_at) == ("critical", now + 73 * HOUR)


def test_a_rule_that_counts_working_hours_is_due_on_a_working_day(engine: Engine) -> None:
    saturday = datetime(2026, 3, 7, 2, tzinfo=UTC)
    document = rules(working_hours={"from": "08:00", "to": "17:30"}, due_minutes=240)
    with transaction(engine) as tx:
        case = arrive(tx, open_clinic(tx, saturday, document), "1.1", saturday)

        assert case.due_at == datetime(2026, 3, 9, 4, tzinfo=UTC)


def test_two_workers_at_once_send_each_case_once_and_fill_no_place_twice(engine: Engine, now: datetime) -> None:
    with transaction(engine) as tx:
        clinic = open_clinic(tx, now, overdue(Goal.NEXT_TIER, each=4))
        for number in range(6):
            arrive(tx, clinic, f"1.{number}", now)
        sign_in(tx, clinic, now + LATE, clinic.ben)
    went: list[int] = []
    together = threading.Barrier(3)

    def work() -> None:
        together.wait()
        with transaction(engine) as tx:
            went.append(step(tx, clinic, now + LATE))

    threads = [threading.Thread(target=work) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    with transaction(engine) as tx:
        rows = tx.execute(sa.select(tables.case_reroute)).all()
    assert sum(went) == len(rows) == len({row.case_id for row in rows}) == 4


def test_workers_lock_the_places_that_they_fill_in_one_order(engine: Engine, now: datetime) -> None:
    if engine.dialect.name == "sqlite":
        pytest.skip("SQLite has one writer at a time")
    table = tables.organisation
    with transaction(engine) as tx:
        clinic = open_clinic(tx, now, overdue(Goal.NEIGHBOUR))
        region = clinic.region
        helps = {region.elm.id: region.hills, region.oak.id: region.moor}
        for place, site in helps.items():
            organisations.agree(tx, site.id, place, Tier.NEIGHBOUR, now)
        low, high = sorted(helps)
        arrive(tx, clinic, "1.1", now - HOUR, site=helps[high])
        arrive(tx, clinic, "1.2", now, site=helps[low])

    def work() -> None:
        with transaction(engine) as tx:
            step(tx, clinic, now + LATE)

    worker = threading.Thread(target=work)
    blocked = sa.text(
        "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
    )
    with transaction(engine) as other:
        other.execute(sa.select(table.c.id).where(table.c.id == high).with_for_update())
        worker.start()
        waits = False
        while worker.is_alive() and not waits:
            with transaction(engine) as tx:
                waits = bool(tx.scalar(blocked))
        with transaction(engine) as tx:
            free = tx.scalar(sa.select(table.c.id).where(table.c.id == low).with_for_update(skip_locked=True))
    worker.join()

    assert waits
    assert free is None


@pytest.mark.parametrize("seed", [1, 2])
def test_whatever_people_do_each_overdue_case_moves_once_a_step_and_replays(
    engine: Engine, now: datetime, seed: int
) -> None:
    chance = random.Random(seed)  # a walk that is the same each time
    with transaction(engine) as tx:
        clinic = open_clinic(tx, now, overdue(Goal.NEXT_TIER, each=100, step_minutes={"verify": 45}))
        ids = [arrive(tx, clinic, f"1.{number}", now).id for number in range(5)]
        sign_in(tx, clinic, now, clinic.ben, clinic.bea)
        at = now
        for _ in range(30):
            at += timedelta(minutes=chance.randrange(30))
            tx.execute(sa.update(tables.staff_session).values(active_at=at))
            case = cases.by_id(tx, chance.choice(ids))
            lease = leases.lease_of(tx, case.id)
            who = {Tier.CITY: clinic.ben}.get(case.tier, clinic.rosa if case.step is Step.READ else clinic.vera)
            ctx = Context(tx, clinic.audit, at, who)
            if lease is not None:
                leases.put_back(ctx, case.id, revision=lease.revision)
            elif case.state in WAITING and chance.random() < 0.5:
                claiming.claim(ctx, case.id)
            elif case.state is State.WAITING_READ:
                read(tx, clinic, who, case.id, at)
            step(tx, clinic, at)
        step(tx, clinic, at)

        gone = {case_id: rerouting.of_case(tx, case_id) for case_id in ids}
        for case_id in ids:
            case, moves = cases.by_id(tx, case_id), history.moves_of(tx, case_id)
            replayed = State.WAITING_READ
            for one in moves[1:]:
                replayed = after(replayed, one.move)
            assert replayed is case.state
            assert sum(one.move is Move.REROUTE for one in moves) == len(gone[case_id])
            assert len({one.step_number for one in gone[case_id]}) == len(gone[case_id])
            assert case.state not in WAITING or case.look_at is None or case.look_at > at
            assert case.state in HELD or case.look_at is None or case.due_at > at or case.tier is Tier.CITY
    assert sum(map(len, gone.values())) > 0


@pytest.mark.parametrize("step_", [Step.SECOND, Step.READ, Step.VERIFY])
def test_a_second_reading_finds_those_who_read_on_the_roster(engine: Engine, now: datetime, step_: Step) -> None:
    with transaction(engine) as tx:
        clinic = open_clinic(tx, now)
        slots.add(
            Context(tx, clinic.audit, now, SYSTEM),
            organisation_code="oak",
            username="ada",
            step=Step.READ,
            since=now,
            until=now + HOUR,
        )
        sign_in(tx, clinic, now, clinic.ada)
        there = capacity.available(tx, clinic.region.oak.id, Tier.COUNTY, step_, now)

    assert there == (step_ is not Step.VERIFY)
