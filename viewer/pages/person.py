"""/office/people/ID: one person with roles, sign-in and end; a first password anew, on a slip that is shown once."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from reading.actions import Action
from reading.administrators import accounts, security
from reading.administrators.account_list import account, keeps_account, kept_places
from reading.context import Context
from reading.errors import Invalid, NotAllowed, NotDone, NotThere, Stale
from reading.kinds import Role
from reading.register import organisations, passwords, people, registry, roles
from reading.viewers import Staff
from viewer.http.callers import Looking, Submitting, known_origin
from viewer.http.office import office_of
from viewer.http.on_record import going_in, in_snapshot
from viewer.http.page import language_of
from viewer.http.slips import hand_over, handed_over, shown
from viewer.pages.administration import (
    Code,
    Day,
    Done,
    Revision,
    Typed,
    administration_page,
    known_id,
    must_be_sure,
    typed_term,
)
from viewer.pages.people import role_choices
from viewer.pages.person_form import one_of
from viewer.views import people as view
from viewer.words import words

router = APIRouter(prefix="/office/people/{person_id}")

DONE: Final = ("changed", "granted", "revoked", "unlocked", "signed-out", "slip")


@router.get("")
def show(request: Request, staff: Looking, person_id: str, done: Done = "") -> Response:
    return _page(request, staff, person_id, done=done)


@router.post("")
def change(  # noqa: PLR0917 -- the fields of the form
    request: Request, staff: Submitting, person_id: str, revision: Revision, name: Typed, title: Code = ""
) -> Response:
    def act(ctx: Context[Staff]) -> None:
        registry.change_person(ctx, _username(ctx, person_id), revision=revision, name=name, title=title)

    return _done(request, staff, person_id, Action.PERSON_CHANGE, "changed", act)


@router.post("/roles")
def grant(  # noqa: PLR0917 -- the fields of the form
    request: Request,
    staff: Submitting,
    person_id: str,
    place: Code,
    role: Code,
    since: Day = "",
    until: Day = "",
) -> Response:
    def act(ctx: Context[Staff]) -> None:
        where = organisations.by_id(ctx.tx, known_id(place))
        if where is None:
            raise NotThere
        begins, ends = typed_term(since, until, where.time_zone, ctx.now)
        roles.grant(ctx, _username(ctx, person_id), where.code, one_of(Role, "role", role), since=begins, until=ends)

    return _done(request, staff, person_id, Action.ROLE_GRANT, "granted", act)


@router.post("/roles/{grant_id}/end")
def revoke(request: Request, staff: Submitting, person_id: str, grant_id: str) -> Response:
    def act(ctx: Context[Staff]) -> None:
        roles.end(ctx, person_id, known_id(grant_id))

    return _done(request, staff, person_id, Action.ROLE_REVOKE, "revoked", act)


@router.post("/password")
def reset(request: Request, staff: Submitting, person_id: str, revision: Revision) -> Response:
    """A new first password; the answer is a slip with it, which is shown once."""
    password = passwords.first()
    try:
        with going_in(office_of(request), staff, Action.PASSWORD_RESET, "person", person_id) as ctx:
            accounts.reset_password(ctx, person_id, revision=revision, password=password)
    except (NotAllowed, Stale) as refused:
        return _page(request, staff, person_id, refused=refused)
    return hand_over(request, staff, f"/office/people/{person_id}/slip", {"password": password.text, "why": "reset"})


@router.get("/slip")
def show_slip(request: Request, staff: Looking, person_id: str) -> Response:
    zone = office_of(request).zone()
    slip = handed_over(request, staff)
    if slip is None:
        return RedirectResponse(f"/office/people/{known_id(person_id)}?done=slip", status_code=303)
    with in_snapshot(office_of(request), staff) as ctx:
        one = account(ctx, known_id(person_id))
        at = ctx.now
    page = administration_page(
        request,
        staff,
        "person_slip.html",
        slips=[{"name": one.person.name, "username": one.person.username, "password": slip["password"]}],
        why=slip["why"],
        back=f"/office/people/{person_id}",
        address=known_origin(request),
        printed_at=words.moment(at, zone.key),
    )
    return shown(request, page)


@router.post("/unlock")
def unlock(request: Request, staff: Submitting, person_id: str) -> Response:
    return _done(
        request, staff, person_id, Action.PERSON_UNLOCK, "unlocked", lambda ctx: accounts.unlock(ctx, person_id)
    )


@router.post("/sign-out")
def sign_out(request: Request, staff: Submitting, person_id: str) -> Response:
    def act(ctx: Context[Staff]) -> None:
        security.sign_out(ctx, _username(ctx, person_id))

    return _done(request, staff, person_id, Action.SESSION_END, "signed-out", act)


@router.post("/end")
def end(request: Request, staff: Submitting, person_id: str, sure: Code = "") -> Response:
    try:
        must_be_sure(sure)
        with going_in(office_of(request), staff, Action.PERSON_END, "person", person_id) as ctx:
            registry.end_person(ctx, _username(ctx, person_id))
    except (Invalid, NotAllowed) as refused:
        return _page(request, staff, person_id, refused=refused)
    return RedirectResponse("/office/people?done=ended", status_code=303)


def _done(  # noqa: PLR0917 -- what an act needs
    request: Request,
    staff: Staff,
    person_id: str,
    action: Action,
    done: str,
    act: Callable[[Context[Staff]], object],
) -> Response:
    try:
        with going_in(office_of(request), staff, action, "person", person_id) as ctx:
            act(ctx)
    except (Invalid, NotAllowed, Stale) as refused:
        return _page(request, staff, person_id, refused=refused)
    return RedirectResponse(f"/office/people/{person_id}?done={done}", status_code=303)


def _username(ctx: Context[Staff], person_id: str) -> str:
    found = people.by_id(ctx.tx, person_id)
    if found is None:
        raise NotThere
    return found.username


def _page(
    request: Request, staff: Staff, person_id: str, *, done: str = "", refused: NotDone | None = None
) -> Response:
    language = language_of(request)
    with in_snapshot(office_of(request), staff) as ctx:
        one = account(ctx, known_id(person_id))
        places = {each.id: each for each in organisations.list_all(ctx.tx)}
        keeps = one.person.until is None and keeps_account(ctx, person_id)
        choices: list[Any] = [(each.id, f"{each.name} ({each.code})") for each in kept_places(ctx)]
        now = ctx.now
    line = view.line(one, places, language, now)
    kept = {place_id for place_id, _ in choices}
    return administration_page(
        request,
        staff,
        "person.html",
        refused=refused,
        one=line,
        held=sorted(line["roles"], key=lambda each: (each["over"], each["later"])),
        own=person_id == staff.person_id,
        keeps=keeps,
        kept=kept,
        places=choices,
        every_role=role_choices(request),
        done=done if done in DONE else "",
    )
