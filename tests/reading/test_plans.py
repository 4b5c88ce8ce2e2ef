"""Claims and lists of cases find what they want by an index, on both databases, however many cases wait."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.engine import Engine

from reading.access import door, visibility
from reading.actions import Action
from reading.context import Context
from reading.desk import worklist
from reading.desk.worklist import Filters
from reading.queue import claiming, next_case, standing
from reading.retention import holds
from reading.viewers import PatientViewer
from storage.database import transaction
from tests.plans import listening, plan_of, plans_of, reads_through
from tests.reading.clinic import arrive, open_clinic


def test_a_claim_looks_at_the_first_cases_of_each_site_only(engine: Engine, now: datetime) -> None:
    with transaction(engine) as tx:
        clinic = open_clinic(tx, now)
        arrive(tx, clinic, "1.1", now)
        ctx = Context(tx, clinic.audit, now, clinic.ada)
        theirs = standing.standing_of(tx, clinic.ada, now)
        values = next_case.parameters(ctx, theirs.desks, theirs)
    claim = next_case.taking(tuple(sorted(theirs.desks)), heads_only=True, emergencies_only=False)

    plan = plan_of(engine, claim, values)

    assert "ix_case_site_id_state_skills_rank_due_at" in plan
    assert not reads_through(plan, "case")


def test_a_claim_puts_no_statement_together_anew(engine: Engine, now: datetime) -> None:
    with transaction(engine) as tx:
        clinic = open_clinic(tx, now)
        arrive(tx, clinic, "1.1", now)
        claiming.claim_next(Context(tx, clinic.audit, now, clinic.ada), None)
        arrive(tx, clinic, "1.2", now)

    with listening(engine) as executed, transaction(engine) as tx:
        assert claiming.claim_next(Context(tx, clinic.audit, now, clinic.ada), None) is not None

    assert executed == []  # the driver runs what was compiled once


def test_lists_of_cases_read_no_table_from_end_to_end(engine: Engine, now: datetime) -> None:
    with transaction(engine) as tx:
        clinic = open_clinic(tx, now)
        arrive(tx, clinic, "1.1", now)
    patient = PatientViewer(patient_id="P" * 26, case_id=None)

    plans = plans_of(engine, lambda tx: worklist.list_cases(tx, clinic.ada, Filters(), limit=50, offset=0, now=now))
    plans += plans_of(engine, lambda tx: visibility.scope(tx, patient, now, Action.REPORT_READ))
    plans += plans_of(engine, lambda tx: door.open_own_reports(Context(tx, clinic.audit, now, patient), limit=10))

    assert len(plans) > 5
    for plan in plans:
        for table in ("case", "case_study", "study", "series", "report_version"):
            assert not reads_through(plan, table), plan


def test_studies_that_are_held_are_found_by_an_index_of_their_own(engine: Engine, now: datetime) -> None:
    with transaction(engine) as tx:
        clinic = open_clinic(tx, now)

    (plan,) = plans_of(engine, lambda tx: holds.standing(tx, 50, [clinic.region.hills.id]))

    assert "ix_study_hold" in plan
