"""The table from errors to answers: problem+json (RFC 9457) for programs, a page for people."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final
from urllib.parse import quote, urlencode

from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from sqlalchemy.exc import DataError
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response

from reading.access.visibility import NoRight
from reading.errors import (
    Busy,
    ChecksOpen,
    Invalid,
    MoveNotAllowed,
    NotAllowed,
    NotDone,
    NotThere,
    ProofTooOld,
    SaidOtherwise,
    SignInOver,
    Stale,
    TooManyAttempts,
    WrongCredentials,
)
from reading.numbers.ratio_document import InvalidRatio
from reading.reports.marks import InvalidMark
from reading.rules.rules_document import InvalidDocument
from reading.simulation.apart import TookTooLong
from reading.simulation.scenario import InvalidScenario, TooLarge
from reading.teaching.words import StillNamed
from reading.templates.document import InvalidTemplate
from viewer.http import kept_form
from viewer.http.callers import whoever
from viewer.http.cookies import forget
from viewer.http.errors import (
    CrossSite,
    Elsewhere,
    PasswordMustChange,
    ProveAgain,
    SignedOut,
    SpeechBusy,
    SpeechFailed,
    Unavailable,
    ViewerError,
)
from viewer.http.locked_pages import locks
from viewer.http.page import OUTSIDE, home_of, language_of, page, staff_page
from viewer.http.sought import NAME as SOUGHT
from viewer.shell.navigation import ACCOUNT, PASSWORD, area_of, entries_of, is_under
from viewer.shell.navigation import home_of as first_page_of
from viewer.words.catalogue import catalogue, text


@dataclass(frozen=True, kw_only=True)
class Problem:
    """One answer. ``fields`` are RFC 9457 extension members; they never hold a person's identity."""

    slug: str
    status: int
    fields: Mapping[str, object] = field(default_factory=dict[str, object])
    headers: Mapping[str, str] = field(default_factory=dict[str, str])


@dataclass(frozen=True, kw_only=True)
class ProblemType:
    """The answer to one class of errors: a problem type of RFC 9457."""

    slug: str
    """The end of ``type`` (RFC 9457), by which programs tell problems apart."""
    status: int
    fields: Callable[[Any], Mapping[str, object]] = lambda _error: {}
    """The extension members for an error."""


def _retry_after(error: TooManyAttempts | Busy | SpeechBusy) -> Mapping[str, object]:
    return {"retry_after": max(1, math.ceil(error.retry_after.total_seconds()))}


def _malformed(error: RequestValidationError) -> Mapping[str, object]:
    first = error.errors()[0]
    place = ".".join(str(part) for part in first["loc"][1:]) or "body"
    return {"field": place, "problem": str(first["type"])}


def _said(error: Invalid) -> Mapping[str, object]:
    return {"field": error.field, "problem": error.problem}


def _document(error: InvalidDocument) -> Mapping[str, object]:
    problems = [{"path": one.path, "problem": one.problem, "rule": one.rule, **one.values} for one in error.problems]
    return {"field": error.field, "problem": error.problem, "problems": problems}


TABLE: Final[Mapping[type[Exception], ProblemType]] = {
    NotThere: ProblemType(slug="not-there", status=404),
    Stale: ProblemType(slug="stale", status=409, fields=lambda error: {"expected": error.expected}),
    SaidOtherwise: ProblemType(slug="said-otherwise", status=409),
    NotAllowed: ProblemType(slug="not-allowed", status=403, fields=lambda error: {"rule": error.rule}),
    NoRight: ProblemType(slug="not-allowed", status=403, fields=lambda error: {"rule": error.rule}),
    ChecksOpen: ProblemType(
        slug="checks-open",
        status=422,
        fields=lambda error: {"stops": list(error.stops), "unconfirmed": list(error.unconfirmed)},
    ),
    MoveNotAllowed: ProblemType(
        slug="move-not-allowed", status=409, fields=lambda error: {"state": error.state, "move": error.move}
    ),
    Invalid: ProblemType(slug="invalid", status=422, fields=_said),
    InvalidDocument: ProblemType(slug="invalid", status=422, fields=_document),
    InvalidScenario: ProblemType(slug="invalid", status=422, fields=_document),
    InvalidRatio: ProblemType(slug="invalid", status=422, fields=_said),
    TooLarge: ProblemType(slug="invalid", status=422, fields=_said),
    TookTooLong: ProblemType(slug="invalid", status=422, fields=_said),
    InvalidMark: ProblemType(slug="invalid", status=422, fields=lambda error: {**_said(error), "path": error.path}),
    InvalidTemplate: ProblemType(
        slug="invalid",
        status=422,
        fields=lambda error: {"field": error.field, "problem": error.problem, "why": error.why},
    ),
    StillNamed: ProblemType(slug="invalid", status=422, fields=_said),
    WrongCredentials: ProblemType(slug="wrong-credentials", status=401),
    TooManyAttempts: ProblemType(slug="too-many-attempts", status=429, fields=_retry_after),
    Busy: ProblemType(slug="busy", status=503, fields=_retry_after),
    ProofTooOld: ProblemType(slug="prove-again", status=403),
    SignInOver: ProblemType(slug="sign-in-over", status=401),
    SignedOut: ProblemType(slug="signed-out", status=401),
    CrossSite: ProblemType(slug="csrf", status=403),
    PasswordMustChange: ProblemType(slug="password-must-change", status=403),
    ProveAgain: ProblemType(slug="prove-again", status=403),
    Unavailable: ProblemType(slug="unavailable", status=503),
    SpeechFailed: ProblemType(slug="speech-failed", status=502, fields=lambda error: {"why": error.why}),
    SpeechBusy: ProblemType(
        slug="speech-failed", status=503, fields=lambda error: {"why": error.why, **_retry_after(error)}
    ),
    RequestValidationError: ProblemType(slug="invalid", status=422, fields=_malformed),
    # A value that no column takes, and that no rule refused before: a NUL, a number of too many digits.
    DataError: ProblemType(slug="invalid", status=422, fields=lambda _error: {"field": "", "problem": "characters"}),
}

