"""/api/questions: how many wait, for the bar of the web app."""

from __future__ import annotations

from fastapi import APIRouter
from starlette.requests import Request

from reading.questions import questions
from viewer.http.callers import Polling
from viewer.http.office import office_of
from viewer.http.on_record import in_snapshot

router = APIRouter(prefix="/api/questions")


@router.get("/count")
def count(request: Request, staff: Polling) -> dict[str, int]:
    """Asked once a minute: a number, which names nobody and never rings."""
    with in_snapshot(office_of(request), staff) as ctx:
        return {"waiting": questions.count(ctx)}
