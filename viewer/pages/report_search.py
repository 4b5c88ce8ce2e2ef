"""/reports: the search over the final reports that somebody may see, and the searches that they keep."""

from __future__ import annotations

from typing import Annotated, Any, Final

from fastapi import APIRouter, Form, Query
from pydantic import ValidationError
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from reading.actions import Action
from reading.errors import Invalid
from reading.register import organisations, region_clock
from reading.register.grants import reach
from reading.search import finding, saved
from reading.search.grams import sought_words
from reading.viewers import Staff
from viewer.http.callers import Looking, Submitting
from viewer.http.office import office_of
from viewer.http.on_record import acting, going_in, in_snapshot, on_record
from viewer.http.page import language_of, staff_page
from viewer.http.problems import problem_of
from viewer.http.report_query import Typed, typed_of
from viewer.http.sought import Sought, address, opened, seal
from viewer.pages.sign_in import words_for
from viewer.views import found_reports
from viewer.words.catalogue import Language, catalogue

router = APIRouter(prefix="/reports")

SIZE: Final = 20
PAGE: Final = "/reports"


@router.get("")
def show(
    request: Request, staff: Looking, sought: Sought = "", page: Annotated[int, Query(ge=1, le=500)] = 1
) -> Response:
    try:
        typed = _typed(request, staff, sought)
    except Invalid as over:
        return _page(request, staff, Typed(), refused=over)
    return _page(request, staff, typed.model_copy(update={"page": page}))


@router.post("/saved")
def save(
    request: Request,
    staff: Submitting,
    name: Annotated[str, Form(max_length=200)] = "",
    sought: Annotated[str, Form()] = "",
) -> Response:
    """Keep the search of the page."""
    typed = Typed()
    try:
        typed = _typed(request, staff, sought)
        with acting(office_of(request), staff) as ctx:
            saved.save(ctx, name, typed.query(office_of(request).zone()))
    except Invalid as refused:
        return _page(request, staff, typed, refused=refused)
    return RedirectResponse(address(request, staff, PAGE, typed.said()), status_code=303)


@router.post("/saved/{search_id}/open")
def open_saved(request: Request, staff: Submitting, search_id: str) -> Response:
    """Show a kept search; what it finds is not new from now on."""
    office = office_of(request)
    with on_record(office, staff, Action.REPORT_SEARCH, "search", search_id):
        with in_snapshot(office, staff) as ctx:
            found, at = saved.look(ctx, search_id), ctx.now
        with acting(office, staff) as ctx:
            saved.seen(ctx, search_id, at)
    typed = typed_of(found.query, office.zone())
    return RedirectResponse(address(request, staff, PAGE, typed.said()), status_code=303)


@router.post("/saved/{search_id}/end")
def end_saved(request: Request, staff: Submitting, search_id: str) -> Response:
    with going_in(office_of(request), staff, Action.REPORT_SEARCH, "search", search_id) as ctx:
        saved.end(ctx, search_id)
    return RedirectResponse("/reports", status_code=303)


def _page(request: Request, staff: Staff, typed: Typed, *, refused: Invalid | None = None) -> Response:
    language = language_of(request)
    found: finding.Found | None = None
    lines: list[dict[str, Any]] = []
    hits: finding.Hits | None = None
    with in_snapshot(office_of(request), staff) as ctx:
        kept = saved.own(ctx)
        reached = reach(ctx.tx, staff, ctx.now)
        sites = sorted((one.code, one.name) for one in organisations.by_ids(ctx.tx, reached.sites).values())
        if not typed.is_blank:
            try:
                asked = typed.query(region_clock.zone(ctx.tx))
                hits = finding.look_up(ctx, asked, limit=SIZE, offset=SIZE * (typed.page - 1))
            except Invalid as wrong:
                refused = wrong
    if hits is not None:
        with acting(office_of(request), staff) as ctx:
            found = finding.shown(ctx, hits)
            lines = found_reports.lines(ctx, found.versions, sought_words(typed.q), language)

    def at(number: int) -> str:
        return address(request, staff, PAGE, typed.said(), {"page": number} if number > 1 else {})

    return staff_page(
        request,
        staff,
        "report_search.html",
        status=200 if refused is None else problem_of(refused).status,
        at_a_site=bool(reached.own),
        problem="" if refused is None else words_for(request, refused),
        typed=typed,
        sites=sites,
        modalities=_known("modality.", language),
        parts=_known("body.", language),
        found=found,
        lines=lines,
        saved=kept,
        most_new=finding.MOST_NEW,
        sought=seal(request, staff, PAGE, typed.said()),
        back=at(typed.page - 1) if typed.page > 1 else "",
        onward=at(typed.page + 1) if found is not None and found.more else "",
    )


def _typed(request: Request, staff: Staff, sought: str) -> Typed:
    """What an address seeks. Raises: Invalid."""
    try:
        return Typed.model_validate(opened(request, staff, PAGE, sought))
    except ValidationError as wrong:
        first = wrong.errors()[0]
        raise Invalid(str(first["loc"][0]), "too_long" if first["type"] == "string_too_long" else "unknown") from None


def _known(group: str, language: Language) -> list[tuple[str, str]]:
    """The codes of a group of the catalogue with their words; of two that have the same words the first."""
    named = [(key.removeprefix(group), said) for key, said in catalogue(language).items() if key.startswith(group)]
    first = {said: code for code, said in reversed(named)}
    return [(code, said) for code, said in named if first[said] == code]
