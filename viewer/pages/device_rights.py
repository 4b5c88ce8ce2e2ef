"""/office/devices/ID/rights: what a device may do, who gave it, and what it asked for in vain."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any

from fastapi import APIRouter, Form
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from reading.actions import Action
from reading.errors import NotAllowed, Stale
from reading.kinds import DeviceRight
from reading.register import device_register, device_rights, organisations
from reading.register.device_rights import ENTRUSTED, Given
from reading.viewers import Staff
from viewer.http.callers import Looking, Submitting
from viewer.http.device_entry import DeviceRights, set_device_rights
from viewer.http.office import office_of
from viewer.http.on_record import going_in
from viewer.http.page import language_of, staff_page
from viewer.pages.sign_in import words_for
from viewer.words import words
from viewer.words.catalogue import Language, text

router = APIRouter()


@router.get("/office/devices/{device_id}/rights")
def show(request: Request, staff: Looking, device_id: str) -> Response:
    return _page(request, staff, device_id)


@router.post("/office/devices/{device_id}/rights")
def change(
    request: Request,
    staff: Submitting,
    device_id: str,
    revision: Annotated[int, Form()],
    may: Annotated[list[DeviceRight] | None, Form()] = None,
) -> Response:
    try:
        set_device_rights(office_of(request), staff, device_id, DeviceRights(may=set(may or ()), revision=revision))
    except (NotAllowed, Stale) as wrong:
        return _page(request, staff, device_id, wrong=wrong)
    return RedirectResponse("/office/devices?done=rights", status_code=303)


def _page(request: Request, staff: Staff, device_id: str, *, wrong: NotAllowed | Stale | None = None) -> Response:
    language = language_of(request)
    with going_in(office_of(request), staff, Action.DEVICE_OPEN, "device", device_id) as ctx:
        one = device_register.rights_of(ctx.tx, staff, device_id, ctx.now)
        entrusts = device_register.entrusts(ctx.tx, staff, one.site_id, ctx.now)
        site = organisations.by_id(ctx.tx, one.site_id)
        zone = site.time_zone if site else ""
        has = device_rights.of(ctx.tx, device_id, ctx.now)
        lacks = device_rights.lacking(ctx.tx, [device_id])[device_id]
        given = device_rights.history(ctx.tx, device_id)
    rights: list[dict[str, Any]] = [
        {
            "word": str(right),
            "name": text(language, f"device-right.{right}"),
            "lead": text(language, f"device-right.{right}-lead"),
            "has": right in has,
            # Whoever may not give a right still sees it, and may end it.
            "fixed": right in ENTRUSTED and not entrusts and right not in has,
            "asked": words.moment(lacks[right], zone) if right in lacks else "",
        }
        for right in DeviceRight
    ]
    return staff_page(
        request,
        staff,
        "device_rights.html",
        status=422 if wrong else 200,
        one=one,
        site=site.name if site else "",
        rights=rights,
        entrusts=entrusts,
        given=_lines(given, zone, language),
        problem=words_for(request, wrong) if wrong else "",
    )


def _lines(given: Sequence[Given], zone: str, language: Language) -> list[dict[str, str]]:
    system = text(language, "device-right.system")
    return [
        {
            "name": text(language, f"device-right.{one.right}"),
            "given": text(language, "device-right.given", at=words.moment(one.since, zone), by=one.given_by or system),
            "ended": ""
            if one.until is None
            else text(language, "device-right.ended", at=words.moment(one.until, zone), by=one.ended_by or system),
        }
        for one in given
    ]
