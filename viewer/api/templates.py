"""/api/templates and /api/phrases: what reports are written with."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter
from starlette.requests import Request

from reading.actions import Action
from reading.register import organisations
from reading.templates import phrases, templates
from reading.templates.phrases import Phrase
from reading.templates.rendering import blank_fields, checked, rendered
from viewer.api import bodies
from viewer.http.callers import Acting, Polling
from viewer.http.office import office_of
from viewer.http.on_record import acting, going_in, in_snapshot
from viewer.http.page import language_of

router = APIRouter(prefix="/api")


@router.get("/cases/{case_id}/templates")
def offers(request: Request, staff: Polling, case_id: str) -> list[dict[str, Any]]:
    """The templates for a case, the best first."""
    language = language_of(request)
    with going_in(office_of(request), staff, Action.CASE_OPEN, "case", case_id) as ctx:
        return [
            {
                "id": one.template.id,
                "key": one.template.key,
                "version": one.template.version,
                "title": getattr(one.template.document.title, language),
                "fits": one.fits,
            }
            for one in templates.offers(ctx, case_id)
        ]


@router.get("/templates/{template_id}")
def template(request: Request, staff: Polling, template_id: str) -> dict[str, Any]:
    """The fields of a template, for a form."""
    with in_snapshot(office_of(request), staff) as ctx:
        found = templates.usable(ctx, template_id)
    document = found.document.model_dump(mode="json", exclude_defaults=False)
    return {"id": found.id, "key": found.key, "version": found.version, "document": document}


@router.post("/templates/{template_id}/render")
def render(request: Request, staff: Acting, template_id: str, body: bodies.Values) -> dict[str, Any]:
    """The text that follows from values, in the language of the desk; nothing is kept."""
    language = language_of(request)
    with in_snapshot(office_of(request), staff) as ctx:
        document = templates.usable(ctx, template_id).document
    values = checked(document, body.values)
    return {**rendered(document, values, language.value), "blank": list(blank_fields(document, values, language.value))}


@router.get("/phrases")
def list_phrases(request: Request, staff: Polling) -> list[dict[str, Any]]:
    with in_snapshot(office_of(request), staff) as ctx:
        return [_phrase(one) for one in phrases.list_of(ctx)]


@router.post("/phrases", status_code=201)
def add_phrase(request: Request, staff: Acting, body: bodies.NewPhrase) -> dict[str, Any]:
    with acting(office_of(request), staff) as ctx:
        owner = organisations.in_force(ctx.tx, body.organisation).id if body.organisation else staff.person_id
        return _phrase(phrases.add(ctx, shortcut=body.shortcut, words=body.words, owner=owner))


@router.delete("/phrases/{phrase_id}", status_code=204)
def end_phrase(request: Request, staff: Acting, phrase_id: str) -> None:
    with acting(office_of(request), staff) as ctx:
        phrases.end(ctx, phrase_id)


def _phrase(one: Phrase) -> dict[str, Any]:
    return {"id": one.id, "shortcut": one.shortcut, "words": one.words, "own": one.is_own}
