"""Receipts."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

import pytest
import sqlalchemy as sa
from sqlalchemy.engine import Connection, Engine

from reading.audit import SYSTEM, Audit
from reading.cases import cases
from reading.cases.cases import Case
from reading.context import Context
from reading.errors import Invalid, NotThere
from reading.intake import surgery
from reading.intake.intake import take_in
from reading.kinds import Role
from reading.patients.patients import Patient
from reading.sessions import receipts
from reading.sessions.receipts import Printed, Receipt
from reading.tables import receipt
from storage.database import snapshot, transaction
from tests.reading.clinic import arrive, open_clinic
from tests.reading.region import KEYS, hire, make_region, pia, received

WEB: Final = Audit("web")


def printed(tx: Connection, now: datetime) -> tuple[Patient, Case, Printed]:
    region = make_region(tx, now)
    patient = pia(tx, now)
    tang = hire(tx, "tang", now, (Role.TECHNICIAN, region.hills))
    case = take_in(Context(tx, WEB, now, SYSTEM), KEYS, received(tx, region.hills, "1.2.840.1", now))
    return patient, case, receipts.print_receipt(tx, KEYS, case.id, printed_by=tang.person_id, now=now)


def test_a_code_is_its_patients_as_often_as_they_like(engine: Engine, now: datetime) -> None:
    with transaction(engine) as tx:
        patient, case, paper = printed(tx, now)
        assert receipts.by_code(tx, KEYS, [], paper.code, now) is None
        assert receipts.by_code(tx, KEYS, ["somebody else"], paper.code, now) is None
        first = receipts.by_code(tx, KEYS, ["somebody else", patient.id], paper.code, now)
        second = receipts.by_code(tx, KEYS, [patient.id], paper.code, now)

    assert first == second == Receipt(id=paper.receipt_id, case_id=case.id, patient_id=patient.id, by_number=False)


def test_a_code_is_eight_digits_and_nowhere_but_on_the_paper(engine: Engine, now: datetime) -> None:
    with transaction(engine) as tx:
        _, _, paper = printed(tx, now)

    with snapshot(engine) as tx:
        rows = tx.execute(sa.select(receipt)).all()
    assert len(paper.code) == 8
    assert paper.code.isdigit()
    assert paper.code not in repr(paper)
    assert paper.code not in repr([row.code_digest for row in rows])


def test_a_code_ends_after_its_days(engine: Engine, now: datetime) -> None:
    with transaction(engine) as tx:
        patient, _, paper = printed(tx, now)
        assert paper.expires_at == now + timedelta(days=30)
        assert receipts.by_code(tx, KEYS, [patient.id], paper.code, paper.expires_at) is None


def test_a_new_receipt_ends_the_earlier_one_of_the_case(engine: Engine, now: datetime) -> None:
    later = now + timedelta(hours=1)
    with transaction(engine) as tx:
        patient, case, first = printed(tx, now)
        printed_by = tx.scalars(sa.select(receipt.c.printed_by)).one()
        second = receipts.print_receipt(tx, KEYS, case.id, printed_by=printed_by, now=later)
        assert receipts.by_code(tx, KEYS, [patient.id], first.code, later) is None
        assert receipts.by_code(tx, KEYS, [patient.id], second.code, later) is not None


def test_a_code_opens_nothing_once_the_case_is_somebody_elses(engine: Engine, now: datetime) -> None:
    with transaction(engine) as tx:
        patient, case, paper = printed(tx, now)
        cases.change(tx, case, patient_id=None)
        assert receipts.by_code(tx, KEYS, [patient.id], paper.code, now) is None


def test_a_receipt_follows_its_case_into_the_one_it_was_merged_with_and_back(engine: Engine, now: datetime) -> None:
    with transaction(engine) as tx:
        clinic = open_clinic(tx, now)
        patient = pia(tx, now)
        one, other = (arrive(tx, clinic, uid, now, patient_id="P1") for uid in ("1.1", "1.2"))
        paper = receipts.print_receipt(tx, KEYS, one.id, printed_by=clinic.tang.person_id, now=now)
        ctx = Context(tx, clinic.audit, now, clinic.mona)

        def opened() -> str | None:
            found = receipts.by_code(tx, KEYS, [patient.id], paper.code, now)
            return found.case_id if found else None

        merged = surgery.merge(ctx, KEYS, one.id, into_case=other.id, why="同一次检查")
        assert opened() == other.id
        surgery.undo(ctx, KEYS, one.id, merged.id, why="弄错了")
        assert opened() == one.id


def test_there_is_no_receipt_for_nobody_or_nothing(engine: Engine, now: datetime) -> None:
    with transaction(engine) as tx:
        region = make_region(tx, now)
        unknown = take_in(Context(tx, WEB, now, SYSTEM), KEYS, received(tx, region.hills, "1.2.840.1", now))
        with pytest.raises(Invalid) as refused:
            receipts.print_receipt(tx, KEYS, unknown.id, printed_by="tang", now=now)
        with pytest.raises(NotThere):
            receipts.print_receipt(tx, KEYS, "nothing", printed_by="tang", now=now)

    assert (refused.value.field, refused.value.problem) == ("patient", "unknown")
