"""/t/case/{id}/link: a case is linked with the person at the counter."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from typing import Annotated

from fastapi import APIRouter, Form
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from reading.actions import Action
from reading.errors import Invalid, Stale
from reading.intake import putting_right
from reading.viewers import Staff
from viewer.http.callers import Looking, Submitting
from viewer.http.office import office_of
from viewer.http.on_record import going_in
from viewer.http.page import language_of, staff_page
from viewer.http.problems import problem_of
from viewer.pages.patient import CARD_TYPES
from viewer.pages.person_form import BLANK, TypedPerson, holder_of
from viewer.pages.sign_in import words_for
from viewer.pages.township_case import opened
from viewer.views import meanwhile, township
from viewer.views.report_sheet import zone_of

router = APIRouter(prefix="/t")

Field = Annotated[str, Form(max_length=200)]


@router.get("/case/{case_id}/link")
def show_link(request: Request, staff: Looking, case_id: str) -> Response:
    return _link_form(request, staff, case_id, BLANK)


@router.post("/case/{case_id}/link")
def link(  # noqa: PLR0917 -- the fields of the form
    request: Request,
    staff: Submitting,
    case_id: str,
    revision: Annotated[int, Form(ge=1)],
    person: TypedPerson,
    same_person: Field = "",
    why: Annotated[str, Form(max_length=1000)] = "",
) -> Response:
    office = office_of(request)
    typed = asdict(person)
    try:
        with going_in(office, staff, Action.CASE_LINK, "case", case_id, naming=True) as ctx:
            holder = holder_of(typed)
            putting_right.link(ctx, office.keys, case_id, holder, same_person=bool(same_person), why=why, seen=revision)
    except (Invalid, Stale) as wrong:
        return _link_form(request, staff, case_id, typed, why=why, wrong=wrong)
    return RedirectResponse(f"/t/case/{case_id}?done=linked", status_code=303)


def _link_form(
    request: Request,
    staff: Staff,
    case_id: str,
    form: Mapping[str, str],
    *,
    why: str = "",
    wrong: Invalid | Stale | None = None,
) -> Response:
    office, now = office_of(request), office_of(request).clock()
    with going_in(office, staff, Action.CASE_OPEN, "case", case_id) as ctx:
        entry = opened(ctx, case_id)
        zone = zone_of(ctx.tx, entry)
        newer = meanwhile.changes(ctx, entry, zone, language_of(request)) if isinstance(wrong, Stale) else []
    return staff_page(
        request,
        staff,
        "link.html",
        status=problem_of(wrong).status if wrong else 200,
        row=township.row(entry, None, zone, language_of(request), now),
        revision=entry.case.revision,
        meanwhile=newer,
        card_types=CARD_TYPES,
        form=form,
        why=why,
        wrong=wrong.field if isinstance(wrong, Invalid) else "",
        problem=words_for(request, wrong) if isinstance(wrong, Invalid) else "",
    )
