"""/office/security: what was opened in emergencies, who is signed in, what was refused, tokens, shares, rights."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Form
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from reading.administrators import emergencies, oversight, patient_links, security
from reading.administrators.patient_links import Watched
from reading.emergency_access.rules import COMMENT_MOST, Verdict
from reading.errors import Invalid, NotAllowed, NotThere, Stale
from reading.kinds import Role
from reading.viewers import Staff
from viewer.http.callers import Looking, Submitting
from viewer.http.office import office_of
from viewer.http.on_record import ULID, acting, acts_of, in_snapshot
from viewer.http.page import language_of, staff_page
from viewer.http.problems import problem_of
from viewer.http.rights import RIGHTS, held_by
from viewer.pages.person_form import one_of
from viewer.pages.sign_in import words_for
from viewer.shell.navigation import entries_of
from viewer.views.emergency import judged_line
from viewer.words import words
from viewer.words.catalogue import Language, text

router = APIRouter(prefix="/office/security")


@router.get("")
def show(request: Request, staff: Looking) -> Response:
    return _page(request, staff)


@router.get("/rights")
def show_rights(request: Request, staff: Looking) -> Response:
    """The table of rights by roles, and who holds which role where."""
    with in_snapshot(office_of(request), staff) as ctx:
        holders = security.holders(ctx)
    rows = [{"word": f"right.{one.word}", "held": [role in one.roles for role in Role]} for one in RIGHTS]
    people = [
        {
            "id": one.person.id,
            "name": one.person.name,
            "username": one.person.username,
            "held": [[held.organisation_code for held in one.roles if held.role is role] for role in Role],
        }
        for one in holders
    ]
    return staff_page(request, staff, "security_rights.html", roles=list(Role), rows=rows, people=people)


@router.get("/people/{person_id}")
def show_person(request: Request, staff: Looking, person_id: str) -> Response:
    """What a person would see, in words: roles, sites, pages, rights; never data."""
    zone = office_of(request).zone()
    with in_snapshot(office_of(request), staff) as ctx:
        found = oversight.view_of(ctx, _id(person_id))
    roles = {grant.role for grant, _ in found.grants}
    return staff_page(
        request,
        staff,
        "security_person.html",
        found=found,
        since={grant.id: words.moment(grant.since, zone.key) for grant, _ in found.grants},
        pages=[one.word for one in entries_of(roles)],
        rights=[f"right.{one.word}" for one in held_by(roles)],
    )


@router.post("/people/{person_id}/sign-out")
def sign_out(request: Request, staff: Submitting, person_id: str) -> Response:
    with acting(office_of(request), staff) as ctx:
        found = oversight.view_of(ctx, _id(person_id))
        security.sign_out(ctx, found.person.username)
    return RedirectResponse("/office/security", status_code=303)


@router.post("/tokens/{token_id}/end")
def end_token(request: Request, staff: Submitting, token_id: str) -> Response:
    try:
        with acting(office_of(request), staff) as ctx:
            oversight.end_token(ctx, _id(token_id))
    except Stale as ended:
        return _page(request, staff, problem=ended)
    return RedirectResponse("/office/security", status_code=303)


@router.post("/shares/{share_id}/end")
def end_share(
    request: Request, staff: Submitting, share_id: str, why: Annotated[str, Form(max_length=1000)] = ""
) -> Response:
    try:
        with acting(office_of(request), staff) as ctx:
            oversight.end_share(ctx, _id(share_id), reason=why)
    except (Invalid, Stale) as wrong:
        return _page(request, staff, problem=wrong)
    return RedirectResponse("/office/security", status_code=303)


@router.post("/links/{link_id}/end")
def end_link(request: Request, staff: Submitting, link_id: str) -> Response:
    try:
        with acting(office_of(request), staff) as ctx:
            patient_links.end(ctx, _id(link_id))
    except Stale as ended:
        return _page(request, staff, problem=ended)
    return RedirectResponse("/office/security#links", status_code=303)


@router.post("/emergencies/{emergency_id}/judge")
def judge(
    request: Request,
    staff: Submitting,
    emergency_id: str,
    verdict: Annotated[str, Form(max_length=16)] = "",
    comment: Annotated[str, Form(max_length=COMMENT_MOST)] = "",
) -> Response:
    """Say whether what somebody opened in an emergency was justified."""
    try:
        with acting(office_of(request), staff) as ctx:
            emergencies.judge(ctx, _id(emergency_id), one_of(Verdict, "verdict", verdict), comment)
    except (Invalid, NotAllowed, Stale) as wrong:
        return _page(request, staff, problem=wrong)
    return RedirectResponse("/office/security#emergencies", status_code=303)


def _page(request: Request, staff: Staff, *, problem: Exception | None = None) -> Response:
    office = office_of(request)
    clock = office.zone()
    zone = clock.key
    with in_snapshot(office, staff) as ctx:
        holders = security.holders(ctx)
        failed = security.failed_attempts(ctx, office.keys)
        tokens, shares = oversight.tokens(ctx), oversight.open_shares(ctx)
        links, now = patient_links.listed(ctx, office.keys), ctx.now
        patterns = [*emergencies.patterns(ctx, clock), *oversight.patterns(ctx, clock)]
    opened = emergencies.listed(acts_of(office, staff))
    return staff_page(
        request,
        staff,
        "security.html",
        status=problem_of(problem).status if problem else 200,
        problem=words_for(request, problem) if problem else "",
        signed_in=[one for one in holders if one.sessions],
        brake=failed.brake_is_on,
        within_an_hour=failed.within_an_hour,
        failures=[
            {
                "kind": one.kind.value,
                "about": one.about,
                "n": one.failures,
                "last": words.moment(one.last_failed_at, zone),
                "until": words.moment(one.closed_until, zone) if one.closed_until else "",
            }
            for one in failed.counters[:20]
        ],
        patterns=[_pattern(one, zone) for one in patterns],
        opened=[judged_line(one, zone) for one in opened],
        verdicts=list(Verdict),
        tokens=[{"one": one, "until": words.moment(one.until, zone) if one.until else ""} for one in tokens],
        shares=[
            {
                "one": one,
                "since": words.moment(one.share.since, zone),
                "until": words.moment(one.share.until, zone),
            }
            for one in shares
        ],
        links=[_link(one, now, zone, language_of(request)) for one in links],
    )


def _link(one: Watched, now: datetime, zone: str, language: Language) -> dict[str, Any]:
    """A line of the list of patients' links."""
    state = "open" if one.in_force(now) else (f"ended-{one.end_reason}" if one.ended_at else "over")
    return {
        "id": one.id,
        "mark": one.patient_mark,
        "what": text(language, "security.links.everything" if one.everything else "security.links.one"),
        "site": one.site,
        "has_passcode": one.has_passcode,
        "views": one.views,
        "is_open": state == "open",
        "state": text(language, f"security.links.{state}"),
        "made": words.moment(one.made_at, zone),
        "until": words.moment(one.ended_at or one.until, zone),
        "last": words.moment(one.last_at, zone) if one.last_at else "",
    }


def _pattern(one: oversight.Pattern, zone: str) -> dict[str, Any]:
    filled = {"who": one.who, "different": one.different, "times": one.times, "night": one.at_night}
    return {
        "word": f"security.pattern.{one.kind}",
        "filled": filled,
        "person_id": one.person_id,
        "last": words.moment(one.last_at, zone),
    }


def _id(typed: str) -> str:
    if not ULID.fullmatch(typed):
        raise NotThere
    return typed
