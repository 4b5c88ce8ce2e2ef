"""What somebody seeks, as an address carries it: sealed for their session, so that it names nobody (ADR 44).

The form of a search is posted to /sought (`viewer.pages.sought`), which leads on to the page that seeks. There
reloading, going back, turning pages and polling work as with any address, and nobody but whoever typed it reads it.
"""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Annotated, Final
from urllib.parse import urlencode

from fastapi import Query
from starlette.requests import Request

from reading.errors import Invalid, WrongKey
from reading.viewers import Staff
from viewer.http.office import office_of

NAME: Final = "sought"
"""The parameter of an address."""
LASTS: Final = timedelta(hours=4)
LONGEST: Final = 200
"""Characters of one field."""
LONGEST_ADDRESS: Final = 6000
"""Characters of a page's address with all that somebody can seek in it."""
BLOCK: Final = 128
"""Bytes to whose multiple the plaintext is filled: its length would tell a number from a name."""

NOTHING: Final[Mapping[str, object]] = {}

Sought = Annotated[str, Query(alias=NAME)]


@dataclass(frozen=True, kw_only=True)
class Search:
    """A page that seeks: ``sealed`` are the fields that may name somebody, ``plain`` those that never do."""

    page: str
    sealed: tuple[str, ...]
    plain: tuple[str, ...] = ()

    def is_at(self, address: str) -> bool:
        return re.fullmatch(re.sub(r"\{\w+\}", "[0-9A-HJKMNP-TV-Z]{26}", self.page), address) is not None


SEARCHES: Final[tuple[Search, ...]] = (
    Search(page="/t", sealed=("q",), plain=("days", "stage")),
    Search(page="/t/case/{case_id}/order", sealed=("q",)),
    Search(page="/t/patients", sealed=("card_type", "card", "number", "name", "birth_date")),
    Search(
        page="/reports",
        sealed=(
            *("q", "modality", "body_part", "site", "result", "critical"),
            *("category", "signer", "since", "until"),
        ),
    ),
    Search(
        page="/office/audit",
        sealed=("person", "kind", "about", "action", "outcome", "address", "since", "until"),
    ),
    Search(page="/office/people", sealed=("words",), plain=("place", "role", "ended")),
)
"""Every search of a page for people; a field of theirs that may name somebody stands in no address but sealed."""


def sealed_fields(page: str) -> frozenset[str]:
    """The fields that no address of a page says openly."""
    return frozenset(name for one in SEARCHES if one.is_at(page) for name in one.sealed)


def address(
    request: Request,
    staff: Staff,
    page: str,
    said: Mapping[str, str],
    plain: Mapping[str, object] = NOTHING,
) -> str:
    """The address of a page that seeks what was ``said``, for whoever asks and for them alone.

    Raises:
        Invalid: with all its fields it would be longer than what stands between here and a browser lets through.

    """
    token = {NAME: seal(request, staff, page, said)} if any(said.values()) else {}
    query = urlencode(token | {name: value for name, value in plain.items() if value != ""})
    made = f"{page}?{query}" if query else page
    if len(made) > LONGEST_ADDRESS:
        raise Invalid(NAME, "too_long")
    return made


def seal(request: Request, staff: Staff, page: str, said: Mapping[str, str]) -> str:
    office = office_of(request)
    kept = {name: value for name, value in said.items() if value}
    written = json.dumps([office.clock().timestamp(), kept], ensure_ascii=False, separators=(",", ":"))
    filled = written + " " * (-len(written.encode()) % BLOCK)
    return base64.urlsafe_b64encode(office.keys.seal(filled, _purpose(staff, page))).decode()


def opened(request: Request, staff: Staff, page: str, token: str) -> dict[str, str]:
    """What `seal` sealed; nothing where there is no token.

    Raises:
        Invalid: it is of another session or another page, was changed, or is too old; or an address of former times
            says openly what is sought.

    """
    if not token:
        if not sealed_fields(page).isdisjoint(request.query_params):
            raise Invalid(NAME, "open")
        return {}
    office = office_of(request)
    try:
        sealed = base64.b64decode(token.encode("ascii"), altchars=b"-_", validate=True)
        at, said = json.loads(office.keys.open(sealed, _purpose(staff, page)))
    except (ValueError, WrongKey):
        raise Invalid(NAME, "over") from None
    if office.clock() - datetime.fromtimestamp(at, UTC) > LASTS:
        raise Invalid(NAME, "over")
    found: dict[str, str] = said
    return found


def _purpose(staff: Staff, page: str) -> str:
    session = staff.session.token_digest.hex() if staff.session else ""
    return f"sought {session} {page}"
