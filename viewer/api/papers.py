"""/api/papers: whether a printed report counts, for programs; the page /v says the same."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter
from starlette.requests import Request

from reading.audit import stranger
from reading.errors import NotThere, TooManyAttempts
from reading.signing import papers
from viewer.api import bodies
from viewer.http.callers import SameOrigin, caller_of
from viewer.http.office import office_of
from viewer.http.on_record import acting

router = APIRouter(prefix="/api/papers")


@router.post("/check", dependencies=[SameOrigin])
def check(request: Request, body: bodies.PaperCode) -> dict[str, Any]:
    """What the report with this code counts; 404 where none has it."""
    office, caller = office_of(request), caller_of(request)
    with acting(office, stranger(caller.address)) as ctx:
        found = papers.check(ctx, office.keys, body.code, caller)
    if isinstance(found, TooManyAttempts):
        raise found
    if found is None:
        raise NotThere
    return {
        "standing": found.standing,
        "version": found.number,
        "site": found.site,
        "reported_at": found.reported_at.isoformat(),
        "replaced_at": found.replaced_at.isoformat() if found.replaced_at else None,
        "accession_end": found.accession_end,
        "signers": [{"role": role, "name": name} for role, name in found.signers],
    }
