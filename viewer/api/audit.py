"""/api/audit: the audit, for the audit administrator."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated, Any, Final

from fastapi import APIRouter, Query
from pydantic import AwareDatetime
from starlette.requests import Request

from reading.administrators import audit_reading, audit_search
from reading.administrators.audit_search import Search
from reading.audit import Outcome
from viewer.http.callers import Looking
from viewer.http.office import office_of
from viewer.http.on_record import acts_of, in_snapshot
from viewer.views.audit import event_row

router = APIRouter(prefix="/api/audit")

LOOK_BACK: Final = timedelta(days=7)
"""So far back an event may lie where nobody says since when."""

Text = Annotated[str | None, Query(max_length=80)]


@router.get("")
def search(  # noqa: PLR0917 -- what is asked
    request: Request,
    staff: Looking,
    since: AwareDatetime | None = None,
    until: AwareDatetime | None = None,
    person: Text = None,
    actor: Text = None,
    subject_kind: Text = None,
    subject: Text = None,
    action: Text = None,
    outcome: Outcome | None = None,
    address: Text = None,
    after: Annotated[str | None, Query(max_length=400)] = None,
    limit: Annotated[int, Query(ge=1, le=audit_search.MOST)] = 100,
) -> dict[str, Any]:
    """A page of events, the latest first; ``after`` is what the page before said.

    ``whole`` is false where more belongs to the patient or the case than is searched together.
    """
    office = office_of(request)
    with in_snapshot(office, staff) as ctx:
        audit_reading.may_read(ctx)
        asked = Search(
            since=since or ctx.now - LOOK_BACK,
            until=until,
            actor_id=actor if person is None else audit_reading.person_id(ctx, person),
            subject_kind=subject_kind,
            subject_id=subject,
            action=action,
            outcome=outcome,
            address=address,
            after=None if after is None else audit_search.after(after),
        )
    found = audit_reading.find(acts_of(office, staff), asked, limit=limit)
    with in_snapshot(office, staff) as ctx:
        is_whole = audit_reading.is_whole(ctx.tx, asked)
    more = audit_search.next_page(asked, found).after if len(found) == limit else None
    rows = [event_row(each) for each in found]
    return {"events": rows, "after": more.written() if more else None, "whole": is_whole}
