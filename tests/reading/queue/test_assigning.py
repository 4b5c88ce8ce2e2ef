"""What waits is handed to those on duty by their loads, waits for nobody who is away, and is never given twice."""

from __future__ import annotations

import threading
from collections import Counter
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.engine import Connection, Engine

from reading import tables
from reading.audit import SYSTEM, Audit
from reading.cases import cases, history
from reading.cases.moves import State, Step
from reading.context import Context
from reading.errors import Invalid, NotAllowed
from reading.intake import intake
from reading.kinds import Priority, Role
from reading.queue import assigning, claiming, leases
from reading.queue.assignment_end import End
from reading.queue.takings import How
from reading.roster import absences, limits, skills, slots, terms
from reading.roster.absences import AbsenceKind
from reading.roster.skills import SkillKind
from reading.roster.terms import Terms
from reading.viewers import Staff
from storage.database import transaction
from tests.reading.clinic import UNSAMPLED, Clinic, arrive, open_clinic, read, state, take
from tests.reading.region import hire
from tests.reading.roster.test_at_work import sign_in

MINUTE = timedelta(minutes=1)
HOUR = timedelta(hours=1)


@dataclass(frozen=True)
class Shift:
    """Two readers of Oak on duty, each signed in."""

    tx: Connection
    clinic: Clinic
    now: datetime

    def context(self, who: Any = SYSTEM, at: datetime | None = None) -> Context[Any]:
        return Context(self.tx, self.clinic.audit, at or self.now, who)

    def assign(self, at: datetime | None = None) -> None:
        for _ in range(5):
            if not assigning.assign(self.context(at=at)):
                return
        raise AssertionError("it never comes to rest")

    def waiting(self) -> dict[str, str]:
        """The username of whom each case waits for."""
        case, person = tables.case, tables.person
        rows = self.tx.execute(sa.select(case.c.id, person.c.username).join(person, person.c.id == case.c.assigned_to))
        return {row.id: row.username for row in rows}

    def ends(self) -> list[str | None]:
        return list(
            self.tx.scalars(
                sa.select(tables.assignment.c.ended_as).order_by(tables.assignment.c.at, tables.assignment.c.id)
            )
        )

    def next(self, who: Staff, at: datetime | None = None) -> str | None:
        claimed = claiming.claim_next(self.context(who, at), None)
        return claimed.id if claimed else None


def on_duty(tx: Connection, now: datetime, *people: str, rules: dict[str, Any] = UNSAMPLED) -> Shift:
    clinic = open_clinic(tx, now, rules)
    shift = Shift(tx, clinic, now)
    for username in people:
        slots.add(
            shift.context(), organisation_code="oak", username=username, step=Step.READ, since=now, until=now + 8 * HOUR
        )
        sign_in(tx, getattr(clinic, username), now)
    return shift


def ruled(**asked: object) -> dict[str, Any]:
    return {"rules": [rule | asked for rule in UNSAMPLED["rules"]]}


def test_without_a_roster_nothing_is_assigned_and_everybody_claims(engine: Engine, now: datetime) -> None:
    with transaction(engine) as tx:
        shift = on_duty(tx, now)
        case = arrive(tx, shift.clinic, "1.1", now)
        shift.assign()

        assert shift.waiting() == {}
        assert shift.next(shift.clinic.rosa) == case.id


def test_routine_cases_are_shared_out_by_the_shift_and_urgent_ones_by_the_moment(engine: Engine, now: datetime) -> None:
    with transaction(engine) as tx:
        shift = on_duty(tx, now, "ada", "rosa")
        clinic = shift.clinic
        first = arrive(tx, clinic, "1.1", now, modality="CT", body_part="HEAD")
        shift.assign()
        by = shift.waiting()[first.id]
        busy, idle = (clinic.ada, clinic.rosa) if by == "ada" else (clinic.rosa, clinic.ada)
        light = [arrive(tx, clinic, f"1.{n}", now + MINUTE) for n in (2, 3)]
        shift.assign(now + MINUTE)
        shared = shift.waiting()
        # What was dictated and signed stays in the total of the shift, and leaves the load of the moment.
        assert shift.next(busy, now + MINUTE) == first.id
        read(tx, clinic, busy, first.id, now + MINUTE)
        urgent = arrive(tx, clinic, "1.4", now + 2 * MINUTE)
        cases.change(tx, urgent, priority=Priority.URGENT)
        routine = arrive(tx, clinic, "1.5", now + 2 * MINUTE)
        terms.say(shift.context(), organisation_code="oak", terms=Terms(ahead=3))
        shift.assign(now + 2 * MINUTE)

        assert [shared[one.id] for one in light] == [idle.username] * 2
        assert shift.waiting()[urgent.id] == busy.username
        assert shift.waiting()[routine.id] == idle.username


