"""/t/case/{id}/correct: name, sex, birth date, part and side as they should be; the bytes stay."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Final

from fastapi import APIRouter, Form
from sqlalchemy.engine import Connection
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from reading.actions import Action
from reading.desk.entries import Entry
from reading.errors import Invalid, NotAllowed
from reading.intake import putting_right
from reading.intake.correction import may_correct
from reading.orders.terms import BODY_PARTS, LATERALITIES
from reading.patients import attribution
from reading.register import people
from reading.reports import versions
from reading.viewers import Staff
from viewer.http.callers import Looking, Submitting
from viewer.http.office import office_of
from viewer.http.on_record import going_in
from viewer.http.page import language_of
from viewer.http.problems import explained, problem_of
from viewer.pages.township import township_page
from viewer.pages.township_case import opened
from viewer.views import township
from viewer.views.report_sheet import zone_of
from viewer.words import words
from viewer.words.catalogue import Language, text

router = APIRouter(prefix="/t/case")

SEXES: Final = ("F", "M", "O")
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
    name: Text = "",
    sex: Text = "",
    birth_date: Text = "",
    body_part: Text = "",
    laterality: Text = "",
    why: Why = "",
) -> Response:
    """Correct all studies of the case; fields that were not changed are left alone."""
    typed = {
        "PatientName": name.strip(),
        "PatientSex": sex,
        "PatientBirthDate": birth_date.replace("-", ""),
        "BodyPartExamined": body_part,
        "Laterality": laterality,
    }
    try:
        with going_in(office_of(request), staff, Action.STUDY_CORRECT, "case", case_id) as ctx:
            putting_right.correct_case(ctx, case_id, typed, reason=why)
    except (Invalid, NotAllowed) as refused:
        return _correct(request, staff, case_id, typed=typed, why=why, refused=refused)
    return RedirectResponse(f"/t/case/{case_id}?done=corrected", status_code=303)


def _correct(
    request: Request,
    staff: Staff,
    case_id: str,
    *,
    typed: Mapping[str, str] | None = None,
    why: str = "",
    refused: Invalid | NotAllowed | None = None,
) -> Response:
    office, now, language = office_of(request), office_of(request).clock(), language_of(request)
    with going_in(office, staff, Action.CASE_OPEN, "case", case_id) as ctx:
        entry = opened(ctx, case_id)
        zone = zone_of(ctx.tx, entry)
        before = putting_right.shown_attributes(ctx.tx, entry.case)
        may = may_correct(ctx.tx, staff, entry.case.site_id, now)
        standing = versions.current(ctx.tx, case_id) is not None
        history = _history(ctx.tx, entry, zone, language)
    problem, told = "", None if refused is None else problem_of(refused)
    if told is not None:
        problem = explained(request, told) or text(language, f"problem.{told.slug}.advice", **told.fields)
    form = {**before, **(typed or {})}
    born = form["PatientBirthDate"]
    return township_page(
        request,
        staff,
        "correct.html",
        status=200 if told is None else told.status,
        row=township.row(entry, None, zone, language, now),
        form=form,
        born=f"{born[:4]}-{born[4:6]}-{born[6:8]}" if len(born) == 8 else "",
        why=why,
        history=history,
        may=may,
        report_stands=standing,
        body_parts=list(dict.fromkeys((*BODY_PARTS, *filter(None, [form["BodyPartExamined"]])))),
        sides=LATERALITIES,
        sexes=SEXES,
        problem=problem,
    )


def _history(tx: Connection, entry: Entry, zone: str, language: Language) -> list[dict[str, str]]:
    """The corrections so far, the oldest first, each with its reason: a person's words, or a word of `Reason`."""
    made = [one for study in entry.studies for one in attribution.history(tx, study.study_uid)]
    return [
        {
            "at": words.moment(one.made_at, zone),
            "who": person.name if one.made_by and (person := people.by_id(tx, one.made_by)) else "",
            "why": words.coded(language, "reason", one.reason),
        }
        for one in sorted(made, key=lambda one: one.made_at)
    ]
