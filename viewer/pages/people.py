"""/office/people: the people of the region found by name, organisation and role, and a new one added."""

from __future__ import annotations

from typing import Annotated, Any, Final

from fastapi import APIRouter, Form, Query
from starlette.requests import Request
from starlette.responses import Response

from reading.administrators.account_list import MOST, accounts, kept_places
from reading.errors import Invalid, NotAllowed, NotDone, NotThere
from reading.kinds import Role
from reading.register import organisations, passwords, registry
from reading.viewers import Staff
from viewer.http.callers import Looking, Submitting
from viewer.http.office import office_of
from viewer.http.on_record import ULID, acting, in_snapshot
from viewer.http.page import language_of
from viewer.http.plain_fields import Plain
from viewer.http.slips import hand_over
from viewer.http.sought import Sought, opened
from viewer.pages.administration import Code, Day, Done, Typed, administration_page, known_id, typed_term
from viewer.pages.person_form import one_of
from viewer.views import people as view
from viewer.words.catalogue import text

router = APIRouter(prefix="/office/people")

PAGE: Final = "/office/people"
DONE: Final = ("ended", "imported")
BLANK: Final = dict.fromkeys(("name", "username", "title", "place", "role", "since", "until"), "")


@router.get("")
def show(  # noqa: PLR0917 -- the parts of the address
    request: Request,
    staff: Looking,
    done: Done = "",
    sought: Sought = "",
    place: Annotated[str, Query(max_length=26)] = "",
    role: Annotated[str, Query(max_length=30)] = "",
    ended: bool = False,  # noqa: FBT001, FBT002
) -> Response:
    try:
        words = opened(request, staff, PAGE, sought).get("words", "")
    except Invalid as over:
        return _list(request, staff, "", place, role, ended=ended, refused=over)
    return _list(request, staff, words, place, role, ended=ended, done=done)


@router.get("/new")
def show_new(request: Request, staff: Looking, place: Annotated[str, Query(max_length=26)] = "") -> Response:
    return _new(request, staff, {**BLANK, "place": place})


@router.post("/new")
def add(  # noqa: PLR0917
    request: Request,
    staff: Submitting,
    name: Typed,
    place: Code,
    role: Code,
    username: Annotated[Annotated[str, Form(max_length=64)], Plain] = "",
    title: Code = "",
    since: Day = "",
    until: Day = "",
) -> Response:
    """The answer is a slip with the username and the first password, which is shown once."""
    password = passwords.first()
    try:
        with acting(office_of(request), staff) as ctx:
            where = organisations.by_id(ctx.tx, known_id(place))
            if where is None:
                raise NotThere
            begins, ends = typed_term(since, until, where.time_zone, ctx.now)
            made = registry.add_person(
                ctx,
                name=name,
                organisation_code=where.code,
                role=one_of(Role, "role", role),
                title=title,
                username=username.strip().lower() or None,
                password=password,
                since=begins,
                until=ends,
            )
    except (Invalid, NotAllowed) as refused:
        form = {"name": name, "username": username, "title": title, "place": place, "role": role}
        return _new(request, staff, {**form, "since": since, "until": until}, refused=refused)
    return hand_over(
        request, staff, f"/office/people/{made.person.id}/slip", {"password": password.text, "why": "added"}
    )


def role_choices(request: Request) -> list[tuple[str, str]]:
    return [(role.value, text(language_of(request), f"role.{role}")) for role in Role]


def _list(
    request: Request,
    staff: Staff,
    words: str,
    place: str,
    role: str,
    *,
    ended: bool = False,
    done: str = "",
    refused: Invalid | None = None,
) -> Response:
    language = language_of(request)
    wanted = Role(role) if role in set(Role) else None
    with in_snapshot(office_of(request), staff) as ctx:
        places = {one.id: one for one in organisations.list_all(ctx.tx)}
        found = accounts(
            ctx, words=words, organisation_id=place if ULID.fullmatch(place) else "", role=wanted, ended=ended
        )
        choices = kept_places(ctx)
        now = ctx.now
    return administration_page(
        request,
        staff,
        "people.html",
        refused=refused,
        lines=[view.line(one, places, language, now) for one in found.listed],
        found=found.found,
        most=MOST,
        words=words,
        place=place,
        role=role,
        ended=ended,
        places=[(one.id, f"{one.name} ({one.code})") for one in choices],
        roles=role_choices(request),
        done=done if done in DONE else "",
    )


def _new(request: Request, staff: Staff, form: dict[str, str], *, refused: NotDone | None = None) -> Response:
    with in_snapshot(office_of(request), staff) as ctx:
        places: list[Any] = [(one.id, f"{one.name} ({one.code})") for one in kept_places(ctx)]
    return administration_page(
        request,
        staff,
        "person_new.html",
        refused=refused,
        form=form,
        places=places,
        roles=role_choices(request),
        wrong=refused.field if isinstance(refused, Invalid) else "",
    )