def test_a_case_that_waits_for_somebody_is_theirs_for_its_minutes_and_everybodys_then(
    engine: Engine, now: datetime
) -> None:
    with transaction(engine) as tx:
        shift = on_duty(tx, now, "ada")
        case = arrive(tx, shift.clinic, "1.1", now)
        shift.assign()
        early = shift.next(shift.clinic.rosa)
        shift.assign(now + 9 * MINUTE)
        still = shift.waiting()
        late = shift.next(shift.clinic.rosa, now + 10 * MINUTE)
        shift.assign(now + 10 * MINUTE)

        assert early is None
        assert still == {case.id: "ada"}
        assert late == case.id
        assert shift.ends() == [End.CHOSEN_BY_ANOTHER, End.TAKEN]


def test_what_somebody_cannot_take_is_passed_on_once_and_is_never_lost(engine: Engine, now: datetime) -> None:
    with transaction(engine) as tx:
        shift = on_duty(tx, now, "ada", "rosa")
        case = arrive(tx, shift.clinic, "1.1", now)
        shift.assign()
        first = shift.waiting()[case.id]
        absences.add(shift.context(at=now + MINUTE), username=first, kind=AbsenceKind.ILLNESS)
        shift.assign(now + MINUTE)
        second = shift.waiting()[case.id]
        tx.execute(sa.update(tables.staff_session).values(ended_at=now + MINUTE))
        shift.assign(now + 5 * MINUTE)
        there = shift.waiting()
        shift.assign(now + 6 * MINUTE)

        assert {first, second} == {"ada", "rosa"}
        assert there == {case.id: second}
        assert shift.waiting() == {}
        assert shift.ends() == [End.ABSENT, End.SIGNED_OUT]
        assert shift.next(shift.clinic.vera, now + 6 * MINUTE) == case.id


def test_the_end_of_a_slot_hands_over_and_a_limit_holds(engine: Engine, now: datetime) -> None:
    with transaction(engine) as tx:
        shift = on_duty(tx, now, "ada")
        limits.say(shift.context(), username="ada", most=1)
        case, other = (arrive(tx, shift.clinic, uid, now) for uid in ("1.1", "1.2"))
        shift.assign()
        waiting = shift.waiting()
        assert shift.next(shift.clinic.ada) == case.id
        shift.assign()
        with pytest.raises(NotAllowed):
            shift.next(shift.clinic.ada)
        with pytest.raises(NotAllowed):
            claiming.claim(shift.context(shift.clinic.ada), other.id)
        lease = leases.lease_of(tx, case.id)
        assert lease is not None
        leases.put_back(shift.context(shift.clinic.ada), case.id, revision=lease.revision)
        shift.assign()
        slots.end(shift.context(at=now + MINUTE), slots.current(tx, [shift.clinic.region.oak.id], now)[0].id)
        handed = shift.waiting()
        shift.assign(now + MINUTE)

        assert waiting == {case.id: "ada"}
        assert handed == {other.id: "ada"}
        assert shift.waiting() == {}
        assert shift.ends() == [End.TAKEN, End.SLOT_END]


def test_somebodys_own_cases_come_first_but_not_before_what_is_more_urgent(engine: Engine, now: datetime) -> None:
    with transaction(engine) as tx:
        shift = on_duty(tx, now, "ada")
        terms.say(shift.context(), organisation_code="oak", terms=Terms(ahead=1))
        theirs = arrive(tx, shift.clinic, "1.1", now)
        shift.assign()
        sooner = arrive(tx, shift.clinic, "1.2", now - MINUTE)
        emergency = cases.change(tx, arrive(tx, shift.clinic, "1.3", now), priority=Priority.EMERGENCY)

        assert [shift.next(shift.clinic.ada) for _ in range(4)] == [emergency.id, theirs.id, sooner.id, None]


def test_a_skill_is_waited_for_until_half_of_the_time_is_over(engine: Engine, now: datetime) -> None:
    with transaction(engine) as tx:
        shift = on_duty(tx, now, "ada", "rosa", rules=ruled(skills=["dx", "胸部"]))
        for code in ("DX", "胸部"):
            skills.add(shift.context(), username="rosa", kind=SkillKind.SUBSPECIALTY, code=code)
        skills.add(shift.context(), username="ada", kind=SkillKind.MODALITY, code="DX")
        case, other = (arrive(tx, shift.clinic, uid, now) for uid in ("1.1", "1.2"))
        shift.assign()
        waiting = shift.waiting()
        refused = shift.next(shift.clinic.ada)
        with pytest.raises(NotAllowed):
            claiming.claim(shift.context(shift.clinic.ada), case.id)
        half = case.received_at + (case.due_at - case.received_at) / 2
        tx.execute(sa.update(tables.case).where(tables.case.c.id == other.id).values(assigned_to=None))
        assert assigning.assign(shift.context(at=half))
        opened = shift.next(shift.clinic.ada, half)

        assert case.skills == "DX,胸部"
        assert case.skills_until == half
        assert waiting == {case.id: "rosa", other.id: "rosa"}
        assert refused is None
        assert opened in {case.id, other.id}


