"""Whoever has shown a password and not yet the rest: a cookie of its own, which opens nothing."""

from __future__ import annotations

import ipaddress
from typing import Annotated, Final
from urllib.parse import urlsplit

from fastapi import Depends, Form, Header
from starlette.requests import Request
from starlette.responses import Response

from reading.audit import stranger
from reading.errors import SignInOver
from reading.factors.passkeys import Place
from reading.sessions import sign_in
from reading.sessions.half_sessions import LASTS, HalfSession
from viewer.http.callers import SECOND, own_origin, same_origin, same_token
from viewer.http.cookies import keep_off_scripts
from viewer.http.office import office_of
from viewer.http.on_record import in_snapshot

HALF_COOKIE: Final = "tierread_sign_in"


def half_of(request: Request) -> HalfSession:
    """The sign-in that is under way in this browser.

    Raises:
        SignInOver: there is none.

    """
    token = request.cookies.get(HALF_COOKIE)
    if not token:
        raise SignInOver
    with in_snapshot(office_of(request), stranger()) as ctx:
        return sign_in.waiting(ctx, token)


def half_acts(request: Request, x_csrf_token: Annotated[str, Header()] = "") -> HalfSession:
    """A step of a sign-in through the API."""
    return _checked(request, x_csrf_token)


def half_submits(request: Request, csrf_token: Annotated[str, Form()] = "") -> HalfSession:
    """A step of a sign-in by the form of a page."""
    return _checked(request, csrf_token)


Half = Annotated[HalfSession, Depends(half_of)]
HalfActing = Annotated[HalfSession, Depends(half_acts)]
HalfSubmitting = Annotated[HalfSession, Depends(half_submits)]


def give_half(request: Request, response: Response, half: HalfSession) -> None:
    """Set the cookie of a sign-in that is under way; it proves no account, so the browser is not known by it."""
    keep_off_scripts(request, response, HALF_COOKIE, half.token, LASTS // SECOND)


def take_half(response: Response) -> None:
    response.delete_cookie(HALF_COOKIE, path="/")


def place_of(request: Request) -> Place | None:
    """Where a browser keeps passkeys for us; None where we have no name, or speak to it without TLS and not here."""
    public = office_of(request).public_origin.rstrip("/")
    origin = public if public and urlsplit(public).netloc == request.url.netloc else own_origin(request, public)
    parts = urlsplit(origin)
    host = parts.hostname or ""
    if _is_address(host) or (parts.scheme != "https" and host != "localhost"):
        return None
    return Place(host=host, origin=origin)


def _is_address(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return not host
    return True


def _checked(request: Request, given: str) -> HalfSession:
    half = half_of(request)
    same_origin(request)
    same_token(half.csrf_token, given)
    return half
