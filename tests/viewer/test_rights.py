"""Whoever holds none of a right's roles is refused on each of its routes; whoever holds one opens its pages.

Each role is held at every organisation, so that a refusal is the role's and not the place's. Everything is asked for
with the id of a thing that is there (tests/viewer/test_refusals.py), and with a body that the route takes.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import date, datetime
from enum import StrEnum
from typing import Any

import httpx
import pytest
from fastapi.routing import APIRoute
from pydantic import BaseModel
from starlette.datastructures import UploadFile

from reading.access import door
from reading.actions import Action
from reading.context import Context
from reading.errors import NotThere
from reading.kinds import Role
from reading.register.people import ADMINISTRATORS
from storage.database import transaction
from tests.reading.region import hire, staff_of
from tests.viewer.house import House, give_password
from tests.viewer.test_refusals import NOWHERE, STAFF, STUDY, Pias, Thing, fill, pias
from viewer import app as viewer_app
from viewer.http.rights import EVERYBODY, RIGHTS
from viewer.shell.navigation import ENTRIES, ROOTS

__all__ = ["pias"]

REFUSED = {403, 404}
ALONE = [(role,) for role in Role]
TOGETHER = [
    (Role.READER, Role.TECHNICIAN),
    (Role.VERIFIER, Role.QUALITY_MANAGER),
    (Role.CLINICIAN, Role.REVIEWER),
]
"""An administrator's role stands alone."""
FORM_FIRST = {
    "POST /alerts/classes",
    "POST /office/policy/new",
    "POST /teaching/seen",
    "POST /api/cases/{case_id}/dictation",
}
"""What was typed is looked at before who asks, and nothing is shown or changed by it (422)."""
ROUTES = {
    f"{method} {route.path}": route
    for route in viewer_app.routes()
    if isinstance(route, APIRoute)
    for method in route.methods
}


def test_every_route_of_staff_stands_in_one_right() -> None:
    listed = [name for right in RIGHTS for name in right.routes]

    assert sorted(listed) == sorted(f"{method} {path}" for method, path in STAFF)


def test_the_pages_of_the_rail_stand_in_the_rights_with_their_roles() -> None:
    roles = {route: right.roles for right in RIGHTS for route in right.routes}
    narrower = [one.address for one in ENTRIES if one.address != "/" and not one.roles <= roles[f"GET {one.address}"]]
    wider = [
        one.address
        for one in ENTRIES
        if one.address != "/" and roles[f"GET {one.address}"] not in {EVERYBODY, one.roles}
    ]

    assert (narrower, wider) == ([], [])


def test_the_administrators_have_no_right_but_their_own_and_what_is_everybodys() -> None:
    """But for what two of them do together: reset second factors, and erase (docs/security.md, docs/office.md)."""
    shared = [one.word for one in RIGHTS if one.roles != EVERYBODY and len(one.roles & ADMINISTRATORS) > 1]
    clinical = {"case.see", "case.read", "register", "order.list", "consultation", "referral", "concern", "case.looks"}

    assert shared == ["factors", "retention"]
    assert [one.word for one in RIGHTS if one.word in clinical and one.roles & ADMINISTRATORS] == []


@pytest.mark.parametrize("roles", [*ALONE, *TOGETHER], ids="+".join)
def test_a_role_opens_its_routes_and_no_other(house: House, pias: Pias, roles: tuple[Role, ...]) -> None:
    client = somebody(house, roles)
    # Each database is asked for its half: the rule is the same, and there are many routes.
    half = 0 if house.engine.dialect.name == "sqlite" else 1
    wrong: list[tuple[str, int]] = []
    every = [(right, name) for right in RIGHTS for name in right.routes]
    for number, (right, name) in enumerate(every):
        if number % 2 != half or right.roles == EVERYBODY:
            continue
        may = not right.roles.isdisjoint(roles)
        if may and not is_a_page(name):
            continue  # what an act does for whom it is meant, its own tests say
        answer = ask(client, name, pias)
        status, path = answer.status_code, name.removeprefix("GET ")
        refused = status in REFUSED or (status == 422 and name in FORM_FIRST)
        refused |= path in ROOTS and answer.url.path != path  # it leads to a page of theirs
        if refused == may or status >= 500:
            wrong.append((name, status))

    assert wrong == []


