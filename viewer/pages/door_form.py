"""The forms in front of what a patient sees: by card, telephone or link; each says a refusal in the same words."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response

from reading.errors import Invalid, TooManyAttempts, WrongCredentials
from viewer.http.cookies import keeps_cookies
from viewer.http.page import language_of, page
from viewer.http.problems import problem_of
from viewer.pages.sign_in import words_for
from viewer.words.catalogue import text


def door_form(
    request: Request,
    template: str,
    *,
    wrong: str,
    refusal: WrongCredentials | TooManyAttempts | Invalid | None,
    **shown: object,
) -> Response:
    """A form with what was refused; ``wrong`` are the words for what opens nothing."""
    problem = problem_of(refusal) if refusal else None
    match refusal:
        case None:
            said = ""
        case WrongCredentials():
            said = wrong
        case TooManyAttempts():
            said = text(language_of(request), "patient.too-many", **(problem.fields if problem else {}))
        case Invalid():
            said = words_for(request, refusal)
    return page(
        request,
        template,
        insecure=not keeps_cookies(request),
        status=problem.status if problem else 200,
        headers=problem.headers if problem else None,
        signed_in=False,
        problem=said,
        **shown,
    )
