"""A case waits for earlier images that are on their way: it begins by its rule, ends by itself, and by a person."""

from __future__ import annotations

import copy
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.engine import Connection, Engine

from reading.access import priors
from reading.audit import SYSTEM
from reading.cases import cases, history
from reading.cases.cases import Case
from reading.cases.moves import Move, State
from reading.clock import life
from reading.clock.clock import Reason
from reading.context import Context
from reading.desk import case_policy
from reading.errors import MoveNotAllowed, NotAllowed, NotThere, Stale
from reading.intake import awaiting, following, intake
from reading.kinds import Priority
from reading.orders import orders, progress
from reading.orders.order_state import Move as OrderMove
from reading.orders.orders import Asked, Order
from reading.queue import claiming, leases
from reading.rules import policy
from reading.rules.first_policy import FIRST_POLICY
from reading.signing import order_join
from reading.tables import case as case_table
from reading.viewers import Staff
from storage.database import transaction
from storage.decisions import placement
from storage.decisions.placement_changes import Hidden
from tests.reading.clinic import Clinic, arrive, open_clinic, send
from tests.reading.region import KEYS, pia

MINUTE = timedelta(minutes=1)
DAY = timedelta(days=1)
PIA = {"patient_id": "P1", "patient_name": "Pia", "sex": "F", "birth_date": "19900307"}


def waits(minutes: int = 30, **said: Any) -> dict[str, Any]:
    """The first policy, whose last rules wait for earlier images."""
    document = copy.deepcopy(FIRST_POLICY)
    for rule in document["rules"]:
        rule["hold_for_priors"] = {"minutes": minutes} | said
    return document


def coming(tx: Connection, clinic: Clinic, study_uid: str, now: datetime, **known: object) -> Case:
    """A case whose images still arrive."""
    study = send(tx, clinic, study_uid, now, **(PIA | known))
    return intake.take_in(Context(tx, clinic.audit, now, SYSTEM), KEYS, study)


def earlier(tx: Connection, clinic: Clinic, now: datetime, **known: object) -> Case:
    """Pia's examination of yesterday, which still arrives."""
    return coming(tx, clinic, "1.1", now, study_date=f"{now - DAY:%Y%m%d}", study_time="080000", **known)


def looks(tx: Connection, clinic: Clinic, now: datetime) -> int:
    return awaiting.look(Context(tx, clinic.audit, now, SYSTEM))


def ends_arriving(tx: Connection, case: Case) -> None:
    cases.change(tx, cases.by_id(tx, case.id), arriving=False)


def made_by_device(
    tx: Connection, clinic: Clinic, now: datetime, made: OrderMove | None, *, modality: str = "CT"
) -> Order:
    order = orders.place(
        tx,
        site_id=clinic.region.hills.id,
        patient_id=pia(tx, now).id,
        modality=modality,
        priority=Priority.ROUTINE,
        procedures=[Asked(body_part="HEAD")],
        reason="x",
        ordered_by=None,
        now=now - MINUTE,
    )
    if made is not None:
        progress.move(tx, order.id, [one.id for one in order.procedures], made)
    return order


def moves(tx: Connection, case_id: str) -> list[Move]:
    return [one.move for one in history.moves_of(tx, case_id)]


def test_it_waits_until_they_are_there_and_its_clock_stands_meanwhile(engine: Engine, now: datetime) -> None:
    with transaction(engine) as tx:
        clinic = open_clinic(tx, now, waits())
        old = earlier(tx, clinic, now)
        case = coming(tx, clinic, "1.2", now)
        offered = claiming.claim_next(Context(tx, clinic.audit, now, clinic.ada), None)
        still = looks(tx, clinic, now + 5 * MINUTE)
        ends_arriving(tx, old)
        ended = looks(tx, clinic, now + 20 * MINUTE)
        found = cases.by_id(tx, case.id)
        [pause] = life.pauses(history.moves_of(tx, case.id))
        page = case_policy.routing(Context(tx, clinic.audit, now, clinic.mona), case.id)

        assert (case.state, case.step) == (State.AWAITING_PRIORS, "read")
        assert offered is not None
        assert offered.id == old.id
        assert (still, ended) == (0, 1)
        assert (found.state, found.due_at - case.due_at) == (State.WAITING_READ, 20 * MINUTE)
        assert moves(tx, case.id) == [Move.ARRIVE, Move.AWAIT_PRIORS, Move.PRIORS_CAME]
        assert (pause.reason, pause.since, pause.until) == (Reason.PRIORS, now, now + 20 * MINUTE)
        assert [one.reason for one in page.pauses] == [Reason.PRIORS]


