"""The JSON of the API for cases, versions, alerts and moves."""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime
from typing import Any, TypeAlias

from reading.access.blindness import BlindReading
from reading.alerts.alert_rows import Alert
from reading.alerts.moves import DIFFERING
from reading.cases.history import MoveRow
from reading.checks.finding import Finding
from reading.completeness.follow_ups import FollowUp
from reading.desk.clinical_request import ClinicalRequest
from reading.desk.desk import Act, ConfirmationLine, Detail, ReviewLine, SignedVersion
from reading.desk.entries import Entry, EntryStudy
from reading.desk.other_persons import OtherPerson
from reading.desk.preview import Preview
from reading.desk.unseen import Unseen
from reading.dicom_dates import parse_date
from reading.patients.names import person_name
from reading.reports.versions import Status
from reading.rules.staffing import SEPARATOR
from reading.viewers import Staff
from viewer.views import api_around, completeness
from viewer.views.alerts import UNREACHED, told_name
from viewer.views.report_sheet import examined_doubt, name_in_images, patient_age
from viewer.words import words
from viewer.words.catalogue import Language, text

Json: TypeAlias = dict[str, Any]


def case(entry: Entry, staff: Staff, language: Language) -> Json:
    """One line of the worklist."""
    row, patient = entry.case, entry.patient
    born = parse_date(patient.birth_date)
    review = entry.rule.review.when if entry.rule.review else None
    return {
        "id": row.id,
        "state": row.state,
        "tier": row.tier,
        "step": row.step,
        "arriving": row.arriving,
        "priority": row.priority,
        "identity": row.identity,
        "linked": row.patient_id is not None,
        "modality": row.modality,
        "body_part": row.body_part,
        "laterality": row.laterality,
        "site": {"code": entry.site.code, "name": entry.site.name},
        "patient": {
            "name": patient.registered or person_name(patient.name),
            "name_in_images": name_in_images(entry),
            "differing": list(patient.differing),
            "sex": patient.sex,
            "birth_date": born.isoformat() if born else None,
            "age": patient_age(entry, "UTC", language) or None,
        },
        "studies": [_study(study) for study in entry.studies],
        "images": {
            "arrived": entry.progress.arrived,
            "expected": entry.progress.expected,
            "late": entry.progress.late,
            "held": entry.progress.held,
            "complete": entry.progress.complete,
        },
        "examined_at": row.examined_at.isoformat(),
        "examined_doubt": examined_doubt(entry, language),
        "received_at": row.received_at.isoformat(),
        "due_at": row.due_at.isoformat(),
        "overdue": entry.overdue,
        "holder": None
        if entry.holder is None
        else {
            "name": entry.holder.name,
            "mine": entry.holder.person_id == staff.person_id,
            "expires_at": entry.holder.expires_at.isoformat(),
            "parked": entry.holder.parked,
        },
        "waits_for": None
        if entry.waits_for is None
        else {
            "name": entry.waits_for.name,
            "mine": entry.waits_for.person_id == staff.person_id,
            "until": entry.waits_for.until.isoformat(),
        },
        "skills": row.skills.split(SEPARATOR) if row.skills else [],
        "lacks_skill": entry.lacks_skill,
        "critical": None if entry.alert is None else alert(entry.alert, entry, language),
        "countersign": entry.countersign,
        "follow_up": None if entry.follow_up is None else follow_up(entry.follow_up, staff),
        "prior_count": entry.prior_count,
        "review": review,
        "rule": {
            "name": row.rule,
            "version": entry.policy_version,
            "needs_verifier": entry.rule.needs_verifier,
            "review": review,
        },
        "revision": row.revision,
    }


