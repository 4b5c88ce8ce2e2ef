"""Cookies of sessions: given, taken away, and the pictures that a browser forgets with them."""

from __future__ import annotations

from typing import Final
from urllib.parse import urlsplit

from starlette.requests import Request
from starlette.responses import Response

from reading.sessions import session_token
from reading.sessions.attempts import KNOWN_FOR
from viewer.http.callers import BROWSER_COOKIE, LOOPBACK, SECOND, caller_of, origin_of

FORGOTTEN_COOKIE: Final = "tierread_forgotten"
"""Names, by the beginning of their digests, the ended sessions whose pictures the browser was told to forget."""
MOST_FORGOTTEN: Final = 3
"""One of staff, one of a patient and one of a link may stand in a browser at once."""


def give(request: Request, response: Response, name: str, token: str) -> None:
    """Set the session cookie: out of reach of scripts and other sites, and Secure except on loopback.

    The browser that proved an account is known from now on.
    """
    keep_off_scripts(request, response, name, token)
    keep_off_scripts(request, response, BROWSER_COOKIE, caller_of(request).browser, KNOWN_FOR // SECOND)


def keep_off_scripts(
    request: Request, response: Response, name: str, value: str, seconds: int | None = None, *, path: str = "/"
) -> None:
    """Set a cookie out of reach of scripts and other sites, and Secure except on loopback; until the browser closes."""
    secure = keeps_secure(request)
    response.set_cookie(name, value, seconds, path=path, httponly=True, samesite="lax", secure=secure)


def take(request: Request, response: Response, name: str, *, path: str = "/") -> None:
    """Delete the session cookie, and let the browser forget the pages that it cached."""
    response.delete_cookie(name, path=path, httponly=True, samesite="lax", secure=keeps_secure(request))
    _clear_cache(response)


def forget(request: Request, response: Response, ended: str) -> None:
    """Let the browser forget what it cached in a session that has ended by itself, with the first answer after its end.

    What was typed stays: it lies in the page and in the storage of the browser, for the person of the session alone,
    whom the cookie goes on to name.
    """
    if not ended:
        return
    mark, known = session_token.digest(ended).hex()[:32], request.cookies.get(FORGOTTEN_COOKIE, "").split(".")
    if mark in known:
        return
    _clear_cache(response)
    keep_off_scripts(request, response, FORGOTTEN_COOKIE, ".".join([*known, mark][-MOST_FORGOTTEN:]).strip("."))


def _clear_cache(response: Response) -> None:
    response.headers["Clear-Site-Data"] = '"cache"'


def keeps_cookies(request: Request) -> bool:
    """Whether the browser will keep the session: it drops a Secure cookie from a plain http address."""
    return not keeps_secure(request) or "https" in {request.url.scheme, urlsplit(origin_of(request)).scheme}


def keeps_secure(request: Request) -> bool:
    """Whether a cookie is sent by https alone: except on loopback."""
    return urlsplit(origin_of(request)).hostname not in LOOPBACK
