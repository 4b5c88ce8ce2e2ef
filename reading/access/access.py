"""The one door to a person's data: who may see what, and the audit event that every look leaves.

The conditions are query shapes, used alike for lists and for single things, so that what is not in
somebody's list cannot be opened by its id either. Whatever may not be seen is `NotThere`.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from reading.actions import Action
from reading.audit import Outcome, actor_of, done_lately
from reading.cases import cases
from reading.cases.cases import Case
from reading.cases.moves import State
from reading.context import Context
from reading.errors import NotThere
from reading.patients import patients
from reading.patients.keys import Keys
from reading.patients.patient_identifiers import Identifier
from reading.patients.patients import Patient
from reading.register.grants import AT_THEIR_SITE, Reach, manages_at_the_top, may_act, reach
from reading.reports import versions
from reading.reports.versions import ReportVersion, Status
from reading.tables import case, case_study, imaging_order, patient, report_version
from reading.viewers import Machine, PatientViewer, Staff, Viewer
from storage.index import quarantine_rows
from storage.index.queries import Held, Scope, Study, UidList, search_studies
from storage.instance_row import is_uid
from storage.tables import quarantine

__all__ = [
    "Machine",
    "PatientViewer",
    "Staff",
    "Viewer",
    "find_patient",
    "list_is_on_record",
    "may_act",
    "open_case",
    "open_concerned_case",
    "open_list",
    "open_order",
    "open_own_reports",
    "open_patient",
    "open_quarantined",
    "open_report",
    "open_reports",
    "open_study",
    "open_study_again",
    "refused",
    "scope",
    "visible_cases",
    "visible_concerned_cases",
    "visible_patients",
    "visible_quarantine",
    "visible_versions",
]

AGAIN: Final = timedelta(minutes=10)
"""The same look by the same viewer within this time is on record already."""
HIDDEN: Final = (State.WITHHELD, State.WITHDRAWN, State.EMPTIED)
"""Cases of these states are seen from above their site alone."""
STRUCK: Final = (Status.WITHHELD, Status.ENTERED_IN_ERROR)
"""Versions that are seen from above their site alone."""
SENT_OUT: Final = (Status.PRELIMINARY, Status.FINAL, Status.SUPERSEDED)
"""Versions that the site which asked for them may see."""


# -- what may be seen, as conditions for lists


def scope(tx: Connection, viewer: Viewer, now: datetime) -> Scope:
    """The studies that ``viewer`` may see: what DICOMweb and C-FIND search in."""
    match viewer:
        case Staff():
            reached = reach(tx, viewer, now)
            return Scope(site_ids=reached.sites, hidden_site_ids=reached.above)
        case Machine():
            return Scope(site_ids=frozenset({viewer.site_id}))
        case PatientViewer():
            theirs = sa.select(case_study.c.study_uid).join(case, case.c.id == case_study.c.case_id)
            return Scope(study_uids=frozenset(tx.scalars(theirs.where(visible_cases(tx, viewer, now)))))


def visible_cases(tx: Connection, viewer: Viewer, now: datetime) -> sa.ColumnElement[bool]:
    """The condition on the table ``case`` that holds for what ``viewer`` may see."""
    match viewer:
        case Staff():
            reached = reach(tx, viewer, now)
            return case.c.site_id.in_(reached.sites) & (case.c.state.not_in(HIDDEN) | case.c.site_id.in_(reached.above))
        case PatientViewer():
            return (
                (case.c.patient_id == viewer.patient_id)
                & case.c.state.not_in(HIDDEN)
                & sa.exists().where(report_version.c.case_id == case.c.id, _released()).correlate(case)
            )
        case Machine():
            return sa.false()


def visible_versions(tx: Connection, viewer: Viewer, now: datetime) -> sa.ColumnElement[bool]:
    """The condition on ``report_version`` joined with its ``case`` that holds for what ``viewer`` may see.

    The place where a reviewer is to be kept from the other reading until they have signed their own, once
    a policy can ask for blind review; no rule does yet.
    """
    seen = visible_cases(tx, viewer, now)
    match viewer:
        case Staff():
            return seen & _versions_for(reach(tx, viewer, now))
        case PatientViewer():
            return seen & _released()
        case Machine():
            return sa.false()


def visible_patients(tx: Connection, viewer: Viewer, now: datetime) -> sa.ColumnElement[bool]:
    """The condition on the table ``patient`` that holds for what ``viewer`` may see."""
    match viewer:
        case Staff():
            sites = reach(tx, viewer, now).sites
            of_a_case = (case.c.patient_id == patient.c.id) & visible_cases(tx, viewer, now)
            of_an_order = (imaging_order.c.patient_id == patient.c.id) & imaging_order.c.site_id.in_(sites)
            return sa.exists().where(of_a_case).correlate(patient) | sa.exists().where(of_an_order).correlate(patient)
        case PatientViewer():
            return patient.c.id == viewer.patient_id
        case Machine():
            return sa.false()


def visible_quarantine(tx: Connection, viewer: Viewer, now: datetime) -> sa.ColumnElement[bool]:
    """The condition on the table ``quarantine`` that holds for what ``viewer`` may see.

    It is for the site that sent it, and for those who manage its quality. What nobody knows the sender of is
    for those who manage an organisation that stands under no other.
    """
    if not isinstance(viewer, Staff):
        return sa.false()
    reached = reach(tx, viewer, now)
    theirs = quarantine.c.site_id.in_(reached.own | reached.managed)
    return theirs | quarantine.c.site_id.is_(None) if manages_at_the_top(tx, viewer) is not None else theirs


def visible_concerned_cases(tx: Connection, viewer: Viewer, now: datetime) -> sa.ColumnElement[bool]:
    """The same for cases that a person has to look at; those who only read them have no part in it."""
    if not isinstance(viewer, Staff):
        return sa.false()
    reached = reach(tx, viewer, now)
    return visible_cases(tx, viewer, now) & case.c.site_id.in_(reached.own | reached.managed)


# -- opening one thing: the permission is asked anew each time, and the look is on record


def open_study(ctx: Context[Viewer], study_uid: str, action: Action) -> Study:
    """A study, as it is shown.

    Raises:
        NotThere: it does not exist, or is not theirs to see.

    """
    study = _study(ctx.tx, ctx.who, study_uid, ctx.now)
    _looked(ctx, action, "study", study_uid)
    return study


def open_study_again(tx: Connection, viewer: Viewer, study_uid: str, action: Action, now: datetime) -> Study | None:
    """The study, when this very look is on record already; else None, and `open_study` is to be called.

    Writes nothing, so that hundreds of frames a second need no writing transaction; the permission is
    asked anew all the same.

    Raises:
        NotThere: it does not exist, or is not theirs to see.

    """
    study = _study(tx, viewer, study_uid, now)
    return study if _on_record(tx, viewer, action, "study", [study_uid], now) else None


def open_case(ctx: Context[Viewer], case_id: str, action: Action) -> Case:
    """A case.

    Raises:
        NotThere: it does not exist, or is not theirs to see.

    """
    row = ctx.tx.execute(
        sa.select(case).where(case.c.id == case_id, visible_cases(ctx.tx, ctx.who, ctx.now))
    ).one_or_none()
    if row is None:
        raise NotThere
    _looked(ctx, action, "case", case_id)
    return cases.from_row(row)


def open_concerned_case(ctx: Context[Viewer], case_id: str, action: Action) -> Case:
    """A case about which somebody has to decide something.

    Raises:
        NotThere: it does not exist, or is not theirs to see.

    """
    seen = visible_concerned_cases(ctx.tx, ctx.who, ctx.now)
    if ctx.tx.scalar(sa.select(case.c.id).where(case.c.id == case_id, seen)) is None:
        raise NotThere
    return open_case(ctx, case_id, action)


def open_quarantined(ctx: Context[Viewer], quarantine_id: str, action: Action) -> Held:
    """Bytes in quarantine.

    Raises:
        NotThere: they do not exist, or are not theirs to see.

    """
    seen = visible_quarantine(ctx.tx, ctx.who, ctx.now)
    found = quarantine_rows.find(ctx.tx, (quarantine.c.id == quarantine_id) & seen, limit=1)
    if not found:
        raise NotThere
    _looked(ctx, action, "quarantine", quarantine_id)
    return found[0]


def open_report(ctx: Context[Viewer], version_id: str, action: Action) -> ReportVersion:
    """A version of a report.

    Raises:
        NotThere: it does not exist, or is not theirs to see (yet, or any longer).

    """
    seen = visible_versions(ctx.tx, ctx.who, ctx.now)
    found = _versions(ctx.tx, (report_version.c.id == version_id) & seen)
    if not found:
        raise NotThere
    _looked(ctx, action, "report", version_id)
    return found[0]


def open_reports(ctx: Context[Viewer], case_id: str, action: Action) -> list[ReportVersion]:
    """The versions of a case that ``viewer`` may see, the oldest first.

    Raises:
        NotThere: the case does not exist, or is not theirs to see.

    """
    open_case(ctx, case_id, action)
    found = _versions(ctx.tx, (report_version.c.case_id == case_id) & visible_versions(ctx.tx, ctx.who, ctx.now))
    _looked_at_each(ctx, action, "report", [version.id for version in found])
    return found


def open_own_reports(ctx: Context[PatientViewer], action: Action, *, limit: int) -> list[ReportVersion]:
    """All of a patient's reports that they may see, the latest examination first: a look at each."""
    rows = ctx.tx.execute(
        sa.select(report_version)
        .join(case, case.c.id == report_version.c.case_id)
        .where(visible_versions(ctx.tx, ctx.who, ctx.now))
        .order_by(case.c.examined_at.desc(), report_version.c.id.desc())
        .limit(limit)
    )
    found = [versions.from_row(row) for row in rows]
    _looked_at_each(ctx, action, "report", [version.id for version in found])
    return found


