"""/api/protocols, /api/orders/{id}/protocols: a site asks before an examination, and whoever reads for it answers."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter
from pydantic import StringConstraints
from starlette.requests import Request

from reading.access import door
from reading.actions import Action
from reading.errors import NotAllowed
from reading.protocolling import earlier, lists, requests
from viewer.api.bodies import Body, Held, Revision
from viewer.http.callers import Acting, Looking
from viewer.http.office import office_of
from viewer.http.on_record import acting, going_in
from viewer.views import protocols as view

router = APIRouter(prefix="/api")

Words = Annotated[str, StringConstraints(max_length=4000)]


class Asked(Body):
    words: Words


class Accepted(Body):
    protocol: Words
    revision: Revision


class Refused(Body):
    reason: Words
    revision: Revision


class Corrected(Body):
    decision: requests.Decision
    words: Words
    revision: Revision


@router.get("/protocols")
def waiting(request: Request, staff: Looking) -> dict[str, Any]:
    """The open questions that the caller may answer, with the earlier examinations of each person."""
    with acting(office_of(request), staff) as ctx:
        door.open_list(ctx, Action.PROTOCOL_LIST)
        if not lists.answers(staff):
            raise NotAllowed("no_role_for_this_step")
        found = lists.waiting_for(ctx)
        made = earlier.of_requests(ctx, found)
        return {"items": [view.to_json(one) | view.earlier_json(made[one.order_id]) for one in found]}


@router.get("/orders/{order_id}/protocols")
def of_order(request: Request, staff: Looking, order_id: str) -> dict[str, Any]:
    """All questions about an order, the oldest first."""
    with going_in(office_of(request), staff, Action.ORDER_OPEN, "order", order_id) as ctx:
        return {"items": [view.to_json(one) for one in requests.of_order(ctx, order_id)]}


@router.post("/orders/{order_id}/protocols", status_code=201)
def ask(request: Request, staff: Acting, order_id: str, body: Asked) -> dict[str, Any]:
    with going_in(office_of(request), staff, Action.PROTOCOL_ASK, "order", order_id) as ctx:
        return view.to_json(requests.ask(ctx, order_id, body.words))


@router.post("/protocols/{request_id}/accept")
def accept(request: Request, staff: Acting, request_id: str, body: Accepted) -> dict[str, Any]:
    with going_in(office_of(request), staff, Action.PROTOCOL_ACCEPT, "protocol_request", request_id) as ctx:
        return view.to_json(requests.accept(ctx, request_id, body.protocol, seen=body.revision))


@router.post("/protocols/{request_id}/refuse")
def refuse(request: Request, staff: Acting, request_id: str, body: Refused) -> dict[str, Any]:
    with going_in(office_of(request), staff, Action.PROTOCOL_REFUSE, "protocol_request", request_id) as ctx:
        return view.to_json(requests.refuse(ctx, request_id, body.reason, seen=body.revision))


@router.post("/protocols/{request_id}/correct")
def correct(request: Request, staff: Acting, request_id: str, body: Corrected) -> dict[str, Any]:
    """Answer anew what the caller answered; the answer is a question of its own, with the earlier one beside it."""
    with going_in(office_of(request), staff, Action.PROTOCOL_CORRECT, "protocol_request", request_id) as ctx:
        return view.to_json(requests.correct(ctx, request_id, body.decision, body.words, seen=body.revision))


@router.post("/protocols/{request_id}/withdraw")
def withdraw(request: Request, staff: Acting, request_id: str, body: Held) -> dict[str, Any]:
    with going_in(office_of(request), staff, Action.PROTOCOL_WITHDRAW, "protocol_request", request_id) as ctx:
        return view.to_json(requests.withdraw(ctx, request_id, seen=body.revision))


@router.post("/protocols/{request_id}/read")
def mark_read(request: Request, staff: Acting, request_id: str) -> dict[str, Any]:
    """Note at the site that the answer was read."""
    with going_in(office_of(request), staff, Action.ORDER_OPEN, "protocol_request", request_id) as ctx:
        return view.to_json(requests.mark_read(ctx, request_id))
