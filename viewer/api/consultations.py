"""/api/consultations: colleagues of other institutions are asked about a case, answer, and the asker concludes."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter
from pydantic import AwareDatetime, Field, StringConstraints
from starlette.requests import Request

from reading.actions import Action
from reading.consultation import asking, colleagues, opinions, thread
from reading.consultation.asking import Question
from reading.viewers import Staff
from viewer.api.bodies import Body, Line, Revision, Uid
from viewer.http.callers import Acting, Looking
from viewer.http.office import office_of
from viewer.http.on_record import acting, going_in
from viewer.views import consultations

router = APIRouter(prefix="/api")

Ulid = Annotated[str, StringConstraints(max_length=26)]
Words = Annotated[str, StringConstraints(max_length=4000)]


class Asked(Body):
    question: Words
    people: Annotated[list[Ulid], Field(max_length=20)]
    until: AwareDatetime
    priors: Annotated[tuple[Ulid, ...], Field(max_length=20)] = ()


class Invited(Body):
    people: Annotated[list[Ulid], Field(max_length=20)]
    revision: Revision


class KeyImage(Body):
    sop_instance_uid: Uid
    frame: Annotated[int, Field(ge=1)] = 1


class Said(Body):
    words: Words
    key_images: Annotated[tuple[KeyImage, ...], Field(max_length=20)] = ()


class Conclusion(Body):
    conclusion: Words
    revision: Revision


class Ended(Body):
    why: Line
    revision: Revision


class Removed(Body):
    person_id: Ulid
    revision: Revision


class Declined(Body):
    why: Line


@router.get("/consultations")
def own(request: Request, staff: Looking) -> dict[str, Any]:
    """Those in which the caller asks or is asked."""
    with acting(office_of(request), staff) as ctx:
        return {"items": [consultations.to_json(one, ctx.now) for one in thread.own(ctx)]}


@router.get("/cases/{case_id}/colleagues")
def candidates(request: Request, staff: Looking, case_id: str) -> dict[str, Any]:
    """Whom the caller can ask about a case."""
    with going_in(office_of(request), staff, Action.CONSULTATION_ASK, "case", case_id) as ctx:
        found = colleagues.candidates(ctx, case_id)
    return {
        "items": [
            {
                "person_id": one.person_id,
                "name": one.name,
                "title": one.title,
                "organisation": {"code": one.organisation_code, "name": one.organisation_name},
            }
            for one in found
        ]
    }


@router.post("/cases/{case_id}/consultations", status_code=201)
def ask(request: Request, staff: Acting, case_id: str, body: Asked) -> dict[str, Any]:
    question = Question(words=body.question, people=body.people, until=body.until, priors=body.priors)
    with going_in(office_of(request), staff, Action.CONSULTATION_ASK, "case", case_id) as ctx:
        asked = asking.ask(ctx, case_id, question)
    return _shown(request, staff, asked.id)


@router.get("/consultations/{consultation_id}")
def one(request: Request, staff: Looking, consultation_id: str) -> dict[str, Any]:
    return _shown(request, staff, consultation_id)


@router.post("/consultations/{consultation_id}/invite")
def invite(request: Request, staff: Acting, consultation_id: str, body: Invited) -> dict[str, Any]:
    with going_in(office_of(request), staff, Action.CONSULTATION_INVITE, "consultation", consultation_id) as ctx:
        asking.invite(ctx, consultation_id, body.people, seen=body.revision)
    return _shown(request, staff, consultation_id)


@router.post("/consultations/{consultation_id}/remove")
def remove(request: Request, staff: Acting, consultation_id: str, body: Removed) -> dict[str, Any]:
    with going_in(office_of(request), staff, Action.CONSULTATION_REMOVE, "consultation", consultation_id) as ctx:
        asking.remove(ctx, consultation_id, body.person_id, seen=body.revision)
    return _shown(request, staff, consultation_id)


@router.post("/consultations/{consultation_id}/opinions", status_code=201)
def speak(request: Request, staff: Acting, consultation_id: str, body: Said) -> dict[str, Any]:
    images = [(each.sop_instance_uid, each.frame) for each in body.key_images]
    with going_in(office_of(request), staff, Action.CONSULTATION_SPEAK, "consultation", consultation_id) as ctx:
        opinions.speak(ctx, consultation_id, words=body.words, key_images=images)
    return _shown(request, staff, consultation_id)


@router.post("/consultations/{consultation_id}/decline", status_code=204)
def decline(request: Request, staff: Acting, consultation_id: str, body: Declined) -> None:
    with going_in(office_of(request), staff, Action.CONSULTATION_DECLINE, "consultation", consultation_id) as ctx:
        opinions.decline(ctx, consultation_id, why=body.why)


@router.post("/consultations/{consultation_id}/conclude")
def conclude(request: Request, staff: Acting, consultation_id: str, body: Conclusion) -> dict[str, Any]:
    with going_in(office_of(request), staff, Action.CONSULTATION_CONCLUDE, "consultation", consultation_id) as ctx:
        asking.conclude(ctx, consultation_id, conclusion=body.conclusion, seen=body.revision)
    return _shown(request, staff, consultation_id)


@router.post("/consultations/{consultation_id}/withdraw")
def withdraw(request: Request, staff: Acting, consultation_id: str, body: Ended) -> dict[str, Any]:
    with going_in(office_of(request), staff, Action.CONSULTATION_WITHDRAW, "consultation", consultation_id) as ctx:
        asking.withdraw(ctx, consultation_id, why=body.why, seen=body.revision)
    return _shown(request, staff, consultation_id)


def _shown(request: Request, staff: Staff, consultation_id: str) -> dict[str, Any]:
    with going_in(office_of(request), staff, Action.CONSULTATION_OPEN, "consultation", consultation_id) as ctx:
        return consultations.to_json(thread.thread(ctx, consultation_id), ctx.now)
