"""/t/note: what a doctor wrote down while the line was cut: a page that opens without it, and what follows."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Final, Literal

from fastapi import APIRouter, Form, Query
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from reading.actions import Action
from reading.context import Context
from reading.desk import worklist
from reading.desk.sorting import Sorting
from reading.desk.worklist import Filters
from reading.errors import Invalid, NotAllowed, Stale
from reading.provisional import notes
from reading.provisional.notes import LONGEST, Written
from reading.register import region_clock, sites
from reading.viewers import Staff
from viewer.http.callers import Looking, Submitting
from viewer.http.office import office_of
from viewer.http.on_record import acting, going_in
from viewer.http.page import language_of, page, staff_page
from viewer.http.plain_fields import Plain
from viewer.http.problems import problem_of
from viewer.pages.sign_in import words_for
from viewer.views import provisional
from viewer.views.report_sheet import examination_with_side, patient_name
from viewer.words import words
from viewer.words.catalogue import Language

router = APIRouter(prefix="/t")

Done = Annotated[Literal["uploaded", "assigned", ""], Query()]
Field = Annotated[str, Form(max_length=200)]
OFFERED: Final = 40
"""Examinations of a site, the newest, to one of which a note belongs."""


@router.get("/note")
def show(request: Request, staff: Looking, done: Done = "") -> Response:
    return _page(request, staff, done=done)


@router.get("/note/blank")
def blank(request: Request, staff: Looking) -> Response:
    """The page that this browser keeps for the time without a line: it names nobody, for whoever writes signs it."""
    with acting(office_of(request), staff) as ctx:
        own = sites.own_sites(ctx.tx, staff, ctx.now)
    return page(request, "note_blank.html", longest=LONGEST, sites=[(one.code, one.name) for one in own])


@router.post("/note")
def upload(  # noqa: PLR0917 -- the fields of the form
    request: Request,
    staff: Submitting,
    site: Field,
    made_as: Annotated[str, Form(max_length=36)],
    written_at: Annotated[str, Form(max_length=40)],
    patient_name: Field = "",
    facts: Field = "",
    number: Annotated[Field, Plain] = "",
    examination: Field = "",
    words: Annotated[str, Form(max_length=LONGEST)] = "",
    doctor: Field = "",
) -> Response:
    """A note that this browser kept, as often as it is sent one note."""
    written = Written(
        made_as=made_as,
        patient_name=patient_name,
        facts=facts,
        number=number,
        examination=examination,
        words=words,
        doctor=doctor,
        written_at=_moment(written_at, office_of(request).clock()),
    )
    try:
        with acting(office_of(request), staff) as ctx:
            notes.upload(ctx, site, written)
    except Invalid as refused:
        return _page(request, staff, refused=refused)
    return RedirectResponse("/t/note?done=uploaded", status_code=303)


@router.post("/note/{note_id}/case")
def assign(
    request: Request,
    staff: Submitting,
    note_id: str,
    revision: Annotated[int, Form(ge=1)],
    case: Annotated[str, Form(max_length=26)] = "",
) -> Response:
    try:
        with going_in(office_of(request), staff, Action.NOTE_ASSIGN, "note", note_id) as ctx:
            notes.assign(ctx, note_id, case, seen=revision)
    except (Invalid, NotAllowed, Stale) as refused:
        return _page(request, staff, refused=refused)
    return RedirectResponse("/t/note?done=assigned", status_code=303)


def _page(
    request: Request, staff: Staff, *, done: str = "", refused: Invalid | NotAllowed | Stale | None = None
) -> Response:
    language = language_of(request)
    with acting(office_of(request), staff) as ctx:
        zone = region_clock.zone(ctx.tx).key
        waiting = [provisional.line(one, zone) for one in notes.waiting(ctx)]
        named = {one.id: one for one in sites.own_sites(ctx.tx, staff, ctx.now)}
        offered = {
            site: _offered(ctx, named[site].code, zone, language)
            for site in {one["site"] for one in waiting} & named.keys()
        }
    return staff_page(
        request,
        staff,
        "note.html",
        status=problem_of(refused).status if refused else 200,
        problem=words_for(request, refused) if refused else "",
        done=done,
        waiting=waiting,
        offered=offered,
        own=[one.code for one in named.values()],
    )


def _offered(ctx: Context[Staff], site: str, zone: str, language: Language) -> list[tuple[str, str]]:
    """The examinations of a site, the newest first, of a list whose look is on record."""
    wanted = Filters(site_code=site, sorting=Sorting.ARRIVAL, descending=True)
    found = worklist.list_cases(ctx.tx, ctx.who, wanted, limit=OFFERED, offset=0, now=ctx.now)
    return [
        (
            one.case.id,
            " · ".join(
                (
                    patient_name(one, language),
                    examination_with_side(one.case, language),
                    words.moment(one.case.examined_at, zone),
                )
            ),
        )
        for one in found.entries
    ]


def _moment(typed: str, now: datetime) -> datetime:
    """When a browser says that it was; ``now`` where it says no time with its zone."""
    try:
        found = datetime.fromisoformat(typed)
    except ValueError:
        return now
    return found if found.tzinfo is not None else now
