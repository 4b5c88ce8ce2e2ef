"""/t/case/{id}/withhold: something is wrong with an examination: hide it at once, and see whom to call."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Form
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from reading.actions import Action
from reading.errors import Invalid, MoveNotAllowed, NotAllowed
from reading.register.contacts import contacts_of
from reading.register.grants import reach
from reading.reports import versions
from reading.signing import withhold
from reading.viewers import Staff
from viewer.http.callers import Looking, Submitting
from viewer.http.office import office_of
from viewer.http.on_record import going_in, in_snapshot, looks_through
from viewer.http.page import language_of, staff_page
from viewer.http.problems import problem_of
from viewer.pages.sign_in import words_for
from viewer.pages.township_case import opened
from viewer.views import township
from viewer.views.report_sheet import zone_of
from viewer.views.withheld import withheld_lines

router = APIRouter(prefix="/t")


@router.get("/withheld")
def withheld(request: Request, staff: Looking) -> Response:
    """What is withheld, which its site sees no longer, and whom to call."""
    looks_through(office_of(request), staff, Action.TOWNSHIP_OPEN)
    with in_snapshot(office_of(request), staff) as ctx:
        contacts = contacts_of(ctx.tx, reach(ctx.tx, staff, ctx.now).own, ctx.now)
        lines = withheld_lines(ctx, language_of(request))
    return staff_page(request, staff, "withheld.html", contacts=contacts, withheld=lines)


@router.get("/case/{case_id}/withhold")
def show(request: Request, staff: Looking, case_id: str) -> Response:
    return _page(request, staff, case_id)


@router.post("/case/{case_id}/withhold")
def submit(
    request: Request,
    staff: Submitting,
    case_id: str,
    why: Annotated[str, Form(max_length=1000)] = "",
    sure: Annotated[str, Form(max_length=3)] = "",
) -> Response:
    """Hide report and images at once; ``sure`` is the box that says so."""
    try:
        with going_in(office_of(request), staff, Action.CASE_WITHHOLD, "case", case_id) as ctx:
            opened(ctx, case_id)
            _confirmed(sure)
            withhold.withhold(ctx, case_id, why=why)
    except (Invalid, MoveNotAllowed, NotAllowed) as refused:
        return _page(request, staff, case_id, why=why, refused=refused)
    return RedirectResponse("/t/withheld", status_code=303)


def _confirmed(sure: str) -> None:
    if sure != "yes":
        raise Invalid("sure", "required")


def _page(request: Request, staff: Staff, case_id: str, *, why: str = "", refused: Exception | None = None) -> Response:
    office, language = office_of(request), language_of(request)
    with going_in(office, staff, Action.CASE_OPEN, "case", case_id) as ctx:
        entry = opened(ctx, case_id)
        row = township.row(entry, None, zone_of(ctx.tx, entry), language, ctx.now)
        contacts = contacts_of(ctx.tx, [entry.site.id], ctx.now)
        standing = versions.current(ctx.tx, case_id) is not None
    status = 200 if refused is None else problem_of(refused).status
    problem = "" if refused is None else words_for(request, refused)
    return staff_page(
        request,
        staff,
        "withhold.html",
        status=status,
        row=row,
        standing=standing,
        contacts=contacts,
        why=why,
        problem=problem,
    )
