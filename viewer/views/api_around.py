"""The JSON of what stands around cases: earlier examinations, what people wrote to each other, who is on duty."""

from __future__ import annotations

from typing import Any, TypeAlias

from reading.access.priors import Link
from reading.cases.identity_moves import OPEN_TO_THE_PATIENT
from reading.cases.moves import Move
from reading.desk.correspondence import Line
from reading.desk.desk import Prior
from reading.dicom_dates import parse_date
from reading.patients.names import person_name
from reading.roster.at_work import OnDuty
from reading.viewers import Staff

Json: TypeAlias = dict[str, Any]


def line(said: Line) -> Json:
    kind = "move" if isinstance(said.what, Move) else "thread"
    return {
        "at": said.at.isoformat(),
        "word": f"{kind}.{said.what}",
        "who": said.who,
        "uploaded_by": said.uploaded_by,
        "words": said.words,
        "sides": said.sides,
    }


def prior(found: Prior) -> Json:
    born = parse_date(found.said.birth_date)
    return {
        "found": found.link,
        "confirmed": found.case.identity in OPEN_TO_THE_PATIENT or found.link is Link.NUMBER,
        "patient": {
            "name": person_name(found.said.name),
            "sex": found.said.sex,
            "birth_date": born.isoformat() if born else None,
        },
        "case_id": found.case.id,
        "study_uids": list(found.study_uids),
        "examined_at": found.case.examined_at.isoformat(),
        "modality": found.case.modality,
        "body_part": found.case.body_part,
        "impression": found.impression,
    }


def on_duty(found: OnDuty, staff: Staff) -> Json:
    """Somebody who is on duty where a reader works."""
    return {
        "name": found.slot.name,
        "step": found.slot.step,
        "until": found.slot.until.isoformat(),
        "mine": found.slot.person_id == staff.person_id,
        "available": not found.obstacles,
    }
