"""A referral lends one case to the receiving institution until it ends; both sides follow it, and managers count it."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from sqlalchemy.engine import Connection, Engine

from reading import audit
from reading.access import door
from reading.actions import Action
from reading.audit import SYSTEM
from reading.cases import cases
from reading.cases.cases import Case
from reading.cases.identity_moves import Identity
from reading.cases.moves import State as CaseState
from reading.context import Context
from reading.desk import desk
from reading.errors import Invalid, MoveNotAllowed, NotAllowed, NotThere, Stale
from reading.kinds import Priority, Role
from reading.referral import counts, referral_rows, sending
from reading.referral.moves import Direction, Move, State
from reading.referral.referral_rows import Referral
from reading.referral.sending import AIM, SHOWN, Acceptance, Sent
from reading.viewers import Staff
from storage.database import snapshot, transaction
from tests.reading.access.test_visibility import pias_case
from tests.reading.clinic import Clinic, arrive, messages, open_clinic, read
from tests.reading.crossing import cross
from tests.reading.region import hire

MINUTE = timedelta(minutes=1)


def send(  # noqa: PLR0917
    tx: Connection, clinic: Clinic, case: Case, now: datetime, to: str = "elm", by: Staff | None = None
) -> Referral:
    sent = Sent(to_code=to, urgency=Priority.URGENT, reason="胸痛，疑肺炎", contact="Tang 010-1234")
    return sending.send(Context(tx, clinic.audit, now, by or clinic.ada), case.id, sent)


def sees(  # noqa: PLR0917
    tx: Connection, clinic: Clinic, who: Staff, case: Case, one: Referral, now: datetime
) -> set[bool]:
    """At the desk, by the study in every protocol, and by the referral itself; acts stay shut."""
    ctx = Context(tx, clinic.audit, now, who)
    found: set[bool] = set()
    for look in (
        lambda: desk.detail(ctx, case.id),
        lambda: door.open_study(ctx, "1.2.840.1", Action.STUDY_METADATA),
        lambda: sending.show(ctx, one.id),
    ):
        try:
            look()
            found.add(True)
        except NotThere:
            found.add(False)
    with pytest.raises(NotThere):
        door.open_case(ctx, case.id, Action.CASE_OPEN)
    with pytest.raises(NotThere):
        desk.detail(ctx, arrive_other(tx, clinic, now).id)
    return found


def arrive_other(tx: Connection, clinic: Clinic, now: datetime) -> Case:
    return arrive(tx, clinic, f"1.9.{now.timestamp():.0f}", now, patient_id="P1")


@pytest.mark.parametrize("ends", ["decline", "withdraw", "close", "time"])
def test_the_receiver_sees_the_case_until_the_referral_ends(engine: Engine, now: datetime, ends: str) -> None:
    with transaction(engine) as tx:
        clinic = open_clinic(tx, now)
        _, case = pias_case(tx, clinic, now)
        read(tx, clinic, clinic.ada, case.id, now)
        one = send(tx, clinic, case, now)
        quinn, ada = (Context(tx, clinic.audit, now, who) for who in (clinic.quinn, clinic.ada))
        assert sees(tx, clinic, clinic.quinn, case, one, now + MINUTE) == {True}
        at = now + 2 * MINUTE
        if ends == "decline":
            sending.move(quinn, one.id, Move.DECLINE, seen=1, why="无床位")
        elif ends == "withdraw":
            sending.move(ada, one.id, Move.WITHDRAW, seen=1, why="患者拒绝")
        elif ends == "close":
            place = Acceptance(kind="bed", place="呼吸科 12 床", expected_at=now + 60 * MINUTE)
            sending.move(quinn, one.id, Move.ACCEPT, seen=1, acceptance=place)
            sending.move(quinn, one.id, Move.MISS, seen=2)
            sending.move(quinn, one.id, Move.ARRIVE, seen=3)
            assert sees(tx, clinic, clinic.quinn, case, one, at) == {True}
            sending.move(quinn, one.id, Move.CLOSE, seen=4, why="好转出院")
        else:
            at = now + SHOWN
            assert sees(tx, clinic, clinic.quinn, case, one, at - MINUTE) == {True}
        assert sees(tx, clinic, clinic.quinn, case, one, at + 3 * MINUTE) == {False}
        followed = sending.show(ada, one.id)

        assert followed.moves[0].move is Move.SEND
        if ends == "close":
            assert [line.move for line in followed.moves[1:]] == [Move.ACCEPT, Move.MISS, Move.ARRIVE, Move.CLOSE]
        assert all(
            set(row.payload) == {"case_id", "organisation_id"}
            for row in messages(tx)
            if row.kind.startswith("referral.")
        )


def test_each_side_makes_its_moves_and_what_lacks_is_refused(engine: Engine, now: datetime) -> None:
    with transaction(engine) as tx:
        clinic = open_clinic(tx, now)
        _, case = pias_case(tx, clinic, now)
        for to, problem in (("oak", "own"), ("elm", None), ("elm", "referred_already")):
            if problem is None:
                one = send(tx, clinic, case, now, to)
                continue
            with pytest.raises(Invalid) as wrong:
                send(tx, clinic, case, now, to)
            assert (wrong.value.field, wrong.value.problem) == ("to", problem)
        with pytest.raises(NotAllowed):
            send(tx, clinic, case, now, "city", clinic.tang)
        quinn, ada = (Context(tx, clinic.audit, now, who) for who in (clinic.quinn, clinic.ada))
        with pytest.raises(NotAllowed, match="the_other_side_does_this"):
            sending.move(ada, one.id, Move.DECLINE, seen=1, why="x")
        with pytest.raises(NotAllowed, match="the_other_side_does_this"):
            sending.move(quinn, one.id, Move.WITHDRAW, seen=1, why="x")
        with pytest.raises(Stale):
            sending.move(quinn, one.id, Move.DECLINE, seen=2, why="x")
        with pytest.raises(MoveNotAllowed):
            sending.move(quinn, one.id, Move.ARRIVE, seen=1)
        with pytest.raises(Invalid, match="why"):
            sending.move(quinn, one.id, Move.DECLINE, seen=1)
        late = Acceptance(kind="visit", place="门诊", expected_at=now - AIM)
        for acceptance in (None, late):
            with pytest.raises(Invalid):
                sending.move(quinn, one.id, Move.ACCEPT, seen=1, acceptance=acceptance)

        assert sending.show(quinn, one.id).may == {Move.ACCEPT, Move.DECLINE}
        assert sending.show(ada, one.id).may == {Move.WITHDRAW}
        assert [len(sending.own(each)) for each in (ada, quinn)] == [1, 1]


def test_a_resident_refers_whom_they_read_and_follows_that(engine: Engine, now: datetime) -> None:
    with transaction(engine) as tx:
        clinic = open_clinic(tx, now)
        _, case = pias_case(tx, clinic, now)
        zoe = hire(tx, "zoe", now, (Role.RESIDENT, clinic.region.oak))
        other = hire(tx, "zoe2", now, (Role.RESIDENT, clinic.region.elm))
        one = send(tx, clinic, case, now, by=zoe)
        ctx = Context(tx, clinic.audit, now, zoe)

        assert [each.referral.id for each in sending.own(ctx)] == [one.id]
        assert sending.show(ctx, one.id).may == {Move.WITHDRAW}
        assert sending.own(Context(tx, clinic.audit, now, other)) == []
        assert sending.move(ctx, one.id, Move.WITHDRAW, seen=1, why="患者拒绝").state is State.WITHDRAWN


@pytest.mark.parametrize("gone", [False, True])
def test_what_nobody_ends_ends_by_itself_and_the_patient_is_referred_again(
    engine: Engine, now: datetime, gone: bool
) -> None:
    with transaction(engine) as tx:
        clinic = open_clinic(tx, now)
        _, case = pias_case(tx, clinic, now)
        one = send(tx, clinic, case, now)
        ada, quinn, later = (
            Context(tx, clinic.audit, at, who)
            for at, who in ((now, clinic.ada), (now, clinic.quinn), (now + SHOWN, clinic.ada))
        )
        if gone:
            cases.change(tx, cases.by_id(tx, case.id), state=CaseState.WITHDRAWN)
        else:
            place = Acceptance(kind="bed", place="呼吸科 12 床", expected_at=now + 60 * MINUTE)
            sending.move(quinn, one.id, Move.ACCEPT, seen=1, acceptance=place)
            sending.move(quinn, one.id, Move.ARRIVE, seen=2)
            with pytest.raises(MoveNotAllowed):
                sending.move(ada, one.id, Move.LAPSE, seen=3)
            assert sending.lapse(ada.by(SYSTEM)) == 0
            send(tx, clinic, case, now + SHOWN)
        ended = sending.lapse((ada if gone else later).by(SYSTEM))
        last = referral_rows.moves_of(tx, one.id)[-1]

        assert ended == 1
        assert referral_rows.lock(tx, one.id, seen=None).state is State.LAPSED
        assert (last.move, last.person_name) == (Move.LAPSE, None)


def test_the_receiver_sees_nothing_while_it_is_open_whose_images_they_are(engine: Engine, now: datetime) -> None:
    with transaction(engine) as tx:
        clinic = open_clinic(tx, now)
        _, case = pias_case(tx, clinic, now)
        one = send(tx, clinic, case, now)
        cases.change(tx, cases.by_id(tx, case.id), identity=Identity.DIFFERS)

        assert sees(tx, clinic, clinic.quinn, case, one, now + MINUTE) == {False}


def test_a_list_is_put_together_without_the_one_writer(engine: Engine, now: datetime) -> None:
    with transaction(engine) as tx:
        clinic = open_clinic(tx, now)
        _, case = pias_case(tx, clinic, now)
        one = send(tx, clinic, case, now)
    with snapshot(engine) as tx:
        found = sending.own(Context(tx, clinic.audit, now, clinic.ada))
    with transaction(engine) as tx:
        sending.listed(Context(tx, clinic.audit, now, clinic.ada), found)
        looks = [one.action for one in audit.events_about(tx, "case", case.id)]

    assert [(each.referral.id, each.from_name, each.to_name) for each in found] == [(one.id, "Oak", "Elm")]
    assert Action.REFERRAL_LIST in looks


def test_sent_twice_at_once_it_is_one_referral(engine: Engine, now: datetime) -> None:
    with transaction(engine) as tx:
        clinic = open_clinic(tx, now)
        case = arrive(tx, clinic, "1.1", now)

    with pytest.raises(Invalid, match="referred_already"):
        cross(
            engine,
            begins=lambda tx: send(tx, clinic, case, now),
            other=lambda tx: send(tx, clinic, case, now),
            goes_on=lambda _: None,
        )


def test_what_a_reader_wrote_is_told_to_no_other_one_who_reads_blind(engine: Engine, now: datetime) -> None:
    with transaction(engine) as tx:
        clinic = open_clinic(tx, now)
        clinician = hire(tx, "cleo", now, (Role.CLINICIAN, clinic.region.hills))
        _, case = pias_case(tx, clinic, now)
        one, other = send(tx, clinic, case, now), send(tx, clinic, case, now, "city", clinician)
        cases.change(tx, cases.by_id(tx, case.id), by_two=True)
        with pytest.raises(NotAllowed, match="no_reader_refers_while_blind"):
            send(tx, clinic, case, now, "lake")
        shown = {
            who.username: {each.referral.id for each in sending.own(Context(tx, clinic.audit, now, who))}
            for who in (clinic.ada, clinic.rosa, clinician)
        }

        assert shown == {"ada": {one.id}, "rosa": set(), "cleo": {other.id}}
        with pytest.raises(NotThere):
            sending.show(Context(tx, clinic.audit, now, clinic.rosa), one.id)
        assert sending.show(Context(tx, clinic.audit, now, clinic.rosa), other.id).referral.id == other.id


def test_managers_count_both_ways(engine: Engine, now: datetime) -> None:
    with transaction(engine) as tx:
        clinic = open_clinic(tx, now)
        clara = hire(tx, "clara", now, (Role.CLINICIAN, clinic.region.hills))
        hugo = hire(tx, "hugo", now, (Role.CLINICIAN, clinic.region.oak))
        for number, minutes in enumerate((10, 30, None)):
            case = arrive(tx, clinic, f"1.{number}", now, patient_id=f"P{number}")
            one = send(tx, clinic, case, now, "oak", clara)
            assert one.direction is Direction.UP
            if minutes is not None:
                at = Context(tx, clinic.audit, now + minutes * MINUTE, hugo)
                place = Acceptance(kind="visit", place="门诊 3", expected_at=at.now + AIM)
                move = Move.ACCEPT if minutes == 10 else Move.DECLINE
                sending.move(at, one.id, move, seen=1, why="x", acceptance=place)
        found = counts.counts(Context(tx, clinic.audit, now, clinic.mona), now)
        unmanaged = counts.counts(Context(tx, clinic.audit, now, clinic.quinn), now)
        down = send(tx, clinic, arrive(tx, clinic, "1.8", now), now, "moor")

    assert (down.direction, down.state) == (Direction.DOWN, State.SENT)
    assert [(one.organisation, one.is_sent) for one in found] == [("Hills", True), ("Oak", False)]
    for one in found:
        assert (one.number, one.accepted, one.declined, one.waiting) == (3, 1, 1, 1)
        assert (one.median_minutes, one.in_time) == (20, 1)
    assert unmanaged == []
