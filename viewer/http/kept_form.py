"""A form that came without a session any more: it waits on the page of the sign-in, and is sent again from there.

It is never in an address, and the server keeps nothing of it: the fields go to the browser and back, sealed for the
person whose session had ended. Nobody else reads them there, nor gets them after signing in.
"""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

from starlette.requests import Request
from starlette.responses import Response

from reading.errors import WrongKey
from reading.sessions import staff_sessions
from storage.database import snapshot
from viewer.http.callers import STAFF_COOKIE, same_origin
from viewer.http.cookies import keeps_cookies
from viewer.http.errors import CrossSite
from viewer.http.locked_pages import locks
from viewer.http.office import office_of
from viewer.http.page import language_of, page
from viewer.words.catalogue import text

LONGEST: Final = 60_000
"""Characters of a sealed form; what is longer is not kept."""
UNKEPT: Final = frozenset({"csrf_token", "password"})


@dataclass(frozen=True, kw_only=True)
class KeptForm:
    address: str
    """Where it goes."""
    fields: Sequence[tuple[str, str]] = field(repr=False)


def opened(request: Request, sealed: str, person_id: str) -> KeptForm | None:
    """A form that `keep` sealed; None where it is another person's, or nothing of the kind."""
    try:
        written = office_of(request).keys.open(base64.b64decode(sealed), _purpose(person_id))
    except (binascii.Error, WrongKey, ValueError):
        return None
    said = json.loads(written)
    return KeptForm(address=said["address"], fields=[(name, value) for name, value in said["fields"]])


async def keep(request: Request) -> Response | None:
    """The page of the sign-in with the form that was sent; None where there is none to keep."""
    if request.method != "POST" or not locks(request.url.path):
        return None
    try:
        same_origin(request)
    except CrossSite:
        return None  # what another site sent is nobody's work
    with snapshot(office_of(request).engine) as tx:
        whose = staff_sessions.whose(tx, request.cookies.get(STAFF_COOKIE, ""))
    if whose is None:
        return None
    sent = await request.form()
    fields = [(name, value) for name, value in sent.multi_items() if isinstance(value, str) and name not in UNKEPT]
    written = json.dumps({"address": request.url.path, "fields": fields}, ensure_ascii=False)
    kept = base64.b64encode(office_of(request).keys.seal(written, _purpose(whose))).decode()
    if not fields or len(kept) > LONGEST:
        return None
    return page(
        request,
        "sign_in.html",
        status=401,
        insecure=not keeps_cookies(request),
        next="",
        username="",
        notice=text(language_of(request), "sign-in.kept"),
        problem="",
        kept=kept,
    )


def _purpose(person_id: str) -> str:
    return f"kept form {person_id}"
