"""/sign-in/factor: the second step of a sign-in, a factor, the slip of a reset, or a first factor to be set up."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Form, Query
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from reading.audit import stranger
from reading.errors import Invalid, TooManyAttempts, WrongCredentials
from reading.factors import factors, totp
from reading.factors.factors import Kind
from reading.factors.requirement import Needs
from reading.sessions import sign_in
from reading.sessions.half_sessions import HalfSession
from viewer.http.half_sign_in import Half, HalfSubmitting, place_of
from viewer.http.office import office_of
from viewer.http.on_record import in_snapshot
from viewer.http.page import local, page
from viewer.http.plain_fields import Plain
from viewer.http.problems import problem_of
from viewer.http.sessions import enrol, show_factor, show_slip
from viewer.pages.sign_in import address_after, let_in, with_session, words_for
from viewer.views.qr import qr_of

router = APIRouter(prefix="/sign-in/factor")

Next = Annotated[str, Query(max_length=200)]
NextField = Annotated[str, Form(max_length=200)]
Field = Annotated[str, Form(max_length=200)]
Answer = Annotated[str, Form(max_length=20_000)]


@router.get("")
def show(request: Request, half: Half, next: Next = "") -> Response:  # noqa: A002
    return _form(request, half, next)


@router.post("")
def factor(
    request: Request,
    half: HalfSubmitting,
    code: Annotated[Field, Plain] = "",
    passkey: Answer = "",
    next: NextField = "",  # noqa: A002
) -> Response:
    try:
        opened = show_factor(request, half, code, passkey)
    except (WrongCredentials, TooManyAttempts) as refusal:
        return _form(request, half, next, refusal=refusal, wrong="passkey" if passkey else "code")
    return let_in(request, opened, next)


@router.post("/slip")
def slip(request: Request, half: HalfSubmitting, slip: Annotated[Field, Plain] = "", next: NextField = "") -> Response:  # noqa: A002
    try:
        show_slip(request, half, slip)
    except (WrongCredentials, TooManyAttempts) as refusal:
        return _form(request, half, next, refusal=refusal, wrong="slip")
    return RedirectResponse(f"/sign-in/factor?next={local(next, '')}", status_code=303)


@router.post("/new")
def set_up(  # noqa: PLR0917 -- the fields of the form
    request: Request,
    half: HalfSubmitting,
    name: Field = "",
    code: Annotated[Field, Plain] = "",
    passkey: Answer = "",
    next: NextField = "",  # noqa: A002
) -> Response:
    try:
        enrolled = enrol(request, half, name, code, passkey)
    except Invalid as refusal:
        return _form(request, half, next, refusal=refusal)
    response = page(
        request,
        "recovery_codes.html",
        codes=enrolled.recovery_codes,
        first=True,
        onward=address_after(request, enrolled.session.staff, next),
        here="/account/factors",
    )
    return with_session(request, response, enrolled.session)


def _form(
    request: Request, half: HalfSession, onward: str, *, refusal: Exception | None = None, wrong: str = ""
) -> Response:
    problem = problem_of(refusal) if refusal else None
    template = "factor_new.html" if half.needs is Needs.ENROLMENT else "factor_show.html"
    values = _offer(request, half) if half.needs is Needs.ENROLMENT else _asked(request, half)
    return page(
        request,
        template,
        status=problem.status if problem else 200,
        headers=problem.headers if problem else None,
        csrf_token=half.csrf_token,
        next=local(onward, ""),
        here="/sign-in",
        problem=words_for(request, refusal, wrong=wrong) if refusal else "",
        **values,
    )


def _offer(request: Request, half: HalfSession) -> dict[str, object]:
    office = office_of(request)
    with in_snapshot(office, stranger()) as ctx:
        offer = sign_in.offer(ctx, office.keys, half.token, place_of(request))
    return {
        "secret": totp.spelled(offer.secret),
        "qr": qr_of(totp.address(offer.secret, offer.username)),
        "passkey": offer.passkey,
        "first": True,
        "action": "/sign-in/factor/new",
    }


def _asked(request: Request, half: HalfSession) -> dict[str, object]:
    office = office_of(request)
    with in_snapshot(office, stranger()) as ctx:
        kinds = {one.kind for one in factors.of(ctx.tx, half.person_id, ctx.now)}
        options = factors.request_options(
            ctx.tx, office.keys, half.person_id, place_of(request), half.token_digest, ctx.now
        )
    return {"slip": half.needs is Needs.SLIP, "has_app": Kind.TOTP in kinds, "passkey": options}
