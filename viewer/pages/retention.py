"""/office/retention: how long images are kept, what is due, what has to stay, and what two administrators erase."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Annotated, Any, Final, Literal

from fastapi import APIRouter, Form, Query
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from reading.administrators import erasures
from reading.administrators.erasures import Line, Wanted
from reading.errors import Invalid, MoveNotAllowed, NotAllowed, NotDone, NotThere, Stale, TooManyAttempts
from reading.kinds import Role
from reading.register import organisations
from reading.retention.request_moves import State
from reading.retention.requests import NamedBy
from reading.viewers import Staff
from storage.index.queries import Study
from viewer.http.callers import Looking, Submitting
from viewer.http.office import Office, office_of
from viewer.http.on_record import ULID, acting, acts_of, in_snapshot
from viewer.http.page import language_of, staff_page
from viewer.http.plain_fields import Plain
from viewer.http.problems import problem_of
from viewer.pages.sign_in import words_for
from viewer.words import words
from viewer.words.catalogue import text

router = APIRouter(prefix="/office/retention")

HOME: Final = "/office/retention"
YEAR: Final = timedelta(days=365.25)
WAYS: Final = (NamedBy.ACCESSION, NamedBy.NUMBER, NamedBy.CASE, NamedBy.STUDY)
BLANK: Final = {"by": NamedBy.ACCESSION.value, "value": "", "site": "", "reason": ""}
Field = Annotated[str, Form(max_length=200)]
By = Annotated[NamedBy, Form()]
Why = Annotated[str, Form(max_length=500)]
Done = Annotated[Literal["asked", "confirmed", "refused", "withdrawn", "held", "lifted", ""], Query()]
Refusal = (Invalid, NotAllowed, NotThere, Stale, MoveNotAllowed, TooManyAttempts)


@router.get("")
def show(request: Request, staff: Looking, done: Done = "") -> Response:
    return _page(request, staff, done=done)


@router.post("/ask")
def ask(  # noqa: PLR0917 -- the fields of the form
    request: Request, staff: Submitting, by: By, value: Annotated[Field, Plain] = "", site: Field = "", reason: Why = ""
) -> Response:
    typed = {"by": by.value, "value": value, "site": site, "reason": reason}
    try:
        with acting(office_of(request), staff, naming=True) as ctx:
            erasures.ask(ctx, Wanted(by=by, value=value, site_code=site), reason)
    except Refusal as refused:
        return _page(request, staff, typed=typed, refused=refused)
    return RedirectResponse(f"{HOME}?done=asked", status_code=303)


@router.post("/ask-for-due")
def ask_for_due(request: Request, staff: Submitting, reason: Why = "") -> Response:
    office = office_of(request)
    try:
        with acting(office, staff) as ctx:
            erasures.ask_for_due(ctx, _before(office, ctx.now), reason)
    except Refusal as refused:
        return _page(request, staff, refused=refused)
    return RedirectResponse(f"{HOME}?done=asked", status_code=303)


@router.post("/requests/{request_id}/confirm")
def confirm(  # noqa: PLR0917 -- the fields of the form
    request: Request, staff: Submitting, request_id: str, by: By, value: Annotated[Field, Plain] = "", site: Field = ""
) -> Response:
    """Confirm by naming the same again; what is due by how many studies it is."""
    try:
        with acting(office_of(request), staff, naming=True) as ctx:
            erasures.confirm(ctx, _id(request_id), Wanted(by=by, value=value, site_code=site))
    except Refusal as refused:
        return _page(request, staff, refused=refused)
    return RedirectResponse(f"{HOME}?done=confirmed", status_code=303)


@router.post("/requests/{request_id}/refuse")
def refuse(request: Request, staff: Submitting, request_id: str, why: Why = "") -> Response:
    try:
        with acting(office_of(request), staff) as ctx:
            erasures.refuse(ctx, _id(request_id), why)
    except Refusal as refused:
        return _page(request, staff, refused=refused)
    return RedirectResponse(f"{HOME}?done=refused", status_code=303)


@router.post("/requests/{request_id}/withdraw")
def withdraw(request: Request, staff: Submitting, request_id: str) -> Response:
    try:
        with acting(office_of(request), staff) as ctx:
            erasures.withdraw(ctx, _id(request_id))
    except Refusal as refused:
        return _page(request, staff, refused=refused)
    return RedirectResponse(f"{HOME}?done=withdrawn", status_code=303)


@router.post("/holds")
def hold(  # noqa: PLR0917 -- the fields of the form
    request: Request, staff: Submitting, by: By, value: Annotated[Field, Plain] = "", site: Field = "", reason: Why = ""
) -> Response:
    typed = {"by": by.value, "value": value, "site": site, "reason": reason}
    try:
        with acting(office_of(request), staff, naming=True) as ctx:
            erasures.hold(ctx, Wanted(by=by, value=value, site_code=site), reason)
    except Refusal as refused:
        return _page(request, staff, typed=typed, refused=refused)
    return RedirectResponse(f"{HOME}?done=held", status_code=303)


@router.post("/holds/lift")
def lift(request: Request, staff: Submitting, study: Field = "", reason: Why = "") -> Response:
    """The study is named in the form, not in the address."""
    try:
        with acting(office_of(request), staff) as ctx:
            erasures.lift(ctx, study, reason)
    except Refusal as refused:
        return _page(request, staff, refused=refused)
    return RedirectResponse(f"{HOME}?done=lifted", status_code=303)


def _page(
    request: Request,
    staff: Staff,
    *,
    done: str = "",
    typed: Mapping[str, str] = BLANK,
    refused: NotDone | None = None,
) -> Response:
    zone = office_of(request).zone()
    office, language = office_of(request), language_of(request)
    lines = erasures.listed(acts_of(office, staff))
    with in_snapshot(office, staff) as ctx:
        held = erasures.standing_holds(ctx)
        due = erasures.due(ctx, _before(office, ctx.now))
        sites = [(one.code, one.name) for one in organisations.standing(ctx.tx)]
    missing = isinstance(refused, NotThere)
    return staff_page(
        request,
        staff,
        "retention.html",
        status=problem_of(refused).status if refused else 200,
        problem=text(language, "retention.not-there") if missing else words_for(request, refused) if refused else "",
        done=done,
        years=f"{office.retention_years:g}" if office.retention_years else "",
        asks=staff.holds(Role.SYSTEM_ADMINISTRATOR),
        typed=typed,
        ways=WAYS,
        sites=sites,
        lines=[_line(one, zone.key) for one in lines],
        holds=[
            {
                "study": _study(one.study),
                "reason": one.reason,
                "by": by,
                "since": words.moment(one.since, zone.key) if one.since else "",
            }
            for one, by in held
        ],
        due=[{"one": one, "oldest": words.day(one.oldest, zone.key)} for one in due],
        may_ask_for_due=any(one.studies > one.held + one.open + one.asked for one in due),
    )


def _line(line: Line, zone: str) -> dict[str, Any]:
    one = line.request
    outcomes = [item.outcome for item in one.items]
    return {
        "id": one.id,
        "state": one.state.value,
        "named_by": one.named_by.value,
        "reason": one.reason,
        "asked": words.moment(one.asked_at, zone),
        "asked_by": line.asked_by,
        "decided": words.moment(one.decided_at, zone) if one.decided_at else "",
        "decided_by": line.decided_by,
        "why": one.decided_why,
        "sites": line.sites,
        "studies": [_study(study) for study in line.studies],
        "more": len(one.items) - len(line.studies),
        "n": len(one.items),
        "images": line.images,
        "held": line.held,
        "ended": words.moment(one.ended_at, zone) if one.ended_at else "",
        "erased": one.erased,
        "erased_studies": outcomes.count("erased"),
        "kept": sorted({outcome for outcome in outcomes if outcome not in {"", "erased"}}),
        "kept_n": sum(outcome not in {"", "erased"} for outcome in outcomes),
        "elsewhere": one.copies_elsewhere,
        "is_over": one.state in {State.DONE, State.REFUSED, State.WITHDRAWN},
        "may": {move.value for move in line.may},
    }


def _study(one: Study) -> dict[str, Any]:
    """What names a study on paper; nothing of the patient. Whoever confirms is not shown what they have to name."""
    day = one.study_date
    return {
        "uid": one.study_uid,
        "accession": one.accession_number,
        "date": f"{day[:4]}-{day[4:6]}-{day[6:8]}" if len(day) == 8 else day,
        "images": one.instances,
        "held": bool(one.hold),
    }


def _before(office: Office, now: datetime) -> datetime | None:
    """What received nothing since is due; None where images are kept for ever."""
    return now - office.retention_years * YEAR if office.retention_years else None


def _id(typed: str) -> str:
    if not ULID.fullmatch(typed):
        raise NotThere
    return typed
