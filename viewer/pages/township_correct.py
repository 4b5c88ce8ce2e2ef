"""/t/case/{id}/correct: name, sex, birth date, part and side as they should be; the bytes stay."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from typing import Annotated, Any, Final

from fastapi import APIRouter, Form
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from reading.actions import Action
from reading.cases.examination_codes import BODY_PARTS
from reading.context import Context
from reading.desk import case_record
from reading.desk.entries import Entry
from reading.dicom_dates import parse_date
from reading.errors import Invalid, NotAllowed, Stale
from reading.intake import putting_right
from reading.intake.correction import may_correct
from reading.intake.study_content import side_changes, sides_in
from reading.orders.terms import LATERALITIES
from reading.patients import attribution
from reading.patients.names import Written, as_written, from_written
from reading.register import people
from reading.register.contacts import contacts_of
from reading.reports import versions
from reading.viewers import Staff
from viewer.http.callers import Looking, Submitting
from viewer.http.office import office_of
from viewer.http.on_record import going_in
from viewer.http.page import language_of, staff_page
from viewer.http.plain_fields import Plain
from viewer.http.problems import explained, problem_of
from viewer.pages.township_case import opened, series_of
from viewer.views import corrected, meanwhile, township
from viewer.views.report_sheet import zone_of
from viewer.words import words
from viewer.words.catalogue import Language, text

router = APIRouter(prefix="/t/case")

SEXES: Final = ("F", "M", "O")
NAME: Final = frozenset({"Characters", "FamilyName", "GivenName"})
"""The fields that PatientName is typed in; what devices write stands behind them (`reading.patients.names`)."""
DATE: Final = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)
Why = Annotated[str, Form(max_length=1000)]
Text = Annotated[str, Form(max_length=200)]


@router.get("/{case_id}/correct")
def show_correct(request: Request, staff: Looking, case_id: str) -> Response:
    return _correct(request, staff, case_id)


@router.post("/{case_id}/correct")
def correct(  # noqa: PLR0917 -- the fields of the form
    request: Request,
    staff: Submitting,
    case_id: str,
    revision: Annotated[int, Form(ge=1)],
    was: Annotated[str, Form(max_length=2000)] = "",
    name: Text = "",
    family: Text = "",
    given: Text = "",
    sex: Text = "",
    birth_date: Annotated[Text, Plain] = "",
    body_part: Text = "",
    laterality: Text = "",
    series: Annotated[list[str] | None, Form(max_length=200)] = None,
    side: Annotated[list[str] | None, Form(max_length=200)] = None,
    why: Why = "",
) -> Response:
    """Correct all studies of the case; only fields that the person changed are written.

    ``was`` holds what the form showed: a value that no field of ours can express comes back as it was and stays.
    ``series`` and ``side`` go in pairs, where the examination has several series.
    """
    typed = {
        "Characters": name.strip(),
        "FamilyName": family.strip(),
        "GivenName": given.strip(),
        "PatientSex": sex,
        "PatientBirthDate": birth_date.strip(),
        "BodyPartExamined": body_part,
        "Laterality": laterality,
    }
    shown: Mapping[str, str] = {}
    sides = dict(zip(series or (), side or (), strict=False))
    try:
        shown = meanwhile.as_shown(was)
        written = _written(shown, meanwhile.changed(shown, typed), typed)
        with going_in(office_of(request), staff, Action.STUDY_CORRECT, "case", case_id) as ctx:
            putting_right.correct_case(ctx, case_id, written, reason=why, sides=sides, seen=revision)
    except (Invalid, NotAllowed, Stale) as refused:
        return _correct(request, staff, case_id, typed=typed, was=shown, sides=sides, why=why, refused=refused)
    return RedirectResponse(f"/t/case/{case_id}?done=corrected", status_code=303)


def _correct(
    request: Request,
    staff: Staff,
    case_id: str,
    *,
    typed: Mapping[str, str] | None = None,
    was: Mapping[str, str] | None = None,
    sides: Mapping[str, str] | None = None,
    why: str = "",
    refused: Invalid | NotAllowed | Stale | None = None,
) -> Response:
    office, now, language = office_of(request), office_of(request).clock(), language_of(request)
    with going_in(office, staff, Action.CASE_OPEN, "case", case_id) as ctx:
        entry = opened(ctx, case_id)
        zone = zone_of(ctx.tx, entry)
        attributes = putting_right.shown_attributes(ctx.tx, entry.case)
        may = may_correct(ctx.tx, staff, entry.case.site_id, now)
        standing = versions.current(ctx.tx, case_id) is not None
        history = _history(ctx, entry, zone, language)
        several = _series(ctx, entry, sides or {}, language)
        contacts = contacts_of(ctx.tx, [entry.site.id], ctx.now) if standing else []
        newer = meanwhile.changes(ctx, entry, zone, language) if isinstance(refused, Stale) else []
    problem, told = "", None if refused is None else problem_of(refused)
    if told is not None and not newer:
        problem = explained(request, told) or text(language, f"problem.{told.slug}.advice", **told.fields)
    before = {keyword: _field(keyword, value) for keyword, value in attributes.items()}
    before |= _named(attributes["PatientName"])
    return staff_page(
        request,
        staff,
        "correct.html",
        status=200 if told is None else told.status,
        row=township.row(entry, None, zone, language, now),
        form={**before, **meanwhile.changed(was or {}, typed or {})},
        before=before,
        was=json.dumps(before, ensure_ascii=False),
        newer={keyword for keyword, value in before.items() if (was or before).get(keyword, value) != value},
        revision=entry.case.revision,
        meanwhile=newer,
        why=why,
        history=history,
        may=may,
        report_stands=standing,
        contacts=contacts,
        body_parts=_with(BODY_PARTS, before["BodyPartExamined"]),
        sides=_with(LATERALITIES, before["Laterality"]),
        sexes=_with(SEXES, before["PatientSex"]),
        several=several if len(several) > 1 else [],
        is_date=not before["PatientBirthDate"] or bool(DATE.fullmatch(before["PatientBirthDate"])),
        problem=problem,
    )


def _named(dicom: str) -> dict[str, str]:
    """The fields of a name as people write it."""
    name = as_written(dicom)
    return {"Characters": name.characters, "FamilyName": name.family, "GivenName": name.given}


def _written(was: Mapping[str, str], changed: Mapping[str, str], typed: Mapping[str, str]) -> dict[str, str]:
    """What the person changed, by the attribute that it corrects; of a name that is one of three fields, all three."""
    others = {keyword: _value(keyword, each) for keyword, each in changed.items() if keyword not in NAME}
    if NAME.isdisjoint(changed):
        return others
    name = Written(characters=typed["Characters"], family=typed["FamilyName"], given=typed["GivenName"])
    return {"PatientName": from_written(name, was.get("PatientName", "")), **others}


def _field(keyword: str, value: str) -> str:
    """A value as its field shows it: a birth date that is none, and whatever else we do not know, as it is."""
    born = parse_date(value) if keyword == "PatientBirthDate" else None
    return value if born is None else born.isoformat()


def _value(keyword: str, typed: str) -> str:
    """What was typed, as the attribute has it; what is no date is refused by its form."""
    return typed.replace("-", "") if keyword == "PatientBirthDate" and DATE.fullmatch(typed) else typed


def _with(known: Sequence[str], value: str) -> list[str]:
    """The choices of a field; a value that is none of them is a choice of its own, so that it can stay."""
    return list(dict.fromkeys((*known, *filter(None, [value]))))


def _series(ctx: Context[Staff], entry: Entry, typed: Mapping[str, str], language: Language) -> list[dict[str, Any]]:
    """The series of pictures of a case, each with a picture, its side, and the sides to choose from."""
    found: list[dict[str, Any]] = []
    for study in entry.studies:
        sides = sides_in(ctx.tx, study.study_uid)
        for one in series_of(ctx, study.study_uid, language, most=1):
            if one["series_uid"] in sides:
                side = typed.get(one["series_uid"], sides[one["series_uid"]])
                found.append({**one, "side": side, "sides": _with(LATERALITIES, side)})
    return found


def _history(ctx: Context[Staff], entry: Entry, zone: str, language: Language) -> list[dict[str, Any]]:
    """The corrections so far, the oldest first, with what they changed and why: a person's words, or a `Reason`."""
    tx = ctx.tx
    made = [one for study in entry.studies for one in attribution.history(tx, study.study_uid)]
    sides = {one.id: changes for study in entry.studies for one, changes in side_changes(tx, study.study_uid)}
    told = [case_record.changes_told(ctx, entry.case, study.study_uid) for study in entry.studies]
    changes = {made: each for one in told for made, each in one.items()}
    return [
        {
            "at": words.moment(one.made_at, zone),
            "changes": corrected.in_words(changes[one.id], language),
            "who": person.name if one.made_by and (person := people.by_id(tx, one.made_by)) else "",
            "sides": " ".join(words.changed_side(language, *each) for each in sides.get(one.id, ())),
            "why": words.coded(language, "reason", one.reason),
        }
        for one in sorted(made, key=lambda one: one.made_at)
    ]
