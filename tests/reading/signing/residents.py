"""Scenes of residents: somebody in training at Oak, the policy of one rule, and what is seen of their versions."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from reading.access import visibility
from reading.cases import cases
from reading.context import Context
from reading.kinds import Priority, Role
from reading.orders import orders
from reading.orders.orders import Asked, Order
from reading.reports import versions
from reading.reports.versions import ReportVersion, Status
from reading.rules.first_policy import FIRST_POLICY
from reading.signing import signatures
from reading.tables import case as case_table
from reading.tables import report_version
from reading.viewers import Staff, Viewer
from tests.reading.clinic import ATTENDING, PNEUMONIA, Clinic, take
from tests.reading.region import hire, pia

STROKE = replace(PNEUMONIA, critical_class="stroke")


def ordered(tx: Connection, clinic: Clinic, now: datetime) -> Order:
    """An emergency at Hills."""
    return orders.place(
        tx,
        site_id=clinic.region.hills.id,
        patient_id=pia(tx, now).id,
        modality="DX",
        priority=Priority.EMERGENCY,
        procedures=[Asked(body_part="CHEST", laterality="")],
        reason="",
        ordered_by=None,
        now=now,
    )


def send_back(tx: Connection, clinic: Clinic, case_id: str, now: datetime) -> None:
    """Vera, an attending at Oak, takes it and asks for it to be read again."""
    held = take(tx, clinic, clinic.vera, case_id, now)
    signatures.send_back(Context(tx, clinic.audit, now, clinic.vera), case_id, lease_revision=held, why="再看")


def statuses(tx: Connection, case_id: str) -> list[Status]:
    return [one.status for one in versions.of_case(tx, case_id)]


def rule(**said: object) -> dict[str, object]:
    """A policy of one rule, which asks nobody to verify."""
    last = FIRST_POLICY["rules"][-1]
    return {"rules": [last | {"needs_verifier": False, "exempt_titles": [], "review": None} | said]}


def resident(tx: Connection, clinic: Clinic, now: datetime) -> Staff:
    """In training at Oak, whatever they are elsewhere."""
    return replace(hire(tx, "zoe", now, (Role.RESIDENT, clinic.region.oak)), title=ATTENDING)


def sees(tx: Connection, viewer: Viewer, version: ReportVersion, now: datetime) -> bool:
    found = sa.select(report_version.c.id).join(case_table, case_table.c.id == report_version.c.case_id)
    theirs = visibility.visible_versions(tx, viewer, now)
    return tx.scalar(found.where(report_version.c.id == version.id, theirs)) is not None


def emergency(tx: Connection, case_id: str) -> None:
    cases.change(tx, cases.by_id(tx, case_id), priority=Priority.EMERGENCY)
