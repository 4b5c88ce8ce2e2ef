"""/teaching/collections/{id}: who keeps a collection calls it otherwise or lets others see it; what it was."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Form
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from reading.actions import Action
from reading.errors import Invalid, Stale
from reading.register import region_clock
from reading.teaching import collection_change, collections
from reading.teaching.collections import SeenBy
from reading.viewers import Staff
from viewer.http.callers import Looking, Submitting
from viewer.http.office import office_of
from viewer.http.on_record import going_in
from viewer.http.page import language_of, staff_page
from viewer.http.problems import problem_of
from viewer.pages.sign_in import words_for
from viewer.views import teaching as view

router = APIRouter(prefix="/teaching/collections")


@router.get("/{collection_id}")
def show(request: Request, staff: Looking, collection_id: str, done: str = "") -> Response:
    return _page(request, staff, collection_id, done=done if done == "changed" else "")


@router.post("/{collection_id}")
def change(  # noqa: PLR0917 -- the fields of the form
    request: Request,
    staff: Submitting,
    collection_id: str,
    revision: Annotated[int, Form()],
    name: Annotated[str, Form(max_length=400)] = "",
    description: Annotated[str, Form(max_length=2000)] = "",
    seen_by: Annotated[str, Form(max_length=20)] = "",
) -> Response:
    wide = SeenBy.REGION if seen_by == SeenBy.REGION else SeenBy.ORGANISATION
    office = office_of(request)
    try:
        with going_in(office, staff, Action.TEACHING_COLLECTION_CHANGE, "teaching_collection", collection_id) as ctx:
            collection_change.change(
                ctx, office.keys, collection_id, name=name, description=description, seen_by=wide, seen=revision
            )
    except (Invalid, Stale) as refused:
        return _page(request, staff, collection_id, refused=refused, typed=(name, description, wide))
    return RedirectResponse(f"/teaching/collections/{collection_id}?done=changed", status_code=303)


def _page(
    request: Request,
    staff: Staff,
    collection_id: str,
    *,
    done: str = "",
    refused: Invalid | Stale | None = None,
    typed: tuple[str, str, SeenBy] | None = None,
) -> Response:
    language = language_of(request)
    with going_in(office_of(request), staff, Action.TEACHING_SEARCH, "teaching_collection", collection_id) as ctx:
        before = collection_change.history(ctx, collection_id)
        one = collections.seen(ctx, collection_id)
        zone = region_clock.zone(ctx.tx).key
    name, description, seen_by = typed or (one.name, one.description, one.seen_by)
    return staff_page(
        request,
        staff,
        "teaching_collection.html",
        status=200 if refused is None else problem_of(refused).status,
        problem="" if refused is None else words_for(request, refused),
        done=done,
        one=one,
        typed={"name": name, "description": description, "seen_by": seen_by},
        history=view.history(one, before, zone, language),
    )
