"""/account: a person's own factors, the proof that a change of them asks for, and what is told of the account."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Annotated, Any, Final
from urllib.parse import urlsplit

from fastapi import APIRouter, Form, Query
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from reading.errors import Busy, Invalid, NotAllowed, TooManyAttempts, WrongCredentials
from reading.factors import factors, totp
from reading.factors.factors import Kind, Shown
from reading.sessions import account_notices, own_factors
from reading.sessions.sign_in import NewFactor
from reading.sessions.staff_sessions import PROOF_IDLE
from reading.viewers import Staff
from viewer.http.callers import Looking, Submitting, caller_of
from viewer.http.half_sign_in import place_of
from viewer.http.locked_pages import locks
from viewer.http.office import office_of
from viewer.http.on_record import acting, in_snapshot
from viewer.http.page import language_of, local, staff_page
from viewer.http.plain_fields import Plain
from viewer.http.problems import problem_of
from viewer.http.sessions import prove_again
from viewer.http.slips import hand_over, handed_over, shown
from viewer.http.sought import LONGEST_ADDRESS
from viewer.pages.administration import Done
from viewer.pages.sign_in import home_for, words_for
from viewer.views.qr import qr_of
from viewer.words import words
from viewer.words.catalogue import text

router = APIRouter(prefix="/account")

HOME: Final = "/account/factors"
CODES: Final = "/account/factors/recovery-codes"
FEW_CODES: Final = 3
"""So few recovery codes are a reason to make new ones."""
Next = Annotated[str, Query(max_length=LONGEST_ADDRESS)]
NextField = Annotated[str, Form(max_length=LONGEST_ADDRESS)]
Field = Annotated[str, Form(max_length=200)]
Number = Annotated[Field, Plain]
Answer = Annotated[str, Form(max_length=20_000)]


@router.get("/factors")
def show(request: Request, staff: Looking, done: Done = "") -> Response:
    return _list(request, staff, done=done)


@router.get("/factors/new")
def show_new(request: Request, staff: Looking) -> Response:
    return _new(request, staff)


@router.post("/factors/new")
def add(request: Request, staff: Submitting, name: Field = "", code: Number = "", passkey: Answer = "") -> Response:
    office = office_of(request)
    new = NewFactor(name=name, shown=Shown(code=code, passkey=passkey, place=place_of(request)))
    try:
        with acting(office, staff) as ctx:
            codes = own_factors.add(ctx, office.keys, new)
    except Invalid as refusal:
        return _new(request, staff, refusal=refusal)
    return _hand_over(request, staff, codes) if codes else RedirectResponse(HOME, status_code=303)


@router.post("/factors/remove")
def remove(request: Request, staff: Submitting, factor: Field) -> Response:
    office = office_of(request)
    try:
        with acting(office, staff) as ctx:
            own_factors.remove(ctx, office.terms.requirement, caller_of(request).address, factor)
    except NotAllowed as refusal:
        return _list(request, staff, refusal=refusal)
    return RedirectResponse(HOME, status_code=303)


@router.post("/factors/recovery-codes")
def recovery_codes(request: Request, staff: Submitting) -> Response:
    office = office_of(request)
    try:
        with acting(office, staff) as ctx:
            codes = own_factors.renew_recovery_codes(ctx, office.keys)
    except NotAllowed as refusal:
        return _list(request, staff, refusal=refusal)
    return _hand_over(request, staff, codes)


@router.get("/factors/recovery-codes")
def show_recovery_codes(request: Request, staff: Looking) -> Response:
    """The recovery codes that were just made; shown once."""
    slip = handed_over(request, staff)
    if slip is None:
        return RedirectResponse(f"{HOME}?done=codes", status_code=303)
    page = staff_page(request, staff, "recovery_codes.html", codes=slip["codes"].split(), onward=HOME, first=False)
    return shown(request, page)


@router.get("/proof")
def show_proof(request: Request, staff: Looking, next: Next = "") -> Response:  # noqa: A002
    return _proof(request, staff, next)


@router.post("/proof")
def prove(  # noqa: PLR0917 -- the fields of the form
    request: Request,
    staff: Submitting,
    password: Field = "",
    code: Number = "",
    passkey: Answer = "",
    next: NextField = "",  # noqa: A002
) -> Response:
    try:
        prove_again(request, staff, password=password, code=code, passkey=passkey)
    except (NotAllowed, WrongCredentials, TooManyAttempts, Busy) as refusal:
        wrong = "passkey" if passkey else "code" if code else "password"
        return _proof(request, staff, next, problem=words_for(request, refusal, wrong=wrong), refusal=refusal)
    return RedirectResponse(local(next, HOME), status_code=303)


@router.get("/notices")
def notices(request: Request, staff: Looking, next: Next = "") -> Response:  # noqa: A002
    zone = office_of(request).zone()
    with in_snapshot(office_of(request), staff) as ctx:
        told = account_notices.unread(ctx.tx, staff.person_id)
        now = ctx.now
    return staff_page(
        request,
        staff,
        "account_notices.html",
        told=[(one.kind, words.moment(one.at, zone.key)) for one in told],
        until=now.isoformat(),
        next=local(next, home_for(staff)),
    )


@router.post("/notices")
def read(request: Request, staff: Submitting, until: Number, next: NextField = "") -> Response:  # noqa: A002
    try:
        moment = datetime.fromisoformat(until)
    except ValueError:
        raise Invalid("until", "date") from None
    with acting(office_of(request), staff) as ctx:
        account_notices.read(ctx, min(moment, ctx.now))
    return RedirectResponse(local(next, home_for(staff)), status_code=303)


def _list(request: Request, staff: Staff, *, done: str = "", refusal: Exception | None = None) -> Response:
    zone = office_of(request).zone()
    office = office_of(request)
    with in_snapshot(office, staff) as ctx:
        mine = own_factors.mine(ctx, office.terms.requirement, caller_of(request).address)
    return staff_page(
        request,
        staff,
        "account_factors.html",
        status=problem_of(refusal).status if refusal else 200,
        rows=[
            {
                "id": one.id,
                "kind": one.kind,
                "name": one.name,
                "since": words.moment(one.since, zone.key),
                "used": words.moment(one.last_used_at, zone.key) if one.last_used_at else "",
            }
            for one in mine.factors
        ],
        codes=mine.recovery_codes,
        few=mine.recovery_codes <= FEW_CODES,
        is_required=mine.is_required,
        can_remove=len(mine.factors) > 1 or not mine.is_required,
        problem=words_for(request, refusal) if refusal else "",
        done=done if done == "codes" else "",
    )


def _new(request: Request, staff: Staff, *, refusal: Exception | None = None) -> Response:
    office, place = office_of(request), place_of(request)
    with in_snapshot(office, staff) as ctx:
        own_factors.must_have_typed(ctx)
        offer = own_factors.offer(ctx, office.keys, place)
    return staff_page(
        request,
        staff,
        "factor_new.html",
        status=problem_of(refusal).status if refusal else 200,
        secret=totp.spelled(offer.secret),
        qr=qr_of(totp.address(offer.secret, offer.username)),
        passkey=offer.passkey,
        first=False,
        action="/account/factors/new",
        next="",
        problem=words_for(request, refusal) if refusal else "",
    )


def _hand_over(request: Request, staff: Staff, codes: tuple[str, ...]) -> Response:
    return hand_over(request, staff, CODES, {"codes": " ".join(codes)})


def proof_asked(request: Request, staff: Staff) -> dict[str, Any]:
    """What `factor_fields.html` asks of somebody who proves once more who they are; without a factor the password."""
    office, session = office_of(request), staff.session
    assert session is not None  # noqa: S101 -- whoever asks came with one
    with in_snapshot(office, staff) as ctx:
        kinds = {one.kind for one in factors.of(ctx.tx, staff.person_id, ctx.now)}
        options = factors.request_options(
            ctx.tx, office.keys, staff.person_id, place_of(request), session.token_digest, ctx.now
        )
    return {"by_factor": bool(kinds), "has_app": Kind.TOTP in kinds, "passkey": options}


def _proof(
    request: Request, staff: Staff, onward: str, *, problem: str = "", refusal: Exception | None = None
) -> Response:
    refused = problem_of(refusal) if refusal else None
    onward, language = local(onward, HOME), language_of(request)
    idle = text(language, "factors.proof-locked", minutes=PROOF_IDLE // timedelta(minutes=1))
    return staff_page(
        request,
        staff,
        "account_proof.html",
        lead=idle if locks(urlsplit(onward).path) else text(language, "factors.proof-lead"),
        status=refused.status if refused else 200,
        headers=refused.headers if refused else None,
        next=onward,
        problem=problem,
        **proof_asked(request, staff),
    )