def open_order(ctx: Context[Staff], order_id: str, action: Action) -> None:
    """An order of a site that they see.

    Raises:
        NotThere: it does not exist, or is not theirs to see.

    """
    sites = reach(ctx.tx, ctx.who, ctx.now).sites
    theirs = (imaging_order.c.id == order_id) & imaging_order.c.site_id.in_(sites)
    if ctx.tx.scalar(sa.select(imaging_order.c.id).where(theirs)) is None:
        raise NotThere
    _looked(ctx, action, "order", order_id)


def open_patient(ctx: Context[Viewer], patient_id: str, action: Action) -> Patient:
    """A patient.

    Raises:
        NotThere: there is none, or nothing of theirs is ``viewer``'s to see.

    """
    seen = visible_patients(ctx.tx, ctx.who, ctx.now)
    found = ctx.tx.scalar(sa.select(patient.c.id).where(patient.c.id == patient_id, seen))
    opened = patients.by_id(ctx.tx, patient_id) if found is not None else None
    if opened is None:
        raise NotThere
    _looked(ctx, action, "patient", patient_id)
    return opened


def find_patient(ctx: Context[Viewer], keys: Keys, identifier: Identifier, *, action: Action) -> Patient:
    """The patient whose card lies on the desk, from whatever site they are known: for those who register people.

    Raises:
        NotThere: nobody's own card, or ``viewer`` registers nobody.

    """
    found = patients.find(ctx.tx, keys, identifier, ctx.now)
    if found is None:
        raise NotThere
    if not isinstance(ctx.who, Staff):
        raise NotThere
    if not any(ctx.who.holds(role) for role in AT_THEIR_SITE):
        raise NotThere
    _looked(ctx, action, "patient", found.id)
    return found