FAILED: Final = 500
"""The first status that says that the service failed."""
BY_STATUS: Final[Mapping[int, str]] = {
    404: "not-there",
    405: "method-not-allowed",
    413: "too-large",
}
"""Slugs of the errors that the framework raises, by status."""


def problem_of(error: Exception) -> Problem:
    """The answer to an error of the table."""
    kind = next(TABLE[each] for each in type(error).__mro__ if each in TABLE)
    fields = kind.fields(error)
    headers = {"Retry-After": str(fields["retry_after"])} if "retry_after" in fields else {}
    return Problem(slug=kind.slug, status=kind.status, fields=fields, headers=headers)


PLAINLY: Final = frozenset({"not-there", "not-allowed"})
"""Problems that the pages of patients and of paper word in words of their own, since nobody there has a role."""
TO_SIGN_IN: Final = frozenset({"signed-out", "sign-in-over", "password-must-change", "prove-again"})
"""Problems of pages that are solved where people sign in, or prove who they are."""

NAMELESS: Final = frozenset({"stage", "days", "done"})
"""What a page's address keeps while somebody signs in; what they sought is typed again."""

PAGES: Final = (
    "/t",
    "/p",
    "/v",
    "/s",
    "/quality",
    "/learning",
    "/teaching",
    "/consultations",
    "/referrals",
    "/questions",
    "/emergency",
    "/reports",
    "/sought",
    "/office",
    "/alerts",
    "/account",
    "/sign-in",
    "/sign-out",
    "/language",
    "/theme",
)


MACHINES: Final = ("/api", "/dicomweb", "/app", "/static", "/healthz", "/readyz", "/metrics")
"""What programs ask for, also where a browser looks at it."""


def speaks_json(request: Request) -> bool:
    """Whether the answer is JSON: for every address but those of pages, unless a browser asks for no program's."""
    path = request.url.path
    if any(is_under(path, prefix) for prefix in PAGES):
        return False
    return any(is_under(path, prefix) for prefix in MACHINES) or "text/html" not in request.headers.get("accept", "")


def answer(request: Request, problem: Problem) -> Response:
    """The problem in the form and the language of whoever asked."""
    if speaks_json(request):
        return as_json(request, problem)
    return as_page(request, problem)


def as_json(request: Request, problem: Problem) -> Response:
    language = language_of(request)
    return JSONResponse(
        {
            "type": f"/problems/{problem.slug}",
            "title": text(language, f"problem.{problem.slug}"),
            "status": problem.status,
            "detail": explained(request, problem) or text(language, f"problem.{problem.slug}.advice", **problem.fields),
            **problem.fields,
        },
        status_code=problem.status,
        headers=dict(problem.headers),
        media_type="application/problem+json",
    )


