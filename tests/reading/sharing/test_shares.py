"""A share opens one study to one site until it ends, by a quality manager, with a reason, and nothing else."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from sqlalchemy.engine import Connection, Engine

from reading import audit
from reading.access import door
from reading.access.act_transaction import acting
from reading.actions import Action
from reading.cases import cases
from reading.context import Context
from reading.errors import Invalid, NotAllowed, NotDone, NotThere, Stale
from reading.kinds import Role
from reading.sharing import shares
from reading.sharing.shares import LONGEST
from reading.signing import withhold
from reading.viewers import PatientViewer, Staff, Viewer
from storage.database import snapshot, transaction
from tests.reading.access.test_visibility import STUDY, machine_of, pias_case, sees_case, sees_study
from tests.reading.clinic import Clinic, arrive, open_clinic, read
from tests.reading.region import hire

WEEK = timedelta(days=7)
NOBODY = "01KZZZZZZZZZZZZZZZZZZZZZZZ"


@pytest.fixture
def clinic(engine: Engine, now: datetime) -> Clinic:
    """A clinic with two studies of Pia's at Hills."""
    with transaction(engine) as tx:
        made = open_clinic(tx, now)
        pias_case(tx, made, now)
        arrive(tx, made, "1.9", now, patient_id="P1")
    return made


def shares_with_moor(tx: Connection, clinic: Clinic, now: datetime, who: Staff | None = None, **changed: object) -> str:
    asked = {"site_code": "moor", "until": now + WEEK, "reason": "转诊"} | changed
    return shares.share_study(Context(tx, clinic.audit, now, who or clinic.mona), STUDY, **asked).id  # type: ignore[arg-type]


def test_a_shared_study_is_seen_by_the_other_site_until_its_end_and_nothing_else_is(
    engine: Engine, now: datetime, clinic: Clinic
) -> None:
    with transaction(engine) as tx:
        machine = machine_of(tx, clinic, "moor", now)
        outside = hire(tx, "una", now, (Role.TECHNICIAN, clinic.region.moor))
        others: list[Viewer] = [clinic.quinn, machine, outside]
        before = [sees_study(tx, clinic, viewer, now) for viewer in others]
        share = shares_with_moor(tx, clinic, now)
        shared = [sees_study(tx, clinic, viewer, now) for viewer in others]
        lake = hire(tx, "lena", now, (Role.TECHNICIAN, clinic.region.lake))
        case_id = pias_case_id(tx)

        assert before == [False] * 3
        assert shared == [True] * 3
        assert not sees_study(tx, clinic, lake, now)
        for viewer in others:
            assert not sees_study(tx, clinic, viewer, now, "1.9")
            assert not sees_study(tx, clinic, viewer, now + WEEK)
        assert not sees_case(tx, clinic, clinic.quinn, case_id, now)
        assert shares.shared_here(Context(tx, clinic.audit, now, outside))[0].share.id == share
        assert shares.shared_here(Context(tx, clinic.audit, now, lake)) == []

        shares.end(Context(tx, clinic.audit, now, clinic.mona), share, reason="已会诊")
        assert [sees_study(tx, clinic, viewer, now) for viewer in others] == [False] * 3
        assert shares.shared_here(Context(tx, clinic.audit, now, outside)) == []
        events = audit.events_about(tx, "study", STUDY)
    assert [one.action for one in events if one.details.get("share_id") == share] == [
        Action.STUDY_SHARE_END,
        Action.STUDY_SHARE,
    ]
    assert (Action.STUDY_SHARED, outside.person_id) in {(one.action, one.actor.id) for one in events}


def pias_case_id(tx: Connection) -> str:
    found = cases.of_study(tx, STUDY)
    assert found is not None
    return found.id


def test_only_a_quality_manager_of_the_studys_site_shares_it_and_ends_it(
    engine: Engine, now: datetime, clinic: Clinic
) -> None:
    with transaction(engine) as tx:
        top = hire(tx, "max", now, (Role.QUALITY_MANAGER, clinic.region.city))
        share = shares_with_moor(tx, clinic, now, top)
    for who, refusal in ((clinic.tang, NotAllowed), (clinic.ada, NotAllowed), (clinic.ben, NotAllowed)):
        for act in (
            lambda ctx: shares.share_study(ctx, STUDY, site_code="lake", until=now + WEEK, reason="x"),
            lambda ctx: shares.end(ctx, share, reason="x"),
        ):
            refused(engine, clinic, now, who, act, refusal)
    # Who sees it by a share has no say in it, and opens it to nobody else.
    refused(
        engine,
        clinic,
        now,
        clinic.quinn,
        lambda ctx: shares.share_study(ctx, STUDY, site_code="elm", until=now + WEEK, reason="x"),
        NotAllowed,
    )
    refused(engine, clinic, now, clinic.quinn, lambda ctx: shares.end(ctx, share, reason="x"), NotAllowed)

    with snapshot(engine) as tx:
        denied = [one for one in audit.events_about(tx, "study", STUDY) if one.action == Action.STUDY_SHARE]
    assert {one.outcome for one in denied if one.actor.id == clinic.quinn.person_id} == {"refused"}


