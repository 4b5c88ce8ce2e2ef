"""/account: who one is here, one's password and sessions, and whom to call."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Form, Query
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from reading.errors import Busy, Invalid, TooManyAttempts, WrongCredentials
from reading.sessions import own_sessions
from reading.viewers import Staff
from viewer.http.callers import Looking, Submitting, SubmittingUnsettled, staff_of
from viewer.http.office import office_of
from viewer.http.on_record import acting, in_snapshot
from viewer.http.page import language_of, local, page, staff_page
from viewer.http.problems import problem_of
from viewer.http.sessions import change_password
from viewer.pages.sign_in import words_for
from viewer.shell.navigation import ACCOUNT, PASSWORD, home_of
from viewer.views import account
from viewer.words.catalogue import text

router = APIRouter(prefix=ACCOUNT)

Next = Annotated[str, Query(max_length=200)]
Field = Annotated[str, Form(max_length=200)]


@router.get("")
def show(request: Request, staff: Looking, done: Annotated[str, Query(max_length=10)] = "") -> Response:
    with in_snapshot(office_of(request), staff) as ctx:
        roles, sessions = account.roles(ctx, language_of(request)), account.sessions(ctx)
    return staff_page(
        request,
        staff,
        "account.html",
        roles=roles,
        sessions=sessions,
        done=done if done in {"password", "ended", "others"} else "",
    )


@router.get("/help")
def show_help(request: Request, staff: Looking) -> Response:
    with in_snapshot(office_of(request), staff) as ctx:
        lines = account.help_lines(ctx, language_of(request))
    return staff_page(request, staff, "account_help.html", parts=lines)


@router.post("/sessions/end")
def end_session(
    request: Request, staff: Submitting, handle: Annotated[str, Form(pattern="^[0-9a-f]{32}$")]
) -> Response:
    with acting(office_of(request), staff) as ctx:
        own_sessions.end(ctx, handle)
    return RedirectResponse(f"{ACCOUNT}?done=ended", status_code=303)


@router.post("/sessions/end-others")
def end_other_sessions(request: Request, staff: Submitting) -> Response:
    with acting(office_of(request), staff) as ctx:
        own_sessions.end_others(ctx)
    return RedirectResponse(f"{ACCOUNT}?done=others", status_code=303)


@router.get("/password")
def show_password(request: Request, next: Next = "") -> Response:  # noqa: A002
    return _password_form(request, staff_of(request, touch=True), next)


@router.post("/password")
def new_password(  # noqa: PLR0917 -- the fields of the form
    request: Request,
    staff: SubmittingUnsettled,
    current: Field,
    new: Field,
    again: Field,
    next: Field = "",  # noqa: A002
) -> Response:
    if new != again:
        return _password_form(request, staff, next, problem=text(language_of(request), "password.differ"))
    try:
        change_password(request, staff, current, new)
    except (Invalid, WrongCredentials, TooManyAttempts, Busy) as refusal:
        return _password_form(
            request,
            staff,
            next,
            problem=words_for(request, refusal, wrong="password"),
            status=problem_of(refusal).status,
        )
    first = staff.session is not None and staff.session.must_change_password
    home = home_of({grant.role for grant in staff.grants}) if first else f"{ACCOUNT}?done=password"
    return RedirectResponse(local(next, home), status_code=303)


def _password_form(request: Request, staff: Staff, onward: str, *, problem: str = "", status: int = 200) -> Response:
    """Inside the frame, or alone while nothing else opens."""
    assert staff.session is not None  # noqa: S101 -- whoever asks came with one
    first = staff.session.must_change_password
    shown: dict[str, Any] = {
        "status": status,
        "inside": "base.html" if first else "shell.html",
        "username": staff.username,
        "first": first,
        "address": PASSWORD,
        "next": local(onward, ""),
        "problem": problem,
    }
    if first:
        return page(request, "password.html", csrf_token=staff.session.csrf_token, **shown)
    return staff_page(request, staff, "password.html", **shown)
