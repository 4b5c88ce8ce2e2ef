"""The ledger of a case in full, on a real database."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from sqlalchemy.engine import Connection, Engine

from reading import tables
from reading.audit import SYSTEM
from reading.cases import cases
from reading.cases.cases import Case
from reading.completeness import account as completeness
from reading.completeness import announcements, ledger
from reading.completeness.account import Account, How
from reading.completeness.announcements import Named
from reading.context import Context
from reading.errors import Invalid
from reading.intake import arrival_end, intake
from reading.kinds import Priority
from reading.reports import versions
from reading.signing import signatures
from reading.signing.basis import basis_of
from storage.database import transaction
from storage.tables import holding, quarantine
from tests.reading.clinic import NORMAL, Clinic, another_image, open_clinic, send, shown, take
from tests.reading.region import KEYS

STUDY = "1.1"
MINUTE = timedelta(minutes=1)


def named(*numbers: int, series: str = f"{STUDY}.1") -> list[Named]:
    return [Named(series_uid=series, sop_instance_uid=f"{STUDY}.1.{number}") for number in numbers]


def come(tx: Connection, clinic: Clinic, now: datetime, *numbers: int) -> Case:
    """Images of series 1 by number, and the case taken in."""
    for number in numbers:
        study = send(
            tx,
            clinic,
            STUDY,
            now,
            sop_instance_uid=f"{STUDY}.1.{number}",
            series_number=1,
            instance_number=number,
            received_digest=bytes([number]) * 32,
        )
    return intake.take_in(Context(tx, clinic.audit, now, SYSTEM), KEYS, study)


def images(account: Account) -> list[tuple[int, int]]:
    return [(run.first.number, run.last.number) for run in account.missing]


def test_several_words_count_together_and_name_what_none_of_them_saw_arrive(engine: Engine, now: datetime) -> None:
    with transaction(engine) as tx:
        clinic = open_clinic(tx, now)
        case = come(tx, clinic, now, 1, 2, 9)
        announcements.announce_named(tx, STUDY, "mpps", named(1, 2, 3), now)
        announcements.announce_named(tx, STUDY, "commitment", named(1, 2, series=""), now)
        announcements.announce_named(tx, STUDY, "commitment", named(4, series=""), now + MINUTE)
        account = completeness.of_case(tx, case)

    # Image 9, which nobody announced, stands for none of those that are missing.
    assert (account.progress.arrived, account.progress.expected, account.progress.missing) == (3, 5, 2)
    assert images(account) == [(3, 4)]
    assert [word.source for word in account.words] == ["mpps", "commitment", "commitment"]
    assert not account.progress.complete


def test_the_newest_word_about_one_thing_counts_and_the_same_again_is_not_written(
    engine: Engine, now: datetime
) -> None:
    with transaction(engine) as tx:
        clinic = open_clinic(tx, now)
        come(tx, clinic, now, 1, 2)
        announcements.announce_named(tx, STUDY, "mpps", named(1, 2, 3), now, about="1.9.1")
        announcements.announce_named(tx, STUDY, "mpps", named(1, 2), now + MINUTE, about="1.9.1")
        first = ledger.expected(tx, [STUDY])
        announcements.announce_named(tx, STUDY, "mpps", named(1, 2), now + 2 * MINUTE, about="1.9.1")
        announcements.announce_named(tx, STUDY, "mpps", named(7), now + 2 * MINUTE, about="1.9.2")
        written = len(tx.execute(tables.announcement.select()).all())

        assert first == 2
        assert written == 3
        assert ledger.expected(tx, [STUDY]) == 3


def test_a_word_of_another_site_about_a_study_never_counts_whatever_it_sent_of_it(
    engine: Engine, now: datetime
) -> None:
    with transaction(engine) as tx:
        clinic = open_clinic(tx, now)
        case = come(tx, clinic, now, 1, 2)
        device = _device(tx, clinic.region.moor.id, now)
        announcements.announce_named(tx, STUDY, "manifest", named(1, 2, 3), now, device_id=device)
        before = completeness.of_case(tx, case)
        _shares(tx, clinic.region.moor.id, device, now)
        after = completeness.of_case(tx, case)

    assert (before.progress.expected, before.words) == (None, ())
    assert (after.progress.expected, after.words) == (None, ())


def test_what_lies_in_quarantine_is_missing_and_said_to_be_held(engine: Engine, now: datetime) -> None:
    with transaction(engine) as tx:
        clinic = open_clinic(tx, now)
        case = come(tx, clinic, now, 1)
        announcements.announce_named(tx, STUDY, "mpps", named(1, 2), now)
        tx.execute(
            quarantine.insert().values(
                id="01KZZZZZZZZZZZZZZZZZZZZZZZ",
                reason="conflict",
                sop_instance_uid=f"{STUDY}.1.2",
                size=1,
                digest=b"0" * 32,
                received_at=now,
            )
        )
        (run,) = completeness.of_case(tx, case).missing

    assert run.held


def test_gaps_are_a_hint_that_makes_nothing_incomplete_and_goes_when_somebody_knows(
    engine: Engine, now: datetime
) -> None:
    with transaction(engine) as tx:
        clinic = open_clinic(tx, now)
        case = come(tx, clinic, now, 1, 3)
        arrival_end.end_arriving(tx, now + MINUTE, 60)
        hinted = completeness.of_case(tx, cases.by_id(tx, case.id))
        announcements.announce_named(tx, STUDY, "mpps", named(1, 3), now)
        known = completeness.of_case(tx, cases.by_id(tx, case.id))

    gaps = [run.first.number for run in hinted.seems_missing]
    assert (hinted.progress.complete, hinted.missing, gaps) == (True, (), [2])
    assert (known.progress.complete, known.seems_missing) == (True, ())


@pytest.mark.parametrize(
    ("announced", "came", "after", "how", "missing"),
    [
        ((1, 2), (1, 2), timedelta(0), How.PROOF, []),
        ((1, 2, 3), (1, 3), timedelta(0), None, []),
        ((1, 2, 3), (1, 3), timedelta(seconds=60), How.QUIET, [(2, 2)]),
        ((1, 2), (1, 2, 3), timedelta(0), None, []),  # more than was announced: who knows what else comes
        ((), (1, 2), timedelta(0), None, []),
    ],
)
def test_proof_ends_arriving_at_once_and_silence_later(
    engine: Engine,
    now: datetime,
    *,
    announced: tuple[int, ...],
    came: tuple[int, ...],
    after: timedelta,
    how: How | None,
    missing: list[tuple[int, int]],
) -> None:
    with transaction(engine) as tx:
        clinic = open_clinic(tx, now)
        if announced:
            announcements.announce_named(tx, STUDY, "mpps", named(*announced), now)
        case = come(tx, clinic, now, *came)
        arrival_end.end_arriving(tx, now + after, 60)
        ends = completeness.ends_of(tx, case.id)

        assert cases.by_id(tx, case.id).arriving is (how is None)
        assert [end.how for end in ends] == ([] if how is None else [how])
        assert [(run.first.number, run.last.number) for end in ends for run in end.names] == missing


def test_the_longest_time_ends_a_strokes_arriving_regardless_and_names_the_missing(
    engine: Engine, now: datetime
) -> None:
    longest = now + timedelta(minutes=5)
    with transaction(engine) as tx:
        clinic = open_clinic(tx, now)
        announcements.announce_named(tx, STUDY, "mpps", named(1, 2, 3, 4), now)
        case = come(tx, clinic, now, 1)
        cases.change(tx, case, priority=Priority.EMERGENCY, rule="emergency")
        come(tx, clinic, longest - timedelta(seconds=1), 3)
        before = completeness.of_case(tx, cases.by_id(tx, case.id))
        arrival_end.end_arriving(tx, longest - timedelta(seconds=1), 60)
        still = cases.by_id(tx, case.id).arriving
        arrival_end.end_arriving(tx, longest, 60)
        (end,) = completeness.ends_of(tx, case.id)

    assert before.ends_by == longest
    assert still
    assert (end.how, end.arrived, end.missing) == (How.LONGEST, 2, 2)
    assert [(run.first.number, run.last.number) for run in end.names] == [(2, 2), (4, 4)]


def test_what_comes_an_hour_later_arrives_anew_with_a_longest_time_of_its_own(engine: Engine, now: datetime) -> None:
    later = now + timedelta(hours=1)
    with transaction(engine) as tx:
        clinic = open_clinic(tx, now)
        case = come(tx, clinic, now, 1)
        arrival_end.end_arriving(tx, now + MINUTE, 60)
        come(tx, clinic, later, 2)
        ended = arrival_end.end_arriving(tx, later + timedelta(seconds=1), 60)
        arriving = cases.by_id(tx, case.id)

        assert ended == 0
        assert arriving.arriving
        assert completeness.ends_by(tx, arriving) == later + timedelta(minutes=30)


def test_an_emergency_is_claimed_and_signed_from_its_first_image_and_the_reason_is_kept(
    engine: Engine, now: datetime
) -> None:
    with transaction(engine) as tx:
        clinic = open_clinic(tx, now)
        announcements.announce_named(tx, STUDY, "mpps", named(1, 2), now)
        case = come(tx, clinic, now, 1)
        cases.change(tx, case, priority=Priority.EMERGENCY, rule="emergency")
        lease = take(tx, clinic, clinic.ada, case.id, now)
        held = cases.by_id(tx, case.id)

        def sign(reason: str) -> str:
            return signatures.sign(
                Context(tx, clinic.audit, now, clinic.ada),
                clinic.seal,
                case.id,
                content=NORMAL,
                screen=shown(tx, case.id, reason),
                draft_revision=0,
                lease_revision=lease,
            ).incomplete_reason

        with pytest.raises(Invalid) as refused:
            sign("")
        kept = sign("等不及第二幅")

        assert held.arriving
        assert (refused.value.field, refused.value.problem) == ("incomplete_reason", "required")
        assert kept == "等不及第二幅"
        assert versions.final(tx, case.id) is not None


def test_a_reason_is_asked_where_an_announced_image_lacks_though_the_numbers_agree(
    engine: Engine, now: datetime
) -> None:
    with transaction(engine) as tx:
        clinic = open_clinic(tx, now)
        announcements.announce_named(tx, STUDY, "mpps", named(1, 2), now)
        case = come(tx, clinic, now, 1, 3)
        arrival_end.end_arriving(tx, now + MINUTE, 60)

        with pytest.raises(Invalid):
            basis_of(tx, cases.by_id(tx, case.id), shown(tx, case.id))


def test_words_that_came_true_are_not_looked_up_again_and_stay_true(engine: Engine, now: datetime) -> None:
    with transaction(engine) as tx:
        clinic = open_clinic(tx, now)
        announcements.announce_named(tx, STUDY, "mpps", named(1, 2), now)
        come(tx, clinic, now, 1)
        early = announcements.of_each_study(tx, [STUDY])[STUDY]
        come(tx, clinic, now, 2)
        late = announcements.of_each_study(tx, [STUDY])[STUDY]

    assert [word.fulfilled for word in early] == [False]
    assert [word.fulfilled for word in late] == [True]


def test_a_retake_makes_two_studies_whose_missing_are_told_apart(engine: Engine, now: datetime) -> None:
    with transaction(engine) as tx:
        clinic = open_clinic(tx, now)
        case = come(tx, clinic, now, 1)
        send(tx, clinic, "1.2", now)
        cases.join_study(tx, case.id, "1.2", now + MINUTE)
        another_image(tx, clinic, "1.2", 2, now)
        announcements.announce_named(tx, "1.2", "mpps", [Named(series_uid="1.2.1", sop_instance_uid="1.2.1.3")], now)
        account = completeness.of_case(tx, case)

    assert account.studies == 2
    assert account.progress.expected is None  # nobody has said anything of the first
    assert [run.study for run in account.missing] == [2]


def _device(tx: Connection, site_id: str, now: datetime) -> str:
    made = "01KZZZZZZZZZZZZZZZZZZZZZZD"
    tx.execute(
        tables.device.insert().values(
            id=made, ae_title="DR_MOOR", network="10.0.0.0/8", site_id=site_id, issuer="MOOR", since=now
        )
    )
    return made


def _shares(tx: Connection, site_id: str, device_id: str, now: datetime) -> None:
    tx.execute(
        holding.insert().values(
            study_uid=STUDY,
            sop_instance_uid=f"{STUDY}.1.1",
            site_id=site_id,
            device_id=device_id,
            received_at=now,
            shared=True,
        )
    )