def test_the_one_that_came_first_waits_as_well(engine: Engine, now: datetime) -> None:
    with transaction(engine) as tx:
        clinic = open_clinic(tx, now, waits())
        case = coming(tx, clinic, "1.2", now)
        earlier(tx, clinic, now)

        assert case.state is State.WAITING_READ
        assert cases.by_id(tx, case.id).state is State.AWAITING_PRIORS


def test_it_is_read_when_its_minutes_are_over_and_does_not_wait_again(engine: Engine, now: datetime) -> None:
    with transaction(engine) as tx:
        clinic = open_clinic(tx, now, waits(30))
        earlier(tx, clinic, now)
        case = coming(tx, clinic, "1.2", now)
        early, late = looks(tx, clinic, now + 29 * MINUTE), looks(tx, clinic, now + 30 * MINUTE)
        again = coming(tx, clinic, "1.2", now + 31 * MINUTE, sop_instance_uid="1.2.1.9", received_digest=b"9" * 32)

        assert (early, late) == (0, 1)
        assert again.state is State.WAITING_READ
        assert moves(tx, case.id)[1:] == [Move.AWAIT_PRIORS, Move.PRIORS_LATE]


@pytest.mark.parametrize(
    ("made", "held"),
    [
        (None, False),
        (OrderMove.BEGIN, True),
        (OrderMove.COMPLETE, True),
        (OrderMove.DISCONTINUE, False),
        (OrderMove.CANCEL, False),
    ],
)
def test_what_a_device_makes_or_has_made_is_on_its_way(
    engine: Engine, now: datetime, made: OrderMove | None, held: bool
) -> None:
    with transaction(engine) as tx:
        clinic = open_clinic(tx, now, waits())
        made_by_device(tx, clinic, now, made)
        case = coming(tx, clinic, "1.2", now, study_date="", study_time="")

        assert (case.state is State.AWAITING_PRIORS) is held


@pytest.mark.parametrize(
    "other",
    [
        {"patient_id": "P7", "patient_name": "Quan"},
        {"patient_name": "Quan"},
        {"study_date": "20991231", "study_time": ""},
    ],
)
def test_another_persons_images_and_later_ones_are_not_waited_for(
    engine: Engine, now: datetime, other: dict[str, str]
) -> None:
    with transaction(engine) as tx:
        clinic = open_clinic(tx, now, waits())
        if "study_date" in other:
            coming(tx, clinic, "1.1", now + MINUTE)
        else:
            earlier(tx, clinic, now, **other)
        case = coming(tx, clinic, "1.2", now)

        assert case.state is State.WAITING_READ


def test_what_becomes_urgent_or_meets_another_rule_goes_on_at_once(engine: Engine, now: datetime) -> None:
    with transaction(engine) as tx:
        clinic = open_clinic(tx, now, waits())
        earlier(tx, clinic, now)
        case = coming(tx, clinic, "1.2", now)
        order = made_by_device(tx, clinic, now, None)
        order_join.join(Context(tx, clinic.audit, now, SYSTEM), case, replace(order, priority=Priority.URGENT))
        looks(tx, clinic, now + MINUTE)

        assert moves(tx, case.id)[1:] == [Move.AWAIT_PRIORS, Move.END_HOLD]


def test_a_switch_of_policy_strands_nobody(engine: Engine, now: datetime) -> None:
    with transaction(engine) as tx:
        clinic = open_clinic(tx, now, waits(30))
        earlier(tx, clinic, now)
        case = coming(tx, clinic, "1.2", now)
        policy.install(tx, FIRST_POLICY, None, now + MINUTE, version=2)
        meanwhile = looks(tx, clinic, now + 10 * MINUTE)
        late = looks(tx, clinic, now + 30 * MINUTE)

        assert (meanwhile, late) == (0, 1)
        assert cases.by_id(tx, case.id).state is State.WAITING_READ


