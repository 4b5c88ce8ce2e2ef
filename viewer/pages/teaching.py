"""/teaching: the teaching collections, a search over their entries, and what somebody is told of."""

from __future__ import annotations

from typing import Annotated, Any, Final
from urllib.parse import urlencode

from fastapi import APIRouter, Form, Query
from pydantic import AwareDatetime
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from reading.actions import Action
from reading.context import Context
from reading.errors import Invalid
from reading.register import region_clock
from reading.teaching import collections, library, removal, subscriptions
from reading.teaching.collections import Collection, SeenBy
from reading.viewers import Staff
from viewer.http.callers import Looking, Submitting
from viewer.http.office import office_of
from viewer.http.on_record import acting, going_in
from viewer.http.page import language_of, staff_page
from viewer.http.plain_fields import Plain
from viewer.http.problems import problem_of
from viewer.pages.sign_in import words_for
from viewer.views import teaching as view
from viewer.words.catalogue import Language, catalogue

router = APIRouter(prefix="/teaching")

SIZE: Final = 20
_DONE: Final = frozenset({"made", "ended", "handed-on", "removed", "seen"})
Typed = Annotated[str, Query(max_length=400)]


@router.get("")
def show(  # noqa: PLR0917 -- the fields of the search
    request: Request,
    staff: Looking,
    q: Annotated[Typed, Plain] = "",
    diagnosis: Typed = "",
    modality: Typed = "",
    body_part: Typed = "",
    collection: Annotated[str, Query(max_length=26)] = "",
    page: Annotated[int, Query(ge=1, le=500)] = 1,
    done: str = "",
) -> Response:
    asked = library.Query(text=q, diagnosis=diagnosis, modality=modality, body_part=body_part, collection_id=collection)
    return _page(request, staff, asked, page=page, done=done if done in _DONE else "")


@router.post("/collections")
def make(  # noqa: PLR0917 -- the fields of the form
    request: Request,
    staff: Submitting,
    organisation: Annotated[str, Form(max_length=26)] = "",
    name: Annotated[str, Form(max_length=400)] = "",
    description: Annotated[str, Form(max_length=2000)] = "",
    seen_by: Annotated[str, Form(max_length=20)] = "",
) -> Response:
    wide = SeenBy.REGION if seen_by == SeenBy.REGION else SeenBy.ORGANISATION
    try:
        with acting(office_of(request), staff) as ctx:
            collections.make(ctx, organisation, name=name, description=description, seen_by=wide)
    except Invalid as refused:
        return _page(request, staff, library.Query(), refused=refused, typed=(name, description, wide))
    return RedirectResponse("/teaching?done=made", status_code=303)


@router.post("/collections/{collection_id}/end")
def end(
    request: Request, staff: Submitting, collection_id: str, into: Annotated[str, Form(max_length=26)] = ""
) -> Response:
    ended, office = Action.TEACHING_COLLECTION_END, office_of(request)
    try:
        with going_in(office, staff, ended, "teaching_collection", collection_id) as ctx:
            collections.end(ctx, office.keys, collection_id, into=into)
    except Invalid as refused:
        return _page(request, staff, library.Query(), refused=refused)
    return RedirectResponse(f"/teaching?done={'handed-on' if into else 'ended'}", status_code=303)


@router.post("/collections/{collection_id}/subscribe")
def subscribe(request: Request, staff: Submitting, collection_id: str) -> Response:
    with going_in(office_of(request), staff, Action.TEACHING_SEARCH, "teaching_collection", collection_id) as ctx:
        subscriptions.subscribe(ctx, collection_id)
    return RedirectResponse("/teaching", status_code=303)


@router.post("/collections/{collection_id}/unsubscribe")
def unsubscribe(request: Request, staff: Submitting, collection_id: str) -> Response:
    with acting(office_of(request), staff) as ctx:
        subscriptions.unsubscribe(ctx, collection_id)
    return RedirectResponse("/teaching", status_code=303)


@router.post("/seen")
def seen(request: Request, staff: Submitting, at: Annotated[AwareDatetime, Form()]) -> Response:
    """What was new on the page of that time is new no longer."""
    with acting(office_of(request), staff) as ctx:
        subscriptions.mark_seen(ctx, at)
    return RedirectResponse("/teaching?done=seen", status_code=303)


def _page(
    request: Request,
    staff: Staff,
    asked: library.Query,
    *,
    page: int = 1,
    done: str = "",
    refused: Invalid | None = None,
    typed: tuple[str, str, SeenBy] = ("", "", SeenBy.ORGANISATION),
) -> Response:
    language = language_of(request)
    office = office_of(request)
    with acting(office, staff) as ctx:
        zone = region_clock.zone(ctx.tx).key
        try:
            found = library.find(ctx, asked, limit=SIZE, offset=SIZE * (page - 1))
        except Invalid as wrong:
            refused, found = wrong, library.Page(entries=(), more=False)
        new, shown_at = subscriptions.new_entries(ctx), ctx.now
        every = collections.every(ctx)
        onward = {one.id: _onward(ctx, one) for one in every}
        keeps = collections.keeps_for(ctx.tx, staff)
        resting = library.resting(ctx, office.keys) if keeps else []
    kept = frozenset(one.id for one in keeps)
    fresh = set[str]().union(*new.values())
    at = {"q": asked.text, "diagnosis": asked.diagnosis, "modality": asked.modality, "body_part": asked.body_part}
    at["collection"] = asked.collection_id
    said = {name: value for name, value in at.items() if value}
    return staff_page(
        request,
        staff,
        "teaching.html",
        status=200 if refused is None else problem_of(refused).status,
        problem="" if refused is None else words_for(request, refused),
        done=done,
        at=at,
        is_search=bool(said),
        lines=[view.line(one, zone, language, new=one.id in fresh) for one in found.entries],
        new=len(fresh),
        shown_at=shown_at.isoformat(),
        resting=[(view.line(one, zone, language), why) for one, why in resting],
        collections=[view.collection(one, new, kept) | onward[one.id] for one in every],
        chosen=next((one for one in every if one.id == asked.collection_id), None),
        keeps=[(one.id, one.name) for one in keeps],
        typed={"name": typed[0], "description": typed[1], "seen_by": typed[2]},
        modalities=_known("modality.", language),
        parts=_known("body.", language),
        back=f"/teaching?{urlencode({**said, 'page': page - 1})}" if page > 1 else "",
        onward=f"/teaching?{urlencode({**said, 'page': page + 1})}" if found.more else "",
    )


def _onward(ctx: Context[Staff], one: Collection) -> dict[str, Any]:
    """Where the entries of a collection could go on, for the form that ends it."""
    takes_over = [(other.id, other.name) for other in collections.takes_over(ctx, one)]
    return {"takes_over": takes_over, "of_others": removal.has_of_others(ctx, one.id)}


def _known(group: str, language: Language) -> list[tuple[str, str]]:
    """The codes of a group of the catalogue with their words; of two that have the same words the first."""
    named = [(key.removeprefix(group), said) for key, said in catalogue(language).items() if key.startswith(group)]
    first = {said: code for code, said in reversed(named)}
    return [(code, said) for code, said in named if first[said] == code]