def refused(  # noqa: PLR0917
    engine: Engine,
    clinic: Clinic,
    now: datetime,
    who: Staff,
    act: Callable[[Context[Staff]], object],
    by: type[NotDone],
) -> None:
    with pytest.raises(by), acting(engine, clinic.audit, now, who) as ctx:
        act(ctx)


@pytest.mark.parametrize(
    ("changed", "told"),
    [
        ({"reason": " "}, ("reason", "empty")),
        ({"site_code": "hills"}, ("site", "own")),
        ({"site_code": "lake"}, ("site", "shared_already")),
    ],
)
def test_a_share_has_a_reason_and_another_site(
    engine: Engine, now: datetime, clinic: Clinic, changed: dict[str, object], told: tuple[str, str]
) -> None:
    with transaction(engine) as tx:
        shares_with_moor(tx, clinic, now, site_code="lake")
        with pytest.raises(Invalid) as wrong:
            shares_with_moor(tx, clinic, now, **changed)
    assert (wrong.value.field, wrong.value.problem) == told


def test_a_share_ends_within_a_year_and_ends_once(engine: Engine, now: datetime, clinic: Clinic) -> None:
    with transaction(engine) as tx:
        for until in (now, now + LONGEST + timedelta(seconds=1)):
            with pytest.raises(Invalid, match="until"):
                shares_with_moor(tx, clinic, now, until=until)
        with pytest.raises(NotThere):
            shares_with_moor(tx, clinic, now, site_code="nowhere")
        share = shares_with_moor(tx, clinic, now, until=now + LONGEST)
        ctx = Context(tx, clinic.audit, now, clinic.mona)
        shares.end(ctx, share, reason="x")
        with pytest.raises(Stale):
            shares.end(ctx, share, reason="x")
        again = shares_with_moor(tx, clinic, now)
        with pytest.raises(Stale):
            shares.end(Context(tx, clinic.audit, now + WEEK, clinic.mona), again, reason="x")


def test_images_whose_person_is_in_question_are_shared_with_nobody(
    engine: Engine, now: datetime, clinic: Clinic
) -> None:
    with transaction(engine) as tx:
        cases.change(tx, cases.by_id(tx, pias_case_id(tx)), identity="differs")
        with pytest.raises(NotAllowed) as held:
            shares_with_moor(tx, clinic, now)
    assert held.value.rule == "identity_is_open"


def test_a_withheld_study_is_seen_by_nobody_it_was_shared_with(engine: Engine, now: datetime, clinic: Clinic) -> None:
    with transaction(engine) as tx:
        shares_with_moor(tx, clinic, now)
        withhold.withhold(Context(tx, clinic.audit, now, clinic.tang), pias_case_id(tx), why="拍错人")
        assert not sees_study(tx, clinic, clinic.quinn, now)
        assert shares.shared_here(Context(tx, clinic.audit, now, clinic.quinn)) == []
        with pytest.raises(NotThere):
            door.open_study(Context(tx, clinic.audit, now, clinic.quinn), STUDY, Action.STUDY_SHARED)


def test_a_patient_takes_the_consent_back_and_nobody_shares_the_study_until_they_agree_again(
    engine: Engine, now: datetime, clinic: Clinic
) -> None:
    with transaction(engine) as tx:
        share = shares_with_moor(tx, clinic, now)
        case_id = pias_case_id(tx)
        read(tx, clinic, clinic.ada, case_id, now)  # of an examination without a report a patient sees nothing
        patient_id = cases.by_id(tx, case_id).patient_id
        assert patient_id is not None
        pia = PatientViewer(patient_id=patient_id, case_id=None, csrf_token="")
        before = sees_study(tx, clinic, clinic.quinn, now)
        for stranger, why in (
            (PatientViewer(patient_id=NOBODY, case_id=None, csrf_token=""), NotThere),
            (PatientViewer(patient_id=patient_id, case_id=case_id, csrf_token=""), NotAllowed),
        ):
            with pytest.raises(why):
                shares.take_back_consent(Context(tx, clinic.audit, now, stranger), share)
        ended = shares.take_back_consent(Context(tx, clinic.audit, now, pia), share)
        with pytest.raises(Stale):
            shares.take_back_consent(Context(tx, clinic.audit, now, pia), share)
        with pytest.raises(NotAllowed) as refused:
            shares_with_moor(tx, clinic, now)

        after = sees_study(tx, clinic, clinic.quinn, now)
        by_receipt = PatientViewer(patient_id=patient_id, case_id=case_id, csrf_token="")
        with pytest.raises(NotAllowed):
            shares.give_consent_again(Context(tx, clinic.audit, now, by_receipt), share)
        again = shares.give_consent_again(Context(tx, clinic.audit, now, pia), share)
        with pytest.raises(Stale):
            shares.give_consent_again(Context(tx, clinic.audit, now, pia), share)

        assert (before, after, sees_study(tx, clinic, clinic.quinn, now)) == (True, False, True)
        assert again.in_force(now)
        assert (ended.ended_at, ended.ended_by, ended.ended_by_patient) == (now, None, True)
        assert refused.value.rule == "patient_took_consent_back"
