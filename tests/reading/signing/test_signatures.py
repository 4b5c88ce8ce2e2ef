"""Drafts and signatures: who may sign what, and that nobody signs what they were not shown."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy.engine import Connection, Engine

from reading.alerts import alert_rows, critical
from reading.audit import SYSTEM
from reading.cases import cases
from reading.cases.moves import SigningRole, State
from reading.context import Context
from reading.errors import Invalid, MoveNotAllowed, NotAllowed, ReadingError, Stale
from reading.intake import arrival_end, intake
from reading.kinds import Tier
from reading.patients import attribution
from reading.queue import leases
from reading.reports import drafts, versions
from reading.reports.content import Content
from reading.reports.seal import holds
from reading.reports.versions import Status
from reading.signing import signatures
from reading.signing.basis import Screen, identity
from storage.database import transaction
from tests.reading.clinic import (
    NORMAL,
    PNEUMONIA,
    Clinic,
    another_image,
    arrive,
    open_clinic,
    read,
    send,
    shown,
    state,
    take,
    verify,
)
from tests.reading.region import KEYS


def _sign(tx: Connection, clinic: Clinic, case_id: str, revision: int, now: datetime, **known: Any) -> Any:
    whole: dict[str, Any] = {"content": NORMAL, "screen": shown(tx, case_id), "draft_revision": 0}
    whole |= {"lease_revision": revision} | known
    return signatures.sign(Context(tx, clinic.audit, now, clinic.ada), clinic.seal, case_id, **whole)


def test_a_draft_is_saved_under_its_revision_and_only_by_its_holder(engine: Engine, now: datetime) -> None:
    with transaction(engine) as tx:
        clinic = open_clinic(tx, now)
        case = arrive(tx, clinic, "1.1", now)
        lease = take(tx, clinic, clinic.ada, case.id, now)
        first = signatures.save_draft(
            Context(tx, clinic.audit, now, clinic.ada), case.id, NORMAL, revision=0, lease_revision=lease
        )
        second = signatures.save_draft(
            Context(tx, clinic.audit, now, clinic.ada), case.id, PNEUMONIA, revision=1, lease_revision=lease
        )

        assert (first.revision, second.revision) == (1, 2)
        found = drafts.of_case(tx, case.id)
        assert found is not None
        assert found.content == PNEUMONIA
        with pytest.raises(Stale) as stale:
            signatures.save_draft(
                Context(tx, clinic.audit, now, clinic.ada), case.id, NORMAL, revision=1, lease_revision=lease
            )
        assert stale.value.expected == 2
        with pytest.raises(Stale):
            signatures.save_draft(
                Context(tx, clinic.audit, now, clinic.vera), case.id, NORMAL, revision=2, lease_revision=lease
            )


def test_an_attendings_radiograph_is_final_at_once_and_a_residents_waits(engine: Engine, now: datetime) -> None:
    with transaction(engine) as tx:
        clinic = open_clinic(tx, now)
        by_ada, by_rosa = arrive(tx, clinic, "1.1", now), arrive(tx, clinic, "1.2", now)
        signed = read(tx, clinic, clinic.ada, by_ada.id, now)
        waits = read(tx, clinic, clinic.rosa, by_rosa.id, now)

        assert versions.by_id(tx, signed.id).status is Status.FINAL
        assert versions.by_id(tx, signed.id).released_at == now
        assert versions.by_id(tx, waits.id).status is Status.PRELIMINARY
        assert state(tx, by_rosa.id) is State.WAITING_VERIFY
        assert drafts.of_case(tx, by_rosa.id) is None
        assert leases.lease_of(tx, by_rosa.id) is None


def test_every_ct_waits_for_the_city_even_an_attendings(engine: Engine, now: datetime) -> None:
    with transaction(engine) as tx:
        clinic = open_clinic(tx, now)
        case = arrive(tx, clinic, "1.1", now, modality="CT")
        read(tx, clinic, clinic.ada, case.id, now)
        found = cases.by_id(tx, case.id)

    assert (found.state, found.tier) == (State.WAITING_REVIEW, Tier.CITY)


def test_a_verifier_who_changes_nothing_signs_beside_the_author(engine: Engine, now: datetime) -> None:
    with transaction(engine) as tx:
        clinic = open_clinic(tx, now)
        case = arrive(tx, clinic, "1.1", now)
        written = read(tx, clinic, clinic.rosa, case.id, now)
        verified = verify(tx, clinic, clinic.vera, case.id, now)
        signatures = versions.signatures_for(tx, verified)

        assert verified.id == written.id
        assert versions.by_id(tx, verified.id).status is Status.FINAL
        assert {one.role: one.person_id for one in signatures} == {
            SigningRole.AUTHOR: clinic.rosa.person_id,
            SigningRole.VERIFIER: clinic.vera.person_id,
        }
        assert all(holds(one, verified, clinic.seal.public_key) for one in signatures)


def test_a_verifier_who_changes_the_words_signs_their_own_and_the_authors_stay(engine: Engine, now: datetime) -> None:
    with transaction(engine) as tx:
        clinic = open_clinic(tx, now)
        case = arrive(tx, clinic, "1.1", now)
        written = read(tx, clinic, clinic.rosa, case.id, now)
        verified = verify(tx, clinic, clinic.vera, case.id, now, PNEUMONIA)
        both = versions.signatures_for(tx, verified)

        assert verified.supersedes_id == written.id
        assert versions.by_id(tx, written.id).status is Status.SUPERSEDED
        assert versions.by_id(tx, verified.id).status is Status.FINAL
        assert [one.role for one in versions.signatures_on(tx, [verified.id])] == [SigningRole.VERIFIER]
        assert {one.role for one in both} == {SigningRole.AUTHOR, SigningRole.VERIFIER}


def test_a_verifier_who_does_not_agree_sends_it_back_and_the_new_reading_begins_anew(
    engine: Engine, now: datetime
) -> None:
    with transaction(engine) as tx:
        clinic = open_clinic(tx, now)
        case = arrive(tx, clinic, "1.1", now)
        first = read(tx, clinic, clinic.rosa, case.id, now)
        lease = take(tx, clinic, clinic.vera, case.id, now)
        signatures.send_back(
            Context(tx, clinic.audit, now, clinic.vera), case.id, lease_revision=lease, why="重看右下肺"
        )
        second = read(tx, clinic, clinic.rosa, case.id, now, PNEUMONIA)

        assert versions.by_id(tx, first.id).status is Status.SUPERSEDED
        assert {one.version_id for one in versions.signatures_for(tx, second)} == {second.id}
        assert state(tx, case.id) is State.WAITING_VERIFY


@pytest.mark.parametrize(
    ("change", "error"),
    [
        (lambda screen: {"screen": replace(screen, image_set="0" * 64)}, Stale),
        (lambda screen: {"screen": replace(screen, series={})}, NotAllowed),
        (lambda _: {"lease_revision": 99}, Stale),
        (lambda _: {"draft_revision": 7}, Stale),
        (lambda _: {"content": Content(findings="两肺清晰")}, Invalid),
        (lambda _: {"content": Content(impression="未见异常")}, Invalid),
        (lambda _: {"content": Content(findings=" ", impression=" ")}, Invalid),
    ],
)
def test_what_is_not_as_it_was_shown_is_not_signed(
    engine: Engine, now: datetime, change: Callable[[Screen], dict[str, Any]], error: type[ReadingError]
) -> None:
    with transaction(engine) as tx:
        clinic = open_clinic(tx, now)
        case = arrive(tx, clinic, "1.1", now)
        lease = take(tx, clinic, clinic.ada, case.id, now)

        with pytest.raises(error):
            _sign(tx, clinic, case.id, lease, now, **change(shown(tx, case.id)))


def test_images_that_came_while_typing_block_the_signature_until_they_were_seen(engine: Engine, now: datetime) -> None:
    with transaction(engine) as tx:
        clinic = open_clinic(tx, now)
        case = arrive(tx, clinic, "1.1", now)
        lease = take(tx, clinic, clinic.ada, case.id, now)
        before = shown(tx, case.id)
        intake.take_in(Context(tx, clinic.audit, now, SYSTEM), KEYS, another_image(tx, clinic, "1.1", 2, now))

        with pytest.raises(Stale):
            _sign(tx, clinic, case.id, lease, now, screen=before)
        with pytest.raises(Invalid):
            _sign(tx, clinic, case.id, lease, now)
        signed = _sign(tx, clinic, case.id, lease, now, screen=shown(tx, case.id, "急诊"))
        assert signed.incomplete_reason == "急诊"
        assert signed.image_count == 2


def test_a_study_that_still_arrives_is_signed_with_a_reason_only(engine: Engine, now: datetime) -> None:
    with transaction(engine) as tx:
        clinic = open_clinic(tx, now)
        case = intake.take_in(Context(tx, clinic.audit, now, SYSTEM), KEYS, send(tx, clinic, "1.1", now))
        lease = take(tx, clinic, clinic.ada, case.id, now)

        with pytest.raises(Invalid) as refused:
            _sign(tx, clinic, case.id, lease, now)
        assert (refused.value.field, refused.value.problem) == ("incomplete_reason", "required")
        assert _sign(tx, clinic, case.id, lease, now, screen=shown(tx, case.id, "病情危急")).incomplete_reason


def test_a_case_taken_to_read_is_not_verified(engine: Engine, now: datetime) -> None:
    with transaction(engine) as tx:
        clinic = open_clinic(tx, now)
        case = arrive(tx, clinic, "1.1", now)
        lease = take(tx, clinic, clinic.vera, case.id, now)

        with pytest.raises(MoveNotAllowed):
            signatures.verify(
                Context(tx, clinic.audit, now, clinic.vera),
                clinic.seal,
                case.id,
                content=None,
                screen=shown(tx, case.id),
                lease_revision=lease,
            )


def test_a_verifier_who_sees_more_images_or_another_name_signs_a_version_of_their_own(
    engine: Engine, now: datetime
) -> None:
    with transaction(engine) as tx:
        clinic = open_clinic(tx, now)
        case = arrive(tx, clinic, "1.1", now, modality="CT")
        written = read(tx, clinic, clinic.rosa, case.id, now)
        intake.take_in(Context(tx, clinic.audit, now, SYSTEM), KEYS, another_image(tx, clinic, "1.1", 2, now))
        arrival_end.end_arriving(tx, now + timedelta(minutes=2), 60)
        verified = verify(tx, clinic, clinic.vera, case.id, now)
        attribution.correct(tx, "1.1", {"PatientName": "Pia^P"}, reason="错字", made_by=None, now=now)
        lease = take(tx, clinic, clinic.ben, case.id, now)

        assert verified.id != written.id
        assert (written.image_count, verified.image_count) == (1, 2)
        assert verified.content == written.content
        assert lease == 1
        named = identity(tx, cases.by_id(tx, case.id))["studies"][0]
        assert named["patient_name"] == "Pia^P"
        assert verified.identity["studies"][0]["patient_name"] == "Pia^Pan"


def test_a_critical_class_in_the_report_raises_the_alert_that_nobody_pressed(engine: Engine, now: datetime) -> None:
    with transaction(engine) as tx:
        clinic = open_clinic(tx, now)
        case = arrive(tx, clinic, "1.1", now)
        read(tx, clinic, clinic.ada, case.id, now, replace(PNEUMONIA, critical_class="tension_pneumothorax"))
        alert = alert_rows.newest_standing(tx, case.id)
        found = cases.by_id(tx, case.id)

    assert alert is not None
    assert alert.finding == PNEUMONIA.impression
    assert (found.critical, found.rule, found.state) == (True, "critical", State.WAITING_REVIEW)


def test_a_second_critical_class_has_an_alert_of_its_own(engine: Engine, now: datetime) -> None:
    with transaction(engine) as tx:
        clinic = open_clinic(tx, now)
        case = arrive(tx, clinic, "1.1", now)
        first = critical.raise_alert(
            Context(tx, clinic.audit, now, clinic.ada), case.id, critical_class="stroke", finding="!"
        )
        read(tx, clinic, clinic.ada, case.id, now, replace(PNEUMONIA, critical_class="tension_pneumothorax"))
        second = alert_rows.newest_standing(tx, case.id)

        assert second is not None
        assert second.critical_class == "tension_pneumothorax"
        assert alert_rows.by_id(tx, first.id).ended_at is None


def test_an_addendum_replaces_the_final_version_only_when_it_has_its_signatures(engine: Engine, now: datetime) -> None:
    later = now + timedelta(days=1)
    with transaction(engine) as tx:
        clinic = open_clinic(tx, now)
        case = arrive(tx, clinic, "1.1", now)
        read(tx, clinic, clinic.rosa, case.id, now)
        old = verify(tx, clinic, clinic.vera, case.id, now)
        made = signatures.addendum(
            Context(tx, clinic.audit, later, clinic.rosa),
            clinic.seal,
            old.id,
            content=PNEUMONIA,
            screen=shown(tx, case.id),
        )
        between = (versions.by_id(tx, old.id).status, made.status, state(tx, case.id))
        verified = verify(tx, clinic, clinic.vera, case.id, later)

        assert between == (Status.FINAL, Status.PENDING, State.WAITING_VERIFY)
        assert verified.id == made.id
        assert versions.by_id(tx, made.id).status is Status.FINAL
        assert versions.by_id(tx, old.id).status is Status.SUPERSEDED


def test_an_addendum_that_is_sent_back_makes_room_for_the_next(engine: Engine, now: datetime) -> None:
    with transaction(engine) as tx:
        clinic = open_clinic(tx, now)
        case = arrive(tx, clinic, "1.1", now)
        read(tx, clinic, clinic.rosa, case.id, now)
        old = verify(tx, clinic, clinic.vera, case.id, now)
        first = signatures.addendum(
            Context(tx, clinic.audit, now, clinic.rosa),
            clinic.seal,
            old.id,
            content=PNEUMONIA,
            screen=shown(tx, case.id),
        )
        lease = take(tx, clinic, clinic.vera, case.id, now)
        signatures.send_back(Context(tx, clinic.audit, now, clinic.vera), case.id, lease_revision=lease, why="重写")
        second = read(tx, clinic, clinic.rosa, case.id, now, PNEUMONIA)
        verify(tx, clinic, clinic.vera, case.id, now)

        assert [one.status for one in versions.of_case(tx, case.id)] == [
            Status.SUPERSEDED,
            Status.REPLACED,
            Status.FINAL,
        ]
        assert second.supersedes_id == first.id


def test_an_addendum_is_for_those_who_read_the_newest_final_version(engine: Engine, now: datetime) -> None:
    with transaction(engine) as tx:
        clinic = open_clinic(tx, now)
        case = arrive(tx, clinic, "1.1", now)
        version = read(tx, clinic, clinic.rosa, case.id, now)

        def add(staff: Any, version_id: str = version.id) -> None:
            seen = shown(tx, case.id)
            signatures.addendum(
                Context(tx, clinic.audit, now, staff), clinic.seal, version_id, content=PNEUMONIA, screen=seen
            )

        with pytest.raises(MoveNotAllowed):
            add(clinic.rosa)
        verify(tx, clinic, clinic.vera, case.id, now)
        with pytest.raises(ReadingError):
            add(clinic.quinn)
        with pytest.raises(NotAllowed):
            add(clinic.tang)
        with pytest.raises(NotAllowed):
            add(clinic.vera)


@pytest.mark.parametrize(
    ("value", "problem"),
    [
        ({"findings": 1}, "not_a_text"),
        ({"findings": "x" * 20_001}, "too_long"),
        ({"impression": "\x00"}, "characters"),
        ({"positive": "yes"}, "not_a_boolean"),
        ({"critical_class": "x" * 41}, "too_long"),
        ({"colour": "red"}, "unknown_field"),
    ],
)
def test_a_content_of_another_form_is_none(value: dict[str, Any], problem: str) -> None:
    with pytest.raises(Invalid) as refused:
        Content.from_json(value)

    assert refused.value.problem == problem


def test_a_content_comes_back_as_it_went() -> None:
    whole = replace(PNEUMONIA, critical_class="stroke", recommendation="复查\n一周后")

    assert Content.from_json(whole.to_json()) == whole
    assert Content.from_json({}) == Content()