def as_page(request: Request, problem: Problem) -> Response:
    """The problem, for whoever is signed in inside their frame, with a way back to a page that they have."""
    language, home = language_of(request), home_of(request)
    # What failed may be the database: the answer to that asks it nothing.
    staff = None if home in OUTSIDE or problem.status >= FAILED else whoever(request)
    if staff is not None:
        roles = {grant.role for grant in staff.grants}
        home = area_of(request.url.path, entries_of(roles)) or first_page_of(roles)
    outside = home in OUTSIDE
    words = f"problem.{'outside.' if outside and problem.slug in PLAINLY else ''}{problem.slug}"
    shown: dict[str, Any] = {
        "status": problem.status,
        "headers": problem.headers,
        "inside": "shell.html" if staff else "patient_base.html" if outside else "base.html",
        "signed_in": False,
        "title": text(language, words),
        "advice": text(language, f"{words}.advice", **problem.fields),
        "detail": explained(request, problem),
        "back": home,
        "missing": problem.slug == "not-there" and leads_to_patients(request.url.path),
        "helps": staff is not None and problem.slug == "not-allowed",
        "here": home,  # not the address itself: a refusal does not repeat what was asked for
    }
    if staff is None:
        return page(request, "problem.html", **shown)
    # A refusal costs little, also where somebody tries thousands: what waits is counted on the next page.
    return staff_page(request, staff, "problem.html", counted=False, **shown)


def leads_to_patients(path: str) -> bool:
    """Whether what is not there may be a patient's, whom somebody may open in an emergency."""
    return locks(path) and not is_under(path, "/teaching")


def explained(request: Request, problem: Problem) -> str:
    """A sentence that says exactly what was wrong; empty where the catalogue has none."""
    language = language_of(request)
    match problem.slug:
        case "invalid":
            what = problem.fields["problem"]
            keys = (f"invalid.{problem.fields['field']}.{what}", f"invalid.{what}")
        case "not-allowed":
            keys = (f"rule.{problem.fields['rule']}",)
        case _:
            keys = ()
    known = catalogue(language)
    return next((known[key] for key in keys if key in known), "")


def install(app: FastAPI) -> None:
    """Make the table the application's answer to errors of the pages and of the API."""
    for kind in (NotDone, ViewerError, DataError):
        app.add_exception_handler(kind, _handle)
    app.add_exception_handler(Elsewhere, _lead)
    app.add_exception_handler(SignedOut, _handle_signed_out)
    app.add_exception_handler(RequestValidationError, _handle_malformed)
    app.add_exception_handler(HTTPException, _handle_http)
    app.add_exception_handler(Exception, _handle_unforeseen)


def _handle(request: Request, error: Exception) -> Response:
    problem = problem_of(error)
    if not speaks_json(request) and problem.slug in TO_SIGN_IN:
        return _to_sign_in(request, problem)
    return answer(request, problem)


async def _handle_signed_out(request: Request, error: Exception) -> Response:
    assert isinstance(error, SignedOut)  # noqa: S101 -- registered for it alone
    response = await kept_form.keep(request) or _handle(request, error)
    forget(request, response, error.ended)
    return response


def _lead(_request: Request, error: Exception) -> Response:
    assert isinstance(error, Elsewhere)  # noqa: S101 -- registered for it alone
    return RedirectResponse(error.address, status_code=303)


def _handle_malformed(request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)  # noqa: S101 -- registered for it alone
    return answer(request, problem_of(error))


def _handle_http(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)  # noqa: S101 -- registered for it alone
    slug = BY_STATUS.get(error.status_code, "failed")
    return answer(request, Problem(slug=slug, status=error.status_code, headers=dict(error.headers or {})))


def _handle_unforeseen(request: Request, _error: Exception) -> Response:
    # This is the answer alone: the framework raises the error again for the log.
    return answer(request, Problem(slug="failed", status=500))


def _to_sign_in(request: Request, problem: Problem) -> Response:
    # People are sent to the page where they sign in or change the password, and back afterwards.
    home = home_of(request)
    if home in OUTSIDE:
        return RedirectResponse(f"{home}?ended=1", status_code=303)
    # A search is sealed for its session: it opens again after a proof, and in no other session.
    kept = NAMELESS | {SOUGHT} if problem.slug == "prove-again" else NAMELESS
    wanted = _address(request, kept) if request.method == "GET" else home
    if problem.slug == "sign-in-over":
        return RedirectResponse("/sign-in?over=1", status_code=303)
    doors = {"password-must-change": PASSWORD, "prove-again": f"{ACCOUNT}/proof"}
    return RedirectResponse(f"{doors.get(problem.slug, '/sign-in')}?next={quote(wanted, safe='/')}", status_code=303)


def _address(request: Request, names: frozenset[str]) -> str:
    """The page that was asked for, with these parameters alone."""
    kept = [(name, value) for name, value in request.query_params.multi_items() if name in names]
    return request.url.path + (f"?{urlencode(kept)}" if kept else "")
