"""A page for people: a Jinja template filled in the language of whoever asks, escaped by default."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from functools import cache, partial
from typing import Any, Final
from urllib.parse import urlencode

from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape
from starlette.requests import Request
from starlette.responses import HTMLResponse

from reading.sessions.staff_sessions import PROOF_IDLE
from reading.viewers import Staff
from viewer.folders import TEMPLATES
from viewer.http.locked_pages import locks
from viewer.http.office import office_of
from viewer.http.on_record import in_snapshot
from viewer.http.sought import LONGEST_ADDRESS, sealed_fields
from viewer.shell.frame import frame_of
from viewer.shell.navigation import area_of, is_under
from viewer.words import words
from viewer.words.catalogue import Language, spoken, text, understood

LANGUAGE_COOKIE: Final = "tierread_language"
THEME_COOKIE: Final = "tierread_theme"
PATIENTS: Final = "/p"
PAPER: Final = "/v"
LINKS: Final = "/s"
OUTSIDE: Final = (PATIENTS, PAPER, LINKS)
"""Where the pages of patients, of those who hold a printed report, and of those who have a patient's link lie: outside
the frame of staff."""
OWN_PAGES: Final = ("/account/factors",)
"""Pages of one's own account, where a form leads back to."""


class Theme(StrEnum):
    """How the pages of staff look."""

    LIGHT = "light"
    DARK = "dark"


def language_of(request: Request) -> Language:
    """The language that was chosen with the switch; until then Chinese, outside the frame of staff the browser's."""
    chosen, accepted = request.cookies.get(LANGUAGE_COOKIE), request.headers.get("accept-language", "")
    if chosen is None and accepted and any(is_under(request.url.path, one) for one in OUTSIDE):
        return understood(accepted)
    return spoken(chosen)


def is_dark(request: Request) -> bool:
    """Whether somebody at work chose dark pages; those of patients and of paper are light."""
    outside = any(is_under(request.url.path, one) for one in OUTSIDE)
    return not outside and request.cookies.get(THEME_COOKIE) == Theme.DARK


def home_of(request: Request) -> str:
    """The first page of the area to which the request's address belongs."""
    path = request.url.path
    outside = next((one for one in OUTSIDE if is_under(path, one)), None)
    return outside or area_of(path) or next((one for one in OWN_PAGES if is_under(path, one)), "/")


def local(address: str, otherwise: str) -> str:
    """``address`` where it leads to this service, else ``otherwise``: no open redirect."""
    plain = address.isprintable() and "\\" not in address
    return address if plain and address.startswith("/") and not address.startswith("//") else otherwise


def page(
    request: Request, template: str, *, status: int = 200, headers: Mapping[str, str] | None = None, **values: object
) -> HTMLResponse:
    """A whole page, or a part of one for the polling script."""
    language = language_of(request)
    other = Language.EN if language is Language.ZH else Language.ZH
    body = (
        environment()
        .get_template(template)
        .render(
            t=partial(text, language),
            coded=partial(words.coded, language),
            language=language,
            other_language=other,
            dark=is_dark(request),
            other_theme=Theme.LIGHT if is_dark(request) else Theme.DARK,
            other_language_name=text(language, f"language.{other}"),
            **{"here": here(request), **values},
        )
    )
    # Under `no-referrer` browsers send `Origin: null` with a form; the Origin check needs the true one.
    return HTMLResponse(
        body,
        status_code=status,
        headers={"Referrer-Policy": "same-origin", "Cache-Control": "no-store", **(headers or {})},
    )


def staff_page(
    request: Request,
    staff: Staff,
    template: str,
    *,
    status: int = 200,
    headers: Mapping[str, str] | None = None,
    counted: bool = True,
    **values: object,
) -> HTMLResponse:
    """A page of somebody who is signed in, inside the frame of all (`shell.html`), which needs nothing of the caller.

    The template has ``csrf_token`` for its forms, ``frame`` and ``staff``. The rail has its numbers where they are
    ``counted``.
    """
    with in_snapshot(office_of(request), staff) as ctx:
        frame = frame_of(ctx, request.url.path, counted=counted)
    framed: dict[str, object] = {
        "frame": frame,
        "staff": staff,
        "csrf_token": _csrf_token(staff),
        "locks": locks(request.url.path),
        "idle_seconds": int(PROOF_IDLE.total_seconds()),
    }
    return page(request, template, status=status, headers=headers, **framed, **values)


def staff_part(request: Request, staff: Staff, template: str, **values: object) -> HTMLResponse:
    """A part of such a page for the polling script: without the frame, with ``csrf_token`` for its forms."""
    shown: dict[str, Any] = {"csrf_token": _csrf_token(staff), **values}
    return page(request, template, **shown)


def _csrf_token(staff: Staff) -> str:
    assert staff.session is not None  # noqa: S101 -- whoever asks came with one
    return staff.session.csrf_token


_DOORS: Final = ("/p", "/s")


def here(request: Request) -> str:
    """The page to return to after a switch of language or theme, with what is sought there, its order and its page.

    What an address says openly that has to be sealed is not repeated, and nothing of one at the doors of patients and
    links, where nobody searches and somebody may have pasted a secret. A form's target answers POST alone, so its home
    instead.
    """
    if request.method != "GET":
        return home_of(request)
    path = request.url.path
    if any(is_under(path, door) for door in _DOORS):
        return path
    said = sealed_fields(path)
    kept = [(name, value) for name, value in request.query_params.multi_items() if name not in said]
    address = f"{path}?{urlencode(kept)}" if kept else path
    return address if len(address) <= LONGEST_ADDRESS else path


@cache
def environment() -> Environment:
    return Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=select_autoescape(("html",)),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
