"""The one door to a person's data: each look asks for the permission anew and leaves an audit event.

Whatever the viewer may not see is `NotThere`.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from reading.access import guesses, visibility
from reading.access.looks import denied, on_record, record_look, record_looks
from reading.access.report_seals import checked
from reading.actions import Action
from reading.audit import actor_of, done_lately
from reading.cases import cases
from reading.cases.cases import Case
from reading.context import Context, without_door
from reading.errors import NotThere
from reading.patients import patients
from reading.patients.keys import Keys
from reading.patients.names import bare
from reading.patients.patient_identifiers import Identifier
from reading.patients.patients import Patient
from reading.register.grants import REGISTERED_BY, reach
from reading.reports import versions
from reading.reports.versions import ReportVersion
from reading.tables import case, imaging_order, organisation, patient, report_version
from reading.viewers import PatientViewer, Staff, Viewer
from storage.index import quarantine_rows
from storage.index.queries import Held, Study, UidList, search_studies
from storage.instance_row import is_uid
from storage.tables import quarantine

CARD_SHOWN: Final = timedelta(days=1)
"""So long a card that was shown at the counter lets whoever saw it name its patient."""


def open_study(ctx: Context[Viewer], study_uid: str, action: Action) -> Study:
    """A study with its corrections applied.

    Raises:
        NotThere: it does not exist, or is not theirs to see.
        visibility.NoRight: a device has no right to this look, whatever the study.

    """
    try:
        study = _study(ctx.tx, ctx.who, study_uid, ctx.now, action)
    except NotThere:
        raise denied(ctx, action, "study", study_uid if is_uid(study_uid) else "") from None
    record_look(ctx, action, "study", study_uid)
    return study


def open_study_again(tx: Connection, viewer: Viewer, study_uid: str, action: Action, now: datetime) -> Study | None:
    """The study if this look is on record already; None where the caller has to use `open_study`.

    Asks for the permission anew and writes nothing: hundreds of frames a second need no writing transaction.

    Raises:
        NotThere: it does not exist, or is not theirs to see.
        visibility.NoRight: as `open_study`.

    """
    study = _study(tx, viewer, study_uid, now, action)
    return study if on_record(tx, viewer, action, "study", [study_uid], now) else None


def open_case(ctx: Context[Viewer], case_id: str, action: Action) -> Case:
    """A case.

    Raises:
        NotThere: it does not exist, or is not theirs to see.

    """
    return _case(ctx, case_id, action, visibility.visible_cases(ctx.tx, ctx.who, ctx.now))


def open_concerned_case(ctx: Context[Viewer], case_id: str, action: Action) -> Case:
    """A case about which somebody has to decide something.

    Raises:
        NotThere: it does not exist, or is not theirs to see.

    """
    visible = visibility.visible_concerned_cases(ctx.tx, ctx.who, ctx.now)
    if ctx.tx.scalar(sa.select(case.c.id).where(case.c.id == case_id, visible)) is None:
        raise denied(ctx, action, "case", case_id)
    return open_case(ctx, case_id, action)


def open_quarantined(ctx: Context[Viewer], quarantine_id: str, action: Action) -> Held:
    """Bytes in quarantine.

    Raises:
        NotThere: they do not exist, or are not theirs to see.

    """
    visible = visibility.visible_quarantine(ctx.tx, ctx.who, ctx.now)
    found = quarantine_rows.find(ctx.tx, (quarantine.c.id == quarantine_id) & visible, limit=1)
    if not found:
        raise denied(ctx, action, "quarantine", quarantine_id)
    record_look(ctx, action, "quarantine", quarantine_id)
    return found[0]


def open_report(ctx: Context[Viewer], version_id: str, action: Action) -> ReportVersion:
    """A version of a report.

    Raises:
        NotThere: it does not exist, or is not theirs to see (yet, or any longer).

    """
    visible = visibility.visible_versions(ctx.tx, ctx.who, ctx.now)
    found = checked(ctx, _versions(ctx.tx, (report_version.c.id == version_id) & visible))
    if not found or _kept_from(ctx.who, found[0]):
        raise denied(ctx, action, "report", version_id)
    record_look(ctx, action, "report", version_id)
    return found[0]


@without_door("It says whether a report that is on a screen may stay there; the look at it is on record.")
def still_shown(ctx: Context[Viewer], version_id: str) -> None:
    """Check that a version may still be seen.

    Raises:
        NotThere: it may not (any longer).

    """
    if not _versions(
        ctx.tx, (report_version.c.id == version_id) & visibility.visible_versions(ctx.tx, ctx.who, ctx.now)
    ):
        raise NotThere


def open_reports(ctx: Context[Viewer], case_id: str, action: Action) -> list[ReportVersion]:
    """The versions of a case that ``viewer`` may see, the oldest first; also of one that a consultation shows them.

    Raises:
        NotThere: the case does not exist, or is not theirs to see.

    """
    _case(ctx, case_id, action, visibility.cases_in_view(ctx.tx, ctx.who, ctx.now))
    visible = visibility.visible_versions(ctx.tx, ctx.who, ctx.now)
    found = checked(ctx, _versions(ctx.tx, (report_version.c.case_id == case_id) & visible))
    record_looks(ctx, action, "report", [version.id for version in found])
    return found


@dataclass(frozen=True, kw_only=True)
class OwnReport:
    """A report in its patient's list."""

    version: ReportVersion
    modality: str
    body_part: str
    laterality: str
    examined_at: datetime
    site_name: str
    time_zone: str
    """Of the site."""


