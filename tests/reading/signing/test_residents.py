"""A resident's report: never final alone, and countersigned where it was written."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
import sqlalchemy as sa
from sqlalchemy.engine import Engine

from reading.audit import SYSTEM
from reading.cases import cases
from reading.cases.moves import SigningRole, State, Step
from reading.context import Context
from reading.desk.desk import signed_version
from reading.errors import NotAllowed
from reading.intake import intake
from reading.kinds import Role, Tier
from reading.overdue import rerouting
from reading.queue import claiming, leases
from reading.register import organisations, people
from reading.reports import versions
from reading.reports.versions import Status
from reading.signing import follow_up_answer, signatures
from reading.tables import agreement, change_notice, role_grant
from storage.database import transaction
from tests.reading.clinic import (
    ATTENDING,
    PNEUMONIA,
    another_image,
    arrive,
    open_clinic,
    read,
    review_as,
    shown,
    take,
    verify,
)
from tests.reading.double_reading.twice import mammogram, open_screening
from tests.reading.region import KEYS, hire
from tests.reading.signing.residents import resident, rule, sees


def test_it_waits_for_an_attending_where_no_rule_asks_for_one_and_both_stand_under_it(
    engine: Engine, now: datetime
) -> None:
    with transaction(engine) as tx:
        clinic = open_clinic(tx, now, rule())
        zoe, case = resident(tx, clinic, now), arrive(tx, clinic, "1.1", now)
        written = read(tx, clinic, zoe, case.id, now)
        waits = cases.by_id(tx, case.id)
        before = versions.by_id(tx, written.id).status, sees(tx, clinic.tang, written, now)
        signed = verify(tx, clinic, clinic.vera, case.id, now)
        under = signed_version(tx, versions.by_id(tx, signed.id)).signatures

        assert (waits.state, waits.countersign_at) == (State.WAITING_VERIFY, clinic.region.oak.id)
        assert before == (Status.PENDING, False)
        assert signed.id == written.id
        assert versions.by_id(tx, signed.id).status is Status.FINAL
        assert sees(tx, clinic.tang, signed, now)
        assert [(one.signed_as, one.name, one.title) for one in under] == [
            ("resident", "Zoe", ATTENDING),
            ("attending", "Vera", ATTENDING),
        ]
        assert cases.by_id(tx, case.id).countersign_at is None


def test_what_an_attending_changes_before_it_went_out_is_told_to_nobody(engine: Engine, now: datetime) -> None:
    with transaction(engine) as tx:
        clinic = open_clinic(tx, now, rule())
        zoe, case = resident(tx, clinic, now), arrive(tx, clinic, "1.1", now)
        written = read(tx, clinic, zoe, case.id, now)
        signed = verify(tx, clinic, clinic.vera, case.id, now, PNEUMONIA)

        assert [one.status for one in versions.of_case(tx, case.id)] == [Status.REPLACED, Status.FINAL]
        assert (sees(tx, clinic.tang, written, now), sees(tx, clinic.tang, signed, now)) == (False, True)
        assert sees(tx, clinic.vera, written, now)
        assert tx.scalar(sa.select(sa.func.count()).select_from(change_notice)) == 0


def test_an_attending_of_another_organisation_does_not_countersign_while_there_is_one_at_home(
    engine: Engine, now: datetime
) -> None:
    with transaction(engine) as tx:
        clinic = open_clinic(tx, now, rule())
        zoe, case = resident(tx, clinic, now), arrive(tx, clinic, "1.1", now)
        region = clinic.region
        organisations.agree(tx, region.hills.id, region.elm.id, Tier.COUNTY, now)
        read(tx, clinic, zoe, case.id, now)
        quinn = Context(tx, clinic.audit, now, clinic.quinn)
        offered = claiming.claim_next(quinn, Step.VERIFY)
        with pytest.raises(NotAllowed) as refused:
            claiming.claim(quinn, case.id)
        tx.execute(
            sa.update(role_grant)
            .where(role_grant.c.role == Role.VERIFIER, role_grant.c.organisation_id == region.oak.id)
            .values(until=now)
        )
        left = claiming.claim_next(quinn, Step.VERIFY)

        assert offered is None
        assert refused.value.rule == "an_attending_countersigns"
        assert left is not None
        assert left.id == case.id


def test_where_the_only_attending_wrote_the_report_another_organisation_countersigns(
    engine: Engine, now: datetime
) -> None:
    with transaction(engine) as tx:
        clinic = open_clinic(tx, now, rule())
        zoe, case = resident(tx, clinic, now), arrive(tx, clinic, "1.1", now)
        region = clinic.region
        organisations.agree(tx, region.hills.id, region.elm.id, Tier.COUNTY, now)
        written = read(tx, clinic, clinic.vera, case.id, now)
        ctx = Context(tx, clinic.audit, now, zoe)
        added = signatures.addendum(ctx, clinic.seal, written.id, content=PNEUMONIA, screen=shown(tx, case.id))
        with pytest.raises(NotAllowed):
            take(tx, clinic, clinic.vera, case.id, now)
        verify(tx, clinic, clinic.quinn, case.id, now)

        assert versions.by_id(tx, added.id).status is Status.FINAL


def test_an_organisation_that_reads_the_site_no_more_countersigns_nothing_of_it(engine: Engine, now: datetime) -> None:
    with transaction(engine) as tx:
        clinic = open_clinic(tx, now, rule())
        zoe, case = resident(tx, clinic, now), arrive(tx, clinic, "1.1", now)
        region = clinic.region
        written = read(tx, clinic, zoe, case.id, now)
        organisations.agree(tx, region.hills.id, region.elm.id, Tier.COUNTY, now)
        theirs = (agreement.c.site_id == region.hills.id) & (agreement.c.reader_id == region.oak.id)
        tx.execute(sa.update(agreement).where(theirs).values(until=now))
        verify(tx, clinic, clinic.quinn, case.id, now)

        assert versions.by_id(tx, written.id).status is Status.FINAL


def test_a_reader_elsewhere_is_in_training_where_both_organisations_read_for_the_site(
    engine: Engine, now: datetime
) -> None:
    with transaction(engine) as tx:
        clinic = open_clinic(tx, now, rule())
        region, case = clinic.region, arrive(tx, clinic, "1.1", now)
        organisations.agree(tx, region.hills.id, region.elm.id, Tier.COUNTY, now)
        both = hire(tx, "zoe", now, (Role.READER, region.elm), (Role.RESIDENT, region.oak))
        read(tx, clinic, both, case.id, now)
        waits = cases.by_id(tx, case.id)

        assert (waits.state, waits.countersign_at) == (State.WAITING_VERIFY, region.oak.id)


def test_who_verifies_at_two_places_countersigns_for_the_residents_one(engine: Engine, now: datetime) -> None:
    with transaction(engine) as tx:
        clinic = open_clinic(tx, now, rule())
        zoe, case = resident(tx, clinic, now), arrive(tx, clinic, "1.1", now)
        region = clinic.region
        organisations.agree(tx, region.hills.id, region.elm.id, Tier.COUNTY, now)
        both = hire(tx, "zoe2", now, (Role.VERIFIER, region.elm), (Role.VERIFIER, region.oak))
        read(tx, clinic, zoe, case.id, now)
        claiming.claim_next(Context(tx, clinic.audit, now, both), None)
        lease = leases.lease_of(tx, case.id)

        assert lease is not None
        assert {one.id: one.organisation_id for one in both.grants}[lease.grant_id] == region.oak.id


def test_a_resident_reads_nothing_blind(engine: Engine, now: datetime) -> None:
    with transaction(engine) as tx:
        clinic = open_screening(tx, now)
        zoe, case = resident(tx, clinic, now), mammogram(tx, clinic, "1.1", now)
        ctx = Context(tx, clinic.audit, now, zoe)
        blind = cases.by_id(tx, case.id).by_two
        with pytest.raises(NotAllowed) as refused:
            claiming.claim(ctx, case.id)

        assert blind
        assert claiming.claim_next(ctx, None) is None
        assert refused.value.rule == "residents_read_nothing_blind"


def test_what_an_attending_passes_to_the_city_is_final_with_the_reviewers_signature(
    engine: Engine, now: datetime
) -> None:
    with transaction(engine) as tx:
        clinic = open_clinic(tx, now, rule())
        zoe, case = resident(tx, clinic, now), arrive(tx, clinic, "1.1", now)
        written = read(tx, clinic, zoe, case.id, now)
        held = take(tx, clinic, clinic.vera, case.id, now)
        leases.escalate(Context(tx, clinic.audit, now, clinic.vera), case.id, revision=held, why="难以定性")
        unsent = versions.by_id(tx, written.id).status
        review_as(tx, clinic, clinic.ben, case.id, now)

        assert unsent is Status.PENDING
        assert versions.by_id(tx, written.id).status is Status.FINAL
        assert {one.role for one in versions.signatures_for(tx, written)} == {SigningRole.AUTHOR, SigningRole.REVIEWER}


def test_nobody_is_in_training_and_signs_alone_at_one_place(engine: Engine, now: datetime) -> None:
    with transaction(engine) as tx:
        clinic = open_clinic(tx, now)
        zoe, oak = resident(tx, clinic, now), clinic.region.oak
        for person, role in ((zoe.person_id, Role.READER), (clinic.vera.person_id, Role.RESIDENT)):
            with pytest.raises(NotAllowed) as refused:
                people.grant(tx, person, oak.id, role, now)
            assert refused.value.rule == "residents-are-countersigned"
        people.grant(tx, zoe.person_id, clinic.region.elm.id, Role.READER, now)
        ends = now + timedelta(days=1)
        both = hire(tx, "zoe2", now)
        people.grant(tx, both.person_id, oak.id, Role.RESIDENT, now, until=ends)
        people.grant(tx, both.person_id, oak.id, Role.READER, ends)

        assert [one.role for one in people.open_grants_of(tx, both.person_id, now)] == [Role.RESIDENT, Role.READER]


def test_late_images_are_answered_by_an_addendum_and_that_is_countersigned_too(engine: Engine, now: datetime) -> None:
    with transaction(engine) as tx:
        clinic = open_clinic(tx, now, rule())
        zoe, case = resident(tx, clinic, now), arrive(tx, clinic, "1.1", now)
        read(tx, clinic, zoe, case.id, now)
        standing = verify(tx, clinic, clinic.vera, case.id, now)
        late = another_image(tx, clinic, "1.1", 2, now)
        intake.take_in(Context(tx, clinic.audit, now, SYSTEM), KEYS, late)
        ctx = Context(tx, clinic.audit, now, zoe)
        follow_up = follow_up_answer.claim(ctx, case.id)
        with pytest.raises(NotAllowed) as refused:
            follow_up_answer.no_change(ctx, case.id, screen=shown(tx, case.id), comment="", revision=follow_up.revision)
        added = signatures.addendum(ctx, clinic.seal, standing.id, content=PNEUMONIA, screen=shown(tx, case.id))
        waits = cases.by_id(tx, case.id)

        assert refused.value.rule == "needs_verifier"
        assert (waits.state, waits.countersign_at) == (State.WAITING_VERIFY, clinic.region.oak.id)
        assert versions.by_id(tx, added.id).status is Status.PENDING
        assert versions.final(tx, case.id) == versions.by_id(tx, standing.id)


def test_a_case_that_waits_for_an_attending_goes_nowhere_else(engine: Engine, now: datetime) -> None:
    overdue = {"to": ["next_tier"], "open_per_reader": 10}
    with transaction(engine) as tx:
        clinic = open_clinic(tx, now, rule(overdue=overdue))
        zoe, case = resident(tx, clinic, now), arrive(tx, clinic, "1.1", now)
        read(tx, clinic, zoe, case.id, now)
        moved = rerouting.reroute(Context(tx, clinic.audit, now + timedelta(days=3), SYSTEM))

        assert moved == 0
        assert cases.by_id(tx, case.id).tier is Tier.COUNTY
