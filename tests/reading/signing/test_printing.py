"""Printing: the township prints what is valid, and each print is on record with what it was."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta

import pytest
import sqlalchemy as sa
from sqlalchemy.engine import Engine

from reading import audit, tables
from reading.context import Context
from reading.errors import NotAllowed, NotThere
from reading.reports.versions import Status
from reading.sessions import receipts
from reading.signing import printing
from storage.database import transaction
from storage.ids import new_id
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

        assert (printed.version.status, printed.number, printed.again) == (Status.PRELIMINARY, 1, False)
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
        printed = printing.print_receipt(Context(tx, clinic.audit, now, clinic.tang), KEYS, case.id, sheet=new_id())
        with pytest.raises(NotAllowed):
            printing.print_receipt(Context(tx, clinic.audit, now, clinic.ada), KEYS, case.id, sheet=new_id())
        with pytest.raises(NotThere):
            printing.print_receipt(Context(tx, clinic.audit, now, clinic.quinn), KEYS, case.id, sheet=new_id())
        events = [event.action for event in audit.events_about(tx, "case", case.id)]

    assert printed is not None
    assert (len(printed.code), printed.number) == (8, 1)
    assert events.count("receipt.print") == 1


def test_what_is_printed_again_is_numbered_and_a_button_prints_once(engine: Engine, now: datetime) -> None:
    button, later = new_id(), now + timedelta(minutes=5)
    with transaction(engine) as tx:
        clinic = open_clinic(tx, now)
        version = read(tx, clinic, clinic.rosa, arrive(tx, clinic, "1.1", now).id, now)
        tang, mona = Context(tx, clinic.audit, now, clinic.tang), Context(tx, clinic.audit, later, clinic.mona)
        printing.hand_out(tang, version.id)
        filed = printing.of_versions(tang, [version.id])

        first = printing.print_report(tang, version.id, sheet=button)
        lost = printing.print_report(tang, version.id, sheet=button)
        loaded_again = printing.print_report(Context(tx, clinic.audit, later, clinic.tang), version.id, sheet=button)
        second = printing.print_report(mona, version.id)
        lost_too_late = printing.print_report(mona, version.id, sheet=button)
        kept = printing.of_versions(tang, [version.id])[version.id]

    assert filed == {}
    assert [(each.number, each.again) for each in (first, lost, loaded_again, second, lost_too_late)] == [
        (1, False),
        (1, False),
        (1, True),
        (2, False),
        (1, True),
    ]
    assert (kept.count, kept.last_at, kept.last_by) == (2, later, "Mona")


def test_a_button_of_another_report_prints_nothing(engine: Engine, now: datetime) -> None:
    button = new_id()
    with transaction(engine) as tx:
        clinic = open_clinic(tx, now)
        one, other = (read(tx, clinic, clinic.rosa, arrive(tx, clinic, uid, now).id, now) for uid in ("1.1", "1.2"))
        tang = Context(tx, clinic.audit, now, clinic.tang)
        printing.print_report(tang, one.id, sheet=button)
        unkept = printing.print_report(tang, other.id, sheet=button)
        kept = printing.of_versions(tang, [other.id])

    assert (unkept.again, kept) == (True, {})


def test_two_who_print_at_the_same_time_get_two_numbers(engine: Engine, now: datetime) -> None:
    with transaction(engine) as tx:
        clinic = open_clinic(tx, now)
        version = read(tx, clinic, clinic.rosa, arrive(tx, clinic, "1.1", now).id, now)

    def printed(_: int) -> int:
        with transaction(engine) as tx:
            return printing.print_report(Context(tx, clinic.audit, now, clinic.tang), version.id, sheet=new_id()).number

    with ThreadPoolExecutor(4) as pool:
        numbers = list(pool.map(printed, range(4)))

    assert sorted(numbers) == [1, 2, 3, 4]


def test_a_receipt_is_printed_again_on_purpose_alone(engine: Engine, now: datetime) -> None:
    button = new_id()
    with transaction(engine) as tx:
        clinic = open_clinic(tx, now)
        pia(tx, now)
        case = arrive(tx, clinic, "1.1", now, patient_id="P1")
        tang = Context(tx, clinic.audit, now, clinic.tang)

        first = printing.print_receipt(tang, KEYS, case.id, sheet=button)
        loaded_again = printing.print_receipt(tang, KEYS, case.id, sheet=button)
        stands = first is not None and receipts.by_id(tx, first.receipt_id, now)
        second = printing.print_receipt(tang, KEYS, case.id, sheet=new_id())

    assert (loaded_again, bool(stands)) == (None, True)
    assert second is not None
    assert second.number == 2
