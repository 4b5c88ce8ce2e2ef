"""A case stays with its holder while they are heard of, and leaves them as they say."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from sqlalchemy.engine import Engine

from reading.audit import SYSTEM
from reading.cases import cases, history
from reading.cases.moves import State
from reading.context import Context
from reading.errors import Invalid, MoveNotAllowed, NotAllowed, NotThere, Stale
from reading.intake import intake
from reading.kinds import Priority, Role, Tier
from reading.queue import claiming, leases, parking
from reading.queue.leases import LEASE
from reading.queue.screen_state import ScreenState
from reading.register import people
from reading.rules.first_policy import FIRST_POLICY
from reading.signing import signatures
from storage.database import transaction
from tests.reading.clinic import (
    PNEUMONIA,
    another_image,
    arrive,
    open_clinic,
    read,
    review_as,
    shown,
    state,
    take,
)
from tests.reading.region import KEYS, staff_of


def test_who_may_not_see_a_case_hears_that_it_is_not_there(engine: Engine, now: datetime) -> None:
    with transaction(engine) as tx:
        clinic = open_clinic(tx, now)
        case = arrive(tx, clinic, "1.1", now)
        take(tx, clinic, clinic.ada, case.id, now)

        for case_id in (case.id, "01K00000000000000000000000"):
            with pytest.raises(NotThere):
                leases.renew(Context(tx, clinic.audit, now, clinic.quinn), case_id, 1)
            with pytest.raises(NotThere):
                leases.put_back(Context(tx, clinic.audit, now, clinic.quinn), case_id, revision=1)
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
        renewed = leases.renew(Context(tx, clinic.audit, later, clinic.ada), case.id, first)

        assert renewed.revision == first + 1
        assert renewed.expires_at == later + LEASE
        with pytest.raises(Stale) as stale:
            leases.renew(Context(tx, clinic.audit, later, clinic.ada), case.id, first)
        assert stale.value.expected == renewed.revision


def test_a_lease_that_is_not_renewed_goes_back_and_its_holder_notices(engine: Engine, now: datetime) -> None:
    with transaction(engine) as tx:
        clinic = open_clinic(tx, now)
        case = arrive(tx, clinic, "1.1", now)
        revision = take(tx, clinic, clinic.ada, case.id, now)
        too_soon = leases.expire(Context(tx, clinic.audit, now + LEASE - timedelta(seconds=1), SYSTEM))
        expired = leases.expire(Context(tx, clinic.audit, now + LEASE, SYSTEM))

        assert (too_soon, expired) == (0, 1)
        assert state(tx, case.id) is State.WAITING_READ
        assert history.moves_of(tx, case.id)[-1].person_id is None
        with pytest.raises(Stale):
            leases.renew(Context(tx, clinic.audit, now + LEASE, clinic.ada), case.id, revision)
        assert claiming.claim_next(Context(tx, clinic.audit, now + LEASE, clinic.rosa), None) is not None


def test_a_draft_stays_with_the_case_that_is_put_back(engine: Engine, now: datetime) -> None:
    with transaction(engine) as tx:
        clinic = open_clinic(tx, now)
        case = arrive(tx, clinic, "1.1", now)
        revision = take(tx, clinic, clinic.ada, case.id, now)
        draft = signatures.save_draft(
            Context(tx, clinic.audit, now, clinic.ada), case.id, PNEUMONIA, revision=0, lease_revision=revision
        )
        leases.put_back(Context(tx, clinic.audit, now, clinic.ada), case.id, revision=revision)
        other = take(tx, clinic, clinic.rosa, case.id, now)
        again = signatures.save_draft(
            Context(tx, clinic.audit, now, clinic.rosa),
            case.id,
            PNEUMONIA,
            revision=draft.revision,
            lease_revision=other,
        )

    assert (draft.revision, again.revision) == (1, 2)


def test_a_return_asks_for_a_reason_and_new_images_bring_the_case_back(engine: Engine, now: datetime) -> None:
    later = now + timedelta(hours=1)
    with transaction(engine) as tx:
        clinic = open_clinic(tx, now)
        case = arrive(tx, clinic, "1.1", now)
        revision = take(tx, clinic, clinic.ada, case.id, now)
        with pytest.raises(Invalid):
            leases.return_to_site(Context(tx, clinic.audit, now, clinic.ada), case.id, revision=revision, why=" ")
        leases.return_to_site(Context(tx, clinic.audit, now, clinic.ada), case.id, revision=revision, why="侧位缺失")
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
        leases.return_to_site(Context(tx, clinic.audit, now, clinic.ada), case.id, revision=revision, why="病史?")

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
        escalated = leases.escalate(Context(tx, clinic.audit, now, clinic.ada), case.id, revision=revision, why="疑难")

        assert (escalated.state, escalated.tier, escalated.rule) == (State.WAITING_READ, Tier.CITY, "escalated")
        assert claiming.claim_next(Context(tx, clinic.audit, now, clinic.rosa), None) is None
        read(tx, clinic, clinic.ben, case.id, now)
        assert state(tx, case.id) is State.WAITING_REVIEW
        assert claiming.claim_next(Context(tx, clinic.audit, now, clinic.ben), None) is None
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
        escalated = leases.escalate(
            Context(tx, clinic.audit, now, clinic.vera), routine.id, revision=revision, why="疑难"
        )
        revision = take(tx, clinic, clinic.vera, emergency.id, now)

        assert (escalated.state, escalated.tier) == (State.WAITING_REVIEW, Tier.CITY)
        with pytest.raises(NotAllowed):
            leases.escalate(Context(tx, clinic.audit, now, clinic.vera), emergency.id, revision=revision, why="疑难")
        review_as(tx, clinic, clinic.ben, routine.id, now)
        assert state(tx, routine.id) is State.FINAL


def test_what_a_verifier_escalates_is_final_with_the_reviewers_signature_under_every_policy(
    engine: Engine, now: datetime
) -> None:
    """The policy has no rule for what was escalated, and its one rule asks for a verifier."""
    alone = FIRST_POLICY["rules"][-1] | {"needs_verifier": True, "exempt_titles": [], "review": None}
    with transaction(engine) as tx:
        clinic = open_clinic(tx, now, {"rules": [alone]})
        case = arrive(tx, clinic, "1.1", now)
        read(tx, clinic, clinic.rosa, case.id, now)
        revision = take(tx, clinic, clinic.vera, case.id, now)
        leases.escalate(Context(tx, clinic.audit, now, clinic.vera), case.id, revision=revision, why="疑难")
        review_as(tx, clinic, clinic.ben, case.id, now)

        assert state(tx, case.id) is State.FINAL


def test_whoever_has_left_keeps_no_case_neither_at_work_nor_aside(engine: Engine, now: datetime) -> None:
    with transaction(engine) as tx:
        clinic = open_clinic(tx, now)
        first, second = (arrive(tx, clinic, uid, now) for uid in ("1.1", "1.2"))
        at_work, aside = (take(tx, clinic, clinic.ada, one.id, now) for one in (first, second))
        ada = Context(tx, clinic.audit, now, clinic.ada)
        parking.park(ada, second.id, revision=aside, screen=ScreenState())
        before = leases.expire(ada.by(SYSTEM))
        people.grant(tx, clinic.ada.person_id, clinic.region.hills.id, Role.TECHNICIAN, now)
        people.end_grant(tx, clinic.ada.grants[0].id, now)
        left = Context(tx, clinic.audit, now, staff_of(tx, clinic.ada.person_id, now))
        with pytest.raises(NotAllowed, match="grant_has_ended"):
            leases.renew(left, first.id, at_work)

        assert (before, leases.expire(ada.by(SYSTEM))) == (0, 2)
        assert (state(tx, first.id), state(tx, second.id)) == (State.WAITING_READ, State.WAITING_READ)


def test_a_grant_that_has_ended_signs_nothing(engine: Engine, now: datetime) -> None:
    with transaction(engine) as tx:
        clinic = open_clinic(tx, now)
        case = arrive(tx, clinic, "1.1", now)
        revision = take(tx, clinic, clinic.ada, case.id, now)
        people.end_grant(tx, clinic.ada.grants[0].id, now)
        ada = staff_of(tx, clinic.ada.person_id, now)
        people.grant(tx, ada.person_id, clinic.region.oak.id, Role.READER, now + timedelta(seconds=1))
        ada = staff_of(tx, ada.person_id, now + timedelta(seconds=2))

        with pytest.raises(NotAllowed):
            signatures.sign(
                Context(tx, clinic.audit, now + timedelta(seconds=2), ada),
                clinic.seal,
                case.id,
                content=PNEUMONIA,
                screen=shown(tx, case.id),
                draft_revision=0,
                lease_revision=revision,
            )
