"""/office/queue: what is late, what will be, and what waits where."""

from __future__ import annotations

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from reading.actions import Action
from reading.desk import queue_board
from reading.desk.queue_board import Board
from reading.kinds import Role
from reading.viewers import Staff
from viewer.http.callers import Looking
from viewer.http.office import office_of
from viewer.http.on_record import in_snapshot, looks_through
from viewer.http.page import language_of, staff_page
from viewer.views import queue_board as view

router = APIRouter(prefix="/office/queue")


@router.get("")
def show(request: Request, staff: Looking) -> Response:
    found = _board(request, staff)
    return staff_page(
        request,
        staff,
        "queue_board.html",
        board=view.board(found, office_of(request).zone(), language_of(request)),
        at_the_desk=not staff.holds(Role.QUALITY_MANAGER),
    )


@router.get(".csv")
def csv(request: Request, staff: Looking) -> Response:
    zone = office_of(request).zone()
    found = _board(request, staff)
    day = found.at.astimezone(zone).strftime("%Y-%m-%d-%H%M")
    return Response(
        view.as_csv(found, zone, language_of(request)),
        media_type="text/csv; charset=utf-8",
        headers={
            "Content-Disposition": f'attachment; filename="queue-{day}.csv"',
            "Cache-Control": "no-store",
            "X-Content-Type-Options": "nosniff",
        },
    )


def _board(request: Request, staff: Staff) -> Board:
    queue_board.may_see(staff)
    looks_through(office_of(request), staff, Action.QUEUE_BOARD)
    with in_snapshot(office_of(request), staff) as ctx:
        return queue_board.board(ctx)
