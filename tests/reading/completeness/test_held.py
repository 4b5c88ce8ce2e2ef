"""A case is never called complete while something that a device was told is stored cannot be seen."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from sqlalchemy.engine import Connection, Engine

from reading.completeness import account, announcements, ledger
from reading.completeness.announcements import Named
from reading.context import Context
from reading.desk.entries import entries_of
from reading.errors import Invalid
from reading.intake import arrival_end
from reading.queue import claiming
from reading.reports import drafts
from reading.signing import signatures
from reading.signing.basis import Screen
from storage.database import transaction
from storage.index import quarantine_rows
from storage.index.entry_batch import Batch
from storage.index.known_studies import Known
from storage.quarantine_moves import QuarantineMove
from storage.segments.members import Entry
from storage.tables import quarantine
from tests.plans import plans_of, reads_through
from tests.reading.clinic import NORMAL, Clinic, arrive, open_clinic, send, shown
from tests.storage.instances import place, provenance, row

PIA = {"patient_id": "P1", "patient_name": "Pia"}


def two_are_held(tx: Connection, clinic: Clinic, now: datetime) -> None:
    """Another patient's image under the UID of the study, and other bytes under the UID of its image."""
    send(tx, clinic, "1.1", now, patient_id="P2", patient_name="Paul", sop_instance_uid="1.1.1.2")
    other = replace(row(study_uid="1.1", series_uid="1.1.1", sop_instance_uid="1.1.1.1", issuer="HILLS"), **PIA)
    came = provenance(site_id=clinic.region.hills.id, received_at=now)
    other = replace(other, received_digest=b"9" * 32)
    Batch(tx, [Entry(row=other, place=place(9), provenance=came)], Known()).enter()


def settle(tx: Connection, now: datetime) -> None:
    quarantine_rows.change(tx, quarantine.c.study_uid == "1.1", QuarantineMove.FIND_DUPLICATE, now)


def test_three_were_acknowledged_and_one_is_shown(engine: Engine, now: datetime) -> None:
    with transaction(engine) as tx:
        clinic = open_clinic(tx, now)
        case = arrive(tx, clinic, "1.1", now, **PIA)
        complete = ledger.progress(tx, ["1.1"], arriving=False)
        two_are_held(tx, clinic, now)
        (line,) = entries_of(tx, clinic.tang, [case], now)
        held = account.of_case(tx, case)
        settle(tx, now)
        settled = account.of_case(tx, case)

    assert (complete.held, complete.complete) == (0, True)
    assert (line.progress.held, line.progress.complete) == (2, False)
    assert (held.progress.arrived, held.progress.held, held.progress.complete) == (1, 2, False)
    assert (settled.progress.held, settled.progress.complete) == (0, True)


def test_what_is_held_wants_a_reason_before_a_signature(engine: Engine, now: datetime) -> None:
    with transaction(engine) as tx:
        clinic = open_clinic(tx, now)
        case = arrive(tx, clinic, "1.1", now, **PIA)
        two_are_held(tx, clinic, now)
        ada = Context(tx, clinic.audit, now, clinic.ada)
        claiming.claim(ada, case.id)

        def sign(screen: Screen) -> None:
            draft = drafts.of_case(tx, case.id)
            signatures.sign(
                ada,
                clinic.seal,
                case.id,
                content=NORMAL,
                screen=screen,
                draft_revision=draft.revision if draft else 0,
                lease_revision=1,
            )

        with pytest.raises(Invalid, match="incomplete_reason"):
            sign(shown(tx, case.id))
        sign(shown(tx, case.id, reason="两幅待处理，不影响诊断"))


def test_what_is_held_is_no_proof_that_all_has_come(engine: Engine, now: datetime) -> None:
    with transaction(engine) as tx:
        clinic = open_clinic(tx, now)
        named = [Named(series_uid="1.1.1", sop_instance_uid="1.1.1.1")]
        arrive(tx, clinic, "1.1", now, **PIA)
        announcements.announce_named(tx, "1.1", "mpps", named, now)
        proven = ledger.proven(tx, ["1.1"])
        two_are_held(tx, clinic, now)

        assert (proven, ledger.proven(tx, ["1.1"])) == (True, False)
        arrival_end.end_arriving(tx, now + timedelta(hours=9), 60)
        assert not ledger.progress(tx, ["1.1"], arriving=False).complete


def test_what_another_site_sends_under_the_uid_of_a_study_holds_nothing_up(engine: Engine, now: datetime) -> None:
    with transaction(engine) as tx:
        clinic = open_clinic(tx, now)
        arrive(tx, clinic, "1.1", now, **PIA)
        send(tx, clinic, "1.1", now, site=clinic.region.moor, **PIA, sop_instance_uid="1.1.1.7")

        assert ledger.progress(tx, ["1.1"], arriving=False).complete


def test_what_is_held_is_counted_by_an_index(engine: Engine, now: datetime) -> None:
    with transaction(engine) as tx:
        clinic = open_clinic(tx, now)
        arrive(tx, clinic, "1.1", now, **PIA)
        two_are_held(tx, clinic, now)

    (plan,) = plans_of(engine, lambda tx: ledger.held_of_each(tx, ["1.1"]))

    assert not reads_through(plan, "quarantine"), plan
    assert not reads_through(plan, "study"), plan
