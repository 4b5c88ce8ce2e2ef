"""Putting a study right: the correction, the case that follows it, and the journal beside the segments."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from sqlalchemy.engine import Connection

from reading import attribution, cases, intake, versions
from reading.attribution import Revision
from reading.audit import actor_of
from reading.errors import Invalid
from reading.names import may_be_one
from reading.patients import Patient
from reading.viewers import Staff
from storage import index
from viewer import words
from viewer.office import Office


def put_right(
    tx: Connection,
    office: Office,
    staff: Staff,
    study_uid: str,
    attributes: Mapping[str, str],
    *,
    patient_id: str | None,
    reason: str,
    now: datetime,
) -> Revision:
    """Correct a study that the caller has opened, and whose case follows; `noted` has to follow the commit.

    Raises:
        NotThere: no such study.
        NotAllowed: they have no part in the site's work, or a report that stands has to be withheld first.
        Invalid: an attribute that is not corrected here, or a value that breaks its form.

    """
    made = attribution.correct(
        tx, study_uid, attributes, reason=reason, made_by=staff.person_id, now=now, patient_id=patient_id
    )
    intake.follow_attribution(tx, office.audit, staff, study_uid, now)
    office.audit.record(
        tx,
        actor=actor_of(staff),
        action="study.correct",
        subject_kind="study",
        subject_id=study_uid,
        details={"revision": made.revision},
        now=now,
    )
    return made


def one_person(tx: Connection, case_id: str, patient: Patient) -> None:
    """The images of the case name nobody whose name cannot be the patient's.

    Raises:
        Invalid: they do, and somebody has to say that it is one person all the same.

    """
    studies = (index.study_of(tx, study_uid) for study_uid in cases.study_uids(tx, case_id))
    if any(study is not None and not may_be_one(study.patient_name, patient.name) for study in studies):
        raise Invalid("same_person", "required")


def link(
    tx: Connection, office: Office, staff: Staff, case_id: str, patient: Patient, *, reason: str, now: datetime
) -> list[Revision]:
    """Say whose images a case holds; a study that came without a name takes the patient's, while nothing is signed."""
    unsigned = versions.current(tx, case_id) is None
    made: list[Revision] = []
    for study_uid in cases.study_uids(tx, case_id):
        study = index.study_of(tx, study_uid)
        nameless = study is not None and not words.person_name(study.patient_name)
        made.append(
            put_right(
                tx,
                office,
                staff,
                study_uid,
                _identity(patient) if nameless and unsigned else {},
                patient_id=patient.id,
                reason=reason,
                now=now,
            )
        )
    return made


def noted(office: Office, made: Revision) -> None:
    """Write the correction into the journal, once it is committed."""
    office.note(
        "attribution",
        {
            "study_uid": made.study_uid,
            "revision": made.revision,
            "patient_id": made.patient_id,
            "attributes": dict(made.attributes),
            "reason": made.reason,
            "made_by": made.made_by,
            "made_at": made.made_at.isoformat(),
        },
    )


def _identity(patient: Patient) -> dict[str, str]:
    born = patient.birth_date.strftime("%Y%m%d") if patient.birth_date else ""
    said = {"PatientName": patient.name, "PatientBirthDate": born, "PatientSex": patient.sex}
    return {keyword: str(value) for keyword, value in said.items() if value}