def preview(found: Preview) -> Json:
    """A look at a case beside the worklist."""
    return {
        "request": request(found.request),
        "why": None if found.why is None else {"move": found.why.move, "words": found.why.words},
        "priors": [
            {
                "id": one.id,
                "examined_at": one.examined_at.isoformat(),
                "modality": one.modality,
                "body_part": one.body_part,
                "laterality": one.laterality,
                "state": one.state,
            }
            for one in found.priors
        ],
        "study_uid": found.study_uid,
    }


def request(found: ClinicalRequest) -> Json:
    """What the clinic wrote."""
    return {"told": found.told, "words": found.words, "asked_by": found.asked_by, "department": found.department}


def detail(found: Detail, staff: Staff, language: Language) -> Json:
    """One case in full."""
    lease, draft = found.lease, found.draft
    return {
        **case(found.entry, staff, language),
        "request": request(found.request),
        "patient_number": found.patient_number,
        "correspondence": [api_around.line(each) for each in found.correspondence],
        "lease": None
        if lease is None
        else {
            "revision": lease.revision,
            "expires_at": lease.expires_at.isoformat(),
            "step": lease.step,
            "parked_at": _iso(lease.parked_at),
            "screen": lease.screen.model_dump(mode="json") if lease.screen else None,
        },
        "draft": None
        if draft is None
        else {"content": draft.content.to_json(), "revision": draft.revision, "saved_at": draft.saved_at.isoformat()},
        "versions": [version(each) for each in found.versions],
        "panel": None if found.panel is None else asdict(found.panel),
        "double_reading": None if found.double_reading is None else {"finality": found.double_reading.finality},
        "of_breasts": found.entry.case.is_of_breasts,
        "readings": [_reading(each) for each in found.readings],
        "dissent": found.dissent,
        "priors": [api_around.prior(each) for each in found.priors],
        "alerts": found.alerts,
        "image_set": found.image_set,
        "series_digests": dict(found.series),
        "to_see": dict(found.to_see),
        "documents": sorted(found.documents),
        "may_leave_series": found.may_leave_series,
        "allowed": [act for act in Act if act in found.allowed],
        "reviews": [_review(each) for each in found.reviews],
        "confirmations": [_confirmation(each) for each in found.confirmations],
        "completeness": completeness.to_json(found.account, language),
        "other_persons": [_other_person(each, language) for each in found.other_persons],
        "sides_differ": None
        if found.sides_differ is None
        else dict(zip(("order", "images"), found.sides_differ, strict=True)),
        "late": found.late,
        "consultations": [
            {"id": one.id, "state": one.state, "question": one.question, "conclusion": one.conclusion}
            for one in found.consultations
        ],
        "critical_classes": [
            {
                "code": one.code,
                "name": words.class_name(one, language),
                "minutes": one.minutes,
                "fits": one.fits(found.entry.case.modality, found.entry.case.body_part),
            }
            for one in found.classes
        ],
    }


def follow_up(row: FollowUp, staff: Staff) -> Json:
    return {
        "opened_at": row.opened_at.isoformat(),
        "due_at": row.due_at.isoformat(),
        "revision": row.revision,
        "holder": None
        if row.held_by is None
        else {
            "name": row.holder_name,
            "mine": row.held_by == staff.person_id,
            "expires_at": _iso(row.held_until),
        },
    }


def version(signed: SignedVersion) -> Json:
    row = signed.version
    return {
        "id": row.id,
        "number": row.number,
        "issue": signed.number,
        "status": row.status,
        "broken": row.broken,
        "content": row.content.to_json(),
        "incomplete_reason": row.incomplete_reason,
        "consultations": list(row.consultations),
        "created_at": row.created_at.isoformat(),
        "released_at": _iso(row.released_at),
        "signatures": [
            {
                "role": each.role,
                "signed_as": each.signed_as,
                "name": each.name,
                "title": each.title,
                "organisation": each.organisation,
                "signed_at": each.signed_at.isoformat(),
                "not_shown": _unseen(each.unseen),
                "confirmed_checks": list(each.confirmed_checks),
            }
            for each in signed.signatures
        ],
    }