def test_somebody_lets_it_be_read_without_them(engine: Engine, now: datetime) -> None:
    with transaction(engine) as tx:
        clinic = open_clinic(tx, now, waits())
        earlier(tx, clinic, now)
        case = coming(tx, clinic, "1.2", now)

        def without(who: Staff, seen: int = case.revision) -> Case:
            return awaiting.read_without(Context(tx, clinic.audit, now + 5 * MINUTE, who), case.id, seen=seen)

        with pytest.raises(NotThere):
            without(clinic.quinn)
        with pytest.raises(NotAllowed):
            without(clinic.tang)
        with pytest.raises(Stale):
            without(clinic.ada, case.revision + 1)
        found = without(clinic.rosa)
        with pytest.raises(MoveNotAllowed):
            without(clinic.mona, found.revision)
        claiming.claim(Context(tx, clinic.audit, now + 5 * MINUTE, clinic.rosa), case.id)
        last = history.moves_of(tx, case.id)[2]

        assert (found.state, found.due_at - case.due_at) == (State.WAITING_READ, 5 * MINUTE)
        assert (last.move, last.person_id) == (Move.READ_WITHOUT, clinic.rosa.person_id)
        assert leases.lease_of(tx, case.id) is not None


@pytest.mark.parametrize(("modality", "waits_for_it"), [("DX", False), ("CR", False), ("CT", True)])
def test_images_that_name_no_order_do_not_wait_for_their_own(
    engine: Engine, now: datetime, modality: str, *, waits_for_it: bool
) -> None:
    with transaction(engine) as tx:
        clinic = open_clinic(tx, now, waits())
        made_by_device(tx, clinic, now, OrderMove.COMPLETE, modality=modality)
        case = coming(tx, clinic, "1.2", now)

        assert (case.state is State.AWAITING_PRIORS) is waits_for_it


def test_it_leaves_with_its_images_while_it_waits(engine: Engine, now: datetime) -> None:
    with transaction(engine) as tx:
        clinic = open_clinic(tx, now, waits())
        earlier(tx, clinic, now)
        case = coming(tx, clinic, "1.2", now)
        placement.apply(tx, [Hidden(sop_instance_uids=("1.2.1.1",))], now)
        [found] = following.follow(Context(tx, clinic.audit, now, SYSTEM), KEYS, ["1.2"], grant=None, why="重拍")

        assert case.state is State.AWAITING_PRIORS
        assert found.state is State.RETURNED


def test_a_case_without_a_rule_that_waits_asks_for_no_priors(engine: Engine, now: datetime) -> None:
    with transaction(engine) as tx:
        clinic = open_clinic(tx, now)
        earlier(tx, clinic, now)
        case = coming(tx, clinic, "1.2", now)
        waiting = tx.scalar(sa.select(sa.func.count()).where(case_table.c.state == State.AWAITING_PRIORS))

        assert case.state is State.WAITING_READ
        assert waiting == 0


def test_one_that_is_complete_already_is_waited_for_by_nobody(engine: Engine, now: datetime) -> None:
    with transaction(engine) as tx:
        clinic = open_clinic(tx, now, waits())
        arrive(tx, clinic, "1.1", now, **PIA, study_date=f"{now - DAY:%Y%m%d}", study_time="080000")
        case = coming(tx, clinic, "1.2", now)

        assert case.state is State.WAITING_READ


def test_images_of_one_person_that_are_taken_in_at_once_wait_for_each_other_in_one_order(
    engine: Engine, now: datetime
) -> None:
    """A row is locked for the case that came before it in time, never the other way: no two of them can stand still."""
    same = {"study_date": f"{now - DAY:%Y%m%d}", "study_time": "080000"}
    with transaction(engine) as tx:
        clinic = open_clinic(tx, now)
        found = [coming(tx, clinic, f"1.{n}", now, **same) for n in range(3)]
        newest = coming(tx, clinic, "1.9", now)
        later = [[each.id for each in priors.unread_after(tx, case)] for case in found]

        in_order = [*sorted(case.id for case in found), newest.id]
        assert sorted(later, key=len, reverse=True) == [in_order[1:], in_order[2:], in_order[3:]]