def test_no_administrator_sees_a_picture_or_a_report(house: House, pias: Pias) -> None:
    for role in sorted(ADMINISTRATORS):
        viewer = hired(house, (role,))
        with transaction(house.engine) as tx:
            ctx = Context(tx, house.clinic.audit, house.now, viewer, house.clinic.seal.public_key)
            for look in (
                lambda ctx: door.open_study(ctx, STUDY, Action.STUDY_FRAMES),
                lambda ctx: door.open_case(ctx, pias.ids["case"], Action.CASE_OPEN),
                lambda ctx: door.open_report(ctx, pias.ids["report"], Action.REPORT_READ),
                lambda ctx: door.open_patient(ctx, pias.ids["patient"], Action.PATIENT_OPEN),
                lambda ctx: door.open_quarantined(ctx, pias.ids["quarantine"], Action.CONCERN_PICTURE),
            ):
                with pytest.raises(NotThere):
                    look(ctx)


def hired(house: House, roles: Iterable[Role]) -> Any:
    """Somebody who holds these roles everywhere."""
    region = house.clinic.region
    places = (region.city, region.oak, region.elm, region.hills, region.lake, region.moor)
    with transaction(house.engine) as tx:
        name = "-".join(roles).replace("_", "-")[:60]
        one = hire(tx, name, house.now, *((role, place) for role in roles for place in places))
        give_password(tx, one)
        return staff_of(tx, one.person_id, house.now)


def somebody(house: House, roles: Iterable[Role]) -> httpx.Client:
    return house.signed_in(hired(house, roles).username)


def is_a_page(name: str) -> bool:
    """A page without a place in it: one about a thing hangs on more than the role."""
    return name.startswith("GET ") and "{" not in name and not name.endswith(("/compare", "/orders", "/cases"))


def ask(client: httpx.Client, name: str, pias: Pias) -> httpx.Response:
    """Ask for a route as test_refusals does, with a body that it takes where that table has none."""
    method, path = name.split(" ")
    route = STAFF[method, path]
    subject = pias.ids[route.of] if isinstance(route, Thing) else ""
    params: dict[str, str] = {}
    form: dict[str, Any] | None = None
    json = files = None
    if isinstance(route, Thing) and (route.json or route.form is not None or method == "GET"):
        params = ({route.query: subject} if route.query else {}) | route.params
        json = route.json(subject) if route.json else None
        form = None if route.form is None else {"csrf_token": client.headers["X-CSRF-Token"], **route.form}
        if form is not None and route.of == "site":
            form["site"] = subject
    elif method == "GET":
        asked = ROUTES[name].dependant.query_params
        params = {one.alias: sample(one.field_info.annotation) for one in asked if one.field_info.is_required()}
    else:
        json, form, files = body_of(client, ROUTES[name])
    ids = {route.of: subject} if isinstance(route, Thing) else {}
    address = re.sub(r"\{\w+\}", NOWHERE["case"], fill(path, pias.ids | ids))
    return client.request(
        method, address, params=params, json=json, data=form, files=files, follow_redirects=method == "GET"
    )


def body_of(client: httpx.Client, route: APIRoute) -> tuple[Any, dict[str, Any] | None, dict[str, Any] | None]:
    """A body that the route takes for what it says: JSON, or a form with its files."""
    wanted = {one.alias: one for one in route.dependant.body_params}
    kinds = [one.field_info.annotation for one in wanted.values()]
    if len(kinds) == 1 and isinstance(kinds[0], type) and issubclass(kinds[0], BaseModel):
        return sample(kinds[0]), None, None
    form: dict[str, Any] = {"csrf_token": client.headers["X-CSRF-Token"]}
    files: dict[str, Any] = {}
    for name, one in wanted.items():
        if one.field_info.annotation is UploadFile:
            files[name] = ("x.csv", b"x")
        elif one.field_info.is_required():
            form[name] = sample(one.field_info.annotation)
    return None, form, files or None


def sample(kind: Any) -> Any:
    """A value that a field of this type takes."""
    if isinstance(kind, type) and issubclass(kind, BaseModel):
        return {name: sample(one.annotation) for name, one in kind.model_fields.items() if one.is_required()}
    if isinstance(kind, type) and issubclass(kind, StrEnum):
        return next(iter(kind)).value
    known = {int: 1, bool: True, float: 1.0, datetime: "2026-03-02T08:00:00Z", date: "2026-03-02", str: "x"}
    return known.get(kind, [] if str(kind).startswith("list") else "x")
