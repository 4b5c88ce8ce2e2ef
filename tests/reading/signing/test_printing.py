"""Printing: the township prints what is valid, and each print is on record with what it was."""

from __future__ import annotations

from datetime import datetime

import pytest
import sqlalchemy as sa
from sqlalchemy.engine import Engine

from reading import audit, tables
from reading.context import Context
from reading.errors import NotAllowed, NotThere
from reading.reports.versions import Status
from reading.signing import printing
from storage.database import transaction
from tests.reading.clinic import PNEUMONIA, arrive, open_clinic, read, verify
from tests.reading.region import KEYS, pia


def test_a_preliminary_report_is_printed_at_once_and_a_superseded_one_no_more(engine: Engine, now: datetime) -> None:
    with transaction(engine) as tx:
        clinic = open_clinic(tx, now)
        case = arrive(tx, clinic, "1.1", now)
        preliminary = read(tx, clinic, clinic.rosa, case.id, now)
        printed = printing.print_report(Context(tx, clinic.audit, now, clinic.tang), preliminary.id)
        final = verify(tx, clinic, clinic.vera, case.id, now, PNEUMONIA)
        printing.print_report(Context(tx, clinic.audit, now, clinic.tang), final.id)
        rows = tx.execute(
            sa.select(tables.printing.c.version_id, tables.printing.c.status, tables.printing.c.person_id)
        ).all()

        assert printed.status is Status.PRELIMINARY
        assert {tuple(row) for row in rows} == {
            (preliminary.id, Status.PRELIMINARY, clinic.tang.person_id),
            (final.id, Status.FINAL, clinic.tang.person_id),
        }
        with pytest.raises(NotAllowed):
            printing.print_report(Context(tx, clinic.audit, now, clinic.tang), preliminary.id)


def test_another_county_prints_nothing(engine: Engine, now: datetime) -> None:
    with transaction(engine) as tx:
        clinic = open_clinic(tx, now)
        case = arrive(tx, clinic, "1.1", now)
        version = read(tx, clinic, clinic.ada, case.id, now)

        for version_id in (version.id, "01K00000000000000000000000"):
            with pytest.raises(NotThere):
                printing.print_report(Context(tx, clinic.audit, now, clinic.quinn), version_id)


def test_the_site_prints_a_receipt_on_record_and_nobody_else_does(engine: Engine, now: datetime) -> None:
    with transaction(engine) as tx:
        clinic = open_clinic(tx, now)
        pia(tx, now)
        case = arrive(tx, clinic, "1.1", now, patient_id="P1")
        printed = printing.print_receipt(Context(tx, clinic.audit, now, clinic.tang), KEYS, case.id)
        with pytest.raises(NotAllowed):
            printing.print_receipt(Context(tx, clinic.audit, now, clinic.ada), KEYS, case.id)
        with pytest.raises(NotThere):
            printing.print_receipt(Context(tx, clinic.audit, now, clinic.quinn), KEYS, case.id)
        events = [event.action for event in audit.events_about(tx, "case", case.id)]

    assert len(printed.code) == 8
    assert events.count("receipt.print") == 1