def test_the_skill_is_waited_for_longer_by_half_of_the_time_in_which_the_case_stood_still(
    engine: Engine, now: datetime
) -> None:
    with transaction(engine) as tx:
        shift = on_duty(tx, now, rules=ruled(skills=["dx"]))
        skills.add(shift.context(), username="ada", kind=SkillKind.MODALITY, code="DX")
        case = arrive(tx, shift.clinic, "1.1", now)
        revision = take(tx, shift.clinic, shift.clinic.ada, case.id, now)
        leases.return_to_site(shift.context(shift.clinic.ada), case.id, revision=revision, why="病史?")
        answered = intake.resubmit(shift.context(shift.clinic.tang, at=now + HOUR), case.id, why="咳嗽三天")

        assert answered.due_at > case.due_at
        assert answered.skills_until == answered.received_at + (answered.due_at - answered.received_at) / 2


def test_only_what_waits_is_opened_for_all_and_no_screen_grows_stale(engine: Engine, now: datetime) -> None:
    with transaction(engine) as tx:
        shift = on_duty(tx, now, rules=ruled(skills=["dx"]))
        waits, withheld = (arrive(tx, shift.clinic, uid, now) for uid in ("1.1", "1.2"))
        withheld = cases.change(tx, withheld, state=State.WITHHELD)
        shift.assign(waits.due_at)
        found = cases.by_ids(tx, [waits.id, withheld.id])

        assert found[waits.id].skills == ""
        assert found[withheld.id].skills == "DX"
        assert [found[one.id].revision for one in (waits, withheld)] == [waits.revision, withheld.revision]


def test_whoever_chooses_says_why_where_the_policy_wants_it_and_may_not_where_it_forbids(
    engine: Engine, now: datetime
) -> None:
    with transaction(engine) as tx:
        shift = on_duty(tx, now, "rosa", rules=ruled(may_choose="with_reason"))
        clinic = shift.clinic
        first, second = arrive(tx, clinic, "1.1", now), arrive(tx, clinic, "1.2", now + MINUTE)
        ada = shift.context(clinic.ada)
        with pytest.raises(Invalid):
            claiming.claim(ada, second.id)
        claiming.claim(ada, second.id, why="临床来电")
        kept = tx.execute(sa.select(tables.assignment).where(tables.assignment.c.case_id == second.id)).one()
        move = history.moves_of(tx, second.id)[-1]
        shift.assign()
        with pytest.raises(Invalid):
            claiming.claim(ada, first.id)
        claiming.claim(shift.context(clinic.rosa), first.id)

        assert (kept.how, kept.skipped, kept.why, move.why) == (How.CHOSEN, 1, "临床来电", "临床来电")
        assert kept.weight is None
        assert shift.ends() == [End.TAKEN, End.TAKEN]
        assert set(tx.scalars(sa.select(tables.assignment.c.weight))) == {18}


def test_nobody_chooses_where_cases_are_handed_out(engine: Engine, now: datetime) -> None:
    with transaction(engine) as tx:
        shift = on_duty(tx, now, rules=ruled(may_choose="no"))
        first, second = (arrive(tx, shift.clinic, uid, now + int(uid[2]) * MINUTE) for uid in ("1.1", "1.2"))
        with pytest.raises(NotAllowed):
            claiming.claim(shift.context(shift.clinic.ada), second.id, why="想看")
        claiming.claim(shift.context(shift.clinic.ada), first.id)

        assert state(tx, second.id) == "waiting_read"


def test_many_readers_and_the_worker_at_once_never_give_a_case_twice(engine: Engine, now: datetime) -> None:
    readers = 50 if engine.dialect.name == "postgresql" else 6  # SQLite has one writer at a time
    amount = readers
    with transaction(engine) as tx:
        shift = on_duty(tx, now)
        staff = [hire(tx, f"reader{number}", now, (Role.READER, shift.clinic.region.oak)) for number in range(readers)]
        for one in staff[: readers // 5]:
            slots.add(
                shift.context(),
                organisation_code="oak",
                username=one.username,
                step=Step.READ,
                since=now,
                until=now + HOUR,
            )
            sign_in(tx, one, now)
        for number in range(amount):
            arrive(tx, shift.clinic, f"1.{number}", now)
    given: list[str] = []
    together, over = threading.Barrier(readers + 1), threading.Event()

    def work(number: int) -> None:
        together.wait()
        while True:
            with transaction(engine) as tx:
                # What waits for those who never come is everybody's after its minutes.
                case = claiming.claim_next(Context(tx, Audit(f"test/{number}"), now + HOUR / 2, staff[number]), None)
            if case is not None:
                given.append(case.id)
            elif len(given) >= amount:
                return
            else:
                over.wait(0.01)

    def hand_out() -> None:
        together.wait()
        while not over.wait(0.02):
            with transaction(engine) as tx:
                assigning.assign(Context(tx, Audit("test/worker"), now, SYSTEM))

    threads = [threading.Thread(target=work, args=(number,)) for number in range(readers)]
    worker = threading.Thread(target=hand_out)
    for thread in (*threads, worker):
        thread.start()
    for thread in threads:
        thread.join()
    over.set()
    worker.join()
    with transaction(engine) as tx:
        taken = Counter(
            tx.scalars(sa.select(tables.assignment.c.case_id).where(tables.assignment.c.ended_as == End.TAKEN))
        )

    assert sorted(given) == sorted(set(given))
    assert len(given) == amount
    assert set(taken.values()) == {1}
    assert len(taken) == amount
