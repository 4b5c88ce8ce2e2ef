"""/sign-in, /sign-out, the root of the office and the language switch."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Form, Query
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from reading.errors import Busy, TooManyAttempts, WrongCredentials
from reading.sessions import account_notices, staff_sessions
from reading.sessions.half_sessions import HalfSession
from reading.sessions.staff_sessions import EndReason, StaffSession
from reading.viewers import Staff
from storage.database import snapshot
from viewer.http import kept_form
from viewer.http.callers import STAFF_COOKIE, Looking, SameOrigin, SubmittingUnsettled, staff_of
from viewer.http.cookies import forget, give, keeps_cookies
from viewer.http.errors import SignedOut
from viewer.http.half_sign_in import give_half, take_half
from viewer.http.kept_form import KeptForm
from viewer.http.office import office_of
from viewer.http.page import LANGUAGE_COOKIE, THEME_COOKIE, Theme, language_of, local, page
from viewer.http.plain_fields import Plain
from viewer.http.problems import explained, problem_of
from viewer.http.sessions import end_staff_session, open_staff_session
from viewer.http.sought import LONGEST_ADDRESS
from viewer.shell.navigation import PASSWORD, home_of
from viewer.words.catalogue import spoken, text

router = APIRouter()

Next = Annotated[str, Query(max_length=200)]
Back = Annotated[str, Query(max_length=LONGEST_ADDRESS)]
"""The page on which somebody switches, with what they seek there."""
NextField = Annotated[str, Form(max_length=200)]
Field = Annotated[str, Form(max_length=200)]
YEAR_SECONDS = 365 * 24 * 3600


@router.get("/sign-in")
def show(request: Request, next: Next = "", ended: bool = False, over: bool = False) -> Response:  # noqa: A002, FBT001, FBT002
    if over:
        return _form(request, next, notice=text(language_of(request), "sign-in.over"))
    was_signed_in = bool(next) and STAFF_COOKIE in request.cookies
    response = _form(request, next, notice=_why_ended(request) if ended or was_signed_in else "")
    try:
        staff_of(request, touch=False)
    except SignedOut as gone:
        forget(request, response, gone.ended)
    return response


@router.post("/sign-in", dependencies=[SameOrigin])
def sign_in(
    request: Request,
    username: Annotated[Field, Plain],
    password: Field,
    next: NextField = "",  # noqa: A002
    kept: Annotated[str, Form(max_length=kept_form.LONGEST)] = "",
) -> Response:
    try:
        opened = open_staff_session(request, username, password)
    except (WrongCredentials, TooManyAttempts, Busy) as refusal:
        return _form(request, next, username=username, refusal=refusal, kept=kept)
    if not isinstance(opened, HalfSession):
        form = kept_form.opened(request, kept, opened.staff.person_id) if kept else None
        return let_in(request, opened, next) if form is None else _with_form(request, opened, form)
    response = RedirectResponse(f"/sign-in/factor?next={local(next, '')}", status_code=303)
    give_half(request, response, opened)
    return response


@router.post("/sign-out")
def sign_out(request: Request, staff: SubmittingUnsettled) -> Response:
    response = RedirectResponse("/sign-in", status_code=303)
    end_staff_session(request, response, staff)
    return response


@router.get("/office")
def office(staff: Looking) -> Response:
    """`looks` leads to the first page of theirs."""
    return RedirectResponse(home_for(staff), status_code=303)


@router.get("/language")
def choose_language(to: Annotated[str, Query(max_length=5)], next: Back = "/") -> Response:  # noqa: A002
    response = RedirectResponse(local(next, "/"), status_code=303)
    response.set_cookie(LANGUAGE_COOKIE, spoken(to), max_age=YEAR_SECONDS, path="/", samesite="lax")
    return response


@router.get("/theme")
def choose_theme(to: Theme, next: Back = "/") -> Response:  # noqa: A002
    response = RedirectResponse(local(next, "/"), status_code=303)
    response.set_cookie(THEME_COOKIE, to, max_age=YEAR_SECONDS, path="/", samesite="lax")
    return response


def let_in(request: Request, opened: StaffSession, wanted: str) -> Response:
    """The answer to a sign-in that has come to its end: the cookie, and the first page."""
    response = RedirectResponse(address_after(request, opened.staff, wanted), status_code=303)
    return with_session(request, response, opened)


def _with_form(request: Request, opened: StaffSession, form: KeptForm) -> Response:
    """The page from which a form that was kept is sent, once it is known who sends it."""
    session = opened.staff.session
    if session is None or session.must_change_password:
        return let_in(request, opened, "")
    response = page(request, "kept_form.html", form=form, csrf_token=session.csrf_token, home=home_for(opened.staff))
    return with_session(request, response, opened)


def with_session(request: Request, response: Response, opened: StaffSession) -> Response:
    give(request, response, STAFF_COOKIE, opened.token)
    take_half(response)
    return response


def address_after(request: Request, staff: Staff, wanted: str) -> str:
    """The first page: a first password is changed before all, and what concerns the account is read."""
    onward = local(wanted, home_for(staff))
    if staff.session is not None and staff.session.must_change_password:
        return f"{PASSWORD}?next={onward}"
    with snapshot(office_of(request).engine) as tx:
        told = account_notices.unread(tx, staff.person_id)
    return f"/account/notices?next={onward}" if told else onward


def home_for(staff: Staff) -> str:
    """The first page after signing in."""
    return home_of({grant.role for grant in staff.grants})


def words_for(request: Request, error: Exception, *, wrong: str = "") -> str:
    """An error as a sentence, for a form that is shown again.

    ``wrong``: what alone the form asked for (password, code, passkey, slip), where it may be that which is wrong.
    """
    problem, language = problem_of(error), language_of(request)
    if wrong and isinstance(error, WrongCredentials):
        return text(language, f"wrong.{wrong}")
    exact = explained(request, problem)
    advice = text(language, f"problem.{problem.slug}.advice", **problem.fields)
    return exact or f"{text(language, f'problem.{problem.slug}')}{text(language, 'colon')}{advice}"


def _why_ended(request: Request) -> str:
    """Why the session with which this browser comes is over, where somebody ended it."""
    token, language = request.cookies.get(STAFF_COOKIE, ""), language_of(request)
    with snapshot(office_of(request).engine) as tx:
        reason = staff_sessions.end_reason(tx, token)
    if reason in {None, EndReason.SIGNED_OUT}:
        return text(language, "sign-in.ended")
    return text(language, f"sign-in.ended.{reason}")


def _form(
    request: Request,
    onward: str,
    *,
    username: str = "",
    notice: str = "",
    refusal: Exception | None = None,
    kept: str = "",
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
        kept=kept,
    )
