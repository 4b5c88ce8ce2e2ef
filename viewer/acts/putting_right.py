"""Putting a study right: the correction, and the case that follows it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy.engine import Connection

from reading.actions import Action
from reading.audit import actor_of
from reading.cases import cases
from reading.cases.cases import Case
from reading.context import Context
from reading.errors import Invalid
from reading.intake import intake
from reading.orders import matching
from reading.orders.orders import Order
from reading.patients import attribution, patients
from reading.patients.attribution import Revision
from reading.patients.names import may_be_one
from reading.patients.patients import Patient
from reading.reports import versions
from reading.viewers import Staff
from storage.index import queries
from viewer.http.office import Office
from viewer.words import words
from viewer.words.catalogue import Language, text


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
    order_id: str | None = None,
    unlinked: bool = False,
) -> Revision:
    """Correct a study that the caller has opened, and whose case follows.

    Raises:
        NotThere: no such study.
        NotAllowed: they have no part in the site's work, or a report that stands has to be withheld first.
        Invalid: an attribute that is not corrected here, or a value that breaks its form.

    """
    made = attribution.correct(
        tx,
        study_uid,
        attributes,
        reason=reason,
        made_by=staff.person_id,
        now=now,
        patient_id=patient_id,
        order_id=order_id,
    )
    intake.follow_attribution(Context(tx, office.audit, now, staff), study_uid, unlinked=unlinked)
    office.audit.record(
        tx,
        actor=actor_of(staff),
        action=Action.STUDY_CORRECT,
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
    studies = (queries.study_of(tx, study_uid) for study_uid in cases.study_uids(tx, case_id))
    if any(study is not None and not may_be_one(study.patient_name, patient.name) for study in studies):
        raise Invalid("same_person", "required")


def link(
    tx: Connection, office: Office, staff: Staff, case_id: str, patient: Patient, *, reason: str, now: datetime
) -> list[Revision]:
    """Say whose images a case holds; a study that came without a name takes the patient's, while nothing is signed."""
    unsigned = versions.current(tx, case_id) is None
    made: list[Revision] = []
    for study_uid in cases.study_uids(tx, case_id):
        study = queries.study_of(tx, study_uid)
        nameless = study is not None and not words.person_name(study.patient_name)
        made.append(
            put_right(
                tx,
                office,
                staff,
                study_uid,
                identity(patient) if nameless and unsigned else {},
                patient_id=patient.id,
                reason=reason,
                now=now,
            )
        )
    return made


def match(
    tx: Connection, office: Office, staff: Staff, case: Case, order: Order, *, same_person: bool, now: datetime
) -> list[Revision]:
    """Say that a case answers an order of its site; what the images leave open is filled in while nothing is signed.

    Raises:
        Invalid: it answers one already; or the images name another person, and nobody says that it is one all the same.
        NotAllowed: see `put_right`.

    """
    patient = patients.by_id(tx, order.patient_id)
    if patient is None or order.site_id != case.site_id or matching.order_of(tx, case.id) is not None:
        raise Invalid("order", "taken")
    if not same_person and matching.names_another(tx, case, patient):
        raise Invalid("same_person", "order")
    unsigned = versions.current(tx, case.id) is None
    made: list[Revision] = []
    for study_uid in cases.study_uids(tx, case.id):
        study = queries.study_of(tx, study_uid)
        filled: dict[str, str] = {}
        if study is not None and unsigned:
            filled = {} if words.person_name(study.patient_name) else identity(patient)
            filled |= {} if study.accession_number.strip() else {"AccessionNumber": order.accession_number}
        made.append(
            put_right(
                tx,
                office,
                staff,
                study_uid,
                filled,
                patient_id=patient.id,
                order_id=order.id,
                reason=text(Language.ZH, "match.reason-names-differ" if same_person else "match.reason"),
                now=now,
            )
        )
    matching.join(tx, cases.lock(tx, case.id), order, now)
    return made


def unmatch(tx: Connection, office: Office, staff: Staff, case: Case, order: Order, *, now: datetime) -> list[Revision]:
    """Take a match back: whose the images are, and what was filled in with it, is as it was before.

    Raises:
        NotAllowed: see `put_right`.

    """
    made: list[Revision] = []
    for study_uid in cases.study_uids(tx, case.id):
        before = _before_match(tx, office, study_uid, order.id, now)
        made.append(
            put_right(
                tx,
                office,
                staff,
                study_uid,
                before.attributes,
                patient_id=before.patient_id or attribution.NOBODY,
                order_id=attribution.NOBODY,
                reason=text(Language.ZH, "match.reason-parted"),
                now=now,
                unlinked=True,
            )
        )
    matching.part(tx, case.id, order)
    return made


@dataclass(frozen=True, kw_only=True)
class _Before:
    patient_id: str | None
    attributes: Mapping[str, str] = field(repr=False)


def _before_match(tx: Connection, office: Office, study_uid: str, order_id: str, now: datetime) -> _Before:
    """What held before a study was given to an order; of an order that the images found themselves, what they say."""
    revisions = attribution.history(tx, study_uid)
    at = len(revisions)
    while at and revisions[at - 1].order_id == order_id:
        at -= 1
    study = queries.study_of(tx, study_uid)
    known = intake.known_by_number(tx, office.keys, study, now) if study is not None else None
    by_number = known.id if known else None
    if at == len(revisions):
        return _Before(patient_id=by_number, attributes={})
    matched, latest = revisions[at], revisions[-1]
    earlier = revisions[at - 1].patient_id if at else None
    # What was corrected again since stays as it was corrected.
    filled = {
        keyword: previous
        for keyword, previous in matched.previous.items()
        if latest.attributes.get(keyword) == matched.attributes.get(keyword)
    }
    return _Before(patient_id=earlier or by_number, attributes=filled)


def identity(patient: Patient) -> dict[str, str]:
    born = patient.birth_date.strftime("%Y%m%d") if patient.birth_date else ""
    said = {"PatientName": patient.name, "PatientBirthDate": born, "PatientSex": patient.sex}
    return {keyword: str(value) for keyword, value in said.items() if value}
