"""What is shown once after an act: carried by the redirect in a sealed cookie, and gone when the page was shown.

So a reload repeats no act and shows nothing twice, and no secret stands in an address or in the database.
"""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Mapping
from typing import Final

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from reading.errors import WrongKey
from reading.viewers import PatientViewer, Staff
from viewer.http.cookies import keeps_secure
from viewer.http.office import office_of

COOKIE: Final = "tierread_slip"
SECONDS: Final = 120
"""How long a browser has for the way to the page."""


def hand_over(request: Request, viewer: Staff | PatientViewer, address: str, slip: Mapping[str, str]) -> Response:
    """Send a browser on to the page that shows a slip; nobody else's session opens it, and no other page gets it."""
    sealed = office_of(request).keys.seal(json.dumps(dict(slip)), _purpose(viewer, address))
    response = RedirectResponse(address, status_code=303)
    response.set_cookie(
        COOKIE,
        base64.urlsafe_b64encode(sealed).decode(),
        max_age=SECONDS,
        path=address,
        httponly=True,
        samesite="strict",
        secure=keeps_secure(request),
    )
    return response


def handed_over(request: Request, viewer: Staff | PatientViewer) -> dict[str, str] | None:
    """The slip that this page is to show; None where it was shown already."""
    kept = request.cookies.get(COOKIE, "")
    try:
        sealed = base64.urlsafe_b64decode(kept.encode())
        opened: dict[str, str] = json.loads(office_of(request).keys.open(sealed, _purpose(viewer, request.url.path)))
    except (binascii.Error, WrongKey, ValueError):
        return None
    return opened


def shown(request: Request, response: Response) -> Response:
    """The page with the slip: the browser forgets it."""
    response.delete_cookie(
        COOKIE, path=request.url.path, httponly=True, samesite="strict", secure=keeps_secure(request)
    )
    return response


def _purpose(viewer: Staff | PatientViewer, address: str) -> str:
    if isinstance(viewer, PatientViewer):
        session = viewer.csrf_token
    else:
        session = viewer.session.token_digest.hex() if viewer.session else ""
    return f"slip {session} {address}"
