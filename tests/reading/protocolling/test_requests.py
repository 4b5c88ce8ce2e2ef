"""A site asks before an examination, whoever reads for it answers, and the protocol goes where it is needed."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from sqlalchemy.engine import Connection, Engine

from reading import audit
from reading.cases import cases
from reading.cases.identity_moves import Identity
from reading.errors import Invalid, MoveNotAllowed, NotAllowed, NotThere, Stale
from reading.kinds import Priority, Role
from reading.orders import counter
from reading.orders.orders import Order
from reading.protocolling import lists, request_rows, requests, standing
from reading.protocolling.moves import Move, State, after
from reading.protocolling.request_rows import ProtocolRequest
from reading.protocolling.standing import Standing
from storage.database import transaction
from tests.reading.clinic import Clinic, arrive, open_clinic
from tests.reading.orders.test_counter import CHEST, acting
from tests.reading.region import KEYS, hire

WORDS = "孕 12 周，可否改做超声？"
PROTOCOL = "低剂量平扫，不用对比剂"


def ordered(tx: Connection, clinic: Clinic, now: datetime, **known: object) -> Order:
    return counter.place(acting(tx, clinic, clinic.tang, now), KEYS, replace(CHEST, again=True, **known))  # type: ignore[arg-type]


def asked(tx: Connection, clinic: Clinic, now: datetime, **known: object) -> ProtocolRequest:
    return requests.ask(acting(tx, clinic, clinic.tang, now), ordered(tx, clinic, now, **known).id, WORDS)


def of(tx: Connection, made: ProtocolRequest) -> ProtocolRequest:
    return request_rows.of_orders(tx, [made.order_id])[-1]


def stands(tx: Connection, made: ProtocolRequest) -> Standing | None:
    return standing.of_orders(tx, [made.order_id]).get(made.order_id)


def test_the_site_asks_and_whoever_reads_for_it_accepts_with_a_protocol(engine: Engine, now: datetime) -> None:
    later = now + timedelta(minutes=7)
    with transaction(engine) as tx:
        clinic = open_clinic(tx, now)
        made = asked(tx, clinic, now)
        tang, ada = (acting(tx, clinic, who, later) for who in (clinic.tang, clinic.ada))
        waited = (lists.count(ada), [one.words for one in lists.waiting_for(ada)], lists.count(tang))
        requests.accept(ada, made.id, f" {PROTOCOL} ", seen=made.revision)
        told = of(tx, made)
        unread = lists.count_unread(tang)
        requests.mark_read(tang, made.id)
        requests.mark_read(acting(tx, clinic, clinic.tang, later + timedelta(minutes=1)), made.id)
        events = [event.action for event in audit.events_about(tx, "order", made.order_id)]

        assert waited == (1, [WORDS], 0)
        assert (told.state, told.answer, told.answered_by, told.ended_at) == (State.ACCEPTED, PROTOCOL, "Ada", later)
        assert stands(tx, made) == Standing(words=PROTOCOL, against=False, asked_again=False)
        assert (unread, lists.count_unread(tang), of(tx, made).read_at) == (1, 0, later)
        assert lists.count(ada) == 0
        assert {"protocol.ask", "protocol.accept"} <= set(events)


def test_a_refusal_has_a_reason_and_leaves_the_order_to_its_site(engine: Engine, now: datetime) -> None:
    with transaction(engine) as tx:
        clinic = open_clinic(tx, now)
        made = asked(tx, clinic, now)
        ben = acting(tx, clinic, clinic.ben, now)
        with pytest.raises(Invalid):
            requests.refuse(ben, made.id, " ", seen=made.revision)
        requests.refuse(ben, made.id, "改做超声", seen=made.revision)
        with pytest.raises(MoveNotAllowed):
            requests.accept(ben, made.id, PROTOCOL, seen=made.revision + 1)
        refused = stands(tx, made)
        again = requests.ask(acting(tx, clinic, clinic.tang, now), made.order_id, "超声机坏了")

        assert refused == Standing(words="改做超声", against=True, asked_again=False)
        assert stands(tx, made) == Standing(words="改做超声", against=True, asked_again=True)
        assert [one.state for one in request_rows.of_orders(tx, [made.order_id])] == [State.REFUSED, State.OPEN]
        assert request_rows.of_orders(tx, [again.order_id])[0].answer == "改做超声"


def test_one_question_is_open_at_a_time_and_none_about_what_has_begun(engine: Engine, now: datetime) -> None:
    with transaction(engine) as tx:
        clinic = open_clinic(tx, now)
        made = asked(tx, clinic, now)
        tang = acting(tx, clinic, clinic.tang, now)
        with pytest.raises(Invalid) as twice:
            requests.ask(tang, made.order_id, WORDS)
        for typed, problem in ((" ", "empty"), ("x" * 1001, "length")):
            with pytest.raises(Invalid) as wrong:
                requests.ask(tang, ordered(tx, clinic, now).id, typed)
            assert wrong.value.problem == problem
        requests.withdraw(tang, made.id, seen=made.revision)
        gone = ordered(tx, clinic, now)
        counter.cancel(tang, gone.id, revision=1)
        with pytest.raises(MoveNotAllowed):
            requests.ask(tang, gone.id, WORDS)

        assert twice.value.problem == "asked_already"
        assert of(tx, made).state is State.WITHDRAWN
        assert lists.count(acting(tx, clinic, clinic.ada, now)) == 0


def test_a_protocol_stands_until_the_next_answer_and_an_advice_against_ends_it(engine: Engine, now: datetime) -> None:
    with transaction(engine) as tx:
        clinic = open_clinic(tx, now)
        made = asked(tx, clinic, now)
        tang, ada = (acting(tx, clinic, who, now) for who in (clinic.tang, clinic.ada))
        unanswered = stands(tx, made)
        requests.accept(ada, made.id, "铅衣遮挡", seen=1)
        again = requests.ask(tang, made.order_id, "铅衣坏了，怎么办？")
        meanwhile = stands(tx, made)
        requests.withdraw(tang, again.id, seen=1)
        back = stands(tx, made)
        for answer, words in (
            (requests.accept, "借用铅毯"),
            (requests.refuse, "改做超声"),
            (requests.accept, PROTOCOL),
        ):
            answer(ada, requests.ask(tang, made.order_id, "还是不行").id, words, seen=1)
            assert stands(tx, made) == Standing(words=words, against=answer is requests.refuse, asked_again=False)

        assert unanswered is None
        assert meanwhile == Standing(words="铅衣遮挡", against=False, asked_again=True)
        assert back == Standing(words="铅衣遮挡", against=False, asked_again=False)


def test_nobody_answers_for_a_site_where_they_are_in_training(engine: Engine, now: datetime) -> None:
    with transaction(engine) as tx:
        clinic = open_clinic(tx, now)
        made = asked(tx, clinic, now)
        zoe = acting(
            tx, clinic, hire(tx, "zoe", now, (Role.RESIDENT, clinic.region.oak), (Role.READER, clinic.region.elm)), now
        )

        assert (lists.count(zoe), list(lists.waiting_for(zoe))) == (0, [])
        with pytest.raises(NotAllowed):
            requests.accept(zoe, made.id, PROTOCOL, seen=1)


def test_what_is_made_or_cancelled_before_the_answer_waits_no_more(engine: Engine, now: datetime) -> None:
    with transaction(engine) as tx:
        clinic = open_clinic(tx, now)
        made = asked(tx, clinic, now)
        counter.cancel(acting(tx, clinic, clinic.tang, now), made.order_id, revision=1)
        ada = acting(tx, clinic, clinic.ada, now)

        assert lists.count(ada) == 0
        with pytest.raises(MoveNotAllowed):
            requests.accept(ada, made.id, PROTOCOL, seen=1)
        with pytest.raises(MoveNotAllowed):
            requests.withdraw(acting(tx, clinic, clinic.tang, now), made.id, seen=1)
        assert of(tx, made).state is State.OPEN


def test_the_most_urgent_stands_first_then_the_oldest(engine: Engine, now: datetime) -> None:
    with transaction(engine) as tx:
        clinic = open_clinic(tx, now)
        early = asked(tx, clinic, now)
        late = asked(tx, clinic, now + timedelta(minutes=1))
        urgent = asked(tx, clinic, now + timedelta(minutes=2), priority=Priority.URGENT)
        found = lists.waiting_for(acting(tx, clinic, clinic.ada, now + timedelta(minutes=3)))

        assert [one.id for one in found] == [urgent.id, early.id, late.id]


def test_only_the_site_asks_and_only_those_who_read_for_it_answer(engine: Engine, now: datetime) -> None:
    with transaction(engine) as tx:
        clinic = open_clinic(tx, now)
        made = asked(tx, clinic, now)
        zoe = hire(tx, "zoe", now, (Role.RESIDENT, clinic.region.oak))
        both = hire(tx, "both", now, (Role.READER, clinic.region.oak), (Role.TECHNICIAN, clinic.region.hills))
        for who, error in ((clinic.ada, NotAllowed), (clinic.quinn, NotThere)):
            with pytest.raises(error):
                requests.ask(acting(tx, clinic, who, now), made.order_id, WORDS)
            with pytest.raises(error):
                requests.withdraw(acting(tx, clinic, who, now), made.id, seen=1)
            with pytest.raises(error):
                requests.mark_read(acting(tx, clinic, who, now), made.id)
        refused = dict.fromkeys((clinic.tang, zoe, clinic.mona), NotAllowed) | {clinic.quinn: NotThere}
        for who, error in refused.items():
            with pytest.raises(error):
                requests.accept(acting(tx, clinic, who, now), made.id, PROTOCOL, seen=1)
            assert lists.count(acting(tx, clinic, who, now)) == 0
        with pytest.raises(Stale):
            requests.accept(acting(tx, clinic, clinic.ada, now), made.id, PROTOCOL, seen=2)
        with pytest.raises(NotThere):
            requests.accept(acting(tx, clinic, clinic.ada, now), "01KZZZZZZZZZZZZZZZZZZZZZZZ", PROTOCOL, seen=1)
        own = requests.ask(acting(tx, clinic, both, now), ordered(tx, clinic, now).id, WORDS)
        with pytest.raises(NotAllowed):
            requests.accept(acting(tx, clinic, both, now), own.id, PROTOCOL, seen=1)

        assert [one.id for one in lists.waiting_for(acting(tx, clinic, both, now))] == [made.id]


@pytest.mark.parametrize("differs", [False, True])
def test_it_stands_with_the_case_that_answers_the_order_unless_the_images_name_another(
    engine: Engine, now: datetime, *, differs: bool
) -> None:
    with transaction(engine) as tx:
        clinic = open_clinic(tx, now)
        order = ordered(tx, clinic, now)
        made = requests.ask(acting(tx, clinic, clinic.tang, now), order.id, WORDS)
        requests.accept(acting(tx, clinic, clinic.ada, now), made.id, PROTOCOL, seen=1)
        case = arrive(tx, clinic, order.procedures[0].study_uid, now, accession_number=order.accession_number)
        if differs:
            case = cases.change(tx, cases.by_id(tx, case.id), identity=Identity.DIFFERS)
        found = standing.of_case(tx, case)

        assert [one.answer for one in found] == ([] if differs else [PROTOCOL])


@pytest.mark.parametrize("state", list(State))
@pytest.mark.parametrize("move", list(Move))
def test_nothing_happens_to_what_is_over_but_a_correction_of_an_answer(state: State, move: Move) -> None:
    if move is Move.CORRECT and state in {State.ACCEPTED, State.REFUSED}:
        assert after(state, move) is State.CORRECTED
        return
    if state is State.OPEN and move is not Move.CORRECT:
        assert after(state, move) in {State.ACCEPTED, State.REFUSED, State.WITHDRAWN}
        return
    with pytest.raises(MoveNotAllowed):
        after(state, move)


def test_an_answer_is_corrected_by_whoever_gave_it_until_the_site_has_noted_it(engine: Engine, now: datetime) -> None:
    later = now + timedelta(minutes=3)
    with transaction(engine) as tx:
        clinic = open_clinic(tx, now)
        made = asked(tx, clinic, now)
        tang, ada = acting(tx, clinic, clinic.tang, now), acting(tx, clinic, clinic.ada, now)
        ben = acting(tx, clinic, clinic.ben, now)
        requests.accept(ada, made.id, "增强扫描", seen=1)
        with pytest.raises(NotAllowed) as other:
            requests.correct(ben, made.id, Move.REFUSE, "改做超声", seen=2)
        with pytest.raises(Stale):
            requests.correct(ada, made.id, Move.REFUSE, "改做超声", seen=1)
        requests.mark_read(tang, made.id)
        with pytest.raises(NotAllowed) as noted:
            requests.correct(ada, made.id, Move.REFUSE, "改做超声", seen=2)
        second = asked(tx, clinic, now)
        requests.accept(ada, second.id, "增强扫描", seen=1)
        told = requests.correct(acting(tx, clinic, clinic.ada, later), second.id, Move.REFUSE, "改做超声", seen=2)
        found = [(one.state, one.answer) for one in request_rows.of_orders(tx, [second.order_id])]
        listed = [one.id for one in lists.answered_by_them(ada)]
        unread = lists.count_unread(tang)
        stale = requests.mark_read(tang, second.id)
        with pytest.raises(MoveNotAllowed):
            requests.correct(ada, second.id, Move.ACCEPT, PROTOCOL, seen=3)
        counter.cancel(tang, second.order_id, revision=1)
        with pytest.raises(MoveNotAllowed):
            requests.correct(ada, told.id, Move.ACCEPT, PROTOCOL, seen=1)
        events = [event.action for event in audit.events_about(tx, "order", second.order_id)]

        assert (other.value.rule, noted.value.rule) == ("another_answered_it", "answer_was_noted")
        assert found == [(State.CORRECTED, "增强扫描"), (State.REFUSED, "改做超声")]
        assert standing.of_orders(tx, [second.order_id])[second.order_id].words == "改做超声"
        assert (listed, unread, stale.read_at) == ([told.id, made.id], 1, None)
        assert "protocol.correct" in events


def test_an_answer_is_not_corrected_under_a_newer_one(engine: Engine, now: datetime) -> None:
    with transaction(engine) as tx:
        clinic = open_clinic(tx, now)
        made = asked(tx, clinic, now)
        tang, ada, ben = (acting(tx, clinic, who, now) for who in (clinic.tang, clinic.ada, clinic.ben))
        requests.accept(ada, made.id, "增强扫描", seen=1)
        again = requests.ask(acting(tx, clinic, clinic.tang, now + timedelta(minutes=1)), made.order_id, "铅衣坏了")
        told = requests.correct(ada, made.id, Move.ACCEPT, "铅衣遮挡", seen=2)
        meanwhile = stands(tx, made)
        requests.accept(ben, again.id, PROTOCOL, seen=1)
        with pytest.raises(NotAllowed) as late:
            requests.correct(ada, told.id, Move.ACCEPT, "借用铅毯", seen=1)
        requests.withdraw(tang, requests.ask(tang, made.order_id, WORDS).id, seen=1)
        with pytest.raises(NotAllowed):
            requests.correct(ada, told.id, Move.ACCEPT, "借用铅毯", seen=1)

        assert meanwhile == Standing(words="铅衣遮挡", against=False, asked_again=True)
        assert late.value.rule == "newer_answer_stands"
        assert stands(tx, made) == Standing(words=PROTOCOL, against=False, asked_again=False)
