"""/p/telephone: a patient types a card, gets a code on the verified telephone, and sees all of their examinations.

The page after the card is the same for every card: it never says whether somebody has it, or has a telephone here.
"""

from __future__ import annotations

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from reading.errors import Invalid, NotThere, TooManyAttempts, WrongCredentials
from reading.messages.routes import Audience
from viewer.http.callers import PATIENT_COOKIE, SameOrigin
from viewer.http.cookies import give
from viewer.http.office import office_of
from viewer.http.page import language_of
from viewer.http.sessions import ask_for_code, open_session_by_code
from viewer.pages.door_form import door_form
from viewer.pages.patient import CARD_TYPES, Field, Number
from viewer.words.catalogue import text

router = APIRouter(prefix="/p/telephone")


@router.get("")
def show(request: Request) -> Response:
    return _page(request)


@router.post("", dependencies=[SameOrigin])
def ask(request: Request, card_type: Field, card: Number) -> Response:
    try:
        asked = ask_for_code(_open(request), card_type, card)
    except (TooManyAttempts, Invalid) as refusal:
        return _page(request, card_type=card_type, refusal=refusal)
    return _page(request, card_type=card_type, card=card, token=asked.token)


@router.post("/code", dependencies=[SameOrigin])
def sign_in(request: Request, card_type: Field, card: Number, token: Field, code: Number) -> Response:
    try:
        opened = open_session_by_code(_open(request), card_type, card, token, code)
    except (WrongCredentials, TooManyAttempts, Invalid) as refusal:
        return _page(request, card_type=card_type, card=card, token=token, refusal=refusal)
    response = RedirectResponse("/p/reports", status_code=303)
    give(request, response, PATIENT_COOKIE, opened.token)
    return response


def _open(request: Request) -> Request:
    """Raises: NotThere, where no gateway sends anything to patients: the door is closed."""
    if not office_of(request).reaches(Audience.PATIENT):
        raise NotThere
    return request


def _page(
    request: Request,
    *,
    card_type: str = "",
    card: str = "",
    token: str = "",
    refusal: WrongCredentials | TooManyAttempts | Invalid | None = None,
) -> Response:
    return door_form(
        _open(request),
        "patient_telephone.html",
        wrong=text(language_of(request), "telephone.wrong"),
        refusal=refusal,
        card_types=CARD_TYPES,
        card_type=card_type,
        card=card,
        token=token,
    )
