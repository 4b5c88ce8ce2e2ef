"""/office/organisations: the organisations as a tree, and each with what is known of it, its readers and its end."""

from __future__ import annotations

from typing import Annotated, Any, Final

from fastapi import APIRouter, Query
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from reading.actions import Action
from reading.administrators import endings
from reading.administrators.account_list import kept_places
from reading.administrators.endings import Stranded
from reading.administrators.organisation_list import organisation_list
from reading.errors import Invalid, NotAllowed, NotDone, NotThere, Stale
from reading.kinds import Level
from reading.register import administered, organisation_changes, organisations, registry
from reading.register.organisations import TIME_ZONE, Organisation
from reading.viewers import Staff
from viewer.http.callers import Looking, Submitting
from viewer.http.office import office_of
from viewer.http.on_record import acting, going_in, in_snapshot
from viewer.http.page import language_of
from viewer.http.plain_fields import Plain
from viewer.pages.administration import Code, Count, Done, Revision, Typed, administration_page, known_id, must_be_sure
from viewer.pages.person_form import one_of
from viewer.views import organisations as view
from viewer.words.catalogue import Language, text

router = APIRouter(prefix="/office/organisations")

DONE: Final = ("added", "changed", "moved", "ended", "imported")
BLANK: Final = dict.fromkeys(("code", "name", "level", "parent", "region", "number", "telephone"), "")


@router.get("")
def show(request: Request, staff: Looking, done: Done = "", ended: bool = False) -> Response:  # noqa: FBT001, FBT002
    with in_snapshot(office_of(request), staff) as ctx:
        found = organisation_list(ctx)
    return administration_page(
        request,
        staff,
        "organisations.html",
        lines=view.tree(found, language_of(request), ended=ended),
        ended=ended,
        has_ended=any(one.until is not None for one in found.every),
        done=done if done in DONE else "",
    )


@router.get("/new")
def show_new(request: Request, staff: Looking, under: Annotated[str, Query(max_length=26)] = "") -> Response:
    """``under``: the organisation that it stands under; otherwise the one at the top."""
    if not under:
        with in_snapshot(office_of(request), staff) as ctx:
            under = next((one.id for one in kept_places(ctx) if one.parent_id is None), "")
    return _new(request, staff, {**BLANK, "parent": under, "zone": TIME_ZONE})


@router.post("/new")
def add(  # noqa: PLR0917 -- the fields of the form
    request: Request,
    staff: Submitting,
    code: Annotated[Code, Plain],
    name: Typed,
    level: Code,
    parent: Code = "",
    region: Annotated[Code, Plain] = "",
    number: Annotated[Code, Plain] = "",
    telephone: Annotated[Code, Plain] = "",
    zone: Code = TIME_ZONE,
) -> Response:
    typed = {"code": code, "name": name, "level": level, "parent": parent, "region": region, "number": number}
    try:
        with acting(office_of(request), staff) as ctx:
            above = organisations.by_id(ctx.tx, known_id(parent)) if parent else None
            registry.add_organisation(
                ctx,
                code=code.strip(),
                name=name,
                level=one_of(Level, "level", level),
                parent_code=above.code if above else None,
                region_code=region.strip() or None,
                institution_number=number.strip().upper(),
                telephone=telephone,
                time_zone=zone.strip(),
            )
    except (Invalid, NotAllowed) as refused:
        return _new(request, staff, {**typed, "telephone": telephone, "zone": zone}, refused=refused)
    return RedirectResponse("/office/organisations?done=added", status_code=303)


@router.get("/{organisation_id}")
def show_one(request: Request, staff: Looking, organisation_id: str, done: Done = "") -> Response:
    return _one(request, staff, organisation_id, done=done)


@router.post("/{organisation_id}")
def change(  # noqa: PLR0917
    request: Request,
    staff: Submitting,
    organisation_id: str,
    revision: Revision,
    name: Typed,
    region: Annotated[Code, Plain] = "",
    number: Annotated[Code, Plain] = "",
    telephone: Annotated[Code, Plain] = "",
    zone: Code = TIME_ZONE,
) -> Response:
    typed = {"name": name, "region": region, "number": number, "telephone": telephone, "zone": zone}
    try:
        with going_in(office_of(request), staff, Action.ORGANISATION_CHANGE, "organisation", organisation_id) as ctx:
            organisation_changes.change(
                ctx,
                _code(ctx.tx, organisation_id),
                revision=revision,
                name=name,
                region_code=region.strip() or None,
                institution_number=number.strip().upper(),
                telephone=telephone,
                time_zone=zone.strip(),
            )
    except (Invalid, Stale) as refused:
        return _one(request, staff, organisation_id, refused=refused, typed=typed)
    return RedirectResponse(f"/office/organisations/{organisation_id}?done=changed", status_code=303)