def alert(row: Alert, entry: Entry, language: Language) -> Json:
    return {
        "id": row.id,
        "class": row.critical_class,
        "name": words.class_name(entry.alert_named, language) if entry.alert_named else row.critical_class,
        "finding": "\n".join(entry.alert_findings),
        "state": row.state,
        "raised_at": row.raised_at.isoformat(),
        "due_at": row.due_at.isoformat(),
        "told": [told_name(each, language) for each in entry.alert_told if each.kind not in UNREACHED],
        "acknowledged_by": entry.alert_acknowledged_by,
        "acknowledged_at": _iso(row.acknowledged_at),
        "read_back": row.read_back,
        "differs": row.state in DIFFERING,
        "clarified_at": _iso(row.clarified_at),
        "agreed": row.agreed,
        "disposal": row.disposal,
        "disposed_at": _iso(row.disposed_at),
    }


def move(row: MoveRow) -> Json:
    return {
        "number": row.number,
        "move": row.move,
        "from_state": row.from_state,
        "to_state": row.to_state,
        "person": row.person_name,
        "at": row.at.isoformat(),
        "why": row.why,
    }


def _study(study: EntryStudy) -> Json:
    day = parse_date(study.study_date)
    return {
        "study_uid": study.study_uid,
        "study_date": day.isoformat() if day else None,
        "description": study.description,
        "modality": study.modality,
        "accession_number": study.accession_number,
        "instances": study.instances,
        "attribution_revision": study.attribution_revision,
        "erased_at": study.erased_at.isoformat() if study.erased_at else None,
    }


def _reading(one: BlindReading) -> Json:
    """A blind reading; whose it is, the two who confer are told."""
    return {
        "id": one.version.id,
        "role": one.role,
        "proposed": one.version.status is Status.PROPOSED,
        "mine": one.is_theirs,
        "reader": one.reader,
        "withdrawn": one.version.status is Status.WITHDRAWN,
        "broken": one.version.broken,
        "content": one.version.content.to_json(),
        "signed_at": one.version.created_at.isoformat(),
    }


def _review(line: ReviewLine) -> Json:
    row = line.review
    return {
        "reviewer": line.reviewer_name,
        "outcome": row.outcome,
        "score": line.score,
        "awaits_arbitration": row.awaits_arbitration,
        "difference": dict(row.difference),
        "comment": row.comment,
        "at": row.at.isoformat(),
    }


def _confirmation(line: ConfirmationLine) -> Json:
    row = line.confirmation
    return {
        "reader": row.person_name,
        "comment": row.comment,
        "incomplete_reason": row.incomplete_reason,
        "not_shown": _unseen(line.unseen),
        "at": row.at.isoformat(),
    }


def _other_person(image: OtherPerson, language: Language) -> Json:
    born = parse_date(image.said.birth_date)
    return {
        "instance_uid": image.sop_instance_uid,
        "series_uid": image.series_uid,
        "name": person_name(image.said.name) or text(language, "patient-unknown"),
        "sex": image.said.sex,
        "birth_date": born.isoformat() if born else image.said.birth_date,
    }


def check(found: Finding) -> Json:
    """What a check says of a text that is being written."""
    return {
        "check": found.check,
        "severity": found.severity,
        "part": found.part,
        "start": found.start,
        "end": found.end,
        "words": found.words,
        "critical_class": found.critical_class,
    }


def _unseen(unseen: Unseen) -> Json | None:
    """What was not on the screen of somebody who signed; None where everything was."""
    if not unseen.series:
        return None
    return {
        "reason": unseen.reason,
        "series": [
            {
                "series_uid": each.series_uid,
                "modality": each.modality,
                "number": each.number,
                "description": each.description,
                "fault": each.fault,
                "pictures": each.pictures,
            }
            for each in unseen.series
        ],
    }


def _iso(at: datetime | None) -> str | None:
    return at.isoformat() if at else None
