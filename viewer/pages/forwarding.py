"""/office/forwarding: rules that send studies on to other archives, how far they are, and what has failed."""

from __future__ import annotations

from typing import Annotated, Any, Final

from fastapi import APIRouter, Form, Query
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from reading.actions import Action
from reading.administrators.account_list import kept_places
from reading.errors import Invalid, NotAllowed, NotDone
from reading.forwarding import jobs, rules
from reading.forwarding.jobs import JobState
from reading.forwarding.rules import Moment
from reading.register import devices, organisations
from reading.viewers import Staff
from viewer.http.callers import Looking, Submitting
from viewer.http.office import office_of
from viewer.http.on_record import acting, going_in, in_snapshot
from viewer.http.page import language_of
from viewer.pages.administration import Code, Done, administration_page, known_id
from viewer.pages.person_form import one_of
from viewer.views.organisations import day
from viewer.words import words
from viewer.words.catalogue import text

router = APIRouter(prefix="/office/forwarding")

DONE: Final = ("added", "ended", "retried")
FAILED_SHOWN: Final = 200
BLANK: Final = dict.fromkeys(("site", "device", "url", "modality", "moment"), "")


@router.get("")
def show(
    request: Request, staff: Looking, done: Done = "", site: Annotated[str, Query(max_length=26)] = ""
) -> Response:
    return _page(request, staff, {**BLANK, "site": site}, done=done)


@router.post("")
def add(  # noqa: PLR0917 -- the fields of the form
    request: Request,
    staff: Submitting,
    site: Code,
    device: Code = "",
    url: Annotated[str, Form(max_length=500)] = "",
    modality: Code = "",
    moment: Code = Moment.QUIET,
) -> Response:
    """To a device, or to an address that the settings allow; one that asks for a token is added by the command."""
    office = office_of(request)
    try:
        with acting(office, staff) as ctx:
            rules.add(
                ctx,
                site_id=known_id(site),
                moment=one_of(Moment, "moment", moment),
                modality=modality.strip().upper(),
                device_id=known_id(device) if device else None,
                url=url.strip(),
                origins=office.forward_origins,
            )
    except (Invalid, NotAllowed) as refused:
        form = {"site": site, "device": device, "url": url, "modality": modality, "moment": moment}
        return _page(request, staff, form, refused=refused)
    return RedirectResponse("/office/forwarding?done=added", status_code=303)


@router.post("/{rule_id}/end")
def end(request: Request, staff: Submitting, rule_id: str) -> Response:
    with going_in(office_of(request), staff, Action.FORWARDING_END, "forwarding", rule_id) as ctx:
        rules.end(ctx, rule_id)
    return RedirectResponse("/office/forwarding?done=ended", status_code=303)


@router.post("/jobs/{job_id}/retry")
def retry(request: Request, staff: Submitting, job_id: str) -> Response:
    with going_in(office_of(request), staff, Action.FORWARDING_RETRY, "forwarding", job_id) as ctx:
        jobs.retry(ctx, job_id)
    return RedirectResponse("/office/forwarding?done=retried", status_code=303)


def _page(
    request: Request, staff: Staff, form: dict[str, str], *, done: str = "", refused: NotDone | None = None
) -> Response:
    language, office = language_of(request), office_of(request)
    with in_snapshot(office, staff) as ctx:
        places = {one.id: one for one in kept_places(ctx)}
        every = {one.id: one for one in organisations.list_all(ctx.tx)}
        known = {one.id: one for one in devices.list_all(ctx.tx)}
        found = [one for one in rules.list_all(ctx.tx) if one.site_id in places]
        dead = jobs.latest(ctx.tx, FAILED_SHOWN, state=JobState.DEAD, rule_ids=[one.id for one in found])
        waiting = jobs.waiting_by_rule(ctx.tx)
        now = ctx.now
    named = {one.id: one for one in found}

    def target(rule: rules.Rule) -> str:
        return rule.url or (known[rule.device_id].ae_title if rule.device_id in known else "")

    lines: list[dict[str, Any]] = [
        {
            "id": one.id,
            "site": every[one.site_id].name,
            "to": target(one),
            "modality": one.modality or text(language, "people.any"),
            "moment": text(language, f"forwarding.moment.{one.moment}"),
            "since": day(one.since, every[one.site_id].time_zone),
            "until": "" if one.until is None else day(one.until, every[one.site_id].time_zone),
            "over": one.until is not None and one.until <= now,
            "waiting": waiting.get(one.id, 0),
        }
        for one in found
    ]
    return administration_page(
        request,
        staff,
        "forwarding.html",
        refused=refused,
        lines=sorted(lines, key=lambda line: line["over"]),
        failed=[
            {
                "id": one.id,
                "site": every[named[one.rule_id].site_id].name,
                "to": target(named[one.rule_id]),
                "instances": one.instances,
                "since": words.moment(one.waiting_since, every[named[one.rule_id].site_id].time_zone),
            }
            for one in dead
        ],
        form=form,
        sites=[(one.id, f"{one.name} ({one.code})") for one in places.values()],
        devices=[
            (one.id, f"{one.ae_title} · {every[one.site_id].name}")
            for one in known.values()
            if one.until is None and devices.called_at(one) is not None
        ],
        origins=office.forward_origins,
        moments=[(each.value, text(language, f"forwarding.moment.{each}")) for each in Moment],
        done=done if done in DONE else "",
    )
