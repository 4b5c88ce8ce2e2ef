"""/teaching/entries/{id}: a teaching entry with its pictures; who keeps it looks through it again, or removes it."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Form
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from reading.actions import Action
from reading.errors import Invalid, MoveNotAllowed, NotAllowed, NotThere, Stale
from reading.register import region_clock
from reading.teaching import collections, entries, library, since_then
from reading.teaching.since_then import SinceThen
from reading.teaching.words import LENGTHS, StillNamed, Words
from reading.viewers import Staff
from viewer.http.callers import Looking, Submitting
from viewer.http.office import office_of
from viewer.http.on_record import acting, going_in
from viewer.http.page import language_of, staff_page
from viewer.http.problems import problem_of
from viewer.pages.sign_in import words_for
from viewer.views import teaching as view

router = APIRouter(prefix="/teaching/entries")

Text = Annotated[str, Form(max_length=40_000)]


@router.get("/{entry_id}")
def show(request: Request, staff: Looking, entry_id: str, done: str = "") -> Response:
    return _page(request, staff, entry_id, done=done if done in {"added", "changed"} else "")


@router.get("/{entry_id}/pictures/{number}")
def picture(request: Request, staff: Looking, entry_id: str, number: int) -> Response:
    with going_in(office_of(request), staff, Action.TEACHING_OPEN, "teaching", entry_id) as ctx:
        jpeg = library.picture(ctx, entry_id, number)
    # Not kept by the browser: an entry that rests shows nothing.
    return Response(jpeg, media_type="image/jpeg", headers={"Cache-Control": "no-store"})


@router.get("/{entry_id}/change")
def show_form(request: Request, staff: Looking, entry_id: str) -> Response:
    return _form(request, staff, entry_id)


@router.post("/{entry_id}/change")
def change(  # noqa: PLR0917 -- the fields of the form
    request: Request,
    staff: Submitting,
    entry_id: str,
    revision: Annotated[int, Form()],
    title: Text = "",
    diagnosis: Text = "",
    findings: Text = "",
    impression: Text = "",
    point: Text = "",
    kept: Annotated[list[int] | None, Form()] = None,
) -> Response:
    typed = Words(title=title, diagnosis=diagnosis, findings=findings, impression=impression, point=point)
    office = office_of(request)
    try:
        with going_in(office, staff, Action.TEACHING_CHANGE, "teaching", entry_id) as ctx:
            entries.change(ctx, office.keys, entry_id, typed, kept or (), seen=revision)
    except (Invalid, MoveNotAllowed, NotAllowed, Stale) as refused:
        return _form(request, staff, entry_id, refused=refused, typed=typed, kept=kept or [])
    return RedirectResponse(f"/teaching/entries/{entry_id}?done=changed", status_code=303)


@router.post("/{entry_id}/remove")
def remove(
    request: Request,
    staff: Submitting,
    entry_id: str,
    revision: Annotated[int, Form()],
    why: Annotated[str, Form(max_length=4000)] = "",
) -> Response:
    try:
        with going_in(office_of(request), staff, Action.TEACHING_REMOVE, "teaching", entry_id) as ctx:
            entries.remove(ctx, entry_id, why=why, seen=revision)
    except Invalid as refused:
        return _page(request, staff, entry_id, refused=refused)
    return RedirectResponse("/teaching?done=removed", status_code=303)


def _page(request: Request, staff: Staff, entry_id: str, *, done: str = "", refused: Invalid | None = None) -> Response:
    language = language_of(request)
    with going_in(office_of(request), staff, Action.TEACHING_OPEN, "teaching", entry_id) as ctx:
        entry, kept = library.open_entry(ctx, entry_id)
        zone = region_clock.zone(ctx.tx).key
    return staff_page(
        request,
        staff,
        "teaching_entry.html",
        status=200 if refused is None else problem_of(refused).status,
        problem="" if refused is None else words_for(request, refused),
        done=done,
        entry=view.line(entry, zone, language),
        kept=kept,
        hands=[] if kept is None else view.hands(kept, zone, language),
    )


def _form(
    request: Request,
    staff: Staff,
    entry_id: str,
    *,
    refused: Invalid | MoveNotAllowed | NotAllowed | Stale | None = None,
    typed: Words | None = None,
    kept: list[int] | None = None,
) -> Response:
    language = language_of(request)
    with acting(office_of(request), staff) as ctx:
        collections.only_keepers(ctx)
        entry, keeper = library.open_entry(ctx, entry_id)
        if keeper is None:
            raise NotThere
        zone = region_clock.zone(ctx.tx).key
    since, cannot = _since(request, staff, entry_id)
    said = entry.words if typed is None else typed
    return staff_page(
        request,
        staff,
        "teaching_change.html",
        status=200 if refused is None else problem_of(refused).status,
        problem=""
        if refused is None or isinstance(refused, StillNamed)
        else view.at_its_field(refused, words_for(request, refused), language),
        wrong_fields=view.wrong_fields(refused),
        still_named=view.still_named(refused, language) if isinstance(refused, StillNamed) else [],
        entry=view.line(entry, zone, language),
        revision=keeper.revision,
        since=[] if since is None else view.since_then(since, language),
        gone=() if since is None else since.gone,
        cannot=cannot,
        typed=said.to_row(),
        lengths=LENGTHS,
        kept=list(entry.pictures) if kept is None else kept,
    )


def _since(request: Request, staff: Staff, entry_id: str) -> tuple[SinceThen | None, str]:
    """What is otherwise now than it was entered, or in a sentence why nobody can say that."""
    office = office_of(request)
    try:
        with acting(office, staff) as ctx:
            return since_then.of_entry(ctx, office.keys, entry_id), ""
    except (MoveNotAllowed, NotAllowed, NotThere) as refused:
        return None, words_for(request, refused)
