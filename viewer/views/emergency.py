"""Emergency access as it is shown: whom and what somebody opened, and the lines that are judged."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy.engine import Connection

from reading.access.emergency_door import Opened
from reading.administrators.emergencies import Line
from reading.context import Context
from reading.desk.desk import Detail
from reading.desk.entries import Entry, entries_of
from reading.emergency_access.emergency_rows import Emergency
from reading.register import organisations
from reading.reports.versions import Status
from reading.viewers import Staff
from viewer.views.report_sheet import (
    examination_with_side,
    examined_at,
    patient_age,
    patient_name,
    patient_sex,
    sheet_of,
    zone_of,
)
from viewer.words import words
from viewer.words.catalogue import Language, text


def opened_lines(
    ctx: Context[Staff], found: Sequence[tuple[Emergency, Opened]], language: Language, zone: str
) -> list[dict[str, Any]]:
    """What somebody opened and sees now, for the page and for JSON; times of an access by the clock ``zone``."""
    places = organisations.by_ids(ctx.tx, [site for _, one in found for site in one.kept_back])
    return [
        {
            "id": row.id,
            "person": one.patient is not None,
            "number": one.patient.number if one.patient else "",
            "reason": row.reason.value,
            "until": words.moment(row.until, zone),
            "until_at": row.until.isoformat(),
            "examinations": [
                examination_line(ctx.tx, entry, language)
                for entry in entries_of(ctx.tx, ctx.who, list(one.cases), ctx.now)
            ],
            "kept_back": [{"name": places[each].name, "telephone": places[each].telephone} for each in one.kept_back],
        }
        for row, one in found
    ]


def examination_line(tx: Connection, entry: Entry, language: Language) -> dict[str, str]:
    """One examination and whose it is, as the images say it."""
    zone = zone_of(tx, entry)
    return {
        "id": entry.case.id,
        "patient": patient_name(entry, language),
        "detail": " · ".join(filter(None, (patient_sex(entry, language), patient_age(entry, zone, language)))),
        "examination": examination_with_side(entry.case, language),
        "site": entry.site.name,
        "at": examined_at(entry, zone, language),
        "state": text(language, f"state.{entry.case.state}"),
    }


def reports(tx: Connection, detail: Detail, zone: str, language: Language) -> list[dict[str, Any]]:
    """The versions that may be seen, the newest first."""
    asked = text(language, "report.request")
    shown: list[dict[str, Any]] = []
    for one in sorted(detail.versions, key=lambda one: one.version.number, reverse=True):
        version = one.version
        sheet = sheet_of(tx, detail.entry, version, language)
        shown.append(
            {
                "status": text(language, f"report.status.{version.status}"),
                "tone": version.status.value if version.status in {Status.PRELIMINARY, Status.FINAL} else "",
                "broken": version.broken,
                "at": words.moment(version.released_at or version.created_at, zone),
                "sections": [each for each in sheet.sections if each[0] != asked],
                "signatures": [" · ".join(part for part in line if part) for line in sheet.signatures],
            }
        )
    return shown


def judged_line(one: Line, zone: str) -> dict[str, Any]:
    """What the security administrator judges; nothing of a patient is in it."""
    row = one.emergency
    return {
        "id": row.id,
        "person": one.person.name,
        "username": one.person.username,
        "person_id": one.person.id,
        "role": one.role.value,
        "place": one.place,
        "since": words.moment(row.since, zone),
        "end": words.moment(row.end, zone),
        "since_at": row.since.isoformat(),
        "end_at": row.end.isoformat(),
        "subject": row.subject[0],
        "found_by": row.found_by.value,
        "reason": row.reason.value,
        "words": row.words,
        "sites": list(one.sites),
        "examinations": one.examinations,
        "cases_seen": one.cases_seen,
        "reports_seen": one.reports_seen,
        "studies_seen": one.studies_seen,
        "others": one.others,
        "verdict": row.verdict.value if row.verdict else "",
        "comment": row.comment,
        "judged": words.moment(row.reviewed_at, zone) if row.reviewed_at else "",
    }
