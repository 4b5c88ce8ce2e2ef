"""/t/case/{id}/correct: name, sex, birth date, part and side as they should be; the bytes stay."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Annotated, Final

from fastapi import APIRouter, Form
from sqlalchemy.engine import Connection
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from reading.actions import Action
from reading.desk.worklist import Entry
from reading.errors import Invalid, NotAllowed
from reading.intake.intake import ATTRIBUTED_BY
from reading.register.grants import may_act
from reading.reports import versions
from reading.viewers import Staff
from storage.index import queries
from viewer.acts import putting_right
from viewer.api.orders import BODY_PARTS
from viewer.http.callers import Looking, Submitting
from viewer.http.office import office_of
from viewer.http.on_record import going_in
from viewer.http.page import language_of
from viewer.http.problems import explained, problem_of
from viewer.pages.township import township_page
from viewer.pages.township_case import opened
from viewer.views import township
from viewer.views.report_sheet import zone_of
from viewer.words.catalogue import text

router = APIRouter(prefix="/t/case")

SIDES: Final = ("", "L", "R", "B")
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
    """What is wrong in all images of the case; what was left as it was is not corrected."""
    office, now = office_of(request), office_of(request).clock()
    typed = {
        "PatientName": name.strip(),
        "PatientSex": sex,
        "PatientBirthDate": birth_date.replace("-", ""),
        "BodyPartExamined": body_part,
        "Laterality": laterality,
    }
    try:
        with going_in(office, staff, Action.STUDY_CORRECT, "case", case_id) as ctx:
            entry = opened(ctx.tx, request, staff, case_id)
            changed = _changed(typed, _said(ctx.tx, entry))
            [
                putting_right.put_right(
                    ctx.tx, office, staff, study.study_uid, changed, patient_id=None, reason=why, now=now
                )
                for study in entry.studies
            ]
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
        entry = opened(ctx.tx, request, staff, case_id)
        zone = zone_of(ctx.tx, entry)
        said = _said(ctx.tx, entry)
        may = any(may_act(ctx.tx, staff, role, entry.case.site_id, now) for role in ATTRIBUTED_BY)
        standing = versions.current(ctx.tx, case_id) is not None
    problem, told = "", None if refused is None else problem_of(refused)
    if told is not None:
        problem = explained(request, told) or text(language, f"problem.{told.slug}.advice", **told.fields)
    form = {**said, **(typed or {})}
    born = form["PatientBirthDate"]
    parts: Sequence[str] = BODY_PARTS
    return township_page(
        request,
        staff,
        "correct.html",
        status=200 if told is None else told.status,
        row=township.row(entry, None, zone, language, now),
        form=form,
        born=f"{born[:4]}-{born[4:6]}-{born[6:8]}" if len(born) == 8 else "",
        why=why,
        may=may,
        report_stands=standing,
        body_parts=[*parts, *([form["BodyPartExamined"]] if form["BodyPartExamined"] not in ("", *parts) else [])],
        sides=SIDES,
        sexes=SEXES,
        problem=problem,
    )


def _changed(typed: Mapping[str, str], before: Mapping[str, str]) -> dict[str, str]:
    """Raises: Invalid, where nothing was changed, or the name was taken out."""
    changed = {keyword: value for keyword, value in typed.items() if value != before[keyword]}
    if not changed.get("PatientName", "-"):
        raise Invalid("name", "empty")
    if not changed:
        raise Invalid("attributes", "unchanged")
    return changed


def _said(tx: Connection, entry: Entry) -> dict[str, str]:
    """What is shown now, by the keyword that corrects it."""
    study = queries.study_of(tx, entry.studies[0].study_uid)
    assert study is not None  # noqa: S101 -- the entry came with it
    return {
        "PatientName": study.patient_name,
        "PatientSex": study.sex,
        "PatientBirthDate": study.birth_date,
        "BodyPartExamined": entry.case.body_part,
        "Laterality": entry.case.laterality,
    }