def open_own_reports(ctx: Context[PatientViewer], *, limit: int) -> list[OwnReport]:
    """The reports that a patient may see, the latest examination first; the list shows the impression of each.

    Each counts as a look; that there is none is a look at the list.
    """
    shown = (case.c.modality, case.c.body_part, case.c.laterality, case.c.examined_at)
    rows = ctx.tx.execute(
        sa.select(report_version, *shown, organisation.c.name.label("site_name"), organisation.c.time_zone)
        .join(case, case.c.id == report_version.c.case_id)
        .join(organisation, organisation.c.id == case.c.site_id)
        .where(visibility.visible_versions(ctx.tx, ctx.who, ctx.now))
        .order_by(case.c.examined_at.desc(), report_version.c.id.desc())
        .limit(limit)
    ).all()
    compared = {each.id: each for each in checked(ctx, [versions.from_row(row) for row in rows])}
    found = [
        OwnReport(
            version=version,
            modality=row.modality,
            body_part=row.body_part,
            laterality=row.laterality,
            examined_at=row.examined_at,
            site_name=row.site_name,
            time_zone=row.time_zone,
        )
        for row in rows
        if not _kept_from(ctx.who, version := compared[row.id])
    ]
    record_looks(ctx, Action.REPORT_LISTED, "report", [each.version.id for each in found])
    if not found:
        open_list(ctx, Action.REPORTS_OPEN)
    return found


def open_awaited_case(ctx: Context[PatientViewer], action: Action) -> Case:
    """The case of the patient's receipt, whose report may not be ready yet.

    Raises:
        NotThere: they came without a receipt; or its case is hidden, or somebody else's by now.

    """
    if ctx.who.case_id is None:
        raise NotThere
    row = ctx.tx.execute(sa.select(case).where(visibility.awaited_cases(ctx.who))).one_or_none()
    if row is None:
        raise NotThere
    record_look(ctx, action, "case", row.id)
    return cases.from_row(row)


def open_order(ctx: Context[Staff], order_id: str, action: Action) -> None:
    """An order of a site that they see.

    Raises:
        NotThere: it does not exist, or is not theirs to see.

    """
    sites = reach(ctx.tx, ctx.who, ctx.now).sites
    visible = (imaging_order.c.id == order_id) & imaging_order.c.site_id.in_(sites)
    if ctx.tx.scalar(sa.select(imaging_order.c.id).where(visible)) is None:
        raise denied(ctx, action, "order", order_id)
    record_look(ctx, action, "order", order_id)


def open_patient(ctx: Context[Viewer], patient_id: str, action: Action) -> Patient:
    """A patient.

    Raises:
        NotThere: there is none, or ``viewer`` may see none of their cases and orders.

    """
    visible = visibility.visible_patients(ctx.tx, ctx.who, ctx.now)
    found = ctx.tx.scalar(sa.select(patient.c.id).where(patient.c.id == patient_id, visible))
    opened = patients.by_id(ctx.tx, patient_id) if found is not None else None
    if opened is None:
        raise denied(ctx, action, "patient", patient_id)
    record_look(ctx, action, "patient", patient_id)
    return opened


def open_registered_patient(ctx: Context[Staff], patient_id: str, action: Action) -> Patient:
    """A patient whom one of their own sites registers, or one that they manage: not one for whom they only read.

    It is the record that was asked for, whether or not another one stands for the person.

    Raises:
        NotThere: there is none, or none of these sites registers the person.

    """
    if not _is_registered(ctx, patient_id):
        raise denied(ctx, action, "patient", patient_id)
    return open_patient(ctx, patient_id, action)


