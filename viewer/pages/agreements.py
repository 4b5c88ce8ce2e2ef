"""/office/agreements: who reads for whom, seen from the sites and from the readers; added and ended with dates."""

from __future__ import annotations

from typing import Annotated, Any, Final
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Query
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from reading.administrators import endings
from reading.administrators.account_list import kept_places
from reading.administrators.endings import Stranded
from reading.administrators.organisation_list import organisation_list
from reading.errors import Invalid, NotDone, NotThere, Stale
from reading.kinds import Tier
from reading.register import agreements, organisations
from reading.viewers import Staff
from viewer.http.callers import Looking, Submitting
from viewer.http.office import office_of
from viewer.http.on_record import acting, in_snapshot
from viewer.http.page import language_of
from viewer.http.typed_times import typed_moment
from viewer.pages.administration import (
    DAY,
    Code,
    Count,
    Day,
    Done,
    administration_page,
    known_id,
    must_be_sure,
    typed_term,
)
from viewer.pages.person_form import one_of
from viewer.views import organisations as view
from viewer.words.catalogue import text

router = APIRouter(prefix="/office/agreements")

DONE: Final = ("added", "ended", "imported")
BLANK: Final = dict.fromkeys(("site", "reader", "tier", "since", "until"), "")


@router.get("")
def show(  # noqa: PLR0917 -- the parts of the address
    request: Request,
    staff: Looking,
    done: Done = "",
    by: Annotated[str, Query(max_length=6)] = "site",
    site: Annotated[str, Query(max_length=26)] = "",
    past: bool = False,  # noqa: FBT001, FBT002
) -> Response:
    return _page(request, staff, {**BLANK, "site": site}, done=done, by=by, past=past)


@router.post("")
def add(  # noqa: PLR0917 -- the fields of the form
    request: Request, staff: Submitting, site: Code, reader: Code, tier: Code, since: Day = "", until: Day = ""
) -> Response:
    try:
        with acting(office_of(request), staff) as ctx:
            at = organisations.by_id(ctx.tx, known_id(site))
            by = organisations.by_id(ctx.tx, known_id(reader))
            if at is None or by is None:
                raise NotThere
            begins, ends = typed_term(since, until, at.time_zone, ctx.now)
            agreements.agree(ctx, at.code, by.code, one_of(Tier, "tier", tier), since=begins, until=ends)
    except Invalid as refused:
        form = {"site": site, "reader": reader, "tier": tier, "since": since, "until": until}
        return _page(request, staff, form, refused=refused)
    return RedirectResponse("/office/agreements?done=added", status_code=303)


@router.get("/{agreement_id}")
def show_one(request: Request, staff: Looking, agreement_id: str) -> Response:
    return _ending(request, staff, agreement_id)


@router.post("/{agreement_id}/end")
def end(  # noqa: PLR0917
    request: Request, staff: Submitting, agreement_id: str, cases: Count, last: Day = "", sure: Code = ""
) -> Response:
    """``last``: the last day on which it holds; without one it ends at once."""
    try:
        must_be_sure(sure, unless=not cases)
        with acting(office_of(request), staff) as ctx:
            zone = _zone(ctx.tx, known_id(agreement_id))
            typed = typed_moment("until", last, zone)
            at = None if typed is None else typed + DAY
            endings.end_agreement(ctx, agreement_id, at=at, seen=Stranded(cases=cases))
    except (Invalid, Stale) as refused:
        return _ending(request, staff, agreement_id, refused=refused, last=last)
    return RedirectResponse("/office/agreements?done=ended", status_code=303)


def _page(
    request: Request,
    staff: Staff,
    form: dict[str, str],
    *,
    done: str = "",
    by: str = "site",
    past: bool = False,
    refused: NotDone | None = None,
) -> Response:
    language = language_of(request)
    with in_snapshot(office_of(request), staff) as ctx:
        found = organisation_list(ctx)
        places = kept_places(ctx)
        every = organisations.all_agreements(ctx.tx)
        now = ctx.now
    lines = view.agreement_lines(every, found.by_id(), found.kept, language, now)
    side = "reader" if by == "reader" else "site"
    groups: dict[str, list[dict[str, Any]]] = {}
    for line in lines:
        if past or not line["over"]:
            groups.setdefault(str(line[f"{side}_code"]), []).append(line)
    named = {line[f"{side}_code"]: line[side] for line in lines}
    return administration_page(
        request,
        staff,
        "agreements.html",
        refused=refused,
        groups=[(named[code], code, group) for code, group in sorted(groups.items())],
        by=side,
        past=past,
        form=form,
        sites=[(one.id, f"{one.name} ({one.code})") for one in places],
        readers=[(one.id, f"{one.name} ({one.code})") for one in found.every if one.until is None],
        tiers=[(tier.value, text(language, f"agreements.tier.{tier}")) for tier in Tier],
        done=done if done in DONE else "",
    )


def _ending(
    request: Request, staff: Staff, agreement_id: str, *, refused: NotDone | None = None, last: str = ""
) -> Response:
    language = language_of(request)
    with in_snapshot(office_of(request), staff) as ctx:
        found = organisation_list(ctx)
        one = organisations.agreement_by_id(ctx.tx, known_id(agreement_id))
        if one is None or one.site_id not in found.kept:
            raise NotThere
        stranded = endings.of_agreement(ctx, agreement_id)
        line = view.agreement_lines([one], found.by_id(), found.kept, language, ctx.now)[0]
    return administration_page(
        request, staff, "agreement_end.html", refused=refused, one=line, stranded=stranded, last=last
    )


def _zone(tx: Any, agreement_id: str) -> ZoneInfo:
    one = organisations.agreement_by_id(tx, agreement_id)
    if one is None:
        raise NotThere
    site = organisations.by_id(tx, one.site_id)
    return ZoneInfo(site.time_zone if site else organisations.TIME_ZONE)
