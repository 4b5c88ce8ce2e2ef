"""/office/messages: messages that wait and that failed, with the reason; sent again, or given up."""

from __future__ import annotations

from typing import Annotated, Any, Final

from fastapi import APIRouter, Query
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from reading.actions import Action
from reading.messages import oversight
from reading.messages.moves import State
from reading.messages.oversight import Listed
from reading.messages.routes import Audience
from viewer.http.callers import Looking, Submitting
from viewer.http.office import office_of
from viewer.http.on_record import going_in, in_snapshot
from viewer.http.page import language_of
from viewer.pages.administration import Done, administration_page
from viewer.words import words
from viewer.words.catalogue import Language, text

router = APIRouter(prefix="/office/messages")

SHOWN: Final = 200
TABS: Final = {
    "failed": (State.FAILED,),
    "waiting": (State.WAITING,),
    "over": (State.SENT, State.SPARED, State.GIVEN_UP),
}
DONE: Final = ("retried", "given-up")


@router.get("")
def show(
    request: Request,
    staff: Looking,
    done: Done = "",
    tab: Annotated[str, Query(max_length=10)] = "failed",
) -> Response:
    language, office = language_of(request), office_of(request)
    here, zone = tab if tab in TABS else "failed", office.zone().key
    with in_snapshot(office, staff) as ctx:
        found = oversight.latest(ctx, states=TABS[here], limit=SHOWN)
        counts = oversight.counts(ctx)
    unsent = [audience for audience in Audience if office.gateways.get(audience) == "folder"]
    return administration_page(
        request,
        staff,
        "messages.html",
        tab=here,
        counts={"failed": counts[State.FAILED], "waiting": counts[State.WAITING], "over": 0},
        lines=[_line(one, zone, language) for one in found],
        gateways=[(audience.value, office.gateways.get(audience, "none")) for audience in Audience],
        unsent=[text(language, f"message.audience.{audience}") for audience in unsent],
        done=done if done in DONE else "",
        more=len(found) == SHOWN,
    )


@router.post("/{message_id}/retry")
def retry(request: Request, staff: Submitting, message_id: str) -> Response:
    with going_in(office_of(request), staff, Action.MESSAGE_RETRY, "message", message_id) as ctx:
        oversight.retry(ctx, message_id)
    return RedirectResponse("/office/messages?done=retried", status_code=303)


@router.post("/{message_id}/give-up")
def give_up(request: Request, staff: Submitting, message_id: str) -> Response:
    with going_in(office_of(request), staff, Action.MESSAGE_GIVE_UP, "message", message_id) as ctx:
        oversight.give_up(ctx, message_id)
    return RedirectResponse("/office/messages?done=given-up", status_code=303)


def _line(one: Listed, zone: str, language: Language) -> dict[str, Any]:
    moved = one.ended_at or one.created_at
    return {
        "id": one.id,
        "what": text(language, f"message.template.{one.template}"),
        "kind": one.kind,
        "to": text(language, f"message.audience.{one.audience}"),
        "place": one.organisation_name,
        "state": one.state,
        "tried": one.attempts,
        "why": text(language, f"message.failure.{one.failure}") if one.failure else "",
        "at": words.moment(moved, zone),
        "next": words.moment(one.next_at, zone) if one.state is State.WAITING else "",
        "open": one.state in {State.WAITING, State.FAILED},
    }
