"""Images go to the study to which they belong, cases follow, and each step can be taken back."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from sqlalchemy.engine import Connection, Engine

from reading import audit
from reading.alerts import alert_rows, climbing, critical, notices
from reading.alerts import moves as alert_moves
from reading.audit import SYSTEM
from reading.cases import cases, history
from reading.cases.cases import Case
from reading.cases.moves import Move, State
from reading.completeness import ledger
from reading.context import Context
from reading.desk import alert_board
from reading.errors import Invalid, NotAllowed, NotThere
from reading.intake import correction, intake, surgery, surgery_record
from reading.intake.surgery_record import Kind, Surgery
from reading.patients import attribution
from reading.queue import leases
from reading.signing import withhold
from reading.viewers import Staff
from storage.database import transaction
from storage.decisions import placement, placement_changes
from storage.index import queries
from tests.reading.clinic import Clinic, another_image, arrive, open_clinic, read, send, state, take
from tests.reading.region import KEYS, pia


def two_images(tx: Connection, clinic: Clinic, study_uid: str, now: datetime, **known: str) -> Case:
    case = arrive(tx, clinic, study_uid, now, **known)  # type: ignore[arg-type]
    send(tx, clinic, study_uid, now, sop_instance_uid=f"{study_uid}.1.2", received_digest=b"2" * 32, **known)  # type: ignore[arg-type]
    return case


def split(
    tx: Connection, clinic: Clinic, case_id: str, *uids: str, now: datetime, staff: Staff | None = None, **how: object
) -> Surgery:
    asked: dict[str, object] = {"into_case": None, "why": "两人影像混在一起", **how}
    ctx = Context(tx, clinic.audit, now, staff or clinic.mona)
    return surgery.split(ctx, KEYS, case_id=case_id, sop_instance_uids=uids, **asked)  # type: ignore[arg-type]


def merge(tx: Connection, clinic: Clinic, case_id: str, into_case: str, *, now: datetime) -> Surgery:
    return surgery.merge(
        Context(tx, clinic.audit, now, clinic.mona), KEYS, case_id, into_case=into_case, why="同一次检查"
    )


def undo(tx: Connection, clinic: Clinic, made: Surgery, *, now: datetime) -> None:
    surgery.undo(Context(tx, clinic.audit, now, clinic.mona), KEYS, made.case_id, made.id, why="弄错了")


def counts(tx: Connection, *study_uids: str) -> list[int]:
    return [study.instances for uid in study_uids if (study := queries.study_of(tx, uid)) is not None]


def other_case(tx: Connection, made: Surgery) -> Case:
    assert made.other_case_id is not None
    return cases.by_id(tx, made.other_case_id)


def test_a_split_opens_a_case_of_its_own_and_undone_it_is_empty(engine: Engine, now: datetime) -> None:
    with transaction(engine) as tx:
        clinic = open_clinic(tx, now)
        case = two_images(tx, clinic, "1.1", now)
        made = split(tx, clinic, case.id, "1.1.1.2", now=now)
        new = other_case(tx, made)
        (study_uid,) = cases.study_uids(tx, new.id)

        assert (made.kind, made.instances, made.made_by, made.undone_at) == (Kind.SPLIT, 1, "Mona", None)
        assert (new.state, new.site_id, new.modality, new.body_part) == (
            State.WAITING_READ,
            case.site_id,
            "DX",
            "CHEST",
        )
        assert counts(tx, "1.1", study_uid) == [1, 1]
        assert study_uid.startswith("2.25.")
        assert surgery_record.of_case(tx, case.id) == surgery_record.of_case(tx, new.id) == [made]
        undo(tx, clinic, made, now=now + timedelta(minutes=1))
        (undone,) = surgery_record.of_case(tx, case.id)

        assert (undone.undone_by, undone.undone_why) == ("Mona", "弄错了")
        assert counts(tx, "1.1", study_uid) == [2, 0]
        assert state(tx, new.id) is State.EMPTIED
        assert ledger.arrived(tx, ["1.1"]) == 2
        with pytest.raises(NotAllowed, match="undone_before"):
            undo(tx, clinic, made, now=now)
        actions = [event.action for event in audit.events_about(tx, "surgery", made.id)]
        assert actions == ["surgery.undo", "surgery.split"]


def test_the_side_of_a_case_follows_its_images(engine: Engine, now: datetime) -> None:
    with transaction(engine) as tx:
        clinic = open_clinic(tx, now)
        case = arrive(tx, clinic, "1.1", now, body_part="KNEE", laterality="L")
        odd = another_image(tx, clinic, "1.1", 2, now, laterality="R", series_uid="1.1.9")
        intake.take_in(Context(tx, clinic.audit, now, SYSTEM), KEYS, odd)
        both = cases.by_id(tx, case.id).laterality
        made = split(tx, clinic, case.id, "1.1.1.2", now=now)
        apart = cases.by_id(tx, case.id).laterality, other_case(tx, made).laterality
        undo(tx, clinic, made, now=now)

        assert (both, apart, cases.by_id(tx, case.id).laterality) == ("B", ("L", "R"), "B")


def test_corrections_go_with_the_images_and_a_linked_patient_too(engine: Engine, now: datetime) -> None:
    with transaction(engine) as tx:
        clinic = open_clinic(tx, now)
        patient = pia(tx, now)
        case = two_images(tx, clinic, "1.1", now)
        attribution.correct(
            tx,
            "1.1",
            {"PatientName": "Pia^Li", "BodyPartExamined": "ABDOMEN"},
            reason="x",
            made_by=None,
            now=now,
            patient_id=patient.id,
        )
        correction.follow_attribution(Context(tx, clinic.audit, now, clinic.mona), "1.1")
        new = other_case(tx, split(tx, clinic, case.id, "1.1.1.2", now=now))
        (study_uid,) = cases.study_uids(tx, new.id)
        study, latest = queries.study_of(tx, study_uid), attribution.current(tx, study_uid)

        assert new.patient_id == patient.id
        assert study is not None
        assert latest is not None
        assert (study.patient_name, study.attribution_revision) == ("Pia^Li", 1)
        assert latest.attributes == {"PatientName": "Pia^Li", "BodyPartExamined": "ABDOMEN"}


def test_images_go_to_an_examination_that_is_there_also_of_another_person(engine: Engine, now: datetime) -> None:
    with transaction(engine) as tx:
        clinic = open_clinic(tx, now)
        wrong, right = two_images(tx, clinic, "1.1", now), arrive(tx, clinic, "1.2", now)
        made = split(tx, clinic, wrong.id, "1.1.1.1", now=now, into_case=right.id, staff=clinic.tang)

        assert (made.kind, made.other_case_id) == (Kind.MOVE, right.id)
        assert counts(tx, "1.1", "1.2") == [1, 2]
        ada, mona = (Context(tx, clinic.audit, now, staff) for staff in (clinic.ada, clinic.mona))
        raised = critical.raise_alert(ada, wrong.id, critical_class="stroke", finding="!")
        rest = split(tx, clinic, wrong.id, "1.1.1.2", now=now, into_case=right.id)
        assert counts(tx, "1.1", "1.2") == [0, 3]
        assert state(tx, wrong.id) is State.EMPTIED
        assert alert_rows.by_id(tx, raised.id).state is alert_moves.State.LIFTED  # the site could not answer it
        (logged,) = alert_board.log(mona, since=now, until=now + timedelta(days=1)).alerts
        assert (logged.alert.id, len(logged.entry.studies)) == (raised.id, 1)
        undo(tx, clinic, rest, now=now)
        assert state(tx, wrong.id) is State.WAITING_READ
        assert history.moves_of(tx, wrong.id)[-1].move is Move.REFILL


def test_a_study_is_merged_with_what_comes_for_it_later(engine: Engine, now: datetime) -> None:
    with transaction(engine) as tx:
        clinic = open_clinic(tx, now)
        one, other = (
            two_images(tx, clinic, "1.1", now, patient_id="P1"),
            arrive(tx, clinic, "1.2", now, patient_id="P1"),
        )
        made = merge(tx, clinic, one.id, other.id, now=now)
        send(
            tx,
            clinic,
            "1.1",
            now + timedelta(minutes=5),
            patient_id="P1",
            series_uid="1.1.7",
            sop_instance_uid="1.1.7.1",
            received_digest=b"7" * 32,
        )
        arrivals = [study.study_uid for study in queries.arrivals_since(tx, now + timedelta(minutes=5))]

        assert (made.kind, made.instances) == (Kind.MERGE, 2)
        assert state(tx, one.id) is State.EMPTIED
        assert counts(tx, "1.1", "1.2") == [0, 4]
        assert arrivals == ["1.2"]
        with pytest.raises(NotAllowed, match="nothing_shown_here"):
            split(tx, clinic, one.id, "1.1.1.1", now=now)
        undo(tx, clinic, made, now=now)
        assert counts(tx, "1.1", "1.2") == [2, 2]  # the late series was never moved, it came to where it was shown
        assert state(tx, one.id) is State.WAITING_READ


def test_only_one_persons_studies_are_merged(engine: Engine, now: datetime) -> None:
    with transaction(engine) as tx:
        clinic = open_clinic(tx, now)
        patient = pia(tx, now)
        one, other = arrive(tx, clinic, "1.1", now), arrive(tx, clinic, "1.2", now)
        with pytest.raises(Invalid, match="another_person"):
            merge(tx, clinic, one.id, other.id, now=now)
        for case in (one, other):
            cases.change(tx, cases.by_id(tx, case.id), patient_id=patient.id)
        merge(tx, clinic, one.id, other.id, now=now)

        assert counts(tx, "1.1", "1.2") == [0, 2]


def test_studies_under_one_number_that_name_two_persons_are_not_merged(engine: Engine, now: datetime) -> None:
    with transaction(engine) as tx:
        clinic = open_clinic(tx, now)
        one = arrive(tx, clinic, "1.1", now, patient_id="7", patient_name="CHEN^DAHAI", sex="M")
        other = arrive(tx, clinic, "1.2", now, patient_id="7", patient_name="WU^JUN", sex="M")
        with pytest.raises(Invalid, match="another_person"):
            merge(tx, clinic, one.id, other.id, now=now)
        spelled = arrive(tx, clinic, "1.3", now, patient_id="7", patient_name="chen da hai")
        merge(tx, clinic, spelled.id, one.id, now=now)

        assert counts(tx, "1.1", "1.2", "1.3") == [2, 1, 0]


def test_what_was_moved_on_is_not_taken_back_before_that_is(engine: Engine, now: datetime) -> None:
    with transaction(engine) as tx:
        clinic = open_clinic(tx, now)
        case, other = two_images(tx, clinic, "1.1", now), arrive(tx, clinic, "1.2", now)
        first = split(tx, clinic, case.id, "1.1.1.2", now=now)
        second = split(tx, clinic, other_case(tx, first).id, "1.1.1.2", now=now, into_case=other.id)
        with pytest.raises(NotAllowed, match="moved_since"), tx.begin_nested():
            undo(tx, clinic, first, now=now)
        undo(tx, clinic, second, now=now)
        undo(tx, clinic, first, now=now)

        assert counts(tx, "1.1", "1.2") == [2, 1]


def test_images_that_were_withheld_stay_withheld_in_their_new_case(engine: Engine, now: datetime) -> None:
    with transaction(engine) as tx:
        clinic = open_clinic(tx, now)
        case = two_images(tx, clinic, "1.1", now)
        version = read(tx, clinic, clinic.ada, case.id, now)
        with pytest.raises(NotAllowed, match="withhold_first"):
            split(tx, clinic, case.id, "1.1.1.2", now=now)
        withhold.withhold(Context(tx, clinic.audit, now, clinic.ada), case.id, why="两人")
        new = other_case(tx, split(tx, clinic, case.id, "1.1.1.2", now=now))
        (study_uid,) = cases.study_uids(tx, new.id)
        study = queries.study_of(tx, study_uid)

        assert version.image_count == 2
        assert (state(tx, case.id), new.state) == (State.WITHHELD, State.WITHHELD)
        assert study is not None
        assert study.hidden
        withhold.read_again(Context(tx, clinic.audit, now, clinic.mona), new.id, why="已更正")
        assert state(tx, new.id) is State.WAITING_READ
        with pytest.raises(NotAllowed, match="images_have_changed"):
            withhold.restore(Context(tx, clinic.audit, now, clinic.mona), clinic.seal, case.id, why="x")


def test_a_split_off_study_is_no_retake_of_the_case_that_it_left(engine: Engine, now: datetime) -> None:
    with transaction(engine) as tx:
        clinic = open_clinic(tx, now)
        case = two_images(tx, clinic, "1.1", now, patient_id="P1")
        revision = take(tx, clinic, clinic.ada, case.id, now)
        leases.return_to_site(Context(tx, clinic.audit, now, clinic.ada), case.id, revision=revision, why="模糊")
        new = other_case(tx, split(tx, clinic, case.id, "1.1.1.2", now=now))

        assert new.id != case.id
        assert state(tx, case.id) is State.RETURNED


def test_the_site_and_those_who_manage_it_decide(engine: Engine, now: datetime) -> None:
    with transaction(engine) as tx:
        clinic = open_clinic(tx, now)
        for number, staff in enumerate((clinic.tang, clinic.mona), start=1):
            case = two_images(tx, clinic, f"1.{number}", now)
            made = split(tx, clinic, case.id, f"1.{number}.1.2", now=now, staff=staff)
            assert surgery_record.of_case(tx, case.id) == [made]
        case = two_images(tx, clinic, "1.3", now)
        for staff, refusal in ((clinic.ada, NotAllowed), (clinic.ben, NotAllowed), (clinic.quinn, NotThere)):
            with pytest.raises(refusal):
                split(tx, clinic, case.id, "1.3.1.2", now=now, staff=staff)

        assert counts(tx, "1.3") == [2]


def test_what_makes_no_sense_is_refused(engine: Engine, now: datetime) -> None:
    with transaction(engine) as tx:
        clinic = open_clinic(tx, now)
        case, elsewhere = two_images(tx, clinic, "1.1", now), arrive(tx, clinic, "1.5", now, site=clinic.region.lake)
        for uids, how, problem in (
            ((), {}, "unknown"),
            (("1.5.1.1",), {}, "unknown"),
            (("1.1.1.1", "1.1.1.2"), {}, "all"),
            (("1.1.1.1",), {"why": " "}, "required"),
            (("1.1.1.1",), {"into_case": case.id}, "unknown"),
        ):
            with pytest.raises(Invalid, match=problem):
                split(tx, clinic, case.id, *uids, now=now, **how)
        with pytest.raises(NotAllowed, match="another_site"):
            split(tx, clinic, case.id, "1.1.1.1", now=now, into_case=elsewhere.id)
        with pytest.raises(NotThere):
            surgery.undo(Context(tx, clinic.audit, now, clinic.mona), KEYS, case.id, case.id, why="x")
        take(tx, clinic, clinic.ada, case.id, now)
        with pytest.raises(NotAllowed, match="somebody_works_on_it"):
            split(tx, clinic, case.id, "1.1.1.1", now=now)

        assert counts(tx, "1.1", "1.5") == [2, 1]
        assert surgery_record.of_case(tx, case.id) == []


def test_the_changes_of_a_step_make_the_index_again(engine: Engine, now: datetime) -> None:
    with transaction(engine) as tx:
        clinic = open_clinic(tx, now)
        case = two_images(tx, clinic, "1.1", now)
        made = split(tx, clinic, case.id, "1.1.1.2", now=now)
        before = queries.instances_of(tx, ["1.1.1.2"])["1.1.1.2"]
        placement.apply(tx, placement_changes.inverse(made.changes), now)
        placement.apply(tx, placement_changes.from_json(placement_changes.to_json(made.changes)), now)

        assert queries.instances_of(tx, ["1.1.1.2"])["1.1.1.2"] == before


def test_another_image_for_an_emptied_case_is_read(engine: Engine, now: datetime) -> None:
    with transaction(engine) as tx:
        clinic = open_clinic(tx, now)
        case, right = arrive(tx, clinic, "1.1", now), arrive(tx, clinic, "1.2", now)
        split(tx, clinic, case.id, "1.1.1.1", now=now, into_case=right.id)
        assert state(tx, case.id) is State.EMPTIED
        study = another_image(tx, clinic, "1.2", 2, now)
        assert study.instances == 3
        late = send(tx, clinic, "1.1", now, series_uid="1.1.9", sop_instance_uid="1.1.9.1", received_digest=b"9" * 32)
        intake.take_in(Context(tx, clinic.audit, now, SYSTEM), KEYS, late)

        assert state(tx, case.id) is State.WAITING_READ


def test_a_critical_result_goes_on_where_its_images_are_and_comes_back_with_them(engine: Engine, now: datetime) -> None:
    later = now + timedelta(minutes=12)
    with transaction(engine) as tx:
        clinic = open_clinic(tx, now)
        one, two, three = (arrive(tx, clinic, f"1.{number}", now, patient_id="P1") for number in (1, 2, 3))
        ada, ben = Context(tx, clinic.audit, now, clinic.ada), Context(tx, clinic.audit, now, clinic.ben)
        raised = critical.raise_alert(ada, one.id, critical_class="stroke", finding="!")
        climbing.climb(Context(tx, clinic.audit, now + timedelta(minutes=10), SYSTEM))
        steps = [merge(tx, clinic, one.id, two.id, now=later), merge(tx, clinic, two.id, three.id, now=later)]
        there = alert_rows.newest_standing(tx, three.id)
        held = [cases.by_id(tx, each.id).critical for each in (one, two, three)]
        on_the_first = [logged.alert.id for logged in alert_board.of_case(ben, one.id)]
        undo(tx, clinic, steps[1], now=later)
        undo(tx, clinic, steps[0], now=later)
        back = alert_rows.newest_standing(tx, one.id)

        assert there is not None
        assert (there.id, there.level, there.due_at) == (raised.id, 1, raised.due_at)
        assert held == [False, False, True]
        assert on_the_first == [raised.id]
        assert back is not None
        assert (back.id, back.level, back.state) == (raised.id, 1, alert_moves.State.CLIMBING)
        assert [cases.by_id(tx, each.id).critical for each in (one, two, three)] == [True, False, False]


def test_a_critical_result_of_images_of_another_person_is_lifted_aloud_and_raised_again_with_them(
    engine: Engine, now: datetime
) -> None:
    with transaction(engine) as tx:
        clinic = open_clinic(tx, now)
        wrong, right = arrive(tx, clinic, "1.1", now), arrive(tx, clinic, "1.2", now)
        ada = Context(tx, clinic.audit, now, clinic.ada)
        raised = critical.raise_alert(ada, wrong.id, critical_class="stroke", finding="!")
        made = split(tx, clinic, wrong.id, "1.1.1.1", now=now, into_case=right.id)
        lifted = alert_rows.by_id(tx, raised.id)
        told = [one.name for one in notices.of_alerts(tx, [raised.id])[raised.id] if one.kind == "lifted"]
        undo(tx, clinic, made, now=now + timedelta(minutes=1))
        again = alert_rows.newest_standing(tx, wrong.id)

        assert (lifted.state, lifted.ended_why) == (alert_moves.State.LIFTED, "两人影像混在一起")
        assert sorted(told) == ["", "Ada", "Tang"]
        assert again is not None
        assert (again.state, again.finding, again.due_at) == (
            alert_moves.State.RAISED,
            "!",
            now + timedelta(minutes=11),
        )
