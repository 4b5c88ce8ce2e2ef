"""/api/audit: the audit, for the audit administrator."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated, Any, Final

from fastapi import APIRouter
from pydantic import AwareDatetime, Field, StringConstraints
from starlette.requests import Request

from reading.administrators import audit_reading, audit_search
from reading.administrators.audit_search import Search
from reading.audit import Outcome
from viewer.api.bodies import Body, Word
from viewer.http.callers import Acting
from viewer.http.office import office_of
from viewer.http.on_record import acts_of, in_snapshot
from viewer.views.audit import event_row

router = APIRouter(prefix="/api/audit")

LOOK_BACK: Final = timedelta(days=7)
"""So far back an event may lie where nobody says since when."""


class Asked(Body):
    """Which events are asked for; a body, since whom it is about stands in no address."""

    since: AwareDatetime | None = None
    until: AwareDatetime | None = None
    person: Word | None = None
    actor: Word | None = None
    subject_kind: Word | None = None
    subject: Word | None = None
    action: Word | None = None
    outcome: Outcome | None = None
    address: Word | None = None
    after: Annotated[str, StringConstraints(max_length=400)] | None = None
    limit: Annotated[int, Field(ge=1, le=audit_search.MOST)] = 100


@router.post("/search")
def search(request: Request, staff: Acting, body: Asked) -> dict[str, Any]:
    """A page of events, the latest first; ``after`` is what the page before said.

    ``whole`` is false where more belongs to the patient or the case than is searched together.
    """
    office = office_of(request)
    with in_snapshot(office, staff) as ctx:
        audit_reading.may_read(ctx)
        asked = Search(
            since=body.since or ctx.now - LOOK_BACK,
            until=body.until,
            actor_id=body.actor if body.person is None else audit_reading.person_id(ctx, body.person),
            subject_kind=body.subject_kind,
            subject_id=body.subject,
            action=body.action,
            outcome=body.outcome,
            address=body.address,
            after=None if body.after is None else audit_search.after(body.after),
        )
    found = audit_reading.find(acts_of(office, staff), asked, limit=body.limit)
    with in_snapshot(office, staff) as ctx:
        is_whole = audit_reading.is_whole(ctx.tx, asked)
    more = audit_search.next_page(asked, found).after if len(found) == body.limit else None
    rows = [event_row(each) for each in found]
    return {"events": rows, "after": more.written() if more else None, "whole": is_whole}
