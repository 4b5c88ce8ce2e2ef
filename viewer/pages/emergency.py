"""/emergency: what somebody opens in an emergency by a full number, what they see by it, and closing it again."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Annotated, Any, Final, Literal

from fastapi import APIRouter, Form, Query
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from reading.actions import Action
from reading.desk import desk
from reading.emergency_access import opening, rules
from reading.emergency_access.opening import Wanted
from reading.emergency_access.rules import FoundBy, Reason
from reading.errors import Busy, Invalid, NotAllowed, NotThere, ProofTooOld, TooManyAttempts, WrongCredentials
from reading.register import organisations
from reading.viewers import Staff
from viewer.http.callers import Looking, Submitting
from viewer.http.office import office_of
from viewer.http.on_record import acting, going_in, in_snapshot
from viewer.http.page import language_of, staff_page
from viewer.http.plain_fields import Plain
from viewer.http.problems import problem_of
from viewer.http.sessions import prove_again
from viewer.pages.account_factors import proof_asked
from viewer.pages.person_form import one_of
from viewer.pages.sign_in import words_for
from viewer.pages.township_case import series_of
from viewer.views import emergency
from viewer.views.report_sheet import zone_of
from viewer.words import words
from viewer.words.catalogue import text

router = APIRouter(prefix="/emergency")

HOME: Final = "/emergency"
EMPTY: Final = {"by": FoundBy.NUMBER.value, "value": "", "site": "", "reason": "", "words": ""}
Field = Annotated[str, Form(max_length=200)]
Words = Annotated[str, Form(alias="words", max_length=rules.MOST_WORDS)]
Answer = Annotated[str, Form(max_length=20_000)]
Done = Annotated[Literal["opened", "closed", ""], Query()]


@router.get("")
def show(request: Request, staff: Looking, done: Done = "") -> Response:
    return _page(request, staff, EMPTY, done=done)


@router.post("")
def open_it(  # noqa: PLR0917 -- the fields of the form
    request: Request,
    staff: Submitting,
    by: Field = "",
    value: Annotated[Field, Plain] = "",
    site: Field = "",
    reason: Field = "",
    said: Words = "",
    password: Field = "",
    code: Annotated[Field, Plain] = "",
    passkey: Answer = "",
) -> Response:
    """Check what was typed, then take the proof: a code is good once, and a form with a gap does not spend it."""
    office, typed = office_of(request), {"by": by, "value": value, "site": site, "reason": reason, "words": said}
    opening.grant_of(staff, office.emergency_lasts)
    try:
        wanted = _wanted(typed)
        with in_snapshot(office, staff) as ctx:
            is_asked = opening.needs_proof(ctx)
        if is_asked:
            proved = prove_again(request, staff, password=password, code=code, passkey=passkey)
            staff = replace(staff, session=proved)
        with acting(office, staff, naming=True) as ctx:
            opening.open_in_emergency(ctx, office.keys, wanted, office.emergency_lasts)
    except (Invalid, NotAllowed, NotThere, ProofTooOld, WrongCredentials, TooManyAttempts, Busy) as refusal:
        wrong = "passkey" if passkey else "code" if code else "password"
        return _page(request, staff, typed, refusal=refusal, wrong=wrong)
    return RedirectResponse(f"{HOME}?done=opened", status_code=303)


@router.post("/{emergency_id}/close")
def close(request: Request, staff: Submitting, emergency_id: str) -> Response:
    with going_in(office_of(request), staff, Action.EMERGENCY_CLOSE, "emergency", emergency_id) as ctx:
        opening.close(ctx, emergency_id)
    return RedirectResponse(f"{HOME}?done=closed", status_code=303)


@router.get("/case/{case_id}")
def show_case(request: Request, staff: Looking, case_id: str) -> Response:
    """The report and the pictures of an examination that is open in an emergency."""
    language = language_of(request)
    with going_in(office_of(request), staff, Action.EMERGENCY_LIST, "case", case_id) as ctx:
        by = opening.by_which(ctx, case_id)
        detail = desk.detail(ctx, case_id)
        zone = zone_of(ctx.tx, detail.entry)
        shown: dict[str, Any] = {
            "case": emergency.examination_line(ctx.tx, detail.entry, language),
            "asked": detail.request,
            "versions": emergency.reports(ctx.tx, detail, zone, language),
            "series": [each for one in detail.entry.studies for each in series_of(ctx, one.study_uid, language)],
        }
    return staff_page(
        request,
        staff,
        "emergency_case.html",
        until=words.moment(by.until, zone),
        **shown,
    )


def _wanted(typed: Mapping[str, str]) -> Wanted:
    by, reason = one_of(FoundBy, "by", typed["by"]), one_of(Reason, "reason", typed["reason"])
    if not typed["value"].strip():
        raise Invalid("identifier", "empty")
    if by is FoundBy.ACCESSION and not typed["site"]:
        raise Invalid("site", "accession_needs_it")
    return Wanted(
        by=by,
        value=typed["value"],
        site_code=typed["site"],
        reason=reason,
        words=rules.checked_words(typed["words"]),
    )


def _page(
    request: Request,
    staff: Staff,
    typed: Mapping[str, str],
    *,
    done: str = "",
    refusal: Exception | None = None,
    wrong: str = "",
) -> Response:
    zone = office_of(request).zone()
    office, language = office_of(request), language_of(request)
    with acting(office, staff) as ctx:
        mine = emergency.opened_lines(ctx, opening.own(ctx), language, zone.key)
        sites = [(one.code, one.name) for one in organisations.standing(ctx.tx)]
        asks = opening.needs_proof(ctx)
    problem = problem_of(refusal) if refusal else None
    said = words_for(request, refusal, wrong=wrong) if refusal else ""
    return staff_page(
        request,
        staff,
        "emergency.html",
        status=problem.status if problem else 200,
        headers=problem.headers if problem else None,
        done=done,
        problem=text(language, "emergency.not-there") if isinstance(refusal, NotThere) else said,
        mine=mine,
        is_open=office.emergency_lasts.total_seconds() > 0,
        hours=f"{office.emergency_lasts.total_seconds() / 3600:g}",
        ways=list(FoundBy),
        reasons=list(Reason),
        sites=sites,
        typed=typed,
        asks=asks,
        **(proof_asked(request, staff) if asks else {}),
    )
