"""A form that came without a session any more: it waits on the page of the sign-in, and is sent again from there.

It is never in an address, and the server keeps nothing of it: the fields go to the browser and back.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

from starlette.requests import Request
from starlette.responses import Response

from viewer.http.callers import keeps_cookies, same_origin
from viewer.http.errors import CrossSite
from viewer.http.locked_pages import locks
from viewer.http.page import language_of, page
from viewer.words.catalogue import text

LONGEST: Final = 20_000
"""Characters of all fields together; what is longer is not kept."""
UNKEPT: Final = frozenset({"csrf_token", "password"})


@dataclass(frozen=True, kw_only=True)
class KeptForm:
    address: str
    """Where it goes."""
    fields: Sequence[tuple[str, str]] = field(repr=False)

    def spelled(self) -> str:
        """As one field of the sign-in, which `spelled_out` reads."""
        return json.dumps({"address": self.address, "fields": list(self.fields)}, ensure_ascii=False)


def spelled_out(written: str) -> KeptForm | None:
    """A form as `KeptForm.spelled` wrote it; None where it is nothing of the kind."""
    try:
        said = json.loads(written)
        fields = [(str(name), str(value)) for name, value in said["fields"]]
        address = str(said["address"])
    except (ValueError, TypeError, KeyError):
        return None
    return KeptForm(address=address, fields=fields) if locks(address) else None


async def keep(request: Request) -> Response | None:
    """The page of the sign-in with the form that was sent; None where there is none to keep."""
    if request.method != "POST" or not locks(request.url.path):
        return None
    try:
        same_origin(request)
    except CrossSite:
        return None  # what another site sent is nobody's work
    sent = await request.form()
    fields = [(name, value) for name, value in sent.multi_items() if isinstance(value, str) and name not in UNKEPT]
    kept = KeptForm(address=request.url.path, fields=fields).spelled()
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