def open_list(ctx: Context[Viewer], action: Action) -> None:
    """A worklist or a search shows many persons at once: a look of its own, on record like any other."""
    _looked(ctx, action, "list", "")


def list_is_on_record(tx: Connection, viewer: Viewer, action: Action, now: datetime) -> bool:
    """Whether this list was opened lately, so that `open_list` has nothing to write."""
    return bool(_on_record(tx, viewer, action, "list", [""], now))


def refused(ctx: Context[Viewer], *, action: Action, subject_kind: str, subject_id: str) -> None:
    """Put a look on record that ended in `NotThere`, in a transaction of its own since that one was rolled back."""
    ctx.record(action=action, subject_kind=subject_kind, subject_id=subject_id, outcome=Outcome.REFUSED)


def _study(tx: Connection, viewer: Viewer, study_uid: str, now: datetime) -> Study:
    if not is_uid(study_uid):
        raise NotThere
    found = search_studies(tx, scope(tx, viewer, now), [("study_uid", UidList((study_uid,)))], limit=1)
    if not found:
        raise NotThere
    return found[0]


def _versions_for(reached: Reach) -> sa.ColumnElement[bool]:
    at_work = case.c.site_id.in_(reached.read | reached.managed)
    asked_for = case.c.site_id.in_(reached.own)
    return (
        (asked_for & report_version.c.status.in_(SENT_OUT))
        | (at_work & report_version.c.status.not_in(STRUCK))
        | case.c.site_id.in_(reached.above)
    )


def _released() -> sa.ColumnElement[bool]:
    return (report_version.c.status == Status.FINAL) & report_version.c.released_at.is_not(None)


def _versions(tx: Connection, condition: sa.ColumnElement[bool]) -> list[ReportVersion]:
    rows = tx.execute(
        sa.select(report_version)
        .join(case, case.c.id == report_version.c.case_id)
        .where(condition)
        .order_by(report_version.c.number)
    )
    return [versions.from_row(row) for row in rows]


def _looked(ctx: Context[Viewer], action: Action, subject_kind: str, subject_id: str) -> None:
    _looked_at_each(ctx, action, subject_kind, [subject_id])


def _looked_at_each(ctx: Context[Viewer], action: Action, subject_kind: str, subject_ids: Sequence[str]) -> None:
    known = _on_record(ctx.tx, ctx.who, action, subject_kind, subject_ids, ctx.now)
    ctx.record_each(
        action=action,
        subject_kind=subject_kind,
        subject_ids=[subject_id for subject_id in subject_ids if subject_id not in known],
    )


def _on_record(  # noqa: PLR0917
    tx: Connection, viewer: Viewer, action: Action, subject_kind: str, subject_ids: Sequence[str], now: datetime
) -> set[str]:
    actor = actor_of(viewer)
    return done_lately(
        tx, actor=actor, action=action, subject_kind=subject_kind, subject_ids=subject_ids, within=AGAIN, now=now
    )
