"""/sign-in, /sign-out and the language switch."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Form, Query
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from reading.errors import Busy, Invalid, TooManyAttempts, WrongCredentials
from reading.viewers import Staff
from viewer.http.callers import STAFF_COOKIE, SameOrigin, SubmittingUnsettled, give, keeps_cookies, staff_of
from viewer.http.page import LANGUAGE_COOKIE, language_of, local, page
from viewer.http.problems import explained, problem_of
from viewer.http.sessions import change_password, end_staff_session, open_staff_session
from viewer.shell.navigation import home_of
from viewer.words.catalogue import spoken, text

router = APIRouter()

Next = Annotated[str, Query(max_length=200)]
NextField = Annotated[str, Form(max_length=200)]
Field = Annotated[str, Form(max_length=200)]
YEAR_SECONDS = 365 * 24 * 3600


@router.get("/sign-in")
def show(request: Request, next: Next = "", ended: bool = False) -> Response:  # noqa: A002, FBT001, FBT002
    notice = text(language_of(request), "sign-in.ended") if ended or next else ""
    return _form(request, next, notice=notice)


@router.post("/sign-in", dependencies=[SameOrigin])
def sign_in(request: Request, username: Field, password: Field, next: NextField = "") -> Response:  # noqa: A002
    try:
        opened = open_staff_session(request, username, password)
    except (WrongCredentials, TooManyAttempts, Busy) as refusal:
        return _form(request, next, username=username, refusal=refusal)
    onward = local(next, _home(opened.staff))
    must_change = opened.staff.session is not None and opened.staff.session.must_change_password
    response = RedirectResponse(f"/sign-in/password?next={onward}" if must_change else onward, status_code=303)
    give(request, response, STAFF_COOKIE, opened.token)
    return response


@router.get("/sign-in/password")
def show_password(request: Request, next: Next = "") -> Response:  # noqa: A002
    return _password_form(request, staff_of(request, touch=True), next)


@router.post("/sign-in/password")
def new_password(  # noqa: PLR0917 -- the fields of the form
    request: Request,
    staff: SubmittingUnsettled,
    current: Field,
    new: Field,
    again: Field,
    next: NextField = "",  # noqa: A002
) -> Response:
    if new != again:
        return _password_form(request, staff, next, problem=text(language_of(request), "password.differ"))
    try:
        change_password(request, staff, current, new)
    except (Invalid, WrongCredentials, TooManyAttempts, Busy) as refusal:
        return _password_form(
            request, staff, next, problem=words_for(request, refusal), status=problem_of(refusal).status
        )
    return RedirectResponse(local(next, _home(staff)), status_code=303)


@router.post("/sign-out")
def sign_out(request: Request, staff: SubmittingUnsettled) -> Response:
    response = RedirectResponse("/sign-in", status_code=303)
    end_staff_session(request, response, staff)
    return response


@router.get("/language")
def choose_language(to: Annotated[str, Query(max_length=5)], next: Next = "/") -> Response:  # noqa: A002
    response = RedirectResponse(local(next, "/"), status_code=303)
    response.set_cookie(LANGUAGE_COOKIE, spoken(to), max_age=YEAR_SECONDS, path="/", samesite="lax")
    return response


def words_for(request: Request, error: Exception) -> str:
    """An error as a sentence, for a form that is shown again."""
    problem, language = problem_of(error), language_of(request)
    exact = explained(request, problem)
    advice = text(language, f"problem.{problem.slug}.advice", **problem.fields)
    return exact or f"{text(language, f'problem.{problem.slug}')}{text(language, 'colon')}{advice}"


def _home(staff: Staff) -> str:
    return home_of({grant.role for grant in staff.grants})


def _form(
    request: Request, onward: str, *, username: str = "", notice: str = "", refusal: Exception | None = None
) -> Response:
    problem = problem_of(refusal) if refusal else None
    return page(
        request,
        "sign_in.html",
        insecure=not keeps_cookies(request),
        status=problem.status if problem else 200,
        headers=problem.headers if problem else None,
        next=local(onward, ""),
        username=username,
        notice=notice,
        problem=words_for(request, refusal) if refusal else "",
    )


def _password_form(request: Request, staff: Staff, onward: str, *, problem: str = "", status: int = 200) -> Response:
    assert staff.session is not None  # noqa: S101 -- whoever asks came with one
    return page(
        request,
        "password.html",
        status=status,
        csrf_token=staff.session.csrf_token,
        username=staff.username,
        first=staff.session.must_change_password,
        next=local(onward, ""),
        problem=problem,
    )