def open_numbered_patient(ctx: Context[Staff], number: str, action: Action) -> Patient:
    """The patient with a number of ours: one whom their sites register, or whose card they had at the counter today.

    Raises:
        NotThere: nobody has the number, or it is neither.

    """
    guesses.tried(ctx)
    known = patients.by_number(ctx.tx, number)
    patient_id = known.id if known else ""
    if known is None or not (_is_registered(ctx, patient_id) or _was_at_the_counter(ctx, patient_id)):
        raise denied(ctx, action, "patient", patient_id)
    guesses.right(ctx)
    record_look(ctx, action, "patient", patient_id)
    return known


def find_patient(ctx: Context[Viewer], keys: Keys, identifier: Identifier, *, action: Action) -> Patient:
    """The patient with this identifier, whatever site knows them: for those who register people.

    Raises:
        NotThere: nobody has it, or ``viewer`` registers nobody.

    """
    guesses.tried(ctx)
    found = patients.find(ctx.tx, keys, identifier, ctx.now)
    if found is None or not _registers(ctx.who):
        raise denied(ctx, action, "patient", found.id if found else "")
    record_look(ctx, action, "patient", found.id)
    return found


def find_ward(  # noqa: PLR0917
    ctx: Context[Viewer], keys: Keys, card: Identifier, name: str, birth_date: date | None, action: Action
) -> Patient:
    """The child of this name and birth date whose guardian shows this card: for those who register people.

    Raises:
        NotThere: there is none, or ``viewer`` registers nobody.

    """
    guesses.tried(ctx)
    wards = patients.wards(ctx.tx, keys, card, ctx.now) if _registers(ctx.who) else []
    found = next((one for one in wards if bare(one.name) == bare(name) and one.birth_date == birth_date), None)
    if found is None:
        raise denied(ctx, action, "patient", "")
    record_look(ctx, action, "patient", found.id)
    return found


def open_list(ctx: Context[Viewer], action: Action) -> None:
    """Record a look at a worklist or a search, which shows many persons at once."""
    record_look(ctx, action, "list", "")


def list_is_on_record(tx: Connection, viewer: Viewer, action: Action, now: datetime) -> bool:
    """Whether this list was opened lately, so that `open_list` has nothing to write."""
    return bool(on_record(tx, viewer, action, "list", [""], now))


def _is_registered(ctx: Context[Staff], patient_id: str) -> bool:
    theirs = visibility.registered_patients(ctx.tx, ctx.who, ctx.now)
    return ctx.tx.scalar(sa.select(patient.c.id).where(patient.c.id == patient_id, theirs)) is not None


def _registers(viewer: Viewer) -> bool:
    return isinstance(viewer, Staff) and any(viewer.holds(role) for role in REGISTERED_BY)


def _study(tx: Connection, viewer: Viewer, study_uid: str, now: datetime, action: Action) -> Study:
    if not is_uid(study_uid):
        raise NotThere
    found = search_studies(
        tx, visibility.scope(tx, viewer, now, action), [("study_uid", UidList((study_uid,)))], limit=1
    )
    if not found:
        raise NotThere
    return found[0]


def _case(ctx: Context[Viewer], case_id: str, action: Action, theirs: sa.ColumnElement[bool]) -> Case:
    row = ctx.tx.execute(sa.select(case).where(case.c.id == case_id, theirs)).one_or_none()
    if row is None:
        raise denied(ctx, action, "case", case_id)
    record_look(ctx, action, "case", case_id)
    return cases.from_row(row)


def _kept_from(viewer: Viewer, version: ReportVersion) -> bool:
    """A patient is shown no report that is not what was signed; staff see it marked as such."""
    return isinstance(viewer, PatientViewer) and bool(version.flaws)


def _versions(tx: Connection, condition: sa.ColumnElement[bool]) -> list[ReportVersion]:
    rows = tx.execute(
        sa.select(report_version)
        .join(case, case.c.id == report_version.c.case_id)
        .where(condition)
        .order_by(report_version.c.number)
    )
    return [versions.from_row(row) for row in rows]


def _was_at_the_counter(ctx: Context[Staff], patient_id: str) -> bool:
    """Whether they found or registered this patient by a card, within a day."""
    return any(
        done_lately(
            ctx.tx,
            actor=actor_of(ctx.who),
            action=action,
            subject_kind="patient",
            subject_ids=[patient_id],
            within=CARD_SHOWN,
            now=ctx.now,
        )
        for action in (Action.PATIENT_FIND, Action.PATIENT_REGISTER)
    )
