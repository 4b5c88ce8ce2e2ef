"""A resident's report: never final alone, countersigned where it was written, and temporary in an emergency."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

import pytest
import sqlalchemy as sa
from sqlalchemy.engine import Connection, Engine

from reading.access import visibility
from reading.alerts import alert_rows, critical
from reading.alerts.alert_rows import Kind
from reading.audit import SYSTEM
from reading.cases import cases
from reading.cases.moves import SigningRole, State, Step
from reading.context import Context
from reading.desk.desk import signed_version
from reading.errors import NotAllowed
from reading.intake import intake, order_join
from reading.kinds import Priority, Role, Tier
from reading.orders import orders
from reading.orders.orders import Asked, Order
from reading.overdue import rerouting
from reading.queue import claiming, leases
from reading.register import organisations, people
from reading.reports import releases, versions
from reading.reports.content import Content
from reading.reports.temporary import goes_out_at_once, takes_the_place
from reading.reports.versions import ReportVersion, Status
from reading.rules.first_policy import FIRST_POLICY
from reading.signing import follow_up_answer, signatures
from reading.tables import agreement, change_notice, report_version, role_grant
from reading.tables import case as case_table
from reading.viewers import Staff, Viewer
from storage.database import transaction
from tests.reading.alerts.test_corrections import tells_normal_chests
from tests.reading.clinic import (
    ATTENDING,
    NORMAL,
    PNEUMONIA,
    Clinic,
    another_image,
    arrive,
    messages,
    open_clinic,
    read,
    review_as,
    shown,
    state,
    take,
    verify,
)
from tests.reading.double_reading.twice import mammogram, open_screening
from tests.reading.region import KEYS, hire, pia

STROKE = replace(PNEUMONIA, critical_class="stroke")


def ordered(tx: Connection, clinic: Clinic, now: datetime) -> Order:
    """An emergency at Hills."""
    return orders.place(
        tx,
        site_id=clinic.region.hills.id,
        patient_id=pia(tx, now).id,
        modality="DX",
        priority=Priority.EMERGENCY,
        procedures=[Asked(body_part="CHEST", laterality="")],
        reason="",
        ordered_by=None,
        now=now,
    )


def send_back(tx: Connection, clinic: Clinic, case_id: str, now: datetime) -> None:
    """Vera, an attending at Oak, takes it and asks for it to be read again."""
    held = take(tx, clinic, clinic.vera, case_id, now)
    signatures.send_back(Context(tx, clinic.audit, now, clinic.vera), case_id, lease_revision=held, why="再看")


def statuses(tx: Connection, case_id: str) -> list[Status]:
    return [one.status for one in versions.of_case(tx, case_id)]


def rule(**said: object) -> dict[str, object]:
    """A policy of one rule, which asks nobody to verify."""
    last = FIRST_POLICY["rules"][-1]
    return {"rules": [last | {"needs_verifier": False, "exempt_titles": [], "review": None} | said]}


def resident(tx: Connection, clinic: Clinic, now: datetime) -> Staff:
    """In training at Oak, whatever they are elsewhere."""
    return replace(hire(tx, "zoe", now, (Role.RESIDENT, clinic.region.oak)), title=ATTENDING)


def sees(tx: Connection, viewer: Viewer, version: ReportVersion, now: datetime) -> bool:
    found = sa.select(report_version.c.id).join(case_table, case_table.c.id == report_version.c.case_id)
    theirs = visibility.visible_versions(tx, viewer, now)
    return tx.scalar(found.where(report_version.c.id == version.id, theirs)) is not None


def emergency(tx: Connection, case_id: str) -> None:
    cases.change(tx, cases.by_id(tx, case_id), priority=Priority.EMERGENCY)


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


@pytest.mark.parametrize("by_result", [False, True])
def test_in_an_emergency_it_is_temporary_and_its_readers_are_told_when_the_final_one_differs(
    engine: Engine, now: datetime, by_result: bool
) -> None:
    with transaction(engine) as tx:
        clinic = open_clinic(tx, now, rule())
        zoe, case = resident(tx, clinic, now), arrive(tx, clinic, "1.1", now)
        if not by_result:
            emergency(tx, case.id)
        written = read(tx, clinic, zoe, case.id, now, STROKE if by_result else NORMAL)
        before = versions.by_id(tx, written.id).status, sees(tx, clinic.tang, written, now), state(tx, case.id)
        signed = verify(tx, clinic, clinic.vera, case.id, now, PNEUMONIA)
        notices = tx.execute(sa.select(change_notice.c.version_id, change_notice.c.kind)).all()

        assert before == (Status.PRELIMINARY, True, State.WAITING_VERIFY)
        assert [one.status for one in versions.of_case(tx, case.id)] == [Status.SUPERSEDED, Status.FINAL]
        assert [tuple(one) for one in notices] == [(signed.id, "changed")]


def test_only_an_emergency_and_a_critical_result_go_out_before_an_attending_signs() -> None:
    out = {(one, result) for one in Priority for result in (False, True) if goes_out_at_once(one, critical=result)}

    assert out == {(Priority.EMERGENCY, False), *((one, True) for one in Priority)}


def test_what_takes_the_place_of_a_final_report_before_it_is_signed_by_all_is_critical_and_waits() -> None:
    every = [(waits, critical, final) for waits in Status for critical in (False, True) for final in (False, True)]

    assert [one for one in every if takes_the_place(one[0], critical=one[1], final_stands=one[2])] == [
        (Status.PENDING, True, True)
    ]


@pytest.mark.parametrize("in_training", [True, False])
def test_a_critical_addendum_takes_the_place_of_the_final_report_at_the_site_as_its_alert_goes_out(
    engine: Engine, now: datetime, in_training: bool
) -> None:
    with transaction(engine) as tx:
        clinic = open_clinic(tx, now, rule(needs_verifier=not in_training))
        who, case = resident(tx, clinic, now) if in_training else clinic.rosa, arrive(tx, clinic, "1.1", now)
        read(tx, clinic, clinic.ada, case.id, now)
        if not in_training:
            verify(tx, clinic, clinic.vera, case.id, now)
        final, due = versions.final(tx, case.id), cases.by_id(tx, case.id)
        assert final is not None
        ctx = Context(tx, clinic.audit, now, who)
        added = signatures.addendum(ctx, clinic.seal, final.id, content=STROKE, screen=shown(tx, case.id))
        out, waits = statuses(tx, case.id), cases.by_id(tx, case.id)
        told, released = alert_rows.newest_standing(tx, case.id), releases.newest(tx, case.id)
        seen = sees(tx, clinic.tang, added, now)
        send_back(tx, clinic, case.id, now)
        sent_back = statuses(tx, case.id)
        read(tx, clinic, who, case.id, now, STROKE)
        verify(tx, clinic, clinic.vera, case.id, now)
        message = messages(tx)[-1]
        notices = tx.scalars(sa.select(change_notice.c.kind)).all()

        assert out == sent_back == [Status.SUPERSEDED, Status.PRELIMINARY]
        assert (waits.state, waits.rule, waits.due_at) == (State.WAITING_VERIFY, due.rule, due.due_at)
        assert told is not None
        assert seen
        assert released is not None
        assert released.id == final.id
        assert statuses(tx, case.id) == [Status.SUPERSEDED, Status.SUPERSEDED, Status.FINAL]
        assert (message.kind, message.payload["replaces"]) == ("report.released", final.id)
        assert list(notices) == ["changed"]


@pytest.mark.parametrize("goes_out", ["countersigned", "more_images", "changed", "urgent", "critical", "addendum"])
def test_what_rules_tell_of_a_report_waits_until_the_site_sees_it(engine: Engine, now: datetime, goes_out: str) -> None:
    with transaction(engine) as tx:
        clinic = open_clinic(tx, now, rule())
        tells_normal_chests(tx, clinic, now)
        zoe, case = resident(tx, clinic, now), arrive(tx, clinic, "1.1", now)
        as_zoe = Context(tx, clinic.audit, now, zoe)
        if goes_out == "addendum":
            final = read(tx, clinic, clinic.ada, case.id, now, PNEUMONIA)
            signatures.addendum(as_zoe, clinic.seal, final.id, content=NORMAL, screen=shown(tx, case.id))
        else:
            read(tx, clinic, zoe, case.id, now)
        before = alert_rows.standing_on_each(tx, [case.id])
        if goes_out == "urgent":
            order_join.join(as_zoe.by(SYSTEM), cases.by_id(tx, case.id), ordered(tx, clinic, now))
        elif goes_out == "critical":
            critical.raise_alert(as_zoe, case.id, critical_class="stroke", finding="左侧")
        else:
            if goes_out == "more_images":
                another_image(tx, clinic, "1.1", 2, now)
            changed = replace(NORMAL, findings="两肺重看") if goes_out == "changed" else None
            verify(tx, clinic, clinic.vera, case.id, now, changed)
        told = [one for one in alert_rows.standing_on_each(tx, [case.id])[case.id] if one.kind is Kind.NOTICE]

        assert before == {}
        by_vera = goes_out in {"countersigned", "more_images", "changed", "addendum"}
        assert [one.raised_by for one in told] == [(clinic.vera if by_vera else zoe).person_id]


def test_what_a_rule_told_stands_until_an_attending_says_otherwise(engine: Engine, now: datetime) -> None:
    with transaction(engine) as tx:
        clinic = open_clinic(tx, now, rule())
        tells_normal_chests(tx, clinic, now)
        zoe, case = resident(tx, clinic, now), arrive(tx, clinic, "1.1", now)
        final = read(tx, clinic, clinic.ada, case.id, now)
        ctx = Context(tx, clinic.audit, now, zoe)
        signatures.addendum(ctx, clinic.seal, final.id, content=PNEUMONIA, screen=shown(tx, case.id))
        waits = alert_rows.standing_on_each(tx, [case.id])
        verify(tx, clinic, clinic.vera, case.id, now)

        assert len(waits[case.id]) == 1
        assert alert_rows.standing_on_each(tx, [case.id]) == {}


def test_nobody_in_training_takes_a_critical_report_from_the_site_alone(engine: Engine, now: datetime) -> None:
    with transaction(engine) as tx:
        clinic = open_clinic(tx, now, rule())
        zoe, case = resident(tx, clinic, now), arrive(tx, clinic, "1.1", now)
        critically = read(tx, clinic, zoe, case.id, now, STROKE)
        send_back(tx, clinic, case.id, now)
        emergency(tx, case.id)
        read(tx, clinic, zoe, case.id, now, NORMAL)
        waits, valid = statuses(tx, case.id), versions.valid(tx, case.id)
        with pytest.raises(NotAllowed) as refused:
            critical.withdraw(Context(tx, clinic.audit, now, zoe), case.id, why="看错了")
        verify(tx, clinic, clinic.vera, case.id, now)
        notices = tx.execute(sa.select(change_notice.c.kind)).scalars().all()

        assert waits == [Status.PRELIMINARY, Status.PENDING]
        assert valid is not None
        assert valid.id == critically.id
        assert refused.value.rule == "report_names_it"
        assert statuses(tx, case.id) == [Status.SUPERSEDED, Status.FINAL]
        assert list(notices) == ["changed"]


@pytest.mark.parametrize("words", [None, PNEUMONIA])
def test_what_the_site_has_stays_until_an_attending_signs_what_comes_after_it(
    engine: Engine, now: datetime, words: Content | None
) -> None:
    with transaction(engine) as tx:
        clinic = open_clinic(tx, now)
        zoe, case = resident(tx, clinic, now), arrive(tx, clinic, "1.1", now, modality="CT")
        first = read(tx, clinic, clinic.rosa, case.id, now, PNEUMONIA)
        for _ in range(2):
            send_back(tx, clinic, case.id, now)
            read(tx, clinic, zoe, case.id, now)
        waits, seen = statuses(tx, case.id), sees(tx, clinic.tang, first, now)
        verify(tx, clinic, clinic.vera, case.id, now, words)

        assert (waits, seen) == ([Status.PRELIMINARY, Status.REPLACED, Status.PENDING], True)
        ends = [Status.PRELIMINARY] if words is None else [Status.REPLACED, Status.PRELIMINARY]
        assert statuses(tx, case.id) == [Status.SUPERSEDED, Status.REPLACED, *ends]


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


@pytest.mark.parametrize("by_result", [False, True])
def test_what_becomes_an_emergency_or_critical_while_it_waits_goes_out_then(
    engine: Engine, now: datetime, by_result: bool
) -> None:
    with transaction(engine) as tx:
        clinic = open_clinic(tx, now, rule())
        zoe, case = resident(tx, clinic, now), arrive(tx, clinic, "1.1", now)
        written = read(tx, clinic, zoe, case.id, now)
        before = versions.by_id(tx, written.id).status
        if by_result:
            ctx = Context(tx, clinic.audit, now, zoe)
            critical.raise_alert(ctx, case.id, critical_class="stroke", finding="左侧")
        else:
            ctx = Context(tx, clinic.audit, now, SYSTEM)
            order_join.join(ctx, cases.by_id(tx, case.id), ordered(tx, clinic, now))

        assert before is Status.PENDING
        assert versions.by_id(tx, written.id).status is Status.PRELIMINARY
        assert sees(tx, clinic.tang, written, now)


def test_what_an_attending_sent_back_does_not_go_out(engine: Engine, now: datetime) -> None:
    with transaction(engine) as tx:
        clinic = open_clinic(tx, now, rule())
        zoe, case = resident(tx, clinic, now), arrive(tx, clinic, "1.1", now)
        written = read(tx, clinic, zoe, case.id, now)
        send_back(tx, clinic, case.id, now)
        critical.raise_alert(Context(tx, clinic.audit, now, zoe), case.id, critical_class="stroke", finding="左侧")

        assert versions.by_id(tx, written.id).status is Status.PENDING


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


def test_what_an_attending_signed_goes_out_while_it_waits_for_the_city(engine: Engine, now: datetime) -> None:
    with transaction(engine) as tx:
        clinic = open_clinic(tx, now)
        zoe, case = resident(tx, clinic, now), arrive(tx, clinic, "1.1", now, modality="CT")
        written = read(tx, clinic, zoe, case.id, now)
        verify(tx, clinic, clinic.vera, case.id, now)

        assert state(tx, case.id) is State.WAITING_REVIEW
        assert versions.by_id(tx, written.id).status is Status.PRELIMINARY


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
