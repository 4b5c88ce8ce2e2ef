"""From errors to answers: one table, as problem+json (RFC 9457) for programs and as a page for people."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final, cast

from fastapi import FastAPI
from fastapi.exception_handlers import http_exception_handler, request_validation_exception_handler
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response

from reading.errors import (
    Invalid,
    MoveNotAllowed,
    NotAllowed,
    NotDone,
    NotThere,
    Stale,
    TooManyAttempts,
    WrongCredentials,
)
from viewer.http.page import home_of, language_of, page
from viewer.words.catalogue import catalogue, text


class ViewerError(Exception):
    """The base of what this package itself refuses."""


class SignedOut(ViewerError):
    """Nobody is signed in, or the session has ended."""


class CrossSite(ViewerError):
    """An unsafe request without its token, or from another origin."""


class PasswordMustChange(ViewerError):
    """The first password is still in use."""


class ProveAgain(ViewerError):
    """Too long since the person last proved who they are; asked for before a signature."""


class Unavailable(ViewerError):
    """A part that this answer needs does not answer at the moment."""


@dataclass(frozen=True, kw_only=True)
class Problem:
    """One answer. ``fields`` are RFC 9457 extension members; they never hold a person's identity."""

    slug: str
    status: int
    fields: Mapping[str, object] = field(default_factory=dict[str, object])
    headers: Mapping[str, str] = field(default_factory=dict[str, str])


def _plain(slug: str, status: int) -> Callable[[Any], Problem]:
    return lambda _error: Problem(slug=slug, status=status)


def _too_many(error: TooManyAttempts) -> Problem:
    seconds = max(1, math.ceil(error.retry_after.total_seconds()))
    return Problem(
        slug="too-many-attempts",
        status=429,
        fields={"retry_after": seconds},
        headers={"Retry-After": str(seconds)},
    )


def _malformed(error: RequestValidationError) -> Problem:
    first = error.errors()[0]
    place = ".".join(str(part) for part in first["loc"][1:]) or "body"
    return Problem(slug="invalid", status=422, fields={"field": place, "problem": str(first["type"])})


TABLE: Final[Mapping[type[Any], Callable[[Any], Problem]]] = {
    NotThere: _plain("not-there", 404),
    Stale: lambda error: Problem(slug="stale", status=409, fields={"expected": error.expected}),
    NotAllowed: lambda error: Problem(slug="not-allowed", status=403, fields={"rule": error.rule}),
    MoveNotAllowed: lambda error: Problem(
        slug="move-not-allowed", status=409, fields={"state": error.state, "move": error.move}
    ),
    Invalid: lambda error: Problem(slug="invalid", status=422, fields={"field": error.field, "problem": error.problem}),
    WrongCredentials: _plain("wrong-credentials", 401),
    TooManyAttempts: _too_many,
    SignedOut: _plain("signed-out", 401),
    CrossSite: _plain("csrf", 403),
    PasswordMustChange: _plain("password-must-change", 403),
    ProveAgain: _plain("prove-again", 403),
    Unavailable: _plain("unavailable", 503),
    RequestValidationError: _malformed,
}

BY_STATUS: Final[Mapping[int, str]] = {
    404: "not-there",
    405: "method-not-allowed",
    413: "too-large",
}
"""What the framework itself refuses."""


SLUGS: Final = (
    "wrong-credentials",
    "signed-out",
    "too-many-attempts",
    "not-there",
    "not-allowed",
    "stale",
    "move-not-allowed",
    "invalid",
    "csrf",
    "password-must-change",
    "prove-again",
    "unavailable",
)
"""What programs find at the end of ``type``."""


def problem_of(error: Exception) -> Problem:
    """The answer to an error of the table."""
    answers = cast("Mapping[type[Any], Callable[[Any], Problem]]", TABLE)
    return next(answers[kind](error) for kind in type(error).__mro__ if kind in answers)


PAGES: Final = ("/t", "/p", "/devices", "/quality", "/sign-in", "/sign-out", "/language")


def speaks_json(request: Request) -> bool:
    """Whether a program asked: everything but the pages."""
    path = request.url.path
    return not (path in PAGES or path.startswith(tuple(f"{prefix}/" for prefix in PAGES)))


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
    language = language_of(request)
    return page(
        request,
        "problem.html",
        status=problem.status,
        headers=problem.headers,
        title=text(language, f"problem.{problem.slug}"),
        advice=text(language, f"problem.{problem.slug}.advice", **problem.fields),
        detail=explained(request, problem),
        back=home_of(request),
        here=home_of(request),  # not the address: a refusal says nothing of what was asked for
    )


def explained(request: Request, problem: Problem) -> str:
    """What exactly was wrong, where the catalogue has words for it; else empty."""
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
    for kind in (NotDone, ViewerError):
        app.add_exception_handler(kind, _handle)
    app.add_exception_handler(RequestValidationError, _handle_malformed)
    app.add_exception_handler(HTTPException, _handle_http)
    app.add_exception_handler(Exception, _handle_unforeseen)


def _handle(request: Request, error: Exception) -> Response:
    problem = problem_of(error)
    if not speaks_json(request) and problem.slug in {"signed-out", "password-must-change"}:
        return _to_the_door(request, problem)
    return answer(request, problem)


async def _handle_malformed(request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)  # noqa: S101 -- registered for it alone
    if _of_machines(request):
        return await request_validation_exception_handler(request, error)
    return answer(request, problem_of(error))


async def _handle_http(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)  # noqa: S101 -- registered for it alone
    if _of_machines(request):
        return await http_exception_handler(request, error)
    slug = BY_STATUS.get(error.status_code, "failed")
    return answer(request, Problem(slug=slug, status=error.status_code, headers=dict(error.headers or {})))


def _handle_unforeseen(request: Request, _error: Exception) -> Response:
    # The answer only: the error itself goes on to the log.
    return answer(request, Problem(slug="failed", status=500))


def _of_machines(request: Request) -> bool:
    """DICOMweb words its own refusals (PS3.18 8.5)."""
    return request.url.path.startswith("/dicomweb/")


def _to_the_door(request: Request, problem: Problem) -> Response:
    # Somebody at a page is led to where they can put it right, and back afterwards.
    home = home_of(request)
    if home == "/p":
        return RedirectResponse("/p?ended=1", status_code=303)
    wanted = request.url.path if request.method == "GET" else home
    door = "/sign-in/password" if problem.slug == "password-must-change" else "/sign-in"
    return RedirectResponse(f"{door}?next={wanted}", status_code=303)
