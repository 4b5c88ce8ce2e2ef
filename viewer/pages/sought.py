"""/sought: where the forms of all searches for people go, and from which an address leads on that names nobody."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Form
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from reading.errors import Invalid, NotThere
from reading.texts import NUMBERS, plain
from viewer.http import sought
from viewer.http.callers import Submitting

router = APIRouter()


@router.post("/sought")
async def seek(request: Request, staff: Submitting, page: Annotated[str, Form(max_length=100)]) -> Response:
    """Nothing is looked for here: the page to which this leads does, and puts it on record."""
    search = next((one for one in sought.SEARCHES if one.is_at(page)), None)
    if search is None:
        raise NotThere
    sent = await request.form()
    written = {name: value.strip() for name, value in sent.items() if isinstance(value, str)}
    typed = {name: plain(value) if name in NUMBERS else value for name, value in written.items()}
    if any(len(typed.get(name, "")) > sought.LONGEST for name in (*search.sealed, *search.plain)):
        raise Invalid(sought.NAME, "too_long")
    said = {name: typed.get(name, "") for name in search.sealed}
    openly = {name: typed.get(name, "") for name in search.plain}
    return RedirectResponse(sought.address(request, staff, page, said, openly), status_code=303)
