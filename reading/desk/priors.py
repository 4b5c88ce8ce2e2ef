"""Priors: the earlier cases of the same person."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from reading import tables
from reading.access import visibility
from reading.cases import cases
from reading.cases.cases import Case
from reading.patients.patient_identifiers import never_links
from reading.viewers import Viewer
from storage.tables import study


def prior_cases(tx: Connection, viewer: Viewer, found: Sequence[Case], now: datetime) -> dict[str, list[Case]]:
    """For each case the earlier cases of the same person that ``viewer`` may see, the newest first.

    The same person: the patient who is linked, or the same PatientID of the same issuer.
    """
    keys = _person_keys(tx, [case.id for case in found])
    wanted = {key for each in keys.values() for key in each}
    priors: dict[str, list[Case]] = {case.id: [] for case in found}
    if not wanted:
        return priors
    case, joined = tables.case, tables.case_study
    linked = [value for kind, value, _ in wanted if kind == "patient"]
    device = [(value, issuer) for kind, value, issuer in wanted if kind == "device"]
    # A union, so that each half uses its own index; with OR the database would read every case.
    same = sa.union(
        sa.select(case.c.id).where(case.c.patient_id.in_(linked)),
        sa.select(joined.c.case_id)
        .join(study, study.c.study_uid == joined.c.study_uid)
        .where(sa.tuple_(study.c.patient_id, study.c.issuer).in_(device)),
    )
    rows = tx.execute(
        sa.select(case)
        .where(case.c.id.in_(same), visibility.visible_cases(tx, viewer, now))
        .order_by(case.c.examined_at.desc(), case.c.id.desc())
    ).all()
    others = [cases.from_row(row) for row in rows]
    of_others = _person_keys(tx, [other.id for other in others])
    for one in found:
        priors[one.id] = [
            other
            for other in others
            if other.id != one.id and other.examined_at <= one.examined_at and keys[one.id] & of_others[other.id]
        ]
    return priors


def _person_keys(tx: Connection, case_ids: Sequence[str]) -> dict[str, set[tuple[str, str, str]]]:
    """For each case the keys that identify its person: (kind, value, issuer)."""
    case, joined = tables.case, tables.case_study
    rows = tx.execute(
        sa.select(case.c.id, case.c.patient_id.label("linked"), study.c.patient_id, study.c.issuer)
        .join(joined, joined.c.case_id == case.c.id)
        .join(study, study.c.study_uid == joined.c.study_uid)
        .where(case.c.id.in_(case_ids))
    )
    found: dict[str, set[tuple[str, str, str]]] = {case_id: set() for case_id in case_ids}
    for row in rows:
        if row.linked is not None:
            found[row.id].add(("patient", row.linked, ""))
        if row.issuer and not never_links(row.patient_id):
            found[row.id].add(("device", row.patient_id, row.issuer))
    return found
