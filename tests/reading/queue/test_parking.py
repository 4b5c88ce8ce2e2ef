"""A case is put aside with draft and screen, is nobody else's meanwhile, and goes back to the queue after its time."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from pydantic import ValidationError
from sqlalchemy.engine import Connection, Engine

from reading.audit import SYSTEM
from reading.cases import cases, history
from reading.cases.cases import Case
from reading.cases.moves import Move, State
from reading.context import Context
from reading.errors import MoveNotAllowed, NotAllowed, Stale
from reading.kinds import Priority
from reading.queue import claiming, leases, parking
from reading.queue.leases import LEASE, Lease
from reading.queue.screen_state import ScreenState, Window
from reading.reports import drafts
from reading.roster import limits
from reading.rules.rule import PARK_MINUTES
from reading.signing import signatures
from storage.database import transaction
from tests.reading.clinic import NORMAL, Clinic, arrive, open_clinic, read, state, take
from tests.reading.overdue.test_rerouting import rules

SCREEN = ScreenState(
    series_uid="1.1.1",
    index=3,
    window=Window(center=40, width=400),
    inverted=True,
)


def aside(tx: Connection, clinic: Clinic, case: Case, now: datetime) -> Lease:
    revision = take(tx, clinic, clinic.ada, case.id, now)
    return parking.park(Context(tx, clinic.audit, now, clinic.ada), case.id, revision=revision, screen=SCREEN)


def test_what_lies_aside_comes_back_with_its_draft_and_its_screen(engine: Engine, now: datetime) -> None:
    with transaction(engine) as tx:
        clinic = open_clinic(tx, now)
        case = arrive(tx, clinic, "1.1", now)
        ada = Context(tx, clinic.audit, now, clinic.ada)
        revision = take(tx, clinic, clinic.ada, case.id, now)
        signatures.save_draft(ada, case.id, NORMAL, revision=0, lease_revision=revision)
        parked = aside(tx, clinic, case, now)
        with pytest.raises(MoveNotAllowed):
            claiming.claim(Context(tx, clinic.audit, now, clinic.rosa), case.id)
        with pytest.raises(Stale):
            leases.renew(ada, case.id, parked.revision)
        with pytest.raises(Stale):
            parking.resume(Context(tx, clinic.audit, now, clinic.rosa), case.id)
        later = Context(tx, clinic.audit, now + timedelta(minutes=PARK_MINUTES - 1), clinic.ada)
        lapsed = leases.expire(later.by(SYSTEM))
        resumed = parking.resume(later, case.id)
        draft = drafts.of_case(tx, case.id)
        moves = [one.move for one in history.moves_of(tx, case.id)]

        assert (parked.parked_at, parked.expires_at) == (now, now + timedelta(minutes=PARK_MINUTES))
        assert lapsed == 0
        assert (resumed.parked_at, resumed.screen, resumed.expires_at) == (None, SCREEN, later.now + LEASE)
        assert parking.resume(later, case.id) == resumed
        assert draft is not None
        assert draft.content == NORMAL
        assert moves == [Move.ARRIVE, Move.CLAIM, Move.PARK, Move.RESUME]


def test_putting_it_aside_again_and_again_is_no_longer_than_once(engine: Engine, now: datetime) -> None:
    with transaction(engine) as tx:
        clinic = open_clinic(tx, now)
        case = arrive(tx, clinic, "1.1", now)
        aside(tx, clinic, case, now)
        most = timedelta(minutes=PARK_MINUTES)
        resumed = Context(tx, clinic.audit, now + most * 3 / 4, clinic.ada)
        revision = parking.resume(resumed, case.id).revision
        again = parking.park(resumed, case.id, revision=revision, screen=SCREEN)
        late = Context(tx, clinic.audit, again.expires_at - timedelta(seconds=1), clinic.ada)
        revision = parking.resume(late, case.id).revision
        once_more = parking.park(late, case.id, revision=revision, screen=SCREEN)

        assert again.expires_at == now + most
        assert once_more.expires_at == again.expires_at


def test_when_its_time_is_over_it_waits_for_anybody_with_the_draft(engine: Engine, now: datetime) -> None:
    with transaction(engine) as tx:
        clinic = open_clinic(tx, now, rules(park_minutes=5))
        case = arrive(tx, clinic, "1.1", now)
        ada = Context(tx, clinic.audit, now, clinic.ada)
        revision = take(tx, clinic, clinic.ada, case.id, now)
        signatures.save_draft(ada, case.id, NORMAL, revision=0, lease_revision=revision)
        aside(tx, clinic, case, now)
        late = Context(tx, clinic.audit, now + timedelta(minutes=5), clinic.ada)

        assert leases.expire(late.by(SYSTEM)) == 1
        assert state(tx, case.id) is State.WAITING_READ
        assert drafts.of_case(tx, case.id) is not None
        with pytest.raises(Stale):
            parking.resume(late, case.id)


def test_nobody_puts_aside_an_emergency_what_the_rule_forbids_or_more_than_a_few(engine: Engine, now: datetime) -> None:
    with transaction(engine) as tx:
        clinic = open_clinic(tx, now)
        found = [arrive(tx, clinic, f"1.{number}", now) for number in range(parking.MOST + 2)]
        emergency = cases.change(tx, found.pop(), priority=Priority.EMERGENCY)
        revision = aside(tx, clinic, found[0], now).revision
        with pytest.raises(Stale):
            parking.park(Context(tx, clinic.audit, now, clinic.ada), found[0].id, revision=revision, screen=SCREEN)
        for case in found[1:-1]:
            aside(tx, clinic, case, now)

        with pytest.raises(NotAllowed, match="enough_put_aside"):
            aside(tx, clinic, found[-1], now)
        with pytest.raises(NotAllowed, match="never_put_aside"):
            aside(tx, clinic, emergency, now)


def test_a_rule_may_let_nobody_put_a_case_aside(engine: Engine, now: datetime) -> None:
    with transaction(engine) as tx:
        clinic = open_clinic(tx, now, rules(park_minutes=0))
        with pytest.raises(NotAllowed, match="never_put_aside"):
            aside(tx, clinic, arrive(tx, clinic, "1.1", now), now)


def test_nothing_lies_aside_past_its_due_time_before_it_is_released(engine: Engine, now: datetime) -> None:
    with transaction(engine) as tx:
        clinic = open_clinic(tx, now)
        case = arrive(tx, clinic, "1.1", now)
        late = case.due_at - timedelta(minutes=1)
        parked = aside(tx, clinic, case, late)
        overdue = parking.aside_until(tx, case, case.due_at)
        read(tx, clinic, clinic.ada, arrive(tx, clinic, "1.2", now).id, now)
        released = cases.of_study(tx, "1.2")

        assert parked.expires_at == case.due_at
        assert overdue is None
        assert released is not None
        assert parking.aside_until(tx, released, case.due_at) == case.due_at + timedelta(minutes=PARK_MINUTES)


@pytest.mark.parametrize(
    "fact", [{"critical": True}, {"priority": Priority.EMERGENCY}, {"due_at": datetime(2026, 1, 1, tzinfo=UTC)}]
)
def test_what_becomes_urgent_does_not_lie_aside_any_longer(engine: Engine, now: datetime, fact: dict[str, Any]) -> None:
    with transaction(engine) as tx:
        clinic = open_clinic(tx, now)
        case, other = arrive(tx, clinic, "1.1", now), arrive(tx, clinic, "1.2", now)
        aside(tx, clinic, other, now)
        aside(tx, clinic, case, now)
        cases.change(tx, cases.by_id(tx, case.id), **fact)

        assert leases.expire(Context(tx, clinic.audit, now, SYSTEM)) == 1
        assert (state(tx, case.id), state(tx, other.id)) == (State.WAITING_READ, State.READING)
        with pytest.raises(NotAllowed, match="never_put_aside"):
            aside(tx, clinic, case, now)


def test_at_the_limit_one_case_aside_makes_room_for_another(engine: Engine, now: datetime) -> None:
    with transaction(engine) as tx:
        clinic = open_clinic(tx, now)
        limits.say(Context(tx, clinic.audit, now, SYSTEM), username="ada", most=1)
        found = [arrive(tx, clinic, f"1.{number}", now) for number in range(5)]
        ada = Context(tx, clinic.audit, now, clinic.ada)
        aside(tx, clinic, found[0], now)
        take(tx, clinic, clinic.ada, found[1].id, now)
        with pytest.raises(NotAllowed, match="limit_of_open_cases"):
            claiming.claim(ada, found[2].id)
        with pytest.raises(NotAllowed, match="limit_of_open_cases"):
            parking.resume(ada, found[0].id)
        with pytest.raises(NotAllowed, match="limit_of_open_cases"):
            claiming.claim_next(ada, None)
        for emergency in found[3:]:
            cases.change(tx, emergency, priority=Priority.EMERGENCY)
        claiming.claim(ada, found[3].id)
        claimed = claiming.claim_next(ada, None)

        assert claimed is not None
        assert claimed.id == found[4].id
        with pytest.raises(NotAllowed, match="limit_of_open_cases"):
            claiming.claim_next(ada, None)


@pytest.mark.parametrize(
    "wrong",
    [
        {"series_uid": "1" * 65},
        {"series_uid": "<b>"},
        {"index": -1},
        {"window": {"center": float("nan"), "width": 1}},
        {"patient": "Pia"},
    ],
)
def test_a_screen_holds_only_what_a_desk_shows(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        ScreenState.model_validate(wrong)
