"""/t/case/{id}/images: what came, what is hidden and why; images that lie wrong are moved, hidden, shown again."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Any, Final, Literal

from fastapi import APIRouter, Form, Query
from sqlalchemy.engine import Connection
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response, StreamingResponse

from reading.access import door, visibility
from reading.actions import Action
from reading.cases import cases
from reading.desk import worklist
from reading.desk.entries import Entry
from reading.desk.sorting import Sorting
from reading.desk.worklist import Filters
from reading.errors import Invalid, ReadingError, Stale
from reading.intake import rejections, retake_answer, surgery
from reading.intake.case_images import chosen, everything, images_of
from reading.reports import versions
from reading.viewers import Staff
from viewer.http.callers import Looking, Submitting
from viewer.http.office import office_of
from viewer.http.on_record import ULID, going_in, on_record
from viewer.http.page import language_of, staff_page
from viewer.http.problems import explained, problem_of
from viewer.pages.township_case import opened
from viewer.views import case_images, meanwhile, township
from viewer.views.report_sheet import examination_with_side, patient_name, zone_of
from viewer.words import words
from viewer.words.catalogue import Language, text

router = APIRouter(prefix="/t/case")

OTHERS: Final = 40
"""Examinations of the site, the newest, to which images can be moved."""
STALE: Final = 409
Act = Literal["split", "move", "merge", "hide", "retake"]
Done = Literal["split", "move", "merge", "hide", "retake", "undo", "show", ""]
Why = Annotated[str, Form(max_length=1000)]
Revision = Annotated[int, Form(ge=1)]


@router.get("/{case_id}/images")
def show(request: Request, staff: Looking, case_id: str, done: Annotated[Done, Query()] = "") -> Response:
    return _images(request, staff, case_id, done=done)


@router.post("/{case_id}/images")
def act(  # noqa: PLR0917 -- the fields of the form
    request: Request,
    staff: Submitting,
    case_id: str,
    what: Annotated[Act, Form()],
    revision: Revision,
    image_set: Annotated[str, Form(max_length=64)],
    why: Why = "",
    image: Annotated[tuple[str, ...], Form(max_length=5000)] = (),
    series: Annotated[tuple[str, ...], Form(max_length=1000)] = (),
    into_case: Annotated[str, Form(max_length=26)] = "",
) -> Response:
    office = office_of(request)
    keys = office.keys
    try:
        with going_in(office, staff, Action.CASE_SURGERY, "case", case_id) as ctx:
            door.open_case(ctx, case_id, Action.CASE_SURGERY)
            uids = chosen(ctx.tx, case_id, image, series, seen=image_set)
            other: str | None = None
            match what:
                case "split":
                    made = surgery.split(
                        ctx, keys, case_id, sop_instance_uids=uids, into_case=None, why=why, seen=revision
                    )
                    other = made.other_case_id
                case "move":
                    target = _required(into_case)
                    made = surgery.split(
                        ctx, keys, case_id, sop_instance_uids=uids, into_case=target, why=why, seen=revision
                    )
                    other = made.other_case_id
                case "merge":
                    made = surgery.merge(ctx, keys, case_id, into_case=_required(into_case), why=why, seen=revision)
                    other = made.other_case_id
                case "retake":
                    other = _required(into_case)
                    retake_answer.answer(ctx, keys, case_id, returned=other, why=why, seen=revision)
                case "hide":
                    rejections.hide(ctx, keys, case_id, sop_instance_uids=uids, why=why, seen=revision)
    except ReadingError as refused:
        kept = {"what": what, "why": why, "into_case": into_case, "ticked": {*image, *series}}
        return _refused(request, staff, case_id, refused, kept)
    return _after(request, staff, case_id, other, what)


@router.post("/{case_id}/images/undo")
def undo(  # noqa: PLR0917 -- the fields of the form
    request: Request,
    staff: Submitting,
    case_id: str,
    step: Annotated[str, Form(max_length=26)],
    revision: Revision,
    why: Why = "",
) -> Response:
    office = office_of(request)
    try:
        with going_in(office, staff, Action.CASE_SURGERY, "case", case_id) as ctx:
            surgery.undo(ctx, office.keys, case_id, step, why=why, seen=revision)
    except ReadingError as refused:
        return _refused(request, staff, case_id, refused, {"answers": {step: why}})
    return _after(request, staff, case_id, None, "undo")


@router.post("/{case_id}/images/show")
def show_again(  # noqa: PLR0917 -- the fields of the form
    request: Request,
    staff: Submitting,
    case_id: str,
    rejection: Annotated[str, Form(max_length=26)],
    revision: Revision,
    why: Why = "",
) -> Response:
    office = office_of(request)
    try:
        with going_in(office, staff, Action.CASE_SURGERY, "case", case_id) as ctx:
            rejections.lift(ctx, office.keys, case_id, rejection, why=why, seen=revision)
    except ReadingError as refused:
        return _refused(request, staff, case_id, refused, {"answers": {rejection: why}})
    return _after(request, staff, case_id, None, "show")


@router.get("/{case_id}/export.zip")
def export(request: Request, staff: Looking, case_id: str) -> Response:
    """A zip of the images that are shown, corrected, with a DICOMDIR; no file name says whose they are."""
    office = office_of(request)
    with on_record(office, staff, Action.CASE_EXPORT, "case", case_id):
        pieces = office.export(staff, case_id)
    headers = {
        "Content-Disposition": 'attachment; filename="images.zip"',
        "Cache-Control": "no-store",
        "X-Content-Type-Options": "nosniff",
    }
    return StreamingResponse(pieces, media_type="application/zip", headers=headers)


def _required(into_case: str) -> str:
    """Raises: Invalid, where no other examination was chosen."""
    if not into_case:
        raise Invalid("into_case", "required")
    return into_case


# -- the pages


def _images(
    request: Request,
    staff: Staff,
    case_id: str,
    *,
    done: str = "",
    problem: str = "",
    status: int = 200,
    kept: Mapping[str, Any] | None = None,
) -> Response:
    office, now, language = office_of(request), office_of(request).clock(), language_of(request)
    with going_in(office, staff, Action.CASE_IMAGES, "case", case_id) as ctx:
        entry = opened(ctx, case_id)
        zone = zone_of(ctx.tx, entry)
        found = images_of(ctx.tx, case_id)
        seen_set = everything(ctx.tx, case_id)
        newer = meanwhile.changes(ctx, entry, zone, language) if status == STALE else []
        decides = rejections.may_decide(ctx.tx, staff, entry.case.site_id, now)
        standing = versions.current(ctx.tx, case_id)
        others = _others(ctx.tx, staff, entry, language, zone, now) if decides else []
        hidden_under_report = case_images.hidden_under_report(standing, found)
    return staff_page(
        request,
        staff,
        "images.html",
        status=status,
        row=township.row(entry, None, zone, language, now),
        done=done,
        problem=problem,
        kept={"what": "", "why": "", "into_case": "", "ticked": set[str](), "answers": {}, **(kept or {})},
        revision=entry.case.revision,
        image_set=seen_set,
        meanwhile=newer,
        decides=decides and standing is None,
        report_stands=standing is not None,
        hidden_under_report=hidden_under_report,
        series=case_images.series(found, language),
        others=others,
        decisions=case_images.decisions(found, case_id, language, zone),
        rejections=case_images.rejections(found, language, zone, entry.case.site_id),
        may_show=decides,
    )


def _others(  # noqa: PLR0917
    tx: Connection, staff: Staff, entry: Entry, language: Language, zone: str, now: datetime
) -> list[tuple[str, str]]:
    wanted = Filters(site_code=entry.site.code, sorting=Sorting.ARRIVAL, descending=True)
    found = worklist.list_cases(tx, staff, wanted, limit=OTHERS, offset=0, now=now)
    return [
        (
            other.case.id,
            " · ".join(
                (
                    patient_name(other, language),
                    examination_with_side(other.case, language),
                    words.moment_today(other.case.examined_at, zone, now),
                )
            ),
        )
        for other in found.entries
        if other.case.id != entry.case.id and any(study.instances for study in other.studies)
    ]


def _refused(
    request: Request,
    staff: Staff,
    case_id: str,
    refused: ReadingError,
    kept: Mapping[str, Any] | None = None,
) -> Response:
    """The page again with what was typed and the reason of the refusal; `NotThere` is raised again."""
    problem = problem_of(refused)
    if problem.status == 404:
        raise refused
    language = language_of(request)
    said = explained(request, problem) or text(language, f"problem.{problem.slug}.advice", **problem.fields)
    if isinstance(refused, Stale):
        said = ""  # what changed is named beside the form instead
    return _images(request, staff, case_id, problem=said, status=problem.status, kept=kept)


def _after(request: Request, staff: Staff, case_id: str, other: str | None, done: str) -> Response:
    """Go to the case in which the images are now, if it may be seen; else back."""
    office, now = office_of(request), office_of(request).clock()
    there = other or case_id
    with going_in(office, staff, Action.CASE_IMAGES, "case", case_id) as ctx:
        for candidate in (there, case_id):
            seen = visibility.visible_cases(ctx.tx, staff, now)
            if ULID.fullmatch(candidate) and cases.is_one_of(ctx.tx, candidate, seen):
                return RedirectResponse(f"/t/case/{candidate}/images?done={done}", status_code=303)
    return RedirectResponse("/t", status_code=303)
