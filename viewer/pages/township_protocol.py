"""/t/order/{id}/protocol, /t/protocols: a site asks before an examination, and reads what it was told."""

from __future__ import annotations

from typing import Annotated, Literal

from fastapi import APIRouter, Form, Query
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from reading.actions import Action
from reading.errors import Invalid, MoveNotAllowed, Stale
from reading.orders import counter
from reading.orders.order_state import OPEN, OrderState
from reading.protocolling import request_rows, requests, standing
from reading.protocolling.moves import State
from reading.protocolling.requests import LONGEST
from reading.register import region_clock
from reading.viewers import Staff
from viewer.http.callers import Looking, Submitting
from viewer.http.office import office_of
from viewer.http.on_record import going_in
from viewer.http.page import language_of, staff_page
from viewer.http.problems import problem_of
from viewer.pages.sign_in import words_for
from viewer.views import protocols as view

router = APIRouter(prefix="/t")

Done = Annotated[Literal["asked", "withdrawn", "read", "corrected", ""], Query()]


@router.get("/order/{order_id}/protocol")
def show(request: Request, staff: Looking, order_id: str, done: Done = "") -> Response:
    return _page(request, staff, order_id, done=done)


@router.post("/order/{order_id}/protocol")
def ask(
    request: Request, staff: Submitting, order_id: str, words: Annotated[str, Form(max_length=4000)] = ""
) -> Response:
    try:
        with going_in(office_of(request), staff, Action.PROTOCOL_ASK, "order", order_id) as ctx:
            requests.ask(ctx, order_id, words)
    except (Invalid, MoveNotAllowed) as refused:
        return _page(request, staff, order_id, refused=refused, words=words)
    return _back(order_id, "asked")


@router.post("/protocols/{request_id}/withdraw")
def withdraw(request: Request, staff: Submitting, request_id: str, revision: Annotated[int, Form(ge=1)]) -> Response:
    try:
        with going_in(office_of(request), staff, Action.PROTOCOL_WITHDRAW, "protocol_request", request_id) as ctx:
            taken_back = requests.withdraw(ctx, request_id, seen=revision)
    except (MoveNotAllowed, Stale) as refused:
        with going_in(office_of(request), staff, Action.ORDER_OPEN, "protocol_request", request_id) as ctx:
            order_id = requests.one_of(ctx, request_id).order_id
        return _page(request, staff, order_id, refused=refused)
    return _back(taken_back.order_id, "withdrawn")


@router.post("/protocols/{request_id}/read")
def mark_read(request: Request, staff: Submitting, request_id: str) -> Response:
    with going_in(office_of(request), staff, Action.ORDER_OPEN, "protocol_request", request_id) as ctx:
        noted = requests.mark_read(ctx, request_id)
    return _back(noted.order_id, "read" if noted.read_at is not None else "corrected")


def _page(
    request: Request,
    staff: Staff,
    order_id: str,
    *,
    done: str = "",
    refused: Invalid | MoveNotAllowed | Stale | None = None,
    words: str = "",
) -> Response:
    language = language_of(request)
    with going_in(office_of(request), staff, Action.ORDER_OPEN, "order", order_id) as ctx:
        order = counter.open_order(ctx, order_id)
        found = request_rows.of_orders(ctx.tx, [order_id])
        told = standing.of_orders(ctx.tx, [order_id]).get(order_id)
        zone = region_clock.zone(ctx.tx).key
        about = view.about(ctx.tx, order, language, ctx.now)
    return staff_page(
        request,
        staff,
        "township_protocol.html",
        status=problem_of(refused).status if refused else 200,
        problem=words_for(request, refused) if refused else "",
        done=done,
        order=about,
        standing=told,
        asked=[view.line(one, order, zone, language) for one in found],
        may_ask=order.state is OrderState.PLACED and all(one.state is not State.OPEN for one in found),
        over=order.state not in OPEN,
        words=words,
        longest=LONGEST,
    )


def _back(order_id: str, done: str) -> RedirectResponse:
    return RedirectResponse(f"/t/order/{order_id}/protocol?done={done}", status_code=303)