@router.post("/{organisation_id}/move")
def move(request: Request, staff: Submitting, organisation_id: str, revision: Revision, parent: Code = "") -> Response:
    try:
        with going_in(office_of(request), staff, Action.ORGANISATION_MOVE, "organisation", organisation_id) as ctx:
            above = _code(ctx.tx, known_id(parent)) if parent else None
            organisation_changes.move(ctx, _code(ctx.tx, organisation_id), above, revision=revision)
    except (Invalid, NotAllowed, Stale) as refused:
        return _one(request, staff, organisation_id, refused=refused)
    return RedirectResponse(f"/office/organisations/{organisation_id}?done=moved", status_code=303)


@router.post("/{organisation_id}/end")
def end(  # noqa: PLR0917
    request: Request,
    staff: Submitting,
    organisation_id: str,
    cases: Count,
    devices: Count,
    people: Count,
    sites: Count,
    sure: Code = "",
) -> Response:
    seen = Stranded(cases=cases, devices=devices, people=people, sites=sites)
    try:
        must_be_sure(sure, unless=not seen.anything)
        with going_in(office_of(request), staff, Action.ORGANISATION_END, "organisation", organisation_id) as ctx:
            endings.end_organisation(ctx, _code(ctx.tx, organisation_id), seen=seen)
    except (Invalid, NotAllowed, Stale) as refused:
        return _one(request, staff, organisation_id, refused=refused)
    return RedirectResponse("/office/organisations?done=ended", status_code=303)


def _code(tx: Any, organisation_id: str) -> str:
    found = organisations.by_id(tx, organisation_id)
    if found is None:
        raise NotThere
    return found.code


def _new(request: Request, staff: Staff, form: dict[str, str], *, refused: NotDone | None = None) -> Response:
    language = language_of(request)
    with in_snapshot(office_of(request), staff) as ctx:
        places = kept_places(ctx)
        everywhere = administered.keeps_all(ctx.tx, staff)
    return administration_page(
        request,
        staff,
        "organisation_new.html",
        refused=refused,
        form=form,
        places=_choices(places),
        everywhere=everywhere,
        levels=[(level.value, text(language, f"level.{level}")) for level in Level],
        wrong=refused.field if isinstance(refused, Invalid) else "",
    )


def _one(
    request: Request,
    staff: Staff,
    organisation_id: str,
    *,
    done: str = "",
    refused: NotDone | None = None,
    typed: dict[str, str] | None = None,
) -> Response:
    language = language_of(request)
    with in_snapshot(office_of(request), staff) as ctx:
        found = organisation_list(ctx)
        every = found.by_id()
        one = every.get(known_id(organisation_id))
        if one is None:
            raise NotThere
        agreed = organisations.agreements_with(ctx.tx, one.id)
        kept = one.id in found.kept and one.until is None
        stranded = endings.of_organisation(ctx, one.id) if kept else None
        below = organisations.below(ctx.tx, {one.id}) | {one.id}
        everywhere = administered.keeps_all(ctx.tx, staff)
        now = ctx.now
    lines = view.agreement_lines(agreed, every, found.kept, language, now)
    fields = view.fields(one, language)
    return administration_page(
        request,
        staff,
        "organisation.html",
        refused=refused,
        one=fields,
        form={**fields, **(typed or {})},
        parent=_parent(one, every, language),
        kept=kept,
        stranded=stranded,
        everywhere=everywhere,
        places=_choices([each for each in every.values() if each.id in found.kept - below and each.until is None]),
        readers=[line for line in lines if line["site_id"] == one.id],
        reads_for=[line for line in lines if line["reader_id"] == one.id and not line["own"]],
        people=found.people.get(one.id, 0),
        devices=found.devices.get(one.id, 0),
        below=len(below) - 1,
        done=done if done in DONE else "",
        wrong=refused.field if isinstance(refused, Invalid) else "",
    )


def _choices(places: list[Organisation]) -> list[tuple[str, str]]:
    return [(one.id, f"{one.name} ({one.code})") for one in places]


def _parent(one: Organisation, every: dict[str, Organisation], language: Language) -> str:
    return every[one.parent_id].name if one.parent_id in every else text(language, "org.top")
