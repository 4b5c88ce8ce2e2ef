"""The stages of the counter: what each holds, that they are counted as they are listed, and by which indexes."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy.engine import Connection, Engine

from reading.alerts import critical
from reading.context import Context
from reading.desk import stages, township
from reading.desk.stages import Stage
from reading.queue import leases
from reading.signing import printing
from reading.viewers import Staff
from storage.database import transaction
from tests.plans import plans_of, reads_through
from tests.reading.clinic import Clinic, arrive, open_clinic, read, take, verify
from tests.reading.region import pia

DAY = timedelta(days=1)


def _ctx(tx: Connection, clinic: Clinic, staff: Staff, now: datetime) -> Context[Staff]:
    return Context(tx, clinic.audit, now, staff)


def _listed(ctx: Context[Staff], stage: Stage | None) -> list[str]:
    found = township.examinations(ctx, text="", since=ctx.now - DAY, stage=stage)
    return [each.entry.case.id for each in found.listed]


def test_each_stage_holds_what_waits_for_it_and_is_counted_as_listed(engine: Engine, now: datetime) -> None:
    with transaction(engine) as tx:
        clinic = open_clinic(tx, now)
        pia(tx, now)
        stranger = arrive(tx, clinic, "1.1", now, patient_name="Nobody")
        waiting, returned, preliminary, unprinted, done = (
            arrive(tx, clinic, f"1.{number}", now, patient_id="P1", patient_name="Pia") for number in range(2, 7)
        )
        revision = take(tx, clinic, clinic.ada, returned.id, now)
        ada, tang = _ctx(tx, clinic, clinic.ada, now), _ctx(tx, clinic, clinic.tang, now)
        leases.return_to_site(ada, returned.id, revision=revision, why="x")
        read(tx, clinic, clinic.rosa, preliminary.id, now)
        for case in (unprinted, done):
            read(tx, clinic, clinic.rosa, case.id, now)
            final = verify(tx, clinic, clinic.vera, case.id, now)
        printing.print_report(tang, final.id)

        counted, listed = stages.counts(tang, now - DAY), {each: _listed(tang, each) for each in Stage}
        later = _ctx(tx, clinic, clinic.tang, now + stages.WAITS + DAY)
        gone = {each: _listed(later, each) for each in Stage}
        of_a_manager = township.examinations(_ctx(tx, clinic, clinic.mona, now), text="", since=now - DAY)

    assert {stage: set(ids) for stage, ids in listed.items()} == {
        Stage.TO_MATCH: {stranger.id},
        Stage.TO_READ: {stranger.id, waiting.id, preliminary.id},
        Stage.RETURNED: {returned.id},
        Stage.TO_PRINT: {preliminary.id, unprinted.id},
        Stage.DONE: {done.id},
    }
    assert counted == {stage: len(ids) for stage, ids in listed.items()}
    assert [len(gone[each]) for each in Stage] == [1, 3, 1, 0, 0]  # what is open never leaves
    assert (of_a_manager.total, dict(of_a_manager.counts)) == (6, {})


def test_an_alarm_stands_first_and_a_name_is_found_at_every_stage(engine: Engine, now: datetime) -> None:
    with transaction(engine) as tx:
        clinic = open_clinic(tx, now)
        alarm = arrive(tx, clinic, "1.1", now, patient_name="Pia")
        newer = arrive(tx, clinic, "1.2", now + timedelta(minutes=5), patient_name="Pia")
        critical.raise_alert(_ctx(tx, clinic, clinic.ada, now), alarm.id, critical_class="stroke", finding="x")
        tang = _ctx(tx, clinic, clinic.tang, now + timedelta(minutes=6))
        found = township.examinations(tang, text="Pia", since=now, stage=Stage.DONE)

        assert _listed(tang, None) == [alarm.id, newer.id]
        assert [each.entry.case.id for each in found.listed] == [alarm.id, newer.id]


def test_stages_are_counted_without_reading_every_case(engine: Engine, now: datetime) -> None:
    with transaction(engine) as tx:
        clinic = open_clinic(tx, now)
        for number in range(20):
            read(tx, clinic, clinic.rosa, arrive(tx, clinic, f"1.{number}", now).id, now)

    def counted(tx: Connection) -> object:
        return stages.counts(_ctx(tx, clinic, clinic.tang, now), now - DAY)

    plans = plans_of(engine, counted)

    assert [plan for plan in plans if any(reads_through(plan, table) for table in ("case", "printing"))] == []
