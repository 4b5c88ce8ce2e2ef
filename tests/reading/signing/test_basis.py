"""What the desk could not show is signed with a reason only, and whoever comes after sees that it was not seen."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from sqlalchemy.engine import Connection, Engine

from reading.actions import Action
from reading.audit import SYSTEM, events_about
from reading.cases.cases import Case
from reading.cases.moves import SigningRole, State
from reading.completeness import image_set
from reading.context import Context
from reading.desk import desk
from reading.desk.unseen import Unseen
from reading.errors import Invalid, NotAllowed, ReadingError
from reading.intake import arrival_end, intake
from reading.reports import versions
from reading.reports.not_shown import FailedSeries, Fault, NotShown
from reading.reports.seal import holds
from reading.review import review
from reading.review.review import Outcome
from reading.signing import follow_up_answer, signatures
from reading.signing.basis import Screen
from reading.viewers import Staff
from storage.database import transaction
from tests.reading.clinic import NORMAL, UNSAMPLED, Clinic, another_image, arrive, open_clinic, read, shown, state, take
from tests.reading.region import KEYS

STUDY = "1.1"
SHOWN, VIDEO, DOSE = f"{STUDY}.1", f"{STUDY}.2", f"{STUDY}.3"
"""A series that is drawn, one that nothing here draws, and one without pictures."""
FRAMES = 5
"""Of the video."""
REASON = "视频在超声机上看过"


def with_a_video(tx: Connection, clinic: Clinic, now: datetime, **known: object) -> Case:
    case = arrive(tx, clinic, STUDY, now, **known)
    video = {"series_uid": VIDEO, "series_number": 2, "modality": "XC", "series_description": "录像", "frames": FRAMES}
    for number, more in ((2, video), (3, {"series_uid": DOSE, "modality": "SR", "frames": 0})):
        study = another_image(tx, clinic, STUDY, number, now, **(known | more))
        intake.take_in(Context(tx, clinic.audit, now, SYSTEM), KEYS, study)
    arrival_end.end_arriving(tx, now + timedelta(minutes=1), 60)
    return case


def without_the_video(tx: Connection, case_id: str, *, failed: Mapping[str, FailedSeries] | None = None) -> Screen:
    """The screen of a desk that does not draw it, and a reader who says why they sign."""
    cannot_show = {VIDEO: FailedSeries(fault=Fault.UNSUPPORTED)} if failed is None else failed
    return replace(shown(tx, case_id), series={SHOWN: 1}, cannot_show=cannot_show, not_shown_reason=REASON)


def sign(  # noqa: PLR0917
    tx: Connection, clinic: Clinic, staff: Staff, case_id: str, now: datetime, screen: Screen
) -> str:
    lease = take(tx, clinic, staff, case_id, now)
    ctx = Context(tx, clinic.audit, now, staff)
    return signatures.sign(
        ctx, clinic.seal, case_id, content=NORMAL, screen=screen, draft_revision=0, lease_revision=lease
    ).id


def seen_on_the_desk(tx: Connection, clinic: Clinic, staff: Staff, case_id: str, now: datetime) -> dict[str, Unseen]:
    """What of the images each signer did not see, as somebody finds it at the desk."""
    found = desk.detail(Context(tx, clinic.audit, now, staff, clinic.seal.public_key), case_id)
    return {one.role: one.unseen for one in found.versions[-1].signatures}


def test_what_was_not_shown_is_kept_with_the_signature_and_on_record(engine: Engine, now: datetime) -> None:
    with transaction(engine) as tx:
        clinic = open_clinic(tx, now)
        case = with_a_video(tx, clinic, now)
        made = sign(tx, clinic, clinic.rosa, case.id, now, without_the_video(tx, case.id))
        (signature,) = versions.signatures_on(tx, [made])
        unseen = seen_on_the_desk(tx, clinic, clinic.vera, case.id, now)[SigningRole.AUTHOR]
        events = [one for one in events_about(tx, "case", case.id) if one.action == Action.REPORT_NOT_SHOWN]

        assert holds(signature, versions.by_id(tx, made), clinic.seal.public_key)
        assert unseen.reason == REASON
        (one,) = unseen.series
        assert (one.series_uid, one.modality, one.number, one.description) == (VIDEO, "XC", 2, "录像")
        assert (one.fault, one.pictures) == (Fault.UNSUPPORTED, None)
        assert [event.details for event in events] == [{"series": VIDEO, "fault": "unsupported", "pictures": None}]
        assert events[0].actor.id == clinic.rosa.person_id


WRONG: dict[str, tuple[Callable[[Screen], Screen], type[ReadingError], str]] = {
    "nothing is said of it": (lambda one: replace(one, cannot_show={}), NotAllowed, "series_not_shown"),
    "no reason": (lambda one: replace(one, not_shown_reason=" \n"), Invalid, "required"),
    "a long reason": (lambda one: replace(one, not_shown_reason="长" * 501), Invalid, "too_long"),
    "what no database holds": (lambda one: replace(one, not_shown_reason="a\0b"), Invalid, ""),
    "another case's series": (
        lambda one: replace(one, cannot_show={**one.cannot_show, "1.9": FailedSeries(fault=Fault.DAMAGED)}),
        Invalid,
        "unknown_series",
    ),
    "a series without pictures": (
        lambda one: replace(one, cannot_show={**one.cannot_show, DOSE: FailedSeries(fault=Fault.UNSUPPORTED)}),
        Invalid,
        "unknown_series",
    ),
    "a series that was shown": (
        lambda one: replace(one, cannot_show={**one.cannot_show, SHOWN: FailedSeries(fault=Fault.DAMAGED)}),
        Invalid,
        "shown_as_well",
    ),
    "more pictures than it has": (
        lambda one: replace(one, cannot_show={VIDEO: FailedSeries(fault=Fault.DAMAGED, pictures=FRAMES + 1)}),
        Invalid,
        "too_many_pictures",
    ),
    "another one was not shown": (lambda one: replace(one, series={}), NotAllowed, "series_not_shown"),
    "one picture of many was shown": (
        lambda one: replace(one, series={SHOWN: 1, VIDEO: 1}, cannot_show={}),
        NotAllowed,
        "series_not_shown",
    ),
    "one picture failed, and the others were not shown": (
        lambda one: replace(one, cannot_show={VIDEO: FailedSeries(fault=Fault.DAMAGED, pictures=1)}),
        NotAllowed,
        "series_not_shown",
    ),
    "a series was not needed, where the rule wants every one looked at": (
        lambda one: replace(one, cannot_show={VIDEO: FailedSeries(fault=Fault.NOT_NEEDED)}),
        NotAllowed,
        "every_series_is_looked_at",
    ),
}


@pytest.mark.parametrize("wrong", WRONG)
def test_it_is_no_way_around_looking(engine: Engine, now: datetime, wrong: str) -> None:
    change, error, word = WRONG[wrong]
    with transaction(engine) as tx:
        clinic = open_clinic(tx, now)
        case = with_a_video(tx, clinic, now)

        with pytest.raises(error) as refused:
            sign(tx, clinic, clinic.ada, case.id, now, change(without_the_video(tx, case.id)))
        assert word in str(refused.value)
        assert versions.of_case(tx, case.id) == []


def test_a_series_that_was_not_needed_is_signed_with_a_reason_where_the_rule_lets_it(
    engine: Engine, now: datetime
) -> None:
    rules = {**UNSAMPLED, "rules": [{**rule, "may_leave_series": True} for rule in UNSAMPLED["rules"]]}
    left = {VIDEO: FailedSeries(fault=Fault.NOT_NEEDED, pictures=FRAMES - 1)}
    with transaction(engine) as tx:
        clinic = open_clinic(tx, now, rules)
        case = with_a_video(tx, clinic, now)
        screen = replace(without_the_video(tx, case.id, failed=left), series={SHOWN: 1, VIDEO: 1})
        sign(tx, clinic, clinic.ada, case.id, now, screen)
        unseen = seen_on_the_desk(tx, clinic, clinic.ada, case.id, now)[SigningRole.AUTHOR]

        assert [(one.series_uid, one.fault, one.pictures) for one in unseen.series] == [
            (VIDEO, Fault.NOT_NEEDED, FRAMES - 1)
        ]
        assert unseen.reason == REASON


def test_all_pictures_of_a_series_are_the_whole_series(engine: Engine, now: datetime) -> None:
    every = {VIDEO: FailedSeries(fault=Fault.DAMAGED, pictures=FRAMES)}
    with transaction(engine) as tx:
        clinic = open_clinic(tx, now)
        case = with_a_video(tx, clinic, now)
        sign(tx, clinic, clinic.ada, case.id, now, without_the_video(tx, case.id, failed=every))
        (series,) = seen_on_the_desk(tx, clinic, clinic.ada, case.id, now)[SigningRole.AUTHOR].series

        assert (series.fault, series.pictures) == (Fault.DAMAGED, None)


def test_an_object_without_pictures_holds_nobody_up(engine: Engine, now: datetime) -> None:
    with transaction(engine) as tx:
        clinic = open_clinic(tx, now)
        case = with_a_video(tx, clinic, now)
        found = image_set.image_set(tx, [STUDY])

        assert found.to_see == {SHOWN: 1, VIDEO: FRAMES}
        assert sign(tx, clinic, clinic.ada, case.id, now, shown(tx, case.id))
        assert not any(one.action == Action.REPORT_NOT_SHOWN for one in events_about(tx, "case", case.id))


def test_a_verifier_and_a_reviewer_say_it_for_themselves(engine: Engine, now: datetime) -> None:
    some = {VIDEO: FailedSeries(fault=Fault.DAMAGED, pictures=2)}
    with transaction(engine) as tx:
        clinic = open_clinic(tx, now)
        case = with_a_video(tx, clinic, now, modality="CT")
        sign(tx, clinic, clinic.rosa, case.id, now, without_the_video(tx, case.id))
        lease = take(tx, clinic, clinic.vera, case.id, now)
        as_vera = Context(tx, clinic.audit, now, clinic.vera)
        with pytest.raises(NotAllowed):
            signatures.verify(
                as_vera,
                clinic.seal,
                case.id,
                content=None,
                screen=replace(shown(tx, case.id), series={SHOWN: 1}),
                lease_revision=lease,
            )
        signatures.verify(
            as_vera,
            clinic.seal,
            case.id,
            content=None,
            screen=replace(without_the_video(tx, case.id, failed=some), series={SHOWN: 1, VIDEO: FRAMES - 2}),
            lease_revision=lease,
        )
        lease = take(tx, clinic, clinic.ben, case.id, now)
        review.review(
            Context(tx, clinic.audit, now, clinic.ben),
            clinic.seal,
            case.id,
            outcome=Outcome.AGREE,
            score=None,
            comment="",
            content=None,
            screen=shown(tx, case.id),
            lease_revision=lease,
        )
        unseen = seen_on_the_desk(tx, clinic, clinic.ada, case.id, now)

        assert len(versions.of_case(tx, case.id)) == 1
        assert {role: [(one.fault, one.pictures) for one in found.series] for role, found in unseen.items()} == {
            SigningRole.AUTHOR: [(Fault.UNSUPPORTED, None)],
            SigningRole.VERIFIER: [(Fault.DAMAGED, 2)],
            SigningRole.REVIEWER: [],
        }
        assert state(tx, case.id) is State.FINAL


def test_an_addendum_says_it_too(engine: Engine, now: datetime) -> None:
    with transaction(engine) as tx:
        clinic = open_clinic(tx, now)
        case = with_a_video(tx, clinic, now)
        final = sign(tx, clinic, clinic.ada, case.id, now, without_the_video(tx, case.id))
        ctx = Context(tx, clinic.audit, now, clinic.ada)

        with pytest.raises(NotAllowed):
            signatures.addendum(
                ctx, clinic.seal, final, content=NORMAL, screen=replace(shown(tx, case.id), series={SHOWN: 1})
            )
        added = signatures.addendum(ctx, clinic.seal, final, content=NORMAL, screen=without_the_video(tx, case.id))
        assert seen_on_the_desk(tx, clinic, clinic.ada, case.id, now)[SigningRole.AUTHOR].reason == REASON
        assert added.id != final


def test_late_images_that_change_nothing_are_confirmed_with_the_reason(engine: Engine, now: datetime) -> None:
    with transaction(engine) as tx:
        clinic = open_clinic(tx, now)
        case = arrive(tx, clinic, STUDY, now)
        read(tx, clinic, clinic.ada, case.id, now)
        video = {"series_uid": VIDEO, "series_number": 2, "modality": "XC"}
        study = another_image(tx, clinic, STUDY, 2, now, **video)
        intake.take_in(Context(tx, clinic.audit, now, SYSTEM), KEYS, study)
        arrival_end.end_arriving(tx, now + timedelta(minutes=1), 60)
        ctx = Context(tx, clinic.audit, now, clinic.ada)
        revision = follow_up_answer.claim(ctx, case.id).revision
        unseen = replace(shown(tx, case.id), series={SHOWN: 1})
        with pytest.raises(NotAllowed):
            follow_up_answer.no_change(ctx, case.id, screen=unseen, comment="", revision=revision)
        follow_up_answer.no_change(
            ctx, case.id, screen=without_the_video(tx, case.id), comment="同前", revision=revision
        )
        (line,) = desk.detail(ctx, case.id).confirmations

        assert line.confirmation.comment == "同前"
        assert [one.series_uid for one in line.unseen.series] == [VIDEO]
        assert line.confirmation.not_shown == NotShown(
            series={VIDEO: FailedSeries(fault=Fault.UNSUPPORTED)}, reason=REASON
        )
        assert desk.detail(Context(tx, clinic.audit, now, clinic.tang), case.id).confirmations == ()
